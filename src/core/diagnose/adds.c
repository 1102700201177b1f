#include "config.h"

#include "core/diagnose/adds.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/secret.h"
#include "core/diagnose/adds-form.h"
#include "core/diagnose/adds-int.h"
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

#define ADDS_LINE_LEN	1000	/* a longer one is no one's writing */
#define ADDS_LOOKS	((size_t)512 << 20)
#define ADDS_OWNS	200		/* names looked for in a script */
#define ADDS_ABOVE	20		/* lines */
#define ADDS_CALL	8	/* lines of a call that logs */

struct adds {
	const struct change_text *files;
	struct adds_pair *pairs;	/* of the files */
	size_t		 n;
	struct pathmap	 removed;	/* lines that the change takes away
					   somewhere; as a set, without
					   blanks */
	size_t		 looks;		/* bytes that may still be searched */
	struct adds_founds *out;
};

/* The patterns for one file. */
struct adds_lists {
	struct pattern_list signs, nots, reads, logs;
};

/* One side of a file. */
struct adds_side {
	struct language_text t;
	char		*plain;		/* the text without comments */
	const char	*start;		/* of the text */
	enum language	 language;
	const char	*path;
	bool		 tokens, test;
	int		 owns;		/* names that were looked for */
};

/* Both, or none: the file isn't looked at. */
struct adds_pair { struct adds_side old, new; };

/* What a line has. */
struct adds_words_of {
	struct adds_word {
		enum adds_kind	 kind;
		char		*what, *target;
	} *v;
	size_t		 v_len;
};

/* ---- a file's text ---- */

/* Blank what a language has beside comments that nothing runs: a string that
 * stands alone, as in Python documents what follows. */
static void
adds_blank_documents(struct adds_side *s, size_t len)
{
	char last = '\n';
	size_t i, n;

	for (i = 0; i < len; i++) {
		const char *p = s->start + i, *end = s->start + len;
		bool opens = s->t.code[i] != LANGUAGE_STRING &&
		    (mem_starts(p, end, "\"\"\"") || mem_starts(p, end, "'''"));

		if (opens && strchr("(,=[{+%", last) == NULL) {
			for (n = 3; i + n < len && (s->t.code[i + n] ==
			    LANGUAGE_STRING || s->t.code[i + n] == '\n'); n++)
				if (s->plain[i + n] != '\n')
					s->plain[i + n] = ' ';
			i += n + 2;
			last = '"';
		} else if (!isspace((unsigned char)s->t.code[i]))
			last = s->t.code[i];
	}
}

/* Comments that only some settings have. */
static void
adds_blank_remark(struct adds_side *s, const struct language_line *line)
{
	const char *end = line->text + line->len;
	const char *p = line->text + pattern_blanks(line->text, end);

	if (mem_starts(p, end, ";") || mem_starts(p, end, "//"))
		memset(s->plain + (line->text - s->start), ' ', line->len);
}

static void
adds_read(struct adds_side *s, const struct change_text *from, bool new)
{
	static const char *const about[] = { "lexer", "tokenize", "nextToken",
		"next_token", "parseToken" };
	const struct buf *text = new ? from->after : from->before;
	size_t len = text == NULL ? 0 : text->len, i;

	*s = (struct adds_side){ .language = language_of_change(from),
		.path = from->path, .test = from->test,
		.start = text == NULL ? "" : buf_str(text) };
	language_read(&s->t, s->language, text);
	s->plain = xmemdup(s->start, len);
	for (i = 0; i < len; i++)
		if (s->t.code[i] == ' ' || s->plain[i] == '\0')
			s->plain[i] = ' ';
	if (s->language == LANGUAGE_PYTHON)
		adds_blank_documents(s, len);
	for (i = 0; s->language == LANGUAGE_SETTINGS && i < s->t.v_len; i++)
		adds_blank_remark(s, &s->t.v[i]);
	s->tokens = MEM_HAS_ANY(about, s->plain);
}

static void
adds_side_release(struct adds_side *s)
{
	language_text_release(&s->t);
	free(s->plain);
}

/* The line that this one is a part of; an opening bracket alone is none. */
static const struct language_line *
adds_above(const struct adds_side *s, size_t i)
{
	const struct language_line *line = &s->t.v[i], *above = line;
	int n;

	for (n = 0; n < ADDS_ABOVE && above > s->t.v; n++) {
		above--;
		if (above->indent >= 0 && (above->indent < line->indent ||
		    above->code[above->indent] == '[') &&
		    (above->code[above->indent] != '{' ||
		    above->len > (size_t)above->indent + 1))
			return above;
	}
	return NULL;
}

