/*
 * cmd-apply: reviews a patch, or a proposal that another machine wrote.  In the
 * sandbox, git applies it to the staged copy; the result is reviewed, or decided
 * by --accept.  This file reads only the patch's headers, to find out whether
 * names have a prefix.
 */

#include "config.h"

#include "cmd/cmd-apply.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "client/client.h"
#include "cmd/exec.h"
#include "cmd/proposal-file.h"
#include "cmd/select.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"
#include "gate/patch.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/session.h"
#include "policy/approve.h"

#define CLEAN_SESSION_WAITS	30

static cJSON *
clean_session_living(const struct session_client *r, struct err *e)
{
	struct client c = { 0 };
	struct event *got = NULL;
	cJSON *o;

	if (client_attach(&c, r->id, setup_hello(&r->setup), e) < 0)
		return NULL;
	c.waits = CLEAN_SESSION_WAITS;
	if (client_request(&c, NULL, command_of("clean"), EVENT_CLEANED, &got,
	    e) == 0)
		err_set(e, "the session has just ended; try again");
	client_release(&c);
	o = got == NULL ? NULL : cJSON_Duplicate(got->line, 1);
	event_drop(&got);
	return o;
}

/* It needs only the settings that tell build products apart. */
static cJSON *
clean_session_dead(const struct session_client *r, struct err *e)
{
	AUTO_JSON cJSON *start =
	    setup_start(&r->setup, "try", NULL);
	AUTO_JSON cJSON *some = cJSON_CreateObject();
	cJSON *o = NULL;
	AUTO_FREE char *dir = session_dir(r->id, e), *text = NULL;

	json_copy(some, "products", json_array(start, "products"));
	text = json_print(some);
	if (dir != NULL) {
		const char *args[] = { "clean", dir, text, NULL };

		o = client_ask_core(args, NULL, 1 << 16, e);
	}
	return o;
}

static void
clean_session_print(const char *id, const cJSON *line)
{
	AUTO_BUF struct buf size = BUF_INIT(0);
	AUTO_EVENT struct event l = { 0 };

	event_read(&l, line);
	buf_add_size(&size, (uint64_t)l.cleaned.bytes);
	if (l.cleaned.files == 0)
		cmd_say("session %s has no build products",
		    id);
	else
		cmd_say("removed %s of build products from session %s: %s",
		    buf_str(&size), id, ev_str(l.cleaned.names, ""));
}

/* The exit code. */
static int
clean_session_session(const struct cmd_args *a)
{
	AUTO(session_client_release) struct session_client r = { 0 };
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = NULL;
	int code;

	if (a->operands_len > 1)
		return cmd_fail(EXIT_USAGE,
		    "--clean accepts one session and no "
		    "command");
	if ((code = session_client_find(&r, a)) != 0 ||
	    (code = session_client_setup(&r, a, 0)) != 0)
		return code;
	o = session_is_alive(r.id) ? clean_session_living(&r, &e) :
	    clean_session_dead(&r, &e);
	if (o != NULL)
		clean_session_print(r.id, o);
	else
		code = cmd_fail(EXIT_ERROR, "nothing removed from session "
		    "%s%s%s", r.id, err_is_set(&e) ? ": " : "", e.text);
	return code;
}

/* ---- assent try ---- */

/*
 * Runs a command in the sandbox on a staged copy of the project, without a
 * model. Its changes are reviewed as usual.
 */

#define TRY_NAMED 3	/* files */

/* The mode, only from the flag: the setting is for exec, not for a command
 * typed here. NULL with *e. */
static const char *
try_approve(const struct cmd_args *a, const char *command, struct err *e)
{
	const char *flag = cmd_flag(a, "approve");
	const struct approve *mode = approve_find(flag);
	AUTO_BUF struct buf names = BUF_INIT(0);

	if (flag == NULL)
		return "ask";
	if (mode != NULL && (mode->where & APPROVE_TRY) != 0)
		return flag;
	approve_names(&names, APPROVE_TRY, " or ");
	err_set(e, "--approve must be %s for %s, not \"%.40s\"",
	    buf_str(&names), command, flag);
	return NULL;
}

