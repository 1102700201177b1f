#include "config.h"

#include "core/diagnose/language.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lines.h"
#include "base/mem.h"
#include "journal/event.h"

#define LANGUAGE_LINE_COST	16		/* beside its bytes */
#define LANGUAGE_REGEX		200		/* bytes of one, at most */

/* ---- languages ---- */

static const struct {
	const char	*ends;		/* of files' names, between spaces */
	const char	*names;		/* of files, or how these begin */
	const char	*runs;		/* in the first line of a program that
					   has no ending */
	const char	*comment;	/* to the end of the line */
	const char	*quotes;	/* of strings in one line */
	const char	*longs[7];	/* begin and end of longer ones and of
					   comments, in turn */
	bool		 filled;	/* a string in '"' has commands in it */
} languages[LANGUAGES] = {
	[LANGUAGE_C] = { .ends = " c h cc cpp cxx hh hpp hxx ",
	    .comment = "//", .quotes = "\"'",
	    .longs = { "/*", "*/", "R\"(", ")\"" } },
	[LANGUAGE_CSHARP] = { .ends = " cs ",
	    .comment = "//", .quotes = "\"'",
	    .longs = { "/*", "*/", "\"\"\"", "\"\"\"" } },
	[LANGUAGE_DOCKER] = { .ends = " dockerfile ",
	    .names = " Dockerfile Containerfile ",
	    .comment = "#", .quotes = "\"'", .filled = true },
	[LANGUAGE_GO] = { .ends = " go ",
	    .comment = "//", .quotes = "\"'",
	    .longs = { "/*", "*/", "`", "`" } },
	[LANGUAGE_GRADLE] = { .ends = " gradle groovy kts ",
	    .names = " Jenkinsfile ",
	    .comment = "//", .quotes = "\"'",
	    .longs = { "/*", "*/", "\"\"\"", "\"\"\"", "'''", "'''" } },
	[LANGUAGE_JAVA] = { .ends = " java kt ",
	    .comment = "//", .quotes = "\"'",
	    .longs = { "/*", "*/", "\"\"\"", "\"\"\"" } },
	[LANGUAGE_JS] = { .ends = " js jsx ts tsx mjs cjs mts cts ",
	    .runs = "node",
	    .comment = "//", .quotes = "\"'",
	    .longs = { "/*", "*/", "`", "`" } },
	[LANGUAGE_MAKE] = { .ends = " mk mak cmake ",
	    .names = " Makefile GNUmakefile makefile CMakeLists ",
	    .comment = "#", .quotes = "\"'", .filled = true },
	[LANGUAGE_PHP] = { .ends = " php phtml ", .runs = "php",
	    .comment = "//", .quotes = "\"'",
	    .longs = { "/*", "*/", "#", "\n" } },
	[LANGUAGE_PYTHON] = { .ends = " py pyw ",
	    .names = " SConstruct SConscript meson.build wscript ",
	    .runs = "python",
	    .comment = "#", .quotes = "\"'",
	    .longs = { "\"\"\"", "\"\"\"", "'''", "'''" } },
	[LANGUAGE_RUBY] = { .ends = " rb rake ru ",
	    .names = " Rakefile Vagrantfile Podfile Fastfile ", .runs = "ruby",
	    .comment = "#", .quotes = "\"'",
	    .longs = { "=begin", "=end" } },
	[LANGUAGE_RUST] = { .ends = " rs ",
	    .comment = "//", .quotes = "\"",
	    .longs = { "/*", "*/", "r#\"", "\"#" } },
	[LANGUAGE_SETTINGS] = { .ends = " json toml ini cfg conf env "
		"properties yaml yml xml conf config tf tfvars hcl repo "
		"service npmrc pypirc yarnrc curlrc wgetrc gitmodules ",
	    .names = " .env Pipfile ",
	    .comment = "#", .quotes = "\"'",
	    .longs = { "<!--", "-->" } },
	[LANGUAGE_SHELL] = { .ends = " sh bash bats zsh ksh ac envrc bashrc "
		"zshrc profile ", .runs = "sh",
	    .comment = "#", .quotes = "\"'", .filled = true },
	[LANGUAGE_WORKFLOW] = { .names = " .gitlab-ci.yml action.yml "
		"action.yaml ",
	    .comment = "#", .quotes = "\"'", .filled = true },
};

/* Is it in a list between spaces? */
static bool
language_listed(const char *list, const char *name, size_t len)
{
	AUTO_FREE char *text = xasprintf(" %.*s ", (int)len, name);

	return list != NULL && strstr(list, text) != NULL;
}

