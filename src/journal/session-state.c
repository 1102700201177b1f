/*
 * session-state: what a session is about and whether it waits, by the lines of
 * its journal from the first to the last. The core keeps it in the file `state`,
 * with the offset of the first line that isn't in it. A reader adds the lines from
 * there on, so the file may be old, or missing.
 */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "journal/session.h"

#define STATE_FILE "state"
#define JOURNAL_FILE "journal.jsonl"
#define STATE_MAX (64u << 10)
#define STATE_LINE_MAX ((size_t)64 << 20)	/* an apply of many files */

static const struct json_field state_fields[] = {
#define STATE(kind, name, list, words) \
	JSON_FIELD(session_state, name, JSON_##kind, #name, NULL),
#include "journal/session-state.def"
};

/* What lists show of each. */
static const struct {
	enum { STATE_KEPT, STATE_LISTED, STATE_ALIVE } list;
	const char	*words;
} state_lists[] = {
#define STATE(kind, name, list, words)	{ STATE_##list, words },
#include "journal/session-state.def"
};

void
session_state_write(int dirfd, const struct session_state *s)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;
	AUTO_CLOSE int fd = openat(dirfd, STATE_FILE, O_WRONLY | O_CREAT |
	    O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	JSON_WRITE(o, s, state_fields);
	text = json_print(o);
	/* One that is cut off is no JSON. */
	if (fd >= 0)
		(void)fs_write_all(fd, text, strlen(text));
}

void
session_state_read(int dirfd, struct session_state *s)
{
	AUTO_BUF struct buf b = BUF_INIT(STATE_MAX);
	AUTO_JSON cJSON *o = NULL;
	struct linefile lines = { .fd = -1, .b = BUF_INIT(STATE_LINE_MAX) };
	const char *line;
	struct stat st;
	size_t n;

	memset(s, 0, sizeof(*s));
	if (fstatat(dirfd, JOURNAL_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return;
	if (fs_read_file(dirfd, STATE_FILE, &b, NULL) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_OWN, NULL);
	JSON_READ(s, o, state_fields);
	if (s->at < 0 || s->at > st.st_size) {
		session_state_release(s);
		memset(s, 0, sizeof(*s));
	}
	if (s->at == st.st_size)
		return;
	lines.fd = openat(dirfd, JOURNAL_FILE, O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK);
	lines.off = (off_t)s->at;
	while (linefile_next(&lines, &line, &n, NULL) == LINEFILE_LINE) {
		AUTO_JSON cJSON *event = json_parse(line, n, JSON_OWN, NULL);

		AUTO_EVENT struct event e = { 0 };

		event_read(&e, event);
		session_state_line(s, &e);
		s->at += (int64_t)n + 1;
	}
	linefile_release(&lines);
	fs_close(lines.fd);
}

void
session_state_release(struct session_state *s)
{
	JSON_RELEASE(s, state_fields);
}

/* The number in this row of the table; 0: lists don't show it. */
static int64_t
state_number(const struct session_info *s, size_t i)
{
	const void *v = (const char *)&s->state + state_fields[i].at;

	if (state_lists[i].list == STATE_ALIVE && !s->alive)
		return 0;
	switch (state_fields[i].type) {
	case JSON_FLAG:
		return *(const bool *)v;
	case JSON_INT:
		return *(const int *)v;
	case JSON_INT64:
		return *(const int64_t *)v;
	default:
		return 0;
	}
}

void
session_state_json(cJSON *o, const struct session_info *s)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(state_fields); i++)
		if (state_lists[i].list != STATE_KEPT &&
		    (state_fields[i].type == JSON_TEXT ||
		    state_number(s, i) != 0))
			json_write(o, &s->state, &state_fields[i], 1);
}

void
session_state_words(struct buf *b, const struct session_info *s)
{
	char until[CLOCK_STAMP_SIZE];
	size_t i;

	if (s->alive && s->state.until > 0) {
		clock_local_ms(s->state.until, until);
		buf_addf(b, "[waits until %s] ", until);
	}
	for (i = 0; i < MEM_COUNT(state_fields); i++)
		if (state_lists[i].words != NULL && state_number(s, i) != 0)
			buf_addf(b, "[%lld %s] ", (long long)state_number(s, i),
			    state_lists[i].words);
}
