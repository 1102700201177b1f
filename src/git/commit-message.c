#include "config.h"

#include "git/commit.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "git/git-run.h"

#define SUBJECT_MIN	15	/* bytes */
#define SUBJECT_MAX	72
#define SUBJECT_MORE	"\u2026"	/* ends one that is cut in mid-sentence */
#define FILES_MAX	30	/* of it, for a file's name */
#define COMMENT_MAX	79	/* columns */
#define BODY_MAX	72	/* columns */
#define QUOTE_BRACKETS ((size_t)40)	/* bytes in "[skip ci]" and the like */
#define QUOTE_SPACE " \t\n"

/* ---- orders in the text ---- */

/* The user's words in the session's tasks, without attached data. */
static void
quote_add_users(struct buf *b, const struct fold *f)
{
	size_t i;

	fence_cut(b, f->task.text == NULL ? "" : f->task.text);
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

/* Is there a word in it that closes an issue, as the trackers read it? */
static bool
quote_closes(const char *word, size_t n)
{
	static const char *const begins[] = { "clos", "fix", "resolv", "implement",
		"complet" };
	size_t at, i;

	for (at = 0; at < n; at++)
		for (i = 0; i < MEM_COUNT(begins); i++)
			if ((at == 0 || !isalnum((unsigned char)word[at - 1])) &&
			    strncasecmp(word + at, begins[i],
			    strlen(begins[i])) == 0)
				return true;
	return false;
}

#define QUOTE_CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* The length of a sign by which a server acts on what follows, which a space
 * between them ends; 0: there is none. #1 and !1; #close, @name, GH-1 and the name
 * of a character (&commat;), which `begins` a word; ABC-1 and a URL after a word
 * that closes issues. A backslash before the hyphen is Markdown's. Backticks and
 * quotes don't count: a commit's message isn't Markdown, and a pull request's text
 * becomes one. So @types/node, which may be a team's name, gets a space, too. */
static size_t
quote_sign(const char *s, bool begins, bool closes)
{
	static const char *const plain[] = { "amp;", "apos;", "gt;", "lt;",
		"nbsp;", "quot;" };
	size_t n;

	if ((strchr("#!", *s) != NULL && isdigit((unsigned char)s[1])) ||
	    (begins && strchr("#@", *s) != NULL &&
	    (isalnum((unsigned char)s[1]) || s[1] == '_')))
		return 1;
	n = *s != '&' ? 0 : 1 + strspn(s + 1, QUOTE_CAPITALS
	    "abcdefghijklmnopqrstuvwxyz0123456789");
	if (n > 1)
		return s[n] == ';' && !MEM_BEGINS(plain, s + 1);
	if (closes && strncasecmp(s, "http", 4) == 0) {
		n = strcspn(s, ":");
		return strncmp(s + n, "://", 3) == 0 &&
		    strchr(QUOTE_SPACE, s[n + 3]) == NULL ? n + 3 : 0;
	}
	n = !begins ? 0 : strncasecmp(s, "gh", 2) == 0 ? 2 : !closes ||
	    strchr(QUOTE_CAPITALS, *s) == NULL ? 0 :
	    strspn(s, QUOTE_CAPITALS "0123456789_");
	n += n > 0 && s[n] == '\\';
	return n > 0 && s[n] == '-' && isdigit((unsigned char)s[n + 1]) ? n + 1 :
	    0;
}

/* Titles by which git rebase --autosquash joins commits. */
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
quote_skips(const char *s)
{
	static const char *const words[] = { "skip", "no ci", "no_ci", "no-ci" };
	AUTO_FREE char *text = NULL;
	char *end;

	if (strncasecmp(s, "***no_ci", 8) == 0 ||
	    strncasecmp(s, "+semver", 7) == 0)
		return true;
	if (s[0] != '[' || s[1] == ' ')
		return false;
	text = xmemdup(s, MIN(strcspn(s, "\n"), QUOTE_BRACKETS));
	if ((end = strchr(text, ']')) == NULL)
		return false;
	*end = '\0';
	return MEM_HAS_ANY(words, text);
}

/* Append the word of n bytes, with a space behind each sign of the model's; had it
 * one? `own`: the user wrote the word. */
static bool
quote_add_word(struct buf *b, const char *word, size_t n, bool closes, bool own,
    const char *users)
{
	bool any = false;
	size_t i, sign = 0;

	for (i = 0; i < n; i++) {
		if (sign == 0 && !own)
			sign = quote_sign(word + i, i == 0 ||
			    !isalnum((unsigned char)word[i - 1]), closes);
		buf_addc(b, word[i]);
		if ((sign > 0 && --sign == 0) || (quote_skips(word + i) &&
		    !quote_is_users(users, word + i, strcspn(word + i, "]\n")))) {
			any = true;
			buf_addc(b, ' ');
		}
	}
	return any;
}

void
commit_quote(struct buf *b, const char *text, const struct fold *f,
    bool subject)
{
	AUTO_BUF struct buf users = BUF_INIT(0);
	bool begins = true;		/* a line */
	bool first = subject;		/* only spaces and "#" before it */
	bool closes = false;		/* the words before it an issue */
	bool own, whole, says, any;
	size_t n, line;

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
		own = quote_is_users(buf_str(&users), text, n);
		whole = !own && ((first && (quote_squashes(text, n) ||
		    quote_signs(text, n))) ||
		    (begins && n == 4 && memcmp(text, "bors", n) == 0));
		begins = false;
		first = first && strspn(text, "#") == n;
		says = quote_closes(text, n);
		buf_adds(b, whole ? "\"" : "");
		any = quote_add_word(b, text, n, closes || says, own,
		    buf_str(&users));
		buf_adds(b, whole ? "\"" : "");
		closes = says || (closes && (any ||
		    strncmp(text, "and", n) == 0));
	}
}

