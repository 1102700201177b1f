#include "config.h"

#include "core/stage/output.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/context/compact.h"
#include "core/kernel/core.h"
#include "core/kernel/disk.h"
#include "core/kernel/secrets.h"
#include "core/net/network.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "policy/success-check.h"
#include "sandbox/sandbox-limits.h"
#include "sandbox/sandbox.h"
#include "sandbox/toolchain.h"
#include "tool/tool.h"

#define HINT_MOST 2	/* per command */

#define HINT_LOOK	((size_t)64 << 10)	/* at each end of the output */
#define HINT_PATH	200
#define HINT_LITTLE	((size_t)4 << 10)

/* Levels A, B and C; D and none; only C, whose copy is elsewhere; an image. */
enum hint_where {
	HINT_SANDBOXED = 1, HINT_COPY = 2, HINT_ALL = 3, HINT_ELSEWHERE = 4,
	HINT_IMAGE = 8,
};

/* Only the first matching row of a topic gives a hint. */
enum hint_topic {
	HINT_GIT, HINT_PACKAGES, HINT_NETWORK, HINT_RENAME, HINT_PROCESSES,
	HINT_READ_ONLY, HINT_PROGRAM, HINT_PLACE, HINT_TOPICS,
};

struct hint_row {
	enum hint_topic	 topic;
	enum hint_where	 where;
	int		 exit;		/* 0: any */
	const char	*has;
	const char	*and;		/* required, too; NULL: nothing more */
	const char	*words;
};

static const char hint_git[] = "the sandbox shows .git read-only: nothing can be "
    "staged, committed, stashed or checked out from inside. Leave your work "
    "in the files: the user decides on each change and commits";
static const char hint_no_git[] = "on this host the project is a copy without "
    ".git: git commands do not work here";
static const char hint_packages[] = "there is no root in the sandbox, and system "
    "packages cannot be installed. Continue with what is installed, or tell "
    "the user which package is needed";
/* What no setting of the user's allows is refused. */
#define HINT_NET "the sandbox has no network but hosts that the user allows. "

static const char hint_npm[] = HINT_NET "`npm ci --offline` and `npm install "
    "--offline` work with what is in ~/.npm";
static const char hint_pip[] = HINT_NET "Else use the packages that are "
    "installed, or `pip install --no-index --find-links DIR`";
static const char hint_cargo[] = HINT_NET "`cargo build --offline` works with "
    "the crates in ~/.cargo/registry";
static const char hint_go[] = HINT_NET "Modules in ~/go/pkg/mod and in vendor/ "
    "work (GOFLAGS=-mod=mod GOPROXY=off)";
static const char hint_network[] = HINT_NET "They are reached through the proxy "
    "in HTTPS_PROXY and HTTP_PROXY, which resolves names, too. Work with what is installed or cached, or tell the user the command";
static const char hint_refused[] = "the sandbox has a loopback of its own: a "
    "server that runs outside of it cannot be reached. Start it in the same "
    "command (it ends with the command); on levels A and B, \"background\" "
    "keeps it for later commands, and the user can let commands use a service "
    "of this machine: --forward 127.0.0.1:PORT";
static const char hint_rename[] = "in the sandbox a folder of the project cannot "
    "be renamed in one step, and nothing can be renamed from one of the "
    "project, /tmp and the home to another: use `mv` or shutil.move, which "
    "copy";
static const char hint_processes[] = "the number of processes and threads is "
    "limited, by --pids or by the host: use fewer jobs at once";
static const char hint_read_only[] = "in the sandbox only the project, /tmp and "
    "the home can be written, without the toolchains and skills there. "
    "Install into the project (a venv, node_modules, DESTDIR=$PWD/out)";
static const char hint_program[] = "the sandbox has the system's programs and "
    "the toolchains in the user's home that are on PATH. If it is installed "
    "elsewhere, the user can add its folder to the setting \"toolchains\"";
