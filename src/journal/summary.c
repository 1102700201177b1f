/* See summary.h. A model wrote the input: any part may be missing, duplicated,
 * or something else. */
#include "config.h"

#include "journal/summary.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/event.h"

#define SUMMARY_ITEM_MAX ((size_t)1500)

static const struct {
	const char	*name;
	const char	*heading;	/* as share/prompts/compact.md asks */
} summary_rows[SUMMARY_SECTIONS] = {
	[SUMMARY_GOALS] = { "goals", "Goals" },
	[SUMMARY_PROGRESS] = { "progress", "Progress" },
	[SUMMARY_DECISIONS] = { "decisions", "Decisions and facts" },
	[SUMMARY_FILES] = { "files", "Files" },
	[SUMMARY_QUESTIONS] = { "questions", "Open questions and next steps" },
};

cJSON *
summary_new(const cJSON *old)
{
	cJSON *o = cJSON_CreateObject();
	int i;

	for (i = 0; i < SUMMARY_SECTIONS; i++) {
		json_set_take(o, summary_rows[i].name, cJSON_CreateArray());
		json_copy(o, summary_rows[i].name, json_array(old,
		    summary_rows[i].name));
	}
	return o;
}

static cJSON *
summary_list(const cJSON *o, int i)
{
	return cJSON_GetObjectItemCaseSensitive(o, summary_rows[i].name);
}

void
summary_add(cJSON *o, enum summary_section s, const char *text)
{
	AUTO_JSON cJSON *item = cJSON_CreateObject();

	/* Through the wrapper, which repairs invalid UTF-8. */
	json_add_str(item, "x", text);
	cJSON_AddItemToArray(summary_list(o, (int)s),
	    cJSON_DetachItemFromObjectCaseSensitive(item, "x"));
}

/* ---- reading ---- */

/* Start of a list item's text; `p` if it isn't one. */
static const char *
summary_bullet(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && (*q == ' ' || *q == '\t'))
		q++;
	if (q + 1 < end && strchr("-*+", *q) != NULL && q[1] == ' ')
		return q + 2;
	while (q < end && *q >= '0' && *q <= '9')
		q++;
	if (q > p && q + 1 < end && (*q == '.' || *q == ')') && q[1] == ' ')
		return q + 2;
	return p;
}

void
summary_add_lines(cJSON *o, enum summary_section s, const char *text)
{
	const char *end = text + strlen(text), *nl;

	MEM_EACH_LINE(text, nl, end) {
		AUTO_FREE char *line = NULL;

		text = summary_bullet(text, nl);
		line = xmemdup(text, (size_t)(nl - text));
		if (line[strspn(line, " \t\r")] != '\0')
			summary_add(o, s, line);
	}
}

/* "## Goals", "**Goals**", "Goals:"; the section, or -1 if the line isn't a
 * heading. */
static int
summary_heading_at(const char *p, size_t n)
{
	bool marked = n > 0 && p[0] == '#';
	int i;

	if (summary_bullet(p, p + n) != p)
		return -1;
	while (n > 0 && strchr("#* \t", p[0]) != NULL) {
		marked = marked || (n > 1 && p[0] == '*' && p[1] == '*');
		p++;
		n--;
	}
	while (n > 0 && strchr("#*: \t\r", p[n - 1]) != NULL)
		marked = p[--n] == ':' || marked;
	for (i = 0; marked && i < SUMMARY_SECTIONS; i++)
		if (n == strlen(summary_rows[i].heading) &&
		    strncasecmp(p, summary_rows[i].heading, n) == 0)
			return i;
	return -1;
}

static void
summary_flush(cJSON *o, int section, struct buf *item)
{
	while (item->len > 0 && strchr(" \t\r\n", item->p[item->len - 1]))
		item->p[--item->len] = '\0';
	if (section >= 0 && item->len > 0)
		summary_add(o, (enum summary_section)section, item->p);
	buf_clear(item);
}

static size_t
summary_count(const cJSON *o)
{
	size_t n = 0;
	int i;

	for (i = 0; i < SUMMARY_SECTIONS; i++)
		n += (size_t)cJSON_GetArraySize(summary_list(o, i));
	return n;
}

cJSON *
summary_parse(const char *p, size_t n, struct err *e)
{
	cJSON *o = summary_new(NULL);
	AUTO_BUF struct buf item = BUF_INIT(0);
	const char *end = p + n, *nl, *q;
	int section = -1, next;
	bool known = false;

	MEM_EACH_LINE(p, nl, end) {
		if (mem_starts(p, nl, "```"))
			continue;
		next = summary_heading_at(p, (size_t)(nl - p));
		if (next >= 0) {
			summary_flush(o, section, &item);
			section = next;
			known = true;
			continue;
		}
		/* What is below the first one, in other words, counts. */
		if (!known && p[0] == '#') {
			section = SUMMARY_GOALS;
			continue;
		}
		q = summary_bullet(p, nl);
		/* Text below a bullet continues it. */
		if (q != p && (item.len == 0 || p[0] != ' '))
			summary_flush(o, section, &item);
		else
			q = p;
		while (q < nl && (*q == ' ' || *q == '\t'))
			q++;
		if (q == nl)
			continue;
		if (item.len > 0)
			buf_addc(&item, '\n');
		buf_add(&item, q, (size_t)(nl - q));
	}
	summary_flush(o, section, &item);
	if (!known || summary_count(o) == 0) {
		json_drop(&o);
		err_set(e, "no known heading (such as \"## %s\") with text "
		    "below it",
		    summary_rows[SUMMARY_GOALS].heading);
	}
	return o;
}

