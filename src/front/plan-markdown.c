#include "config.h"

#include "front/plan-markdown.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/editor.h"
#include "journal/fold.h"

#define MD_CODE 4		/* columns before a line of the check */

static const char md_kept[] = "; a plan can't change it)";
static const char md_paths[] = "- paths:";
static const char *const md_advice[] = {
	"<!-- Save and quit to see the new plan: nothing starts until you "
	"approve it. -->",
	"<!-- Quit without saving to change nothing. -->",
};

enum md_section {
	MD_NONE, MD_GOAL, MD_STEPS, MD_FILES, MD_CHECK, MD_RISKS,
};

static const struct {
	const char	*heading, *member;
} md_sections[] = {
	[MD_GOAL] = { "Goal", "goal" },
	[MD_STEPS] = { "Steps", "steps" },
	[MD_FILES] = { "Expected files", "files" },
	[MD_CHECK] = { "Check", "check" },
	[MD_RISKS] = { "Risks", "risks" },
};

static size_t
md_blanks(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && (s[i] == ' ' || s[i] == '\t'))
		i++;
	return i;
}

/* ---- writing ---- */

/* Add a text: its lines after the first are indented, and a line that looks
 * like a mark of this form gets a backslash. */
static void
md_put(struct buf *b, const char *text, int indent)
{
	static const char *const marks[] = {
		"#", "\\", "<!--", md_paths,
	};
	const char *p = text, *end;
	size_t n, blanks, i;

	for (;; p = end + 1) {
		end = strchr(p, '\n');
		n = end == NULL ? strlen(p) : (size_t)(end - p);
		blanks = md_blanks(p, n);
		if (p != text && n > 0)
			buf_addf(b, "%*s", indent, "");
		buf_add(b, p, blanks);
		for (i = 0; i < MEM_COUNT(marks); i++)
			if (mem_starts(p + blanks, p + n, marks[i]))
				break;
		if (i < MEM_COUNT(marks))
			buf_addc(b, '\\');
		buf_add(b, p + blanks, n - blanks);
		if (end == NULL)
			break;
		buf_addc(b, '\n');
	}
	buf_addc(b, '\n');
}

/* A name in a list; as a JSON string if it could be read as something else. */
static void
md_put_name(struct buf *b, const char *name)
{
	size_t n = strlen(name);
	AUTO_JSON cJSON *s = NULL;

	if (n > 0 && strpbrk(name, ",\"\n") == NULL && name[0] != ' ' &&
	    name[0] != '\t' && name[n - 1] != ' ' && name[n - 1] != '\t') {
		buf_adds(b, name);
		return;
	}
	s = cJSON_CreateString(name);
	json_append(b, s);
}

static void
md_put_names(struct buf *b, const cJSON *names, int indent)
{
	const char *sep = " ";
	const cJSON *it;

	if (names == NULL || names->child == NULL)
		return;
	buf_addf(b, "%*s%s", indent, "", md_paths);
	cJSON_ArrayForEach(it, names) {
		buf_adds(b, sep);
		md_put_name(b, cJSON_IsString(it) ? it->valuestring : "");
		sep = ", ";
	}
	buf_addc(b, '\n');
}

static void
md_put_steps(struct buf *b, const cJSON *steps)
{
	const cJSON *it;
	int i = 0, indent;

	cJSON_ArrayForEach(it, steps) {
		AUTO_FREE char *mark = xasprintf("%d. ", ++i);

		indent = (int)strlen(mark);
		buf_adds(b, mark);
		md_put(b, cJSON_IsString(it) ? it->valuestring :
		    json_str_or(it, "title", ""), indent);
		md_put_names(b, json_array(it, "paths"), indent);
	}
}

static void
md_put_list(struct buf *b, enum md_section at, const cJSON *list)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, list) {
		buf_adds(b, "- ");
		if (at == MD_FILES) {
			md_put_name(b, cJSON_IsString(it) ? it->valuestring :
			    "");
			buf_addc(b, '\n');
		} else
			md_put(b, cJSON_IsString(it) ? it->valuestring : "",
			    2);
	}
}