static const char hint_image[] = "commands run in the container image that the "
    "user named. Work with the programs in it, or tell the user which one is "
    "needed";
static const char hint_home[] = "the user's home is not shown in the sandbox, "
    "but for caches and the toolchains on PATH. If a program there is needed, "
    "the user can add its folder to the setting \"toolchains\"";
static const char hint_place_words[] = "commands work in a copy of the project, "
    "at $PWD, and can write only there, in $TMPDIR and in $HOME. Use $TMPDIR "
    "instead of /tmp, and relative paths instead of the project's own; install "
    "into the project (a venv, node_modules, DESTDIR=$PWD/out)";
/* clang-format off */
static const struct hint_row hint_rows[] = {
	{ HINT_GIT, HINT_SANDBOXED, 0, ".git/", "Read-only file system",
	  hint_git },
	{ HINT_GIT, HINT_ELSEWHERE, 0, ".git/", "ermission denied", hint_git },
	{ HINT_GIT, HINT_COPY, 0, "fatal: not a git repository", NULL,
	  hint_no_git },
	{ HINT_PACKAGES, HINT_ALL, 0, "sudo:", NULL, hint_packages },
	{ HINT_PACKAGES, HINT_ALL, 0, "are you root?", NULL, hint_packages },
	{ HINT_NETWORK, HINT_SANDBOXED, 0, "npm", "EAI_AGAIN", hint_npm },
	{ HINT_NETWORK, HINT_SANDBOXED, 0, "No matching distribution found",
	  NULL, hint_pip },
	{ HINT_NETWORK, HINT_SANDBOXED, 0, "crates.io", NULL, hint_cargo },
	{ HINT_NETWORK, HINT_SANDBOXED, 0, "proxy.golang.org", NULL, hint_go },
	{ HINT_NETWORK, HINT_SANDBOXED, 0, "Could not resolve host", NULL,
	  hint_network },
	{ HINT_NETWORK, HINT_SANDBOXED, 0,
	  "Temporary failure in name resolution", NULL, hint_network },
	{ HINT_NETWORK, HINT_SANDBOXED, 0, "ECONNREFUSED", NULL, hint_refused },
	{ HINT_NETWORK, HINT_SANDBOXED, 0, "onnection refused", NULL,
	  hint_refused },
	{ HINT_RENAME, HINT_SANDBOXED, 0, "nvalid cross-device link", NULL,
	  hint_rename },
	{ HINT_PROCESSES, HINT_ALL, 0, "Resource temporarily unavailable",
	  "fork", hint_processes },
	{ HINT_PROCESSES, HINT_ALL, 0, "Cannot fork", NULL, hint_processes },
	{ HINT_READ_ONLY, HINT_SANDBOXED, 0, "Read-only file system", NULL,
	  hint_read_only },
	{ HINT_PROGRAM, HINT_IMAGE, 127, "not found", NULL, hint_image },
	{ HINT_PROGRAM, HINT_SANDBOXED, 127, "not found", NULL, hint_program },
	{ HINT_PLACE, HINT_ELSEWHERE, 0, "ermission denied", NULL,
	  hint_place_words },
};
/* clang-format on */

/* The searched text: both ends of the output. */
struct hint_text {
	const char	*p[2];
	size_t		 n[2];
};

static bool
hint_has(const struct hint_text *t, const char *s)
{
	size_t n = strlen(s);

	return memmem(t->p[0], t->n[0], s, n) != NULL ||
	    memmem(t->p[1], t->n[1], s, n) != NULL;
}

static unsigned
hint_place(const struct hint_about *a)
{
	return !a->sandboxed ? HINT_COPY :
	    a->elsewhere ? HINT_SANDBOXED | HINT_ELSEWHERE :
	    a->image ? HINT_SANDBOXED | HINT_IMAGE : HINT_SANDBOXED;
}

static bool
hint_matches(const struct hint_row *r, const struct hint_about *a,
    const struct hint_text *t)
{
	if ((r->where & hint_place(a)) == 0 ||
	    (r->exit != 0 && r->exit != a->exit))
		return false;
	return hint_has(t, r->has) &&
	    (r->and == NULL || hint_has(t, r->and));
}

