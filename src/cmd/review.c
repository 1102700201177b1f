/* See review.h. The marks only say what was typed; the core decides. */
#include "config.h"

#include "cmd/review.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/print.h"
#include "gate/hunk/patch.h"
#include "journal/command.h"

#define LINE_MAX_BYTES 4096

static const char review_help[] =
    "y  take this change\n"
    "n  refuse it; words after it say why: n wrong file\n"
    "a  take this one and the rest of this file\n"
    "d  refuse this one and the rest of this file\n"
    "q  no more questions: what has no answer stays open\n"
    "?  this text\n";

enum review_key
review_parse(const char *line, const char **word)
{
	size_t n;

	*word = NULL;
	while (*line == ' ')
		line++;
	n = strlen(line);
	while (n > 0 && line[n - 1] == ' ')
		n--;
	if (*line == 'n' && n > 2 && line[1] == ' ') {
		*word = line + 2 + strspn(line + 2, " ");
		return REVIEW_NO;
	}
	if (n != 1)
		return REVIEW_HELP;
	switch (*line) {
	case 'y':
		return REVIEW_YES;
	case 'n':
		return REVIEW_NO;
	case 'a':
		return REVIEW_ALL_YES;
	case 'd':
		return REVIEW_ALL_NO;
	case 'q':
		return REVIEW_QUIT;
	default:
		return REVIEW_HELP;
	}
}

/* A line of the terminal (canonical mode gives whole lines). */
static char *
prompt_read(void)
{
	char line[LINE_MAX_BYTES];
	ssize_t n;

	do
		n = read(STDIN_FILENO, line, sizeof(line));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return NULL;
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	/* Escape sequences and other bytes that nobody typed as letters make
	 * the whole line no answer. */
	for (ssize_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			return xstrdup("?");
	return xmemdup(line, (size_t)n);
}

char *
prompt_line(const struct prompt *p, const char *question, bool *interrupted)
{
	struct pollfd fds[3] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = p->sig_fd, .events = POLLIN },
		{ .fd = p->hangup_fd, .events = POLLRDHUP },
	};
	char *line;

	*interrupted = false;
	fflush(stdout);
	(void)tcflush(STDIN_FILENO, TCIFLUSH);
	fprintf(stderr, "%s ", question);
	fflush(stderr);
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
	line = prompt_read();
	if (line == NULL)
		fputc('\n', stderr);
	return line;
}

bool
prompt_yes(const char *question)
{
	static const struct prompt p = { .sig_fd = -1, .hangup_fd = -1 };
	bool interrupted, yes;
	char *line = prompt_line(&p, question, &interrupted);

	yes = line != NULL && (strcasecmp(line, "y") == 0 ||
	    strcasecmp(line, "yes") == 0);
	free(line);
	return yes;
}

