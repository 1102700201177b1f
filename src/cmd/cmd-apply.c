/*
 * cmd-apply: reviews a patch, or a proposal that another machine wrote.  In the
 * sandbox, git applies it to the staged copy; the result is reviewed, or decided
 * by --accept.  This file reads only the patch's headers, to find out whether
 * names have a prefix.
 */

#include "config.h"

#include "cmd/cmd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "cmd/exec.h"
#include "cmd/proposal-file.h"
#include "cmd/select.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/bindings.h"
#include "front/client.h"
#include "front/print.h"
#include "gate/patch.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/session.h"
#include "policy/approve.h"
#include "ui/app/app.h"

struct apply_done {
	bool	 already;	/* it was applied before; then, and if nothing is
				   proposed, there is no session */
	cJSON	*proposal;	/* NULL: it is a patch */
	cJSON	*expect;	/* its files as they should become; or NULL */
};

#define CLEAN_SESSION_WAITS	30

static int
clean_session_line(void *arg, const cJSON *line, struct err *e)
{
	cJSON **o = arg;

	if (event_type(line) == EVENT_REFUSED)
		return err_set(e, "%s", json_str_or(line, "text", "refused"));
	if (event_type(line) == EVENT_CLEANED)
		*o = cJSON_Duplicate(line, 1);
	return *o != NULL;
}

