#include "config.h"

#include "core/proof/mutate.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/diagnose/language.h"
#include "journal/event.h"

#define MUTATE_DIGITS	2	/* larger numbers are limits, sizes, codes */
#define MUTATE_LINE	400	/* bytes; longer ones nobody wrote */

/* ---- languages ---- */

/* What is put around a condition, so that it is negated, and around a call, so
 * that it isn't made, but names are still used and types checked. */
static const struct mutate_language {
	const char	*ends;		/* what follows the condition of an if;
					   ")": it is in brackets */
	const char	*not[2];
	const char	*never[2];
	const char	*none;		/* may be returned by any function: in
					   TypeScript only a value of type
					   never */
	const char	*binds[2];	/* a line with one declares names, or
					   narrows types, by its condition */
	bool		 typed;		/* a compiler refuses a difference of
					   strings */
	bool		 ended;		/* by a semicolon is each statement */
} mutate_languages[LANGUAGES] = {
	[LANGUAGE_C] = { ")", { "!(", ")" }, { "while (0) ", "" },
	    .ended = true },
	[LANGUAGE_CSHARP] = { ")", { "!(", ")" }, { "if (false) ", "" },
	    .binds = { " is ", " out " }, .typed = true, .ended = true },
	[LANGUAGE_GO] = { " {", { "!(", ")" }, { "if false { ", " }" },
	    .typed = true },
	[LANGUAGE_JAVA] = { ")", { "!(", ")" }, { "if (false) ", "" },
	    .binds = { " is ", " instanceof " }, .typed = true, .ended = true },
	[LANGUAGE_JS] = { ")", { "!(", ")" }, { "if (false) ", "" },
	    "[][0]" },
	[LANGUAGE_PHP] = { ")", { "!(", ")" }, { "if (false) ", "" },
	    "null", .ended = true },
	[LANGUAGE_PYTHON] = { ":", { "not (", ")" }, { "if False: ", "" },
	    "None" },
	[LANGUAGE_RUBY] = { "", { "!(", ")" }, { "", " if false" }, "nil" },
	[LANGUAGE_RUST] = { " {", { "!(", ")" }, { "if false { ", " }" },
	    .binds = { "if let ", "while let " }, .typed = true,
	    .ended = true },
	[LANGUAGE_SHELL] = { "; then", { "! ", "" } },
};

/* Lines that begin with one of these have no code that runs, or that no test is
 * about. */
static const char *const mutate_declares[] = {
	"#", "assert", "case ", "class ", "declare ", "enum ", "export type ",
	"extern ", "from ", "import ", "interface ", "namespace ", "package ",
	"static_assert", "template", "type ", "typedef ", "use ", "using ",
	"if __name__",
};
/* Lines that have one of these, in any case, tell what goes on. */
static const char *const mutate_tells[] = {
	"assert", "console.", "debug", "log(", "log.", "log_", "logf(", "logg",
	"trace", "verbose", "warn",
};
/* Calls that nobody misses whose names have one of these. */
static const char *const mutate_tidies[] = {
	"_delete", "cancel", "cleanup", "close", "destroy", "dispose", "flush",
	"free", "lock", "panic", "print", "release", "reserve", "sleep",
	"super", "unref", "va_", "yield",
};
static const char *const mutate_keywords[] = {
	"catch", "elif", "for", "if", "match", "return", "sizeof", "switch",
	"typeof", "while",
};
static const char *const mutate_nones[] = {
	"None", "nil", "null", "undefined",
};
/* A number beside one of these may be another one, or isn't one. */
static const char *const mutate_sizes[] = {
	"/(", "/[", "/\\", "/^", "){", "]{", "alloc", "buf", "cache",
	"capacity", "delay", "grow", "hash", "interval", "priority", "reserve",
	"retries", "retry", "seed", "sleep", "timeout", "version",
};
/* So may one that another is compared with. */
static const char *const mutate_limits[] = { "limit", "max" };