/* ---- the text ---- */

/* Text of the model's, too: nothing in it may reach a terminal raw, or end the
 * message; data that the user passed in a task isn't in it. */
static char *
message_clean(const char *s)
{
	struct buf b = BUF_INIT(1 << 16);
	AUTO_BUF struct buf own = BUF_INIT(0);

	fence_cut(&own, s);
	sanitize_add(&b, buf_str(&own), own.len, SANITIZE_LINES);
	while (b.len > 0 && strchr(" \n", b.p[b.len - 1]) != NULL)
		b.p[--b.len] = '\0';
	return buf_take(&b);
}

/* Git before 2.45 doesn't know core.commentString. */
static bool
message_has_comment_string(const char *top)
{
	AUTO_FREE char *said = git_run_ask(top, "version", NULL, NULL,
	    NULL);
	int major = 0, minor = 0;

	return said != NULL && sscanf(said, "git version %d.%d", &major,
	    &minor) == 2 && (major > 2 || (major == 2 && minor >= 45));
}

/* A value in what `git config -z` printed; NULL: it isn't set. */
static const char *
message_setting(const struct buf *settings, const char *key)
{
	const char *at = buf_str(settings), *end = at + settings->len;
	const char *value = NULL;
	size_t n = strlen(key);

	for (; at < end; at += strlen(at) + 1)
		if (strncmp(at, key, n) == 0 && at[n] == '\n')
			value = at + n + 1;
	return value;
}

/* The prefix of comments in a message; NULL: git selects it. */
static const char *
message_comment_prefix(const char *top, const struct buf *settings)
{
	const char *said = message_setting(settings, "core.commentstring");

	if (said == NULL || !message_has_comment_string(top))
		said = message_setting(settings, "core.commentchar");
	if (said != NULL && strcmp(said, "auto") == 0)
		return NULL;
	return said == NULL || said[0] == '\0' ? "#" : said;
}

