/* See stale.h. */
#include "config.h"

#include "front/stale.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "journal/event.h"

#define STALE_DIGITS	9	/* of each number */
#define STALE_NAMES	5	/* files named in a message */

static int64_t
stale_number(const char **p)
{
	int64_t n = 0;
	int digits = 0;

	for (; **p >= '0' && **p <= '9' && digits < STALE_DIGITS; digits++)
		n = n * 10 + *(*p)++ - '0';
	return n;
}

int
stale_parse(const char *text, int64_t *id, int *version)
{
	*id = stale_number(&text);
	if (*id == 0 || *text++ != '.')
		return -1;
	*version = (int)stale_number(&text);
	return *version == 0 || *text != '\0' ? -1 : 0;
}

/* The first line of a proposal has its number as its own. */
static int64_t
stale_id(const cJSON *line)
{
	int64_t id = json_int(line, "proposal", 0);

	return id != 0 ? id : json_int(line, "seq", 0);
}

static void
stale_keep(cJSON **to, const cJSON *line)
{
	cJSON_Delete(*to);
	*to = cJSON_Duplicate(line, 1);
}

void
stale_line(struct stale *m, const cJSON *line)
{
	if (event_type(line) != EVENT_PROPOSAL)
		return;
	if (stale_id(line) == m->id &&
	    json_int(line, "version", 0) == m->version)
		stale_keep(&m->then, line);
	stale_keep(&m->now, line);
}

/* ---- the differences ---- */

struct stale_file {
	char		*path;
	const cJSON	*file;
};

static void
stale_index(struct pathmap *m, const cJSON *line)
{
	struct stale_file *x;
	const cJSON *f;

	memset(m, 0, sizeof(*m));
	cJSON_ArrayForEach(f, json_array(line, "files")) {
		x = pathmap_add(m, json_str_or(f, "path", "?"), sizeof(*x));
		if (x->file == NULL)
			x->file = f;
	}
}

static bool
stale_same(const cJSON *a, const cJSON *b, const char *member)
{
	const cJSON *x = json_get(a, member), *y = json_get(b, member);

	return x == NULL || y == NULL ? x == y : cJSON_Compare(x, y, 1);
}

static void
stale_name(struct buf *b, int *n, const char *path, const char *how)
{
	if ((*n)++ < STALE_NAMES)
		buf_addf(b, "%s%s %s", *n > 1 ? ", " : "", path, how);
}

/* "song was changed, tune is new"; how many. */
static int
stale_files(struct buf *b, const cJSON *then, const cJSON *now)
{
	AUTO(pathmap_release) struct pathmap old = { 0 }, new = { 0 };
	const struct stale_file *was;
	const cJSON *f;
	int n = 0;

	stale_index(&old, then);
	stale_index(&new, now);
	cJSON_ArrayForEach(f, json_array(now, "files")) {
		const char *path = json_str_or(f, "path", "?");

		was = pathmap_find(&old, path);
		if (was == NULL)
			stale_name(b, &n, path, "is new");
		else if (!stale_same(was->file, f, "before"))
			stale_name(b, &n, path, "is a different file now");
		else if (!stale_same(was->file, f, "after"))
			stale_name(b, &n, path, "was changed");
		else if (!stale_same(was->file, f, "hunks"))
			stale_name(b, &n, path, "is split differently");
	}
	cJSON_ArrayForEach(f, json_array(then, "files")) {
		const char *path = json_str_or(f, "path", "?");

		if (pathmap_find(&new, path) == NULL)
			stale_name(b, &n, path, "is no longer in it");
	}
	if (n > STALE_NAMES)
		buf_addf(b, " and %d more", n - STALE_NAMES);
	return n;
}

bool
stale_check(const struct stale *m, struct err *e)
{
	bool differs = true, open = json_array(m->now, "files") != NULL &&
	    json_array(m->now, "files")->child != NULL;
	int64_t id = stale_id(m->now);
	int version = (int)json_int(m->now, "version", 0);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (m->id == 0 || (open && id == m->id && version == m->version))
		return false;
	if (m->then == NULL)
		err_set(e, "this session never had a proposal %lld.%d (assent "
		    "show names the open one)", (long long)m->id, m->version);
	else if (!open)
		err_set(e, "proposal %lld.%d isn't open any more",
		    (long long)m->id, m->version);
	else {
		differs = id != m->id || stale_files(&b, m->then, m->now) > 0;
		if (b.len == 0)
			buf_adds(&b, "its files are the same");
		if (differs)
			err_set(e,
			    "the proposal has changed since you saw it, from "
			    "%lld.%d to %lld.%d (%.600s); see assent show",
			    (long long)m->id, m->version, (long long)id,
			    version, buf_str(&b));
	}
	return differs;
}

void
stale_release(struct stale *m)
{
	cJSON_Delete(m->then);
	cJSON_Delete(m->now);
	memset(m, 0, sizeof(*m));
}

/* ---- in a patch ---- */

#define STALE_HEAD	"# assent proposal "
#define STALE_OF	" of session "

void
stale_head(struct buf *b, int64_t id, int version, const char *session)
{
	buf_addf(b, STALE_HEAD "%lld.%d" STALE_OF "%s\n", (long long)id,
	    version, session);
}

static int
stale_head_parse(const char *line, int64_t *id, int *version, char **session,
    struct err *e)
{
	AUTO_FREE char *number = xstrdup(line);
	char *of = strstr(number, STALE_OF);

	if (of != NULL) {
		*of = '\0';
		of += strlen(STALE_OF);
		of[strcspn(of, " \t\r")] = '\0';
	}
	if (of == NULL || *of == '\0' ||
	    stale_parse(number, id, version) < 0)
		return err_set(e, "the patch's line \"" STALE_HEAD "%.60s\" "
		    "doesn't name a proposal; use it as printed by assent "
		    "show, or remove it", line);
	*session = xstrdup(of);
	return 1;
}

int
stale_head_read(const char *patch, size_t n, int64_t *id, int *version,
    char **session, struct err *e)
{
	const char *p = patch, *end = patch + n, *nl;
	size_t head = strlen(STALE_HEAD), len;
	char *line;
	int rc;

	for (; p < end; p = nl == NULL ? end : nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		len = (size_t)((nl == NULL ? end : nl) - p);
		if (len >= 5 && memcmp(p, "diff ", 5) == 0)
			return 0;
		if (len < head || memcmp(p, STALE_HEAD, head) != 0)
			continue;
		line = xmemdup(p + head, len - head);
		rc = stale_head_parse(line, id, version, session, e);
		free(line);
		return rc;
	}
	return 0;
}
