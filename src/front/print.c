/* See print.h; `assent log` is at the end. */

#include "config.h"

#include "front/print.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/editor.h"
#include "gate/patch.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/reader.h"

#define PRINT_COLOUR_END "\033[m"
#define PRINT_NAME_MAX	60	/* bytes of a call that failed */
#define PRINT_MODEL "| "	/* before each line of the model's text */

#define PRINT_UNWRAPPED	"\033[?7l"	/* the terminal doesn't wrap, */
#define PRINT_WRAPPED	"\033[?7h"	/* it does */
#define PRINT_CELLS	8	/* of a row, at least */
#define PRINT_LEADS " |>*-"	/* begins of our own lines */

/* Printed as on a terminal of so many columns: print_as(). */
static struct {
	FILE	*f;
	int	 columns;
} print_fake;

static int
print_columns(FILE *f)
{
	return f == print_fake.f ? print_fake.columns : pager_columns(f);
}

static bool
print_is_terminal(FILE *f)
{
	return print_columns(f) > 0;
}

static bool
print_has_escapes(FILE *f)
{
	const char *term = getenv("TERM");

	return term != NULL && strcmp(term, "dumb") != 0 &&
	    pager_is_terminal(f);
}

/* Are colours wanted there? Not with NO_COLOR or TERM=dumb. */
static bool
print_has_colours(FILE *f)
{
	const char *no = getenv("NO_COLOR");

	return (no == NULL || no[0] == '\0') && print_has_escapes(f);
}

/* The sequence for a line of a diff, or "", and its end. */
static const char *
print_diff_colour(enum diff_line_kind kind)
{
	static const char *const colours[] = {
		[DIFF_LINE_HEAD] = "\033[1m", [DIFF_LINE_HUNK] = "\033[36m",
		[DIFF_LINE_OLD] = "\033[31m", [DIFF_LINE_NEW] = "\033[32m",
		[DIFF_LINE_SAME] = "", [DIFF_LINE_NOTE] = "",
	};

	return colours[kind];
}

/* A line, or several, to be printed. On a terminal we cut it into rows ourselves, so
 * that no text of others begins a row without what says whose it is. */
struct print_line {
	FILE		*f;
	const char	*lead;		/* ours, before the first row, */
	const char	*rest;		/* and before the others */
	const char	*colour;	/* a sequence, or NULL */
	struct diff_lines *diff;	/* it prints a diff; or NULL */
	int		 columns;	/* 0: those of the terminal, if any */
	int		 column;	/* the column of the text, for its
					   tabs */
	bool		 words;		/* cut at spaces */
	bool		 own;		/* all of it is our text */
	bool		 open;		/* the answer comes after it */
	/* Of the terminal. */
	bool		 ready;
	bool		 stops;		/* it can stop wrapping */
	bool		 colours;	/* of a diff are wanted */
	unsigned	 flags;		/* abilities of the terminal */
};

static void
print_line_ready(struct print_line *l)
{
	if (l->ready)
		return;
	l->ready = true;
	if (l->columns == 0)
		l->columns = print_columns(l->f);
	l->flags = l->columns > 0 ? sanitize_locale() : 0;
	l->stops = l->columns > 0 && print_has_escapes(l->f) &&
	    isatty(fileno(l->f));
	l->colours = l->diff != NULL && print_has_colours(l->f);
}

/* Begins a row that goes on from the one above. */
static const char *
print_mark(void)
{
	return sanitize_locale() == 0 ? "\xc2\xbb " : "\\ ";
}

/* The end of what is to be copied and begins at i, a command of ours or an
 * address; it stays in one row if a row has room for it. 0: none begins there. */
static size_t
print_copied_end(const char *p, size_t i, size_t n, int cells)
{
	static const struct { const char *begins, *ends; } all[] = {
		{ "assent ", ",;:)" }, { "https://", " " }, { "http://", " " },
	};
	size_t end, k, len;

	for (k = 0; (i == 0 || p[i - 1] == ' ') && k < MEM_COUNT(all); k++) {
		len = strlen(all[k].begins);
		if (n - i <= len || memcmp(p + i, all[k].begins, len) != 0)
			continue;
		for (end = i + len; end < n && strchr(all[k].ends, p[end]) ==
		    NULL; end++)
			;
		return end - i > (size_t)cells ? 0 : end;
	}
	return 0;
}

/* The bytes of the first word. */
static size_t
print_word(const char *p, size_t n)
{
	const char *end = memchr(p, ' ', n);

	return end == NULL ? n : (size_t)(end - p);
}

/* Append a row of so many cells: how many bytes of the text it shows. *over: it may
 * be too wide where the terminal shows characters beyond ASCII wider. */
static size_t
print_cut(const struct print_line *l, struct buf *row, const char *p, size_t n,
    int cells, bool *over)
{
	struct sanitize_unit u;
	size_t i, space = 0, before = 0, command = 0;
	int x = l->column, odd = 0, w;

	for (i = 0; i < n; i += u.used) {
		sanitize_next(p + i, n - i, l->flags, x, &u);
		w = sanitize_most(&u, !l->stops);
		if (i >= command)
			command = print_copied_end(p, i, n, cells);
		if (i > 0 && x + w > cells)
			break;
		x += w;
		odd += (unsigned char)u.text[0] >= 0x80;
		if (p[i] == ' ' && i >= command) {
			space = i + 1;
			before = row->len;
		}
		buf_add(row, u.text, u.len);
	}
	*over = x + odd > cells;
	if (i == n || !l->words)
		return i;
	/* The space between two words isn't shown. */
	if (p[i] == ' ' && i >= command)
		return i + 1;
	/* In a word only if the word fits in no row. */
	if (2 * space <= i && (space == 0 || print_word(p + space, n - space) >
	    (size_t)cells))
		return i;
	row->len = before;
	return space;
}

