#include "config.h"

#include "core/diagnose/adds.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "core/diagnose/adds-form.h"
#include "core/diagnose/adds-package.h"
#include "core/diagnose/language.h"
#include "core/diagnose/packages.h"
#include "journal/event.h"

const char *const adds_names[ADDS_KINDS] = {
	[ADDS_KEY] = "key",
	[ADDS_LOGGED] = "logged",
	[ADDS_UNCHECKED] = "unchecked",
	[ADDS_CREDENTIAL] = "credential",
	[ADDS_RUNS_DATA] = "runs-data",
	[ADDS_SHELL] = "shell",
	[ADDS_PROCESS] = "process",
	[ADDS_HOST] = "host",
	[ADDS_PACKAGE] = "package",
	[ADDS_WORKFLOW] = "workflow",
	[ADDS_RIGHTS] = "rights",
	[ADDS_LISTENS] = "listens",
	[ADDS_REMOVES] = "removes",
	[ADDS_WRITES] = "writes",
};

#define ADDS_LINE_MAX	2	/* words at one line */

/* The patterns of a language that was met. */
struct adds_lists {
	struct pattern_list code[ADDS_KINDS], text[ADDS_KINDS];
};

struct adds {
	const struct change_text *files;
	size_t		 n;
	struct adds_lists *lists[LANGUAGES];
	uint64_t	*removed;	/* lines that the change takes away
					   somewhere, sorted */
	size_t		 removed_len;
	struct adds_founds *out;
};

/* ---- lines ---- */

static uint64_t
adds_line_hash(const struct language_line *line)
{
	uint64_t h = HASH_BEGIN;
	size_t i;

	for (i = 0; i < line->len; i++)
		if (!isspace((unsigned char)line->text[i]))
			h = hash_bytes(h, line->text + i, 1);
	return h;
}

static int
adds_by_hash(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

/* Did it only move, or was it re-indented? */
static bool
adds_moved(const struct adds *a, const struct language_line *line)
{
	uint64_t h = adds_line_hash(line);

	return a->removed_len > 0 && bsearch(&h, a->removed, a->removed_len,
	    sizeof(h), adds_by_hash) != NULL;
}

static const struct adds_lists *
adds_lists(struct adds *a, enum language l)
{
	int i;

	if (a->lists[l] == NULL) {
		a->lists[l] = xcalloc(1, sizeof(*a->lists[l]));
		for (i = 0; i < ADDS_KINDS; i++) {
			pattern_list_add(&a->lists[l]->code[i],
			    adds_forms[l].code[i]);
			pattern_list_add(&a->lists[l]->text[i],
			    adds_forms[l].text[i]);
		}
	}
	return a->lists[l];
}

/* Does the line have a form of this kind? */
static bool
adds_has(const struct adds_lists *l, enum adds_kind kind,
    const struct language_line *line)
{
	return pattern_find(&l->code[kind], line->code, line->len) != NULL ||
	    (line->indent >= 0 &&
	    pattern_find(&l->text[kind], line->text, line->len) != NULL);
}

/* ---- hosts ---- */

/* The length of the host in an address that begins at `p`: "https://HOST/". */
static size_t
adds_host(const char *p, const char *end, const char **host)
{
	static const char *const schemes[] = { "http://", "https://", "ws://",
		"wss://", "ftp://", "ssh://", "git://" };
	size_t i, n = 0, dots = 0;

	for (i = 0; i < MEM_COUNT(schemes); i++)
		if (mem_starts(p, end, schemes[i]))
			break;
	if (i == MEM_COUNT(schemes))
		return 0;
	*host = p += strlen(schemes[i]);
	for (; p + n < end && (isalnum((unsigned char)p[n]) || p[n] == '-' ||
	    p[n] == '.'); n++)
		dots += p[n] == '.';
	return dots > 0 ? n : 0;
}

/* Does one of the change's texts have it, as it was? */
static bool
adds_was(const struct adds *a, const char *target)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->files[i].before != NULL && a->files[i].before->len > 0 &&
		    memmem(a->files[i].before->p, a->files[i].before->len,
		    target, strlen(target)) != NULL)
			return true;
	return false;
}

static int
adds_hosts(struct adds *a, size_t file, const struct language_line *line, int i)
{
	const char *end = line->text + line->len, *p, *host;
	size_t n;

	for (p = line->text; p < end; p++) {
		/* In a comment? */
		if (*p == ' ' || line->code[p - line->text] == ' ')
			continue;
		if ((n = adds_host(p, end, &host)) > 0) {
			char *target = xmemdup(host, n);

			if (!adds_was(a, target)) {
				adds_tell_take(a->out, file, i + 1, ADDS_HOST,
				    xasprintf("host %s", target), target);
				return 1;
			}
			free(target);
		}
	}
	return 0;
}

