/* See print.h. */
#include "config.h"

#include "front/print-int.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/ioctl.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/pager.h"
#include "gate/patch.h"
#include "journal/fold-proposal.h"

bool
print_is_terminal(FILE *f)
{
	return isatty(fileno(f)) || pager_has(fileno(f));
}

int
print_columns(FILE *f)
{
	struct winsize ws;

	return ioctl(fileno(f), TIOCGWINSZ, &ws) < 0 ? 0 : ws.ws_col;
}

bool
print_fits(FILE *f, const char *p, size_t n, int around)
{
	struct winsize ws;
	const char *end = p + n, *eol;
	int rows = around, width;

	if (pager_is_on() || ioctl(fileno(f), TIOCGWINSZ, &ws) < 0 ||
	    ws.ws_row == 0 || ws.ws_col == 0)
		return true;
	for (; p < end && rows <= ws.ws_row; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		width = sanitize_width(p, (size_t)(eol - p), sanitize_locale());
		rows += width == 0 ? 1 : (width - 1) / ws.ws_col + 1;
	}
	return rows <= ws.ws_row;
}

bool
print_has_colours(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || no[0] == '\0') && term != NULL &&
	    strcmp(term, "dumb") != 0 && print_is_terminal(f);
}

const char *
print_diff_colour(enum diff_line_kind kind)
{
	static const char *const colours[] = {
		[DIFF_LINE_HEAD] = "\033[1m", [DIFF_LINE_HUNK] = "\033[36m",
		[DIFF_LINE_OLD] = "\033[31m", [DIFF_LINE_NEW] = "\033[32m",
		[DIFF_LINE_SAME] = "", [DIFF_LINE_NOTE] = "",
	};

	return colours[kind];
}

void
print_diff(FILE *f, const char *p, size_t n)
{
	struct diff_lines lines = { 0 };
	const char *end = p + n, *nl, *colour;

	if (!print_has_colours(f)) {
		print_foreign(f, p, n);
		return;
	}
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl == NULL ? end : nl;
		colour = print_diff_colour(diff_line(&lines, p,
		    (size_t)(nl - p)));
		fputs(colour, f);
		print_foreign(f, p, (size_t)(nl - p));
		fputs(colour[0] == '\0' ? "\n" : PRINT_COLOUR_END "\n", f);
	}
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

int
print_file(const char *path, const char *p, size_t n,
    void print(FILE *, const char *, size_t), struct err *e)
{
	FILE *f;
	int rc;

	if (fs_check_output(path, e) < 0)
		return -1;
	if (fs_is_replaced(path))
		return fs_replace(AT_FDCWD, path, p, n, 0644, e);
	f = fopen(path, "we");
	if (f != NULL)
		print(f, p, n);
	rc = f == NULL || ferror(f) ? -1 : 0;
	if ((f != NULL && fclose(f) != 0) || rc < 0)
		rc = err_sys(e, "can't write %s", path);
	return rc;
}

/* Logs are also shown by pagers and web pages. */
static void
print_one(FILE *f, const char *p, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	sanitize_add(&b, p, n, print_is_terminal(f) ? sanitize_locale() : 0);
	fprintf(f, "%s\n", buf_str(&b));
}

void
print_words(FILE *f, const char *fmt, ...)
{
	va_list ap;
	AUTO_FREE char *text = NULL;

	for (; *fmt == '\n'; fmt++)
		fputc('\n', f);
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	print_one(f, text, strlen(text));
}

void
print_text(FILE *f, const char *first, const char *rest, const char *text)
{
	const char *end, *last = text + strlen(text);

	while (last > text && last[-1] == '\n')
		last--;
	for (;; text = end + 1) {
		end = memchr(text, '\n', (size_t)(last - text));
		if (end == NULL)
			end = last;
		fputs(first, f);
		print_one(f, text, (size_t)(end - text));
		if (end == last)
			break;
		first = rest;
	}
}

void
print_proposal_diff(FILE *f, const struct fold_proposal *p)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < p->files_len; i++) {
		patch_write_file(&b, &p->files[i]);
		print_diff(f, b.p, b.len);
		buf_clear(&b);
	}
}

/* "a, b, c" of an array of strings; malloc'ed. */
static char *
print_join(const cJSON *array, const char *between)
{
	struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, array)
		if (cJSON_IsString(it))
			(void)buf_addf(&b, "%s%s", b.len > 0 ? between : "",
			    it->valuestring);
	return buf_take(&b);
}

void
print_list(FILE *f, const char *label, const cJSON *array)
{
	AUTO_FREE char *text = print_join(array, ", ");

	if (text[0] != '\0')
		print_words(f, "  %s: %s", label, text);
}

/* The auto-approvals. */
void
print_grants(FILE *f, const struct fold *fold)
{
	size_t i;

	for (i = 0; i < fold->grants_len; i++)
		print_words(f, "  auto-approval: %s", fold->grants[i]);
}

void
print_sandbox(FILE *f, const char *before, const char *line)
{
	AUTO_FREE char *own = sanitize_own(line, print_is_terminal(f) ?
	    sanitize_locale() : 0);

	print_words(f, "%s%s", before, own);
}