int
try_check(const struct cmd_args *a, const char *name, struct select **choose,
    struct err *e)
{
	if (try_approve(a, name, e) == NULL)
		return -1;
	if (a->choices_len > 0 && cmd_flag(a, "approve") != NULL)
		return err_set(e, "--approve can't be combined with --accept");
	*choose = NULL;
	if (a->choices_len > 0)
		*choose = select_new(a->choices, a->choices_len, e);
	return a->choices_len > 0 && *choose == NULL ? -1 : 0;
}

/* Its start object, without the command. Sets in the options who answers; their
 * `choose` must be set. */
static cJSON *
try_start(const struct setup *s, const struct cmd_args *a,
    struct headless_options *o)
{
	const char *approve = try_approve(a, "try", NULL);
	cJSON *start;

	o->person = headless_person() && strcmp(approve, "ask") == 0 &&
	    o->choose == NULL;
	o->screen = o->person && cmd_has_screen(a);
	start = setup_start(s, "try", &(struct setup_task){
	    .person = o->person, .keep_alive = o->screen });
	/* The options answer for the user; the limits stay those of an
	 * unattended run. */
	if (o->choose != NULL)
		json_add_bool(start, "person", true);
	json_set_take(start, "approve", cJSON_CreateString(approve));
	json_set_take(start, "plan", cJSON_CreateString("skip"));
	o->require_proof = a->require_proof;
	if (a->require_proof)
		json_add_bool(start, "require_proof", true);
	return start;
}

/* What waits, since the other files may be written. */
static void
try_say_open(const struct headless_result *r)
{
	const struct ev_agent_end *end = headless_end_of(r);
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = end->proposed_len;

	EV_EACH(end, proposed, path)
		if (path < end->proposed + TRY_NAMED)
			buf_addf(&b, "%s%s", b.len > 0 ? ", " : "", *path);
	if (n > TRY_NAMED)
		buf_addf(&b, " and %zu more", n - TRY_NAMED);
	if (n > 0)
		cmd_say("not applied: changes to %s; review later: assent "
		    "resume %s", buf_str(&b), r->session);
}

/* Run it; the exit code. */
static int
try_run(const struct headless_options *o, cJSON *start,
    struct headless_result *r)
{
	struct client c = { 0 };
	struct err e = ERR_INIT;
	int code;

	if (client_start(&c, start, NULL, &e) < 0)
		return cmd_fail_err(&e);
	code = headless_run(&c, o, r);
	if (r->screen)
		return cmd_review(&c, r);
	try_say_open(r);
	return code;
}

int
cmd_try(const struct cmd_args *a)
{
	struct headless_options o = { .command = true };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO(select_free_at) struct select *choose = NULL;
	cJSON *start;
	size_t i;
	int code;

	if (a->clean)
		return clean_session_session(a);
	if (a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "no command given; use assent "
		    "try -- make check");
	for (i = 0; i < a->operands_len; i++)
		if (!utf8_is_valid(a->operands[i], strlen(a->operands[i])))
			return cmd_fail(EXIT_USAGE, "the command isn't UTF-8 "
			    "text; put it into a script");
	if (try_check(a, "try", &choose, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "try")) != 0)
		return code;
	o.choose = choose;
	start = try_start(&s, a, &o);
	json_set_take(start, "command", cJSON_CreateStringArray(
	    (const char *const *)a->operands, (int)a->operands_len));
	if (a->include.len > 0)
		json_set_take(start, "include", cJSON_CreateStringArray(
		    a->include.v, (int)a->include.len));
	return try_run(&o, start, &r);
}

/*
 * The file of a proposal, as another machine wrote it: data from elsewhere,
 * which decides nothing. Its patch is reviewed as any other; what it says about
 * itself is printed as that.
 */

#define PROPOSAL_HASH	64

/* In a project, and not of git's own. */
static bool
proposal_path_fits(const char *p)
{
	size_t n;

	if (*p == '\0')
		return false;
	for (; *p != '\0'; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && strncmp(p, "..", 2) == 0) ||
		    (n == 4 && strncasecmp(p, ".git", 4) == 0))
			return false;
		if (p[n] == '/' && p[n + 1] == '\0')
			return false;
	}
	return true;
}

static bool
proposal_side_fits(const cJSON *o, const char *key)
{
	const cJSON *side = json_get(o, key);
	const char *hash = json_str_or(side, "hash", "");
	int64_t mode = json_int(side, "mode", 0);

	return cJSON_IsNull(side) || (cJSON_IsObject(side) &&
	    strlen(hash) == PROPOSAL_HASH &&
	    strspn(hash, "0123456789abcdef") == PROPOSAL_HASH &&
	    (mode == 0100644 || mode == 0100755 || mode == 0120000));
}

