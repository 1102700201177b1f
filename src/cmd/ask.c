/* See ask.h. */

#include "config.h"

#include "cmd/ask.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "front/client.h"
#include "front/print.h"
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
	buf_addf(b, "%s%s%s: ", f->lacks,
	    f->kind[0] == '\0' ? "" : ", ", f->kind);
	ask_side(b, &f->before);
	buf_adds(b, " -> ");
	ask_side(b, &f->after);
	buf_adds(b, "; accept or reject it as a whole");
}

void
ask_notes(FILE *out, const struct fold_file *f, bool meanwhile)
{
	if (f->protected_by != NULL)
		print_words(out, "protected: %s: %s", f->path,
		    f->protected_by);
	if (f->judges)
		print_words(out, "affects the success check: %s", f->path);
	if (f->note != NULL)
		print_words(out, "note: %s: %s", f->path, f->note);
	if (!meanwhile || f->meanwhile == NULL)
		return;
	print_words(out, "the change on disk:");
	fflush(stdout);
	print_diff(out, f->meanwhile, f->meanwhile_len);
}