/* Append the lines, with a space before what git would drop as a comment. */
static void
message_add_lines(struct buf *b, const char *lines, const char *prefix)
{
	size_t n;

	for (; *lines != '\0'; lines += n) {
		n = strcspn(lines, "\n");
		n += lines[n] == '\n';
		if (prefix != NULL && strncmp(lines, prefix,
		    strlen(prefix)) == 0)
			buf_addc(b, ' ');
		(void)buf_add(b, lines, n);
	}
}

/* The start of a title: after the marks of a heading in Markdown. */
static const char *
message_title(const char *s)
{
	size_t n;

	s += strspn(s, " \n");
	n = strspn(s, "#");
	return strchr(" \n", s[n]) == NULL ? s : s + n + strspn(s + n, " \n");
}

/* The end for a line that is too long: after a sentence, else after a clause,
 * else (*broken) at a space that leaves room for SUBJECT_MORE. */
static size_t
message_cut(const char *s, size_t max, bool *broken)
{
	size_t at, sentence = 0, clause = 0, space = 0;
	size_t room = max - strlen(SUBJECT_MORE);

	for (at = 1; at <= max; at++) {
		if (s[at] != ' ')
			continue;
		space = at <= room ? at : space;
		if (at >= SUBJECT_MIN && strchr(".!?", s[at - 1]) != NULL)
			sentence = at;
		if (at >= SUBJECT_MIN && strchr(",;:", s[at - 1]) != NULL)
			clause = at;
	}
	*broken = sentence == 0 && clause == 0;
	if (!*broken)
		return sentence > 0 ? sentence : clause;
	return space > 0 ? space : utf8_cut(s, strlen(s), room);
}

/* Append subject and body: the first line with `files`, and the rest; all of it
 * if that line was too long. */
static void
message_goal(struct buf *b, const char *text, const char *files)
{
	size_t max = SUBJECT_MAX - strlen(files);
	AUTO_FREE char *goal = message_clean(text);
	const char *start = message_title(goal), *rest;
	size_t n = strcspn(start, "\n");
	bool broken = false;

	rest = n > max ? start : start + n + strspn(start + n, " \n");
	if (n > max)
		n = message_cut(start, max, &broken);
	while (n > 0 && strchr(" .,;:", start[n - 1]) != NULL)
		n--;
	(void)buf_add(b, start, n);
	if (n == 0)
		buf_adds(b, "Apply reviewed changes");
	buf_addf(b, "%s%s\n", broken ? SUBJECT_MORE : "", files);
	if (rest[0] != '\0')
		buf_addf(b, "\n%s\n", rest);
}

/* The purpose of the change's task: its plan's goal, else its first message; or
 * NULL. */
static const char *
message_task_goal(const struct fold *f, const struct fold_change *of)
{
	const struct fold_change *c = f->changes + f->changes_len;

	while (c-- > f->changes)
		if (c->goal != NULL && c->task_id == of->task_id)
			return c->goal;
	return of->task;
}

/* The changes that the commit consists of, in their order: those that are
 * undone leave nothing in it. */
static size_t
message_changes(const struct fold *f, const struct commit_plan *p,
    const struct fold_change ***v)
{
	const struct fold_change *c;
	size_t i, n = 0;

	for (i = 0; p != NULL && i < p->changes_len; i++) {
		c = fold_change_find(f, p->changes[i]);
		if (c == NULL || c->undone == UNDONE_WHOLE)
			continue;
		*GROW_ADD(*v, n) = c;
	}
	return n;
}

/* ---- of an undo ---- */

/* git's commit that has this change, or NULL. */
static const char *
message_commit(const struct fold_change *c)
{
	size_t i;

	for (i = 0; i < c->files_len; i++)
		if (c->files[i].commit != NULL)
			return c->files[i].commit;
	return NULL;
}