/* Does the line around `at` have an access error? */
static bool
hint_fails(const char *p, const char *end, const char *at)
{
	static const char *const words[] = {
		"ermission denied", "No such file", "not found",
	};
	const char *from = memrchr(p, '\n', (size_t)(at - p));
	const char *to = mem_line_end(at, end);
	size_t i;

	from = from == NULL ? p : from;
	for (i = 0; i < MEM_COUNT(words); i++)
		if (memmem(from, (size_t)(to - from), words[i],
		    strlen(words[i])) != NULL)
			return true;
	return false;
}

/* Is `dir`, which begins at `at`, the path there, or above it? */
static bool
hint_is_below(const char *at, const char *end, const char *dir)
{
	size_t n = strlen(dir);

	return (size_t)(end - at) > n && memcmp(at, dir, n) == 0 &&
	    strchr("/ :'\"\n", at[n]) != NULL;
}

/* Does such a line name a file in the home, but none of the project? */
static bool
hint_names_home(const struct hint_about *a, const char *p, size_t n)
{
	const char *at = p, *end = p + n;
	size_t len = a->home == NULL ? 0 : strlen(a->home);

	while (len > 1 && (at = memmem(at, (size_t)(end - at), a->home,
	    len)) != NULL) {
		if ((at == p || strchr(" :'\"(=\n", at[-1]) != NULL) &&
		    hint_is_below(at, end, a->home) && at[len] == '/' &&
		    !hint_is_below(at, end, a->root) &&
		    hint_fails(p, end, at))
			return true;
		at += len;
	}
	return false;
}

/* Does a line with an access error name a secret file? */
static bool
hint_names(const char *p, size_t n, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t len = strlen(name);
	const char *at = p, *end = p + n;

	while ((at = memmem(at, (size_t)(end - at), name, len)) != NULL) {
		if (hint_fails(p, end, at))
			return true;
		at += len;
	}
	return false;
}

/* Don't repeat a name that could be mistaken for assent's own text. */
static bool
hint_is_plain(const char *s)
{
	if (strlen(s) > HINT_PATH)
		return false;
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~' || strchr("[]'", *s) != NULL)
			return false;
	return true;
}

static const char *
hint_secret(const struct hint_about *a, const struct hint_text *t)
{
	const char *const *m;

	for (m = a->masked; m != NULL && *m != NULL; m++)
		if (hint_is_plain(*m) &&
		    (hint_names(t->p[0], t->n[0], *m) ||
		    hint_names(t->p[1], t->n[1], *m)))
			return *m;
	return NULL;
}

static struct hint_text
hint_look(const struct hint_about *a)
{
	struct hint_text t;

	t.p[0] = a->output;
	t.n[0] = MIN(a->n, HINT_LOOK);
	t.n[1] = MIN(a->n - t.n[0], HINT_LOOK);
	t.p[1] = a->output + a->n - t.n[1];
	return t;
}

/* Does the output say that a process or thread couldn't be created? */
static bool
hint_is_crowded(const struct hint_about *a)
{
	struct hint_text t = hint_look(a);
	size_t i;

	for (i = 0; i < MEM_COUNT(hint_rows); i++)
		if (hint_rows[i].topic == HINT_PROCESSES &&
		    hint_matches(&hint_rows[i], a, &t))
			return true;
	return false;
}

/* Append the line about a secret file; nothing if its name could be mistaken for
 * assent's own text. `more` is for commands: "" or what they can do. */
void
hint_add_secret(struct buf *b, const char *path, const char *more)
{
	if (hint_is_plain(path))
		buf_addf(b, "[assent: %s is a secret file, which is hidden on "
		    "purpose%s. Work without it, or ask the user, who can lift "
		    "it with \"!GLOB\" in the setting \"secret\"]\n", path, more);
}

