/* Rare words weigh more (inverse document frequency); an identifier or file name
 * that the task has as a whole weighs most. */
#include "config.h"

#include "core/project/project.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

#define TAGS_WORDS	64	/* words of the task; bits in a mask */
#define TAGS_WORD_MIN	3
#define TAGS_WORD_MAX	32
#define TAGS_STEM	4	/* letters that two words must share, ... */
#define TAGS_ENDING	3	/* ... and the longest ending after them */
#define TAGS_NAME_MIN	2
#define TAGS_NAME_MAX	64
#define TAGS_OF_FILE	200	/* limit on names kept per file */
#define TAGS_SHOWN	12	/* limit on names shown */
#define TAGS_WEIGHT	1000
#define TAGS_TASK	((size_t)4 << 10)	/* bytes of the task in which every
						   name is looked for */
#define TAGS_MAX	((size_t)2000)	/* bytes of all names */

enum tags_rank { TAGS_OTHER, TAGS_FITS, TAGS_NAMED };

struct tags_name {
	char		*text;
	uint64_t	 words;		/* words of the task in it */
	enum tags_rank	 rank;
};

struct tags_file {
	char		*path;
	uint64_t	 in_path, in_names;	/* words of the task */
	bool		 named;		/* the task has it, or one of its names,
					   as a whole */
	bool		 titled;	/* ... without its ending: "toc", toc.py */
	uint64_t	 score;
	size_t		 place;		/* order of adding */
	struct tags_name *names;
	size_t		 names_len, more;
};

struct tags {
	char		*task;		/* its beginning */
	char		 words[TAGS_WORDS][TAGS_WORD_MAX + 1];
	size_t		 words_len;
	struct tags_file *files;
	size_t		 files_len, chosen;
	struct tags_file **by_path;	/* the chosen files */
};

/* Kinds of names that people search for. */
static const char *const tags_kinds[] = { "class", "def", "enum", "func",
	"function", "interface", "method", "module", "namespace", "package",
	"procedure", "protocol", "struct", "subroutine", "trait", "type",
	"typedef", "union" };

/* Rare in names, frequent in tasks. */
static const char *const tags_stop_words[] = { "add", "after", "all", "also",
	"and", "any", "are", "because", "before", "both", "but", "can",
	"changelog", "does", "each", "every", "file", "files", "for", "from",
	"has", "have", "how", "into", "its", "like", "line", "lines", "make",
	"must", "new", "not", "now", "one", "only", "other", "others", "should",
	"some", "such", "test", "tests", "than", "that", "the", "their", "them",
	"then", "there", "they", "this", "too", "use", "was", "what", "when",
	"where", "which", "will", "with", "without", "you", "your" };

static bool
tags_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
tags_is_letter(char c)
{
	return tags_is_upper(c) || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9');
}

/* The next part of a name: HTTPServer_new is http, server, new. False at the
 * end; *p moves past it. */
static bool
tags_part(const char **p, const char *end, char part[TAGS_WORD_MAX + 1])
{
	const char *s = *p, *from;
	size_t n = 0;

	while (s < end && !tags_is_letter(*s))
		s++;
	for (from = s; s < end && tags_is_letter(*s); s++) {
		if (s > from && tags_is_upper(*s) && (!tags_is_upper(s[-1]) ||
		    (s + 1 < end && s[1] >= 'a' && s[1] <= 'z')))
			break;
		if (n < TAGS_WORD_MAX)
			part[n++] = tags_is_upper(*s) ? (char)(*s | 0x20) : *s;
	}
	part[n] = '\0';
	*p = s;
	return n > 0;
}

/* "configuration" matches "config", and "parsing" matches "parse". */
static bool
tags_fits(const char *word, const char *part)
{
	size_t i = 0, w, p;

	while (word[i] != '\0' && word[i] == part[i])
		i++;
	w = strlen(word + i);
	p = strlen(part + i);
	return w + p == 0 || (i >= TAGS_STEM && (w == 0 || p == 0 ||
	    (w <= TAGS_ENDING && p <= TAGS_ENDING)));
}

static uint64_t
tags_words(const struct tags *t, const char *p, size_t n)
{
	char part[TAGS_WORD_MAX + 1];
	const char *end = p + n;
	uint64_t mask = 0;
	size_t i;

	while (tags_part(&p, end, part))
		for (i = 0; i < t->words_len; i++)
			if (tags_fits(t->words[i], part))
				mask |= (uint64_t)1 << i;
	return mask;
}

/* Has the task this identifier or file name, between other characters? A word of
 * plain letters could be one of its language. */
static bool
tags_is_named(const struct tags *t, const char *name)
{
	const char *p = t->task, *end;
	size_t n = strlen(name), i;

	for (i = 1; i < n && (name[i] >= 'a' && name[i] <= 'z'); i++)
		;
	for (; i < n && (p = strstr(p, name)) != NULL; p++) {
		end = p + n;
		if ((p == t->task || (!tags_is_letter(p[-1]) &&
		    p[-1] != '_')) && !tags_is_letter(*end) && *end != '_')
			return true;
	}
	return false;
}