/* Write a row while the terminal doesn't wrap. No signal that would end us comes
 * before it does so again. */
static void
print_unwrapped(FILE *f, const struct buf *row)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	sigset_t ends, mask;

	buf_adds(&b, PRINT_UNWRAPPED);
	buf_add(&b, row->p, row->len);
	buf_adds(&b, PRINT_WRAPPED);
	fflush(f);
	sigfillset(&ends);
	sigdelset(&ends, SIGTTOU);
	(void)sigprocmask(SIG_BLOCK, &ends, &mask);
	(void)fs_write_all(fileno(f), b.p, b.len);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* The start of a row. On a terminal that is too narrow for it, only the
 * mark. */
static void
print_head(const struct print_line *l, bool first, bool bar, struct buf *b)
{
	const char *more = l->own ? "" : print_mark();

	buf_clear(b);
	if (first)
		buf_adds(b, l->lead);
	else
		buf_addf(b, "%s%s%s", l->rest, bar ? "| " : "", more);
	if (l->columns > 0 && l->columns - sanitize_width(buf_str(b), b->len,
	    0) < PRINT_CELLS) {
		buf_clear(b);
		buf_adds(b, more);
	}
}

/* Print one line, without its end. */
static void
print_rows(struct print_line *l, const char *p, size_t n)
{
	bool bar = n > 1 && memcmp(p, "| ", 2) == 0, first = true, over;
	AUTO_BUF struct buf head = BUF_INIT(0), row = BUF_INIT(0);
	size_t len;
	int cells;

	print_line_ready(l);
	/* Flush earlier output first, so that this doesn't land in its
	 * middle. */
	if (l->f == stderr)
		fflush(stdout);
	do {
		print_head(l, first, bar, &head);
		/* Only we begin a row with the mark. */
		if (first && l->columns > 0 && n > 1 &&
		    memcmp(p, print_mark(), 2) == 0) {
			len = p[0] == '\\' ? 1 : 2;
			buf_adds(&head, len == 1 ? "<5C>" : "<U+00BB>");
			p += len;
			n -= len;
		}
		cells = l->columns == 0 ? INT_MAX : l->columns + l->column -
		    sanitize_width(buf_str(&head), head.len, 0);
		buf_clear(&row);
		buf_addf(&row, "%s%s", l->colour == NULL ? "" : l->colour,
		    buf_str(&head));
		len = print_cut(l, &row, p, n, cells < 1 ? 1 : cells, &over);
		p += len;
		n -= len;
		if (l->colour != NULL && l->colour[0] != '\0')
			buf_adds(&row, PRINT_COLOUR_END);
		if (n > 0 || !l->open)
			buf_addc(&row, '\n');
		if (over && l->stops)
			print_unwrapped(l->f, &row);
		else
			fwrite(row.p, 1, row.len, l->f);
		first = false;
		l->column = 0;
	} while (n > 0);
}

/* One of a diff: its sign belongs to what is before it. */
static void
print_diff_line(const struct print_line *of, const char *p, size_t n)
{
	enum diff_line_kind kind = diff_line(of->diff, p, n);
	size_t sign = n > 0 && (kind == DIFF_LINE_OLD || kind ==
	    DIFF_LINE_NEW || kind == DIFF_LINE_SAME);
	AUTO_FREE char *lead = xasprintf("%s%.*s", of->lead, (int)sign, p);
	struct print_line l = *of;

	l.lead = l.rest = lead;
	l.column = (int)sign;
	l.colour = l.colours ? print_diff_colour(kind) : NULL;
	print_rows(&l, p + sign, n - sign);
}

/* Each line of a text; the last may lack its end. */
static void
print_each(struct print_line *l, const char *p, size_t n)
{
	const char *end = p + n, *nl;
	bool open = l->open;

	print_line_ready(l);
	do {
		nl = memchr(p, '\n', (size_t)(end - p));
		l->open = open && nl == NULL;
		nl = nl == NULL ? end : nl;
		if (l->diff != NULL)
			print_diff_line(l, p, (size_t)(nl - p));
		else
			print_rows(l, p, (size_t)(nl - p));
		l->lead = l->rest;
		p = nl + 1;
	} while (p < end);
}

void
print_wrap(FILE *f, int columns, int indent, const char *text)
{
	AUTO_FREE char *rest = xasprintf("%*s", indent, "");

	print_rows(&(struct print_line){ .f = f, .columns = columns,
	    .lead = "", .rest = rest, .words = true, .own = true }, text,
	    strlen(text));
}

void
print_as(FILE *f, int columns)
{
	print_fake.f = f;
	print_fake.columns = columns;
}

void
print_foreign(FILE *f, const char *p, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (n == 0)
		return;
	if (!print_is_terminal(f)) {
		fwrite(p, 1, n, f);
		return;
	}
	sanitize_add(&b, p, n, SANITIZE_LINES | sanitize_locale());
	fwrite(b.p, 1, b.len, f);
}

static void
print_lines_of(FILE *f, struct diff_lines *diff, const char *p, size_t n)
{
	struct print_line l = { .f = f, .lead = "", .rest = "", .diff = diff };

	if (n == 0 || !print_is_terminal(f))
		print_foreign(f, p, n);
	else
		print_each(&l, p, n);
}

void
print_lines(FILE *f, const char *p, size_t n)
{
	print_lines_of(f, NULL, p, n);
}

void
print_diff(FILE *f, const char *p, size_t n)
{
	print_lines_of(f, &(struct diff_lines){ 0 }, p, n);
}

void
print_hunk(FILE *f, const char *p, size_t n)
{
	print_lines_of(f, &(struct diff_lines){ INT_MAX, INT_MAX }, p, n);
}