static struct adds_line
adds_line_of(const struct adds_side *s, size_t i)
{
	const struct language_line *line = &s->t.v[i];
	const char *text = s->plain + (line->text - s->start);
	size_t n = line->len;

	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	return (struct adds_line){ .language = s->language, .path = s->path,
		.text = text, .code = line->code, .len = n,
		.above = adds_above(s, i), .tokens = s->tokens,
		.test = s->test };
}

/* ---- lines that moved ---- */

/* Blanks and comments don't count. */
static char *
adds_line_key(const struct adds_side *s, size_t i)
{
	const struct language_line *line = &s->t.v[i];
	char *key = xmemdup(s->plain + (line->text - s->start), line->len);
	char *to = key;
	size_t k;

	for (k = 0; k < line->len; k++)
		if (!isspace((unsigned char)key[k]))
			*to++ = key[k];
	*to = '\0';
	return key;
}

/* Isn't it what it was, not even elsewhere or with another indent? What was in a
 * comment wasn't it. */
static bool
adds_changed(const struct adds *a, const struct adds_side *old,
    const struct adds_side *new, size_t i)
{
	AUTO_FREE char *key = adds_line_key(new, i), *was = NULL;
	int other = new->t.v[i].other;

	if (other >= 0)
		was = adds_line_key(old, (size_t)other);
	return (was == NULL || strcmp(was, key) != 0) &&
	    pathmap_find(&a->removed, key) == NULL;
}

/* Read both sides of a file; what a test loses is no reason for other files. */
static void
adds_pair_read(struct adds *a, size_t file)
{
	const struct change_text *from = &a->files[file];
	struct adds_side *old = &a->pairs[file].old, *new = &a->pairs[file].new;
	size_t i;

	adds_read(old, from, false);
	adds_read(new, from, true);
	language_pair(&old->t, &new->t, from);
	for (i = 0; i < old->t.v_len && !from->test; i++) {
		AUTO_FREE char *key = adds_line_key(old, i);

		if (old->t.v[i].hunk != 0)
			(void)pathmap_add(&a->removed, key, sizeof(char *));
	}
}

/* ---- the forms of a language ---- */

/* Does the text have one of these words? */
static bool
adds_with(const struct adds_side *s, const char *words)
{
	size_t n, len = words == NULL ? 0 : strlen(s->plain);

	if (words == NULL)
		return true;
	MEM_EACH_WORD(words, n, words)
		if (memmem(s->plain, len, words, n) != NULL)
			return true;
	return false;
}

static bool
adds_form_is_for(const struct adds_form *f, enum language l)
{
	return f->language == l || f->language == LANGUAGE_NONE ||
	    (f->language == LANGUAGE_SHELL && adds_is_script(l));
}

static void
adds_lists_make(struct adds_lists *l, const struct adds_side *s)
{
	size_t i;

	memset(l, 0, sizeof(*l));
	l->signs.calls = l->reads.calls = true;
	l->signs.typed = l->reads.typed = s->language == LANGUAGE_C ||
	    s->language == LANGUAGE_CSHARP || s->language == LANGUAGE_JAVA;
	for (i = 0; i < adds_forms_len; i++) {
		const struct adds_form *f = &adds_forms[i];

		if (adds_form_is_for(f, s->language) && adds_with(s, f->with))
			pattern_list_add(f->denies ? &l->nots :
			    f->sign == SIGN_READS ? &l->reads :
			    f->sign == SIGN_LOGS ? &l->logs : &l->signs,
			    f->patterns, f->sign, f->strings);
	}
}

static void
adds_lists_release(struct adds_lists *l)
{
	pattern_list_release(&l->signs);
	pattern_list_release(&l->nots);
	pattern_list_release(&l->reads);
	pattern_list_release(&l->logs);
}

/* ---- what a line has ---- */

/* Without a target the first of a kind says enough. */
static void
adds_words_set(struct adds_words_of *w, enum adds_kind kind, char *what,
    char *target)
{
	MEM_EACH(w, v, it)
		if (target == NULL && it->target == NULL && it->kind == kind) {
			free(what);
			return;
		}
	*GROW_ADD(w->v, w->v_len) = (struct adds_word){ kind, what, target };
}

