#include "config.h"

#include "git/commit-quote.h"

#include <ctype.h>
#include <string.h>

#include "base/fence.h"
#include "base/mem.h"

#define QUOTE_BRACKETS 40	/* bytes in "[skip ci]" and the like */
#define QUOTE_SPACE " \t\n"

/* What the user wrote in the session's tasks, without the data in them. */
static void
quote_add_users(struct buf *b, const struct fold *f)
{
	size_t i;

	fence_cut(b, f->task_text == NULL ? "" : f->task_text);
	for (i = 0; i < f->changes_len; i++) {
		buf_addc(b, '\n');
		fence_cut(b, f->changes[i].task == NULL ? "" :
		    f->changes[i].task);
	}
}

/* Is it there, not as a part of another word? */
static bool
quote_is_users(const char *users, const char *s, size_t n)
{
	const char *at = users, *end = users + strlen(users);

	for (; (at = memmem(at, (size_t)(end - at), s, n)) != NULL; at++)
		if ((at == users || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

/* A trailer, also one whose value is in the next line, or a command of a
 * server's. */
static bool
quote_is_order(const char *line, size_t n)
{
	size_t i = 0, name, upper;

	/* git am takes what comes after the last two for a patch. */
	if (strncmp(line, "(cherry picked from", 19) == 0 ||
	    strncmp(line, "---", 3) == 0 || strncmp(line, "diff -", 6) == 0)
		return true;
	if (n > 1 && line[0] == '/')
		return isalpha((unsigned char)line[1]) != 0;
	while (i < n && (isalnum((unsigned char)line[i]) || line[i] == '-'))
		i++;
	/* "BREAKING CHANGE" */
	upper = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ");
	name = i = upper > i && i > 0 ? upper : i;
	i += strspn(line + i, " \t");
	if (name == 0 || i >= n || line[i] != ':')
		return false;
	i++;
	i += strspn(line + i, " \t");
	return i < n || (line[n] == '\n' && strspn(line + n + 1, " \t") > 0);
}

/* Does the word say that an issue is closed, as the trackers read it? */
static bool
quote_closes(const char *word)
{
	static const char *const begins[] = { "clos", "fix", "resolv", "implement",
		"complet" };
	size_t i;

	for (i = 0; i < MEM_COUNT(begins); i++)
		if (strncasecmp(word, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/* ABC-1 */
static bool
quote_is_key(const char *s)
{
	size_t n = isupper((unsigned char)s[0]) ? strspn(s,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") : 0;

	return n > 0 && s[n] == '-' && isdigit((unsigned char)s[n + 1]);
}

/* Where #1, !1, GH-1, an address, or at a word's beginning #close or @bot, or
 * after a word that `closes` ABC-1 begins in a word; n: there is none. */
static size_t
quote_issue(const char *word, size_t n, bool closes)
{
	bool begins = true;
	size_t i;

	for (i = 0; i + 1 < n; i++) {
		if ((strchr("#!", word[i]) != NULL && isdigit((unsigned char)word[i + 1])) ||
		    (begins && strchr("#@", word[i]) != NULL &&
		    isalpha((unsigned char)word[i + 1])) ||
		    (begins && closes && quote_is_key(word + i)) ||
		    (i + 3 < n && (strncasecmp(word + i, "gh-", 3) == 0 ||
		    strncasecmp(word + i, "http", 4) == 0)))
			return i > 0 && word[i - 1] == '"' ? n : i;
		begins = !isalnum((unsigned char)word[i]);
	}
	return n;
}

/* What makes a commit a part of another one for git rebase --autosquash. */
static bool
quote_squashes(const char *word, size_t n)
{
	return (n == 6 && (memcmp(word, "fixup!", n) == 0 ||
	    memcmp(word, "amend!", n) == 0)) ||
	    (n == 7 && memcmp(word, "squash!", n) == 0);
}

/* Signed-off-by: in a subject; other names with a colon are ordinary there. */
static bool
quote_signs(const char *word, size_t n)
{
	return n > 4 && strncasecmp(word + n - 4, "-by:", 4) == 0;
}

/* Does "[skip ci]" begin here, or "***NO_CI***", or "+semver:"? */
static bool
quote_skips(const char *s, size_t left)
{
	static const char *const words[] = { "skip", "no ci", "no_ci", "no-ci" };
	AUTO_FREE char *text = NULL;
	char *end;
	size_t i;

	if (strncasecmp(s, "***no_ci", 8) == 0 ||
	    strncasecmp(s, "+semver", 7) == 0)
		return true;
	if (s[0] != '[' || s[1] == ' ')
		return false;
	text = xmemdup(s, left < QUOTE_BRACKETS ? left : QUOTE_BRACKETS);
	if ((end = strchr(text, ']')) == NULL)
		return false;
	*end = '\0';
	for (i = 0; i < MEM_COUNT(words); i++)
		if (strcasestr(text, words[i]) != NULL)
			return true;
	return false;
}

/* The word, with quotes from byte `from` on, if that is in it. */
static void
quote_add_word(struct buf *b, const char *word, size_t n, size_t from,
    size_t left, const char *users)
{
	size_t i, to = n;

	while (to > from && strchr(".,;:)]\"", word[to - 1]) != NULL)
		to--;
	for (i = 0; i < n; i++) {
		if (from < to && (i == from || i == to))
			buf_addc(b, '"');
		buf_addc(b, word[i]);
		if (quote_skips(word + i, left - i) && !quote_is_users(users,
		    word + i, strcspn(word + i, "]\n")))
			buf_addc(b, ' ');
	}
	if (from < to && to == n)
		buf_addc(b, '"');
}

void
commit_quote(struct buf *b, const char *text, const struct fold *f,
    bool subject)
{
	AUTO_BUF struct buf users = BUF_INIT(0);
	bool begins = true;		/* a line */
	bool first = subject;		/* only spaces and "#" before it */
	bool closes = false;		/* the words before it an issue */
	size_t n, line, from;

	if (f != NULL)
		quote_add_users(&users, f);
	for (; *text != '\0'; text += n) {
		if ((n = strspn(text, QUOTE_SPACE)) > 0) {
			(void)buf_add(b, text, n);
			begins = text[n - 1] == '\n';
			subject = subject && memchr(text, '\n', n) == NULL;
			continue;
		}
		n = strcspn(text, QUOTE_SPACE);
		line = strcspn(text, "\n");
		if (begins && !subject && quote_is_order(text, line) &&
		    !quote_is_users(buf_str(&users), text, line))
			buf_addc(b, ' ');
		from = quote_issue(text, n, closes);
		if ((first && (quote_squashes(text, n) || quote_signs(text, n))) ||
		    (begins && n == 4 && memcmp(text, "bors", n) == 0))
			from = 0;
		begins = false;
		first = first && strspn(text, "#") == n;
		closes = quote_closes(text) || (closes && (from < n ||
		    strncmp(text, "and", n) == 0));
		if (from < n && quote_is_users(buf_str(&users), text, n))
			from = n;
		quote_add_word(b, text, n, from, line, buf_str(&users));
	}
}
