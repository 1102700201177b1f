/* See proposal-file.h. */

#include "config.h"

#include "cmd/proposal-file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "client/client.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/select.h"
#include "cmd/session-client.h"
#include "front/editor.h"
#include "front/message.h"
#include "front/plan-markdown.h"
#include "front/print.h"
#include "gate/patch.h"
#include "git/git-run.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "policy/approve.h"

/*
 * What a project's files are now, by their contents. The core reads and
 * hashes them.
 */

char *
tree_hash_of(const char *root, bool git, struct err *e)
{
	static const char *const list[] = { "ls-files", "-z", "-co",
		"--exclude-standard", NULL };
	const char *const args[] = { "tree", root, NULL };
	AUTO_BUF struct buf names = BUF_INIT(0), b = BUF_INIT(4096);
	const struct git_run g = { .dir = root, .out = &names };
	AUTO_CLOSE int in = memfd_create("assent-names", MFD_CLOEXEC),
	    out = memfd_create("assent-core", MFD_CLOEXEC);
	AUTO_JSON cJSON *o = NULL;

	if (git && git_run(&g, list, NULL, NULL) != 0)
		buf_clear(&names);
	if (in < 0 || out < 0 || fs_write_all(in, buf_str(&names),
	    names.len) < 0 || lseek(in, 0, SEEK_SET) < 0)
		err_sys(e, "can't create a file in memory");
	else if (client_run_core(args, in, out, e) == 0 &&
	    lseek(out, 0, SEEK_SET) == 0 && fs_read_all(out, &b) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, e);
	if (json_str(o, "hash") == NULL && !err_is_set(e))
		err_set(e, "the files of %s can't be read", root);
	return xstrdup_null(json_str(o, "hash"));
}

cJSON *
tree_sides_of(const char *root, const cJSON *files, struct err *e)
{
	static const char *const named[] = { "path", "path_b64" };
	const char *const args[] = { "sides", root, NULL };
	cJSON *asked = cJSON_CreateObject(), *list = cJSON_CreateArray(), *o;
	const cJSON *it;

	json_set_take(asked, "files", list);
	cJSON_ArrayForEach(it, files) {
		o = cJSON_CreateObject();
		JSON_COPY(o, it, named);
		cJSON_AddItemToArray(list, o);
	}
	o = client_ask_core(args, asked, 0, e);
	list = cJSON_DetachItemFromObjectCaseSensitive(o, "sides");
	cJSON_Delete(o);
	if (list == NULL && !err_is_set(e))
		err_set(e, "the files of %s can't be read", root);
	return list;
}

/* Are these the same content and mode, or both nothing? */
static bool
tree_side_is(const cJSON *a, const cJSON *b)
{
	return cJSON_IsObject(a) && cJSON_IsObject(b) ?
	    json_str(a, "hash") != NULL &&
	    json_is(b, "hash", json_str(a, "hash")) &&
	    json_int(a, "mode", 0) == json_int(b, "mode", 0) :
	    !cJSON_IsObject(a) && !cJSON_IsObject(b);
}

bool
tree_has(const char *root, const cJSON *files)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *now = files == NULL || files->child == NULL ? NULL :
	    tree_sides_of(root, files, &e);
	const cJSON *it, *side = now == NULL ? NULL : now->child;

	if (now == NULL)
		return false;
	cJSON_ArrayForEach(it, files) {
		if (!tree_side_is(json_get(it, "after"), side))
			return false;
		side = side == NULL ? NULL : side->next;
	}
	return true;
}

/*
 * Checks whether the open proposal is still the one the user saw, and
 * describes the differences.  A pure fold of a journal's proposal lines.
 */

/* The first line of a proposal has its number as its own. */
static int64_t
stale_id(const struct event *l)
{
	return l->proposal.proposal != 0 ? l->proposal.proposal : l->seq;
}

void
stale_line(struct stale *m, const struct event *l)
{
	if (m->id == 0 || l->type != EVENT_PROPOSAL)
		return;
	if (stale_id(l) != m->id || l->proposal.version != m->version) {
		event_keep(&m->now, l);
		return;
	}
	event_keep(&m->then, l);
	event_drop(&m->now);
}

static bool
stale_same_side(const struct ev_side *a, const struct ev_side *b)
{
	return a == NULL || b == NULL ? a == b : a->mode == b->mode &&
	    a->hash != NULL && ev_is(b->hash, a->hash);
}

