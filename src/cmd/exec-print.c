/* What exec prints, and how a question is asked on the terminal. See exec.h. */

#include "config.h"

#include "cmd/exec.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/client.h"
#include "front/print.h"
#include "gate/patch.h"
#include "journal/event.h"
#include "journal/fold.h"

#define LINE_MAX_BYTES 4096

/* What was typed before a prompt is dropped: also a line without its end, which
 * is seen only outside canonical mode. */
static bool
review_drop_typed(void)
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
review_prompt(FILE *out, const char *text)
{
	fflush(stdout);
	fflush(out);
	if (review_drop_typed())
		fputs("\n(ignored what was typed before the question)\n", out);
	print_foreign(out, text, strlen(text));
	putc(' ', out);
	fflush(out);
}

char *
review_line(const char *question)
{
	char line[LINE_MAX_BYTES];
	ssize_t n;

	review_prompt(stderr, question);
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
review_yes(const char *question)
{
	AUTO_FREE char *asked = xasprintf("%s [Y,n]", question);
	AUTO_FREE char *line = review_line(asked);

	while (line != NULL && (strcmp(line, "y") == 0 ||
	    strcmp(line, "yes") == 0))
		FREE_SET(line, review_line(REVIEW_CAPITAL));
	return line != NULL && strcmp(line, "Y") == 0;
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

void
review_notes(FILE *out, const struct fold_file *f)
{
	if (f->protected_by != NULL)
		print_words(out, "protected: %s: %s", f->path,
		    f->protected_by);
	if (f->judges)
		print_words(out, "affects the success check: %s", f->path);
	if (f->note != NULL)
		print_words(out, "note: %s: %s", f->path, f->note);
}

void
review_meanwhile(FILE *out, const struct fold_file *f)
{
	if (f->meanwhile == NULL)
		return;
	print_words(out, "the change on disk:");
	fflush(stdout);
	print_diff(out, f->meanwhile, f->meanwhile_len);
}

void
review_show(FILE *out, const struct fold_file *f, size_t i)
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
	review_notes(out, f);
	if (f->hunks[i].overwrites) {
		print_words(out, "%s", FOLD_OVERWRITES);
		review_meanwhile(out, f);
	}
	if (f->hunks[i].reason != NULL)
		print_words(out, "the model says: %s", f->hunks[i].reason);
	if (i == 0 && f->reason != NULL)
		print_words(out, "the model says: %s", f->reason);
	if (f->written_by != NULL)
		print_words(out, "written by %s", f->written_by);
}

bool
review_fits(const struct fold_file *f, size_t i, int around)
{
	AUTO_FREE char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (out == NULL)
		return true;
	review_show(out, f, i);
	return fclose(out) != 0 || print_fits(stdout, text, n, around);
}

/*
 * Prints a session without the UI: the output of commands,
 * proposals as patches, and their results.  It sends nothing.
 */

#define HEADLESS_PRODUCT_NAMES 5

void
headless_output(struct headless *h, const cJSON *line)
{
	size_t n = 0, cut;
	AUTO_FREE char *p = json_get_bytes(line, "text", &n);

	if (p == NULL || n == 0)
		return;
	/* Print the reasons why a patch doesn't apply. */
	if (h->o->patch) {
		print_foreign(stderr, p, n);
		return;
	}
	h->midline = p[n - 1] != '\n';
	if (!isatty(STDOUT_FILENO)) {
		fwrite(p, 1, n, stdout);
		return;
	}
	buf_add(&h->tail, p, n);
	cut = utf8_cut(h->tail.p, h->tail.len, h->tail.len);
	if (cut == 0 && h->tail.len > 4)
		cut = h->tail.len;
	print_foreign(stdout, h->tail.p, cut);
	buf_consume(&h->tail, cut);
}

/* Start a new line: a diff starts in the first column, and so does the text
 * after it. */
static void
headless_line_start(struct headless *h)
{
	if (h->midline)
		fputc('\n', stdout);
	h->midline = false;
}

void
headless_output_end(struct headless *h)
{
	if (h->tail.len > 0)
		print_foreign(stdout, h->tail.p, h->tail.len);
	buf_clear(&h->tail);
	if (isatty(STDOUT_FILENO))
		headless_line_start(h);
}

/* Was the hunk printed before? Hunks still open after a decision were. */
static bool
headless_is_printed(struct headless *h, const struct fold_file *f)
{
	AUTO_FREE char *key = xasprintf("%s %s %u %s %u", f->path,
	    f->before.exists ? f->before.hash : "-", f->before.mode,
	    f->after.exists ? f->after.hash : "-", f->after.mode);
	size_t had = h->printed.len;

	pathmap_add(&h->printed, key, sizeof(char *));
	return h->printed.len == had;
}

static void
headless_print_file(struct headless *h, const struct fold_file *f)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (headless_is_printed(h, f))
		return;
	headless_line_start(h);
	patch_write_file(&b, f);
	print_diff(stdout, b.p, b.len);
	if (f->binary) {
		buf_clear(&b);
		review_add_whole(&b, f);
		print_words(h->report, "%s: %s", f->path, buf_str(&b));
	}
	review_notes(h->report, f);
	review_meanwhile(h->report, f);
}