/* Is a word of the task all of the file's name but the ending? */
static bool
tags_is_titled(const struct tags *t, const char *name)
{
	size_t n = strcspn(name, ".");

	MEM_EACH(t, words, word)
		if (strlen(*word) == n && strncasecmp(*word, name, n) == 0)
			return true;
	return false;
}

struct tags *
tags_new(const char *task)
{
	struct tags *t = xcalloc(1, sizeof(*t));
	const char *end = task + strlen(task);
	char part[TAGS_WORD_MAX + 1];
	size_t i;

	/* A task may have a long log in it, and a project many files. */
	t->task = xmemdup(task, strnlen(task, TAGS_TASK));
	while (t->words_len < TAGS_WORDS && tags_part(&task, end, part)) {
		if (strlen(part) < TAGS_WORD_MIN ||
		    MEM_FIND(tags_stop_words, part) != NULL)
			continue;
		for (i = 0; i < t->words_len; i++)
			if (strcmp(t->words[i], part) == 0)
				break;
		if (i == t->words_len)
			memcpy(t->words[t->words_len++], part, sizeof(part));
	}
	return t;
}

void
tags_free(struct tags *t)
{
	if (t == NULL)
		return;
	MEM_EACH(t, files, file) {
		MEM_EACH(file, names, name)
			free(name->text);
		FREE_ALL(file->names, file->path);
	}
	FREE_ALL(t->files, t->by_path, t->task, t);
}

void
tags_add(struct tags *t, const char *path)
{
	struct tags_file *f = GROW_ADD(t->files, t->files_len);

	f->path = xstrdup(path);
	f->in_path = tags_words(t, path, strlen(path));
	f->named = tags_is_named(t, basename(path));
	f->titled = tags_is_titled(t, basename(path));
	f->place = t->files_len - 1;
}

struct tags *
tags_copy(const struct tags *of, const char *task)
{
	struct tags *t = tags_new(task);
	AUTO_FREE const char **v = xcalloc(of->files_len + 1, sizeof(*v));
	size_t i;

	/* Ranking has changed their order. */
	MEM_EACH(of, files, file)
		v[file->place] = file->path;
	for (i = 0; i < of->files_len; i++)
		tags_add(t, v[i]);
	return t;
}

/* ---- ranking ---- */

