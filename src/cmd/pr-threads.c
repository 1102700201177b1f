#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/pr.h"
#include "cmd/setup.h"
#include "front/editor.h"
#include "front/print.h"
#include "git/gh.h"
#include "git/git-run.h"
#include "journal/fold.h"

#define THREADS_PAGES	50		/* of 20 */
#define THREADS_TEXT	((size_t)256 << 10)	/* of all, for the model */
#define THREADS_COMMENT	((size_t)16 << 10)
#define THREADS_HUNK	((size_t)4 << 10)

/* ---- the pull request ---- */

/* From https://HOST/OWNER/REPO/pull/N; -1 with *e. */
static int
pull_read(struct pull *p, const char *url, const char *id, struct err *e)
{
	int n = 0;

	if (url == NULL || id == NULL || sscanf(url, "https://%255[A-Za-z0-9.:-]"
	    "/%99[A-Za-z0-9._-]/%99[A-Za-z0-9._-]/pull/%9[0-9]%n", p->host,
	    p->owner, p->repo, p->number, &n) != 4 || url[n] != '\0')
		return err_set(e, "can't understand the pull request's address "
		    "that gh gave");
	p->url = xstrdup(url);
	p->id = xstrdup(id);
	return 0;
}

void
pull_release(struct pull *p)
{
	FREE_ALL(p->url, p->id, p->head);
}

int
pull_find(struct pull *p, const char *number, struct err *e)
{
	const char *const args[] = { "pr", "view", "--json", "id,url,state,headRefOid",
		number, NULL };
	AUTO_JSON cJSON *o = gh_json(p->dir, args, NULL, e);

	if (o == NULL || pull_read(p, json_str(o, "url"), json_str(o, "id"),
	    e) < 0)
		return -1;
	p->head = xstrdup(json_str_or(o, "headRefOid", ""));
	if (!git_is_hash(p->head))
		return err_set(e, "gh didn't say which commit %s is at",
		    p->url);
	return json_is(o, "state", "OPEN") ? 0 : err_set(e, "the pull request "
	    "%s isn't open", p->url);
}

/* ---- its threads, from GitHub ---- */

#define THREADS_COMMENTS "pageInfo{hasNextPage endCursor}nodes{fullDatabaseId " \
	"body state diffHunk viewerDidAuthor author{login}}"

static const char threads_query[] = "query($id:ID!,$after:String){node(id:$id)"
    "{...on PullRequest{headRefOid reviewThreads(first:20,after:$after)"
    "{pageInfo{hasNextPage endCursor}nodes{id isResolved isOutdated path line "
    "originalLine comments(first:20){" THREADS_COMMENTS "}}}}}}";
static const char comments_query[] = "query($id:ID!,$after:String){node(id:$id)"
    "{...on PullRequestReviewThread{comments(first:20,after:$after){"
    THREADS_COMMENTS "}}}}";

cJSON *
pull_nodes(struct pull *p, const char *query, const char *id,
    const char *member, struct err *e)
{
	AUTO_JSON cJSON *list = cJSON_CreateArray();
	AUTO_FREE char *after = NULL;
	int page;

	for (page = 0; page < THREADS_PAGES; page++) {
		AUTO_JSON cJSON *data = gh_graphql(p->dir, p->host, query, id,
		    after, e);
		const cJSON *node = json_get(data, "node");
		const cJSON *found = json_get(node, member);
		const cJSON *info = json_get(found, "pageInfo");
		cJSON *nodes = cJSON_GetObjectItemCaseSensitive(found, "nodes"),
		    *it;
		bool more = json_bool(info, "hasNextPage", false);

		FREE_SET(after, xstrdup_null(json_str(info, "endCursor")));
		if (!cJSON_IsArray(nodes) || (more && after == NULL)) {
			if (!err_is_set(e))
				err_set(e, "gh's answer lacks %s", member);
			return NULL;
		}
		while ((it = cJSON_DetachItemFromArray(nodes, 0)) != NULL)
			cJSON_AddItemToArray(list, it);
		if (json_str(node, "headRefOid") != NULL)
			FREE_SET(p->head, xstrdup(json_str(node,
			    "headRefOid")));
		if (!more) {
			cJSON *all = list;

			list = NULL;
			return all;
		}
	}
	err_set(e, "pull request %s has more than %d pages of %s", p->number,
	    THREADS_PAGES, member);
	return NULL;
}