static bool
stale_same_hunks(const struct ev_proposed_file *a,
    const struct ev_proposed_file *b)
{
	bool same = a->hunks_len == b->hunks_len;

	EV_EACH(a, hunks, h)
		same = same && h->id != NULL &&
		    ev_is(b->hunks[h - a->hunks].id, h->id) &&
		    b->hunks[h - a->hunks].overwrites == h->overwrites;
	return same;
}

/* The first file that isn't the same in both, or NULL. */
static const char *
stale_file(const struct ev_proposal *then, const struct ev_proposal *now)
{
	const struct ev_proposed_file *a = then->files, *b = now->files;
	size_t i, n = then->files_len < now->files_len ? then->files_len :
	    now->files_len;

	for (i = 0; i < n; i++)
		if (!ev_is(b[i].path, ev_str(a[i].path, "?")) ||
		    !stale_same_side(a[i].before, b[i].before) ||
		    !stale_same_side(a[i].after, b[i].after) ||
		    !stale_same_hunks(&a[i], &b[i]))
			return ev_str(b[i].path, "?");
	return n < now->files_len ? ev_str(b[n].path, "?") :
	    n < then->files_len ? ev_str(a[n].path, "?") : NULL;
}

bool
stale_check(const struct stale *m, struct err *e)
{
	const struct event *now = m->now != NULL ? m->now : m->then;
	bool open = now != NULL && now->proposal.files_len > 0;
	int64_t id = now == NULL ? 0 : stale_id(now);
	int version = now == NULL ? 0 : (int)now->proposal.version;
	const char *file;

	if (m->id == 0 || (open && id == m->id && version == m->version))
		return false;
	if (m->then == NULL)
		err_set(e, "this session never had a proposal %lld.%d (assent "
		    "show names the open one)", (long long)m->id, m->version);
	else if (!open)
		err_set(e, "proposal %lld.%d isn't open any more",
		    (long long)m->id, m->version);
	else {
		file = stale_file(&m->then->proposal, &now->proposal);
		if (file == NULL && id == m->id)
			return false;
		err_set(e, "the proposal has changed since you saw it, from "
		    "%lld.%d to %lld.%d (%.600s%s); see assent show",
		    (long long)m->id, m->version, (long long)id, version,
		    file == NULL ? "its files are the same" : file,
		    file == NULL ? "" : " isn't the same");
	}
	return true;
}

void
stale_release(struct stale *m)
{
	event_drop(&m->then);
	event_drop(&m->now);
}

#define PROPOSAL_NAMES	5	/* named in one message */

/* ---- the project ---- */

/* This folder is in a repository with that commit, and where it was there. */
static bool
proposal_has_commit(const cJSON *base, const char *root)
{
	const char *head = json_str_or(base, "head", "");
	struct err e = ERR_INIT;
	AUTO_FREE char *type = NULL, *folder = NULL;

	if (!git_is_hash(head))
		return false;
	type = git_run_ask(root, "cat-file", "-t", head, &e);
	folder = git_run_ask(root, "rev-parse", "--show-prefix", NULL, &e);
	return type != NULL && folder != NULL && strcmp(type, "commit") == 0 &&
	    strcmp(json_str_or(base, "folder", ""), folder) == 0;
}

/* Each of its files is here as it was, or as it becomes: 1; 0 if it only adds
 * files, which says nothing; -1 if one is another. */
static int
proposal_has_files(const cJSON *files, const cJSON *now)
{
	const cJSON *it, *side = now->child;
	int found = 0;

	cJSON_ArrayForEach(it, files) {
		const cJSON *before = json_get(it, "before");

		if (cJSON_IsObject(before) && found >= 0)
			found = tree_side_is(before, side) ||
			    tree_side_is(json_get(it, "after"), side) ? 1 : -1;
		side = side == NULL ? NULL : side->next;
	}
	return found;
}

static cJSON *
proposal_expect(const cJSON *files, const cJSON *now, struct buf *changed)
{
	static const char *const told[] = { "path", "path_b64", "after" };
	const cJSON *it, *side = now->child;
	cJSON *list = cJSON_CreateArray(), *o;
	int n = 0;

	cJSON_ArrayForEach(it, files) {
		o = cJSON_CreateObject();
		JSON_COPY(o, it, told);
		if (!tree_side_is(json_get(it, "before"), side)) {
			json_add_bool(o, "any", true);
			if (n++ < PROPOSAL_NAMES)
				buf_addf(changed, "%s%s", n > 1 ? ", " : "",
				    json_str_or(it, "path", "?"));
		}
		cJSON_AddItemToArray(list, o);
		side = side == NULL ? NULL : side->next;
	}
	if (n > PROPOSAL_NAMES)
		buf_addf(changed, " and %d more", n - PROPOSAL_NAMES);
	return list;
}

