/*
 * server-brief: keeps the session's brief (journal/reader.h) up to date: of a long
 * journal all lines but the last MB. Where it can't be written, screens are sent
 * the old lines.
 */
#include "config.h"

#include "core/kernel/server.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/kernel/server-int.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/task-usage.h"
#include "loop/loop.h"

#define BRIEF_WRITE_WHOLE ((int64_t)1 << 20)	/* bytes of the last lines */
#define BRIEF_WRITE_MUCH ((int64_t)3 << 20)	/* with those: write some */
#define BRIEF_WRITE_STEP ((size_t)4 << 20)	/* bytes: some milliseconds */
#define BRIEF_WRITE_WAIT_MS 1000		/* a session that begins comes
						   first */

int64_t
brief_write_end(const struct core *c)
{
	const struct journal *j = c->journal;
	int64_t last = (int64_t)MEM_FIRST(j->offs_len, i,
	    j->chain.end - j->offs[i] <= BRIEF_WRITE_WHOLE) + 1;
	int64_t counts = task_usage_whole_from(&c->fold->facts.usage);

	return counts < last ? counts : last;
}

/* Go on after the lines that the file has. */
static void
brief_write_open(struct server *s)
{
	AUTO_CLOSE int dirfd =
	    open(s->core->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = dirfd < 0 ? -1 : openat(dirfd, "journal.jsonl",
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	brief_load(&s->brief.at, dirfd, fd, &s->brief.lines);
	s->brief.lines.max = 0;
	s->brief.open = true;
}

static bool
brief_write_line(void *arg, const char *line, size_t n)
{
	struct server *s = arg;
	struct server_brief *w = &s->brief;
	static const char end[] = "\"}";
	bool cut = w->at.seq + 1 != s->core->fold->output.seq &&
	    trim_line(&w->line, line, n, TRIM_SCREEN, TRIM_MIN);

	buf_add(&w->lines, cut ? w->line.p : line, cut ? w->line.len : n);
	buf_addc(&w->lines, '\n');
	w->at.seq++;
	w->at.end += (int64_t)n + 1;
	memcpy(w->at.h, line + n - (sizeof(end) - 1) - BRIEF_HEX, BRIEF_HEX);
	w->read += n;
	return w->at.seq < w->upto && w->read < BRIEF_WRITE_STEP;
}

/* In place of the file, so that one that is there is always complete: what a
 * power failure leaves of it has another sum. */
static bool
brief_write_file(struct server *s)
{
	static const char name[] = BRIEF_FILE ".new";
	struct server_brief *w = &s->brief;
	AUTO_CLOSE int dirfd =
	    open(s->core->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC | O_NOFOLLOW, 0600);

	brief_mark(&w->lines, &w->at);
	return w->lines.len < BRIEF_MAX && fd >= 0 &&
	    fs_write_all(fd, w->lines.p, w->lines.len) == 0 &&
	    renameat(dirfd, name, dirfd, BRIEF_FILE) == 0;
}

static void
brief_write_step(void *arg)
{
	struct server *s = arg;
	struct server_brief *w = &s->brief;
	struct journal *j = s->core->journal;

	w->timer = NULL;
	if (!w->open)
		brief_write_open(s);
	w->upto = brief_write_end(s->core) - 1;
	if (w->upto > j->synced)
		w->upto = j->synced;
	w->read = 0;
	if (w->at.seq < w->upto) {
		w->fails = journal_read(j, w->at.seq + 1, brief_write_line, s,
		    NULL) < 0 || w->lines.len >= BRIEF_MAX;
		if (!w->fails && w->at.seq < w->upto) {
			w->timer = loop_timer_new(s->loop, 0,
			    brief_write_step, s);
			return;
		}
		w->fails = w->fails || !brief_write_file(s);
	}
	buf_release(&w->lines);
	buf_release(&w->line);
	w->open = false;
}

void
brief_write_soon(struct server *s)
{
	struct server_brief *w = &s->brief;

	if (w->timer == NULL && !w->fails && journal_bytes_from(
	    s->core->journal, w->at.seq + 1) >= BRIEF_WRITE_MUCH)
		w->timer = loop_timer_new(s->loop, BRIEF_WRITE_WAIT_MS,
		    brief_write_step, s);
}
