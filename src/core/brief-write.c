#include "config.h"

#include "core/brief-write.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "core/core.h"
#include "journal/brief.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/task-usage.h"
#include "journal/trim.h"
#include "loop/loop.h"

#define BRIEF_WRITE_WHOLE ((int64_t)1 << 20)	/* bytes of the last lines */
#define BRIEF_WRITE_MUCH ((int64_t)3 << 20)	/* with those: write some */
#define BRIEF_WRITE_STEP ((size_t)4 << 20)	/* bytes: some milliseconds */
#define BRIEF_WRITE_WAIT_MS 1000		/* a session that begins comes
						   first */

struct brief_write {
	struct core		*core;
	struct loop_timer	*timer;
	int			 fd;		/* -1: not open yet, -2: it
						   can't be written */
	struct brief		 at;
	int64_t			 upto;		/* the last line of this step */
	size_t			 read;		/* bytes, in this step */
	size_t			 size;		/* of the file */
	struct buf		 batch, line;
};

struct brief_write *
brief_write_new(struct core *c)
{
	struct brief_write *w = xcalloc(1, sizeof(*w));

	w->core = c;
	w->fd = -1;
	return w;
}

void
brief_write_free(struct brief_write *w)
{
	if (w == NULL)
		return;
	loop_timer_free(w->timer);
	fs_close(w->fd);
	buf_release(&w->batch);
	buf_release(&w->line);
	free(w);
}

int64_t
brief_write_end(const struct core *c)
{
	int64_t last = journal_seq_of_last(c->journal, BRIEF_WRITE_WHOLE);
	int64_t counts = task_usage_whole_from(&c->fold->spent);

	return counts < last ? counts : last;
}

/* Continue the file after what is sound of it. */
static void
brief_write_open(struct brief_write *w)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_CLOSE int dirfd =
	    open(w->core->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = dirfd < 0 ? -1 : openat(dirfd, "journal.jsonl",
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	w->fd = fd < 0 ? -1 : openat(dirfd, BRIEF_FILE,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (w->fd >= 0) {
		brief_load(&w->at, dirfd, fd, &text);
		w->size = text.len;
		if (ftruncate(w->fd, (off_t)text.len) < 0) {
			close(w->fd);
			w->fd = -1;
		}
	}
	if (w->fd < 0)
		w->fd = -2;
}

static bool
brief_write_line(void *arg, const char *line, size_t n)
{
	struct brief_write *w = arg;
	static const char end[] = "\"}";
	bool cut = w->at.seq + 1 != w->core->fold->output.seq &&
	    trim_line(&w->line, line, n, TRIM_SCREEN, TRIM_MIN);

	buf_add(&w->batch, cut ? w->line.p : line, cut ? w->line.len : n);
	buf_addc(&w->batch, '\n');
	w->at.seq++;
	w->at.end += (int64_t)n + 1;
	memcpy(w->at.h, line + n - (sizeof(end) - 1) - BRIEF_HEX, BRIEF_HEX);
	w->read += n;
	return w->at.seq < w->upto && w->read < BRIEF_WRITE_STEP;
}

static void
brief_write_step(void *arg)
{
	struct brief_write *w = arg;
	struct journal *j = w->core->journal;
	bool is;

	w->timer = NULL;
	if (w->fd == -1)
		brief_write_open(w);
	w->upto = brief_write_end(w->core) - 1;
	if (w->upto > journal_durable(j))
		w->upto = journal_durable(j);
	if (w->fd < 0 || w->at.seq >= w->upto)
		return;
	w->read = 0;
	is = journal_read(j, w->at.seq + 1, brief_write_line, w, NULL) == 0;
	brief_mark(&w->at, &w->batch);
	w->size += w->batch.len;
	if (!is || w->size >= BRIEF_MAX ||
	    fs_write_all(w->fd, w->batch.p, w->batch.len) < 0) {
		close(w->fd);
		w->fd = -2;
	} else if (w->at.seq < w->upto)
		w->timer = loop_timer_new(w->core->loop, 0, brief_write_step,
		    w);
	buf_release(&w->batch);
	buf_release(&w->line);
}

void
brief_write_soon(struct brief_write *w)
{
	if (w->timer == NULL && w->fd != -2 && journal_bytes_from(
	    w->core->journal, w->at.seq + 1) >= BRIEF_WRITE_MUCH)
		w->timer = loop_timer_new(w->core->loop, BRIEF_WRITE_WAIT_MS,
		    brief_write_step, w);
}