static cJSON *
clean_session_living(const struct session_client *r, struct err *e)
{
	struct client c = { 0 };
	cJSON *o = NULL;

	if (client_attach(&c, r->id, setup_hello(&r->setup), e) < 0)
		return NULL;
	lineio_send_take(c.io, command_of("clean"));
	if (client_lines(&c, CLEAN_SESSION_WAITS, clean_session_line, &o,
	    e) == 0)
		err_set(e, "the session has just ended; try again");
	client_release(&c);
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
clean_session_print(const char *id, const cJSON *o)
{
	AUTO_BUF struct buf size = BUF_INIT(0);

	buf_add_size(&size, (uint64_t)json_int(o, "bytes", 0));
	if (json_int(o, "files", 0) == 0)
		cmd_say("session %s has no build products",
		    id);
	else
		cmd_say("removed %s of build products from session %s: %s",
		    buf_str(&size), id, json_str_or(o, "names", ""));
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

/*
 * cmd-try: runs a command in the sandbox on a staged copy of the project,
 * without a model.  Its changes are reviewed as usual.
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

/* Check that --approve, --accept and the like can be combined, for the command
 * `name`. *choose is what the latter select, or NULL. -1 with *e. */
static int
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
	return start;
}

/* What waits, since the other files may be written. */
static void
try_say_open(const struct headless_result *r)
{
	const cJSON *path, *proposed = json_array(r->end, "proposed");
	int n = cJSON_GetArraySize(proposed), i = 0;
	AUTO_BUF struct buf b = BUF_INIT(0);

	cJSON_ArrayForEach(path, proposed) {
		if (i++ == TRY_NAMED)
			break;
		buf_addf(&b, "%s%s", b.len > 0 ? ", " : "",
		    cJSON_IsString(path) ? path->valuestring : "?");
	}
	if (n > TRY_NAMED)
		buf_addf(&b, " and %d more", n - TRY_NAMED);
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

/* NULL with *e unless it has the form that the schema says, and names no file
 * outside a project. */
static cJSON *
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

static bool
apply_begins(const char *p, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - p) >= n && memcmp(p, with, n) == 0;
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

struct apply_look {
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
apply_look_release(struct apply_look *l)
{
	free(l->file);
	free(l->submodule);
}

static void
apply_look_name(struct apply_look *l, const char *p, const char *end,
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
		if (apply_begins(p, end, heads[i]))
			return true;
	return false;
}

static void
apply_look(struct apply_look *l, const struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len, *nl, *next, *after;
	struct patch_hunk hunk;

	for (; p < end; p = next) {
		nl = memchr(p, '\n', (size_t)(end - p));
		next = nl == NULL ? end : nl + 1;
		if (nl == NULL)
			nl = end;
		if (apply_begins(p, nl, "index "))
			l->sha256 = l->sha256 || apply_is_sha256(p + 6, nl);
		if ((after = patch_hunk_read(&hunk, p, end)) != NULL) {
			l->head = false;
			next = after;
			continue;
		}
		if (l->head && l->submodule == NULL &&
		    apply_is_submodule(p, nl))
			l->submodule = xstrdup(l->file);
		if (apply_begins(p, nl, "diff --git ")) {
			l->any = l->head = true;
			FREE_SET(l->file, xmemdup(p + strlen("diff --git "),
			    (size_t)(nl - p) - strlen("diff --git ")));
			l->git = l->git ||
			    apply_begins(p, nl, "diff --git a/") ||
			    apply_begins(p, nl, "diff --git \"a/");
		} else if (apply_begins(p, nl, "--- ") &&
		    apply_begins(next, end, "+++ ")) {
			const char *stop = memchr(next, '\n',
			    (size_t)(end - next));

			l->any = true;
			apply_look_name(l, p, nl, 'a');
			apply_look_name(l, next, stop == NULL ? end : stop,
			    'b');
		}
	}
}

/* Path components to strip: 1 or 0. */
static int
apply_strip(const struct apply_look *l)
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
apply_say(const cJSON *proposal, const char *name, const char *root,
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
		apply_say(o, file, root, &changed);
	return 0;
}

/* Review it, or choose as the options say; the exit code. */
static int
apply_file(const struct cmd_args *a, const char *file,
    struct headless_options *o, struct apply_done *done,
    struct headless_result *r)
{
	AUTO_BUF struct buf patch = BUF_INIT(JSON_MAX_BYTES);
	AUTO(apply_look_release) struct apply_look look = { 0 };
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
	apply_look(&look, &patch);
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
	json_add_int(start, "strip", apply_strip(&look));
	if (look.sha256)
		json_add_str(start, "object_format", "sha256");
	json_copy(start, "patch_files", done->expect);
	code = try_run(o, start, r);
	o->patch = NULL;
	return code;
}

static void
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
	int decided = (int)json_int(r->end, "decided", 0);
	int rejected = (int)json_int(r->end, "rejected", 0);

	if (d->proposal == NULL || (!d->already && (decided == 0 ||
	    cJSON_GetArraySize(json_array(r->end, "proposed")) > 0)))
		return;
	proposal_settle(d->proposal, file, decided - rejected, rejected);
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

/* ---- the proposals in a folder ---- */

#define DECIDED_DIR	"decided"
#define DECIDED_VERDICT	".verdict.json"
#define FROM_DEPTH	32
#define FROM_FOLDER	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct decide_from {
	const struct cmd_args	*a;
	const struct select	*choose;
	const char		*shown;		/* the current file, below `from` */
	const char		*name;		/* its last component */
	const cJSON		*proposal;	/* its object */
	char			*hash;		/* its content's; or NULL */
	int			 dir, decided;	/* the two folders */
	int			 left, failed;
	bool			 quit;
};

/* What was decided in a session. */
struct from_count {
	int	accepted, rejected;
	bool	open;
	bool	patch;		/* it was about one */
};

static int
from_line(void *arg, const char *line, size_t n, struct err *e)
{
	struct from_count *c = arg;
	AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, e);
	const cJSON *file, *hunk;

	if (o == NULL)
		return -1;
	if (event_type(o) == EVENT_SESSION_START)
		c->patch = json_str(json_get(o, "settings"),
		    "patch_sha256") != NULL;
	if (event_type(o) == EVENT_PROPOSAL)
		c->open = cJSON_GetArraySize(json_array(o, "files")) > 0;
	if (event_type(o) != EVENT_DECISION)
		return 0;
	cJSON_ArrayForEach(file, json_array(o, "files"))
		cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
			if (json_is(hunk, "decision", "no"))
				c->rejected++;
			else
				c->accepted++;
	return 0;
}

/* ---- the verdict ---- */

static int
from_write(struct decide_from *f, const char *session,
    const char *verdict, const struct from_count *c, struct err *e)
{
	AUTO_FREE char *name = xasprintf("%s" DECIDED_VERDICT, f->name);
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_BUF struct buf b = BUF_INIT(0);

	json_add_int(o, "version", 1);
	json_add_str(o, "sha256", f->hash);
	json_set_take(o, "verdict", verdict == NULL ? cJSON_CreateNull() :
	    cJSON_CreateString(verdict));
	json_set_take(o, "session", session == NULL ? cJSON_CreateNull() :
	    cJSON_CreateString(session));
	json_add_int(o, "accepted", c == NULL ? 0 : c->accepted);
	json_add_int(o, "rejected", c == NULL ? 0 : c->rejected);
	if (f->decided < 0) {
		if (mkdirat(f->dir, DECIDED_DIR, 0777) < 0 && errno != EEXIST)
			return err_sys(e, "can't create " DECIDED_DIR
			    " for %s", f->shown);
		f->decided = openat(f->dir, DECIDED_DIR, FROM_FOLDER);
	}
	if (f->decided < 0)
		return err_sys(e, "can't open " DECIDED_DIR " for %s",
		    f->shown);
	json_append(&b, o);
	buf_addc(&b, '\n');
	return fs_replace(f->decided, name, b.p, b.len, 0644, e);
}

/* It is over: the verdict first, then the move. */
static int
from_move(struct decide_from *f, const char *session, const char *verdict,
    const struct from_count *c)
{
	struct err e = ERR_INIT;

	if (from_write(f, session, verdict, c, &e) < 0)
		return cmd_fail_err(&e);
	if (renameat(f->dir, f->name, f->decided, f->name) < 0)
		return cmd_fail(EXIT_ERROR, "can't move %s to " DECIDED_DIR
		    ": %m", f->shown);
	cmd_say("%s: %s", f->shown, verdict);
	return 0;
}

static void
from_begun(void *arg, const char *session)
{
	struct decide_from *f = arg;
	struct err e = ERR_INIT;

	if (from_write(f, session, NULL, NULL, &e) < 0)
		cmd_say("%s", e.text);
}

/* What was decided in this session: 1 if it was, and the file has moved. */
static int
from_settle(struct decide_from *f, const char *session)
{
	struct from_count c = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = session == NULL ? NULL :
	    session_dir(session, &e);

	if (dir == NULL || access(dir, F_OK) < 0 ||
	    log_lines(dir, from_line, &c, NULL, &e) < 0 ||
	    !c.patch || c.accepted + c.rejected == 0)
		return 0;
	if (c.open)
		cmd_say("%s: the rest is open in session %s", f->shown,
		    session);
	if (from_move(f, session, c.open || (c.accepted > 0 &&
	    c.rejected > 0) ? "part" : c.accepted > 0 ? "accepted" :
	    "rejected", &c) != 0) {
		f->failed++;
		f->quit = true;
	} else if (!c.open)
		proposal_settle(f->proposal, f->shown, c.accepted,
		    c.rejected);
	return 1;
}

/* An earlier start was killed after the decision; not another proposal, which
 * has the name of one that was decided. */
static bool
from_was_decided(struct decide_from *f)
{
	AUTO_FREE char *name = xasprintf("%s" DECIDED_VERDICT, f->name);
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	AUTO_JSON cJSON *o = NULL;
	struct err e = ERR_INIT;

	if (f->decided < 0 || fs_read_file(f->decided, name, &b, &e) < 0)
		return false;
	o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, &e);
	return f->hash != NULL && json_is(o, "sha256", f->hash) &&
	    from_settle(f, json_str(o, "session")) == 1;
}

