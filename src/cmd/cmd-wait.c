/* cmd-wait: waits until one of several sessions needs its person or is done. */

#include "config.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"
#include "journal/session.h"

#define WAIT_LATE	124	/* as of timeout(1) */
#define WAIT_KILLED	137	/* 128 and SIGKILL */
#define WAIT_LOOK_MS	60000	/* also if nothing changes */
/* Wait so long before reporting it: a rule may decide at once what waits while
 * its core runs. */
#define WAIT_STILL_MS	500

struct waited {
	char	**ids;
	size_t	 len;
};

static void
waited_add(struct waited *w, const char *id)
{
	*GROW_ADD(w->ids, w->len) = xstrdup(id);
}

static void
waited_release(struct waited *w)
{
	while (w->len > 0)
		free(w->ids[--w->len]);
	free(w->ids);
}

/* What a person or a script that waits has to know of it. */
static enum session_wait
wait_what(const struct session_info *s, struct buf *words)
{
	char interactive[] = "interactive";
	struct session_info any = *s;
	enum session_wait what;

	/* Also if a script started it, or somebody has seen it, or decided it and
	 * that is applied: if something follows, it comes before
	 * WAIT_STILL_MS. */
	any.state.mode = interactive;
	any.state.ended = any.seen = false;
	any.state.decided = s->alive && s->state.applies != 0;
	what = session_wants(&any);
	session_wait_words(&any, words);
	/* What is to be decided is complete once that has ended. */
	if (what == SESSION_HUNKS && s->alive && s->state.runs != 0)
		what = SESSION_NOTHING;
	if (what == SESSION_NOTHING && !s->alive) {
		buf_adds(words, "nothing was asked");
		what = SESSION_DONE;
	}
	return what;
}

static int
wait_exit(const struct session_info *s, enum session_wait what)
{
	static const int kinds[SESSION_WAIT_KINDS] = {
		[SESSION_QUESTION] = EXIT_WAITS, [SESSION_LIMIT] = EXIT_LIMIT,
		[SESSION_PLAN] = EXIT_WAITS, [SESSION_HUNKS] = EXIT_WAITS,
		[SESSION_CHECK] = EXIT_UNPROVEN, [SESSION_DONE] = EXIT_DONE,
		[SESSION_STOPPED] = WAIT_KILLED,
	};
	static const struct wait_end {
		const char	*outcome;
		int		 code;
	} ends[] = {
		{ "error", EXIT_ERROR }, { "interrupted", EXIT_INTERRUPTED },
		{ "limit", EXIT_LIMIT }, { "provider", EXIT_PROVIDER },
		{ "refused", EXIT_WAITS }, { "unmet", EXIT_WAITS },
		{ "unproven", EXIT_UNPROVEN }, { "waiting", EXIT_WAITS },
	};
	const char *outcome = s->state.outcome;
	const struct wait_end *end = outcome == NULL ? NULL :
	    MEM_FIND(ends, outcome);

	return (what == SESSION_DONE || what == SESSION_CHECK) && end != NULL ?
	    end->code : kinds[what];
}

static int
wait_print(const struct session_info *s, enum session_wait what,
    const char *words, bool json)
{
	int code = wait_exit(s, what);
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *task = session_task(s);

	if (!json) {
		print_words(stdout, "%s  %s  %s", s->id,
		    session_wait_name(what), words);
		return code;
	}
	JSON_ADD_TEXTS(o, "id", s->id, "project", s->state.root, "task", task,
	    "waits", session_wait_name(what), "words", words,
	    "since", s->state.since);
	json_add_int(o, "exit", code);
	print_object(o);
	return code;
}

/* -1: not yet; *again_ms is lowered to when to look again, even if nothing
 * changes. */