/* Append a message like git revert's; false: more than undos is committed. */
static bool
message_revert(struct buf *b, const struct fold *f, const struct commit_plan *p,
    const struct fold_change **v, size_t n)
{
	AUTO_BUF struct buf body = BUF_INIT(0), task = BUF_INIT(1 << 18);
	const struct fold_change *c = NULL;
	const char *commit;
	size_t i;

	for (i = 0; i < n; i++) {
		c = v[i]->is_redo ? NULL : fold_change_find(f, v[i]->undoes);
		if (c == NULL)
			return false;
		commit = message_commit(c);
		buf_addf(&body, "This reverts %schange %" PRId64 " of session "
		    "%s%s%.12s.\n", c->undone == UNDONE_PART ?
		    "part of " : "", c->tx, f->session,
		    commit == NULL ? "" : ", commit ",
		    commit == NULL ? "" : commit);
	}
	/* In a pull request's text there is no plan, and no change. */
	if (c == NULL)
		return false;
	for (i = 0; i < p->len; i++)
		if (p->files[i].has_own)
			return false;
	message_goal(&task, message_task_goal(f, c) == NULL ? "" :
	    message_task_goal(f, c), "");
	if (n > 1)
		buf_addf(b, "Revert %zu changes\n\n%s", n, buf_str(&body));
	else
		buf_addf(b, "Revert \"%.*s\"\n\n%s", (int)strcspn(buf_str(&task),
		    "\n"), buf_str(&task), buf_str(&body));
	return true;
}

/* ---- of a part of a task ---- */

/* Are these all changes of the task of `of`? */
static bool
message_is_all(const struct fold *f, const struct fold_change *of,
    const struct fold_change **v, size_t n)
{
	const struct fold_change *c = f->changes + f->changes_len;
	size_t i;

	while (c-- > f->changes) {
		if (c->undoes != 0 || c->undone == UNDONE_WHOLE ||
		    c->task_id != of->task_id)
			continue;
		for (i = 0; i < n && v[i]->root != c->tx; i++)
			;
		if (i == n)
			return false;
	}
	return true;
}

/* The files, for a subject that more than one commit has: ": a.c and 2 more". */
static void
message_add_files(struct buf *b, const struct commit_plan *p)
{
	AUTO_BUF struct buf name = BUF_INIT(0);
	const char *base = strrchr(p->files[0].path, '/');

	fold_add_names(&name, NULL, base == NULL ? p->files[0].path : base + 1);
	buf_addf(b, ": %.*s", (int)utf8_cut(buf_str(&name), name.len,
	    FILES_MAX), buf_str(&name));
	if (p->len > 1)
		buf_addf(b, " and %zu more", p->len - 1);
}

/* ---- of several tasks ---- */

/* The task of a change, or 0; an undo takes something of it away. */
static int64_t
message_task(const struct fold_change *c)
{
	return c->undoes != 0 && !c->is_redo ? 0 : c->task_id;
}

/* Has one of the first n changes this task? */
static bool
message_is_named(const struct fold_change **v, size_t n, int64_t task)
{
	while (n-- > 0)
		if (message_task(v[n]) == task)
			return true;
	return false;
}

/* Append a message that lists the tasks; false: there aren't several. */
static bool
message_several(struct buf *b, const struct fold *f,
    const struct fold_change **v, size_t n)
{
	AUTO_BUF struct buf list = BUF_INIT(0), subject = BUF_INIT(0);
	const char *first = NULL, *task, *title;
	AUTO_FREE char *more = NULL;
	size_t i, tasks = 0;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *clean = NULL;

		if (message_task(v[i]) == 0 ||
		    message_is_named(v, i, message_task(v[i])))
			continue;
		task = message_task_goal(f, v[i]);
		first = tasks++ == 0 ? task : first;
		clean = message_clean(task);
		title = message_title(clean);
		if (title[0] == '\0')
			title = clean;
		buf_addf(&list, "- %.*s\n", (int)strcspn(title, "\n"), title);
	}
	if (tasks < 2)
		return false;
	more = xasprintf(" (and %zu more)", tasks - 1);
	message_goal(&subject, first, more);
	buf_addf(b, "%.*s\n\n%s", (int)strcspn(buf_str(&subject), "\n"),
	    buf_str(&subject), buf_str(&list));
	return true;
}