static void
adds_words_release(struct adds_words_of *w)
{
	MEM_EACH(w, v, it)
		FREE_ALL(it->what, it->target);
	free(w->v);
}

static void
adds_signs(const struct adds_line *line, const struct adds_lists *l,
    struct adds_words_of *to)
{
	uint32_t tags = pattern_tags(&l->signs, line->text, line->code,
	    line->len);
	bool signature;
	int k;

	if (adds_is_off(line, &signature))
		tags |= 1u << (signature ? SIGN_SIGNATURES : SIGN_CERTIFICATES);
	if (tags != 0)
		tags &= ~pattern_tags(&l->nots, line->text, line->code,
		    line->len);
	if ((tags & 1u << SIGN_SHELL) != 0)
		tags &= ~(1u << SIGN_PROCESS);
	for (k = 0; k < SIGN_READS; k++)
		if ((tags & 1u << k) != 0)
			adds_words_set(to, adds_words[k].kind,
			    xstrdup(adds_words[k].words), NULL);
}

/* Does what is set have the name in it: A=${A:-}? */
static bool
adds_is_same(const char *value, const char *name)
{
	const char *end = value + strcspn(value, " ;\n");

	return memmem(value, (size_t)(end - value), name, strlen(name)) != NULL;
}

/* Is what a script calls so set there, by another name than the environment's? In
 * a script those are in capitals. */
static bool
adds_is_own(struct adds_side *s, const char *name)
{
	const char *p, *q;

	if (s->owns == ADDS_OWNS)
		return false;
	s->owns++;
	for (p = name; *p != '\0'; p++)
		if (islower((unsigned char)*p))
			return true;
	for (p = s->plain; (p = strstr(p, name)) != NULL; p++) {
		q = p + strlen(name);
		q += strspn(q, " :?+");
		if ((*q == '=' || (q[-1] == ':' && *q == ' ')) &&
		    (p == s->plain || p[-1] != '{') && !adds_is_same(q, name))
			return true;
	}
	return false;
}

/* A variable, or a file, of credentials. */
static void
adds_credentials(struct adds_side *s, const struct adds_line *line,
    const struct adds_lists *l, struct adds_words_of *to)
{
	const char *p = line->text, *end = p + line->len, *after, *found;
	size_t i;

	while ((found = pattern_find(&l->reads, p, (size_t)(end - p),
	    &after)) != NULL) {
		char *name = adds_name_read(line, found, after);

		if (name != NULL && (after[-1] != '$' || !adds_is_own(s, name)))
			adds_words_set(to, ADDS_CREDENTIAL, xasprintf(
			    "reads %s", name), name);
		else
			free(name);
		p = after + pattern_name(after, end);
	}
	for (i = 0; i < adds_files_len; i++) {
		const char *name = adds_files[i] + (*adds_files[i] == '/' &&
		    adds_files[i][1] == '.');

		if (memmem(line->text, line->len, adds_files[i],
		    strlen(adds_files[i])) != NULL)
			adds_words_set(to, ADDS_CREDENTIAL, xasprintf(
			    "reads %s", name), xstrdup(name));
	}
}

/* Does what a script prints go to a log, by what follows a '|' or '>'? */
static bool
adds_is_log(const char *p, const char *end)
{
	static const char *const logs[] = { ".log", "$log", "log_", "logfile",
		"logger", "tee ", "stderr", "stdout", ">&" };

	return MEM_HAS_ANY_IN(logs, p, (size_t)(end - p));
}

/* The call of a log that goes on over lines. */
struct adds_call { int depth, left; };

static void
adds_logs(const struct adds_line *line, const struct adds_lists *l,
    struct adds_call *call, struct adds_words_of *to)
{
	const char *p = line->text, *end = p + line->len, *q = p, *after = p;
	bool statement = false, script = adds_is_script(line->language);
	bool quoted = false;
	AUTO_FREE char *name = NULL;