int
proposal_fits(const cJSON *proposal, const char *root, bool meant,
    cJSON **expect, struct buf *changed, struct err *e)
{
	const cJSON *base = json_get(proposal, "base");
	const cJSON *files = json_array(proposal, "files");
	const char *head = json_str(base, "head");
	const char *project = json_str_or(proposal, "project", "?");
	AUTO_JSON cJSON *now = tree_sides_of(root, files, e);
	int has = now == NULL ? -1 : proposal_has_files(files, now);

	if (now == NULL)
		return -1;
	/* One without files fits everywhere. */
	if (files->child != NULL && has <= 0 && !proposal_has_commit(base,
	    root) && (head != NULL || (!meant && (has < 0 || strcmp(project,
	    basename(root)) != 0)))) {
		if (head != NULL)
			return err_set(e, "it was made in %.100s at %.12s, "
			    "which %s doesn't have; --root DIR says where that "
			    "is", project, head, root);
		return err_set(e, "it was made in %.100s, and the files of %s "
		    "aren't those; name its folder with --root DIR", project,
		    root);
	}
	if (expect != NULL)
		*expect = proposal_expect(files, now, changed);
	return 0;
}

/* What a session proposes, read from its journal. */
struct proposal_past {
	struct fold	*fold;
	struct event	*line;		/* the last proposal, or NULL */
	bool		 is_open;
	struct event	*evidence;	/* the last run's line, or NULL; its
					   status is what it is now */
	cJSON		*diff;		/* how it cuts hunks, or NULL */
};

/* Only the last result can be stale. */
static void
proposal_keep_evidence(struct proposal_past *p, const struct event *l)
{
	bool valid = ev_is(l->evidence.status, "valid");

	if (!valid && !ev_is(l->evidence.status, "stale"))
		event_keep_line(&p->evidence, l);
	else if (p->evidence != NULL)
		p->evidence->evidence.status = valid ? "done" : "stale";
}

static int
proposal_past_line(void *arg, const struct event *l, struct err *e)
{
	struct proposal_past *p = arg;

	(void)e;
	fold_event(p->fold, l);
	if (l->type == EVENT_SESSION_START && p->diff == NULL)
		p->diff = cJSON_Duplicate(json_get(l->session_start.settings,
		    "diff"), 1);
	else if (l->type == EVENT_PROPOSAL)
		event_keep_line(&p->line, l);
	else if (l->type == EVENT_EVIDENCE)
		proposal_keep_evidence(p, l);
	return 0;
}

/* From the journal in the session's folder. -1 with *e; release it either way. */
static int
proposal_past_read(struct proposal_past *p, const char *dir, struct err *e)
{
	*p = (struct proposal_past){ .fold = fold_new() };
	if (log_events(dir, proposal_past_line, p, e) < 0)
		return -1;
	p->is_open = p->fold->proposal != NULL &&
	    p->fold->proposal->files_len > 0;
	return 0;
}

static void
proposal_past_release(struct proposal_past *p)
{
	fold_free(p->fold);
	event_drop(&p->line);
	event_drop(&p->evidence);
	cJSON_Delete(p->diff);
}

/* The last run of the success check, if any, and whether its result still
 * applies. */
static void
proposal_evidence(cJSON *o, const struct event *last)
{
	static const char *const always[] = {
		"status", "command", "check_by", "where", "exit", "words",
		"unproposed",
	}, *const some[] = {
		"signal", "killed", "limit", "met", "text", "out", "ms",
	};
	const struct ev_evidence *x;
	const cJSON *v;
	cJSON *ev;
	size_t i;

	if (last == NULL) {
		json_set_take(o, "evidence", cJSON_CreateNull());
		return;
	}
	x = &last->evidence;
	ev = cJSON_CreateObject();
	for (i = 0; i < MEM_COUNT(always); i++) {
		v = json_get(last->line, always[i]);
		json_set_take(ev, always[i], v == NULL ? cJSON_CreateNull() :
		    cJSON_Duplicate(v, 1));
	}
	JSON_COPY(ev, last->line, some);
	json_set_take(ev, "status", cJSON_CreateString(x->status));
	json_set_take(ev, "passed", !ev_is(x->status, "done") ?
	    cJSON_CreateNull() : cJSON_CreateBool(ev_int(x->exit, -1) == 0 &&
	    x->killed == NULL));
	json_set_take(o, "evidence", ev);
}

