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
#include "base/money.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/reader.h"
#include "journal/session.h"

#define STATE_FILE "state"
#define JOURNAL_FILE "journal.jsonl"
#define STATE_MAX (64u << 10)
#define STATE_LINE_MAX ((size_t)64 << 20)	/* an apply of many files */

#define FIELD(type, name) JSON_FIELD(session_state, name, type, #name, NULL)
static const struct json_field state_fields[] = {
	FIELD(JSON_INT64, at), FIELD(JSON_INT, work), FIELD(JSON_FLAG, own),
	FIELD(JSON_FLAG, ran), FIELD(JSON_INT, applies),
	FIELD(JSON_FLAG, ended), FIELD(JSON_FLAG, over),
	FIELD(JSON_FLAG, decided), FIELD(JSON_FLAG, later),
	FIELD(JSON_INT, steps), FIELD(JSON_INT, hunks),
	FIELD(JSON_INT, files), FIELD(JSON_FLAG, said),
	FIELD(JSON_INT, check), FIELD(JSON_INT, background),
	FIELD(JSON_INT64, cost),
	FIELD(JSON_TEXT, question), FIELD(JSON_TEXT, limit),
	FIELD(JSON_TEXT, root), FIELD(JSON_TEXT, mode), FIELD(JSON_TEXT, name),
	FIELD(JSON_TEXT, started), FIELD(JSON_TEXT, since),
	FIELD(JSON_TEXT, task), FIELD(JSON_TEXT, latest),
	FIELD(JSON_TEXT, outcome),
};

static const struct json_field state_start_fields[] = {
	FIELD(JSON_TEXT, root), FIELD(JSON_TEXT, mode),
	JSON_FIELD(session_state, started, JSON_TEXT, "t", NULL),
};

enum session_wait
session_state_waits(const struct session_state *s)
{
	return s->question != NULL ? SESSION_QUESTION :
	    s->limit != NULL ? SESSION_LIMIT :
	    s->steps > 0 ? SESSION_PLAN :
	    s->hunks > 0 && !s->said ? SESSION_HUNKS : SESSION_NOTHING;
}

