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
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "journal/session.h"

#define STATE_FILE "state"
#define STATE_MAX (64u << 10)
#define STATE_LINE_MAX ((size_t)64 << 20)	/* an apply of many files */

static const struct json_field state_fields[] = {
	JSON_FIELD(session_state, at, JSON_INT64, "at", NULL),
	JSON_FIELD(session_state, work, JSON_INT, "work", NULL),
	JSON_FIELD(session_state, offer, JSON_INT, "offer", NULL),
	JSON_FIELD(session_state, own, JSON_FLAG, "own", NULL),
	JSON_FIELD(session_state, ran, JSON_FLAG, "ran", NULL),
	JSON_FIELD(session_state, ended, JSON_FLAG, "ended", NULL),
	JSON_FIELD(session_state, over, JSON_FLAG, "over", NULL),
	JSON_FIELD(session_state, task, JSON_TEXT, "task", NULL),
	JSON_FIELD(session_state, latest, JSON_TEXT, "latest", NULL),
	JSON_FIELD(session_state, outcome, JSON_TEXT, "outcome", NULL),
};

enum session_says
session_state_says(const struct session_state *s)
{
	if (s->own)
		return SESSION_WORKS;
	if (s->offer != SESSION_UNKNOWN)
		return (enum session_says)s->offer;
	return s->work == SESSION_UNKNOWN && s->ran ? SESSION_ENDED :
	    (enum session_says)s->work;
}

static void
state_words(char **to, const char *text)
{
	free(*to);
	*to = text == NULL ? NULL : utf8_cut_dup(text, SESSION_WORDS_MAX);
}

static void
state_message(struct session_state *s, const char *text)
{
	FREE_NULL(s->outcome);
	if (s->task == NULL)
		state_words(&s->task, text);
	else if (s->over)
		state_words(&s->latest, text);
	s->over = false;
}

static void
state_set(struct session_state *s, enum session_says work,
    enum session_says offer)
{
	s->work = (int)work;
	s->offer = (int)offer;
	s->own = s->ended = false;
}

static void
state_end(struct session_state *s, const cJSON *o)
{
	bool waits = json_is(o, "outcome", "waiting");

	xstrset(&s->outcome, json_str(o, "outcome"));
	/* A message continues one that stopped. */
	s->over = !waits && !json_bool(o, "stopped", json_is(o, "outcome",
	    "interrupted"));
	if (cJSON_GetArraySize(json_array(o, "proposed")) > 0)
		state_set(s, SESSION_ENDED, SESSION_WAITS);
	else
		state_set(s, waits ? SESSION_WAITS : SESSION_ENDED,
		    SESSION_UNKNOWN);
}

void
session_state_line(struct session_state *s, const cJSON *o)
{
	enum event_type type = event_type(o);
	bool user = json_is(o, "by", "user");
	bool offers = cJSON_GetArraySize(json_array(o, "files")) > 0;

	/* A command of the user's is no work on a task. */
	if (user && (type == EVENT_TOOL_CALL || type == EVENT_TOOL_RESULT) &&
	    json_is(o, "name", "bash")) {
		s->own = type == EVENT_TOOL_CALL;
		s->ran = s->ran || !s->own;
	} else if (type == EVENT_USER_MESSAGE || type == EVENT_TURN_START ||
	    type == EVENT_ASSISTANT_MESSAGE || type == EVENT_TOOL_CALL ||
	    type == EVENT_TOOL_RESULT || type == EVENT_ANSWER ||
	    type == EVENT_INTERRUPT)
		state_set(s, SESSION_WORKS, SESSION_UNKNOWN);
	else if (type == EVENT_APPLY_BEGIN)
		state_set(s, (enum session_says)s->work, SESSION_APPLIES);
	else if (type == EVENT_DECISION || type == EVENT_APPLIED)
		state_set(s, (enum session_says)s->work, SESSION_WORKS);
	else if (type == EVENT_PROPOSAL)
		state_set(s, (enum session_says)s->work,
		    offers ? SESSION_WAITS : SESSION_UNKNOWN);
	else if (type == EVENT_AGENT_END)
		state_end(s, o);
	else if (type == EVENT_NOTE)
		s->ended = s->ended || json_bool(o, "ended", false);
	else if (type == EVENT_ASK || type == EVENT_PLAN ||
	    type == EVENT_BUDGET)
		state_set(s, type == EVENT_ASK || json_is(o, "status",
		    "proposed") || (type == EVENT_BUDGET &&
		    json_str(o, "action") == NULL) ? SESSION_WAITS :
		    SESSION_WORKS, SESSION_UNKNOWN);
	if (type == EVENT_USER_MESSAGE && user)
		state_message(s, json_str(o, "text"));
	/* The command of `try`. */
	else if (s->task == NULL && type == EVENT_TOOL_CALL &&
	    json_is(o, "name", "argv"))
		state_words(&s->task, json_str(json_get(o, "args"), "command"));
}

void
session_state_write(int dirfd, const struct session_state *s)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;
	AUTO_CLOSE int fd = openat(dirfd, STATE_FILE, O_WRONLY | O_CREAT |
	    O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	JSON_WRITE(o, s, state_fields);
	text = json_print(o);
	/* One that is cut off is no JSON. */
	if (fd >= 0)
		(void)fs_write_all(fd, text, strlen(text));
}

void
session_state_read(int dirfd, int journal, struct session_state *s)
{
	AUTO_BUF struct buf b = BUF_INIT(STATE_MAX);
	AUTO_JSON cJSON *o = NULL;
	struct linefile lines = { .fd = journal,
		.b = BUF_INIT(STATE_LINE_MAX) };
	const char *line;
	struct stat st;
	size_t n;

	memset(s, 0, sizeof(*s));
	if (fstat(journal, &st) < 0)
		return;
	if (fs_read_file(dirfd, STATE_FILE, &b, NULL) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_OWN, NULL);
	JSON_READ(s, o, state_fields);
	if (s->at < 0 || s->at > st.st_size) {
		session_state_release(s);
		memset(s, 0, sizeof(*s));
	}
	lines.off = (off_t)s->at;
	while (linefile_next(&lines, &line, &n, NULL) == LINEFILE_LINE) {
		AUTO_JSON cJSON *event = json_parse(line, n, JSON_OWN, NULL);

		session_state_line(s, event);
		s->at += (int64_t)n + 1;
	}
	linefile_release(&lines);
}

void
session_state_release(struct session_state *s)
{
	JSON_RELEASE(s, state_fields);
}