/* Each of its files once. */
static int
proposal_check_files(const cJSON *o, struct err *e)
{
	AUTO(pathmap_release) struct pathmap seen = { 0 };
	const cJSON *it;
	size_t n;

	if (json_array(o, "files") == NULL)
		return err_set(e, "it has no list of files");
	cJSON_ArrayForEach(it, json_array(o, "files")) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);

		if (path == NULL || strlen(path) != n ||
		    !proposal_path_fits(path))
			return err_set(e, "it names a file outside a project: "
			    "%.200s", path == NULL ? "?" : path);
		if (pathmap_find(&seen, path) != NULL)
			return err_set(e, "it names %.200s twice", path);
		(void)pathmap_add(&seen, path, sizeof(char *));
		if (!proposal_side_fits(it, "before") ||
		    !proposal_side_fits(it, "after"))
			return err_set(e, "%.200s has no hashes there", path);
	}
	return 0;
}

cJSON *
proposal_parse(const struct buf *b, struct err *e)
{
	cJSON *o = json_parse(buf_str(b), b->len, JSON_NUL_REFUSE, e);
	AUTO_FREE char *patch = json_get_bytes(o, "patch", NULL);
	int64_t version = json_int(o, "version", 0);
	int rc = o == NULL ? -1 : 0;

	if (rc == 0 && !cJSON_IsObject(json_get(o, "base")))
		rc = err_set(e, "it isn't a proposal of assent exec "
		    "--proposal-out");
	else if (rc == 0 && version != PROPOSAL_VERSION)
		rc = err_set(e, "its version is %lld, and this assent reads %d",
		    (long long)version, PROPOSAL_VERSION);
	else if (rc == 0 && patch == NULL)
		rc = err_set(e, "it has no patch");
	if (rc == 0)
		rc = proposal_check_files(o, e);
	if (rc < 0)
		json_drop(&o);
	return o;
}

#define APPLY_PATCH_MAX ((size_t)24 << 20)

/* Is it meant to be such a file, and not a patch? */
static bool
apply_is_proposal(const struct buf *b)
{
	size_t i = strspn(buf_str(b), " \t\r\n");

	return i < b->len && b->p[i] == '{';
}