/* ---- a line ---- */

struct mutate_line {
	enum language	 language;
	const char	*p, *end;	/* its code, */
	const char	*first;		/* without blanks before */
	const char	*text;		/* and its text */
	char		*code;		/* its code alone */
	char		 before;	/* the last byte of code before it */
	struct mutant	 m;		/* what is found */
};

/* Replace `len` bytes of it. */
static bool
mutate_put(struct mutate_line *l, const char *p, size_t len, char *with,
    char *words)
{
	l->m.at += (size_t)(p - l->p);
	l->m.len = len;
	l->m.with = with;
	l->m.words = words;
	return true;
}

static bool
mutate_replace(struct mutate_line *l, const char *p, size_t len,
    const char *with)
{
	AUTO_FREE char *old = xmemdup(l->text + (p - l->p), len);

	return mutate_put(l, p, len, xstrdup(with), *with == '\0' ?
	    xasprintf("`%s` left out", old) :
	    xasprintf("`%s` for `%s`", with, old));
}

static bool
mutate_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *
mutate_skip(const char *p, const char *end)
{
	return p + pattern_blanks(p, end);
}

/* The byte before `p` and blanks; NUL: the line begins there. */
static char
mutate_before(const struct mutate_line *l, const char *p)
{
	while (p > l->first && mutate_is_blank(p[-1]))
		p--;
	return p > l->first ? p[-1] : '\0';
}

/* Does a value end with this byte? */
static bool
mutate_is_value(char c)
{
	return pattern_is_name(c) ||
	    (c != '\0' && strchr(")]}\"'`", c) != NULL);
}

/* Where the first bracket at or after `p` closes; NULL: not in this line. */
static const char *
mutate_closes(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		depth += strchr("([{", *p) != NULL;
		if (strchr(")]}", *p) != NULL && --depth <= 0)
			return depth == 0 ? p : NULL;
	}
	return NULL;
}

/* ---- what is changed ---- */

struct mutate_row {
	unsigned	 in;		/* languages */
	bool		(*make)(struct mutate_line *,
			    const struct mutate_row *);
	const char	*from, *to;
};

#define IN(language)	(1u << LANGUAGE_##language)
#define MUTATE_CODE	(IN(C) | IN(CSHARP) | IN(GO) | IN(JAVA) | IN(JS) | \
			    IN(PHP) | IN(RUBY) | IN(RUST))
#define MUTATE_ALL	(MUTATE_CODE | IN(PYTHON))
#define MUTATE_SIZED	(1u << 30)	/* not beside mutate_sizes */
#define MUTATE_LIMITED	(1u << 31)	/* not beside mutate_limits */
#define MUTATE_TIGHT	(IN(C) | IN(GO) | IN(JAVA) | IN(PYTHON) | IN(RUST))

/* Is a `+` or `-` at `p` one of two numbers: not of strings, lists or pointers?
 * Some write it without blanks. */
static bool
mutate_is_sum(const struct mutate_line *l, const char *p, size_t n)
{
	const char *next = mutate_skip(p + n, l->end);
	char before = mutate_before(l, p);
	bool number = isdigit((unsigned char)*next) ||
	    isdigit((unsigned char)before);

	if (!mutate_is_value(before) || *next == '[')
		return false;
	if (*p == '+' ? strpbrk(l->code, "\"'`") != NULL ||
	    (mutate_languages[l->language].typed && !number) :
	    l->language == LANGUAGE_C && !number)
		return false;
	return next > p + n ? mutate_is_blank(p[-1]) :
	    (MUTATE_TIGHT >> l->language & 1) != 0 &&
	    pattern_is_name(*next) && mutate_is_value(p[-1]) &&
	    !(number && tolower((unsigned char)p[-1]) == 'e');
}

