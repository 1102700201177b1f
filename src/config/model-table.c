/*
 * The model table: the rows of the user's models.json, then of
 * share/models.json. A row applies to all models whose name starts with its
 * prefix; the longest prefix wins.
 */
#include "config.h"

#include "config/config.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/spawn.h"
#include "config/config-int.h"
#include "provider/dialect.h"

#define TABLE_WARN_DAYS 60	/* of warning before a model ends */

static bool
table_has_form(const cJSON *o)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, o)
		if (it->string == NULL || (strcmp(it->string, "dated") != 0 &&
		    ((strcmp(it->string, "models") != 0 &&
		    strcmp(it->string, "providers") != 0) ||
		    !cJSON_IsArray(it))))
			return false;
	return cJSON_IsObject(o);
}

static cJSON *
table_read(const char *path, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	struct err why = ERR_INIT;
	const cJSON *row;
	cJSON *o = NULL;

	if (fs_read_file(AT_FDCWD, path, &b, e) == 0 &&
	    (b.len == 0 || (o = config_json(b.p, b.len, &why)) == NULL))
		err_set(e, "%s: %s", path, why.text);
	if (o != NULL && !table_has_form(o)) {
		err_set(e, "%s: must be an object with only the lists models "
		    "and providers", path);
		cJSON_Delete(o);
		return NULL;
	}
	cJSON_ArrayForEach(row, json_array(o, "models"))
		if (facts_check(row, &why) < 0) {
			err_set(e, "%s: models: %s", path, why.text);
			cJSON_Delete(o);
			return NULL;
		}
	return o;
}

/* The rows of `own` come first, so that they win over equal prefixes. */
static void
table_join(cJSON *table, cJSON *own, const char *name)
{
	cJSON *rows = cJSON_DetachItemFromObjectCaseSensitive(own, name);
	AUTO_JSON cJSON *ours =
	    cJSON_DetachItemFromObjectCaseSensitive(table, name);
	cJSON *it;

	if (!cJSON_IsArray(rows)) {
		cJSON_Delete(rows);
		rows = cJSON_CreateArray();
	}
	while (ours != NULL && (it = cJSON_DetachItemFromArray(ours, 0)) !=
	    NULL)
		cJSON_AddItemToArray(rows, it);
	json_set_take(table, name, rows);
}

cJSON *
config_model_list(const struct config *c, struct err *e)
{
	AUTO_FREE char *path = c->models != NULL ? xstrdup(c->models) :
	    self_share("models.json", e);
	AUTO_FREE char *own = config_beside(c,
	    "models.json");
	cJSON *table = path == NULL ? NULL : table_read(path, e);

	if (table != NULL && own != NULL && access(own, F_OK) == 0) {
		AUTO_JSON cJSON *o = table_read(own, e);

		if (o != NULL) {
			table_join(table, o, "providers");
			table_join(table, o, "models");
		} else {
			json_drop(&table);
		}
	}
	return table;
}

/* The length of the matching prefix; 0: the row isn't for this model.
 * Aggregators write 4.5 for the provider's 4-5. */
static size_t
table_fits(const char *begins, const char *name)
{
	size_t i;

	for (i = 0; begins[i] != '\0'; i++) {
		if (tolower((unsigned char)name[i]) !=
		    tolower((unsigned char)begins[i]) &&
		    !(name[i] == '.' && begins[i] == '-'))
			return 0;
	}
	return i;
}

const cJSON *
config_model_row(const cJSON *list, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *own = slash == NULL ? name : slash + 1;
	const cJSON *row, *best = NULL;
	size_t most = 0, fits;

	cJSON_ArrayForEach(row, json_array(list, "models")) {
		const char *begins = json_str_or(row, "begins", "");

		fits = table_fits(begins, own);
		if (fits == 0)
			fits = table_fits(begins, name);
		if (fits > most) {
			most = fits;
			best = row;
		}
	}
	return best;
}

struct table_version {
	size_t	stem;		/* the bytes before it */
	long	v[2];		/* -1: it has none */
};

/* "claude-opus-5-5" has 5 and 5 after "claude-opus-"; a date is no version. */
static struct table_version
table_version(const char *name)
{
	struct table_version t = { strcspn(name, "0123456789"), { -1, -1 } };
	char *end;
	long n;

	if (name[t.stem] == '\0' || (n = strtol(name + t.stem, &end, 10)) > 999)
		return t;
	t.v[0] = n;
	t.v[1] = 0;
	if ((*end == '.' || *end == '-') && isdigit((unsigned char)end[1]) &&
	    (n = strtol(end + 1, NULL, 10)) <= 99)
		t.v[1] = n;
	return t;
}