static int
apply_read(const char *file, struct buf *b, struct err *e)
{
	AUTO_CLOSE int fd = strcmp(file, "-") == 0 ? dup(STDIN_FILENO) :
	    open(file, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		rc = err_sys(e, "can't open %s", file);
	else if (fs_read_all(fd, b) < 0)
		rc = err_sys(e, "can't read %s (a patch may have up to %zu MB)",
		    file, APPLY_PATCH_MAX >> 20);
	else if (!apply_is_proposal(b) && b->len > APPLY_PATCH_MAX)
		rc = err_set(e, "can't read %s: File too large (a patch may have "
		    "up to %zu MB)", file, APPLY_PATCH_MAX >> 20);
	e->misuse = rc < 0;
	return rc;
}

/* The name after "--- " or "+++ ", without a date; malloc'ed. */
static char *
apply_name(const char *p, const char *end)
{
	const char *tab;

	p += 4;
	tab = memchr(p, '\t', (size_t)(end - p));
	if (tab != NULL)
		end = tab;
	while (end > p && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	return xmemdup(p, (size_t)(end - p));
}

struct apply_read_patch {
	const char	*root;
	bool		 any;		/* it contains a diff */
	bool		 head;		/* in the header of a file */
	char		*file;		/* that file; as git names both sides */
	char		*submodule;	/* the first submodule, or NULL */
	bool		 git;		/* made by git, with prefixes */
	bool		 sha256;	/* with such names */
	int		 cut, uncut;	/* files found stripped, and not */
	int		 prefixed;	/* names with a/ or b/ */
	int		 named;
};

static void
apply_look_release(struct apply_read_patch *l)
{
	FREE_ALL(l->file, l->submodule);
}

static void
apply_look_name(struct apply_read_patch *l, const char *p, const char *end,
    char prefix)
{
	AUTO_FREE char *name = apply_name(p, end), *path = NULL, *rest = NULL;
	const char *slash = strchr(name, '/');

	if (strcmp(name, "/dev/null") == 0)
		return;
	l->named++;
	l->prefixed += name[0] == prefix && name[1] == '/';
	path = fs_join(l->root, name);
	l->uncut += access(path, F_OK) == 0;
	rest = fs_join(l->root, slash == NULL ? "" : slash + 1);
	l->cut += slash != NULL && slash[1] != '\0' && access(rest, F_OK) == 0;
}

/* "HEX..HEX" of 64 digits each; git abbreviates shorter ones only. */
static bool
apply_is_sha256(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && isxdigit((unsigned char)p[n]))
		n++;
	return n == 64;
}

/* A header line that makes the file a submodule: git would create an empty
 * directory and silently drop the commit. */
static bool
apply_is_submodule(const char *p, const char *end)
{
	static const char *const heads[] = {
		"new file mode ", "deleted file mode ", "old mode ",
		"new mode ", "index ",
	};
	size_t i;

	if (end > p && end[-1] == '\r')
		end--;
	if (end - p < 7 || memcmp(end - 7, " 160000", 7) != 0)
		return false;
	for (i = 0; i < MEM_COUNT(heads); i++)
		if (mem_starts(p, end, heads[i]))
			return true;
	return false;
}

static void
apply_read_patch(struct apply_read_patch *l, const struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len, *nl, *next, *after;
	struct patch_hunk hunk;

	for (; p < end; p = next) {
		nl = mem_line_end(p, end);
		next = mem_line_after(p, end);
		if (mem_starts(p, nl, "index "))
			l->sha256 = l->sha256 || apply_is_sha256(p + 6, nl);
		if ((after = patch_hunk_read(&hunk, p, end)) != NULL) {
			l->head = false;
			next = after;
			continue;
		}
		if (l->head && l->submodule == NULL &&
		    apply_is_submodule(p, nl))
			l->submodule = xstrdup(l->file);
		if (mem_starts(p, nl, "diff --git ")) {
			l->any = l->head = true;
			FREE_SET(l->file, xmemdup(p + strlen("diff --git "),
			    (size_t)(nl - p) - strlen("diff --git ")));
			l->git = l->git ||
			    mem_starts(p, nl, "diff --git a/") ||
			    mem_starts(p, nl, "diff --git \"a/");
		} else if (mem_starts(p, nl, "--- ") &&
		    mem_starts(next, end, "+++ ")) {
			l->any = true;
			apply_look_name(l, p, nl, 'a');
			apply_look_name(l, next, mem_line_end(next, end), 'b');
		}
	}
}

/* Path components to strip: 1 or 0. */
static int
apply_strip(const struct apply_read_patch *l)
{
	if (l->git || (l->named > 0 && l->prefixed == l->named))
		return 1;
	return l->cut > l->uncut;
}

/* "make check passed", by the file. */
static void
apply_say_evidence(const cJSON *ev)
{
	const cJSON *passed = json_get(ev, "passed");

	if (!cJSON_IsObject(ev))
		print_words(stderr, "  no success check");
	else
		print_words(stderr, "  check: %s %s", json_str_or(ev, "command",
		    "?"), cJSON_IsTrue(passed) ? "passed" :
		    cJSON_IsFalse(passed) ? "failed" :
		    "not run on these changes");
}

/* Print what the file says about itself, and how that fits to this project. */
static void
apply_print(const cJSON *proposal, const char *name, const char *root,
    const struct buf *changed)
{
	struct err e = ERR_INIT;
	const cJSON *base = json_get(proposal, "base");
	AUTO_FREE char *tree = tree_hash_of(root, true, &e);
	const char *session = json_str_or(proposal, "session", "?");

	print_words(stderr, "said by %s (nothing of it is checked here):", name);
	print_words(stderr, "  task: %s", json_str_or(proposal, "task", "?"));
	print_words(stderr, "  by %s, in session %s of %s",
	    json_str_or(proposal, "model", "no model"), session,
	    json_str_or(proposal, "project", "?"));
	apply_say_evidence(json_get(proposal, "evidence"));
	if (changed->len > 0)
		print_words(stderr, "changed since it was proposed: %s",
		    buf_str(changed));
	else if (tree == NULL || !json_is(base, "tree", tree))
		print_words(stderr, "other files here aren't those it was "
		    "checked with");
}

/* Replaces the bytes of a proposal's file by its patch. */
static int
apply_proposal(struct buf *b, const char *file, const char *root, bool meant,
    struct apply_done *done, struct err *e)
{
	cJSON *o;
	AUTO_BUF struct buf changed = BUF_INIT(0);
	struct err why = ERR_INIT;
	size_t n = 0;
	AUTO_FREE char *patch = NULL;

	if (!apply_is_proposal(b))
		return 0;
	o = done->proposal = proposal_parse(b, &why);
	if (o == NULL)
		return err_misuse(e, "%s isn't used: %s", file, why.text);
	if (proposal_fits(o, root, meant, &done->expect, &changed, &why) < 0)
		return err_set(e, "%s isn't used: %s", file, why.text);
	patch = json_get_bytes(o, "patch", &n);
	if (n > APPLY_PATCH_MAX)
		return err_set(e, "the patch in %s is larger than %zu MB", file,
		    APPLY_PATCH_MAX >> 20);
	buf_clear(b);
	buf_add(b, patch, n);
	done->already = tree_has(root, json_array(o, "files"));
	if (n > 0 && !done->already)
		apply_print(o, file, root, &changed);
	return 0;
}

int
apply_file(const struct cmd_args *a, const char *file,
    struct headless_options *o, struct apply_done *done,
    struct headless_result *r)
{
	AUTO_BUF struct buf patch = BUF_INIT(JSON_MAX_BYTES);
	AUTO(apply_look_release) struct apply_read_patch look = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	cJSON *start;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "try")) != 0)
		return code;
	if (apply_read(file, &patch, &e) < 0 || apply_proposal(&patch, file,
	    s.root, a->root != NULL, done, &e) < 0)
		return cmd_fail_err(&e);
	if (done->already || (done->proposal != NULL && patch.len == 0)) {
		cmd_say("%s: %s", file, done->already ? "applied already" :
		    "nothing is proposed");
		return EXIT_DONE;
	}
	look.root = s.root;
	apply_read_patch(&look, &patch);
	if (!look.any)
		return cmd_fail(EXIT_USAGE, "%s doesn't contain a unified diff "
		    "(as from diff -u or git diff)", file);
	if (look.submodule != NULL)
		return cmd_fail(EXIT_ERROR, "nothing was changed: the patch "
		    "changes a submodule (%.200s); remove that part from "
		    "the patch",
		    look.submodule);
	o->patch = &patch;
	start = try_start(&s, a, o);
	/* Names in a patch are relative to the project. */
	json_set_take(start, "cwd", cJSON_CreateString(s.root));
	json_add_bytes(start, "patch", buf_str(&patch), patch.len);
	if (strcmp(file, "-") != 0)
		json_add_path(start, "patch_name", file);
	json_add_int(start, "strip", apply_strip(&look));
	if (look.sha256)
		json_add_str(start, "object_format", "sha256");
	json_copy(start, "patch_files", done->expect);
	code = try_run(o, start, r);
	o->patch = NULL;
	return code;
}