/* All threads, each with a list of all its comments; the caller deletes. */
static cJSON *
threads_fetch(struct pull *p, struct err *e)
{
	AUTO_JSON cJSON *list = pull_nodes(p, threads_query, p->id,
	    "reviewThreads", e);
	cJSON *it, *all = list;

	cJSON_ArrayForEach(it, list) {
		cJSON *page = cJSON_GetObjectItemCaseSensitive(it, "comments");
		cJSON *comments = json_bool(json_get(page, "pageInfo"),
		    "hasNextPage", false) ? pull_nodes(p, comments_query,
		    json_str_or(it, "id", ""), "comments", e) :
		    cJSON_DetachItemFromObjectCaseSensitive(page, "nodes");

		if (comments == NULL && err_is_set(e))
			return NULL;
		json_set_take(it, "comments", comments == NULL ?
		    cJSON_CreateArray() : comments);
	}
	list = NULL;
	return all;
}

static const cJSON *
thread_comment(const cJSON *thread, bool last)
{
	const cJSON *all = json_array(thread, "comments");

	return cJSON_GetArrayItem(all, last ? cJSON_GetArraySize(all) - 1 : 0);
}

/* Where it is, as a line; malloc'ed. The line of one that is outdated is that of
 * the commit it was written for. */
static char *
thread_place(const cJSON *t)
{
	AUTO_BUF struct buf path = BUF_INIT(0);
	int64_t line = json_int(t, "line", json_int(t, "originalLine", 0));

	json_path_text(&path, json_str_or(t, "path", "?"));
	return line <= 0 ? buf_take(&path) : xasprintf("%s:%lld%s",
	    buf_str(&path), (long long)line, json_bool(t, "isOutdated", false) ?
	    " (outdated: these lines have changed since)" : "");
}

static void
thread_add(struct buf *b, const char *text, size_t max)
{
	size_t len = strlen(text), n = len <= max ? len :
	    utf8_cut(text, len, max);

	(void)buf_add(b, text, n);
	if (n < len)
		buf_addf(b, "\n[%zu more bytes left out]", len - n);
	buf_addc(b, '\n');
}

/* Append the thread, as it is shown and as the model gets it: the place, the lines
 * up to it, and who wrote what. */
static void
thread_text(struct buf *b, const cJSON *t)
{
	AUTO_FREE char *place = thread_place(t);
	const char *hunk = json_str_or(thread_comment(t, false), "diffHunk",
	    "");
	size_t len = strlen(hunk);
	const cJSON *it;

	/* The line is its last. */
	if (len > THREADS_HUNK)
		hunk = strchrnul(hunk + len - THREADS_HUNK, '\n');
	buf_addf(b, "%s\n%s\n", place, hunk + (hunk[0] == '\n'));
	cJSON_ArrayForEach(it, json_array(t, "comments")) {
		buf_addf(b, "\n%.100s:\n", json_str_or(json_get(it, "author"),
		    "login", "ghost"));
		thread_add(b, json_str_or(it, "body", ""), THREADS_COMMENT);
	}
}

int64_t
pr_marked(const cJSON *comment, const char *prefix)
{
	const char *body = json_str_or(comment, "body", "");
	size_t n = strlen(body), len = strlen(prefix);
	const char *last;

	while (n > 0 && isspace((unsigned char)body[n - 1]))
		n--;
	last = n == 0 ? NULL : memrchr(body, '\n', n);
	last = last == NULL ? body : last + 1;
	return json_bool(comment, "viewerDidAuthor", false) &&
	    strncmp(last, prefix, len) == 0 ? strtoll(last + len, NULL, 10) :
	    -1;
}