enum language
language_of(const char *path)
{
	const char *name = basename(path);
	const char *dot = strrchr(name, '.');
	size_t head = strcspn(name + (*name == '.'), ".") + (*name == '.');
	int i;

	for (i = LANGUAGE_NONE + 1; i < LANGUAGES; i++)
		if (language_listed(languages[i].names, name, strlen(name)))
			return i;
	for (i = LANGUAGE_NONE + 1; dot != NULL && i < LANGUAGES; i++)
		if (language_listed(languages[i].ends, dot + 1,
		    strlen(dot + 1)))
			return i == LANGUAGE_SETTINGS && mem_starts(path,
			    dot, ".github/workflows/") ? LANGUAGE_WORKFLOW : i;
	for (i = LANGUAGE_NONE + 1; i < LANGUAGES; i++)
		if (language_listed(languages[i].names, name, head))
			return i;
	return LANGUAGE_NONE;
}

static enum language
language_run(const struct buf *text)
{
	const char *p = text == NULL ? "" : buf_str(text);
	size_t n = strcspn(p, "\n");
	int i;

	for (i = LANGUAGE_NONE + 1; i < LANGUAGES; i++)
		if (mem_starts(p, p + n, "#!") && languages[i].runs != NULL &&
		    memmem(p, n, languages[i].runs,
		    strlen(languages[i].runs)) != NULL)
			return i;
	return LANGUAGE_NONE;
}

enum language
language_of_change(const struct change_text *f)
{
	enum language l = language_of(f->path);

	if (l == LANGUAGE_NONE)
		l = language_run(f->after);
	return l != LANGUAGE_NONE ? l : language_run(f->before);
}

/* ---- text ---- */

bool
pattern_is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

size_t
pattern_name(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && pattern_is_name(*q))
		q++;
	return (size_t)(q - p);
}

size_t
pattern_blanks(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && (*q == ' ' || *q == '\t'))
		q++;
	return (size_t)(q - p);
}

/* The length of JavaScript's regular expression at `p`; 0: it is none. */
static size_t
language_regex(const char *text, const char *p, const char *end)
{
	const char *q = p;
	bool set = false;

	if (*p != '/' || mem_starts(p, end, "//") || mem_starts(p, end, "/*"))
		return 0;
	while (q > text && (q[-1] == ' ' || q[-1] == '\t'))
		q--;
	if (q > text && strchr("(,=:[!&|?{;\n", q[-1]) == NULL)
		return 0;
	end = (size_t)(end - p) > LANGUAGE_REGEX ? p + LANGUAGE_REGEX : end;
	for (q = p + 1; q < end && *q != '\n' && (set || *q != '/'); q++) {
		set = *q == '[' || (set && *q != ']');
		q += *q == '\\' && q + 1 < end;
	}
	return q < end && *q == '/' ? (size_t)(q - p) + 1 : 0;
}

/* What opens at `p`: the length of its beginning, and *close is its end; NULL:
 * nothing does. */
static size_t
language_opens(enum language l, const char *text, const char *p,
    const char *end, const char **close, bool *comment)
{
	const char *const *longs = languages[l].longs;
	bool xml = l != LANGUAGE_SETTINGS || *text == '<' ||
	    mem_starts(text, end, "\xef\xbb\xbf<");
	size_t i, n;

	*comment = strchr("/#=<", *p) != NULL;
	for (i = 0; xml && longs[i] != NULL; i += 2)
		/* PHP: #[Attribute] is code. */
		if (mem_starts(p, end, longs[i]) && !mem_starts(p, end, "#[")) {
			*close = longs[i + 1];
			return strlen(longs[i]);
		}
	if (l == LANGUAGE_JS && (n = language_regex(text, p, end)) > 0) {
		*comment = false;
		return n;
	}
	if (mem_starts(p, end, languages[l].comment) && (*p == '/' ||
	    p == text || isspace((unsigned char)p[-1])))
		*close = "\n";
	else if (*p == '"' || *p == '\'')
		*close = strchr(languages[l].quotes, *p) == NULL ? NULL :
		    *p == '"' ? "\"" : "'";
	return 1;
}

/* Does it end at `p`? A line's comment also does at the other ends of lines that
 * programs know, and at that of PHP. */
static bool
language_closes(enum language l, const char *close, const char *p,
    const char *end)
{
	return mem_starts(p, end, close) || (*close == '\n' && (*p == '\r' ||
	    (l == LANGUAGE_JS && (mem_starts(p, end, "\xe2\x80\xa8") ||
	    mem_starts(p, end, "\xe2\x80\xa9"))) ||
	    (l == LANGUAGE_PHP && mem_starts(p, end, "?>"))));
}

