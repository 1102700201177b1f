/* readline's keys that cut text, and bring it back. */
#include "config.h"

#include "ui/text/input.h"

#include <string.h>

#include "base/buf.h"

void
input_kill_disarm(struct input *in)
{
	if (in->kill.len > 0 &&
	    memchr(in->kill.p, INPUT_ATOM, in->kill.len) != NULL)
		buf_release(&in->kill);
}

void
input_kill(struct input *in, size_t from, size_t to, bool before, bool adds)
{
	struct buf all = BUF_INIT(0);

	if (from >= to)
		return;
	if (adds && !before)
		buf_add(&all, buf_str(&in->kill), in->kill.len);
	buf_add(&all, in->text.p + from, to - from);
	if (adds && before)
		buf_add(&all, buf_str(&in->kill), in->kill.len);
	buf_release(&in->kill);
	in->kill = all;
	(void)input_replace(in, from, to, "", 0);
}

void
input_yank(struct input *in)
{
	if (input_size(in) + in->kill.len <= INPUT_MAX)
		(void)input_replace(in, in->cursor, in->cursor,
		    buf_str(&in->kill), in->kill.len);
}
