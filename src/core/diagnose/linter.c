#include "config.h"

#include "core/diagnose/linter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "policy/hook-spec.h"

/* ---- which linter ---- */

/* The compiler as the build calls it (Meson's and CMake's ask for colours), but
 * without output and in plain text; status 99: unknown. */
#define LINTER_COMPILED \
	"python3 -I - \"$f\" <<'END'\n" \
	"import json, os, shlex, sys\n" \
	"f = os.path.abspath(sys.argv[1])\n" \
	"drop = '-M', '-o', '-fdiag', '-fcolor-diag'\n" \
	"for d in '.', 'build', 'builddir', 'out', '_build':\n" \
	" try:\n" \
	"  for e in json.load(open(d + '/compile_commands.json')):\n" \
	"   at, v, more = e['directory'], [], ''\n" \
	"   if os.path.abspath(os.path.join(at, e['file'])) != f: continue\n" \
	"   for w in e.get('arguments') or shlex.split(e['command']):\n" \
	"    if more in ('-o', '-MF', '-MT', '-MQ'): w = ''\n" \
	"    elif os.path.abspath(os.path.join(at, w)) == f: v += [f]\n" \
	"    elif w != '-c' and not w.startswith(drop): v += [w]\n" \
	"    more = w\n" \
	"   os.chdir(at)\n" \
	"   os.execvp(v[0], v + ['-fsyntax-only'])\n" \
	" except Exception: pass\n" \
	"sys.exit(99)\n" \
	"END\n"

/* A header is checked by compiling the source file of that name. Without the
 * project's flags, a header that isn't found is no error. */
#define LINTER_COMPILE \
	"for s in c cc cpp cxx; do\n" \
	"case $f in *.h*) [ ! -f \"${f%.h*}.$s\" ] || f=${f%.h*}.$s;; esac\n" \
	"done\n" \
	"case $f in *.h*) exit 0;; esac\n" \
	LINTER_COMPILED \
	"s=$?; [ $s = 99 ] || [ $s = 127 ] || exit $s\n" \
	"o=$(cc -fsyntax-only -I. -Iinclude \"$f\" 2>&1); s=$?\n" \
	"case $o in *'No such file or directory'*|*'file not found'*) exit 0;; " \
	"esac\n" \
	"printf '%s\\n' \"$o\"; exit $s"

enum linter_where {
	LINTER_ROOT,	/* called in the root, with the file */
	LINTER_FOLDER,	/* in the file's folder, which it is about */
	LINTER_MARKER,	/* in the folder of the marker, which it is about */
};

/* The linters in order: for a file, the first one that is installed is run. $f
 * is the file. */