/* ---- a session on them ---- */

struct threads {
	cJSON		*all;		/* as fetched */
	cJSON		*chosen;	/* [{id, path}], for the start object */
	struct buf	 task;
	int		 resolved, answered, pending, late;
};

static void
threads_release(struct threads *t)
{
	cJSON_Delete(t->all);
	cJSON_Delete(t->chosen);
	buf_release(&t->task);
}

/* Is it one to work through? Else it is counted. */
static bool
threads_is_open(struct threads *t, const cJSON *it)
{
	int *why = json_bool(it, "isResolved", true) ? &t->resolved :
	    !json_is(thread_comment(it, false), "state", "SUBMITTED") ?
	    &t->pending : pr_marked(thread_comment(it, true), PR_MARKER) >= 0 ?
	    &t->answered : t->task.len > THREADS_TEXT ? &t->late : NULL;

	if (why != NULL)
		++*why;
	return why == NULL;
}

/* Shown as the model gets it. */
static void
threads_take(struct threads *t, const cJSON *it)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int n = cJSON_GetArraySize(t->chosen) + 1;
	AUTO_FREE char *about = xasprintf("Review thread T%d", n);
	cJSON *o = cJSON_CreateObject();

	thread_text(&b, it);
	print_words(stdout, "\nT%d", n);
	print_text(stdout, "  | ", "  | ", buf_str(&b));
	fence_add(&t->task, about, buf_str(&b), b.len, "");
	json_copy_names(o, it, (const char *const[]){ "id", "path" }, 2);
	cJSON_AddItemToArray(t->chosen, o);
}

static void
threads_say_left(const struct threads *t)
{
	const struct { int n; const char *why; } left[] = {
		{ t->resolved, "resolved" },
		{ t->answered, "answered with assent, not resolved yet" },
		{ t->pending, "not submitted yet" },
		{ t->late, "too much for one session: work through these "
		    "first" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(left); i++)
		if (left[i].n > 0)
			cmd_say("%d left out: %s", left[i].n, left[i].why);
}

static const char threads_words[] = "Work through the open review threads of "
    "this branch's pull request, below. Make the changes that are right, and "
    "say of the others why not. In your summary at the end, give each thread "
    "a line of its own that begins with its name, such as \"T1: renamed it\". "
    "It becomes the draft of a reply there.";

/* Ask, and start the session. */
static int
threads_start(const struct cmd_args *a, struct setup *s, const struct pull *p,
    struct threads *t)
{
	AUTO_FREE char *question = NULL;
	cJSON *start, *pull;
	int n = cJSON_GetArraySize(t->chosen);

	threads_say_left(t);
	if (n == 0) {
		cmd_say("%s has no open review threads", p->url);
		return EXIT_DONE;
	}
	question = xasprintf("Start a session on %s, which sends %s to the "
	    "model?", n == 1 ? "this thread" : "these threads", n == 1 ? "it" :
	    "them");
	if (!ask_yes(question)) {
		cmd_say("not started");
		return EXIT_DONE;
	}
	start = setup_start(s, "interactive", &(struct setup_task){
	    .text = buf_str(&t->task), .person = true, .keep_alive = true });
	/* Nothing that others wrote names an image. */
	json_add_str(start, "typed", threads_words);
	pull = cJSON_AddObjectToObject(start, "pull");
	json_add_str(pull, "url", p->url);
	json_add_str(pull, "id", p->id);
	json_copy(pull, "threads", t->chosen);
	return cmd_begin(a, s, start);
}

int
threads_begin(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(threads_release) struct threads t = { .task = BUF_INIT(0) };
	AUTO(pull_release) struct pull p = { .url = NULL };
	struct err e = ERR_INIT;
	const cJSON *it;
	int code;

	if (a->operands_len > 0)
		return cmd_fail(EXIT_USAGE, "pr --threads starts a new session; "
		    "assent pr --reply %s answers the threads of that one",
		    a->operands[0]);
	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "interactive")) != 0 ||
	    (code = setup_model(&s, true)) != 0)
		return code;
	p.dir = s.root;
	if (git_state_repository(s.root, &e) < 0 || pull_find(&p, NULL, &e) < 0 ||
	    (t.all = threads_fetch(&p, &e)) == NULL)
		return cmd_fail_err(&e);
	t.chosen = cJSON_CreateArray();
	buf_addf(&t.task, "%s\n\n", threads_words);
	cJSON_ArrayForEach(it, t.all)
		if (threads_is_open(&t, it))
			threads_take(&t, it);
	return threads_start(a, &s, &p, &t);
}