static const char *
md_check(const cJSON *plan)
{
	const cJSON *check = json_get(plan, "check");

	return cJSON_IsString(check) ? check->valuestring :
	    json_str_or(check, "command", "");
}

/* The one who set the check, if the plan can't change it; else NULL. */
static const char *
md_check_set_by(const cJSON *plan)
{
	static const char *const open[] = { "approved", "model", "user" };
	const char *by = json_str(json_get(plan, "check"), "by");

	return by == NULL || MEM_FIND(open, by) != NULL ? NULL :
	    fold_check_source(by);
}

static void
md_put_check(struct buf *b, const cJSON *plan)
{
	const char *p, *end;

	for (p = md_check(plan); *p != '\0'; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		if (end > p)
			buf_addf(b, "%*s", MD_CODE, "");
		buf_add(b, p, (size_t)(end - p));
		buf_addc(b, '\n');
	}
}

/* The plan as Markdown, with its invisible characters as they are (editor_mark()
 * makes them visible). */
static char *
md_text(const cJSON *plan, bool advice)
{
	const char *by = md_check_set_by(plan);
	struct buf b = BUF_INIT(0);
	size_t at;

	for (at = MD_GOAL; at < MEM_COUNT(md_sections); at++) {
		if (!advice && (at == MD_CHECK ? md_check(plan)[0] == '\0' :
		    at != MD_GOAL && cJSON_GetArraySize(json_get(plan,
		    md_sections[at].member)) == 0))
			continue;
		buf_addf(&b, "# %s", md_sections[at].heading);
		if (at == MD_CHECK && by != NULL)
			buf_addf(&b, " (%s%s", by, md_kept);
		buf_adds(&b, "\n\n");
		if (at == MD_GOAL)
			md_put(&b, json_str_or(plan, "goal", ""), 0);
		else if (at == MD_STEPS)
			md_put_steps(&b, json_array(plan, "steps"));
		else if (at == MD_CHECK)
			md_put_check(&b, plan);
		else
			md_put_list(&b, (enum md_section)at,
			    json_array(plan, md_sections[at].member));
		buf_addc(&b, '\n');
	}
	for (at = 0; advice && at < MEM_COUNT(md_advice); at++)
		buf_addf(&b, "%s\n", md_advice[at]);
	return buf_take(&b);
}

char *
plan_markdown(const cJSON *plan, size_t *len)
{
	AUTO_FREE char *plain = md_text(plan, true);

	return editor_mark(plain, len);
}

char *
plan_markdown_shown(const cJSON *plan, size_t *len)
{
	AUTO_FREE char *plain = md_text(plan, false);

	return editor_mark(plain, len);
}

/* ---- reading ---- */

struct md {
	cJSON		*plan;
	enum md_section	 at;
	unsigned	 had;		/* sections, as bits */
	int		 line;		/* the current one, from 1 */
	int		 check_line;
	struct buf	 text;		/* of the goal, check or item that is
					   being read */
	bool		 open;		/* one is being read */
	size_t		 empty;		/* empty lines since its last line */
	size_t		 indent;	/* columns before an item's text */
	cJSON		*list;		/* steps, files or risks, if we are
					   there; owned by plan */
	cJSON		*step;		/* the current one; owned by plan */
};

/* End the goal, check or item. */
static void
md_end(struct md *m)
{
	const char *member = md_sections[m->at].member;
	cJSON *text;

	if (m->at == MD_NONE || !m->open)
		return;
	text = cJSON_CreateString(buf_str(&m->text));
	if (m->at == MD_STEPS)
		json_set_take(m->step, "title", text);
	else if (m->at == MD_RISKS)
		cJSON_AddItemToArray(m->list, text);
	else
		json_set_take(m->plan, member, text);
	buf_clear(&m->text);
	m->open = false;
	m->empty = 0;
}

/* Add a line to the goal, check or item; without the backslash before a mark,
 * unless it is code. */