enum session_says
session_state_says(const struct session_state *s)
{
	if (s->own)
		return SESSION_WORKS;
	if (s->applies != 0)
		return (enum session_says)s->applies;
	if (session_state_waits(s) != SESSION_NOTHING)
		return SESSION_WAITS;
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
state_works(struct session_state *s)
{
	s->work = SESSION_WORKS;
	s->own = s->ended = false;
}

static void
state_start(struct session_state *s, const cJSON *o)
{
	const cJSON *settings = json_get(o, "settings");

	JSON_READ(s, o, state_start_fields);
	xstrset(&s->name, json_str(settings, "name"));
	s->later = json_is(settings, "approve", "later");
	if (json_str(o, "task") != NULL)
		state_words(&s->task, json_str(o, "task"));
}

static void
state_ask(struct session_state *s, const cJSON *o)
{
	AUTO_EVENT struct event e = { 0 };

	event_read(&e, o);
	state_works(s);
	xstrset(&s->question, fold_ask_words(&e)->waits);
}

static void
state_plan(struct session_state *s, const cJSON *o)
{
	int n = cJSON_GetArraySize(json_array(o, "steps"));

	if (json_is(o, "status", "step"))
		return;
	state_works(s);
	s->steps = !json_is(o, "status", "proposed") ? 0 : n > 0 ? n : 1;
}

/* One that isn't final waits for the end of the task, if the user said so. */
static void
state_proposal(struct session_state *s, const cJSON *o)
{
	const cJSON *files = json_array(o, "files"), *file;

	s->files = s->hunks = s->applies = 0;
	s->said = false;
	if (s->later && !json_bool(o, "final", true))
		return;
	s->files = cJSON_GetArraySize(files);
	cJSON_ArrayForEach(file, files)
		s->hunks += cJSON_GetArraySize(json_array(file, "hunks"));
	/* A file without lines is decided as a whole. */
	s->hunks = s->hunks < s->files ? s->files : s->hunks;
}

static void
state_check(struct session_state *s, const cJSON *o)
{
	if (json_is(o, "status", "done") && json_is(o, "where", "stage"))
		s->check = json_int(o, "exit", -1) == 0 ? 1 : -1;
	else if (!json_is(o, "status", "valid"))
		s->check = 0;
}

static void
state_end(struct session_state *s, const cJSON *o)
{
	xstrset(&s->outcome, json_str(o, "outcome"));
	/* A message continues one that stopped. */
	s->over = !json_is(o, "outcome", "waiting") &&
	    !json_bool(o, "stopped", json_is(o, "outcome", "interrupted"));
	s->work = SESSION_ENDED;
	s->own = s->ended = s->said = false;
	FREE_NULL(s->question);
	FREE_NULL(s->limit);
}

/* One was started or, in the call that starts it as well, has ended. */
static void
state_background(struct session_state *s, const cJSON *o)
{
	if (json_str(json_get(o, "background"), "ended") == NULL)
		s->background++;
	else if (!json_is(o, "name", "bash"))
		s->background--;
}

/* Until its first message it has the words of the one that waits to be sent. */
static void
state_fork(struct session_state *s, const cJSON *o)
{
	AUTO_FREE char *text = xasprintf("fork of %s at: %s",
	    json_str_or(json_get(o, "forked"), "session", "?"),
	    json_str_or(o, "message", ""));

	state_words(s->task == NULL ? &s->task : &s->latest, text);
	s->over = true;
}

/* A line of the model's or the core's. */
static void
state_event(struct session_state *s, enum event_type type, const cJSON *o)
{
	int64_t cost;

	switch (type) {
	case EVENT_SESSION_START:
		state_start(s, o);
		break;
	case EVENT_MODE:
		if (json_str(o, "approve") != NULL)
			s->later = json_is(o, "approve", "later");
		break;
	case EVENT_USER_MESSAGE:
	case EVENT_TURN_START:
		s->decided = s->decided && type != EVENT_TURN_START;
		/* FALLTHROUGH */
	case EVENT_ASSISTANT_MESSAGE:
	case EVENT_TOOL_CALL:
	case EVENT_TOOL_RESULT:
	case EVENT_INTERRUPT:
		state_works(s);
		break;
	case EVENT_UNQUEUED:
		s->said = false;
		break;
	case EVENT_ASK:
		state_ask(s, o);
		break;
	case EVENT_ANSWER:
		FREE_NULL(s->question);
		state_works(s);
		break;
	case EVENT_BUDGET:
		FREE_NULL(s->limit);
		if (json_str(o, "action") == NULL)
			xstrset(&s->limit, json_str_or(o, "what", "?"));
		state_works(s);
		break;
	case EVENT_PLAN:
		state_plan(s, o);
		break;
	case EVENT_PROPOSAL:
		state_proposal(s, o);
		break;
	case EVENT_DECISION:
		s->hunks = s->files = 0;
		s->applies = SESSION_WORKS;
		s->decided = json_is(o, "by", "user");
		break;
	case EVENT_APPLY_BEGIN:
		s->applies = SESSION_APPLIES;
		break;
	case EVENT_APPLIED:
		s->applies = SESSION_WORKS;
		break;
	case EVENT_EVIDENCE:
		state_check(s, o);
		break;
	case EVENT_TURN_END:
	case EVENT_COMPACTION:
	case EVENT_REVIEW:
		cost = money_from_json(json_get(o, "cost_usd"));
		s->cost += cost == MONEY_UNKNOWN ? 0 : cost;
		break;
	case EVENT_AGENT_END:
		state_end(s, o);
		break;
	case EVENT_NOTE:
		s->ended = s->ended || json_bool(o, "ended", false);
		if (json_get(o, "forked") != NULL)
			state_fork(s, o);
		break;
	default:
		break;
	}
}

bool
session_state_line(struct session_state *s, const struct event *e)
{
	const cJSON *o = e->line;
	enum event_type type = event_type(o);
	enum session_says says = session_state_says(s);
	enum session_wait waits = session_state_waits(s);
	int hunks = s->hunks, check = s->check;
	bool user = json_is(o, "by", "user"), ended = s->ended;

	/* A command of the user's is no work on a task. */
	if (user && (type == EVENT_TOOL_CALL || type == EVENT_TOOL_RESULT) &&
	    json_is(o, "name", "bash")) {
		s->own = type == EVENT_TOOL_CALL;
		s->ran = s->ran || !s->own;
	} else
		state_event(s, type, o);
	if (json_get(o, "background") != NULL)
		state_background(s, o);
	if (type == EVENT_USER_MESSAGE && user) {
		state_message(s, json_str(o, "text"));
		/* One about a hunk leaves the proposal as it is. */
		s->said = s->said || json_get(o, "question") == NULL;
	}
	/* The command of `try`. */
	else if (s->task == NULL && type == EVENT_TOOL_CALL &&
	    json_is(o, "name", "argv"))
		state_words(&s->task, json_str(json_get(o, "args"), "command"));
	if (says != session_state_says(s) || waits != session_state_waits(s))
		xstrset(&s->since, json_str(o, "t"));
	else if (hunks == s->hunks && check == s->check && ended == s->ended)
		return false;
	return true;
}

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