/* ---- the replies ---- */

struct reply {
	struct commit_journal	*journal;
	struct pull		 pull;
	const char		*top;		/* of the work tree */
	char			*prefix;	/* of the project in it */
	struct pathmap		 commits;	/* that were followed */
	bool			 told;		/* that commits aren't pushed */
	int			 code;
};

static const cJSON *
reply_pull(const struct commit_journal *j)
{
	return json_get(j->session.first->session_start.settings, "pull");
}

bool
threads_are(const struct commit_journal *j)
{
	return reply_pull(j) != NULL;
}

/* What a summary says of thread n: its line "T1: ...", and those up to an empty
 * one or the next thread's. */
static void
draft_of(struct buf *b, const char *line, long n)
{
	bool here = false;
	const char *s;
	char *end;
	long k;

	for (; *line != '\0'; line += strcspn(line, "\n"),
	    line += *line == '\n') {
		s = line + strspn(line, " \t-*#_[`");
		k = s[0] == 'T' && isdigit((unsigned char)s[1]) ?
		    strtol(s + 1, &end, 10) : 0;
		if (k > 0 && !isalnum((unsigned char)*end)) {
			here = k == n;
			s = end + strspn(end, "*_]`:.)");
			s += strspn(s, " \t-:");
		} else
			here = here && s[0] != '\n';
		if (here)
			buf_addf(b, "%.*s\n", (int)strcspn(s, "\n"), s);
	}
}

/* Of the last summary that names the thread: later tasks may be about others. */
static void
draft_words(struct buf *b, const struct fold *f, long n)
{
	EV_EACH_BACK(f, items, it)
		if (b->len == 0 && (it->kind == ITEM_END ||
		    it->kind == ITEM_ASSISTANT))
			draft_of(b, ev_str(it->text, ""), n);
}

/* In which commit was the thread's file changed? A fact, not the model's word. */
static void
draft_fact(struct reply *r, struct buf *b, const char *path)
{
	const struct fold *f = r->journal->fold;
	const struct git_followed *is = NULL;
	size_t n = strlen(r->prefix);
	const char *commit = NULL;
	bool any = false;

	if (strncmp(path, r->prefix, n) != 0)
		return;
	EV_EACH(f, changes, x)
		EV_EACH(x, files, file) {
			if (x->undone == UNDONE_WHOLE ||
			    strcmp(file->path, path + n) != 0)
				continue;
			any = true;
			if (file->commit != NULL)
				commit = file->commit;
		}
	if (commit != NULL)
		is = git_follow(r->top, &r->commits, commit);
	if (is != NULL && is->end == FOLLOW_MOVED)
		commit = is->now;
	if (is != NULL && is->end != FOLLOW_HERE && is->end != FOLLOW_MOVED)
		commit = NULL;
	if (any)
		buf_addf(b, "%sThis file changed%s%.12s.", b->len > 0 ? "\n\n" : "",
		    commit == NULL ? ", not committed yet" : " in ",
		    commit == NULL ? "" : commit);
	if (commit != NULL && !r->told && git_is_hash(r->pull.head) && git_run(
	    &(const struct git_run){ .dir = r->top }, GIT_WORDS("merge-base",
	    "--is-ancestor", commit, r->pull.head), NULL, NULL) == 1) {
		r->told = true;
		cmd_say("%.12s isn't in the pull request yet: assent pr %s "
		    "pushes it", commit, r->journal->session.id);
	}
}

