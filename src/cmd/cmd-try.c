/*
 * cmd-try: runs a command in the sandbox on a copy of the project, without
 * a model, and reviews its changes. `assent review FILE` does the same with git,
 * which applies the patches there. This file reads only their headers: what they
 * are made on, and whether names have a prefix.
 */

#include "config.h"

#include "cmd/cmd.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "client/client.h"
#include "cmd/agent.h"
#include "cmd/exec.h"
#include "cmd/select.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "cmd/stale.h"
#include "front/message.h"
#include "front/print.h"
#include "gate/patch.h"
#include "git/git-run.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/session.h"
#include "policy/approve.h"
#include "ui/app/app.h"
#include "ui/app/guest.h"

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

static cJSON *
clean_session_dead(const char *id, struct err *e)
{
	AUTO_FREE char *dir = session_dir(id, e);
	const char *args[] = { "clean", dir, NULL };

	return dir == NULL ? NULL : client_ask_core(args, NULL, 1 << 16, e);
}

static void
clean_session_print(const char *id, const cJSON *line)
{
	AUTO_BUF struct buf size = BUF_INIT(0);
	AUTO_EVENT struct event l = { 0 };

	event_read(&l, line);
	buf_add_size(&size, (uint64_t)l.cleaned.bytes);
	if (l.cleaned.files == 0)
		cmd_say("session %s has no ignored files",
		    id);
	else
		cmd_say("removed %s from the copy of session %s: %s",
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
	    clean_session_dead(r.id, &e);
	if (o != NULL)
		clean_session_print(r.id, o);
	else
		code = cmd_fail(EXIT_ERROR, "nothing removed from session "
		    "%s%s%s", r.id, err_is_set(&e) ? ": " : "", e.text);
	return code;
}

/* ---- assent try ---- */

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
		return mode->name;
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

/* The start object of a try, without the command. Sets in the options who
 * answers; their `choose` must be set. */
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

	MEM_EACH(end, proposed, path)
		if (path < end->proposed + TRY_NAMED)
			buf_addf(&b, "%s%s", b.len > 0 ? ", " : "", *path);
	if (n > TRY_NAMED)
		buf_addf(&b, " and %zu more", n - TRY_NAMED);
	if (n > 0)
		cmd_say("not applied: changes to %s; review later: assent "
		    "resume %s", buf_str(&b), r->session);
}

/* Where there is a screen, the command has a terminal: its size is in the start
 * object. `c` gets the core that has the channel's other end. */
static struct guest *
try_guest(struct client *c, const struct setup *s, cJSON *start)
{
	AUTO_FREE char *program = self_find(SELF_PROGRAM, "assent-term", NULL);
	AUTO_CLOSE int theirs = -1;
	const uint32_t confined = SECCOMP_RET_KILL_PROCESS;
	struct guest *g = NULL;
	struct ui_likes likes;
	int sv[2];

	if (program == NULL || syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
	    &confined) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC,
	    0, sv) < 0)
		return NULL;
	theirs = sv[1];
	if (client_spawn_with(c, theirs, NULL) < 0) {
		close(sv[0]);
		return NULL;
	}
	setup_likes(s, &likes);
	g = guest_new(sv[0], likes.colour != DRAW_COLOUR_NEVER);
	json_set_take(start, "terminal", guest_size());
	return g;
}

/* Does its command run on, after a look at what it has changed so far? */
static bool
try_goes_on(const struct headless_options *o, const char *session)
{
	struct fold *f = fold_new();
	const struct fold_item *it = guest_is_open(o->guest) &&
	    session_is_alive(session) && session_fold(session, f, NULL) == 0 ?
	    fold_tried(f) : NULL;
	bool runs = it != NULL && it->running;

	fold_free(f);
	return runs;
}

/* Run it; the exit code. */
static int
try_run(const struct setup *s, struct headless_options *o, cJSON *start,
    struct headless_result *r)
{
	AUTO(guest_free_at) struct guest *guest = NULL;
	struct client c = { 0 };
	struct err e = ERR_INIT;
	int code;