void
print_question(FILE *f, const char *text)
{
	struct print_line l = { .f = f, .lead = "", .rest = "", .words = true,
		.open = true };

	print_each(&l, text, strlen(text));
	fputc(' ', f);
}

/* Is this a name that a new file may replace, a symlink, too? Not a pipe or a
 * device, or the target of /dev/stdout and the like. */
static bool
print_file_replaces(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 || S_ISREG(st.st_mode) ||
	    (S_ISLNK(st.st_mode) && strncmp(path, "/dev/", 5) != 0 &&
	    strncmp(path, "/proc/", 6) != 0);
}

int
print_file_check(const char *path, struct err *e)
{
	struct stat st;
	AUTO_FREE char *copy = xstrdup_null(path);
	const char *dir = path == NULL ? NULL : dirname(copy);

	if (path == NULL)
		return 0;
	if (fs_check_linked(".", dir, e) < 0)
		return -1;
	if ((print_file_replaces(path) ? lstat(path, &st) : stat(path, &st)) == 0 &&
	    !S_ISLNK(st.st_mode)) {
		if (S_ISDIR(st.st_mode))
			return err_set(e, "%s is a directory", path);
		return access(path, W_OK) == 0 ? 0 : err_sys(e, "%s", path);
	}
	return access(dir, W_OK) == 0 ? 0 : err_sys(e, "%s", path);
}

int
print_file(const char *path, const char *p, size_t n,
    void print(FILE *, const char *, size_t), struct err *e)
{
	FILE *f;
	int rc;

	if (print_file_check(path, e) < 0)
		return -1;
	if (print_file_replaces(path))
		return fs_replace(AT_FDCWD, path, p, n, 0644, e);
	f = fopen(path, "we");
	if (f != NULL)
		print(f, p, n);
	rc = f == NULL || ferror(f) ? -1 : 0;
	if ((f != NULL && fclose(f) != 0) || rc < 0)
		rc = err_sys(e, "can't write %s", path);
	return rc;
}

/* Does a format have a text, which may be a stranger's? */
static bool
print_has_text(const char *fmt)
{
	while ((fmt = strchr(fmt, '%')) != NULL) {
		fmt += 1 + strspn(fmt + 1, "0123456789.*-+ #hjltz");
		if (*fmt == 's')
			return true;
	}
	return false;
}

void
print_words(FILE *f, const char *fmt, ...)
{
	struct print_line l = { .f = f, .words = true,
		.own = !print_has_text(fmt) };
	AUTO_FREE char *text = NULL, *lead = NULL, *rest = NULL;
	va_list ap;
	size_t n, i;

	for (; *fmt == '\n'; fmt++)
		fputc('\n', f);
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	n = strspn(fmt, PRINT_LEADS);
	l.lead = lead = xmemdup(text, n);
	l.rest = rest = xasprintf("%s%s", lead, l.own ? "  " : "");
	for (i = 0; i < n; i++)
		if (strchr("|>", rest[i]) == NULL)
			rest[i] = ' ';
	print_rows(&l, text + n, strlen(text + n));
}

void
print_dim(FILE *f, const char *text)
{
	struct print_line l = { .f = f, .lead = "", .rest = "  ", .words = true,
		.own = true, .colour = print_has_colours(f) ? "\033[2m" :
		NULL };

	if (text[0] != '\0')
		print_rows(&l, text, strlen(text));
}

void
print_text(FILE *f, const char *first, const char *rest, const char *text)
{
	struct print_line l = { .f = f, .lead = first, .rest = rest,
		.words = true };
	size_t n = strlen(text);

	while (n > 0 && text[n - 1] == '\n')
		n--;
	print_each(&l, text, n);
}

/* "  label: a, b, c"; nothing for an empty list. */
static void
print_list(FILE *f, const char *label, const struct buf *b)
{
	if (b->len > 0)
		print_words(f, "  %s: %s", label, buf_str(b));
}

/* The auto-approvals; later only what accepts changes. */
static void
print_grants(FILE *f, const struct fold *fold, bool start)
{
	static const char *const again[] = { "allow_protected", "approve",
		"rollback" };

	MEM_EACH(fold, grants, grant)
		if (!start && MEM_FIND(again, grant->setting) == NULL)
			continue;
		else if (strcmp(grant->setting, "plan") == 0 &&
		    strcmp(grant->value, "skip") == 0)
			print_words(f, ev_is(grant->from, "--plan") ?
			    "no plan (--plan skip)" :
			    "no plan (the setting plan)");
		else
			print_words(f, "  auto-approval: %s", grant->text);
}

void
print_sandbox(FILE *f, const char *before, const char *line)
{
	AUTO_FREE char *own = sanitize_own(line, print_is_terminal(f) ?
	    sanitize_locale() : 0);

	print_words(f, "%s%s", before, own);
}

/* Prints JSON, to a terminal or elsewhere. */

/* Escape control characters, for a terminal; malloc'ed. */
static char *
print_json_escaped(const char *p, size_t n)
{
	size_t i, used;
	struct buf b = BUF_INIT(0);
	uint32_t cp;

	for (i = 0; i < n; i += used) {
		used = utf8_next(p + i, n - i, &cp);
		if (used == 0) {
			used = 1;
			buf_adds(&b, "\\ufffd");
		} else if (cp == ' ' && i > 0 && p[i - 1] == ' ') {
			/* A second space is escaped, or the text could reach
			 * the margin. */
			buf_adds(&b, "\\u0020");
		} else if (sanitize_is_plain(cp, 0)) {
			buf_add(&b, p + i, used);
		} else if (cp < 0x10000) {
			buf_addf(&b, "\\u%04x", (unsigned)cp);
		} else {
			cp -= 0x10000;
			buf_addf(&b, "\\u%04x\\u%04x",
			    0xd800 + (unsigned)(cp >> 10),
			    0xdc00 + (unsigned)(cp & 0x3ff));
		}
	}
	return buf_take(&b);
}

