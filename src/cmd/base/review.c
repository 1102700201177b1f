/* See review.h. */
#include "config.h"

#include "cmd/base/review.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cmd/base/cmd-exit.h"
#include "cmd/base/print.h"
#include "gate/hunk/patch.h"
#include "journal/fold-proposal.h"

#define LINE_MAX_BYTES 4096

/* A line from the terminal (canonical mode returns whole lines). */
static char *
review_read(void)
{
	char line[LINE_MAX_BYTES];
	ssize_t n = fs_read(STDIN_FILENO, line, sizeof(line));

	if (n <= 0)
		return NULL;
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	/* A line with escape sequences or other control bytes is no
	 * answer. */
	for (ssize_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			return xstrdup("?");
	return xmemdup(line, (size_t)n);
}

char *
review_wait(const struct prompt *p, bool *interrupted)
{
	struct pollfd fds[3] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = p->sig_fd, .events = POLLIN },
		{ .fd = p->hangup_fd, .events = POLLRDHUP },
	};
	char *line;

	*interrupted = false;
	for (;;) {
		if (poll(fds, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			return NULL;
		}
		if (fds[1].revents != 0 ||
		    (fds[2].revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0) {
			fputc('\n', stderr);
			*interrupted = true;
			return NULL;
		}
		if (fds[0].revents != 0)
			break;
	}
	line = review_read();
	if (line == NULL)
		fputc('\n', stderr);
	return line;
}

char *
review_line(const struct prompt *p, const char *question, bool *interrupted)
{
	fflush(stdout);
	(void)tcflush(STDIN_FILENO, TCIFLUSH);
	fprintf(stderr, "%s ", question);
	fflush(stderr);
	return review_wait(p, interrupted);
}

bool
review_confirm(const struct prompt *p, const char *question, bool *interrupted)
{
	AUTO_FREE char *asked = xasprintf("%s [Y,n]", question), *line = NULL;

	line = review_line(p, asked, interrupted);
	while (line != NULL && (strcmp(line, "y") == 0 ||
	    strcmp(line, "yes") == 0))
		FREE_SET(line, review_line(p, REVIEW_CAPITAL, interrupted));
	return line != NULL && strcmp(line, "Y") == 0;
}

bool
review_yes(const char *question)
{
	static const struct prompt p = { .sig_fd = -1, .hangup_fd = -1 };
	bool interrupted;

	return review_confirm(&p, question, &interrupted);
}

bool
review_add(bool yes, const char *what, const char *to)
{
	AUTO_FREE char *question = xasprintf("add %s to %s?", what, to);

	fflush(stdout);
	if (yes)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		cmd_say("not added: nobody is here to be asked (--yes adds "
		    "%s)", what);
		return false;
	}
	return review_yes(question);
}

static void
review_add_side(struct buf *b, const struct fold_side *s)
{
	if (!s->exists)
		buf_adds(b, "no file");
	else
		buf_addf(b, "%lld bytes, sha256 %.16s", (long long)s->size,
		    s->hash == NULL ? "?" : s->hash);
}

void
review_add_whole(struct buf *b, const struct fold_file *f)
{
	buf_addf(b, "%s%s%s: ", fold_file_lacks(f),
	    fold_file_kind(f)[0] == '\0' ? "" : ", ", fold_file_kind(f));
	review_add_side(b, &f->before);
	buf_adds(b, " -> ");
	review_add_side(b, &f->after);
	buf_adds(b, "; accept or reject it as a whole");
}

static void
review_write(FILE *out, const struct fold_file *f, size_t i)
{
	struct fold_file one = *f;
	AUTO_BUF struct buf b = BUF_INIT(0);

	one.hunks = &f->hunks[i];
	one.hunks_len = 1;
	patch_write_file(&b, &one);
	print_diff(out, b.p, b.len);
	if (f->binary) {
		buf_clear(&b);
		review_add_whole(&b, f);
		print_words(out, "%s", buf_str(&b));
	}
	/* Printed for each: the first may have been answered long ago. */
	if (f->protected_by != NULL)
		print_words(out, "protected: %s", f->protected_by);
	if (f->judges)
		print_words(out, "affects the success check");
	if (f->note != NULL)
		print_words(out, "note: %s", f->note);
	if (f->hunks[i].overwrites) {
		print_words(out, "%s", FOLD_OVERWRITES);
		if (f->meanwhile != NULL) {
			print_words(out, "changed on disk since:");
			print_diff(out, f->meanwhile, f->meanwhile_len);
		}
	}
	if (f->hunks[i].reason != NULL)
		print_words(out, "the model says: %s", f->hunks[i].reason);
	if (i == 0 && f->reason != NULL)
		print_words(out, "the model says: %s", f->reason);
	if (f->written_by != NULL)
		print_words(out, "written by %s", f->written_by);
}

void
review_show(const struct fold_file *f, size_t i)
{
	review_write(stdout, f, i);
}

bool
review_fits(const struct fold_file *f, size_t i, int around)
{
	AUTO_FREE char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (out == NULL)
		return true;
	review_write(out, f, i);
	return fclose(out) != 0 || print_fits(stdout, text, n, around);
}
