/* See proposal-file.h: the session that proposed what is in a file. */
#include "config.h"

#include "cmd/proposal-file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/headless.h"
#include "front/log.h"
#include "cmd/session-client.h"
#include "git/tree.h"
#include "journal/fold-proposal.h"
#include "journal/session.h"

struct settle {
	const char	*session, *h;	/* its line of the journal */
	const cJSON	*files;		/* of the file */
	int64_t		 id;		/* of the proposal */
	int		 version;
};

static bool
settle_is_same(const cJSON *a, const cJSON *b)
{
	return strcmp(json_str_or(a, "path", ""), json_str_or(b, "path",
	    "")) == 0 && strcmp(json_str_or(a, "path_b64", ""),
	    json_str_or(b, "path_b64", "")) == 0 &&
	    tree_side_is(json_get(a, "after"), json_get(b, "after"));
}

/* Has the file all that is open, in its order?  What its reader hasn't seen is
 * never rejected: the session may have done more since, and whoever had the
 * file may have changed it. */
static bool
settle_has(const cJSON *files, const cJSON *open)
{
	const cJSON *f = files == NULL ? NULL : files->child, *it;

	cJSON_ArrayForEach(it, open) {
		while (f != NULL && !settle_is_same(f, it))
			f = f->next;
		if (f == NULL)
			return false;
	}
	return true;
}

/* Is something proposed in that session, nothing but what is in the file, and
 * with `h` still just that? */
static bool
settle_is_open(struct settle *s)
{
	AUTO(proposal_past_release) struct proposal_past p = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = session_dir(s->session, &e);

	if (dir == NULL || access(dir, F_OK) < 0 || log_lines(dir,
	    proposal_past_line, &p, NULL, &e) < 0 ||
	    !proposal_past_is_open(&p) || (s->h != NULL &&
	    !json_is(p.line, "h", s->h)) || !settle_has(s->files,
	    json_array(p.line, "files")))
		return false;
	s->id = p.fold->proposal->id;
	s->version = p.fold->proposal->version;
	return true;
}

static void
settle_ignore(void *arg, const cJSON *line)
{
	(void)arg;
	(void)line;
}

/* Resumed, it no longer proposes what is in the files; with `choose`, that is
 * decided then. */
static void
settle_resume(const struct settle *s, const struct select *choose)
{
	char *operands[] = { (char *)(uintptr_t)s->session, NULL };
	const struct cmd_args a = { .operands = operands, .operands_len = 1 };
	const struct headless_options o = { .decide = true, .recovered = true,
		.watch = settle_ignore, .choose = choose, .proposal = s->id,
		.version = s->version };
	AUTO(headless_result_release) struct headless_result result = { 0 };
	AUTO(session_client_release) struct session_client r = { 0 };
	struct client c = { 0 };
	struct err e = ERR_INIT;

	if (session_client_find(&r, &a) != 0 ||
	    session_client_setup(&r, &a, false) != 0)
		return;
	if (session_client_connect(&c, &r, &a, false, &e) < 0)
		cmd_say("%s", e.text);
	else
		(void)headless_run(&c, &o, &result);
}

void
proposal_settle(const cJSON *proposal, const char *name, int accepted,
    int rejected)
{
	struct settle s = { .session = json_str(proposal, "session"),
		.h = json_str_or(json_get(proposal, "journal"), "h", ""),
		.files = json_array(proposal, "files") };
	const struct select_option none = { .kind = SELECT_ACCEPT,
		.text = "none" };
	AUTO(select_free_at) struct select *choose = NULL;
	struct session_info info;
	struct err e = ERR_INIT;
	int64_t id;
	int version;
	bool here;

	if (s.session == NULL || !session_look(s.session, &info))
		return;
	/* One that runs sees the files itself. */
	here = !info.applying && info.root != NULL && settle_is_open(&s) &&
	    (rejected > 0 || (!info.alive && tree_has(info.root, s.files)));
	session_info_release(&info);
	if (!here)
		return;
	id = s.id;
	version = s.version;
	settle_resume(&s, NULL);
	s.h = NULL;
	if (rejected == 0 || !settle_is_open(&s))
		return;
	/* What was accepted is in other files, and may come yet. */
	if (accepted > 0 && s.id == id && s.version == version)
		return;
	cmd_say("%s: the rest is rejected in session %s, too", name, s.session);
	choose = select_new(&none, 1, &e);
	settle_resume(&s, choose);
}