static bool
hint_is_home(const struct hint_about *a, const struct hint_text *t)
{
	return a->sandboxed && (hint_names_home(a, t->p[0], t->n[0]) ||
	    hint_names_home(a, t->p[1], t->n[1]));
}

/* For the user, whose own command it was: that the sandbox doesn't show a program
 * which it needs. NULL: it doesn't look so. */
static const char *
hint_not_shown(const struct hint_about *a)
{
	struct hint_text t = hint_look(a);
	bool found = false;
	size_t i;

	if (a->exit != 126 && a->exit != 127)
		return NULL;
	found = hint_is_home(a, &t);
	for (i = 0; i < MEM_COUNT(hint_rows) && !found; i++)
		found = hint_rows[i].topic == HINT_PROGRAM &&
		    hint_matches(&hint_rows[i], a, &t);
	return !found ? NULL : a->image ? "the image lacks a program" :
	    "a program is not shown in the sandbox: if you "
	    "have it, add its folder to \"toolchains\" in config.json";
}

void
hint_add_net(struct buf *b, const struct hint_about *a)
{
	if (a->refused != NULL)
		buf_addf(b, "[assent: the proxy refused %s%s: the user hasn't "
		    "allowed it. Work without it, or tell the user, who can "
		    "allow it with --net %s]\n", a->refused,
		    a->refused_len > 1 ? " and other hosts" : "", a->refused);
	if (a->unreached != NULL)
		buf_addf(b, "[assent: %s. The service belongs to the user, "
		    "outside the sandbox: tell the user]\n", a->unreached);
}

void
hint_add(struct buf *b, const struct hint_about *a)
{
	struct hint_text t = hint_look(a);
	bool said[HINT_TOPICS] = { false };
	const char *secret;
	int left = HINT_MOST;
	size_t i;

	left -= (a->refused != NULL) + (a->unreached != NULL);
	if (a->exit == 0 && (!a->joined || a->n > HINT_LITTLE))
		return;
	secret = hint_secret(a, &t);
	if (secret != NULL) {
		AUTO_FREE char *more = xasprintf(" (git leaves it out with "
		    "':!%s')", secret);

		left--;
		hint_add_secret(b, secret, more);
	}
	if (left == HINT_MOST && hint_is_home(a, &t)) {
		left--;
		said[HINT_PROGRAM] = said[HINT_PLACE] = true;
		buf_addf(b, "[assent: %s]\n", hint_home);
	}
	for (i = 0; i < MEM_COUNT(hint_rows) && left > 0; i++) {
		const struct hint_row *r = &hint_rows[i];

		/* A failure explained by git isn't explained a second time. */
		if (said[r->topic] || (r->topic == HINT_READ_ONLY &&
		    said[HINT_GIT]) || (a->refused != NULL &&
		    r->words == hint_network) || !hint_matches(r, a, &t))
			continue;
		/* Report only one program that wasn't found. */
		if (r->topic == HINT_PROGRAM && left < HINT_MOST)
			continue;
		said[r->topic] = true;
		left--;
		buf_addf(b, "[assent: %s]\n", r->words);
	}
}

/*
 * call-hint: why a command of this session failed, for the model or the user.
 */

static struct hint_about
output_about(struct core *c, const struct sandbox_result *r,
    const struct buf *output)
{
	struct hint_about a = {
		.exit = r->exit,
		.sandboxed = sandbox_levels[c->sandbox.level].holds,
		.elsewhere = sandbox_levels[c->sandbox.level].brokers,
		.image = c->sandbox.image.layers != NULL,
		/* What was hidden from the call. */
		.masked = (const char *const *)c->policy->secrets,
		.output = buf_str(output), .n = output->len,
		.home = json_str(c->start, "home"), .root = c->root,
	};

	return a;
}

/* A message about a limit that made the command fail without killing it (the
 * kernel refuses a new process, but kills none); malloc'ed, NULL if none. */