void
apply_done_release(struct apply_done *d)
{
	cJSON_Delete(d->proposal);
	cJSON_Delete(d->expect);
}

/* The session of the file waits no longer for what was decided here. */
static void
apply_settle(const struct apply_done *d, const char *file,
    const struct headless_result *r)
{
	const struct ev_agent_end *end = headless_end_of(r);

	if (d->proposal != NULL && (d->already || (end->decided.n > 0 &&
	    end->proposed_len == 0)))
		proposal_settle(d->proposal, file, (int)(end->decided.n -
		    end->rejected.n), (int)end->rejected.n);
}

int
cmd_apply(const struct cmd_args *a)
{
	struct headless_options o = { .command = true };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO(select_free_at) struct select *choose = NULL;
	AUTO(apply_done_release) struct apply_done done = { false };
	struct err e = ERR_INIT;
	int code;

	if (a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "no patch given; use assent apply "
		    "FILE, or - for standard input");
	if (try_check(a, "apply", &choose, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	o.choose = choose;
	o.check = cmd_flag(a, "test") != NULL;
	if (o.check && choose == NULL)
		return cmd_fail(EXIT_USAGE, "--test needs --accept or the like: "
		    "it runs on what they choose");
	code = apply_file(a, a->operands[0], &o, &done, &r);
	apply_settle(&done, a->operands[0], &r);
	return code;
}