void
print_json(FILE *f, const char *p, size_t n)
{
	AUTO_FREE char *s = NULL;

	if (print_is_terminal(f)) {
		s = print_json_escaped(p, n);
		fputs(s, f);
	} else
		fwrite(p, 1, n, f);
	fputc('\n', f);
}

void
print_object(const cJSON *o)
{
	AUTO_FREE char *text = json_print(o);

	print_json(stdout, text, strlen(text));
}

/* The report at the end of a task. */

/* "a, old -> new" of agent_end. */
struct print_renamed {
	char		*path;
	const char	*from;		/* its old name; NULL: this is an old
					   name */
};

static void
print_changed(FILE *f, const struct fold *fold, const struct ev_agent_end *end)
{
	AUTO(pathmap_release) struct pathmap names = { 0 };
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct print_renamed *r;

	MEM_EACH(end, renamed, it) {
		if (it->from == NULL || it->path == NULL)
			continue;
		(void)pathmap_add(&names, it->from, sizeof(*r));
		r = pathmap_add(&names, it->path, sizeof(*r));
		r->from = it->from;
	}
	MEM_EACH(end, modified_files, p) {
		r = pathmap_find(&names, *p);
		if (r == NULL || r->from != NULL)
			buf_addf(&b, "%s%s%s%s%s", b.len > 0 ? ", " : "",
			    r == NULL ? "" : r->from, r == NULL ? "" : " -> ",
			    *p, r == NULL && fold_is_gone(fold, *p) ?
			    " (deleted)" : "");
	}
	print_list(f, "changed", &b);
}

#define PRINT_FINDINGS 3
#define PRINT_ADDS 20

void
print_findings(FILE *f, const struct fold *fold)
{
	const struct fold_findings *all = &fold->findings;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = 0;

	MEM_EACH(all, list, g) {
		/* Only a linter's have it. */
		if (g->source == NULL || n++ >= PRINT_FINDINGS)
			continue;
		buf_addf(&b, "%s%s: ", n > 1 ? "; " : "", g->by);
		json_path_text(&b, g->path);
		buf_addf(&b, ":%d: %s", g->line, g->message);
	}
	if (n > PRINT_FINDINGS)
		buf_addf(&b, "; %zu more", n - PRINT_FINDINGS);
	print_list(f, "new with the edits", &b);
}

/* The usage of a task or a session. */
static void
print_usage(FILE *f, const char *what, const struct task_usage_sum *used)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	/* There were no turns, as in `try`. */
	if (used->turns == 0)
		return;
	task_usage_line(&b, used);
	fprintf(f, "  %s: %s\n", what, buf_str(&b));
}

/* Hunks accepted by each rule and by you, and the auto-approvals. */
static void
print_accepted(FILE *f, const struct fold *fold)
{
	struct facts_hunks h = facts_hunks(&fold->facts, FACTS_OF_TASK);
	AUTO_BUF struct buf b = BUF_INIT(0);

	facts_add_accepted(&b, &h);
	print_list(f, "accepted", &b);
	print_grants(f, fold, false);
}

bool
print_end_limit(struct buf *b, const struct ev_limit_met *limit)
{
	int kind = limit == NULL ? LIMIT_NONE : limit_find(limit->what);

	if (kind == LIMIT_NONE)
		return false;
	buf_addf(b, "limit on %s: ", limit_rows[kind].word);
	limit_text(b, kind, limit_from_json(kind, limit->used));
	buf_adds(b, " of ");
	limit_text(b, kind, limit_from_json(kind, limit->limit));
	if (limit_rows[kind].flag != NULL)
		buf_addf(b, " (%s)", limit_rows[kind].flag);
	return true;
}

/* The limit that was reached, and the progress. */
static void
print_limit(FILE *f, const struct ev_agent_end *end)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;
	int done = 0;

	if (print_end_limit(&b, end->limit))
		print_words(f, "  %s", buf_str(&b));
	buf_clear(&b);
	MEM_EACH(end, steps, step)
		done += step->done;
	if (end->steps_len > 0)
		print_words(f, "  plan: %d of %zu steps done", done,
		    end->steps_len);
	cJSON_ArrayForEach(it, end->calls)
		if (cJSON_IsNumber(it))
			buf_addf(&b, "%s%g %s", b.len > 0 ? ", " : "",
			    it->valuedouble, it->string);
	print_list(f, "calls", &b);
}

/* How it ended; of `try`, how its command failed, too. */
static void
print_outcome(struct buf *b, const struct fold *fold)
{
	const struct fold_item *it = fold_tried(fold);

	if (it != NULL && !it->ok && it->summary != NULL &&
	    !ev_is(it->summary, "sandbox"))
		buf_addf(b, "the command failed (%.*s): ", (int)strcspn(
		    it->summary, ",:\n"), it->summary);
	buf_adds(b, fold_outcome(fold));
	fold_add_rejected(b, fold->end.rejected,
	    fold->end.decided);
}

/* What speaks against the changes, though the check passed; and how much it
 * notices. */
static void
print_disproofs(FILE *f, const struct fold *fold,
    const struct ev_agent_end *end)
{
	AUTO_BUF struct buf words = BUF_INIT(0);
	int which;

	for (which = 0; which < FOLD_PROOFS && end->proofs_len > 0; which++) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		if (fold_proof_words(&b, fold, (enum fold_proof_which)which))
			print_words(f, "  proof: %s", buf_str(&b));
	}
	fold_notice_words(&words, fold);
	if (end->notice != NULL && words.len > 0)
		print_words(f, "  %s", buf_str(&words));
}