/* The text with strings and comments blanked; as long as the text. Of no language
 * all is code. */
static char *
language_code(enum language l, const char *text, size_t len)
{
	char *code = xmemdup(text, len);
	const char *end = text + len, *p, *close = NULL;
	bool comment = false;
	size_t n;

	for (p = text; l != LANGUAGE_NONE && p < end; p += n) {
		char blank = comment ? ' ' : LANGUAGE_STRING;

		n = 1;
		if (close == NULL) {
			n = language_opens(l, text, p, end, &close, &comment);
			if (close != NULL ? comment : n > 1)
				memset(code + (p - text), close != NULL ? ' ' :
				    LANGUAGE_STRING, n);
		} else if (language_closes(l, close, p, end)) {
			n = strlen(close);
			if (comment && *p != '\n')
				memset(code + (p - text), ' ', n);
			close = NULL;
		} else if (*p != '\n') {
			n = *p == '\\' && p + 1 < end && p[1] != '\n' ? 2 : 1;
			if (!languages[l].filled || *close != '"')
				memset(code + (p - text), blank, n);
		} else if (strchr("\"'", *close) != NULL && close[1] == '\0')
			close = NULL;
	}
	return code;
}

void
language_read(struct language_text *t, enum language l, const struct buf *text)
{
	const char *p = text == NULL ? "" : buf_str(text), *start = p, *to;
	const char *end = p + (text == NULL ? 0 : text->len);

	*t = (struct language_text){ .code = language_code(l, p,
	    (size_t)(end - p)) };
	MEM_EACH_LINE(p, to, end) {
		struct language_line line = { .text = p, .other = -1,
			.indent = -1, .code = t->code + (p - start),
			.len = (size_t)(to - p) };
		size_t i = pattern_blanks(line.code, line.code + line.len);

		if (i < line.len && line.code[i] != LANGUAGE_STRING &&
		    line.code[i] != '\r')
			line.indent = (int)i;
		*GROW_ADD(t->v, t->v_len) = line;
	}
}

void
language_text_release(struct language_text *t)
{
	FREE_ALL(t->code, t->v);
}

void
language_pair(struct language_text *old, struct language_text *new,
    const struct change_text *change)
{
	struct hunk_walk w;
	size_t h, i, j;

	for (h = 0; h < change->hunks_len; h++) {
		const struct ev_hunk *u = &change->hunks[h];

		w = hunk_walk(u->text.p, u->text.len,
		    (int)u->old_start - (u->old_lines > 0),
		    (int)u->new_start - (u->new_lines > 0));
		while (hunk_walk_next(&w)) {
			if (w.sign == '-' && (size_t)w.old < old->v_len)
				old->v[w.old].hunk = (int)h + 1;
			if (w.sign == '+' && (size_t)w.new < new->v_len)
				new->v[w.new].hunk = (int)h + 1;
		}
	}
	for (i = j = 0; i < old->v_len && j < new->v_len;)
		if (old->v[i].hunk != 0)
			i++;
		else if (new->v[j].hunk != 0)
			j++;
		else {
			old->v[i].other = (int)j;
			new->v[j++].other = (int)i++;
		}
}

size_t
language_cost(const struct buf *text)
{
	size_t n = text->len, i;

	for (i = 0; i < text->len; i++)
		n += text->p[i] == '\n' ? LANGUAGE_LINE_COST : 0;
	return n;
}

/* ---- patterns ---- */

#define PATTERN_APART	200		/* bytes that '&' stands for, at most */

/* The end of what the pattern matches at `p`; NULL: it doesn't. */
static const char *
pattern_match(const char *pattern, size_t len, const char *p, const char *end)
{
	const char *q, *to = NULL;
	size_t i, n;

	for (i = 0; i < len; i++)
		if (pattern[i] == '&') {
			for (q = p; to == NULL && q < end &&
			    q < p + PATTERN_APART; q++)
				to = pattern_match(pattern + i + 1,
				    len - i - 1, q, end);
			return to;
		} else if (pattern[i] == '*')
			p += pattern_name(p, end);
		else if (pattern[i] == '~' || pattern[i] == '?') {
			n = pattern_blanks(p, end);
			if (n == 0 && pattern[i] == '~')
				return NULL;
			p += n;
		} else {
			/* GNU's "system (". */
			if (pattern[i] == '(' && i > 0)
				p += pattern_blanks(p, end);
			if (p == end || *p++ != pattern[i])
				return NULL;
		}
	return p == end || !pattern_is_name(pattern[len - 1]) ||
	    !pattern_is_name(*p) ? p : NULL;
}