/* Is it all of a word, or an operator between blanks? */
static bool
mutate_stands(const struct mutate_line *l, const char *p, size_t n)
{
	char before = p > l->first ? p[-1] : ' ';
	const char *next = mutate_skip(p + n, l->end);

	if (l->language == LANGUAGE_SHELL)
		return mutate_is_blank(before) && next > p + n;
	if (strchr("+-", *p) != NULL)
		return mutate_is_sum(l, p, n);
	if (*p == '!' && n == 1)
		return strchr(" \t(!", before) != NULL &&
		    (strchr("($", *next) != NULL || (pattern_is_name(*next) &&
		    !isdigit((unsigned char)*next)));
	if (pattern_is_name(*p))
		return !pattern_is_name(before) &&
		    strchr(".$@", before) == NULL && !pattern_is_name(p[n]) &&
		    p[n] != ':' && !mem_starts(next, l->end, "=>") &&
		    !mem_starts(next, l->end, "->");
	/* Sizes are never below 0. */
	return mutate_is_blank(before) && (next > p + n || next == l->end) &&
	    (p == l->first || mutate_is_value(mutate_before(l, p))) &&
	    (n > 1 || *p != '>' || *next != '0' ||
	    pattern_is_name(next[1]) || next[1] == '.');
}

/* One word or operator for another. */
static bool
mutate_swap(struct mutate_line *l, const struct mutate_row *row)
{
	size_t n = strlen(row->from);
	bool quoted = false;
	const char *p;

	for (p = l->first; p + n <= l->end; p++) {
		quoted ^= l->language == LANGUAGE_SHELL && *p == '"';
		if (!quoted && memcmp(p, row->from, n) == 0 &&
		    mutate_stands(l, p, n))
			return mutate_replace(l, p, n, row->to);
	}
	return false;
}

/* The condition of an `if` that begins and ends in this line. */
static bool
mutate_condition(struct mutate_line *l, const struct mutate_row *row)
{
	const struct mutate_language *of = &mutate_languages[l->language];
	const char *p = l->first + strlen(row->from), *q, *before;
	AUTO_FREE char *condition = NULL;

	if (!mem_starts(l->first, l->end, row->from) || pattern_is_name(*p))
		return false;
	p = mutate_skip(p, l->end);
	q = *of->ends == ')' ? mutate_closes(p, l->end) :
	    l->end - strlen(of->ends);
	if (q == NULL || q <= p || !mem_starts(q, l->end, of->ends) ||
	    (*of->ends == ')' && *p != '('))
		return false;
	/* After its bracket; in Go after a statement. */
	before = *of->ends == ')' ? p : *of->ends != ' ' ? NULL :
	    memrchr(p, ';', (size_t)(q - p));
	if (before != NULL)
		p = mutate_skip(before + 1, q);
	condition = xmemdup(l->text + (p - l->p), (size_t)(q - p));
	return strstr(condition, " = ") == NULL && strstr(condition, ":=") ==
	    NULL && *condition != '!' && mutate_put(l, p, (size_t)(q - p),
	    xasprintf("%s%s%s", of->not[0], condition, of->not[1]),
	    xstrdup("the condition negated"));
}

/* Does a number at `p` up to `q` stand for itself: isn't it part of a name or
 * of another number, a size, a bit, the key of a table? */
static bool
mutate_counts(const struct mutate_line *l, const char *p, const char *q)
{
	const char *next = mutate_skip(q, l->end);
	char before = mutate_before(l, p);
	bool declares = memchr(l->p, '=', (size_t)(p - l->p)) == NULL &&
	    memchr(l->p, '(', (size_t)(p - l->p)) == NULL &&
	    !mem_starts(l->first, l->end, "return");

	return (p == l->p || (!pattern_is_name(p[-1]) &&
	    strchr(".$#\\", p[-1]) == NULL)) && (q == l->end ||
	    (!pattern_is_name(*q) && *q != '.' && *q != ':')) &&
	    (*p != '0' || q == p + 1) && before != '{' &&
	    !(*next == ']' && (declares || before == ';')) &&
	    !(before == ':' && l->language == LANGUAGE_C) &&
	    !mem_starts(next, l->end, "=>") && !mem_starts(next, l->end, "->");
}