/* What the accepted hunks add. */
static void
print_adds(FILE *f, const struct ev_agent_end *end)
{
	size_t n = 0;

	MEM_EACH(end, adds, it) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		if (n++ == PRINT_ADDS) {
			print_words(f, "  adds: %zu more (assent log)",
			    end->adds_len - PRINT_ADDS);
			break;
		}
		fold_add_name(&b, ev_str(it->path, "?"));
		print_words(f, "  adds: %s:%lld: %s", buf_str(&b),
		    (long long)it->line, ev_str(it->what, ""));
	}
}

/* `said`: its summary was already printed. */
static void
print_end(FILE *f, const struct fold *fold, const struct ev_agent_end *end,
    bool said)
{
	const struct ev_check_end *check = end->check;
	const struct task_usage_sum task = task_usage_whole(
	    &fold->facts.usage);
	AUTO_BUF struct buf outcome = BUF_INIT(0), how = BUF_INIT(0),
	    left = BUF_INIT(0);
	int dropped = (int)end->dropped;
	const char *summary = said ? "" : ev_str(end->summary, "");

	print_outcome(&outcome, fold);
	/* The outcome comes first: the model's claim proves nothing. */
	buf_adds(&outcome, summary[0] == '\0' ? "" : fold->end.answered ?
	    "\n" : ": ");
	buf_adds(&outcome, summary);
	fputc('\n', f);
	print_text(f, "", PRINT_MODEL, buf_str(&outcome));
	if (ev_is(end->outcome, "limit"))
		print_limit(f, end);
	if (dropped > 0)
		print_words(f, "  ended without a plan: its changes to %d "
		    "file%s weren't kept; --plan skip runs a task without one",
		    dropped, dropped == 1 ? "" : "s");
	if (end->setup_failed)
		print_words(f, "  worktree_setup failed");
	MEM_EACH(end, mcp_missing, it)
		print_words(f, "  %s", it->text);
	print_changed(f, fold, end);
	print_findings(f, fold);
	fold_add_not_written(&left, end);
	print_list(f, "not written", &left);
	print_accepted(f, fold);
	print_adds(f, end);
	if (check != NULL) {
		fold_add_check_end(&how, fold, check, "");
		print_words(f, "  check: %s: %s (%s)", check->command,
		    buf_str(&how), fold_check_source(check->by));
	}
	print_disproofs(f, fold, end);
	print_usage(f, "used", &task);
	if (fold->facts.usage.session.turns > task.turns)
		print_usage(f, "whole session", &fold->facts.usage.session);
}

/* Prints a journal line: most types by the items that the fold makes of them
 * (EVENT_SHOWN), the others by a function and a row in print_types. */

static void
print_session_start(FILE *f, const struct fold *fold, const struct event *e)
{
	const cJSON *model = e->session_start.model;
	const cJSON *sandbox = e->session_start.sandbox;
	/* "podman:NAME" */
	const char *image = json_str(sandbox, "image") == NULL ? NULL :
	    strchr(json_str_or(e->session_start.settings, "sandbox", ""), ':');
	AUTO_BUF struct buf how = BUF_INIT(0);

	print_words(f, "session %s in %s", ev_str(e->session_start.session,
	    "?"), ev_str(e->session_start.root, "?"));
	if (ev_is(e->session_start.mode, "review")) {
		print_words(f, "%s", ev_str(e->session_start.task, "review"));
		return;
	}
	if (cJSON_IsObject(model))
		buf_addf(&how, "model %s/%s \u00b7 ", json_str_or(model,
		    "provider", "?"), json_str_or(model, "name", "?"));
	fold_add_sandbox(&how, fold, true);
	if (image != NULL)
		buf_addf(&how, ", image %s", image + 1);
	print_sandbox(f, "", buf_str(&how));
	/* If there is no sandbox, a note has the details. */
	if (json_str(sandbox, "why") != NULL &&
	    !json_is(sandbox, "level", "none"))
		print_words(f, "  (%s)", json_str(sandbox, "why"));
	if (json_str(sandbox, "open") != NULL)
		print_words(f, "  commands can reach: %s",
		    json_str(sandbox, "open"));
	print_grants(f, fold, true);
}

static void
print_mode(FILE *f, const struct fold *fold, const struct event *e)
{
	const struct ev_mode *m = &e->mode;

	if (m->effort != NULL || m->plan != NULL) {
		print_words(f, "%s", ev_str(m->text, ""));
		return;
	}
	print_words(f, "approve: %s", ev_str(m->approve, "?"));
	print_grants(f, fold, false);
}

/* "before: text"; if the text has several lines, they are below. */
static void
print_titled(FILE *f, const char *before, const char *text)
{
	size_t n = strcspn(text, "\n");
	bool one = text[n] == '\0' || text[n + 1] == '\0';

	print_words(f, "%s%s%.*s", before, one && n > 0 ? ": " : "",
	    one ? (int)n : 0, text);
	if (!one)
		print_text(f, "    ", "    ", text);
}

static void
print_call(FILE *f, const struct fold_item *it)
{
	if (it->own) {
		fputc('\n', f);
		print_text(f, "> ", "> ", it->title);
	} else
		print_words(f, "* %s", it->title);
}

