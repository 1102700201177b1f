/* Questions on a terminal, each answered by a line, and what is printed of a change
 * before its question. */

#include "config.h"

#include "cmd/ask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/attach.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/print.h"
#include "gate/patch.h"
#include "journal/fold.h"

#define LINE_MAX_BYTES 4096
#define SUBJECT_MAX 260	/* bytes: a host's name is shorter */

/* What was typed before a prompt is dropped: also a line without its end, which
 * is seen only outside canonical mode. It is read, so that nothing is dropped
 * without a word. */
static bool
ask_drop_typed(void)
{
	struct termios now, raw;
	bool any = false;
	char typed[4096];

	if (tcgetattr(STDIN_FILENO, &now) < 0)
		return false;
	raw = now;
	raw.c_lflag &= ~(tcflag_t)ICANON;
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	/* This waits for what was printed. */
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return false;
	while (read(STDIN_FILENO, typed, sizeof(typed)) > 0)
		any = true;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &now);
	return any;
}

/* A line answers the prompt that was printed in full before the line's first
 * byte was read. So this, which prints each prompt, ignores what was typed
 * before it, and says so. */
void
ask_prompt(FILE *out, const char *text)
{
	fflush(stdout);
	fflush(out);
	if (ask_drop_typed())
		fputs("\n(ignored what was typed before the question)\n", out);
	print_question(out, text);
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
	AUTO_FREE char *asked = xasprintf("%s [capital Y, n]", question);
	AUTO_FREE char *line = ask_line(asked);

	while (line != NULL && (strcmp(line, "y") == 0 ||
	    strcmp(line, "yes") == 0))
		FREE_SET(line, ask_line(ASK_CAPITAL));
	return line != NULL && strcmp(line, "Y") == 0;
}

char *
ask_about(const char *s)
{
	struct buf b = BUF_INIT(0);

	for (; *s != '\0'; s++)
		if (!isspace((unsigned char)*s))
			buf_addc(&b, *s);
		else if (b.len > 0 && b.p[b.len - 1] != ' ')
			buf_addc(&b, ' ');
	if (b.len > SUBJECT_MAX) {
		b.len = utf8_cut(b.p, b.len, SUBJECT_MAX);
		buf_adds(&b, "...");
	}
	return buf_take(&b);
}

bool
ask_images(const char *text, const char *root, cJSON **list)
{
	const cJSON *it;

	*list = attach_outside_all(text, root, getenv("HOME"));
	/* There is nobody to ask: the core says why it isn't sent. */
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		json_drop(list);
	cJSON_ArrayForEach(it, *list) {
		AUTO_FREE char *question = attach_question(it->valuestring);

		if (!ask_yes(question))
			return false;
	}
	return true;
}

static void
ask_side(struct buf *b, const struct fold_side *s)
{
	if (!s->exists)
		buf_adds(b, "no file");
	else
		buf_addf(b, "%lld bytes", (long long)s->size);
}

void
ask_whole(struct buf *b, const struct fold_file *f)
{
	buf_addf(b, "%s%s%s: ", f->lacks,
	    f->kind[0] == '\0' ? "" : ", ", f->kind);
	ask_side(b, &f->before);
	buf_adds(b, " -> ");
	ask_side(b, &f->after);
	buf_adds(b, "; only as a whole");
}

void
ask_notes(FILE *out, const struct fold_file *f, const struct fold_hunk *h)
{
	MEM_EACH(f, notes, n) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		/* What is said of the file is said once. */
		if (h != NULL && (n->hunk != FOLD_NOTE_FILE ?
		    &f->hunks[n->hunk] != h : n->row->level == NOTE_SAYS &&
		    h != f->hunks))
			continue;
		fold_add_note(&b, n);
		/* A path must not look like a row of ours. */
		print_words(out, "in %s: %s", f->path, buf_str(&b));
	}
	if (f->meanwhile == NULL || (h != NULL && !h->overwrites))
		return;
	print_words(out, "the change on disk:");
	fflush(stdout);
	print_diff(out, f->meanwhile, f->meanwhile_len);
}

void
ask_change(FILE *diff, FILE *words, const struct fold_file *f,
    struct fold_hunk *h)
{
	struct fold_file one = *f;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (h != NULL) {
		one.hunks = h;
		one.hunks_len = 1;
	}
	patch_write_file(&b, &one);
	print_diff(diff, b.p, b.len);
	if (f->binary) {
		buf_clear(&b);
		ask_whole(&b, f);
		print_words(words, "file %s: %s", f->path, buf_str(&b));
	}
	/* Repeat the notes with each hunk: the first may have been answered
	 * long ago. */
	ask_notes(words, f, h);
}