/* What it said with a part of the changes. */
static void
proposal_proofs(cJSON *o, const struct fold *f)
{
	static const char *const some[] = { "which", "status", "reason",
		"files", "words", "text" };
	cJSON *list = cJSON_AddArrayToObject(o, "proofs"), *one;
	size_t i;

	for (i = 0; f != NULL && i < FOLD_PROOFS; i++) {
		const struct fold_proof *p = &f->proofs[i];

		if (p->status == NULL)
			continue;
		one = cJSON_CreateObject();
		JSON_COPY(one, p->line->line, some);
		cJSON_AddItemToArray(list, one);
	}
}

/* ---- the file ---- */

/* A rename as two files: what its reader compares is each file's content. */
static void
proposal_add_file(cJSON *list, const cJSON *f)
{
	static const char *const told[] = { "path", "path_b64", "from",
		"from_b64", "status", "before", "after", "protected", "judges",
		"weaker", "reason", "note" };
	cJSON *o = cJSON_CreateObject();

	JSON_COPY(o, f, told);
	if (json_get(f, "from") != NULL) {
		cJSON *old = cJSON_CreateObject();

		json_copy(old, "path", json_get(f, "from"));
		json_copy(old, "path_b64", json_get(f, "from_b64"));
		json_add_str(old, "status", "deleted");
		json_copy(old, "before", json_get(f, "before"));
		json_set_take(old, "after", cJSON_CreateNull());
		cJSON_AddItemToArray(list, old);
		json_set_take(o, "before", cJSON_CreateNull());
	}
	cJSON_AddItemToArray(list, o);
}

/* The open proposal's files, and their patch. */
static int
proposal_add_files(cJSON *o, const struct proposal_past *p, const char *dir,
    struct err *e)
{
	const char *const args[] = { "patch", dir, NULL };
	cJSON *files = cJSON_CreateArray(), *asked;
	AUTO_JSON cJSON *made = NULL;
	size_t n = 0;
	AUTO_FREE char *patch = NULL;
	const cJSON *it;

	if (p->is_open) {
		cJSON_ArrayForEach(it, json_array(p->line->line, "files"))
			proposal_add_file(files, it);
		asked = cJSON_CreateObject();
		json_copy(asked, "files", files);
		json_copy(asked, "diff", p->diff);
		made = client_ask_core(args, asked, 0, e);
		patch = json_get_bytes(made, "patch", &n);
	}
	json_set_take(o, "files", files);
	json_add_bytes(o, "patch", patch == NULL ? "" : patch, n);
	if (p->is_open && patch == NULL && !err_is_set(e))
		err_set(e, "the patch can't be made");
	return err_is_set(e) ? -1 : 0;
}

static int
proposal_add_base(cJSON *o, const char *root, struct err *e)
{
	struct err none = ERR_INIT;
	AUTO_FREE char *head = git_run_ask(root, "rev-parse", "HEAD", NULL,
	    &none);
	AUTO_FREE char *tree = tree_hash_of(root, true, e);
	AUTO_FREE char *folder = git_run_ask(root, "rev-parse",
	    "--show-prefix", NULL, &none);
	cJSON *base = cJSON_CreateObject();

	json_add_str(base, "folder", folder == NULL ? "" : folder);
	json_set_take(base, "head", head != NULL ?
	    cJSON_CreateString(head) : cJSON_CreateNull());
	json_add_str(base, "tree", tree);
	json_set_take(o, "base", base);
	return tree == NULL ? -1 : 0;
}

static void
proposal_add_head(cJSON *o, const struct event *l)
{
	cJSON *head;

	if (l == NULL) {
		json_set_take(o, "journal", cJSON_CreateNull());
		return;
	}
	head = cJSON_CreateObject();
	json_add_int(head, "seq", l->seq);
	json_copy(head, "h", json_get(l->line, "h"));
	json_set_take(o, "journal", head);
}

cJSON *
proposal_file_make(const char *dir, const char *root, const char *profile,
    struct err *e)
{
	AUTO(proposal_past_release) struct proposal_past p = { 0 };
	cJSON *o = cJSON_CreateObject();
	const char *task;

	if (dir != NULL && proposal_past_read(&p, dir, e) < 0)
		goto fail;
	task = p.fold == NULL || p.fold->task.text == NULL ? "" :
	    p.fold->task.text;
	json_add_int(o, "version", PROPOSAL_VERSION);
	json_set_take(o, "session", p.fold != NULL && p.fold->session != NULL ?
	    cJSON_CreateString(p.fold->session) : cJSON_CreateNull());
	json_add_str(o, "project", basename(root));
	json_add_strn(o, "task", task, strcspn(task, "\n"));
	json_add_str(o, "profile", profile == NULL ? "code" : profile);
	json_set_take(o, "model", p.fold != NULL && p.fold->model != NULL ?
	    cJSON_CreateString(p.fold->model) : cJSON_CreateNull());
	proposal_add_head(o, p.is_open ? p.line : NULL);
	if (proposal_add_base(o, root, e) < 0)
		goto fail;
	proposal_evidence(o, p.is_open ? p.evidence : NULL);
	/* It is in the session's folder. */
	cJSON_DeleteItemFromObjectCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(o, "evidence"), "out");
	if (proposal_add_files(o, &p, dir, e) == 0)
		return o;
