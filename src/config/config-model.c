/*
 * Chooses the model, its server and its key: from --model and "model", else
 * from the available keys (key.c) and share/models.json.
 */

#include "config.h"

#include "config/config-int.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/secret.h"
#include "base/spawn.h"
#include "base/url.h"
#include "config/settings.h"
#include "policy/price.h"
#include "provider/dialect.h"

/*
 * The model table: the rows of the user's models.json, then of
 * share/models.json. A row applies to all models whose name starts with its
 * prefix; the longest prefix wins.
 */

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

static int
table_check(const cJSON *o, struct err *e)
{
	struct err why = ERR_INIT;
	const cJSON *row;

	if (!table_has_form(o))
		return err_set(e, "must be an object with only the lists "
		    "models and providers");
	cJSON_ArrayForEach(row, json_array(o, "models"))
		if (facts_validate(row, &why) < 0)
			return err_set(e, "models: %s", why.text);
	return 0;
}

static cJSON *
table_read(const char *path, int (*check)(const cJSON *, struct err *),
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	struct err why = ERR_INIT;
	cJSON *o;

	if (fs_read_file(AT_FDCWD, path, &b, e) < 0)
		return NULL;
	o = config_json(b.p, b.len, &why);
	if (o == NULL || check(o, &why) < 0) {
		err_set(e, "%s: %s", path, why.text);
		json_drop(&o);
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

/* The machine's file replaces ours. */
static char *
table_path(const char *set, const char *name, struct err *e)
{
	AUTO_FREE char *machine = fs_join(ASSENT_SYSCONFDIR "/assent", name);

	return set != NULL ? xstrdup(set) : access(machine, F_OK) == 0 ?
	    xstrdup(machine) : self_find(SELF_SHARE, name, e);
}

cJSON *
config_model_list(const struct config *c, struct err *e)
{
	AUTO_FREE char *path = table_path(c->models, "models.json", e);
	AUTO_FREE char *own = config_beside(c,
	    "models.json");
	cJSON *table = path == NULL ? NULL : table_read(path, table_check, e);

	if (table != NULL && own != NULL && access(own, F_OK) == 0) {
		AUTO_JSON cJSON *o = table_read(own, table_check, e);

		if (o != NULL) {
			table_join(table, o, "providers");
			table_join(table, o, "models");
		} else
			json_drop(&table);
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
	const char *own = basename(name);
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

/* The row's own name, possibly with a date after it. */
static bool
table_is_known(const cJSON *row, const char *name)
{
	const char *rest;
	size_t n;

	if (row == NULL || json_bool(row, "family", false))
		return false;
	name = basename(name);
	n = table_fits(json_str_or(row, "begins", ""), name);
	rest = name + n;
	return *rest == '\0' || *rest == ':' || (n > 0 && rest[-1] == '-') ||
	    strncmp(rest, "-latest", 7) == 0 ||
	    strncmp(rest, "-preview", 8) == 0 ||
	    (*rest == '-' && strspn(rest + 1, "0123456789-") >= 6);
}

static bool
table_has_ended(const cJSON *row, time_t now)
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

	if (days < TABLE_WARN_DAYS && table_is_known(row, name))
		return xasprintf("%s %s on %s%s%s", name, days < 0 ?
		    "was discontinued" : "will be discontinued", ends,
		    next == NULL ? "" : ": use ", next == NULL ? "" : next);
	if (!listed || table_is_known(row, name))
		return NULL;
	return xasprintf("%s isn't in the model table of %s; its limits are "
	    "guesses (see assent config models --all)", name,
	    json_str_or(list, "dated", "?"));
}

/* ---- servers on this machine ---- */

/* "NAME:PORT" */
static bool
local_read(const char *s, struct config_local *to)
{
	const char *colon = strrchr(s, ':');
	char *end;
	long port;

	if (colon == NULL || colon == s ||
	    (size_t)(colon - s) >= sizeof(to->name) ||
	    memchr(s, '/', (size_t)(colon - s)) != NULL)
		return false;
	port = strtol(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || port < 1 ||
	    port > 65535)
		return false;
	memcpy(to->name, s, (size_t)(colon - s));
	to->name[colon - s] = '\0';
	to->port = (int)port;
	return true;
}

size_t
config_local(const struct config *c, struct config_local v[CONFIG_LOCAL_MAX])
{
	const cJSON *it;
	size_t n = 0;

	cJSON_ArrayForEach(it, json_array(c->values, "local_ports"))
		if (n < CONFIG_LOCAL_MAX && cJSON_IsString(it) &&
		    local_read(it->valuestring, &v[n]))
			n++;
	return n;
}

/* -1 with the error if the setting is invalid. */
static int
config_local_check(const struct config *c, struct err *e)
{
	struct config_local one;
	const cJSON *it;
	AUTO_FREE char *where = config_where(c, "local_ports");

	cJSON_ArrayForEach(it, json_array(c->values, "local_ports"))
		if (!local_read(it->valuestring, &one))
			return err_set(e, "%s: entries must look "
			    "like ollama:11434, not \"%.60s\"",
			    where, it->valuestring);
	return 0;
}

static bool
local_listens(const struct config_local *l)
{
	AUTO_FREE char *at = xasprintf("127.0.0.1:%d", l->port);
	struct err e = ERR_INIT;
	AUTO_CLOSE int fd = endpoint_connect(at, &e);

	return fd >= 0;
}

/* The port of this name, also in `own`; 0: none. Of several, the first on which
 * something listens, or the first. */
static int
config_local_port(const struct config *c, const char *name,
    struct config_local *own)
{
	struct config_local v[CONFIG_LOCAL_MAX];
	size_t n = config_local(c, v), i;

	own->port = 0;
	for (i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0 && (own->port == 0 ||
		    (!local_listens(own) && local_listens(&v[i]))))
			*own = v[i];
	return own->port;
}

/*
 * The URL and certificates of a model's server.  They are
 * recorded, so they must not contain a password.
 */

/* Checked, without trailing slashes, malloc'ed; `from` is for the message. */
static int
config_endpoint_url(
    const char *url, const char *from, char **out, struct err *e)
{
	size_t n = strlen(url);

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return err_set(e, "%s: \"%.120s\" isn't a URL; it must start "
		    "with https:// or http://", from, url);
	if (url_has_user(url))
		return err_set(e, "%s: the URL can't contain a name or "
		    "password, because it is recorded; use api_key_env or "
		    "api_key_file", from);
	if (strpbrk(url, "?#") != NULL)
		return err_set(e, "%s: the URL can't have a query (?...): it "
		    "is recorded, and the API's path comes after it; for a "
		    "key use api_key_env or api_key_file", from);
	while (n > 0 && url[n - 1] == '/')
		n--;
	*out = xmemdup(url, n);
	return 0;
}

char *
config_endpoint_path(const struct config *c, const char *path)
{
	const char *home = config_env(c, "HOME");
	AUTO_FREE char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);

	if (path[0] == '~' && path[1] == '/' && home != NULL)
		return fs_join(home, path + 2);
	return cwd == NULL ? xstrdup(path) : fs_join(cwd, path);
}

/* Sets the certificates. */
static int
config_endpoint_set(const struct config *c, const cJSON *provider,
    struct config_model *m, struct err *e)
{
	const char *file = json_str(provider, "ca_file");

	if (file == NULL)
		return 0;
	m->ca_file = config_endpoint_path(c, file);
	if (access(m->ca_file, R_OK) < 0)
		return err_sys(e, "%s: ca_file: can't read %s", c->path,
		    m->ca_file);
	return fs_check_own(m->ca_file, e);
}

/* A provider from the user's file. */
static int
model_from_file(const struct config *c, const cJSON *p,
    struct config_model *m, struct err *e)
{
	AUTO_FREE char *from = NULL;
	int rc;

	m->format = xstrdup(json_str(p, "format"));
	m->dialect = xstrdup_null(json_str(p, "dialect"));
	m->path = xstrdup_null(json_str(p, "path"));
	m->auth = xstrdup_null(json_str(p, "auth"));
	m->headers = cJSON_Duplicate(json_get(p, "headers"), 1);
	from = xasprintf("%s: providers.%s.base_url", c->path, m->provider);
	rc =
	    config_endpoint_url(json_str(p, "base_url"), from, &m->base_url, e);
	if (rc == 0)
		rc = config_endpoint_set(c, p, m, e);
	return rc < 0 ? -1 : config_key(c, p, m, e);
}

/* A provider from share/models.json. */
static int
model_from_list(const struct config *c, const cJSON *p,
    struct config_model *m, struct err *e)
{
	const char *var = json_str_or(p, "base_url_env", "");
	const char *url = config_env(c, var);
	const char *format = json_str_or(p, "format", "");
	int rc;

	/* Another address is another server, which may not support all that
	 * the service does. */
	if (url != NULL)
		format = json_str_or(p, "base_url_env_format", format);
	m->format = xstrdup(format);
	m->listed = url == NULL && strcmp(format, "openai-chat") != 0;
	rc = config_endpoint_url(url != NULL ? url : json_str_or(p, "base_url",
	    ""), url != NULL ? var : "share/models.json", &m->base_url, e);
	return rc < 0 ? -1 : config_key(c, p, m, e);
}

/* A server on this machine without a configuration. */
static int
model_from_local(const struct config_local *own, struct config_model *m)
{
	xstrset(&m->provider, own->name);
	m->format = xstrdup("openai-chat");
	m->base_url = xasprintf("http://127.0.0.1:%d/v1", own->port);
	if (MEM_FIND_IN(dialect_table, dialect_table_len, m->provider) !=
	    NULL)
		m->dialect = xstrdup(m->provider);
	return 0;
}

/* The most similar provider, malloc'ed; or NULL. */
static char *
model_near(const struct config *c, const cJSON *list, const char *name)
{
	struct config_local v[CONFIG_LOCAL_MAX];
	struct near near = NEAR_INIT(name);
	size_t n = config_local(c, v);
	const cJSON *it;

	cJSON_ArrayForEach(it, c->providers)
		near_try(&near, it->string);
	cJSON_ArrayForEach(it, json_array(list, "providers"))
		near_try(&near, json_str_or(it, "name", ""));
	while (n-- > 0)
		near_try(&near, v[n].name);
	return xstrdup_null(near.known);
}

/* PROVIDER/MODEL as given; the model's own name may hold slashes. */
static int
model_named(const struct config *c, const char *setting, const char *spec,
    const cJSON *list, struct config_model *m, struct err *e)
{
	AUTO_FREE char *where = config_where(c, setting);
	const char *slash = strchr(spec, '/');
	const cJSON *p;
	struct config_local own;
	AUTO_FREE char *near = NULL;

	if (slash == NULL || slash == spec || slash[1] == '\0')
		return err_set(e, "%s: must be PROVIDER/MODEL, such as "
		    "anthropic/claude-opus-5-5, not \"%.80s\"", where, spec);
	m->provider = xmemdup(spec, (size_t)(slash - spec));
	m->name = xstrdup(slash + 1);
	p = json_get(c->providers, m->provider);
	if (p != NULL)
		return model_from_file(c, p, m, e);
	p = json_find(json_array(list, "providers"), "name", m->provider);
	if (p != NULL)
		return model_from_list(c, p, m, e);
	if (config_local_check(c, e) < 0)
		return -1;
	if (config_local_port(c, m->provider, &own) > 0)
		return model_from_local(&own, m);
	near = model_near(c, list, m->provider);
	err_set(e, "%s: unknown provider \"%.60s\"%s%s%s; add it to "
	    "\"providers\" in %s", where, m->provider,
	    near == NULL ? "" : " (did you mean ", near == NULL ? "" : near,
	    near == NULL ? "" : "?)",
	    c->path == NULL ? "config.json" : c->path);
	return -1;
}

/* No model is set: use the first provider in the list that has a key. */
static int
model_by_key(const struct config *c, const cJSON *list,
    struct config_model *m, bool *none, struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(list, "providers")) {
		AUTO_FREE char *from = config_key_from(c, it, json_str_or(it,
		    "name", ""));

		if (from != NULL)
			break;
	}
	if (it == NULL) {
		*none = true;
		return err_set(e, "no model configured: ANTHROPIC_API_KEY, "
		    "OPENAI_API_KEY and GEMINI_API_KEY are unset, and no key "
		    "is stored");
	}
	m->provider = xstrdup(json_str_or(it, "name", ""));
	m->name = xstrdup(json_str_or(it, "model", ""));
	m->notice = xasprintf("using %s/%s (to change: --model "
	    "PROVIDER/MODEL)", m->provider, m->name);
	return model_from_list(c, it, m, e);
}

static int
model_dialect(struct config_model *m, struct err *e)
{
	const struct dialect *d;

	if (strcmp(m->format, "openai-chat") != 0)
		return 0;
	d = dialect_read(m->dialect, m->base_url, e);
	m->dialect_name = d == NULL ? NULL : d->name;
	return d == NULL ? -1 : 0;
}

/* Reads prices into m; a missing file is no error. */
static int
model_price_from(const char *path, struct config_model *m, struct err *e)
{
	AUTO_JSON cJSON *table = access(path, F_OK) != 0 ? NULL :
	    table_read(path, price_table_check, e);

	if (table == NULL)
		return err_is_set(e) ? -1 : 0;
	m->price = price_find(table, m->provider, m->base_url, m->name,
	    &m->price_told);
	if (m->price != NULL)
		json_add_str(m->price, "from", path);
	return 0;
}

/* The user's prices come before the built-in ones, and the setting is for a model
 * that neither has. */
static int
model_price(const struct config *c, struct config_model *m, struct err *e)
{
	AUTO_FREE char *own = config_beside(c, "prices.json");
	AUTO_FREE char *ours = table_path(c->prices, "prices.json", NULL);
	AUTO_FREE char *where = NULL;
	const char *text = json_str(c->values, "price");

	if (own != NULL && model_price_from(own, m, e) < 0)
		return -1;
	/* If this file is missing, no price is known. */
	if (!m->price_told && ours != NULL && model_price_from(ours, m, e) < 0)
		return -1;
	if (m->price != NULL || text == NULL)
		return 0;
	where = config_where(c, "price");
	m->price = price_from_text(text);
	if (m->price == NULL)
		return err_set(e, "%s: must be dollars per million tokens of "
		    "input, cached input and output, such as 3/0.30/15, not "
		    "\"%.40s\"", where, text);
	json_add_str(m->price, "from", where);
	return 0;
}

/* Name number `at` in the setting, malloc'ed; NULL after the last. */
static char *
model_spec(const struct config *c, size_t at)
{
	const char *p = json_str(c->values, "model");

	for (; p != NULL; p = strchr(p, ',') == NULL ? NULL :
	    strchr(p, ',') + 1)
		if (at-- == 0)
			return xmemdup(p, strcspn(p, ","));
	return NULL;
}

/* Adds what the tables know about the model. */
static int
model_facts(const struct config *c, const cJSON *list, struct config_model *m,
    struct err *e)
{
	const cJSON *row = config_model_row(list, m->name);
	AUTO_FREE char *note = NULL, *had = m->notice;

	m->window = json_int(c->values, "context_window", 0);
	if (m->window == 0)
		m->window = json_int(row, "window", 0);
	if (row != NULL)
		m->facts = cJSON_Duplicate(row, 1);
	note = config_model_note(list, row, m->name, m->listed, time(NULL));
	m->notice = note == NULL || had == NULL ? xstrdup_null(had == NULL ?
	    note : had) : xasprintf("%s; %s", had, note);
	return model_dialect(m, e) < 0 ? -1 : model_price(c, m, e);
}

int
config_model(const struct config *c, struct config_model *m, bool *none,
    struct err *e)
{
	AUTO_FREE char *spec = model_spec(c, 0);
	AUTO_JSON cJSON *list = NULL;
	int rc;

	memset(m, 0, sizeof(*m));
	*none = false;
	list = config_model_list(c, e);
	if (list == NULL)
		rc = -1;
	else if (spec != NULL)
		rc = model_named(c, "model", spec, list, m, e);
	else
		rc = model_by_key(c, list, m, none, e);
	if (rc == 0)
		rc = model_facts(c, list, m, e);
	if (rc < 0)
		config_model_release(m);
	return rc;
}

/* PROVIDER/MODEL from this setting. */
static int
config_model_of(const struct config *c, const char *setting, const char *spec,
    struct config_model *m, struct err *e)
{
	AUTO_JSON cJSON *list = config_model_list(c, e);
	int rc = list == NULL ? -1 : 0;

	memset(m, 0, sizeof(*m));
	if (rc == 0)
		rc = model_named(c, setting, spec, list, m, e);
	if (rc == 0)
		rc = model_facts(c, list, m, e);
	return rc;
}

static void
model_add_name(struct buf *b, const char *provider, const char *name)
{
	/* The provider alone only if no model of it is known. */
	AUTO_FREE char *s =
	    xasprintf(" %s/%s%s", provider, name, name[0] == '\0' ? "" : " ");
	AUTO_FREE char *have = xasprintf(" %s ", buf_str(b));

	if (strstr(have, s) == NULL)
		buf_addf(b, "%s%s/%s", b->len > 0 ? " " : "", provider, name);
}

void
config_model_names(const struct config *c, struct buf *b)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *list = config_model_list(c, &e);
	const cJSON *it;
	char *spec, *slash;
	size_t i;

	for (i = 0; (spec = model_spec(c, i)) != NULL; i++) {
		if ((slash = strchr(spec, '/')) != NULL) {
			*slash = '\0';
			model_add_name(b, spec, slash + 1);
		}
		free(spec);
	}
	cJSON_ArrayForEach(it, c->providers)
		model_add_name(b, it->string, "");
	cJSON_ArrayForEach(it, json_array(list, "providers")) {
		const char *name = json_str_or(it, "name", "");
		AUTO_FREE char *from = config_key_from(c, it, name);

		if (from != NULL)
			model_add_name(b, name, json_str_or(it, "model", ""));
	}
}