/* ---- the folder ---- */

/* SHA-256, which says in a verdict what it is about. */
static void
from_hash(struct decide_from *f)
{
	AUTO_JSON cJSON *list = cJSON_CreateArray(), *now = NULL;
	cJSON *file = cJSON_CreateObject();
	struct err e = ERR_INIT;

	json_add_bytes(file, "path", f->shown, strlen(f->shown));
	cJSON_AddItemToArray(list, file);
	now = tree_sides_of(f->a->from, list, &e);
	FREE_SET(f->hash, xstrdup_null(json_str(now == NULL ? NULL :
	    now->child, "hash")));
}

/* The object; NULL, after saying why unless it is another file of ours, if there
 * is nothing to decide. */
static cJSON *
from_read(const char *path, const char *shown)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	AUTO_JSON cJSON *any = NULL;
	struct err e = ERR_INIT, none = ERR_INIT;
	cJSON *o = NULL;

	if (fs_read_file(AT_FDCWD, path, &b, &e) == 0)
		o = proposal_parse(&b, &e);
	if (o != NULL && json_array(o, "files")->child != NULL)
		return o;
	if (o == NULL)
		any = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, &none);
	if (o == NULL && json_str(any, "outcome") == NULL)
		cmd_say("%s is left alone: %s", shown, e.text);
	json_drop(&o);
	return NULL;
}