static bool
mutate_number(struct mutate_line *l, const struct mutate_row *row)
{
	AUTO_FREE char *with = NULL;
	const char *p, *q;
	long n;

	for (p = l->first; p < l->end; p = q + 1) {
		q = p + strspn(p, row->from);
		if (q == p || q > p + MUTATE_DIGITS || !mutate_counts(l, p, q))
			continue;
		if (p > l->first + 1 && p[-1] == '-' &&
		    !mutate_is_value(p[-2]))
			p--;
		n = strtol(p, NULL, 10);
		with = xasprintf("%ld", n == 1 ? 0 : n + 1);
		return mutate_replace(l, p, (size_t)(q - p), with);
	}
	return false;
}

/* The end of a statement that is all of this line; NULL: it isn't. */
static const char *
mutate_statement(const struct mutate_line *l)
{
	bool ended = l->end > l->first && l->end[-1] == ';';
	const char *end = l->end - ended, *p;
	int depth = 0;

	if (mutate_languages[l->language].ended && !ended)
		return NULL;
	for (p = l->first; p < end && depth >= 0; p++)
		depth += (strchr("([{", *p) != NULL) -
		    (strchr(")]}", *p) != NULL);
	return depth == 0 && mutate_is_value(end[-1]) ? end : NULL;
}

static bool
mutate_return(struct mutate_line *l, const struct mutate_row *row)
{
	const char *none = mutate_languages[l->language].none;
	const char *p = l->first + strlen(row->from);
	const char *end = mutate_statement(l);

	if (none == NULL || end == NULL ||
	    !mem_starts(l->first, end, row->from) ||
	    strstr(l->code, " if ") != NULL || strstr(l->code, " unless ") !=
	    NULL || mem_begins(mutate_nones, MEM_COUNT(mutate_nones), p,
	    (size_t)(end - p)))
		return false;
	return mutate_put(l, p, (size_t)(end - p), xstrdup(none),
	    xstrdup("an empty return"));
}

static bool
mutate_error(struct mutate_line *l, const struct mutate_row *row)
{
	const char *p = l->end - strlen(row->from);

	return l->before == '{' && p > l->first &&
	    mem_starts(l->first, p, "return ") &&
	    mem_starts(p, l->end, row->from) && mutate_stands(l, p,
	    strlen(row->from)) && mutate_replace(l, p, strlen(row->from),
	    row->to);
}

/* A statement that is a call. */
static bool
mutate_call(struct mutate_line *l, const struct mutate_row *row)
{
	const struct mutate_language *of = &mutate_languages[l->language];
	const char *end = mutate_statement(l), *p = l->first, *q;
	AUTO_FREE char *name = NULL;

	if (end == NULL || p == l->p || end[-1] != ')' || strchr(
	    "([,.=+-*/%&|^!~?<>\\", l->before) != NULL ||
	    l->before == (l->language == LANGUAGE_PYTHON ? '{' : ':'))
		return false;
	p += mem_starts(p, end, row->from) ? strlen(row->from) : 0;
	for (q = p; q < end && (pattern_is_name(*q) ||
	    strchr(".:->$?", *q) != NULL); q++)
		;
	if (q == end || *q != '(' || *p == '.' || q == p ||
	    !pattern_is_name(q[-1]))
		return false;
	name = xmemdup(p, (size_t)(q - p));
	if (MEM_FIND(mutate_keywords, name) != NULL ||
	    MEM_HAS_ANY(mutate_tidies, name))
		return false;
	return mutate_put(l, l->first, (size_t)(l->end - l->first),
	    xasprintf("%s%.*s%s", of->never[0], (int)(l->end - l->first),
	    l->text + (l->first - l->p), of->never[1]),
	    xasprintf("`%s` left out", name));
}