	q += pattern_blanks(q, end);
	if (call->left-- <= 0 || mem_starts(q, end, "end"))
		call->depth = 0;
	while (name == NULL && q < end && (call->depth > 0 ||
	    (p = pattern_find(&l->logs, q, (size_t)(end - q), &after)) !=
	    NULL)) {
		if (call->depth == 0) {
			call->left = ADDS_CALL;
			statement = strchr("({", after[-1]) == NULL;
		} else
			after = p;
		for (q = p; q < end && (q < after || statement ||
		    call->depth > 0); q++) {
			if (line->code[q - line->text] == LANGUAGE_STRING)
				continue;
			quoted = quoted != (script && *q == '"');
			if (script && !quoted && strchr("|>", *q) != NULL &&
			    !adds_is_log(q, end))
				return;
			call->depth += (strchr("({", *q) != NULL) -
			    (strchr(")}", *q) != NULL);
		}
		if (q < end || call->depth < 0)
			call->depth = 0;
		if (line->code[p - line->text] != LANGUAGE_STRING)
			name = adds_name_logged(line, after, q);
	}
	/* Ruby's block. */
	if (after > line->text && line->len > 3 &&
	    memcmp(end - 3, " do", 3) == 0)
		call->depth++;
	if (name != NULL)
		adds_words_set(to, ADDS_LOGGED, xasprintf("logs %s", name),
		    NULL);
}

static void
adds_hosts(const struct adds_line *line, struct adds_words_of *to)
{
	char *host, *target;
	size_t at = 0;

	while ((host = adds_host_next(line, &at, &target)) != NULL) {
		adds_words_set(to, ADDS_HOST, xasprintf("%s %s",
		    strchr(host, '@') == NULL ? "host" : "address", host),
		    target);
		free(host);
	}
}

/* ---- a file ---- */

/* What one side of a file has: what the lines `of` which it is asked have. */
struct adds_reader {
	struct adds_side *side;
	struct adds_lists lists;
	struct adds_call call;
	struct keytext_lines key;
	bool		 test;		/* of Rust, beside the code */
};

/* Rust has tests in files of code. */
static bool
adds_in_test(struct adds_reader *r, const struct language_line *line)
{
	if (r->side->language != LANGUAGE_RUST || line->indent < 0)
		return r->test;
	if (mem_starts(line->code + line->indent, line->code + line->len,
	    "#[cfg(test)]") && line->indent == 0)
		r->test = true;
	else if (r->test && line->indent == 0 && (*line->code == '}' ||
	    line->code[line->len - 1] == ';')) {
		r->test = false;
		return true;
	}
	return r->test;
}

/* The words of line `i`; lines are read in order, also those that didn't change,
 * for calls and keys of several. */
static void
adds_look(struct adds_reader *r, size_t i, bool all, struct adds_words_of *to)
{
	struct adds_line line = adds_line_of(r->side, i);
	char *key;

	memset(to, 0, sizeof(*to));
	if (line.len > ADDS_LINE_LEN || adds_in_test(r, &r->side->t.v[i]))
		return;
	if (all)
		adds_hosts(&line, to);
	if (line.test)
		return;
	adds_logs(&line, &r->lists, &r->call, to);
	if (!all)
		return;
	adds_signs(&line, &r->lists, to);
	if (line.language != LANGUAGE_SETTINGS)
		adds_credentials(r->side, &line, &r->lists, to);
	key = adds_value_key(&line, &r->key);
	if (key != NULL)
		adds_words_set(to, ADDS_KEY,
		    xstrdup("a value that looks like a key"), key);
}

/* Does this file, or another one of the change, have it as it was? */
static bool
adds_was(struct adds *a, size_t file, const char *target)
{
	AUTO(glob_word_release) struct glob_word w;
	const struct change_text *f;
	const char *p, *end;
	size_t i;

	glob_word_read(&w, target);
	for (i = 0; i < a->n && w.n > 0; i++) {
		/* This one first. */
		f = &a->files[i == 0 ? file : i - (i <= file)];
		if (f->before == NULL || f->before->len > a->looks)
			continue;
		a->looks -= f->before->len;
		p = buf_str(f->before);
		end = p + f->before->len;
		if (!glob_word_is_in(&w, f->path, p, f->before->len))
			continue;
		for (; (p = memmem(p, (size_t)(end - p), w.word, w.n)) != NULL;
		    p++)
			if (glob_word_stands(&w, p, buf_str(f->before), end))
				return true;
	}
	return false;
}

/* The words without a target that a file had. */
static void
adds_had(struct adds_reader *r, struct pathmap *had)
{
	size_t i;

	for (i = 0; i < r->side->t.v_len; i++) {
		struct adds_words_of words;

		adds_look(r, i, true, &words);
		MEM_EACH(&words, v, it)
			if (it->target == NULL)
				(void)pathmap_add(had, it->what,
				    sizeof(char *));
		adds_words_release(&words);
	}
}