/* In the user's editor; the text stays if that fails. */
static void
reply_edit(char **text)
{
	AUTO_BUF struct buf b = { 0 };
	struct editor editor;
	struct err e = ERR_INIT;
	size_t len = strlen(*text);
	AUTO_FREE char *marked = editor_mark(*text, &len);
	AUTO_FREE char *now = NULL;
	int status;

	fflush(stdout);
	if (editor_start(&editor, "reply.md", marked, len, 0, &e) == 0) {
		while (waitpid(editor.pid, &status, 0) < 0 && errno == EINTR)
			;
		if (editor_finish(&editor, status, &b, &e) == 0) {
			len = b.len;
			now = editor_unmark(buf_str(&b), &len, *text);
		}
	}
	if (now != NULL && (len != strlen(now) || !utf8_is_valid(now, len) ||
	    len > PR_BODY_MAX))
		err_set(&e, "a reply must be text of at most %d bytes",
		    PR_BODY_MAX);
	if (err_is_set(&e)) {
		cmd_say("%s", e.text);
		return;
	}
	while (len > 0 && isspace((unsigned char)now[len - 1]))
		now[--len] = '\0';
	FREE_SET(*text, now);
	now = NULL;
}

/* Show it as it would be sent, and ask; 1: it may be. 0: not this one; -1: no
 * other either. */
static int
reply_ask(char **text, const char *name, const char *marker)
{
	AUTO_FREE char *question = NULL, *line = NULL;

	for (;;) {
		if ((*text)[0] == '\0')
			print_words(stdout, "no draft");
		else
			print_text(stdout, "  > ", "  > ", *text);
		if ((*text)[0] != '\0')
			print_words(stdout, "  > %s", marker);
		fflush(stdout);
		FREE_SET(question, xasprintf("Reply to %s? [%se: edit, n, "
		    "q: quit]", name, (*text)[0] == '\0' ? "" :
		    "capital Y, "));
		FREE_SET(line, ask_line(question));
		while (line != NULL && (strcmp(line, "y") == 0 ||
		    strcmp(line, "yes") == 0))
			FREE_SET(line, ask_line(ASK_CAPITAL));
		if (line == NULL || strcmp(line, "q") == 0)
			return -1;
		if (strcmp(line, "e") != 0)
			return strcmp(line, "Y") == 0 && (*text)[0] != '\0';
		reply_edit(text);
	}
}

/* The id of the first comment of a thread, which is a number or its text;
 * malloc'ed, or NULL. */
static char *
reply_to(const cJSON *thread)
{
	const cJSON *comment = thread_comment(thread, false);
	const char *id = json_str(comment, "fullDatabaseId");
	int64_t n = json_int(comment, "fullDatabaseId", 0);

	if (id == NULL)
		return n > 0 ? xasprintf("%lld", (long long)n) : NULL;
	return id[0] != '\0' && strlen(id) < 20 &&
	    id[strspn(id, "0123456789")] == '\0' ? xstrdup(id) : NULL;
}

static enum gh_end
reply_send(struct reply *r, const cJSON *thread, const char *text,
    const char *marker, struct err *e)
{
	AUTO_FREE char *to = reply_to(thread), *at = NULL, *json = NULL;
	AUTO_FREE char *body = xasprintf("%s\n\n%s", text, marker);
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	const char *const args[] = { "api", "--hostname", r->pull.host,
		"--method", "POST", NULL, "--input", "-", "--jq", ".html_url",
		NULL };
	const char *argv[MEM_COUNT(args)];

	if (to == NULL) {
		err_set(e, "gh didn't say which comment to reply to");
		return GH_REFUSED;
	}
	at = xasprintf("repos/%s/%s/pulls/%s/comments/%s/replies",
	    r->pull.owner, r->pull.repo, r->pull.number, to);
	memcpy(argv, args, sizeof(args));
	argv[5] = at;
	json_add_str(o, "body", body);
	json = json_print(o);
	return gh_act(r->journal, "reply", r->top, argv, json, e);
}