/* In the order of what tells most: the first that fits is a line's. */
static const struct mutate_row mutate_rows[] = {
	{ MUTATE_ALL | MUTATE_LIMITED, mutate_swap, "<", "<=" },
	{ MUTATE_ALL | MUTATE_LIMITED, mutate_swap, "<=", "<" },
	{ MUTATE_ALL | MUTATE_LIMITED, mutate_swap, ">", ">=" },
	{ MUTATE_ALL | MUTATE_LIMITED, mutate_swap, ">=", ">" },
	{ IN(SHELL), mutate_swap, "-lt", "-le" },
	{ IN(SHELL), mutate_swap, "-le", "-lt" },
	{ IN(SHELL), mutate_swap, "-gt", "-ge" },
	{ IN(SHELL), mutate_swap, "-ge", "-gt" },
	{ MUTATE_ALL, mutate_swap, "==", "!=" },
	{ MUTATE_ALL, mutate_swap, "!=", "==" },
	{ IN(JS) | IN(PHP), mutate_swap, "===", "!==" },
	{ IN(JS) | IN(PHP), mutate_swap, "!==", "===" },
	{ IN(SHELL), mutate_swap, "-eq", "-ne" },
	{ IN(SHELL), mutate_swap, "-ne", "-eq" },
	{ IN(SHELL), mutate_swap, "!=", "=" },
	{ MUTATE_CODE | IN(SHELL), mutate_swap, "&&", "||" },
	{ MUTATE_CODE | IN(SHELL), mutate_swap, "||", "&&" },
	{ IN(PYTHON) | IN(RUBY), mutate_swap, "and", "or" },
	{ IN(PYTHON) | IN(RUBY), mutate_swap, "or", "and" },
	{ MUTATE_CODE, mutate_swap, "!", "" },
	{ IN(SHELL), mutate_swap, "!", "" },
	{ IN(PYTHON), mutate_swap, "not", "" },
	{ IN(PYTHON), mutate_swap, "is", "is not" },
	{ MUTATE_ALL | IN(SHELL), mutate_condition, "if", NULL },
	{ MUTATE_CODE, mutate_condition, "else if", NULL },
	{ MUTATE_CODE, mutate_condition, "} else if", NULL },
	{ IN(PYTHON) | IN(SHELL), mutate_condition, "elif", NULL },
	{ IN(RUBY), mutate_condition, "elsif", NULL },
	{ IN(PHP), mutate_condition, "elseif", NULL },
	{ IN(PHP), mutate_condition, "} elseif", NULL },
	{ IN(RUBY), mutate_swap, "if", "unless" },
	{ IN(RUBY), mutate_swap, "unless", "if" },
	{ MUTATE_ALL | MUTATE_SIZED, mutate_swap, "+", "-" },
	{ MUTATE_ALL | MUTATE_SIZED, mutate_swap, "-", "+" },
	{ MUTATE_ALL | MUTATE_SIZED, mutate_swap, "+=", "-=" },
	{ MUTATE_ALL | MUTATE_SIZED, mutate_swap, "-=", "+=" },
	{ MUTATE_ALL | MUTATE_SIZED, mutate_number, "0123456789", NULL },
	{ MUTATE_CODE, mutate_swap, "true", "false" },
	{ MUTATE_CODE, mutate_swap, "false", "true" },
	{ IN(PYTHON), mutate_swap, "True", "False" },
	{ IN(PYTHON), mutate_swap, "False", "True" },
	{ IN(GO), mutate_error, "err", "nil" },
	{ MUTATE_ALL, mutate_return, "return ", NULL },
	{ MUTATE_ALL, mutate_call, "await ", NULL },
};

/* ---- the files of a change ---- */

struct mutate_one {
	struct mutant	 m;
	size_t		 row;
	bool		 chosen;
};
struct mutate_all { struct mutate_one *v; size_t v_len; };