static void
md_add(struct md *m, const char *s, size_t n)
{
	size_t blanks = md_blanks(s, n);

	if (m->open)
		buf_addc(&m->text, '\n');
	for (; m->empty > 0; m->empty--)
		buf_addc(&m->text, '\n');
	m->open = true;
	if (m->at != MD_CHECK && n > blanks && s[blanks] == '\\') {
		buf_add(&m->text, s, blanks);
		s += blanks + 1;
		n -= blanks + 1;
	}
	buf_add(&m->text, s, n);
}

/* A name as md_put_name wrote it, up to a comma (if `commas`) or the end; *s
 * moves there. */
static int
md_name(struct buf *name, const char **s, const char *end, bool commas,
    struct err *e)
{
	const char *after = commas ? memchr(*s, ',', (size_t)(end - *s)) : NULL;
	size_t n = (size_t)((after == NULL ? end : after) - *s);
	AUTO_JSON cJSON *json = NULL;

	buf_clear(name);
	if (*s == end || **s != '"') {
		*s += n;
		for (; n > 0 && ((*s)[-1] == ' ' || (*s)[-1] == '\t'); n--)
			(*s)--;
		buf_add(name, *s - n, n);
		*s = after == NULL ? end : after;
		return 0;
	}
	json = cJSON_ParseWithLengthOpts(*s, (size_t)(end - *s), &after, false);
	if (!cJSON_IsString(json))
		return err_set(e, "a name begins with a quote, but isn't a "
		    "JSON string");
	buf_adds(name, json->valuestring);
	*s = after + md_blanks(after, (size_t)(end - after));
	if (*s < end && (!commas || **s != ','))
		return err_set(e, "something follows a quoted name");
	return 0;
}

/* The names after "- paths:". */
static int
md_names(struct md *m, const char *s, const char *end, struct err *e)
{
	AUTO_BUF struct buf name = BUF_INIT(0);
	AUTO_JSON cJSON *list = NULL;
	int rc = 0;

	if (m->step == NULL)
		return err_set(e, "\"paths\" belongs to a step");
	if (json_get(m->step, "paths") != NULL)
		return err_set(e, "the step has \"paths\" twice");
	list = cJSON_CreateArray();
	while (rc == 0 && s < end) {
		s += md_blanks(s, (size_t)(end - s));
		rc = md_name(&name, &s, end, true, e);
		if (rc == 0 && name.len > 0)
			cJSON_AddItemToArray(list,
			    cJSON_CreateString(buf_str(&name)));
		s += s < end;	/* the comma */
	}
	if (rc == 0 && list->child != NULL)
		json_copy(m->step, "paths", list);
	return rc;
}

/* Our own comments are dropped. Anybody else's would be text that is lost. */
static int
md_comment(const char *s, size_t n, struct err *e)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(md_advice); i++)
		if (n == strlen(md_advice[i]) && memcmp(s, md_advice[i], n) == 0)
			return 0;
	if (mem_starts(s, s + n, PLAN_MARKDOWN_NOTE) && memcmp(s + n - 3, "-->",
	    3) == 0)
		return 0;
	return err_set(e, "a plan has no comments: delete this line, or begin "
	    "it with \\<!--");
}

static int
md_heading(struct md *m, const char *s, size_t n, struct err *e)
{
	size_t at, len;

	md_end(m);
	m->step = NULL;
	while (n > 0 && *s == '#') {
		s++;
		n--;
	}
	len = md_blanks(s, n);
	s += len;
	n -= len;
	for (at = MD_GOAL; at < MEM_COUNT(md_sections); at++) {
		len = strlen(md_sections[at].heading);
		if (n >= len && strncasecmp(s, md_sections[at].heading,
		    len) == 0 && (n == len || s[len] == ' ' || s[len] == ':'))
			break;
	}
	if (at == MEM_COUNT(md_sections))
		return err_set(e, "unknown heading \"%.*s\"; there are Goal, "
		    "Steps, Expected files, Check and Risks",
		    n > 40 ? 40 : (int)n, s);
	s += len;
	n -= len;
	len = n > 0 && *s == ':';
	len += md_blanks(s + len, n - len);
	/* After the heading of the check, only the one who set it may be
	 * named. */
	if (len < n && (at != MD_CHECK || s[len] != '(' || n < sizeof(md_kept) ||
	    memcmp(s + n - strlen(md_kept), md_kept, strlen(md_kept)) != 0))
		return err_set(e, "text after the heading \"%s\": it belongs on "
		    "the next line", md_sections[at].heading);
	if (m->had & 1u << at)
		return err_set(e, "\"%s\" is there twice",
		    md_sections[at].heading);
	m->had |= 1u << at;
	m->at = (enum md_section)at;
	if (at == MD_CHECK)
		m->check_line = m->line;
	if (at != MD_GOAL && at != MD_CHECK) {
		m->list = cJSON_CreateArray();
		json_set_take(m->plan, md_sections[at].member, m->list);
	}
	return 0;
}

