/*
 * Messages in plain mode that the core or we rejected.  They can't be put back
 * into the terminal's line, so commands bring them back.
 */
#include "config.h"

#include "cmd/plain-int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/event.h"

/* ---- messages on their way to the core ---- */

void
plain_message(struct plain *p, const char *text)
{
	cJSON_AddItemToArray(p->sent, cJSON_CreateString(text));
	plain_send_take(p, command_text("say", "text", text));
}

void
plain_kept_line(struct plain *p, const cJSON *l)
{
	enum event_type type = event_type(l);
	bool refused = type == EVENT_REFUSED && json_is(l, "to", "say");
	AUTO_JSON cJSON *first = NULL;

	/* While a plan waits, a message is a comment on it. */
	if (!refused && (type != EVENT_PLAN ||
	    !json_is(l, "status", "returned")) &&
	    (type != EVENT_USER_MESSAGE || !json_is(l, "by", "user") ||
	    json_bool(l, "again", false)))
		return;
	first = cJSON_DetachItemFromArray(p->sent, 0);
	if (refused && first != NULL)
		xstrset(&p->kept, first->valuestring);
}

void
plain_kept_say(const struct plain *p)
{
	if (p->kept != NULL)
		plain_say(
		    "your message is kept: /again sends it, /edit opens it "
		    "in the editor first");
}

void
plain_keep(struct plain *p, const char *text)
{
	xstrset(&p->kept, text);
	plain_kept_say(p);
}

/* ---- again ---- */

void
plain_do_again(struct plain *p)
{
	AUTO_FREE char *text = p->kept;

	if (text == NULL) {
		plain_say("no message is kept");
		return;
	}
	p->kept = NULL;
	plain_message(p, text);
}

void
plain_do_edit(struct plain *p)
{
	const char *text = p->kept == NULL ? "" : p->kept;
	struct err e = ERR_INIT;
	size_t len;
	AUTO_FREE char *s = editor_mark(text, &len);

	fflush(stdout);
	if (editor_start(&p->editor, "message.md", s, len, &e) < 0)
		plain_say("%s", e.text);
	else
		p->writing = true;
}

void
plain_written(struct plain *p, int status)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *s = NULL;
	AUTO_BUF struct buf b = { 0 };
	size_t len;

	p->writing = false;
	if (editor_finish(&p->editor, status, &b, &e) < 0) {
		plain_say("%s", e.text);
		return;
	}
	len = b.len;
	s = editor_unmark(buf_str(&b), &len, p->kept == NULL ? "" : p->kept);
	while (len > 0 && (s[len - 1] == '\n' || s[len - 1] == '\r'))
		s[--len] = '\0';
	if (len == 0)
		plain_say("empty message; nothing sent");
	else if (p->kept != NULL && strcmp(s, p->kept) == 0)
		plain_say("not edited; nothing sent (/again sends it as it "
		    "is)");
	else {
		xstrset(&p->kept, NULL);
		plain_typed_text(p, s);
	}
}