static char *
output_limit_hit(struct core *c, const struct sandbox_result *r)
{
	struct hint_about a = output_about(c, r, &c->calls.capture);
	int64_t most = sandbox_limits_host(RLIMIT_NPROC,
	    c->sandbox.limits.pids);

	if (!r->built || r->killed != NULL || r->exit == 0)
		return NULL;
	/* Nobody counts what the kernel refuses. */
	if (c->sandbox.enforced.pids == ENFORCED_KERNEL && hint_is_crowded(&a))
		return xasprintf("it seems to have reached its limit of %lld "
		    "processes and threads; %s", (long long)most,
		    most == c->sandbox.limits.pids ? "--pids raises it" :
		    "that is the host's limit (ulimit -Hu)");
	return NULL;
}

const char *
output_not_shown(struct core *c, const struct sandbox_result *r,
    const struct buf *output)
{
	struct hint_about a = output_about(c, r, output);

	return hint_not_shown(&a);
}

/* The file in the home that a word of a command line names, or has after "=", if
 * the sandbox doesn't show it; a `command` is looked for on PATH. malloc'ed. */
static char *
hidden_path(const struct toolchain_where *w, const char *word, bool command)
{
	const char *at = word[0] == '/' ? word : strstr(word, "=/");
	AUTO_FREE char *path = at != NULL ? xstrdup(at + (at != word)) :
	    command && strchr(word, '/') == NULL ? host_program(word, w->path,
	    w->root) : NULL;
	char *real = path == NULL ? NULL : fs_realpath(path);

	if (real != NULL && fs_is_below(real, w->home) &&
	    !fs_is_below(real, w->root) && !toolchain_shows(w, real))
		return real;
	free(real);
	return NULL;
}

#define HIDDEN_DEPTH 4
#define HIDDEN_MAX 5000	/* names that are looked at; of more, nothing is offered */

/* Has it no secret file? *left: how many names may be looked at. */
static bool
hidden_is_harmless(struct core *c, int fd_take, int depth, int *left)
{
	AUTO_DIR DIR *d = fs_dir_take(fd_take);
	const struct dirent *de;
	bool yes = d != NULL;

	while (yes && (de = fs_dir_next(&d)) != NULL) {
		yes = (*left)-- > 0 && !policy_hides(c->policy, de->d_name);
		if (yes && depth > 0 && de->d_type == DT_DIR &&
		    strcmp(de->d_name, "node_modules") != 0)
			yes = hidden_is_harmless(c, openat(dirfd(d),
			    de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
			    O_CLOEXEC), depth - 1, left);
	}
	return yes;
}

/* Nothing with a secret file, or that the setting doesn't take. */
static bool
hidden_may_show(struct core *c, const char *home, const char *folder)
{
	const char *own[] = { c->dir, json_str(c->start, "state_dir"), NULL };
	struct err why = ERR_INIT;
	AUTO_FREE char *path = toolchain_resolve(home, own, folder, &why);
	int left = HIDDEN_MAX;

	return path != NULL && hidden_is_harmless(c, open(path, O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC), HIDDEN_DEPTH, &left);
}

char *
hidden_find(struct core *c, const char *command, const cJSON *args,
    char **folder)
{
	const struct toolchain_where w = {
		.home = json_str(c->start, "home"), .root = c->root,
		.path = json_str_or(c->start, "path", ""),
		.more = (const char *const *)c->sandbox.toolchains,
	};
	bool shown = w.home == NULL || !sandbox_levels[c->sandbox.level].holds ||
	    c->sandbox.image.layers != NULL;
	char *path = shown ? NULL : hidden_path(&w, command, true);
	const cJSON *it;

	cJSON_ArrayForEach(it, args)
		if (path == NULL && !shown)
			path = hidden_path(&w, it->valuestring, false);
	*folder = path == NULL ? NULL : toolchain_folder(w.home, path);
	if (*folder != NULL && (fs_is_below(c->root, *folder) ||
	    !hidden_may_show(c, w.home, *folder)))
		FREE_NULL(*folder);
	return path;
}