static void
print_item(FILE *f, const struct fold_item *it)
{
	const char *text = it->text == NULL ? "" : it->text;

	switch (it->kind) {
	case ITEM_USER:
		if (text[0] != '\0')
			print_text(f, "> ", "> ", text);
		break;
	case ITEM_ASSISTANT:
		if (it->refusal)
			print_words(f, "\nthe model refused: %s", text);
		else if (text[strspn(text, " \n")] != '\0') {
			fputc('\n', f);
			print_text(f, PRINT_MODEL, PRINT_MODEL, text);
		}
		break;
	case ITEM_ASIDE:
	case ITEM_SUMMARY:
		print_words(f, "\n%s%s", it->kind == ITEM_ASIDE ? "" :
		    "note: ", it->title);
		if (text[0] != '\0')
			print_text(f, PRINT_MODEL, PRINT_MODEL, text);
		break;
	case ITEM_TOOL:
		print_call(f, it);
		break;
	case ITEM_PLAN:
	case ITEM_DECISION:
	case ITEM_APPLIED:
	case ITEM_EVIDENCE:
	case ITEM_NOTE:
		if (it->title != NULL) {
			print_titled(f, it->title, text);
			break;
		}
		/* FALLTHROUGH */
	case ITEM_ERROR:
	case ITEM_RETRY:
		print_text(f, it->kind == ITEM_ERROR ? "error: " : it->kind ==
		    ITEM_RETRY ? "retry: " : "note: ", "    ", text);
		break;
	default:
		break;
	}
}

/* Print the items that the event added, as in the transcript. The event may be
 * an old one that is printed late. */
static void
print_items(FILE *f, const struct fold *fold, const struct event *e)
{
	size_t i, end = fold->items_len;

	while (end > 0 && fold->items[end - 1].seq > e->seq)
		end--;
	for (i = end; i > 0 && fold->items[i - 1].seq == e->seq; i--)
		;
	for (; i < end; i++)
		print_item(f, &fold->items[i]);
}

/* The open proposal's changes; `files`: with a line for each. */
static void
print_proposal(FILE *f, const struct fold *fold, bool files)
{
	const struct fold_item *it = fold_item_last(fold, ITEM_PROPOSAL);

	if (it == NULL)
		return;
	print_words(f, "\n%s", it->title);
	if (files)
		print_text(f, "  ", "  ", it->text);
}

static void
print_user_message(FILE *f, const struct fold *fold, const struct event *e)
{
	fputc('\n', f);
	if (e->user_message.again && !ev_is(e->user_message.text, ""))
		print_words(f, "repeated:");
	print_items(f, fold, e);
}

/* Print only how a call failed, and how a command of the user ended: the
 * journal has the complete result. */
static void
print_tool_result(FILE *f, const struct fold *fold, const struct event *e)
{
	const struct ev_tool_result *l = &e->tool_result;
	const struct fold_item *it = fold->items + fold->items_len;
	bool ran = l->exit.is || l->signal.is || l->killed != NULL;
	const char *said, *name;
	size_t n, cut;

	while (it > fold->items && it[-1].result_seq != e->seq)
		it--;
	if (it-- == fold->items || (it->ok && !it->own && l->met == NULL))
		return;
	said = ran && it->summary != NULL ? it->summary : ev_str(l->text, "");
	n = strcspn(said, "\n");
	/* Calls run side by side: it names its own. */
	name = it->own ? "" : it->title;
	cut = utf8_cut(name, strlen(name), PRINT_NAME_MAX);
	print_words(f, "  %.*s%s%s%s%.*s", (int)cut, name, name[cut] == '\0' ?
	    "" : "...", it->own ? "" : ": ", ran ? "" : "failed: ", (int)n,
	    said);
	if (ran && said[n] != '\0')
		print_text(f, "  ", "  ", said + n + 1);
}

void
print_plan_of(FILE *f, const struct fold_plan *plan)
{
	AUTO_BUF struct buf rows = BUF_INIT(0);

	print_words(f, "\nplan v%d: %s", plan->version - plan->before,
	    plan->goal == NULL ? "" : plan->goal);
	fold_plan_rows(plan, &rows);
	if (rows.len > 0)
		print_text(f, "  ", "  ", rows.p);
	MEM_EACH(plan, notes, x)
		print_words(f, "your note on %s: %s", x->at, x->text);
}

static void
print_plan(FILE *f, const struct fold *fold, const struct event *e)
{
	if (ev_is(e->plan.status, "proposed") &&
	    e->plan.version == fold->plan.version)
		print_plan_of(f, &fold->plan);
	else
		print_items(f, fold, e);
}

static void
print_evidence(FILE *f, const struct fold *fold, const struct event *e)
{
	print_items(f, fold, e);
	if (!ev_is(e->evidence.status, "done"))
		return;
	if (e->evidence.returned > 0)
		print_words(f, "  %s said it was done; it gets the output and "
		    "continues", fold_agent_or(fold, "the model"));
	else if (fold->evidence.returned > 0)
		print_words(f, "  failed %d time%s before",
		    fold->evidence.returned,
		    fold->evidence.returned == 1 ? "" : "s");
}

static void
print_ask(FILE *f, const struct fold *fold UNUSED, const struct event *e)
{
	const char *why = ev_str(e->ask.why, "");

	print_words(f, "%s: %s", why[0] == '\0' ? "needs permission" : why,
	    ev_str(e->ask.command, "?"));
}

void
print_line(FILE *f, const struct fold *fold, const struct event *e,
    unsigned flags)
{
	static void (*const print_types[EVENT_TYPES_LEN])(FILE *,
	    const struct fold *, const struct event *) = {
		[EVENT_ASK] = print_ask,
		[EVENT_EVIDENCE] = print_evidence,
		[EVENT_MODE] = print_mode,
		[EVENT_PLAN] = print_plan,
		[EVENT_SESSION_START] = print_session_start,
		[EVENT_TOOL_RESULT] = print_tool_result,
		[EVENT_USER_MESSAGE] = print_user_message,
	};

	if (e->type == EVENT_PROPOSAL && fold->proposal != NULL)
		print_proposal(f, fold, (flags & PRINT_FILES) != 0);
	else if (e->type == EVENT_AGENT_END)
		print_end(f, fold, &e->agent_end, (flags & PRINT_SAID) != 0);
	else if (print_types[e->type] != NULL)
		print_types[e->type](f, fold, e);
	else if ((event_rows[e->type].flags & EVENT_SHOWN) != 0)
		print_items(f, fold, e);
}