	if (o->screen && !o->patch)
		o->guest = guest = try_guest(&c, s, start);
	if (client_start(&c, start, setup_hello(s), &e) < 0)
		return cmd_fail_err(&e);
	code = headless_run(&c, o, r);
	while (r->screen) {
		AUTO_FREE char *id = xstrdup(r->session);

		code = cmd_review(&c, r);
		if (!try_goes_on(o, id))
			return code;
		o->told = r->seq;
		headless_result_release(r);
		if (client_attach(&c, id, NULL, &e) < 0)
			return cmd_fail_err(&e);
		code = headless_run(&c, o, r);
	}
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
	AUTO_FREE char *agent = NULL;
	AUTO_JSON cJSON *start = NULL;
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
	    (code = setup_config(&s, a, "try")) != 0 ||
	    (code = setup_processes(&s)) != 0)
		return code;
	o.choose = choose;
	start = try_start(&s, a, &o);
	agent = agent_of_command(&s, a->operands[0], &e);
	if (err_is_set(&e))
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (agent != NULL && (code = agent_start(&s, agent,
	    (const char *const *)a->operands + 1, start)) != 0)
		return code;
	json_set_take(start, "command", cJSON_CreateStringArray(
	    (const char *const *)a->operands, (int)a->operands_len));
	if (a->include.len > 0)
		json_set_take(start, "include", cJSON_CreateStringArray(
		    a->include.v, (int)a->include.len));
	return try_run(&s, &o, cJSON_Duplicate(start, 1), &r);
}

/* ---- assent review FILE ---- */

#define PATCH_MAX	((size_t)24 << 20)
#define PATCH_NAMES	5	/* files in one message */
#define PATCH_OID	40	/* hex digits of git's name of a content */
#define PATCH_NONE	"0000000000000000000000000000000000000000"
#define PATCH_OIDS	"index %40[0-9a-f]..%40[0-9a-f] %o"

/* A file of a patch: the contents before and after as git names them, zeros for
 * no file. */
struct patch_side {
	char		*path;		/* the key; must stay first */
	char		 old[PATCH_OID + 1], new[PATCH_OID + 1];
	unsigned	 mode;		/* afterwards; 0: not said */
	char		 now[PATCH_OID + 1];	/* ""; not known */
	unsigned	 mode_now;
	bool		 asked;		/* git is, for its content */
};

struct patch_look {
	const char	*root;
	bool		 any;		/* it contains a diff */
	bool		 head;		/* in the header of a file */
	char		*file;		/* that file; as git names both sides */
	char		*path;		/* the same, if both sides have one name;
					   or NULL */
	unsigned	 mode;		/* of it afterwards; 0: not said */
	char		*base;		/* what it is made on, or NULL */
	struct pathmap	 sides;		/* of files whose contents it names */
	int		 files, sided;	/* all files, and those */
	char		*submodule;	/* the first submodule, or NULL */
	bool		 git;		/* made by git, with prefixes */
	bool		 sha256;	/* with such names */
	int		 strip;		/* components of the names */
	int		 cut, uncut;	/* files found stripped, and not */
	int		 prefixed;	/* names with a/ or b/ */
	int		 named;
};

static int
patch_read(const char *file, struct buf *b, struct err *e)
{
	AUTO_CLOSE int fd = strcmp(file, "-") == 0 ? dup(STDIN_FILENO) :
	    open(file, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		rc = err_sys(e, "can't open %s", file);
	else if (fs_read_all(fd, b) < 0)
		rc = err_sys(e, "can't read %s (a patch may have up to %zu MB)",
		    file, PATCH_MAX >> 20);
	e->misuse = rc < 0;
	return rc;
}

/* The name after "--- " or "+++ ", without a date; malloc'ed. */
static char *
patch_look_side(const char *p, const char *end)
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

static void
patch_look_release(struct patch_look *l)
{
	FREE_ALL(l->file, l->path, l->base, l->submodule);
	pathmap_release(&l->sides);
}

static void
patch_look_name(struct patch_look *l, const char *p, const char *end,
    char prefix)
{
	AUTO_FREE char *name = patch_look_side(p, end), *path = NULL, *rest = NULL;
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
patch_is_sha256(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && isxdigit((unsigned char)p[n]))
		n++;
	return n == 64;
}

/* A header line that makes the file a submodule: git would create an empty
 * directory and silently drop the commit. */
static bool
patch_is_submodule(const char *p, const char *end)
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

/* May a patch have this path: in a project, and not a file of git's own? */
static bool
patch_path_fits(const char *p)
{
	size_t n;

	for (; *p != '\0'; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && strncmp(p, "..", 2) == 0) ||
		    (n == 4 && strncasecmp(p, ".git", 4) == 0))
			return false;
	}
	return true;
}

/* "a/NAME b/NAME", each maybe in quotes: the name; malloc'ed. NULL: of a rename,
 * or not git's. */