/* The notes for the model about why a command failed: `met`, or hints;
 * malloc'ed. `net` gets those to follow its output. */
static char *
output_hints(struct core *c, const struct sandbox_result *r, bool joined,
    const char *met, struct buf *net)
{
	struct hint_about a = output_about(c, r, &c->calls.capture);
	struct buf b = BUF_INIT(0);

	a.joined = joined;
	a.refused = network_refused(c->network, &a.refused_len);
	a.unreached = network_unreached(c->network);
	/* A limit has its own message. */
	if (met != NULL)
		buf_addf(&b, "(%s)\n", met);
	else if (r->killed == NULL) {
		hint_add(&b, &a);
		hint_add_net(net, &a);
	}
	return buf_take(&b);
}

/*
 * capture: the output of a command, as a terminal would show it. Head and tail
 * go to the model, the whole to out/<sha256>; secrets are masked in both.
 */

/* Skip at most `max` characters; *n gets how many there were. */
static const char *
capture_skip(const char *p, const char *end, size_t max, size_t *n)
{
	for (*n = 0; p < end && *n < max; ++*n)
		for (p++; p < end && ((unsigned char)*p & 0xc0) == 0x80; p++)
			continue;
	return p;
}

/* One line, from its last part to its first: of each, what is longer than all
 * that was written over it. Of parts with escape sequences, which may clear the
 * line or take no room, only a last one counts. */
static void
capture_line(struct buf *out, const char *p, const char *end)
{
	const char *cr, *from, *rest;
	size_t known = 0, n;
	bool escapes;

	do {
		cr = memrchr(p, '\r', (size_t)(end - p));
		from = cr == NULL ? p : cr + 1;
		escapes = memchr(from, '\033', (size_t)(end - from)) != NULL;
		if (escapes && known > 0)
			break;
		rest = capture_skip(from, end, known, &n);
		buf_add(out, rest, (size_t)(end - rest));
		(void)capture_skip(rest, end, SIZE_MAX, &n);
		known += n;
		end = cr;
	} while (cr != NULL && !escapes);
}

/* Drop what a later part of its line was written over, after a carriage
 * return. */
static void
capture_overwrite(struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len, *nl, *to;
	struct buf out = BUF_INIT(b->max);

	if (memchr(p, '\r', b->len) == NULL)
		return;
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		to = nl == NULL ? end : nl;
		while (to > p && to[-1] == '\r')
			to--;
		capture_line(&out, p, to);
		if (nl == NULL)
			break;
		/* A line end of two bytes stays one. */
		buf_adds(&out, to < nl ? "\r\n" : "\n");
	}
	buf_release(b);
	*b = out;
}