/* The length of "12. " or "- " at the start of an item; 0: none. */
static size_t
md_marker(enum md_section at, const char *s, size_t n)
{
	size_t i = 0;

	if (at == MD_STEPS)
		while (i < n && s[i] >= '0' && s[i] <= '9')
			i++;
	if (i > 0 && i < n && (s[i] == '.' || s[i] == ')'))
		i++;
	else if (i > 0 || n == 0 || (*s != '-' && *s != '*'))
		return 0;
	else
		i = 1;
	return i == n ? n : s[i] == ' ' ? i + 1 : 0;
}

void
plan_markdown_item(const char *s, size_t n, struct plan_item *it)
{
	size_t at = MD_GOAL;

	it->first = n > 0 && *s != '#' && it->part != PLAN_AT_GOAL &&
	    it->part != PLAN_AT_CHECK && md_marker(it->part == PLAN_AT_STEP ?
	    MD_STEPS : MD_RISKS, s, n) > 0;
	it->n += it->first;
	if (n == 0 || *s != '#')
		return;
	while (!mem_starts(s + 2, s + n, md_sections[at].heading))
		at++;
	/* The sections are in the order of the parts. */
	*it = (struct plan_item){ .part = (enum fold_plan_part)at };
}

static int
md_file(struct md *m, const char *s, const char *end, struct err *e)
{
	AUTO_BUF struct buf name = BUF_INIT(0);
	int rc;

	s += md_blanks(s, (size_t)(end - s));
	rc = md_name(&name, &s, end, false, e);
	if (rc == 0 && name.len > 0)
		cJSON_AddItemToArray(m->list,
		    cJSON_CreateString(buf_str(&name)));
	return rc;
}

/* The first line of an item, after a marker of this length. */
static int
md_item(struct md *m, const char *s, size_t n, size_t marker, struct err *e)
{
	md_end(m);
	if (m->at == MD_FILES)
		return md_file(m, s + marker, s + n, e);
	if (m->at == MD_STEPS) {
		m->step = cJSON_CreateObject();
		cJSON_AddItemToArray(m->list, m->step);
	}
	m->indent = marker;
	md_add(m, s + marker, n - marker);
	return 0;
}

/* A line of the steps, files or risks. */
static int
md_list_line(struct md *m, const char *s, size_t n, struct err *e)
{
	size_t blanks = md_blanks(s, n), marker, i;
	const char *t = s + blanks;

	if (m->at == MD_STEPS && mem_starts(t, s + n, md_paths))
		return md_names(m, t + strlen(md_paths), s + n, e);
	marker = blanks > 1 || *s == '\t' ? 0 :
	    md_marker(m->at, t, n - blanks);
	if (marker > 0)
		return md_item(m, t, n - blanks, marker, e);
	if (!m->open || blanks == 0)
		return err_set(e, "text outside a list: begin it with \"%s\", "
		    "or indent it to continue the line above",
		    m->at == MD_STEPS ? "1. " : "- ");
	if (*s == '\t')
		i = 1;
	else
		for (i = 0; i < m->indent && i < blanks && s[i] == ' ';)
			i++;
	md_add(m, s + i, n - i);
	return 0;
}