/* ---- a session's journal ----
 *
 * The words come from the fold's transcript, so that log and UI agree; a
 * proposal shows its new hunks. All text goes through the sanitizer. */

#define LOG_TEXT_LINES 40	/* of one text; --json has all */
#define LOG_SUMMARY_LINES 1000	/* readable by a person */

struct log {
	FILE		*out;
	bool		 json;		/* the lines as they are */
	struct fold	*fold;
};

#define LOG_LEAD	"    "

/* Print at most so many lines (0: all); `diff`: the text is a diff. */
static void
log_text(struct log *l, const char *lead, const char *text, size_t len,
    int most, struct diff_lines *diff)
{
	struct print_line line = { .f = l->out, .lead = lead, .rest = lead,
		.words = diff == NULL, .diff = diff };
	const char *end = text + len, *p = text;
	size_t left = 0;
	int lines;

	for (lines = 0; p < end && (most == 0 || lines < most); lines++)
		p = mem_line_after(p, end);
	if (p > text)
		print_each(&line, text, (size_t)(p - text));
	for (; p < end; left++)
		p = mem_line_after(p, end);
	if (left > 0)
		fprintf(l->out, "    [%zu more line%s; --json has %s]\n",
		    left, left == 1 ? "" : "s", left == 1 ? "it" : "them");
}

static const char *
log_time(const struct event *e)
{
	return strlen(e->t) >= 19 ? e->t + 11 : "--:--:--";
}

/* "08:32:06     7 tool       make check: ok". */
static void
log_title(const struct log *l, const struct event *e, const char *what,
    const char *title, const char *more)
{
	print_words(l->out, "%.8s %5lld %-*s%s%s", log_time(e),
	    (long long)e->seq, title == NULL ? 0 : 11, what,
	    title == NULL ? "" : title, more);
}

static void
log_item(struct log *l, const struct event *e, const struct fold_item *it)
{
	static const char *const names[] = {
		[ITEM_USER] = "user", [ITEM_ASSISTANT] = "model",
		[ITEM_THINKING] = "thinking", [ITEM_TOOL] = "tool",
		[ITEM_PLAN] = "plan", [ITEM_PROPOSAL] = "proposal",
		[ITEM_DECISION] = "decision", [ITEM_APPLIED] = "applied",
		[ITEM_EVIDENCE] = "evidence", [ITEM_ERROR] = "error",
		[ITEM_RETRY] = "retry", [ITEM_NOTE] = "note",
		[ITEM_END] = "end", [ITEM_SUMMARY] = "summary",
		[ITEM_ASIDE] = "aside",
	};
	bool result = it->kind == ITEM_TOOL && !it->running;
	bool after = it->summary != NULL && it->kind != ITEM_END;
	AUTO_FREE char *more = xasprintf("%s%s%s", !result ? "" : it->ok ?
	    ": ok" : ": failed", after ? ", " : "", after ? it->summary : "");
	const char *text;

	log_title(l, e, result ? "result" : it->own ? "user" :
	    names[it->kind], it->title, more);
	if (it->summary != NULL && it->kind == ITEM_END)
		log_text(l, LOG_LEAD, it->summary, strlen(it->summary),
		    LOG_TEXT_LINES, NULL);
	/* A diff comes with the proposal. */
	text = !it->diff ? it->text : e->type == EVENT_TOOL_RESULT ?
	    e->tool_result.text : NULL;
	if (text != NULL)
		/* The model's summary is below facts of ours. */
		log_text(l, it->kind == ITEM_END ? LOG_LEAD PRINT_MODEL :
		    LOG_LEAD, text, strlen(text), it->kind == ITEM_SUMMARY ||
		    it->kind == ITEM_ASIDE ? LOG_SUMMARY_LINES :
		    LOG_TEXT_LINES, NULL);
}

/* The hunks of a file of a proposal that are new to the fold. */
static void
log_diff(const struct log *l, const struct ev_proposed_file *f,
    struct buf *diff)
{
	const char *path = ev_str(f->path, "?");
	bool named = false;

	MEM_EACH(f, hunks, h) {
		if (fold_find_hunk(l->fold, h->id, NULL) != NULL ||
		    h->text.len == 0)
			continue;
		/* A newline in a name must not start a line. */
		if (!named)
			buf_addf(diff, "=== %.*s\n", (int)strcspn(path, "\n"),
			    path);
		named = true;
		buf_addf(diff, "@@ -%lld,%lld +%lld,%lld @@\n",
		    (long long)h->old_start, (long long)h->old_lines,
		    (long long)h->new_start, (long long)h->new_lines);
		buf_add(diff, h->text.p, h->text.len);
		if (h->text.p[h->text.len - 1] != '\n')
			buf_addc(diff, '\n');
	}
}

/* The auto-approvals. */
static void
log_grants(struct log *l)
{
	MEM_EACH(l->fold, grants, grant)
		print_words(l->out, "grant    %s", grant->text);
}

static void
log_session(struct log *l, const struct event *e)
{
	const struct fold *f = l->fold;
	const struct { const char *name, *value; } rows[] = {
		{ "session", f->session },
		{ "begun", e->t },
		{ "project", f->root },
		{ "mode", f->mode },
		{ f->agent == NULL ? "model" : "agent", f->model },
		{ "sandbox", f->sandbox.line },
		{ "because", f->sandbox.why },
		{ "task", f->task.first },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		AUTO_FREE char *own = rows[i].value != f->sandbox.line ? NULL :
		    sanitize_own(rows[i].value == NULL ? "" : rows[i].value,
		    print_is_terminal(l->out) ? sanitize_locale() : 0);

		if (rows[i].value != NULL)
			print_words(l->out, "%-8s %s", rows[i].name,
			    own != NULL ? own : rows[i].value);
	}
	log_grants(l);
}

