#include "config.h"

#include "core/job/hint.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/param.h>

#include "base/mem.h"

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
	const char *name = basename(path);
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

bool
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

const char *
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