static bool
table_newer(const struct table_version *a, const struct table_version *b)
{
	return a->v[0] != b->v[0] ? a->v[0] > b->v[0] : a->v[1] > b->v[1];
}

int64_t
config_model_window(const cJSON *list, const char *name, const cJSON *row)
{
	const char *slash = strrchr(name, '/');
	const char *own = slash == NULL ? name : slash + 1;
	const struct table_version is = table_version(own);
	struct table_version newest = { 0, { -1, -1 } };
	const cJSON *it, *like = NULL, *first = NULL;

	if (row != NULL && !json_bool(row, "family", false))
		return json_int(row, "window", 0);
	cJSON_ArrayForEach(it, json_array(list, "models")) {
		const char *begins = json_str_or(it, "begins", "");
		struct table_version v = table_version(begins);

		if (json_bool(it, "family", false))
			continue;
		if (v.stem == is.stem && table_newer(&v, &newest) &&
		    strncasecmp(begins, own, is.stem) == 0) {
			newest = v;
			like = it;
		}
		if (first == NULL && row != NULL && table_fits(json_str_or(row,
		    "begins", ""), begins) > 0)
			first = it;
	}
	if (like != NULL)
		return json_int(table_newer(&is, &newest) ? like : row,
		    "window", 0);
	return json_int(first != NULL ? first : row, "window", 0);
}

/* Days until the end of the date "2026-11-30"; negative if it is past. */
static int64_t
table_days(const char *date, time_t now)
{
	struct tm tm = { 0 };
	int64_t left;

	if (sscanf(date, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon,
	    &tm.tm_mday) != 3)
		return INT64_MAX;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	tm.tm_mday++;
	left = (int64_t)timegm(&tm) - (int64_t)now;
	return left <= 0 ? -1 : left / 86400;
}

/* The most similar model name in the table, or NULL. */
static const char *
table_near(const cJSON *list, const char *name, time_t now)
{
	struct near near = NEAR_INIT(name);
	const cJSON *row;

	cJSON_ArrayForEach(row, json_array(list, "models")) {
		const char *begins = json_str_or(row, "begins", "");

		if (!json_bool(row, "family", false) &&
		    table_days(json_str_or(row, "ends", ""), now) >= 0)
			near_try(&near, begins);
	}
	return near.known;
}

/* The row's own name, possibly with a date after it. */
static bool
table_is_known(const cJSON *row, const char *name)
{
	const char *slash = strrchr(name, '/'), *rest;
	size_t n;

	if (row == NULL || json_bool(row, "family", false))
		return false;
	name = slash == NULL ? name : slash + 1;
	n = table_fits(json_str_or(row, "begins", ""), name);
	rest = name + n;
	return *rest == '\0' || *rest == ':' || (n > 0 && rest[-1] == '-') ||
	    strncmp(rest, "-latest", 7) == 0 ||
	    strncmp(rest, "-preview", 8) == 0 ||
	    (*rest == '-' && strspn(rest + 1, "0123456789-") >= 6);
}

bool
config_model_ended(const cJSON *row, time_t now)
{
	const char *ends = json_str(row, "ends");

	return ends != NULL && table_days(ends, now) < 0;
}

char *
config_model_note(const cJSON *list, const cJSON *row, const char *name,
    bool listed, time_t now)
{
	const char *ends = json_str(row, "ends"), *next = json_str(row, "next");
	int64_t days = ends == NULL ? INT64_MAX : table_days(ends, now);
	const char *near;

	if (days < TABLE_WARN_DAYS && table_is_known(row, name))
		return xasprintf("%s %s on %s%s%s", name, days < 0 ?
		    "was discontinued" : "will be discontinued", ends,
		    next == NULL ? "" : ": use ", next == NULL ? "" : next);
	if (!listed || table_is_known(row, name))
		return NULL;
	near = table_near(list, name, now);
	return xasprintf(
	    "%s isn't in the model table of %s%s%s; its limits are "
	    "guesses (see assent config models --all)",
	    name, json_str_or(list, "dated", "?"),
	    near == NULL ? "" : ", closest match ",
	    near == NULL ? "" : near);
}