static const struct linter {
	const char	*name;
	const char	*globs;
	const char	*program;
	const char	*marker;	/* a file in its folder or one above; or
					   NULL */
	enum linter_where where;
	const char	*run;
} linters[] = {
	{ "tsc", "*.ts *.tsx *.mts *.cts", "tsc", "tsconfig.json",
	  LINTER_MARKER,
	  "tsc --noEmit --pretty false --incremental --tsBuildInfoFile "
	  "\"$HOME/tsc-$K-$(printf %s \"$PWD\" | tr / _)\" -p ." },
	{ "pyright", "*.py *.pyi", "pyright", NULL, LINTER_ROOT,
	  "pyright \"$f\"" },
	{ "ruff", "*.py *.pyi", "ruff", NULL, LINTER_ROOT,
	  "ruff check --no-cache --quiet --output-format=concise \"$f\"" },
	{ "python3", "*.py", "python3", NULL, LINTER_ROOT,
	  "python3 -Ic 'import sys\n"
	  "f = sys.argv[1]\n"
	  "compile(open(f, \"rb\").read(), f, \"exec\")' \"$f\"" },
	{ "cargo check", "*.rs", "cargo", "Cargo.toml", LINTER_MARKER,
	  "CARGO_TARGET_DIR=$HOME/cargo-$K cargo check --quiet --offline "
	  "--message-format=short" },
	{ "go vet", "*.go", "go", "go.mod", LINTER_FOLDER,
	  "GOPROXY=off go vet ." },
	{ "cc", "*.c *.cc *.cpp *.cxx *.h *.hh *.hpp", "cc", NULL,
	  LINTER_ROOT, LINTER_COMPILE },
	{ "ruby -c", "*.rb", "ruby", NULL, LINTER_ROOT, "ruby -wc \"$f\"" },
	{ "php -l", "*.php", "php", NULL, LINTER_ROOT, "php -l \"$f\"" },
	{ "bash -n", "*.sh *.bash", "bash", NULL, LINTER_ROOT,
	  "bash -n \"$f\"" },
	/* What only a build step can read isn't wrong. */
	{ "node --check", "*.js *.mjs *.cjs", "node", NULL, LINTER_ROOT,
	  "o=$(node --check \"$f\" 2>&1); s=$?\n"
	  "case $o in *'outside a module'*|*\"token 'export'\"*|"
	  "*\"token '<'\"*|*\"import.meta\"*) exit 0;; esac\n"
	  "printf '%s\\n' \"$o\"; exit $s" },
	{ "jq", "*.json !tsconfig*.json !jsconfig*.json !**/.vscode/*", "jq", NULL,
	  LINTER_ROOT, "jq empty \"$f\"" },
	{ "python3", "*.json !tsconfig*.json !jsconfig*.json !**/.vscode/*",
	  "python3", NULL, LINTER_ROOT,
	  "python3 -Im json.tool \"$f\" /dev/null" },
	/* A document's own tags are no error. */
	{ "yaml", "*.yaml *.yml", "python3", NULL, LINTER_ROOT,
	  "python3 -Ic 'import sys\n"
	  "try: import yaml\n"
	  "except ImportError: sys.exit()\n"
	  "f = sys.argv[1]\n"
	  "try: list(yaml.parse(open(f, \"rb\")))\n"
	  "except yaml.MarkedYAMLError as e:\n"
	  "  print(\"%s:%d: error: %s\" % (f, e.problem_mark.line + 1, "
	  "e.problem))' \"$f\"" },
};

static bool
linter_fits(const char *globs, const char *file)
{
	struct glob_list *g = glob_list_new(false);
	bool fits;

	glob_list_add_words(g, globs);
	fits = glob_list_covers(g, file);
	glob_list_free(g);
	return fits;
}

/* The folder of the file, malloc'ed; "" is the root. */
static char *
linter_above(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? xstrdup("") : xmemdup(path, (size_t)(slash -
	    path));
}

/* The nearest folder of the file with the marker, malloc'ed, or NULL. */
static char *
linter_marked(const char *file, const char *marker, linter_has *has,
    void *arg)
{
	char *folder = linter_above(file), *up;

	while (!has(arg, folder, marker)) {
		if (folder[0] == '\0') {
			free(folder);
			return NULL;
		}
		up = linter_above(folder);
		free(folder);
		folder = up;
	}
	return folder;
}

static void
linter_add_folder(struct buf *b, const char *folder)
{
	if (folder[0] == '\0')
		return;
	buf_adds(b, "cd -- ");
	shell_quote(b, folder);
	buf_adds(b, " || exit 0\n");
}

/* A row of the table, if it can look at this file. */
static bool
linter_add(struct buf *b, const struct linter *k, const char *file,
    linter_has *has, void *arg, struct linter_job *to)
{
	AUTO_FREE char *folder = k->marker == NULL ? linter_above(file) :
	    linter_marked(file, k->marker, has, arg);

	if (folder == NULL)
		return false;
	if (k->where == LINTER_FOLDER)
		FREE_SET(folder, linter_above(file));
	buf_addf(b, "if command -v %s >/dev/null; then\n", k->program);
	if (k->where != LINTER_ROOT) {
		linter_add_folder(b, folder);
		xstrset(&to->folder, folder);
	}
	buf_addf(b, "echo '=%s'\n%s\nexit\nfi\n", k->name, k->run);
	return true;
}

/* The user's first one for this file. */
static const cJSON *
linter_own(const cJSON *own, const char *file, const struct pathmap *off)
{
	AUTO_JSON cJSON *names = cJSON_CreateStringArray(&file, 1);
	const cJSON *it;

	cJSON_ArrayForEach(it, own)
		if (pathmap_find(off, json_str_or(it, "name", "")) == NULL &&
		    hook_spec_matches(it, names))
			return it;
	return NULL;
}