void
config_model_known(const struct config *c, struct buf *b)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *path = table_path(c->prices, "prices.json", NULL);
	AUTO_JSON cJSON *list = config_model_list(c, &e);
	AUTO_JSON cJSON *table = path == NULL ? NULL : table_read(path,
	    price_table_check, &e);
	const cJSON *it, *row;

	cJSON_ArrayForEach(it, json_array(list, "providers")) {
		const char *name = json_str_or(it, "name", ""), *model;
		AUTO_FREE char *from = config_key_from(c, it, name);

		cJSON_ArrayForEach(row, json_array(table, "prices")) {
			model = from == NULL ? NULL : price_row_model(row,
			    name, json_str(it, "base_url"));
			if (model != NULL && !table_has_ended(
			    config_model_row(list, model), time(NULL)))
				model_add_name(b, name, model);
		}
	}
}

/* The only name in the list with this text after its slash, malloc'ed; NULL if
 * there is none or several. */
static char *
model_whole_name(const char *names, const char *part)
{
	const char *p, *slash;
	char *found = NULL;
	size_t n, len = strlen(part);

	MEM_EACH_WORD(p, n, names) {
		slash = memchr(p, '/', n);
		if (slash == NULL || len == 0 ||
		    (size_t)(p + n - slash) != len + 1 ||
		    memcmp(slash + 1, part, len) != 0)
			continue;
		if (found != NULL) {
			free(found);
			return NULL;
		}
		found = xmemdup(p, n);
	}
	return found;
}