void
pattern_list_add(struct pattern_list *list, const char *patterns, unsigned tag,
    bool strings)
{
	size_t n;

	if (patterns == NULL)
		return;
	if (list->v_len == 0)
		(void)GROW_ADD(list->v, list->v_len);
	MEM_EACH_WORD(patterns, n, patterns) {
		bool begins = *patterns == '^';
		uint16_t *head = &list->head[patterns[begins] == '*' ? 0 :
		    (unsigned char)patterns[begins]];

		GROW(list->v, list->v_len);
		list->v[list->v_len] = (struct pattern){
			.p = patterns + begins, .len = (uint16_t)(n - begins),
			.tag = (uint8_t)tag, .begins = begins,
			.strings = strings, .next = *head };
		*head = (uint16_t)list->v_len++;
	}
}

void
pattern_list_release(struct pattern_list *list)
{
	FREE_NULL(list->v);
}

/* Is what begins at `p` a function's name where that is defined or declared: after
 * one of these words, or after a type, which isn't one of the others? */
static bool
pattern_defines(const char *p, const char *first, bool typed)
{
	static const char *const begins[] = { "async", "declare", "def", "fn",
		"func", "function", "get", "override", "private", "protected",
		"public", "set", "static" };
	static const char *const words[] = { "and", "assert", "await", "case",
		"default", "do", "else", "if", "in", "new", "not", "or",
		"return", "then", "throw", "until", "when", "while", "yield" };
	const char *end;
	AUTO_FREE char *word = NULL;

	for (end = p; end > first && (end[-1] == ' ' || end[-1] == '*'); end--)
		;
	if (end == p || end == first || !pattern_is_name(end[-1]))
		return false;
	for (p = end; p > first && pattern_is_name(p[-1]); p--)
		;
	word = xmemdup(p, (size_t)(end - p));
	return typed ? MEM_FIND(words, word) == NULL :
	    MEM_FIND(begins, word) != NULL;
}

/* May a pattern match at `p`: is what comes after a dot only one that begins with
 * it? */
static bool
pattern_begins(const struct pattern_list *list, const struct pattern *of,
    const char *p, const char *first)
{
	if (of->begins || p == first)
		return p == first;
	if (*p == '.' || of->strings)
		return true;
	if (p[-1] == '.')
		return false;
	return !list->calls || ((p[-1] != '>' || p - 1 == first || p[-2] !=
	    '-') && (of->p[of->len - 1] != '(' || !pattern_is_name(*p) ||
	    !pattern_defines(p, first, list->typed)));
}

/* The first place that matches and what comes after it, or of all the tags. */
static const char *
pattern_walk(const struct pattern_list *list, const char *line,
    const char *code, size_t len, uint32_t *tags, const char **after)
{
	const char *end = line + len, *p, *to;
	const char *first = line + pattern_blanks(line, end);
	unsigned i;

	for (p = first; p < end; p++) {
		if (p > first && pattern_is_name(p[-1]) && pattern_is_name(*p))
			continue;
		for (i = list->head[(unsigned char)*p]; i > 0;
		    i = list->v[i].next) {
			const struct pattern *of = &list->v[i];

			if (!pattern_begins(list, of, p, first) ||
			    (!of->strings && code[p - line] ==
			    LANGUAGE_STRING && (p == first || p[-1] != '{')) ||
			    (to = pattern_match(of->p, of->len, p, end)) ==
			    NULL)
				continue;
			if (tags == NULL) {
				*after = to;
				return p;
			}
			*tags |= 1u << of->tag;
		}
	}
	for (i = first < end ? list->head[0] : 0; i > 0; i = list->v[i].next)
		if (pattern_match(list->v[i].p, list->v[i].len, first, end) !=
		    NULL)
			return first;
	return NULL;
}

const char *
pattern_find(const struct pattern_list *list, const char *line, size_t len,
    const char **after)
{
	const char *to;

	return pattern_walk(list, line, line, len, NULL,
	    after == NULL ? &to : after);
}

uint32_t
pattern_tags(const struct pattern_list *list, const char *line,
    const char *code, size_t len)
{
	uint32_t tags = 0;
	const char *to;

	(void)pattern_walk(list, line, code, len, &tags, &to);
	return tags;
}