static char *
patch_one_name(const char *file)
{
	size_t n = strlen(file), half = n / 2;
	AUTO_FREE char *one = xmemdup(file, half);
	AUTO_FREE char *other = xmemdup(file + half + (n % 2), half);
	AUTO_FREE char *a = patch_name_read(one), *b = patch_name_read(other);
	bool same = a != NULL && b != NULL && n % 2 == 1 && file[half] ==
	    ' ' && strncmp(a, "a/", 2) == 0 && strncmp(b, "b/", 2) == 0 &&
	    strcmp(a + 2, b + 2) == 0 && patch_path_fits(a + 2);

	return same ? xstrdup(a + 2) : NULL;
}

/* The line of a file's header that names its contents. A file may be changed
 * twice, by what was written and by what is proposed. */
static void
patch_look_index(struct patch_look *l, const char *p, const char *end)
{
	AUTO_FREE char *line = xmemdup(p, (size_t)(end - p));
	struct patch_side is = { .mode = 0 }, *side;
	unsigned mode = 0;

	if (l->path == NULL || sscanf(line, PATCH_OIDS, is.old, is.new,
	    &mode) < 2 || strlen(is.old) != PATCH_OID || strlen(is.new) !=
	    PATCH_OID)
		return;
	side = pathmap_add(&l->sides, l->path, sizeof(*side));
	if (side->old[0] == '\0')
		memcpy(side->old, is.old, sizeof(is.old));
	memcpy(side->new, is.new, sizeof(is.new));
	side->mode = l->mode != 0 ? l->mode : mode;
	l->sided++;
	FREE_NULL(l->path);
}

/* A line that isn't in a hunk; `next` is the one after it. */
static void
patch_look_line(struct patch_look *l, const char *p, const char *nl,
    const char *next, const char *end)
{
	if (l->head && l->submodule == NULL && patch_is_submodule(p, nl))
		l->submodule = xstrdup(l->file);
	if (mem_starts(p, nl, PATCH_BASE) && !l->any && l->base == NULL)
		l->base = xmemdup(p + strlen(PATCH_BASE), (size_t)(nl - p) -
		    strlen(PATCH_BASE));
	else if (mem_starts(p, nl, "diff --git ")) {
		l->any = l->head = true;
		l->files++;
		l->mode = 0;
		FREE_SET(l->file, xmemdup(p + strlen("diff --git "),
		    (size_t)(nl - p) - strlen("diff --git ")));
		FREE_SET(l->path, patch_one_name(l->file));
		l->git = l->git || mem_starts(p, nl, "diff --git a/") ||
		    mem_starts(p, nl, "diff --git \"a/");
	} else if (mem_starts(p, nl, "index ")) {
		l->sha256 = l->sha256 || patch_is_sha256(p + 6, nl);
		patch_look_index(l, p, nl);
	} else if (mem_starts(p, nl, "new "))
		(void)(sscanf(p, "new mode %o", &l->mode) ||
		    sscanf(p, "new file mode %o", &l->mode));
	else if (mem_starts(p, nl, "--- ") && mem_starts(next, end, "+++ ")) {
		l->any = true;
		patch_look_name(l, p, nl, 'a');
		patch_look_name(l, next, mem_line_end(next, end), 'b');
	}
}

static void
patch_look_at(struct patch_look *l, const struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len, *next;
	struct patch_hunk hunk;

	for (; p < end; p = next) {
		next = patch_hunk_read(&hunk, p, end);
		if (next != NULL) {
			l->head = false;
			continue;
		}
		next = mem_line_after(p, end);
		patch_look_line(l, p, mem_line_end(p, end), next, end);
	}
}

/* Path components to strip: 1 or 0. */
static int
patch_strip(const struct patch_look *l)
{
	if (l->git || (l->named > 0 && l->prefixed == l->named))
		return 1;
	return l->cut > l->uncut;
}

/* ---- what it is made on ---- */

static void
patch_set_now(struct patch_side *side, const char *oid)
{
	if (oid != NULL && strlen(oid) == PATCH_OID)
		memcpy(side->now, oid, sizeof(side->now));
}

/* The link at `path`, as git names its target. */
static void
patch_link_now(const struct patch_look *l, struct patch_side *side,
    const char *path)
{
	char to[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof(to));
	AUTO_BUF struct buf in = BUF_INIT(0);
	AUTO_FREE char *oid = NULL;

	buf_add(&in, to, n < 0 ? 0 : (size_t)n);
	oid = git_run_line(&(const struct git_run){ .dir = l->root,
	    .in = &in }, GIT_WORDS("hash-object", "--stdin"), NULL);
	patch_set_now(side, oid);
}