/* ---- */

/* The change that gives the commit its name: the last one that is no undo. */
static const struct fold_change *
message_change(const struct fold *f, const struct fold_change **v, size_t n)
{
	const struct fold_change *c;

	while (n-- > 0) {
		c = v[n]->is_redo ? fold_change_find(f, v[n]->root) :
		    v[n];
		if (c != NULL && c->undoes == 0)
			return c;
	}
	return NULL;
}

/* The message for a `try`: "Run make fmt"; malloc'ed, NULL if the command isn't
 * known. */
static char *
message_command(const struct fold *f)
{
	const struct fold_item *it = fold_tried(f);

	return it == NULL || it->title == NULL || strncmp(it->title, "$ ", 2) !=
	    0 ? NULL : xasprintf("Run %s", it->title + 2);
}

/* Those of the task's commits that another agent made in its copy of .git, as one;
 * malloc'ed, or NULL. */
static char *
message_commits(const struct fold *f)
{
	struct buf b = BUF_INIT(1 << 16);
	size_t i;

	if (f->commits == NULL || f->commits->seq < f->task.id)
		return NULL;
	for (i = 0; i < f->commits->commits.messages_len; i++)
		buf_addf(&b, "%s%s", i > 0 ? "\n\n" : "",
		    f->commits->commits.messages[i]);
	return buf_take(&b);
}

static void
message_draft(struct buf *b, const struct fold *f, const struct commit_plan *p)
{
	AUTO_FREE const struct fold_change **v = NULL;
	size_t n = message_changes(f, p, &v);
	const struct fold_change *c = message_change(f, v, n);
	/* The session has gone on to another task? */
	bool later = c != NULL && c->task_id != 0 && c->task_id != f->task.id;
	const char *planned = fold_plan_goal(&f->plan);
	AUTO_FREE char *command = message_command(f);
	AUTO_FREE char *made = later ? NULL : message_commits(f);
	const char *of = made != NULL ? made : c == NULL ? planned :
	    message_task_goal(f, c);
	/* Undos alone aren't what the task is for. */
	bool undo = n > 0 && c == NULL;
	const char *goal = undo ? NULL : of != NULL ? of :
	    f->task.text != NULL ? f->task.text : command;
	AUTO_BUF struct buf files = BUF_INIT(0);
	/* Until the task ends, the summary is an earlier one's; what the model
	 * said to the user is chat. */
	AUTO_FREE char *body = message_clean(f->end.summary == NULL || later ||
	    undo || made != NULL || !f->ended || f->end.said ? "" :
	    f->end.summary);

	if (message_revert(b, f, p, v, n) ||
	    message_several(b, f, v, n))
		return;
	if (c != NULL && !message_is_all(f, c, v, n))
		message_add_files(&files, p);
	message_goal(b, goal == NULL ? "" : goal, buf_str(&files));
	if (body[0] != '\0')
		buf_addf(b, "\n%s\n", body);
}

/* The space where a line that is too long ends; 0: nowhere. */
static size_t
message_break(const char *s, size_t n, size_t max)
{
	size_t i, columns = 0, space = 0;

	for (i = 0; i < n && (columns <= max || space == 0); i++) {
		if (s[i] == ' ' && columns > strspn(s, " -"))
			space = i;
		columns += ((unsigned char)s[i] & 0xc0) != 0x80;
	}
	return columns > max ? space : 0;
}

/* Append the lines, none longer than `max`; code stays as it is, and the rest of an
 * item is below its text. */