struct from_list {
	struct from_file {
		char	*shown;		/* below the folder */
		char	*task, *words;	/* "3 files; it says: check passed" */
		char	*project;
	}	*v;
	size_t	 len;
};

static void
from_file_release(struct from_file *f)
{
	free(f->shown);
	free(f->task);
	free(f->words);
	free(f->project);
}

static void
from_list_release(struct from_list *l)
{
	while (l->len > 0)
		from_file_release(&l->v[--l->len]);
	free(l->v);
}

static int
from_compare(const void *a, const void *b)
{
	const struct from_file *x = a, *y = b;

	return strcmp(x->shown, y->shown);
}

/* What the file says of itself. */
static char *
from_words(const cJSON *o)
{
	const cJSON *passed = json_get(json_get(o, "evidence"), "passed");
	int n = cJSON_GetArraySize(json_array(o, "files"));

	return xasprintf("%d file%s; it says: %s", n, n == 1 ? "" : "s",
	    cJSON_IsTrue(passed) ? "check passed" : cJSON_IsFalse(passed) ?
	    "check failed" : "check not run");
}

static void
from_add(struct from_list *l, const char *top, const char *shown)
{
	AUTO_FREE char *path = fs_join(top, shown);
	AUTO_JSON cJSON *o = from_read(path, shown);

	if (o == NULL)
		return;
	GROW(l->v, l->len);
	l->v[l->len++] = (struct from_file){ .shown = xstrdup(shown),
		.task = xstrdup(json_str_or(o, "task", "")),
		.words = from_words(o),
		.project = xstrdup(json_str_or(o, "project", "?")) };
}

/* The proposals in `top`, and in the folders of it; the rest isn't ours. */
static int
from_find(struct from_list *l, const char *top, const char *below, int depth)
{
	static const char *const ending[] = { ".json" };
	AUTO_FREE char *folder = *below == '\0' ? xstrdup(top) :
	    fs_join(top, below);
	AUTO_DIR DIR *d = fs_opendir(folder);
	struct dirent *de;
	struct stat st;

	if (d == NULL)
		return cmd_fail(EXIT_USAGE, "--from %s: %m", folder);
	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = fs_join(folder, de->d_name);
		AUTO_FREE char *shown = *below == '\0' ?
		    xstrdup(de->d_name) : fs_join(below, de->d_name);

		if (de->d_name[0] == '.' || lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode) && fs_has_ending(de->d_name, ending, 1))
			from_add(l, top, shown);
		else if (S_ISDIR(st.st_mode) && depth < FROM_DEPTH &&
		    strcmp(de->d_name, DECIDED_DIR) != 0)
			(void)from_find(l, top, shown, depth + 1);
	}
	return 0;
}