/* -1: the others would fail, too, or the user quits. */
static int
reply_one(struct reply *r, const cJSON *thread, const char *path, int n)
{
	const char *session = r->journal->session.id;
	AUTO_FREE char *marker = xasprintf(PR_MARKER "%s -->", session);
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *name = xasprintf("T%d", n);
	AUTO_BUF struct buf b = BUF_INIT(PR_BODY_MAX), words =
	    BUF_INIT(PR_BODY_MAX), shown = BUF_INIT(0);
	struct err e = ERR_INIT;
	enum gh_end end;
	const cJSON *it;
	int rc;

	cJSON_ArrayForEach(it, json_array(thread, "comments"))
		if (pr_marked(it, marker) >= 0) {
			print_words(stdout, "%s: this session has replied",
			    name);
			return 0;
		}
	if (thread == NULL || json_bool(thread, "isResolved", false)) {
		print_words(stdout, "%s: %s meanwhile", name, thread == NULL ?
		    "deleted" : "resolved");
		return 0;
	}
	thread_text(&shown, thread);
	print_words(stdout, "\n%s", name);
	print_text(stdout, "  | ", "  | ", buf_str(&shown));
	draft_words(&words, r->journal->fold, n);
	buf_cut(&words, words.len - (words.len > 0));
	text = pr_text_of(buf_str(&words), r->journal->fold, false);
	buf_adds(&b, text);
	draft_fact(r, &b, path);
	FREE_SET(text, buf_take(&b));
	if ((rc = reply_ask(&text, name, marker)) <= 0)
		return rc;
	end = reply_send(r, thread, text, marker, &e);
	if (end == GH_DONE)
		return 0;
	r->code = end == GH_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_ERROR;
	cmd_say("%s: %s%s", name, e.text, end == GH_REFUSED ? "" :
	    "; assent pr --reply looks first whether the reply is there");
	return end == GH_REFUSED ? 0 : -1;
}

static int
reply_all(struct reply *r, struct err *e)
{
	const cJSON *pull = reply_pull(r->journal), *it;
	AUTO_JSON cJSON *all = NULL;
	int n = 0;

	r->pull.dir = r->top;
	r->prefix = git_run_ask(r->journal->session.setup.root, "rev-parse",
	    "--show-prefix", NULL, e);
	if (r->prefix == NULL || pull_read(&r->pull, json_str(pull, "url"),
	    json_str(pull, "id"), e) < 0 ||
	    (all = threads_fetch(&r->pull, e)) == NULL)
		return -1;
	print_words(stdout, "replies to %s", r->pull.url);
	cJSON_ArrayForEach(it, json_array(pull, "threads"))
		if (reply_one(r, json_find(all, "id", json_str_or(it, "id",
		    "")), json_str_or(it, "path", ""), ++n) < 0)
			break;
	return 0;
}

int
threads_reply(struct commit_journal *j, const char *top)
{
	struct reply r = { .journal = j, .top = top, .code = EXIT_DONE };
	const struct fold *f = j->fold;
	struct err e = ERR_INIT;

	if (!threads_are(j))
		return cmd_fail(EXIT_USAGE, "session %s wasn't started by assent "
		    "pr --threads", j->session.id);
	if (f->proposal != NULL && f->proposal->undecided > 0)
		return cmd_fail(EXIT_WAITS, "review the changes first: assent "
		    "decide %s", j->session.id);
	if (reply_all(&r, &e) < 0)
		r.code = cmd_fail_err(&e);
	pull_release(&r.pull);
	pathmap_release(&r.commits);
	free(r.prefix);
	return r.code;
}