static const struct fold_item *
log_find_call(const struct fold *f, const char *id)
{
	MEM_EACH_BACK(f, items, it)
		if (id != NULL && ev_is(it->call_id, id))
			return it;
	return NULL;
}

/* What a call sent and received, after its end. */
static void
log_hosts(const struct log *l, const struct event *e)
{
	MEM_EACH(&e->net_end, hosts, h) {
		AUTO_FREE char *name = fold_net_name(h->host, h->port,
		    h->forward);
		AUTO_FREE char *sums = xasprintf(": %lld connection%s, %lld "
		    "bytes sent, %lld received", (long long)h->connections,
		    h->connections == 1 ? "" : "s", (long long)h->sent,
		    (long long)h->received);

		log_title(l, e, "net", name, sums);
	}
}

static void
log_event(struct log *l, const struct event *e)
{
	struct diff_lines lines = { 0 };
	AUTO_BUF struct buf diff = BUF_INIT(0);
	const struct fold_item *it = NULL;
	struct fold *f = l->fold;
	size_t before = f->items_len, i;

	if (e->type == EVENT_PROPOSAL)
		MEM_EACH(&e->proposal, files, file)
			log_diff(l, file, &diff);
	fold_event(f, e);
	for (i = before; i < f->items_len; i++)
		log_item(l, e, &f->items[i]);
	if (i > before)
		goto out;
	/* Lines that change an item or add none. */
	if (e->type == EVENT_SESSION_START)
		log_session(l, e);
	else if (e->type == EVENT_TOOL_RESULT)
		it = log_find_call(f, e->tool_result.id);
	else if (e->type == EVENT_PROPOSAL && e->proposal.files_len > 0 &&
	    f->items_len > 0)
		it = &f->items[f->items_len - 1];
	if (it != NULL)
		log_item(l, e, it);
	if (e->type == EVENT_TURN_START) {
		AUTO_FREE char *n = xasprintf(" %d", f->turn);

		log_title(l, e, "turn", ev_str(e->turn_start.phase, ""), n);
	} else if (e->type == EVENT_ASK) {
		log_title(l, e, "ask", f->ask.command, "");
	} else if (e->type == EVENT_MODE) {
		log_title(l, e, "mode", f->approve, "");
		log_grants(l);
	} else if (e->type == EVENT_NET_END)
		log_hosts(l, e);
out:
	log_text(l, LOG_LEAD, buf_str(&diff), diff.len, 0, &lines);
}

static int
log_line(void *arg, const char *line, size_t n, struct err *e)
{
	struct log *l = arg;
	AUTO_JSON cJSON *o = l->json ? NULL :
	    json_parse(line, n, JSON_OWN, e);
	AUTO_EVENT struct event event = { 0 };

	if (err_is_set(e))
		return -1;
	event_read(&event, o);
	if (l->json)
		print_json(l->out, line, n);
	else {
		log_event(l, &event);
		fold_drop_texts(l->fold, 0);
	}
	return ferror(l->out) ? err_sys(e, "can't write the log") : 0;
}

int
log_lines(const char *dir, int (*fn)(void *, const char *, size_t,
    struct err *), void *arg, size_t *torn, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "journal.jsonl");
	struct err why = ERR_INIT;
	AUTO(linefile_release) struct linefile r = { 0 };
	struct stat st;
	const char *line;
	size_t n;
	int64_t number = 1;
	AUTO_CLOSE int fd = -1;
	int got;

	if (torn != NULL)
		*torn = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "can't open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, "%s is not a regular file", path);
	r.fd = fd;
	while ((got = linefile_next(&r, &line, &n, &why)) == LINEFILE_LINE) {
		if (fn(arg, line, n, &why) < 0) {
			got = -1;
			break;
		}
		number++;
	}
	if (got < 0)
		err_set(e, "line %lld of %s: %s; see assent log "
		    "--verify", (long long)number, path, why.text);
	if (got == LINEFILE_TORN && torn != NULL)
		*torn = n;
	return got < 0 ? -1 : 0;
}

struct log_events {
	void	(*fn)(void *, const struct event *);
	void	*arg;
};

static int
log_events_line(void *arg, const char *line, size_t n, struct err *e)
{
	const struct log_events *l = arg;
	AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, e);
	AUTO_EVENT struct event event = { 0 };

	if (o == NULL)
		return -1;
	event_read(&event, o);
	l->fn(l->arg, &event);
	return 0;
}

int
log_events(const char *dir, void (*fn)(void *, const struct event *),
    void *arg, struct err *e)
{
	struct log_events l = { fn, arg };

	return log_lines(dir, log_events_line, &l, NULL, e);
}

int
log_print(FILE *out, const char *dir, bool json, struct err *e)
{
	struct log l = { .out = out, .json = json, .fold = fold_new() };
	size_t torn;
	int rc = log_lines(dir, log_line, &l, &torn, e);

	if (torn > 0 && !json)
		fprintf(out, "The last line (%zu bytes) is incomplete.\n",
		    torn);
	if (l.fold->begun.git != NULL)
		fprintf(out, "Line %lld has no git_end: git still runs, or it "
		    "isn't known how it ended.\n",
		    (long long)l.fold->begun.git->seq);
	if (fflush(out) != 0 || ferror(out))
		rc = err_sys(e, "can't write the log");
	fold_free(l.fold);
	return rc;
}