/* No bytecode and no colours; tools of the project's own. (python3 -I: not its
 * modules, which may have the names of Python's.) */
static const char linter_begin[] =
    "export LC_ALL=C.UTF-8 NO_COLOR=1 PYTHONDONTWRITEBYTECODE=1\n"
    "PATH=$PATH:$PWD/node_modules/.bin:$PWD/.venv/bin\n"
    "exec 2>&1\n";

bool
linter_job(const char *file, const cJSON *own, const struct pathmap *off,
    linter_has *has, void *arg, struct linter_job *to)
{
	const cJSON *first = linter_own(own, file, off);
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool one = true, any = first != NULL;
	size_t i;

	*to = (struct linter_job){ .timeout_ms = 20000 };
	buf_adds(&b, linter_begin);
	if (first != NULL) {
		const char *command = json_str_or(first, "command", "");
		AUTO_FREE char *run = shell_fill(command, "{path}", file);

		one = strstr(command, "{path}") != NULL;
		to->timeout_ms = json_int(first, "timeout_ms", to->timeout_ms);
		buf_addf(&b, "echo '=%s'\n%s\n", json_str_or(first, "name",
		    ""), run);
	} else {
		AUTO_BUF struct buf rows = BUF_INIT(0);

		for (i = 0; i < MEM_COUNT(linters); i++) {
			const struct linter *k = &linters[i];

			if (pathmap_find(off, k->name) != NULL ||
			    !linter_fits(k->globs, file) ||
			    !linter_add(&rows, k, file, has, arg, to))
				continue;
			any = true;
			one = one && k->where == LINTER_ROOT;
		}
		if (one) {
			buf_adds(&b, "f=./");
			shell_quote(&b, file);
			buf_adds(&b, "\n[ -f \"$f\" ] || exit 0\n");
		}
		buf_adds(&b, buf_str(&rows));
	}
	if (!any)
		return false;
	if (to->folder == NULL)
		to->folder = xstrdup("");
	to->script = buf_take(&b);
	to->file = one ? xstrdup(file) : NULL;
	return true;
}

void
linter_job_release(struct linter_job *j)
{
	FREE_ALL(j->script, j->file, j->folder);
	memset(j, 0, sizeof(*j));
}

/* ---- what it printed ---- */

/* Forms of a line of output: %f is a path, %l its line, %c a number, %m the
 * message, %* the rest. In a form without %m, the message follows. */
static const char *const linter_forms[] = {
	"%f(%l,%c): %m",		/* tsc */
	"vet: %f:%l:%c: %m",		/* go vet */
	"%f:%l:%c: %m",			/* gcc, clang, ruff, cargo, go */
	"%f:%l:%c - %m",		/* pyright */
	"%f:%l: %m",			/* ruby */
	"%f: line %l: %m",		/* bash */
	"%m in %f on line %l",		/* php */
	"File \"%f\", line %l%*",	/* python */
	"%m at line %l, column %c",	/* jq */
	"%m: line %l column %c%*",	/* python's json */
	"%f:%l",			/* node */
};

#define LINTER_LINE_MAX	((size_t)1000)
#define LINTER_MESSAGE_MAX	((size_t)300)
#define LINTER_DIGITS		9

struct linter_match {
	const char	*path, *message;
	size_t		 path_len, message_len;
	int64_t		 line;
};

static bool
linter_match(const char *form, const char *s, struct linter_match *m)
{
	size_t n;

	for (; *form != '%'; form++, s++)
		if (*form != *s)
			return false;
		else if (*form == '\0')
			return true;
	if (form[1] == '*')
		return true;
	if (form[1] == 'l' || form[1] == 'c') {
		n = strspn(s, "0123456789");
		if (n == 0 || n > LINTER_DIGITS)
			return false;
		if (form[1] == 'l')
			m->line = atoll(s);
		return linter_match(form + 2, s + n, m);
	}
	for (n = 1; s[0] != '\0' && s[n - 1] != '\0'; n++) {
		if (s[n] != form[2] || !linter_match(form + 2, s + n, m))
			continue;
		if (form[1] == 'f') {
			m->path = s;
			m->path_len = n;
		} else {
			m->message = s;
			m->message_len = n;
		}
		return true;
	}
	return false;
}