/* The content of each file as it is now. */
static void
patch_look_now(struct patch_look *l, struct patch_side **v)
{
	AUTO_BUF struct buf names = BUF_INIT(0), out = BUF_INIT(0);
	const struct git_run g = { .dir = l->root, .in = &names, .out = &out };
	const char *p, *end;
	struct stat st;
	size_t i;

	for (i = 0; v[i] != NULL; i++) {
		AUTO_FREE char *path = fs_join(l->root, v[i]->path);

		if (lstat(path, &st) < 0) {
			patch_set_now(v[i], PATCH_NONE);
			continue;
		}
		v[i]->mode_now = S_ISLNK(st.st_mode) ? 0120000 :
		    (st.st_mode & 0100) != 0 ? 0100755 : 0100644;
		v[i]->asked = S_ISREG(st.st_mode);
		if (S_ISLNK(st.st_mode))
			patch_link_now(l, v[i], path);
		else if (v[i]->asked) {
			patch_name(&names, "", path);
			buf_addc(&names, '\n');
		}
	}
	if (names.len == 0 || git_run_ok(&g, GIT_WORDS("hash-object",
	    "--no-filters", "--stdin-paths"), NULL) < 0)
		return;
	p = buf_str(&out);
	end = p + out.len;
	for (i = 0; v[i] != NULL; i++)
		if (v[i]->asked) {
			AUTO_FREE char *oid = xmemdup(p, (size_t)(mem_line_end(p,
			    end) - p));

			patch_set_now(v[i], oid);
			p = mem_line_after(p, end);
		}
}

static bool
patch_side_is(const struct patch_side *side, const char *oid)
{
	return strcmp(side->now, oid) == 0;
}

/* Is that commit here, and this the same folder of it? */
static bool
patch_has_base(const struct patch_look *l)
{
	size_t n = strcspn(l->base, ":");
	AUTO_FREE char *oid = xmemdup(l->base, n);
	AUTO_FREE char *type = !git_is_hash(oid) ? NULL : git_run_ask(l->root,
	    "cat-file", "-t", oid, NULL);
	AUTO_FREE char *folder = type == NULL ? NULL : git_run_ask(l->root,
	    "rev-parse", "--show-prefix", NULL, NULL);

	return folder != NULL && strcmp(type, "commit") == 0 &&
	    strcmp(l->base[n] == ':' ? l->base + n + 1 : "", folder) == 0;
}

/* 1: the files have all of it already; 0: review it, maybe after a word about
 * files that differ; -1 with *e: it is made in another project. */
static int
patch_check_base(struct patch_look *l, const char *file, struct err *e)
{
	AUTO_FREE void **list = pathmap_list(&l->sides);
	struct patch_side **v = (struct patch_side **)list;
	AUTO_BUF struct buf names = BUF_INIT(0);
	int same = 0, already = 0, other = 0;
	size_t i;

	patch_look_now(l, v);
	for (i = 0; v[i] != NULL; i++) {
		already += patch_side_is(v[i], v[i]->new) && (v[i]->mode == 0 ||
		    v[i]->mode == v[i]->mode_now);
		same += patch_side_is(v[i], v[i]->old) &&
		    strcmp(v[i]->old, PATCH_NONE) != 0;
		if (v[i]->now[0] == '\0' || patch_side_is(v[i], v[i]->old) ||
		    patch_side_is(v[i], v[i]->new))
			continue;
		if (other++ < PATCH_NAMES) {
			buf_adds(&names, other > 1 ? ", " : "");
			json_path_text(&names, v[i]->path);
		}
	}
	if (i > 0 && l->sided == l->files && already == (int)i)
		return 1;
	if (l->base != NULL && (same == 0 || other > 0) &&
	    !patch_has_base(l))
		return err_set(e, "%s was made on commit %.100s, which %s "
		    "doesn't have; git fetch may get it, or --root DIR names "
		    "its project", file, l->base, l->root);
	if (other > PATCH_NAMES)
		buf_addf(&names, " and %d more", other - PATCH_NAMES);
	if (other > 0)
		print_words(stderr, "%s was made on other content of %s; read "
		    "its hunks with that in mind, or review it where %.100s "
		    "is checked out", file, buf_str(&names), l->base == NULL ?
		    "its base" : l->base);
	return 0;
}