static int
wait_look(const char *id, bool json, int *again_ms)
{
	AUTO(session_info_release) struct session_info s = { 0 };
	AUTO_BUF struct buf words = BUF_INIT(0);
	struct timespec now;
	enum session_wait what;
	int64_t still;

	if (!session_look(id, &s))
		return cmd_fail(EXIT_ERROR, "session %s was removed", id);
	/* It may have ended after its state was read: now nobody writes it. */
	if (!s.alive) {
		session_info_release(&s);
		(void)session_look(id, &s);
	}
	what = wait_what(&s, &words);
	if (what == SESSION_NOTHING)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	still = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 -
	    clock_stamp_ms(s.state.since == NULL ? "" : s.state.since);
	if (s.alive && still >= 0 && still < WAIT_STILL_MS) {
		if (*again_ms > WAIT_STILL_MS - still)
			*again_ms = (int)(WAIT_STILL_MS - still);
		return -1;
	}
	return wait_print(&s, what, buf_str(&words), json);
}

static int
wait_for(const struct waited *w, int64_t within_ms, bool json)
{
	struct session_watch *watch = session_watch_new();
	struct pollfd p = { .fd = session_watch_fd(watch), .events = POLLIN };
	int64_t end = clock_mono_ms() + within_ms, left;
	int again_ms, code = -1;
	size_t i;

	for (;;) {
		while (session_watch_step(watch))
			;
		again_ms = WAIT_LOOK_MS;
		for (i = 0; i < w->len && code < 0; i++)
			code = wait_look(w->ids[i], json, &again_ms);
		left = within_ms < 0 ? INT64_MAX : end - clock_mono_ms();
		if (code < 0 && left <= 0)
			code = cmd_fail(WAIT_LATE, "nothing to answer or review yet");
		if (code >= 0)
			break;
		(void)poll(&p, 1, left < again_ms ? (int)left : again_ms);
	}
	session_watch_free(watch);
	return code;
}

/* Sort sessions that wait first, the longest waiting ones at the top. */
static int
wait_compare(const void *x, const void *y)
{
	const struct session_info *a = x, *b = y;
	bool first = session_wants(a) != SESSION_NOTHING,
	    second = session_wants(b) != SESSION_NOTHING;

	return first != second ? second - first :
	    strcmp(a->state.since == NULL ? "" : a->state.since,
	    b->state.since == NULL ? "" : b->state.since);
}

/* Add the project's sessions that wait for an answer or work now; if there are
 * none, those whose end you haven't seen. */
static int
wait_project(struct waited *w, const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct session_info *v = NULL;
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int code = setup_project(&s, a);

	if (code != 0)
		return code;
	if (session_list(s.root, SESSION_USED, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
	MEM_SORT_BY(v, n, wait_compare);
	for (i = 0; i < n; i++)
		if ((v[i].alive && (v[i].says == SESSION_WORKS ||
		    v[i].says == SESSION_APPLIES)) || (session_wants(&v[i]) !=
		    SESSION_NOTHING && session_wants(&v[i]) < SESSION_CHECK))
			waited_add(w, v[i].id);
	for (i = 0; i < n && w->len == 0; i++)
		if (session_wants(&v[i]) != SESSION_NOTHING)
			waited_add(w, v[i].id);
	session_list_free(v, n);
	return w->len > 0 ? 0 : cmd_fail(EXIT_USAGE, "no session of %s is "
	    "running or has an open question or review", s.root);
}

int
cmd_wait(const struct cmd_args *a)
{
	AUTO(waited_release) struct waited w = { 0 };
	struct err e = ERR_INIT;
	int64_t within = -1;
	int code;

	if (a->within != NULL && (within = clock_duration_ms(a->within)) < 0)
		return cmd_fail(EXIT_USAGE, "--timeout: must be a time such as "
		    "90, 5m or 1h, not \"%.40s\"", a->within);
	if (session_check(NULL, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	MEM_EACH(a, operands, it) {
		AUTO_FREE char *id = session_resolve(*it, NULL, &e);

		if (id == NULL)
			return cmd_fail(EXIT_USAGE, "%s", e.text);
		waited_add(&w, id);
	}
	if (w.len == 0 && (code = wait_project(&w, a)) != 0)
		return code;
	return wait_for(&w, within, a->json);
}