/* Tell what is new of a line's words. */
static void
adds_tell_line(struct adds *a, size_t file, int line, int hunk,
    struct adds_words_of *words, const struct pathmap *had,
    struct pathmap *told)
{
	MEM_EACH(words, v, it) {
		AUTO_FREE char *once = xasprintf("%d %s", it->target == NULL ?
		    hunk : 0, it->what);

		if (pathmap_find(told, once) != NULL || (it->target == NULL ?
		    pathmap_find(had, it->what) != NULL :
		    adds_was(a, file, it->target)))
			continue;
		(void)pathmap_add(told, once, sizeof(char *));
		if (it->kind == ADDS_KEY)
			FREE_NULL(it->target);
		adds_tell_take(a->out, file, line, it->kind, it->what,
		    it->target);
		it->what = it->target = NULL;
	}
}

static void
adds_code(struct adds *a, size_t file)
{
	struct adds_pair *p = &a->pairs[file];
	struct adds_reader before = { .side = &p->old };
	struct adds_reader after = { .side = &p->new };
	AUTO(pathmap_release) struct pathmap had = { 0 }, told = { 0 };
	size_t i;

	adds_lists_make(&before.lists, &p->old);
	adds_lists_make(&after.lists, &p->new);
	adds_had(&before, &had);
	for (i = 0; i < p->new.t.v_len && a->out->v_len < ADDS_FOUND_MAX;
	    i++) {
		bool changed = adds_changed(a, &p->old, &p->new, i);
		struct adds_words_of words;

		adds_look(&after, i, changed, &words);
		if (changed)
			adds_tell_line(a, file, (int)i + 1,
			    p->new.t.v[i].hunk, &words, &had, &told);
		adds_words_release(&words);
	}
	adds_lists_release(&before.lists);
	adds_lists_release(&after.lists);
}

/* Is its text looked at for forms? A lock's addresses are those of its packages;
 * nobody runs a sample, or what tests have as data. */
static bool
adds_has_forms(const struct change_text *f)
{
	static const char *const samples[] = { ".dist", ".example", ".sample",
		".template" };
	static const char *const data[] = { "fixture", "testdata/",
		"test-data/", "test_data/", "snapshots/", "golden", "expected",
		"cassettes/", "/data/", "mocks/" };
	const struct package_file *m = packages_of(f->path, NULL);

	return (language_of(f->path) != LANGUAGE_NONE ||
	    strchr(basename(f->path), '.') == NULL) && (m == NULL ||
	    !packages_locked(m)) &&
	    !fs_has_ending(f->path, samples, MEM_COUNT(samples)) &&
	    (!f->test || !MEM_HAS_ANY(data, f->path));
}

bool
adds_reads(const struct change_text *f)
{
	return packages_of(f->path, NULL) != NULL || adds_has_forms(f);
}

void
adds_tell_take(struct adds_founds *out, size_t file, int line,
    enum adds_kind kind, char *what, char *target)
{
	if (out->v_len >= ADDS_FOUND_MAX) {
		FREE_ALL(what, target);
		return;
	}
	if (out->v_len == ADDS_FOUND_MAX - 1) {
		FREE_SET(what, xstrdup("more, which isn't listed"));
		FREE_NULL(target);
	}
	*GROW_ADD(out->v, out->v_len) =
	    (struct adds_found){ .file = file, .line = line,
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
	struct adds a = { .files = files, .n = n, .out = out,
		.looks = ADDS_LOOKS, .pairs = xcalloc(n + 1,
		sizeof(*a.pairs)) };
	size_t i, left;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < n; i++)
		if (adds_has_forms(&files[i]))
			adds_pair_read(&a, i);
	adds_packages(files, n, out);
	for (i = left = 0; i < out->v_len; i++)
		if (out->v[i].target != NULL &&
		    adds_was(&a, out->v[i].file, out->v[i].target))
			FREE_ALL(out->v[i].what, out->v[i].target);
		else
			out->v[left++] = out->v[i];
	out->v_len = left;
	for (i = 0; i < n; i++) {
		if (a.pairs[i].new.t.v_len > 0)
			adds_code(&a, i);
		adds_side_release(&a.pairs[i].old);
		adds_side_release(&a.pairs[i].new);
	}
	free(a.pairs);
	MEM_SORT_BY(out->v, out->v_len, adds_by_place);
	pathmap_release(&a.removed);
}

void
adds_founds_release(struct adds_founds *all)
{
	MEM_EACH(all, v, it)
		FREE_ALL(it->what, it->target);
	FREE_NULL(all->v);
	all->v_len = 0;
}