/* "```", perhaps with the name of a language. */
static bool
md_is_fence(const char *s, size_t n)
{
	size_t i;

	for (i = 3; i < n && s[i] != '`' && s[i] != ' ' && s[i] != '\t';)
		i++;
	return mem_starts(s, s + n, "```") && i + md_blanks(s + i, n - i) == n;
}

static int
md_code_line(struct md *m, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < MD_CODE && s[i] == ' ';)
		i++;
	if (i < MD_CODE && md_is_fence(s + i, n - i))
		return 0;
	if (i == 0 && n > 0 && *s == '\t')
		i = 1;
	md_add(m, s + i, n - i);
	return 0;
}

static int
md_line(struct md *m, const char *s, size_t n, struct err *e)
{
	if (n > 0 && s[n - 1] == '\r')
		n--;
	if (mem_starts(s, s + n, "<!--"))
		return md_comment(s, n, e);
	if (md_blanks(s, n) == n) {
		m->empty += m->open;
		return 0;
	}
	if (*s == '#')
		return md_heading(m, s, n, e);
	switch (m->at) {
	case MD_NONE:
		return err_set(e, "text before the first heading");
	case MD_GOAL:
		md_add(m, s, n);
		return 0;
	case MD_CHECK:
		return md_code_line(m, s, n);
	default:
		return md_list_line(m, s, n, e);
	}
}

/* Check what only the whole text tells: nothing is missing, and a check
 * that must stay is unchanged. */
static int
md_whole(struct md *m, const cJSON *before, struct err *e)
{
	const char *by = md_check_set_by(before);
	const cJSON *it;

	m->line = 0;
	if (json_str_or(m->plan, "goal", "")[0] == '\0')
		return err_set(e, "the plan has no goal");
	if (cJSON_GetArraySize(json_array(m->plan, "steps")) == 0)
		return err_set(e, "the plan has no steps");
	cJSON_ArrayForEach(it, json_array(m->plan, "steps"))
		if (json_str_or(it, "title", "")[0] == '\0')
			return err_set(e, "a step has no text");
	if (by != NULL && strcmp(md_check(m->plan), md_check(before)) != 0) {
		m->line = m->check_line;
		return err_set(e, "the check is %s; a plan can't "
		    "change it", by);
	}
	return 0;
}

cJSON *
plan_markdown_read(const char *text, size_t len, const cJSON *before,
    int *line, struct err *e)
{
	struct md m = { .plan = cJSON_CreateObject() };
	AUTO_FREE char *old = md_text(before, true);
	AUTO_FREE char *plain = editor_unmark(text, &len, old);
	const char *p = plain, *end = plain + len, *nl;
	int rc = 0;

	if (memchr(plain, '\0', len) != NULL)
		rc = err_set(e, "the plan contains a NUL character");
	for (; rc == 0 && p < end; p = nl + 1) {
		nl = mem_line_end(p, end);
		m.line++;
		rc = md_line(&m, p, (size_t)(nl - p), e);
	}
	if (rc == 0) {
		md_end(&m);
		rc = md_whole(&m, before, e);
	}
	*line = m.line;
	buf_release(&m.text);
	if (rc == 0)
		return m.plan;
	cJSON_Delete(m.plan);
	return NULL;
}

bool
plan_markdown_is(const char *text, size_t len, const cJSON *plan)
{
	AUTO_JSON cJSON *written = NULL, *same = NULL;
	AUTO_FREE char *s = NULL, *a = NULL, *b = NULL;
	struct err e = ERR_INIT;
	size_t n;
	int line;

	s = plan_markdown(plan, &n);
	if (n == len && memcmp(s, text, n) == 0)
		return true;
	/* Reading it drops blanks, and who set the check. */
	written = plan_markdown_read(text, len, plan, &line, &e);
	same = plan_markdown_read(s, n, plan, &line, &e);
	if (written == NULL || same == NULL)
		return false;
	a = plan_markdown(written, &n);
	b = plan_markdown(same, &n);
	return strcmp(a, b) == 0;
}