static void
message_wrap(struct buf *b, const char *s, size_t max)
{
	bool code = false;
	size_t n, cut, hang;

	for (; *s != '\0'; s += n) {
		n = strcspn(s, "\n");
		code = code != (strncmp(s, "```", 3) == 0);
		hang = strspn(s, " -*");
		while (!code && hang < 4 && s[0] != '\t' && (cut =
		    message_break(s, n, max - hang)) > 0) {
			buf_addf(b, "%.*s\n%*s", (int)cut, s, (int)hang, "");
			n -= cut + 1;
			s += cut + 1;
		}
		n += s[n] == '\n';
		(void)buf_add(b, s, n);
	}
}

/* Append the lines as comments that aren't too long. */
static void
message_add_comment(struct buf *b, const char *prefix, const char *text)
{
	AUTO_BUF struct buf rows = BUF_INIT(0);
	const char *s;
	size_t n;

	message_wrap(&rows, text, COMMENT_MAX - strlen(prefix) - 1);
	for (s = buf_str(&rows); *s != '\0'; s += n + (s[n] != '\0')) {
		n = strcspn(s, "\n");
		buf_addf(b, "\n%s %.*s", prefix, (int)n, s);
	}
}

/* Append the user's commit.template, which git leaves out beside a draft. */
static void
message_add_template(struct buf *b, const char *top)
{
	/* git alone knows ~ and %(prefix). */
	AUTO_FREE char *said = git_run_ask(top, "config", "--path",
	    "commit.template", NULL);
	AUTO_FREE char *path = said == NULL ? NULL : fs_normalize(top, said);
	AUTO_BUF struct buf text = BUF_INIT(1 << 16);

	if (path != NULL && fs_read_file(AT_FDCWD, path, &text, NULL) >= 0)
		buf_addf(b, "\n%s", buf_str(&text));
}

/* Comments stand where git drops them: after its own line of scissors if
 * commit.cleanup says so, nowhere if it keeps all lines. */
static void
message_edit(struct buf *b, const struct fold *f,
    const struct commit_plan *p)
{
	AUTO_FREE char *draft = buf_take(b);
	AUTO_BUF struct buf settings = BUF_INIT(1 << 16);
	const char *prefix, *cleanup;
	bool scissors, drops;

	/* None is set, if it fails. */
	(void)git_run_in(p->top, &settings, GIT_WORDS("config", "-z",
	    "--get-regexp", "^(core[.]comment(char|string)|"
	    "commit[.](cleanup|template))$"), NULL);
	prefix = message_comment_prefix(p->top, &settings);
	cleanup = message_setting(&settings, "commit.cleanup");
	scissors = cleanup != NULL && strcmp(cleanup, "scissors") == 0;
	drops = cleanup == NULL || strcmp(cleanup, "default") == 0 ||
	    strcmp(cleanup, "strip") == 0;
	message_add_lines(b, draft, drops ? prefix : NULL);
	if (message_setting(&settings, "commit.template") != NULL)
		message_add_template(b, p->top);
	if (prefix == NULL || (!drops && !scissors))
		return;
	if (scissors)
		buf_addf(b, "\n%s ------------------------ >8 "
		    "------------------------", prefix);
	/* If there is no model, as in `try`, the draft is the command. */
	if (f->model != NULL)
		message_add_comment(b, prefix, "The model wrote this and "
		    "doesn't know which of its hunks you rejected, edited, "
		    "undid or left out.");
	message_add_comment(b, prefix, buf_str(&p->left));
	buf_addc(b, '\n');
}

void
commit_message_draft(struct buf *b, const struct fold *f,
    const struct commit_plan *p, bool edit)
{
	AUTO_BUF struct buf draft = BUF_INIT(b->max), rows = BUF_INIT(b->max);
	size_t n;

	message_draft(&draft, f, p);
	n = strcspn(buf_str(&draft), "\n");
	(void)buf_add(&rows, draft.p, n);
	/* A pull request's text isn't a commit's. */
	if (p != NULL)
		message_wrap(&rows, buf_str(&draft) + n, BODY_MAX);
	commit_quote(b, buf_str(p == NULL ? &draft : &rows), f, true);
	if (edit)
		message_edit(b, f, p);
}