/* Without a terminal or a choice. */
static void
from_print(struct decide_from *f)
{
	AUTO_FREE char *words = from_words(f->proposal);

	print_words(stdout, "%s: %s (%s) session %s", f->shown,
	    json_str_or(f->proposal, "task", ""), words,
	    json_str_or(f->proposal, "session", "?"));
	f->left++;
}

/* The project of its session, if that is on this machine and the proposal fits:
 * malloc'ed. Else NULL: it must fit here. */
static char *
from_root(const struct decide_from *f)
{
	const char *session = json_str(f->proposal, "session");
	struct session_info info;
	struct err e = ERR_INIT;
	char *root = NULL;

	if (f->a->root != NULL || session == NULL ||
	    !session_look(session, &info))
		return NULL;
	if (info.state.root != NULL && access(info.state.root, F_OK) == 0 &&
	    proposal_fits(f->proposal, info.state.root, false, NULL, NULL, &e) == 0)
		root = xstrdup(info.state.root);
	session_info_release(&info);
	return root;
}

static void
from_review(struct decide_from *f, const char *path)
{
	struct headless_options o = { .command = true,
		.choose = f->choose, .begun = from_begun, .begun_arg = f };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO_FREE char *root = from_root(f);
	struct cmd_args a = *f->a;
	AUTO(apply_done_release) struct apply_done done = { false };
	int code;

	/* Named by a session, not by the user. */
	if (root != NULL) {
		a.root = root;
		cmd_say("%s is for %s", f->shown, root);
	}
	code = apply_file(&a, path, &o, &done, &r);
	if (r.session == NULL && code == EXIT_DONE) {
		if (from_move(f, NULL, "accepted", NULL) != 0)
			f->failed++;
		proposal_settle(f->proposal, f->shown, 1, 0);
		return;
	}
	if (from_settle(f, r.session) == 0) {
		f->left++;
		f->failed += code == EXIT_ERROR;
	}
	/* A user who leaves hunks open at the terminal has quit: don't show the
	 * next proposal. */
	f->quit = f->quit || code == EXIT_INTERRUPTED || (f->choose == NULL &&
	    cJSON_GetArraySize(json_array(r.end, "proposed")) > 0);
}