int
capture_keep_out(const char *out_dir, const void *p, size_t n,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	AUTO_CLOSE int dir = open(out_dir,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	sha256_hex(p, n, hex);
	if (dir < 0)
		return err_sys(e, "cannot open %s", out_dir);
	if (faccessat(dir, hex, F_OK, 0) != 0)
		/* The user's command may read the file in root's session; its
		 * parent folders are closed to all other users. */
		rc = fs_replace(dir, hex, p, n, geteuid() == 0 ? 0644 : 0600,
		    e);
	return rc;
}

/* Mask secrets, cut to cap bytes (tail_only: the last ones), and keep the whole
 * output in out_dir if it was cut (NULL: don't). malloc'ed, also if it couldn't
 * be kept: then with *e. */
static char *
capture_end(const struct buf *b, const char *out_dir,
    const struct mask_list *secrets, size_t cap, bool tail_only,
    struct event *r, struct err *e)
{
	AUTO_BUF struct buf masked = BUF_INIT(0);
	struct buf text = BUF_INIT(0);
	char hash[SHA256_HEX_SIZE];
	size_t head, tail;

	mask_secrets(&masked, buf_str(b), b->len, secrets);
	if (masked.len <= cap) {
		utf8_repair(&text, buf_str(&masked), masked.len);
		return buf_take(&text);
	}
	head = tail_only ? 0 : utf8_cut(masked.p, masked.len, cap / 2);
	tail = tail_only ? cap : cap - cap / 2;
	utf8_repair(&text, masked.p, head);
	buf_addf(&text, "\n[... %zu of %zu bytes left out: ", masked.len - head -
	    tail, masked.len);
	buf_add_part(&text, masked.p, masked.len, head, masked.len - tail);
	if (out_dir != NULL && capture_keep_out(out_dir, buf_str(&masked),
	    masked.len, hash, e) == 0) {
		buf_addf(&text, "; the whole output: read %s/%s",
		    SANDBOX_OUT_DIR, hash);
		if (r != NULL) {
			r->tool_result.out = ev_alloc(r,
			    sizeof(*r->tool_result.out));
			*r->tool_result.out = (struct ev_kept_output){
			    ev_text(r, hash), (int64_t)masked.len };
		}
	}
	buf_adds(&text, " ...]\n");
	utf8_repair(&text, masked.p + masked.len - tail, tail);
	return buf_take(&text);
}

#define OUTPUT_TEXT_CAP	((size_t)30 << 10)	/* of output for the model */
#define OUTPUT_TEST_CAP	((size_t)4000)

/* A line about how a command ended, to go before its output. */
char *
output_verdict(const struct sandbox_result *r)
{
	if (r->killed != NULL)
		return xasprintf("killed (%s): %s\n", r->killed,
		    r->limit == NULL ? "" : r->limit);
	if (r->signal != 0)
		return xasprintf("killed by signal %d\n", r->signal);
	return xasprintf("exit status %d\n", r->exit);
}

void
output_note_weaker(struct core *c, const struct sandbox_result *r)
{
	AUTO_FREE char *text = NULL;

	if (!r->built || c->sandbox.weaker_noted ||
	    !sandbox_limits_enforced_weaker(&r->enforced, &c->sandbox.enforced))
		return;
	c->sandbox.weaker_noted = true;
	text = sandbox_limits_enforced_text(&r->enforced);
	emit_note(c, "the limits of the last command were enforced less "
	    "strictly than when this session began: %s", text);
}

/* Does the call join several commands ("git commit | tail", "curl ...; ls")?
 * In the arguments, which are JSON, a new line is \n. */
static bool
output_is_joined(const char *tool, const char *text)
{
	return strcmp(tool, "bash") == 0 && text != NULL &&
	    (strpbrk(text, "|;\n") != NULL || strstr(text, "\\n") != NULL);
}

char *
output_keep(struct core *c, const struct buf *from, size_t cap,
    bool tail_only, struct event *r)
{
	AUTO(mask_list_release) struct mask_list secrets = { 0 };
	struct err e = ERR_INIT;
	bool keeps = from->len <= cap ||
	    from->len <= disk_room(c, DISK_OUT_SHARE);
	char *text;

	core_secrets(c, &secrets);
	text = capture_end(from, keeps ? c->out_dir : NULL, &secrets, cap,
	    tail_only, r, &e);
	if (err_is_set(&e))
		emit_note(c, "the whole output was not kept: %s", e.text);
	else if (!keeps)
		emit_note(c, "the whole output was not kept: outputs may take "
		    "a quarter of --disk");
	return text;
}

/* A note for run_tests, called with a path that its command can't take;
 * malloc'ed. */
static char *
output_path_ignored(const struct core *c, const char *tool,
    const char *args_text)
{
	AUTO_JSON cJSON *args = NULL;

	if (strcmp(tool, "run_tests") != 0 || args_text == NULL ||
	    c->check.command == NULL ||
	    strstr(c->check.command, "{path}") != NULL)
		return xstrdup("");
	args = json_parse(args_text, strlen(args_text),
	    JSON_NUL_REPLACE, NULL);
	if (json_str_or(args, "path", "")[0] != '\0')
		return xasprintf("(the path %.200s was ignored, since the "
		    "command has no {path}: this is its complete result)\n",
		    json_str(args, "path"));
	return xstrdup("");
}

/* A line about processes that it left; malloc'ed. */
static char *
output_left(const struct sandbox_result *r)
{
	return r->left == NULL ? xstrdup("") : xasprintf("[assent: these "
	    "processes were ended with the command: %s (\"background\" keeps "
	    "one)]\n", r->left);
}

void
output_result(struct core *c, const struct sandbox_result *r, size_t cap,
    bool tail, bool joined, const char *before, struct event *e)
{
	struct ev_tool_result *t = &e->tool_result;
	AUTO_FREE char *met = NULL, *hints = NULL, *words = NULL, *text = NULL;
	AUTO_FREE char *output = NULL;
	AUTO_FREE char *left = output_left(r);
	AUTO_BUF struct buf net = BUF_INIT(0);

	capture_overwrite(&c->calls.capture);
	met = output_limit_hit(c, r);
	hints = output_hints(c, r, joined, met, &net);
	words = test_summary(buf_str(&c->calls.capture), c->calls.capture.len);
	output = output_keep(c, &c->calls.capture, cap, tail, e);
	text = xasprintf("%s%s%s%s%s%s", before, hints, left, output,
	    net.len == 0 || output[0] == '\0' ||
	    output[strlen(output) - 1] == '\n' ? "" : "\n", buf_str(&net));
	output_note_weaker(c, r);
	t->text = ev_text(e, text);
	t->exit = EV_KNOWN(r->exit);
	t->signal = (struct ev_number){ r->signal != 0, r->signal };
	t->killed = r->killed;
	t->limit = r->limit;
	t->ms = r->ms;
	t->met = ev_text(e, met);
	t->words = words != NULL ? ev_text(e, words) :
	    output_not_shown(c, r, &c->calls.capture);
}

/* The result if no sandbox could be built. */
void
output_not_built(const struct sandbox_result *r, struct event *e)
{
	AUTO_FREE char *text = xasprintf("the sandbox could not be built: %s",
	    r->error == NULL ? "unknown" : r->error);

	e->tool_result.error = "sandbox";
	e->tool_result.text = ev_text(e, text);
}

void
output_command(struct core *c, const char *tool, const char *args_text,
    const struct sandbox_result *r, struct event *e)
{
	bool test = strcmp(tool, "run_tests") == 0;
	size_t cap = test ? OUTPUT_TEST_CAP : OUTPUT_TEXT_CAP;
	AUTO_FREE char *verdict = output_verdict(r);
	AUTO_FREE char *ignored = output_path_ignored(c, tool, args_text);
	AUTO_FREE char *before = xasprintf("%s%s", verdict, ignored);

	if (!r->built) {
		output_not_built(r, e);
		return;
	}
	e->tool_result.ok = r->exit == 0;
	e->tool_result.error = r->exit == 0 ? NULL : r->killed != NULL ?
	    "killed" : "exit";
	output_result(c, r, c->calls.room > 0 && c->calls.room < cap ?
	    c->calls.room : cap, test,
	    output_is_joined(tool, args_text), before, e);
	if (c->mode == MODE_TRY && (r->killed != NULL ||
	    e->tool_result.met != NULL))
		c->task.faults |= FAULT_KILLED;
}

void
output_stopped(struct core *c, const char *why, bool command,
    struct event *e)
{
	AUTO_FREE char *output = NULL, *text = NULL;

	e->tool_result.error = "interrupted";
	e->tool_result.text = why;
	if (!command)
		return;
	e->tool_result.printed = (int64_t)c->calls.capture.len;
	capture_overwrite(&c->calls.capture);
	output = output_keep(c, &c->calls.capture, OUTPUT_TEXT_CAP, false, e);
	text = xasprintf("%s%s%s", why, output[0] == '\0' ? "" : "\n",
	    output);
	e->tool_result.text = ev_text(e, text);
}