static void
review_mark(cJSON *marks, const struct fold_proposal *p,
    const struct fold_hunk *h, bool yes, bool seen, const char *word)
{
	cJSON *o = command_mark(p, h->id, yes ? "yes" : "no", seen, word);

	if (yes && h->overwrites)
		json_add_bool(o, "overwrite", true);
	cJSON_AddItemToArray(marks, o);
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

/* What a patch does not say of a file without lines. */
static void
review_binary(const struct fold_file *f)
{
	struct buf b = BUF_INIT(0);

	review_add_side(&b, &f->before);
	buf_adds(&b, " -> ");
	review_add_side(&b, &f->after);
	print_words(stdout, "%s%s%s: %s; it is taken or refused whole",
	    fold_file_lacks(f), fold_file_kind(f)[0] == '\0' ? "" : ", ",
	    fold_file_kind(f), buf_str(&b));
	buf_release(&b);
}

void
review_show(const struct fold_file *f, size_t i)
{
	struct fold_file one = *f;
	struct buf b = BUF_INIT(0);

	one.hunks = &f->hunks[i];
	one.hunks_len = 1;
	patch_write_file(&b, &one);
	print_foreign(stdout, b.p, b.len);
	buf_release(&b);
	if (f->binary)
		review_binary(f);
	/* Said with each: the first may have been answered another day. */
	if (f->protected_by != NULL)
		print_words(stdout, "protected: %s", f->protected_by);
	if (f->judges)
		print_words(stdout, "this changes what judges the work");
	if (f->note != NULL)
		print_words(stdout, "note: %s", f->note);
	if (f->hunks[i].overwrites) {
		print_words(stdout, "%s", FOLD_OVERWRITES);
		if (f->meanwhile != NULL) {
			print_words(stdout, "what was changed meanwhile:");
			print_foreign(stdout, f->meanwhile, f->meanwhile_len);
		}
	}
	if (f->hunks[i].reason != NULL)
		print_words(stdout, "the model says: %s", f->hunks[i].reason);
	if (i == 0 && f->reason != NULL)
		print_words(stdout, "the model says: %s", f->reason);
}

/* Taking what was not shown needs a second answer. */
static bool
review_confirm_rest(const struct prompt *p, const struct fold_file *f,
    size_t from, bool *interrupted)
{
	char *q, *line;
	size_t i, n = 0;
	int lines = 0;
	bool yes;

	for (i = from; i < f->hunks_len; i++)
		if (f->hunks[i].mark == MARK_NONE &&
		    !f->hunks[i].overwrites) {
			n++;
			lines += f->hunks[i].added + f->hunks[i].removed;
		}
	*interrupted = false;
	if (n == 0)
		return true;
	q = xasprintf("%zu more of this file, %d lines, not shown yet: take "
	    "them unseen? [y,n]", n, lines);
	line = prompt_line(p, q, interrupted);
	free(q);
	yes = line != NULL && strcmp(line, "y") == 0;
	free(line);
	return yes;
}

static cJSON *
review_file(const struct prompt *p, const struct fold_proposal *prop,
    const struct fold_file *f, int *done, int total, cJSON *marks, bool *quit)
{
	size_t i;
	bool interrupted, yes, rest = false, rest_yes = false;
	const char *word;

	for (i = 0; i < f->hunks_len && !*quit; i++) {
		struct fold_hunk *h = &f->hunks[i];
		enum review_key key;
		char *q, *line;

		if (h->mark != MARK_NONE)
			continue;
		++*done;
		if (rest && !(rest_yes && h->overwrites)) {
			review_mark(marks, prop, h, rest_yes, false, NULL);
			continue;
		}
		review_show(f, i);
	again:
		q = xasprintf("(%d/%d) take this change? [y,n,a,d,q,?]", *done,
		    total);
		line = prompt_line(p, q, &interrupted);
		free(q);
		if (interrupted)
			return NULL;
		key = line == NULL ? REVIEW_QUIT : review_parse(line, &word);
		if (key == REVIEW_HELP) {
			fputs(review_help, stderr);
			free(line);
			goto again;
		}
		yes = key == REVIEW_YES || key == REVIEW_ALL_YES;
		if (key == REVIEW_ALL_YES && h->overwrites) {
			print_words(stderr, "%s", FOLD_OVERWRITES_ALONE);
			free(line);
			goto again;
		}
		if (key == REVIEW_ALL_YES &&
		    !review_confirm_rest(p, f, i + 1, &interrupted)) {
			free(line);
			if (interrupted)
				return NULL;
			goto again;
		}
		if (key == REVIEW_QUIT)
			*quit = true;
		else
			review_mark(marks, prop, h, yes, true,
			    line == NULL ? NULL : word);
		free(line);
		if (key == REVIEW_ALL_YES || key == REVIEW_ALL_NO) {
			rest = true;
			rest_yes = yes;
		}
	}
	return marks;
}

cJSON *
review_run(const struct prompt *p, const struct fold *fold, bool *quit)
{
	const struct fold_proposal *prop = fold->proposal;
	cJSON *marks = cJSON_CreateArray();
	int done = 0, total = fold_undecided(prop);
	size_t i;

	*quit = false;
	for (i = 0; i < prop->files_len && !*quit; i++)
		if (review_file(p, prop, &prop->files[i], &done, total, marks,
		    quit) == NULL) {
			cJSON_Delete(marks);
			return NULL;
		}
	return marks;
}
