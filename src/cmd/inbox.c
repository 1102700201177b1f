#include "config.h"

#include "cmd/inbox.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "journal/session.h"

#define MINUTE_MS	60000

struct inbox {
	struct session_watch *watch;
	unsigned	 changes;	/* of it, that the rows are from */
	bool		 made;
	struct inbox_row *rows;
	size_t		 len;
};

static const struct json_field inbox_fields[] = {
	JSON_FIELD(inbox_row, id, JSON_TEXT, "id", NULL),
	JSON_FIELD(inbox_row, project, JSON_TEXT, "project", NULL),
	JSON_FIELD(inbox_row, task, JSON_TEXT, "task", NULL),
	JSON_FIELD(inbox_row, waits, JSON_TEXT, "waits", NULL),
	JSON_FIELD(inbox_row, words, JSON_TEXT, "words", NULL),
	JSON_FIELD(inbox_row, since, JSON_TEXT, "since", NULL),
};

struct inbox *
inbox_new(void)
{
	struct inbox *b = xcalloc(1, sizeof(*b));

	b->watch = session_watch_new();
	return b;
}

static void
inbox_clear(struct inbox *b)
{
	while (b->len > 0) {
		struct inbox_row *r = &b->rows[--b->len];

		JSON_RELEASE(r, inbox_fields);
	}
	FREE_NULL(b->rows);
}

void
inbox_free(struct inbox *b)
{
	if (b == NULL)
		return;
	inbox_clear(b);
	session_watch_free(b->watch);
	free(b);
}

int
inbox_fd(const struct inbox *b)
{
	return session_watch_fd(b->watch);
}

static void
inbox_add(struct inbox *b, const struct session_info *s)
{
	struct buf words = BUF_INIT(0);
	struct inbox_row *r;

	GROW(b->rows, b->len);
	r = &b->rows[b->len++];
	session_wait_words(s, &words);
	*r = (struct inbox_row){
		.id = xstrdup(s->id),
		.project = xstrdup_null(s->state.root),
		.task = session_words(s),
		.waits = xstrdup(session_wait_name(session_wants(s))),
		.words = buf_take(&words),
		.since = xstrdup_null(s->state.since),
		.cost = s->state.cost,
	};
}

bool
inbox_read(struct inbox *b)
{
	AUTO_FREE const struct session_info **v = NULL;
	size_t i, n;

	while (session_watch_step(b->watch))
		;
	if (b->made && b->changes == session_watch_changes(b->watch))
		return false;
	b->made = true;
	b->changes = session_watch_changes(b->watch);
	v = session_watch_waiting(b->watch, &n);
	inbox_clear(b);
	for (i = 0; i < n; i++)
		inbox_add(b, v[i]);
	return true;
}

/* The same in all orders, if nothing else differs. */
static int
inbox_by_age(const void *a, const void *b)
{
	const struct inbox_row *x = a, *y = b;
	int order = strcmp(x->since == NULL ? "" : x->since,
	    y->since == NULL ? "" : y->since);

	return order != 0 ? order : strcmp(x->id, y->id);
}

static int
inbox_by_project(const void *a, const void *b)
{
	int order = strcmp(inbox_row_project(a), inbox_row_project(b));

	return order != 0 ? order : inbox_by_age(a, b);
}

static int
inbox_by_cost(const void *a, const void *b)
{
	const struct inbox_row *x = a, *y = b;

	return x->cost != y->cost ? x->cost < y->cost ? 1 : -1 :
	    inbox_by_age(a, b);
}

const struct inbox_row *
inbox_rows(struct inbox *b, enum inbox_order order, size_t *n)
{
	static int (*const by[INBOX_ORDERS])(const void *, const void *) = {
		[INBOX_BY_AGE] = inbox_by_age,
		[INBOX_BY_PROJECT] = inbox_by_project,
		[INBOX_BY_COST] = inbox_by_cost,
	};

	*n = b->len;
	if (b->len > 0)
		qsort(b->rows, b->len, sizeof(*b->rows), by[order]);
	return b->rows;
}

cJSON *
inbox_row_json(const struct inbox_row *r)
{
	cJSON *o = cJSON_CreateObject();

	JSON_WRITE(o, r, inbox_fields);
	json_set_take(o, "cost_usd", money_to_json(r->cost));
	return o;
}

const char *
inbox_row_project(const struct inbox_row *r)
{
	const char *slash = r->project == NULL ? NULL :
	    strrchr(r->project, '/');

	return r->project == NULL ? "?" : slash == NULL || slash[1] == '\0' ?
	    r->project : slash + 1;
}

void
inbox_row_age(const struct inbox_row *r, struct buf *b)
{
	int64_t m = r->since == NULL ? 0 : clock_stamp_ms(r->since);

	if (m <= 0)
		return;
	m = ((int64_t)time(NULL) * 1000 - m) / MINUTE_MS;
	if (m < 60)
		buf_addf(b, "%lldm", (long long)(m < 0 ? 0 : m));
	else if (m < 48 * 60)
		buf_addf(b, "%lldh", (long long)(m / 60));
	else
		buf_addf(b, "%lldd", (long long)(m / (24 * 60)));
}
