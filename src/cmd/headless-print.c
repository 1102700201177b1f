/*
 * headless-print: prints a session without the UI: the output of commands,
 * proposals as patches, and their results.  It sends nothing.
 */
#include "config.h"

#include "cmd/headless-int.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/client.h"
#include "front/print.h"
#include "front/review.h"
#include "gate/patch.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"

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