/* What begins a message; NULL: it isn't told. */
static const struct linter_word { const char *word, *severity; }
linter_words[] = {
	{ "error", "error" }, { "fatal error", "error" },
	{ "warning", "warning" }, { "[error]", "error" },
	{ "[warning]", "warning" }, { "note:", NULL }, { "help:", NULL },
	{ "information:", NULL }, { "hint:", NULL }, { "`", NULL },
};

/* *text moves past it. False: it is only more about another message. */
static bool
linter_severity(const char **text, size_t *len, const char **severity)
{
	size_t i, n;

	*severity = "error";
	for (i = 0; i < MEM_COUNT(linter_words); i++) {
		n = strlen(linter_words[i].word);
		if (*len < n || strncasecmp(*text, linter_words[i].word,
		    n) != 0 || (*len > n && isalpha((unsigned char)(*text)[n])
		    && isalpha((unsigned char)(*text)[n - 1])))
			continue;
		*severity = linter_words[i].severity;
		n += strspn(*text + n, ": ");
		*text += n < *len ? n : *len;
		*len -= n < *len ? n : *len;
		break;
	}
	return *severity != NULL && *len > 0;
}

static bool
linter_is_known(const struct linter_founds *all,
    const struct linter_found *f)
{
	MEM_EACH(all, v, it)
		if (it->line == f->line && strcmp(it->message, f->message) ==
		    0 && (f->path == NULL || it->path == NULL ? f->path ==
		    it->path : strcmp(it->path, f->path) == 0))
			return true;
	return false;
}

static void
linter_found(struct linter_founds *all, const struct linter_match *m)
{
	const char *text = m->message;
	size_t len = m->message_len;
	struct linter_found f = { .line = m->line };

	if (!linter_severity(&text, &len, &f.severity))
		return;
	f.message = xmemdup(text, utf8_cut(text, len, LINTER_MESSAGE_MAX));
	f.path = m->path == NULL ? NULL : xmemdup(m->path, m->path_len);
	if (linter_is_known(all, &f)) {
		FREE_ALL(f.path, f.message);
		return;
	}
	*GROW_ADD(all->v, all->v_len) = f;
}

/* A line; `place` is a place without a message so far, or zeroed. */
static void
linter_line(struct linter_founds *all, const char *line,
    struct linter_match *place)
{
	struct linter_match m;
	const char *text = line + strspn(line, " \t");
	size_t i;

	if (place->path != NULL && text == line && (strstr(line, "Error:") !=
	    NULL || strstr(line, "Error ") != NULL)) {
		place->message = line;
		place->message_len = strlen(line);
		linter_found(all, place);
		memset(place, 0, sizeof(*place));
		return;
	}
	for (i = 0; i < MEM_COUNT(linter_forms); i++) {
		memset(&m, 0, sizeof(m));
		if (!linter_match(linter_forms[i], text, &m))
			continue;
		if (m.message == NULL)
			*place = m;
		else
			linter_found(all, &m);
		return;
	}
}

void
linter_read(const char *output, struct linter_founds *all)
{
	AUTO_FREE char *text = xstrdup(output);
	struct linter_match place = { 0 };
	char *line, *save = NULL, *p;

	for (line = strtok_r(text, "\n", &save); line != NULL &&
	    all->v_len < LINTER_FOUND_MAX;
	    line = strtok_r(NULL, "\n", &save)) {
		line[utf8_cut(line, strlen(line), LINTER_LINE_MAX)] = '\0';
		for (p = line; *p != '\0'; p++)
			if (iscntrl((unsigned char)*p) && *p != '\t')
				*p = p[1] == '\0' && *p == '\r' ? '\0' : '?';
		linter_line(all, line, &place);
	}
}

void
linter_founds_release(struct linter_founds *all)
{
	MEM_EACH(all, v, f)
		FREE_ALL(f->path, f->message);
	FREE_NULL(all->v);
	all->v_len = 0;
}
