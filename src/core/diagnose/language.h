/*
 * language: the languages whose forms we know, by files' names; a text as lines
 * of which strings and comments are blanked; and patterns that are looked for in
 * them. What the patterns mean is a table of who looks: weaken-form, adds-form.
 */
#ifndef ASSENT_CORE_LANGUAGE_H
#define ASSENT_CORE_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct ev_hunk;

enum language {
	LANGUAGE_NONE,
	LANGUAGE_C,		/* and C++ */
	LANGUAGE_CSHARP,
	LANGUAGE_DOCKER,
	LANGUAGE_GO,
	LANGUAGE_GRADLE,
	LANGUAGE_JAVA,		/* and Kotlin */
	LANGUAGE_JS,		/* and TypeScript */
	LANGUAGE_MAKE,
	LANGUAGE_PHP,
	LANGUAGE_PYTHON,
	LANGUAGE_RUBY,
	LANGUAGE_RUST,
	LANGUAGE_SETTINGS,	/* JSON, TOML, INI, YAML, XML and their kind */
	LANGUAGE_SHELL,
	LANGUAGE_WORKFLOW,	/* of GitHub and GitLab */
	LANGUAGES
};

/* A file that a change creates, edits or deletes; all borrowed. */
struct change_text {
	const char	*path;
	bool		 test;		/* policy_is_test */
	bool		 added;
	const struct buf *before;	/* the texts that the hunks are of;
					   NULL: there is none, or it wasn't
					   read */
	const struct buf *after;
	const struct ev_hunk *hunks;
	size_t		 hunks_len;
};

struct language_line {
	const char	*text, *code;
	size_t		 len;
	int		 indent;	/* -1: no code */
	int		 hunk;		/* from 1; 0: unchanged */
	int		 other;		/* the line on the other side, or -1 */
	int		 group;		/* the function that it is in; */
	int		 about;		/* outside of one, the next one: both
					   are weaken's */
};
struct language_text {
	char		*code;
	struct language_line *v;
	size_t		 v_len;
};

#define LANGUAGE_STRING	'\1'		/* in code: a byte of a string */

/* The file's language by its name, */
enum language language_of(const char *path);
/* or by a text's first line, as far as that is there. */
enum language language_of_change(const struct change_text *);
/* A text's lines, which borrow from it; NULL: it has none. */
void	language_read(struct language_text *, enum language,
	    const struct buf *);
void	language_text_release(struct language_text *);
/* Mark changed lines with their hunk, and find the others' partners. */
void	language_pair(struct language_text *old, struct language_text *new,
	    const struct change_text *);

/* What a change's texts may cost in all, for one who looks at them: what is
 * more isn't read. Weakened tests then take 0.3 s at most, and a tenth of that
 * if the text isn't made for it. */
#define LANGUAGE_COST_MAX	((size_t)2 << 20)
size_t	language_cost(const struct buf *);

/*
 * Patterns are separated by spaces: '^' begins a line, '~' is blanks, '?' blanks
 * or nothing, '*' any letters, digits and '_', '&' anything in the same line,
 * the rest is itself. Names are matched as a whole; one after a dot only if the
 * pattern begins with that. Blanks before a '(' don't count. After a '{' in a
 * string is code: "${exec(a)}".
 */

/* A list of patterns, by their first byte. */
struct pattern_list {
	uint16_t	 head[256];	/* the first one with that byte, from
					   1; those that begin with '*' have
					   NUL, and begin a line */
	bool		 calls;		/* "->" is a dot, too, and a name after
					   "def" isn't a call; */
	bool		 typed;		/* nor is one after a type, "int exec(" */
	size_t		 v_len;
	struct pattern {
		const char *p;
		uint16_t len, next;
		uint8_t	 tag;
		bool	 begins, strings;
	} *v;				/* from 1 */
};

/* Add these patterns, which are borrowed; NULL: none. `tag`, less than 32, tells
 * what they mean. `strings`: they may begin in a string. */
void	pattern_list_add(struct pattern_list *, const char *patterns,
	    unsigned tag, bool strings);
void	pattern_list_release(struct pattern_list *);
/* The first place in a line that matches one of them, or NULL; in *after, if it
 * isn't NULL, what comes after that. */
const char *pattern_find(const struct pattern_list *, const char *line,
	    size_t len, const char **after);
/* The tags, as bits, of all that match in a line; `code` is the same line with
 * strings blanked. */
uint32_t pattern_tags(const struct pattern_list *, const char *line,
	    const char *code, size_t len);

bool	pattern_is_name(char);		/* in names? */
/* How many bytes of a name, or blanks, there are at `p`. */
size_t	pattern_name(const char *p, const char *end);
size_t	pattern_blanks(const char *p, const char *end);

#endif