/* Print files that can't be proposed, even if there are no other changes. */
static void
headless_refused(struct headless *h, const cJSON *l)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(l, "refused"))
		buf_addf(&b, "%scan't be proposed: %s: %s",
		    b.len > 0 ? "\n" : "", json_str_or(it, "path", "?"),
		    json_str_or(it, "why", "?"));
	if (b.len > 0 && (h->told == NULL || strcmp(h->told, b.p) != 0)) {
		print_text(h->o->decide ? stderr : h->report, "", "", b.p);
		xstrset(&h->told, b.p);
	}
}

/* A command left only build products: print them once, with the option that
 * proposes them. */
static void
headless_only_product(struct headless *h, const cJSON *l)
{
	int64_t n = json_int(l, "ignored", 0);
	const cJSON *first = json_array(l, "products") == NULL ? NULL :
	    json_array(l, "products")->child;

	if (n == 0 || first == NULL || !h->o->command || h->shown_id != 0 ||
	    h->told_products)
		return;
	h->told_products = true;
	print_words(h->report,
	    "%lld build product%s not proposed, such as "
	    "%s (to propose it: --include PATH)",
	    (long long)n, n == 1 ? "" : "s", json_str_or(first, "path", "?"));
}

void
headless_proposal(struct headless *h, const cJSON *l)
{
	const struct fold_proposal *p = h->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	if (p == NULL || p->files_len == 0) {
		headless_refused(h, l);
		headless_only_product(h, l);
		return;
	}
	if (p->id == h->shown_id && p->version == h->shown_version)
		return;
	h->shown_id = p->id;
	h->shown_version = p->version;
	if (!h->o->command && !h->o->screen)
		print_proposal(h->report, h->fold, false);
	/* The user sees each change with its question. */
	for (i = 0; i < p->files_len && !h->o->person &&
	    h->choice == CHOICE_OPEN; i++)
		headless_print_file(h, &p->files[i]);
	if (!h->o->person && h->choice == CHOICE_OPEN &&
	    (select_left_open(p, &b), b.len > 0))
		print_text(h->report, "", "", b.p);
	buf_clear(&b);
	headless_refused(h, l);
	fold_product_text(&b, p, HEADLESS_PRODUCT_NAMES);
	if (b.len > 0)
		print_words(h->report, "%s", b.p);
}

static void
headless_patch_result(int status)
{
	if (status == 127)
		cmd_say("reading the patch needs git, which isn't installed");
	else if (status != 0)
		cmd_say("nothing was changed: the patch doesn't apply");
}

void
headless_print_try(struct headless *h, const cJSON *l, enum event_type type)
{
	const cJSON *end = json_get(l, "exit");
	const char *note = json_str(l, "note");
	const char *text = json_str_or(l, "text", "the command did not run");
	size_t i;

	if (type == EVENT_ASSISTANT_MESSAGE || type == EVENT_PLAN ||
	    type == EVENT_TOOL_CALL || type == EVENT_USER_MESSAGE)
		return;
	if (type != EVENT_TOOL_RESULT) {
		print_line(h->report, h->fold, l);
		return;
	}
	headless_output_end(h);
	fflush(stdout);
	if (h->o->patch && cJSON_IsNumber(end))
		headless_patch_result((int)json_int(l, "exit", 1));
	else if (json_str(l, "limit") != NULL || json_str(l, "killed") != NULL)
		cmd_say("the command was stopped: %s", json_str_or(l, "limit",
		    json_str_or(l, "killed", "")));
	else if (cJSON_IsNumber(end))
		cmd_say("the command's exit status: %lld",
		    (long long)json_int(l, "exit", 0));
	else if (cJSON_IsNumber(json_get(l, "signal")))
		cmd_say("the command was killed by signal %lld",
		    (long long)json_int(l, "signal", 0));
	else	/* The rest of it is the output. */
		cmd_say("%.*s", (int)strcspn(text, "\n"), text);
	if (json_str(l, "met") != NULL)
		cmd_say("%s", json_str(l, "met"));
	/* A program wasn't found. */
	if (json_int(l, "exit", 0) >= 126 && json_str(l, "words") != NULL)
		cmd_say("%s", json_str(l, "words"));
	/* Print one line per file, with escaped line ends in names. */
	for (; note != NULL && *note != '\0'; note += i + (note[i] != '\0')) {
		i = strcspn(note, "\n");
		print_words(h->report, "note: %.*s", (int)i, note);
	}
}