static void
from_one(struct decide_from *f, size_t at, size_t of)
{
	AUTO_FREE char *path = fs_join(f->a->from, f->shown);
	AUTO_FREE char *folder = xmemdup(path, (size_t)(strrchr(path, '/') -
	    path));
	AUTO_JSON cJSON *proposal = from_read(path, f->shown);

	f->name = strrchr(path, '/') + 1;
	f->proposal = proposal;
	f->dir = open(*folder == '\0' ? "/" : folder, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	f->decided = f->dir < 0 ? -1 : openat(f->dir, DECIDED_DIR, FROM_FOLDER);
	from_hash(f);
	if (proposal == NULL || from_was_decided(f))
		;
	else if (f->choose == NULL && !headless_person())
		from_print(f);
	else {
		print_words(stderr, "%s: %zu of %zu", f->shown, at, of);
		from_review(f, path);
	}
	fs_close(f->dir);
	fs_close(f->decided);
}

int
decide_from(const struct cmd_args *a)
{
	struct decide_from f = { .a = a, .dir = -1, .decided = -1 };
	AUTO(select_free_at) struct select *choose = NULL;
	struct err e = ERR_INIT;
	AUTO(from_list_release) struct from_list l = { 0 };
	size_t i;
	int code;

	if (a->operands_len > 0 || a->proposal != NULL || a->feedback != NULL ||
	    a->recover != NULL || a->include.len + a->comments.len > 0)
		return cmd_fail(EXIT_USAGE, "--from takes only --root and the "
		    "options that choose hunks");
	if (try_check(a, "decide", &choose, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (choose != NULL && select_patch(choose, 0) != NULL)
		return cmd_fail(EXIT_USAGE, "--patch is for one session, not "
		    "for --from");
	f.choose = choose;
	code = from_find(&l, a->from, "", 0);
	if (code == 0 && l.len == 0)
		cmd_say("no proposals in %s", a->from);
	if (l.len > 0)
		qsort(l.v, l.len, sizeof(*l.v), from_compare);
	for (i = 0; i < l.len; i++) {
		f.shown = l.v[i].shown;
		if (!f.quit)
			from_one(&f, i + 1, l.len);
		else
			f.left++;
	}
	free(f.hash);
	if (code != 0)
		return code;
	if (f.left > 0)
		cmd_say("%d of %zu proposals are left in %s", f.left, l.len,
		    a->from);
	return f.failed > 0 ? EXIT_ERROR : f.left > 0 ? EXIT_WAITS : EXIT_DONE;
}

/* ---- the same as a list on the screen ---- */

static char *
from_about(void *arg, size_t row)
{
	const struct from_file *f = &((const struct from_list *)arg)->v[row];

	return xasprintf("%s\n%s: %s\n\n%s\n", f->shown, f->project, f->words,
	    f->task);
}

/* Let the user choose: 1, 0 if they leave, or the exit code. */
static int
from_choose(struct from_list *l, const struct setup *s,
    const struct bindings *bindings, size_t *row)
{
	struct app_choice *rows = xcalloc(l->len + 1, sizeof(*rows));
	AUTO_FREE char *what = xasprintf("proposals to decide: %zu", l->len);
	struct app_choices c = { .what = what, .none = "all are decided",
		.rows = rows, .len = l->len, .about = from_about, .arg = l,
		.bindings = bindings, .at = *row };
	struct ui_likes likes;
	struct err e = ERR_INIT;
	size_t i;
	int chosen;

	for (i = 0; i < l->len; i++)
		rows[i] = (struct app_choice){ .key = l->v[i].project,
			.text = l->v[i].words, .note = l->v[i].task,
			.more = l->v[i].shown };
	setup_likes(s, &likes);
	c.colour = likes.colour;
	chosen = app_pick(&c, row, &e);
	free(rows);
	return chosen < 0 ? cmd_fail(EXIT_USAGE, "%s", e.text) : chosen;
}

int
inbox_from(const struct cmd_args *a)
{
	struct decide_from f = { .a = a, .dir = -1, .decided = -1 };
	AUTO(from_list_release) struct from_list l = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(bindings_free_at) struct bindings *bindings = NULL;
	size_t row = 0;
	int code;

	if (!cmd_has_screen(a))
		return decide_from(a);
	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	if ((bindings = setup_bindings(&s)) == NULL)
		return EXIT_USAGE;
	if ((code = from_find(&l, a->from, "", 0)) != 0)
		return code;
	if (l.len > 0)
		qsort(l.v, l.len, sizeof(*l.v), from_compare);
	while ((code = from_choose(&l, &s, bindings, &row)) == 1) {
		AUTO_FREE char *path = fs_join(a->from, l.v[row].shown);

		f.shown = l.v[row].shown;
		f.quit = false;
		from_one(&f, row + 1, l.len);
		/* What was decided has moved. */
		if (access(path, F_OK) < 0) {
			from_file_release(&l.v[row]);
			l.len--;
			memmove(&l.v[row], &l.v[row + 1], (l.len - row) *
			    sizeof(*l.v));
		}
		row = row < l.len ? row : 0;
	}
	free(f.hash);
	return code != 0 ? code : f.failed > 0 ? EXIT_ERROR :
	    l.len > 0 ? EXIT_WAITS : EXIT_DONE;
}