fail:
	cJSON_Delete(o);
	return NULL;
}

/* ---- the session that proposed what is in a file ---- */

struct settle {
	const char	*session, *h;	/* its line of the journal */
	const cJSON	*files;		/* of the file */
	int64_t		 id;		/* of the proposal */
	int		 version;
};

static bool
settle_is_same(const cJSON *file, const struct ev_proposed_file *open)
{
	const cJSON *after = json_get(file, "after");
	const struct ev_side *side = open->after;
	AUTO_FREE char *path = json_get_bytes(file, "path", NULL);

	return path != NULL && open->path_bytes != NULL && (side == NULL ||
	    side->hash == NULL ? !cJSON_IsObject(after) :
	    json_is(after, "hash", side->hash) &&
	    json_int(after, "mode", 0) == side->mode) &&
	    strcmp(path, open->path_bytes) == 0;
}

/* Has the file all that is open, in its order? A hunk that isn't in the file is
 * never rejected: the session may have done more since, and the file may have
 * been edited. */
static bool
settle_has(const cJSON *files, const struct ev_proposal *open)
{
	const cJSON *f = files == NULL ? NULL : files->child;

	EV_EACH(open, files, it) {
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

	if (dir == NULL || access(dir, F_OK) < 0 ||
	    proposal_past_read(&p, dir, &e) < 0 || !p.is_open || (s->h != NULL &&
	    !json_is(p.line->line, "h", s->h)) || !settle_has(s->files,
	    &p.line->proposal))
		return false;
	s->id = p.fold->proposal->id;
	s->version = p.fold->proposal->version;
	return true;
}


/* Resumed, it no longer proposes what is in the files; with `choose`, that is
 * decided then. */
static void
settle_resume(const struct settle *s, const struct select *choose)
{
	char *operands[] = { (char *)(uintptr_t)s->session, NULL };
	const struct cmd_args a = { .operands = operands, .operands_len = 1 };
	const struct headless_options o = { .decide = true, .recovered = true,
		.quiet = true, .choose = choose, .proposal = s->id,
		.version = s->version };
	AUTO(headless_result_release) struct headless_result result = { 0 };
	AUTO(session_client_release) struct session_client r = { 0 };
	struct client c = { 0 };
	struct err e = ERR_INIT;

	if (session_client_find(&r, &a) != 0 ||
	    session_client_setup(&r, &a, 0) != 0)
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
	here = info.says != SESSION_APPLIES && info.state.root != NULL && settle_is_open(&s) &&
	    (rejected > 0 || (!info.alive && tree_has(info.state.root, s.files)));
	session_info_release(&info);
	if (!here)
		return;
	id = s.id;
	version = s.version;
	settle_resume(&s, NULL);
	s.h = NULL;
	if (rejected == 0 || !settle_is_open(&s))
		return;
	/* It still proposes all of it: the accepted hunks were written to
	 * another tree, and may come here later. */
	if (accepted > 0 && s.id == id && s.version == version)
		return;
	cmd_say("%s: the rest is rejected in session %s, too", name, s.session);
	choose = select_new(&none, 1, &e);
	settle_resume(&s, choose);
}

/* ---- assent show ---- */

/*
 * Prints a session's complete open proposal, as a patch or as one JSON object,
 * for decisions without the UI. Reads only the journal, which a core may be
 * writing at the same time.
 */

/* The first of these that has hunks: no other is in the proposal. */
static cJSON *
show_listed(cJSON *file)
{
	while (file != NULL && cJSON_GetArraySize(json_get(file, "hunks")) == 0)
		file = file->next;
	return file;
}

/* Each hunk's number, as for --accept, and its mark; of a file, what the proofs
 * say of its tests. */
static void
show_number(cJSON *files, const struct fold *fold)
{
	const struct fold_proposal *p = fold->proposal;
	cJSON *file = files == NULL ? NULL : show_listed(files->child);
	size_t i, k;
	int number = 0;

	for (i = 0; i < p->files_len && file != NULL; i++,
	    file = show_listed(file->next)) {
		const struct fold_file *f = &p->files[i];
		cJSON *h = cJSON_GetObjectItemCaseSensitive(file, "hunks");
		AUTO_BUF struct buf proof = BUF_INIT(0);

		(void)fold_proof_of_file(&proof, fold, f);
		if (proof.len > 0)
			json_add_str(file, "proof", buf_str(&proof));
		h = h == NULL ? NULL : h->child;
		for (k = 0; k < f->hunks_len && h != NULL; k++, h = h->next) {
			enum fold_mark mark = f->hunks[k].mark;

			const char *word = select_word(f, k);

			if (word != NULL)
				json_add_str(h, "number", word);
			else
				json_add_int(h, "number", ++number);
			if (mark != MARK_NONE)
				json_add_str(h, "mark",
				    f->hunks[k].edit != NULL ? "edited" :
				    mark == MARK_YES ? "yes" : "no");
		}
	}
}

/* Print the comments on its hunks that the model hasn't received yet. One line
 * each, also if they have several: a patch follows that can be passed to
 * decide. */
static void
show_comments(const struct fold_file *f, struct buf *out)
{
	size_t i;

	for (i = 0; i < f->hunks_len; i++)
		EV_EACH(&f->hunks[i], comments, c) {
			buf_adds(out, "# your comment on ");
			sanitize_add(out, f->path, strlen(f->path), 0);
			buf_addf(out, ", hunk %zu", i + 1);
			if (c->line > 0)
				buf_addf(out, ", line%s %d", c->end > c->line ?
				    "s" : "", c->line);
			if (c->end > c->line)
				buf_addf(out, " to %d", c->end);
			buf_adds(out, ": ");
			sanitize_add(out, c->text, strlen(c->text), 0);
			buf_addc(out, '\n');
		}
}

/* In the same way, what --accept calls a file's changes: "# run.sh: mode hunks
 * 4-6"; and of a binary file, what there is to know. */
static void
show_file(const struct fold_file *f, int *number, struct buf *out)
{
	int first = *number + 1;
	size_t i;

	buf_adds(out, "# ");
	sanitize_add(out, f->path, strlen(f->path), 0);
	buf_addc(out, ':');
	for (i = 0; i < f->hunks_len; i++) {
		const char *word = select_word(f, i);

		if (word == NULL)
			++*number;
		else
			buf_addf(out, " %s", word);
	}
	if (*number >= first)
		buf_addf(out, *number == first ? " hunk %d" : " hunks %d-%d",
		    first, *number);
	if (f->binary) {
		buf_adds(out, ", ");
		ask_whole(out, f);
	}
	buf_addc(out, '\n');
}

static void
show_patch(const struct fold_proposal *p, const struct session_client *r,
    struct buf *out)
{
	int number = 0;

	buf_addf(out, STALE_HEAD "%lld.%d" STALE_OF "%s\n", (long long)p->id,
	    p->version, r->id);
	EV_EACH(p, files, file)
		show_file(file, &number, out);
	EV_EACH(p, files, file)
		show_comments(file, out);
	EV_EACH(p, files, file)
		patch_write_file(out, file);
}

/* No rule accepts a proposal that a user has started to decide. */
static void
show_begun(cJSON *files, const struct fold_proposal *p)
{
	cJSON *file = files == NULL ? NULL : show_listed(files->child);
	cJSON *rules, *it;
	size_t i;

	for (i = 0; i < p->files_len && file != NULL; i++,
	    file = show_listed(file->next)) {
		bool begun = false;

		EV_EACH(&p->files[i], hunks, h)
			begun = begun ||
			    h->mark != MARK_NONE;
		rules = cJSON_GetObjectItemCaseSensitive(file, "rules");
		for (it = rules == NULL || !begun ? NULL : rules->child;
		    it != NULL; it = it->next) {
			cJSON *why = cJSON_CreateString("you started to review it");

			cJSON_ReplaceItemInObjectCaseSensitive(rules,
			    it->string, why);
			it = why;
		}
	}
}

/* What the model and hooks have reported, as they are shown in the diff. */
static void
show_findings(cJSON *o, const struct fold *f)
{
	cJSON *list = cJSON_CreateArray(), *it;

	EV_EACH(&f->findings, list, g) {
		it = cJSON_CreateObject();
		json_add_path(it, "path", g->path);
		json_add_int(it, "line", g->line);
		json_add_str(it, "severity", g->severity);
		json_add_str(it, "message", g->message);
		json_add_str(it, "by", g->by);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "findings", list);
}

/* Copy the members of the last proposal's line; of a closed proposal only those
 * about the staged copy. */
static void
show_members(cJSON *o, const struct proposal_past *s, bool open)
{
	static const struct {
		const char	*name;
		bool		 closed;	/* copied for a closed proposal
						   too */
		const char	*none;		/* or omitted */
	} taken[] = {
		{ "files", true, "[]" }, { "refused", true, "[]" },
		{ "ignored", true, "0" }, { "ignored_some", true, "[]" },
		{ "products", true, "[]" }, { "version", false, "null" },
		{ "final", false, "null" }, { "undo", false, NULL },
		{ "undo_left", false, NULL },
	};
	const cJSON *line = s->line == NULL ? NULL : s->line->line;
	size_t i;

	for (i = 0; i < MEM_COUNT(taken); i++) {
		const cJSON *v = taken[i].closed || open ?
		    json_get(line, taken[i].name) : NULL;

		json_copy(o, taken[i].name, v);
		if (v == NULL && taken[i].none != NULL)
			json_set_take(o, taken[i].name,
			    json_parse(taken[i].none,
			    strlen(taken[i].none), JSON_NUL_REFUSE, NULL));
	}
}

/* What was applied and is still there, with the lines that it has now. */
static void
show_changes(cJSON *o, const struct fold *f)
{
	cJSON *list = cJSON_AddArrayToObject(o, "changes"), *it, *lines, *range;
	const struct fold_change *c;
	const struct fold_change_file *file;
	const struct fold_written *now;
	struct file_range r;

	for (c = f->changes; c < f->changes + f->changes_len; c++)
		for (file = c->files; file < c->files + c->files_len; file++) {
			now = fold_change_now(f, file);
			r = (struct file_range){ 0 };
			if (now == NULL || file->renamed_later ||
			    !file_lines_next(&now->lines, c->tx, &r))
				continue;
			cJSON_AddItemToArray(list, it = cJSON_CreateObject());
			json_add_int(it, "tx", c->tx);
			json_add_path(it, "path", now->path);
			lines = cJSON_AddArrayToObject(it, "lines");
			do {
				range = cJSON_CreateObject();
				json_add_int(range, "from", r.from);
				json_add_int(range, "to", r.to);
				cJSON_AddItemToArray(lines, range);
			} while (file_lines_next(&now->lines, c->tx, &r));
		}
}

static void
show_stopped(cJSON *o, const struct half_applied *how)
{
	cJSON *s;

	if (!how->known)
		return;
	s = cJSON_CreateObject();
	json_add_int(s, "files", how->files);
	json_add_int(s, "written", how->written);
	json_add_int(s, "before", how->open);
	json_set_take(o, "stopped", s);
}

/* The plan that waits, or NULL. */
static cJSON *
show_plan_of(const struct fold *f)
{
	return f->plan.status != FOLD_PLAN_PROPOSED ? NULL : json_parse(
	    f->plan.json, strlen(f->plan.json), JSON_NUL_REPLACE, NULL);
}

/* The questions beside the work that were answered, or weren't. */
static void
show_asides(cJSON *o, const struct fold *f)
{
	cJSON *list = cJSON_AddArrayToObject(o, "asides"), *aside;

	EV_EACH(f, items, it) {
		if (it->kind != ITEM_ASIDE)
			continue;
		aside = cJSON_CreateObject();
		json_add_str(aside, "title", it->title);
		json_add_str(aside, "text", it->text);
		cJSON_AddItemToArray(list, aside);
	}
}

static void
show_json(const struct proposal_past *s, const struct session_client *r,
    bool open, const struct half_applied *how)
{
	const struct fold_proposal *p = s->fold->proposal;
	const struct approve *mode = approve_find(s->fold->approve == NULL ?
	    "" : s->fold->approve);
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *files, *plan;
	AUTO_BUF struct buf patch = BUF_INIT(0);
	char *text;

	json_add_str(o, "session", r->id);
	json_add_str(o, "root", r->first->session_start.root);
	json_add_bool(o, "alive", session_is_alive(r->id));
	show_stopped(o, how);
	json_add_str(o, "approve", s->fold->approve);
	json_set_take(o, "rule", mode != NULL && mode->rule != NULL ?
	    cJSON_CreateString(mode->rule) : cJSON_CreateNull());
	/* Of an old session: NULL. */
	json_set_take(o, "grants", s->fold->grants == NULL ?
	    cJSON_CreateArray() : cJSON_CreateStringArray(
	    (const char *const *)s->fold->grants, (int)s->fold->grants_len));
	if (!open) {
		json_set_take(o, "proposal", cJSON_CreateNull());
		json_set_take(o, "ref", cJSON_CreateNull());
	} else {
		text = xasprintf("%lld.%d", (long long)p->id, p->version);
		json_add_int(o, "proposal", p->id);
		json_add_str(o, "ref", text);
		free(text);
		show_patch(p, r, &patch);
	}
	if ((plan = show_plan_of(s->fold)) != NULL) {
		json_add_int(plan, "version", s->fold->plan.version -
		    s->fold->plan.before);
		json_set_take(o, "plan", plan);
	}
	show_members(o, s, open);
	files = cJSON_GetObjectItemCaseSensitive(o, "files");
	if (open) {
		show_number(files, s->fold);
		show_begun(files, p);
	}
	json_add_bytes(o, "patch", buf_str(&patch), patch.len);
	show_findings(o, s->fold);
	show_changes(o, s->fold);
	show_asides(o, s->fold);
	proposal_evidence(o, s->evidence);
	proposal_proofs(o, s->fold);
	print_object(o);
}

static void
show_text(const struct proposal_past *s, const struct session_client *r)
{
	const struct fold_proposal *p = s->fold->proposal;
	AUTO_BUF struct buf patch = BUF_INIT(0), b = BUF_INIT(0);
	size_t i;

	show_patch(p, r, &patch);
	print_diff(stdout, patch.p, patch.len);
	EV_EACH(p, files, file)
		ask_notes(stderr, s->fold, file, true);
	for (i = 0; i < FOLD_PROOFS; i++) {
		buf_clear(&b);
		(void)fold_proof_words(&b, s->fold, (enum fold_proof_which)i);
		if (b.len > 0)
			print_words(stderr, "proof: %s", buf_str(&b));
	}
	buf_clear(&b);
	(void)select_left_open(p, &b);
	if (b.len > 0)
		print_text(stderr, "", "", b.p);
	print_findings(stderr, s->fold);
	EV_EACH(s->fold, grants, it)
		print_words(stderr, "auto-approval: %s", *it);
	EV_EACH(p, refused, it)
		print_words(stderr, "can't be proposed: %s: %s",
		    it->path, it->why);
}

/* The plan that waits; false: there is none. */
static bool
show_plan(const struct fold *f, const char *id, FILE *to)
{
	AUTO_JSON cJSON *plan = show_plan_of(f);
	AUTO_FREE char *text = NULL;
	size_t n;

	if (plan == NULL)
		return false;
	text = plan_markdown_shown(plan, &n);
	if (to == stdout)
		(void)pager_begin();
	print_foreign(to, text, n);
	EV_EACH(&f->plan, notes, x)
		print_words(to, "your note on %s: %s", x->at, x->text);
	pager_end();
	cmd_say("plan v%d of session %s needs your approval: assent decide %s --plan "
	    "approve, reject, or FILE (this, as you edited it)",
	    f->plan.version - f->plan.before, id, id);
	return true;
}

/* What waits without a proposal. */
static void
show_other(const struct fold *f, const char *id)
{
	AUTO_BUF struct buf b = BUF_INIT(0), used = BUF_INIT(0),
	    step = BUF_INIT(0);

	if (show_plan(f, id, stdout))
		return;
	if (f->pause != NULL) {
		fold_pause_words(f, &b, &used, &step);
		cmd_say("session %s: %s; so far %s: assent decide %s --limit "
		    "more, wrap or end", id, buf_str(&b), buf_str(&used), id);
	} else
		cmd_say("session %s has no open proposal; assent log %s "
		    "prints what was applied", id, id);
}

int
cmd_show(const struct cmd_args *a)
{
	AUTO(proposal_past_release) struct proposal_past s = { 0 };
	struct half_applied how = { 0 };
	AUTO(session_client_release) struct session_client r = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = NULL;
	bool open;
	int code;

	if ((code = session_client_find(&r, a)) != 0)
		return code;
	if ((dir = session_dir(r.id, &e)) == NULL ||
	    proposal_past_read(&s, dir, &e) < 0 || half_applied_look(r.id, &how, &e) < 0)
		return cmd_fail_err(&e);
	/* A decided proposal that is only partly written isn't open. */
	open = !how.known && s.is_open;
	if (a->json)
		show_json(&s, &r, open, &how);
	else if (open) {
		(void)pager_begin();
		show_text(&s, &r);
		pager_end();
		/* The patch stays one. */
		(void)show_plan(s.fold, r.id, stderr);
	}
	if (how.known)
		code = cmd_fail(EXIT_WAITS,
		    "session %s %s; continue with assent "
		    "resume %s",
		    r.id, how.words, r.id);
	else if (!open && !a->json)
		show_other(s.fold, r.id);
	return code;
}
