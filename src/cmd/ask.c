/* See ask.h. */

#include "config.h"

#include "cmd/ask.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/client.h"
#include "front/editor.h"
#include "front/print.h"
#include "gate/patch.h"
#include "journal/fold.h"

#define LINE_MAX_BYTES 4096

/* What was typed before a prompt is dropped: also a line without its end, which
 * is seen only outside canonical mode. */
static bool
ask_drop_typed(void)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	struct termios now, raw;
	bool any;

	if (tcgetattr(STDIN_FILENO, &now) < 0)
		return false;
	raw = now;
	raw.c_lflag &= ~(tcflag_t)ICANON;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	any = poll(&fd, 1, 0) > 0 && (fd.revents & POLLIN) != 0;
	/* It also waits for what was printed. */
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	return any;
}

void
ask_prompt(FILE *out, const char *text)
{
	fflush(stdout);
	fflush(out);
	if (ask_drop_typed())
		fputs("\n(ignored what was typed before the question)\n", out);
	print_foreign(out, text, strlen(text));
	putc(' ', out);
	fflush(out);
}

char *
ask_line(const char *question)
{
	char line[LINE_MAX_BYTES];
	ssize_t n;

	ask_prompt(stderr, question);
	n = fs_read(STDIN_FILENO, line, sizeof(line));
	if (n <= 0) {
		fputc('\n', stderr);
		return NULL;
	}
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	return xmemdup(line, (size_t)n);
}

bool
ask_yes(const char *question)
{
	AUTO_FREE char *asked = xasprintf("%s [Y,n]", question);
	AUTO_FREE char *line = ask_line(asked);

	while (line != NULL && (strcmp(line, "y") == 0 ||
	    strcmp(line, "yes") == 0))
		FREE_SET(line, ask_line(ASK_CAPITAL));
	return line != NULL && strcmp(line, "Y") == 0;
}

static void
ask_side(struct buf *b, const struct fold_side *s)
{
	if (!s->exists)
		buf_adds(b, "no file");
	else
		buf_addf(b, "%lld bytes, sha256 %.16s", (long long)s->size,
		    s->hash == NULL ? "?" : s->hash);
}

void
ask_whole(struct buf *b, const struct fold_file *f)
{
	buf_addf(b, "%s%s%s: ", fold_file_lacks(f),
	    fold_file_kind(f)[0] == '\0' ? "" : ", ", fold_file_kind(f));
	ask_side(b, &f->before);
	buf_adds(b, " -> ");
	ask_side(b, &f->after);
	buf_adds(b, "; accept or reject it as a whole");
}

static void
ask_own_notes(FILE *out, const struct fold_file *f)
{
	if (f->protected_by != NULL)
		print_words(out, "protected: %s: %s", f->path,
		    f->protected_by);
	if (f->judges)
		print_words(out, "affects the success check: %s", f->path);
	if (f->note != NULL)
		print_words(out, "note: %s: %s", f->path, f->note);
}

static void
ask_meanwhile(FILE *out, const struct fold_file *f)
{
	if (f->meanwhile == NULL)
		return;
	print_words(out, "the change on disk:");
	fflush(stdout);
	print_diff(out, f->meanwhile, f->meanwhile_len);
}

void
ask_notes(FILE *out, const struct fold_file *f)
{
	ask_own_notes(out, f);
	ask_meanwhile(out, f);
}

void
ask_show(FILE *out, const struct fold_file *f, size_t i)
{
	struct fold_file one = *f;
	AUTO_BUF struct buf b = BUF_INIT(0);

	one.hunks = &f->hunks[i];
	one.hunks_len = 1;
	patch_write_file(&b, &one);
	print_diff(out, b.p, b.len);
	if (f->binary) {
		buf_clear(&b);
		ask_whole(&b, f);
		print_words(out, "%s", buf_str(&b));
	}
	/* Printed for each: the first may have been answered long ago. */
	ask_own_notes(out, f);
	if (f->hunks[i].overwrites) {
		print_words(out, "%s", FOLD_OVERWRITES);
		ask_meanwhile(out, f);
	}
	if (f->hunks[i].reason != NULL)
		print_words(out, "the model says: %s", f->hunks[i].reason);
	if (i == 0 && f->reason != NULL)
		print_words(out, "the model says: %s", f->reason);
	if (f->written_by != NULL)
		print_words(out, "written by %s", f->written_by);
}

/* Do these lines fit on the terminal, and so many rows beside them? A pager's, or
 * one without a size, fits any. */
static bool
ask_fits_terminal(FILE *f, const char *p, size_t n, int around)
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
ask_fits(const struct fold_file *f, size_t i, int around)
{
	AUTO_FREE char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (out == NULL)
		return true;
	ask_show(out, f, i);
	return fclose(out) != 0 || ask_fits_terminal(stdout, text, n, around);
}