static void
mutate_line(struct mutate_all *all, struct mutate_line *l)
{
	const struct mutate_language *of = &mutate_languages[l->language];
	unsigned beside;
	size_t i;

	l->code = xmemdup(l->p, (size_t)(l->end - l->p));
	beside = (MEM_HAS_ANY(mutate_sizes, l->code) ? MUTATE_SIZED : 0) |
	    (MEM_HAS_ANY(mutate_limits, l->code) ? MUTATE_LIMITED : 0);
	if (!mem_begins(mutate_declares, MEM_COUNT(mutate_declares), l->first,
	    (size_t)(l->end - l->first)) &&
	    !MEM_HAS_ANY(mutate_tells, l->code) && (of->binds[0] == NULL ||
	    !MEM_HAS_ANY(of->binds, l->code)))
		for (i = 0; i < MEM_COUNT(mutate_rows); i++)
			if ((mutate_rows[i].in >> l->language & 1) != 0 &&
			    (mutate_rows[i].in & beside) == 0 &&
			    mutate_rows[i].make(l, &mutate_rows[i])) {
				*GROW_ADD(all->v, all->v_len) =
				    (struct mutate_one){
					.m = l->m, .row = i };
				break;
			}
	FREE_NULL(l->code);
}

static void
mutate_file(struct mutate_all *all, const struct change_text *file, size_t n)
{
	struct language_text old = { 0 }, new;
	struct mutate_line l = { .language = language_of_change(file),
		.before = ';' };
	bool macro = false;
	size_t i;

	if (file->test || file->after == NULL ||
	    mutate_languages[l.language].ends == NULL)
		return;
	language_read(&new, l.language, file->after);
	language_pair(&old, &new, file);
	for (i = 0; i < new.v_len; i++) {
		const struct language_line *line = &new.v[i];

		if (line->indent < 0)
			continue;
		l.text = line->text;
		l.p = line->code;
		l.first = l.p + line->indent;
		for (l.end = l.p + line->len; l.end > l.first &&
		    strchr(" \t\r", l.end[-1]) != NULL; l.end--)
			;
		/* The rest of a file of Rust is its tests. */
		if (mem_starts(l.first, l.end, "#[cfg(test)]"))
			break;
		macro = l.language == LANGUAGE_C && (macro || *l.first == '#');
		l.m = (struct mutant){ .file = n, .line = (int)i + 1,
			.hunk = (size_t)line->hunk - 1,
			.at = (size_t)(l.p - new.code) };
		if (line->hunk > 0 && !macro && line->len < MUTATE_LINE)
			mutate_line(all, &l);
		macro = macro && l.end[-1] == '\\';
		/* The plus of `x++` joins nothing. */
		l.before = l.end - l.first > 1 && strchr("+-", l.end[-1]) !=
		    NULL && l.end[-2] == l.end[-1] ? ';' : l.end[-1];
	}
	language_text_release(&new);
}

void
mutate_find(const struct change_text *files, size_t n, size_t most,
    struct mutants *out)
{
	struct mutate_all all = { 0 };
	bool more = true;
	size_t i, j, best;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < n; i++)
		mutate_file(&all, &files[i], i);
	while (most > 0 && more)
		for (more = false, i = 0; i < all.v_len && most > 0; i = j) {
			best = all.v_len;
			for (j = i; j < all.v_len && all.v[j].m.file ==
			    all.v[i].m.file && all.v[j].m.hunk ==
			    all.v[i].m.hunk; j++)
				if (!all.v[j].chosen && (best == all.v_len ||
				    all.v[j].row < all.v[best].row))
					best = j;
			if (best == all.v_len)
				continue;
			all.v[best].chosen = more = true;
			most--;
		}
	MEM_EACH(&all, v, one)
		if (one->chosen)
			*GROW_ADD(out->v, out->v_len) = one->m;
		else
			FREE_ALL(one->m.with, one->m.words);
	free(all.v);
}

void
mutants_release(struct mutants *all)
{
	MEM_EACH(all, v, m)
		FREE_ALL(m->with, m->words);
	FREE_NULL(all->v);
	all->v_len = 0;
}