int
config_model_find(const struct config *c, const char *name,
    struct config_model *m, struct err *e)
{
	AUTO_BUF struct buf names = BUF_INIT(0);
	struct err why = ERR_INIT;
	AUTO_JSON cJSON *list = config_model_list(c, e);
	AUTO_FREE char *whole = NULL;
	const char *slash;
	int rc = -1;

	memset(m, 0, sizeof(*m));
	if (list == NULL)
		return -1;
	config_model_names(c, &names);
	if (strchr(name, '/') == NULL)
		whole = model_whole_name(buf_str(&names), name);
	if (whole != NULL)
		name = whole;
	slash = strchr(name, '/');
	if (slash != NULL && slash != name && slash[1] != '\0')
		rc = model_named(c, "model", name, list, m, &why);
	if (rc == 0) {
		rc = model_facts(c, list, m, e);
	} else if (m->format != NULL)
		*e = why;	/* it exists, but has no key */
	else
		err_set(e, "unknown model \"%.80s\"; use PROVIDER/MODEL or "
		    "one of: %s", name,
		    names.len > 0 ? buf_str(&names) : "none");
	if (rc < 0)
		config_model_release(m);
	return rc;
}

static const struct json_field config_model_fields[] = {
	JSON_FIELD(config_model, provider, JSON_TEXT, "provider", NULL),
	JSON_FIELD(config_model, name, JSON_TEXT, "name", NULL),
	JSON_FIELD(config_model, format, JSON_TEXT, "format", NULL),
	JSON_FIELD(config_model, base_url, JSON_TEXT, "base_url", NULL),
	JSON_FIELD(config_model, answers, JSON_TEXT, "answers", NULL),
	JSON_FIELD(config_model, dialect, JSON_TEXT, "dialect", NULL),
	JSON_FIELD(config_model, path, JSON_TEXT, "path", NULL),
	JSON_FIELD(config_model, auth, JSON_TEXT, "auth", NULL),
	JSON_FIELD(config_model, key_env, JSON_TEXT, "key_env", NULL),
	JSON_FIELD(config_model, key_from, JSON_TEXT, "key_from", NULL),
	JSON_FIELD(config_model, ca_file, JSON_TEXT, "ca_file", NULL),
};