/* ---- a file ---- */

static void
adds_code(struct adds *a, size_t file)
{
	const struct change_text *from = &a->files[file];
	enum language l = language_of(from->path);
	const struct adds_lists *lists = adds_lists(a, l);
	struct language_text old, new;
	bool had[ADDS_KINDS] = { false };
	size_t i;
	int kind;

	language_read(&old, l, from->before);
	language_read(&new, l, from->after);
	language_pair(&old, &new, from);
	for (i = 0; i < old.v_len; i++)
		for (kind = 0; kind < ADDS_KINDS; kind++)
			had[kind] = had[kind] ||
			    adds_has(lists, kind, &old.v[i]);
	for (i = 0; i < new.v_len; i++) {
		const struct language_line *line = &new.v[i];
		int told = 0;

		if (line->hunk == 0 || adds_moved(a, line))
			continue;
		for (kind = 0; kind < ADDS_KINDS && told < ADDS_LINE_MAX;
		    kind++)
			if (kind == ADDS_HOST)
				told += adds_hosts(a, file, line, (int)i);
			else if (!had[kind] && adds_has(lists, kind, line) &&
			    (kind != ADDS_PROCESS || !adds_has(lists,
			    ADDS_SHELL, line))) {
				adds_tell_take(a->out, file, (int)i + 1, kind,
				    xstrdup(adds_words[kind]), NULL);
				told++;
			}
	}
	language_text_release(&old);
	language_text_release(&new);
}

static void
adds_removed(struct adds *a, size_t file)
{
	const struct change_text *from = &a->files[file];
	struct language_text old, new;
	size_t i;

	language_read(&old, LANGUAGE_NONE, from->before);
	language_read(&new, LANGUAGE_NONE, from->after);
	language_pair(&old, &new, from);
	for (i = 0; i < old.v_len; i++)
		if (old.v[i].hunk != 0) {
			GROW(a->removed, a->removed_len);
			a->removed[a->removed_len++] =
			    adds_line_hash(&old.v[i]);
		}
	language_text_release(&old);
	language_text_release(&new);
}

bool
adds_reads(const char *path, bool test)
{
	return packages_of(path) != NULL ||
	    (!test && language_of(path) != LANGUAGE_NONE);
}

void
adds_tell_take(struct adds_founds *out, size_t file, int line,
    enum adds_kind kind, char *what, char *target)
{
	if (out->v_len >= ADDS_FOUND_MAX) {
		FREE_ALL(what, target);
		return;
	}
	GROW(out->v, out->v_len);
	out->v[out->v_len++] = (struct adds_found){ .file = file, .line = line,
		.kind = kind, .what = what, .target = target };
}

/* In the order of adds.h: files, lines, kinds. */
static int
adds_by_place(const void *x, const void *y)
{
	const struct adds_found *a = x, *b = y;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->line != b->line ? a->line - b->line :
	    (int)a->kind - (int)b->kind;
}

void
adds_find(const struct change_text *files, size_t n, struct adds_founds *out)
{
	struct adds a = { .files = files, .n = n, .out = out };
	const struct package_file *m;
	size_t i;
	int k;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < n; i++)
		adds_removed(&a, i);
	if (a.removed_len > 0)
		qsort(a.removed, a.removed_len, sizeof(*a.removed),
		    adds_by_hash);
	adds_packages(files, n, out);
	/* A lock's addresses are those of its packages. */
	for (i = 0; i < n; i++)
		if (files[i].after != NULL && !files[i].test &&
		    language_of(files[i].path) != LANGUAGE_NONE &&
		    ((m = packages_of(files[i].path)) == NULL || !m->lock))
			adds_code(&a, i);
	if (out->v_len > 0)
		qsort(out->v, out->v_len, sizeof(*out->v), adds_by_place);
	for (i = 0; i < LANGUAGES; i++)
		for (k = 0; a.lists[i] != NULL && k < ADDS_KINDS; k++) {
			pattern_list_release(&a.lists[i]->code[k]);
			pattern_list_release(&a.lists[i]->text[k]);
		}
	for (i = 0; i < LANGUAGES; i++)
		free(a.lists[i]);
	free(a.removed);
}

void
adds_founds_release(struct adds_founds *all)
{
	EV_EACH(all, v, it)
		FREE_ALL(it->what, it->target);
	FREE_NULL(all->v);
	all->v_len = 0;
}