/* ---- writing ---- */

/* Add a list item; its further lines are indented below the first. */
static void
summary_item(struct buf *b, const char *text)
{
	buf_adds(b, "- ");
	for (; *text != '\0'; text++) {
		buf_addc(b, *text);
		if (*text == '\n')
			buf_adds(b, "  ");
	}
	buf_addc(b, '\n');
}

void
summary_text(struct buf *b, const cJSON *o)
{
	const cJSON *it;
	int i;

	for (i = 0; i < SUMMARY_SECTIONS; i++) {
		const cJSON *list = json_array(o, summary_rows[i].name);

		if (cJSON_GetArraySize(list) == 0)
			continue;
		buf_addf(b, "%s## %s\n", b->len > 0 ? "\n" : "",
		    summary_rows[i].heading);
		cJSON_ArrayForEach(it, list)
			if (cJSON_IsString(it))
				summary_item(b, it->valuestring);
	}
}

/* Limit an item to a few lines; NULL if it isn't text. Frees the old one. */
static cJSON *
summary_trimmed(cJSON *item)
{
	cJSON *cut = NULL;

	if (cJSON_IsString(item)) {
		size_t n = strlen(item->valuestring);
		AUTO_FREE char *text = NULL;

		if (n <= SUMMARY_ITEM_MAX)
			return item;
		text = xasprintf("%.*s [...]", (int)utf8_cut(item->valuestring,
		    n, SUMMARY_ITEM_MAX), item->valuestring);
		cut = cJSON_CreateString(text);
	}
	cJSON_Delete(item);
	return cut;
}

/* Bytes the item takes in the text. */
static size_t
summary_item_bytes(const char *text)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	summary_item(&b, text);
	return b.len;
}

/* Rebuild the section's items, none too long; how many, and their bytes. */
static size_t
summary_trim_items(cJSON *o, int section, size_t *bytes)
{
	cJSON *list = summary_list(o, section), *all = cJSON_CreateArray();
	cJSON *item;
	size_t n = 0;

	*bytes = 0;
	while ((item = cJSON_DetachItemFromArray(list, 0)) != NULL) {
		if ((item = summary_trimmed(item)) == NULL)
			continue;
		*bytes += summary_item_bytes(item->valuestring);
		cJSON_AddItemToArray(all, item);
		n++;
	}
	json_set_take(o, summary_rows[section].name, all);
	return n;
}

/* In a summary of 240 kB each item is visited once: only sizes are counted, no
 * text is built. */
void
summary_trim(cJSON *o, size_t max)
{
	static const enum summary_section order[] = { SUMMARY_PROGRESS,
		SUMMARY_FILES, SUMMARY_QUESTIONS, SUMMARY_DECISIONS,
		SUMMARY_GOALS };
	size_t n[SUMMARY_SECTIONS], heading, bytes, all = 0, i;
	int s;

	for (s = 0; s < SUMMARY_SECTIONS; s++) {
		n[s] = summary_trim_items(o, s, &bytes);
		if (n[s] > 0)
			all += bytes + strlen(summary_rows[s].heading) +
			    (all > 0 ? 5 : 4);
	}
	for (i = 0; i < MEM_COUNT(order); i++) {
		s = (int)order[i];
		heading = strlen(summary_rows[s].heading) + 5;
		while (all > max && n[s] > (s == SUMMARY_GOALS ? 1u : 0u)) {
			AUTO_JSON cJSON *item =
			    cJSON_DetachItemFromArray(summary_list(o, s), 0);

			all -= summary_item_bytes(item->valuestring);
			if (--n[s] == 0)
				all -= heading < all ? heading : all;
		}
	}
}

void
summary_message(struct buf *b, const struct ev_compaction *line)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	if (!cJSON_IsObject(line->summary))
		return;
	summary_text(&text, line->summary);
	buf_addf(b, "[assent] This summary replaces the earlier conversation. "
	    "Read files again before you edit them.\n\n%s", buf_str(&text));
	if (line->said_len > 0)
		buf_adds(b, "\n## The user's own words, the last ones in "
		    "full\n");
	MEM_EACH(line, said, it)
		summary_item(b, *it);
	if (line->state != NULL && line->state[0] != '\0')
		buf_addf(b, "\n## As it stands now\n%s\n", line->state);
}