cJSON *
config_start_model(const struct config_model *m)
{
	const struct json_field *f = config_model_fields;
	cJSON *o = cJSON_CreateObject();

	for (; f < config_model_fields + MEM_COUNT(config_model_fields); f++)
		json_add_str(o, f->name, *(char *const *)((const char *)m +
		    f->at));
	json_copy(o, "price", m->price);
	if (m->window > 0)
		json_add_int(o, "window", m->window);
	json_copy(o, "facts", m->facts);
	return o;
}

void
config_model_release(struct config_model *m)
{
	secret_free(m->key);
	JSON_RELEASE(m, config_model_fields);
	free(m->notice);
	cJSON_Delete(m->price);
	cJSON_Delete(m->facts);
	json_wipe(m->headers, NULL);
	json_drop(&m->headers);
	memset(m, 0, sizeof(*m));
}

void
config_routes_free(struct config_route *v, size_t n)
{
	while (n > 0)
		config_model_release(&v[--n].model);
	free(v);
}

static int
config_route_add(const struct config *c, const char *name, const char *spec,
    struct config_route **v, size_t *n, struct err *e)
{
	GROW(*v, *n);
	(*v)[*n].name = name;
	return config_model_of(c, name == NULL ? "model" : "phases", spec,
	    &(*v)[(*n)++].model, e);
}

int
config_routes(const struct config *c, struct config_route **out, size_t *n,
    struct err *e)
{
	struct config_route *v = NULL;
	const cJSON *it;
	char *next;
	int rc = 0;

	*n = 0;
	while (rc == 0 && (next = model_spec(c, *n + 1)) != NULL) {
		AUTO_FREE char *spec = next;

		rc = config_route_add(c, NULL, spec, &v, n, e);
	}
	cJSON_ArrayForEach(it, json_get(c->values, "phases"))
		if (rc == 0 && json_str(it, "model") != NULL)
			rc = config_route_add(c, it->string,
			    json_str(it, "model"), &v, n, e);
	if (rc < 0)
		config_model_release(&v[--*n].model);
	*out = v;
	return rc;
}