static int
tags_compare(const void *a, const void *b)
{
	const struct tags_file *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static int
tags_compare_paths(const void *a, const void *b)
{
	return strcmp((*(struct tags_file *const *)a)->path,
	    (*(struct tags_file *const *)b)->path);
}

/* Score the first n files; a word in the path counts twice. */
static void
tags_score(const struct tags *t, struct tags_file *files, size_t n)
{
	uint64_t weight, bit;
	size_t i, k, having;

	for (i = 0; i < n; i++)
		files[i].score = files[i].named ? 4 * TAGS_WEIGHT :
		    files[i].titled ? 2 * TAGS_WEIGHT : 0;
	for (k = 0; k < t->words_len; k++) {
		bit = (uint64_t)1 << k;
		for (i = having = 0; i < n; i++)
			having += ((files[i].in_path | files[i].in_names) &
			    bit) != 0;
		weight = having == 0 ? 0 : 1 + TAGS_WEIGHT / having;
		for (i = 0; i < n; i++) {
			if ((files[i].in_path & bit) != 0)
				files[i].score += 2 * weight;
			if ((files[i].in_names & bit) != 0)
				files[i].score += weight;
		}
	}
}

size_t
tags_choose(struct tags *t, size_t files, size_t bytes, cJSON *argv)
{
	size_t i;

	tags_score(t, t->files, t->files_len);
	MEM_SORT_BY(t->files, t->files_len, tags_compare);
	for (i = 0; i < t->files_len && i < files; i++) {
		size_t n = strlen(t->files[i].path);

		if (n > bytes)
			break;
		bytes -= n;
	}
	t->chosen = i;
	t->by_path = xreallocarray(t->by_path, t->chosen + 1,
	    sizeof(struct tags_file *));
	for (i = 0; i < t->chosen; i++) {
		AUTO_FREE char *path = xasprintf("./%s", t->files[i].path);

		t->by_path[i] = &t->files[i];
		if (argv != NULL)
			cJSON_AddItemToArray(argv, cJSON_CreateString(path));
	}
	MEM_SORT_BY(t->by_path, t->chosen, tags_compare_paths);
	return t->chosen;
}

/* ---- the output of ctags ---- */

static struct tags_file *
tags_find(const struct tags *t, const char *path)
{
	struct tags_file key = { 0 }, *k = &key;
	struct tags_file **at;

	if (strncmp(path, "./", 2) != 0 || t->chosen == 0)
		return NULL;
	key.path = (char *)(uintptr_t)(path + 2);
	at = bsearch(&k, t->by_path, t->chosen, sizeof(struct tags_file *),
	    tags_compare_paths);
	return at == NULL ? NULL : *at;
}

/* Is it a name from a program? ctags invents names for anonymous things. */
static bool
tags_is_name(const char *s)
{
	size_t n = strlen(s), i;

	if (n < TAGS_NAME_MIN || n > TAGS_NAME_MAX ||
	    strncmp(s, "__anon", 6) == 0)
		return false;
	for (i = 0; i < n; i++)
		if (!tags_is_letter(s[i]) && strchr("_$.:~-?!", s[i]) == NULL)
			return false;
	return true;
}

static void
tags_add_name(const struct tags *t, struct tags_file *f, const char *name)
{
	struct tags_name *n;

	MEM_EACH(f, names, it)
		if (strcmp(it->text, name) == 0)
			return;
	if (f->names_len == TAGS_OF_FILE) {
		f->more++;
		return;
	}
	n = GROW_ADD(f->names, f->names_len);
	n->text = xstrdup(name);
	n->words = tags_words(t, name, strlen(name));
	f->in_names |= n->words;
	n->rank = tags_is_named(t, name) ? TAGS_NAMED :
	    n->words != 0 ? TAGS_FITS : TAGS_OTHER;
	f->named = f->named || n->rank == TAGS_NAMED;
}

/* The field up to the next tab; NULL if there is none. Cuts the line. */
static char *
tags_field(char **at)
{
	char *s = *at, *tab;

	if (s == NULL)
		return NULL;
	tab = strchr(s, '\t');
	if (tab != NULL)
		*tab++ = '\0';
	*at = tab;
	return s;
}

/* Does it belong to a function, or is it another name for an import? */
static bool
tags_is_local(const char *scope)
{
	static const char *const kinds[] = { "func", "function", "member",
		"method", "nameref", "procedure", "subroutine" };
	AUTO_FREE char *kind = scope == NULL ? xstrdup("") : xmemdup(scope,
	    strcspn(scope, ":"));

	return MEM_FIND(kinds, kind) != NULL;
}

static void
tags_line(const struct tags *t, char *line)
{
	char *name = tags_field(&line), *path = tags_field(&line);
	char *where = tags_field(&line), *kind = tags_field(&line);
	struct tags_file *f;
	size_t digits;

	/* A style sheet defines no names. */
	if (kind == NULL || tags_is_local(tags_field(&line)) ||
	    !tags_is_name(name) || MEM_FIND(tags_kinds, kind) == NULL ||
	    fnmatch("*css", path, 0) == 0)
		return;
	digits = strspn(where, "0123456789");
	if (digits == 0 || strcmp(where + digits, ";\"") != 0)
		return;
	f = tags_find(t, path);
	if (f != NULL)
		tags_add_name(t, f, name);
}

static void
tags_read(struct tags *t, const char *p, size_t n)
{
	const char *end = p + n, *stop;

	for (; p < end; p = stop + 1) {
		AUTO_FREE char *line = NULL;

		stop = memchr(p, '\n', (size_t)(end - p));
		if (stop == NULL)
			break;		/* cut off */
		if (memchr(p, '\0', (size_t)(stop - p)) != NULL)
			continue;
		line = xmemdup(p, (size_t)(stop - p));
		tags_line(t, line);
	}
}

/* ---- the text ---- */

/* The names that the task has, those that match its words, then the others, in
 * their order. */
static void
tags_put_names(struct buf *b, const struct tags_file *f)
{
	size_t shown = 0, i;
	int rank;

	for (rank = TAGS_NAMED; rank >= TAGS_OTHER; rank--)
		for (i = 0; i < f->names_len && shown < TAGS_SHOWN; i++)
			if ((int)f->names[i].rank == rank) {
				buf_addf(b, " %s", f->names[i].text);
				shown++;
			}
	if (f->names_len + f->more > shown)
		buf_addf(b, " (and %zu more)", f->names_len + f->more - shown);
}

char *
tags_text(struct tags *t, const char *p, size_t len, size_t max)
{
	AUTO_FREE struct tags_file *files = xcalloc(t->chosen + 1, sizeof(*files));
	AUTO_BUF struct buf out = BUF_INIT(0), line = BUF_INIT(0);
	size_t i, n = 0, told = 0;

	if (max > TAGS_MAX)
		max = TAGS_MAX;
	tags_read(t, p, len);
	for (i = 0; i < t->chosen; i++)
		if (t->files[i].names_len > 0)
			files[n++] = t->files[i];
	tags_score(t, files, n);
	MEM_SORT_BY(files, n, tags_compare);
	for (; told < n; told++) {
		buf_clear(&line);
		buf_addf(&line, "%s:", files[told].path);
		tags_put_names(&line, &files[told]);
		buf_addc(&line, '\n');
		if (out.len + line.len > max)
			break;
		buf_add(&out, buf_str(&line), line.len);
	}
	if (told < n && told > 0)
		buf_addf(&out, "(files not listed: %zu)\n", n - told);
	return buf_take(&out);
}