/* ---- the review ---- */

/* What begins a patch, or a mail or a commit with one. */
static const char *const patch_begins[] = { "diff ", "--- ", "Index: ",
	"From ", "From: ", "commit ", PATCH_BASE, STALE_HEAD };

bool
review_is_patch(const char *operand)
{
	static const char *const endings[] = { ".patch", ".diff" };
	AUTO_CLOSE int fd = -1;
	char head[32];
	struct stat st;
	ssize_t n;
	size_t i;

	if (strcmp(operand, "-") == 0)
		return true;
	if (stat(operand, &st) < 0 || S_ISDIR(st.st_mode))
		return false;
	/* A pipe is no file of the project. */
	if (!S_ISREG(st.st_mode) || fs_has_ending(operand, endings,
	    MEM_COUNT(endings)))
		return true;
	fd = open(operand, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, head, sizeof(head));
	for (i = 0; n > 0 && i < MEM_COUNT(patch_begins); i++)
		if (mem_starts(head, head + n, patch_begins[i]))
			return true;
	return false;
}

/* Add a file to the patches before it, if they go together. 1: nothing of it is
 * left to do. -1 with *e. */
static int
patch_add(struct buf *all, struct patch_look *of_all, const char *file,
    const char *root, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(PATCH_MAX);
	AUTO(patch_look_release) struct patch_look l = { .root = root };
	bool first = all->len == 0;
	int rc;

	if (patch_read(file, &b, e) < 0)
		return -1;
	if (b.len == 0) {
		cmd_say("%s: nothing is proposed", file);
		return 1;
	}
	patch_look_at(&l, &b);
	if (!l.any)
		return err_misuse(e, "%s doesn't contain a unified diff "
		    "(as from diff -u or git diff --no-color)", file);
	if (l.submodule != NULL)
		return err_set(e, "nothing was changed: the patch changes a "
		    "submodule (%.200s); remove that part from the patch",
		    l.submodule);
	if ((rc = patch_check_base(&l, file, e)) != 0) {
		if (rc > 0)
			cmd_say("%s: applied already", file);
		return rc;
	}
	if (!first && patch_strip(&l) != of_all->strip)
		return err_misuse(e, "%s has names of another form (a/, b/) "
		    "than the patches before it: review it by itself", file);
	of_all->strip = patch_strip(&l);
	of_all->sha256 = of_all->sha256 || l.sha256;
	buf_add(all, buf_str(&b), b.len);
	if (b.p[b.len - 1] != '\n')
		buf_addc(all, '\n');
	return 0;
}

int
review_patches(const struct cmd_args *a)
{
	struct headless_options o = { .command = true };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO(select_free_at) struct select *choose = NULL;
	AUTO_BUF struct buf all = BUF_INIT(PATCH_MAX), names = BUF_INIT(0);
	struct patch_look look = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	cJSON *start;
	size_t i;
	int code;

	if (a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "no patch given; use assent review "
		    "FILE, or - for standard input");
	if (try_check(a, "review", &choose, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	o.choose = choose;
	o.check = cmd_flag(a, "test") != NULL;
	if (o.check && choose == NULL)
		return cmd_fail(EXIT_USAGE, "--test needs --accept or the like: "
		    "it runs on what they choose");
	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "try")) != 0)
		return code;
	for (i = 0; i < a->operands_len; i++) {
		const char *file = a->operands[i];
		int rc = patch_add(&all, &look, file, s.root, &e);

		if (rc < 0)
			return cmd_fail_err(&e);
		if (rc > 0)
			continue;
		buf_addf(&names, "%s%s", names.len > 0 ? " " : "", strcmp(file,
		    "-") == 0 ? "a patch" : file);
	}
	if (all.full)
		return cmd_fail(EXIT_USAGE, "patches may have up to %zu MB "
		    "together", PATCH_MAX >> 20);
	if (all.len == 0)
		return EXIT_DONE;
	o.patch = true;
	start = try_start(&s, a, &o);
	/* Names in a patch are relative to the project. */
	json_set_take(start, "cwd", cJSON_CreateString(s.root));
	json_add_bytes(start, "patch", buf_str(&all), all.len);
	json_add_path(start, "patch_name", buf_str(&names));
	json_add_int(start, "strip", look.strip);
	if (look.sha256)
		json_add_str(start, "object_format", "sha256");
	return try_run(&s, &o, start, &r);
}
