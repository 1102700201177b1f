#include "config.h"

#include "core/net/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/net/network-int.h"
#include "core/net/network.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "sandbox/sandbox.h"

struct registries {
	cJSON		*rows;		/* of the first client that has any */
	struct given	 given;		/* their keys, by name */
	struct buf	 notes;		/* lines: what is wrong with some */
};

/* A row, and where it is. */
struct registry {
	const char	*name, *url, *path;	/* of the url: "/npm/" */
	const cJSON	*row;
	char		*here;		/* "http://127.0.0.1:29170/npm/" */
};

/* What programs are told, of all rows. */
struct registry_told {
	cJSON		*list;		/* sandbox_spec.settings */
	struct buf	 cargo, maven;	/* files */
	int		 git;		/* settings */
};

static void
told_add_take(struct registry_told *t, char *text)
{
	cJSON_AddItemToArray(t->list, cJSON_CreateString(text));
	free(text);
}

/* Cargo.lock has the source that is replaced. Any token will do, where the index
 * wants one. */
static void
told_cargo(struct registry_told *t, const struct registry *r)
{
	buf_addf(&t->cargo, "[source.assent-%s]\nregistry = \"sparse+%s\"\n"
	    "replace-with = \"assent-%s-here\"\n[registries.assent-%s-here]\n"
	    "index = \"sparse+%s\"\ntoken = \"none\"\n"
	    "credential-provider = \"cargo:token\"\n", r->name, r->url, r->name,
	    r->name, r->here);
}

static void
told_git_from(struct registry_told *t, const struct registry *r, char *from)
{
	int i = SANDBOX_GIT_SETTINGS + t->git++;

	told_add_take(t, xasprintf("GIT_CONFIG_KEY_%d=url.%s.insteadOf", i,
	    r->here));
	told_add_take(t, xasprintf("GIT_CONFIG_VALUE_%d=%s", i, from));
	free(from);
}

static void
told_git(struct registry_told *t, const struct registry *r)
{
	const char *host = url_host(r->url);
	int n = (int)strcspn(host, ":/");

	told_git_from(t, r, xstrdup(r->url));
	told_git_from(t, r, xasprintf("ssh://git@%.*s%s", n, host, r->path));
	told_git_from(t, r, xasprintf("git@%.*s:%s", n, host, r->path + 1));
	told_add_take(t, xstrdup("CARGO_NET_GIT_FETCH_WITH_CLI=true"));
}

static void
told_maven(struct registry_told *t, const struct registry *r)
{
	buf_addf(&t->maven, "<mirror><id>%s</id><mirrorOf>%s</mirrorOf><url>%s"
	    "</url></mirror>\n", r->name, json_str_or(r->row, "mirror_of", "*"),
	    r->here);
}

/* A lock file has the addresses that npm is told, which it replaces when it
 * fetches: those of a host, or all. */
static void
told_npm(struct registry_told *t, const struct registry *r)
{
	const char *host = url_host(r->url), *scope = json_str(r->row, "scope");
	size_t n = strcspn(host, ":/");
	bool all = scope == NULL && host[n] == ':';

	told_add_take(t, xasprintf("npm_config_registry=%s", r->here));
	told_add_take(t, xasprintf("npm_config_replace_registry_host=%.*s",
	    all ? 6 : (int)n, all ? "always" : host));
	if (scope != NULL)
		told_add_take(t, xasprintf("npm_config_%s:registry=%s", scope,
		    r->here));
}

static void
told_pip(struct registry_told *t, const struct registry *r)
{
	told_add_take(t, xasprintf("PIP_INDEX_URL=%s", r->here));
}

static const struct registry_kind {
	const char	*name;
	void		(*tell)(struct registry_told *, const struct registry *);
	bool		 links;		/* it follows addresses in what it reads */
} registry_kinds[] = {
	{ "cargo", told_cargo, true }, { "git", told_git, false },
	{ "maven", told_maven, false }, { "npm", told_npm, false },
	{ "pip", told_pip, true },
};

/* Without the last "simple/" of an index: beside that are the files. */
static size_t
registry_path_len(const struct registry *r, const struct registry_kind *kind)
{
	static const char end[] = "/simple/";
	size_t n = strlen(r->path), len = sizeof(end) - 1;

	return kind != NULL && kind->tell == told_pip && n >= len &&
	    strcmp(r->path + n - len, end) == 0 ? n - len + 1 : n;
}

/* npm escapes the / behind a scope where it asks about a package. */
static void
registry_add_paths(cJSON *list, const char *path, const char *scope)
{
	static const char *const ends[] = { "/", "%2f", "%2F" };
	size_t i;

	if (scope == NULL)
		cJSON_AddItemToArray(list, cJSON_CreateString(path));
	for (i = 0; scope != NULL && i < MEM_COUNT(ends); i++) {
		AUTO_FREE char *one = xasprintf("%s%s%s", path, scope, ends[i]);

		cJSON_AddItemToArray(list, cJSON_CreateString(one));
	}
}

/* As network_key_add wants it. */
static cJSON *
registry_row(const struct registry *r, const struct registry_kind *kind)
{
	static const char *const same[] = { "ca_file", "others", "paths",
		"user" };
	bool git = kind != NULL && kind->tell == told_git;
	const char *host = url_host(r->url);
	AUTO_FREE char *to = xmemdup(host, (size_t)(r->path - host));
	AUTO_FREE char *path = xmemdup(r->path, registry_path_len(r, kind));
	const char *scope = json_str(r->row, "scope");
	cJSON *o = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(o,
	    "methods");

	cJSON_AddItemToArray(list, cJSON_CreateString("GET"));
	cJSON_AddItemToArray(list, cJSON_CreateString(git ? "POST" : "HEAD"));
	list = cJSON_AddArrayToObject(o, "paths");
	registry_add_paths(list, path, scope);
	if (scope != NULL)
		json_add_str(o, "below", path);
	JSON_ADD_TEXTS(o, "host", to,
	    "header", json_str_or(r->row, "header", json_str(r->row, "user") !=
	    NULL ? "Authorization: Basic %s" : "Authorization: Bearer %s"));
	json_add_bool(o, "registry", true);
	json_add_bool(o, "fetch", git);
	json_add_bool(o, "links", kind != NULL && kind->links);
	JSON_COPY(o, r->row, same);
	return o;
}

static const char *
registry_key(const struct registries *all, const char *name)
{
	MEM_EACH(&all->given, v, it)
		if (strcmp(it->name, name) == 0)
			return it->value;
	return NULL;
}

static void
registry_add_one(struct core *c, struct network *n, const cJSON *row,
    struct registry_told *t)
{
	const char *key = registry_key(c->registries, row->string), *at;
	struct registry r = { row->string, json_str_or(row, "url", ""), NULL,
		row, NULL };
	const struct registry_kind *kind = MEM_FIND(registry_kinds,
	    json_str_or(row, "for", ""));
	AUTO_JSON cJSON *made = NULL;
	struct err e = ERR_INIT;
	const cJSON *it;

	r.path = url_host(r.url) + strcspn(url_host(r.url), "/");
	if (strncmp(r.url, "https://", 8) != 0 || r.path[0] == '\0')
		err_set(&e, "its url isn't https:// with a path");
	else if (key == NULL)
		err_set(&e, "its key is missing");
	else if ((made = registry_row(&r, kind)) != NULL &&
	    (at = network_key_add(n, made, key, &e)) != NULL) {
		r.here = xasprintf("http://%s%s", at, r.path);
		if (kind != NULL)
			kind->tell(t, &r);
		cJSON_ArrayForEach(it, json_get(row, "env"))
			if (cJSON_IsString(it)) {
				AUTO_FREE char *text = text_fill(
				    it->valuestring, "%s", at);

				told_add_take(t, xasprintf("%s=%s", it->string,
				    text));
			}
		free(r.here);
	}
	if (err_is_set(&e) && n == c->network)
		buf_addf(&c->registries->notes, "registries.%s isn't there for "
		    "commands: %s\n", r.name, e.text);
}

void
registry_add(struct core *c, struct network *n)
{
	struct registry_told t = { .list = NULL };
	const cJSON *row;

	if (n == NULL || n->settings != NULL || c->registries->rows == NULL)
		return;
	t.list = cJSON_CreateArray();
	cJSON_ArrayForEach(row, c->registries->rows)
		registry_add_one(c, n, row, &t);
	if (t.cargo.len > 0)
		told_add_take(&t, xasprintf("/.cargo/config.toml=%s",
		    buf_str(&t.cargo)));
	if (t.maven.len > 0)
		told_add_take(&t, xasprintf("~/.m2/settings.xml=<settings>"
		    "<mirrors>\n%s</mirrors></settings>\n", buf_str(&t.maven)));
	if (t.git > 0)
		told_add_take(&t, xasprintf("GIT_CONFIG_COUNT=%d",
		    SANDBOX_GIT_SETTINGS + t.git));
	buf_release(&t.cargo);
	buf_release(&t.maven);
	n->told = t.list;
	n->settings = json_strings(t.list, NULL);
}

/* ---- the part ---- */

static void
registry_init(struct core *c)
{
	c->registries = xcalloc(1, sizeof(*c->registries));
}

static void
registry_offer(struct core *c, const cJSON *hello)
{
	struct registries *all = c->registries;

	if (all->rows == NULL)
		all->rows = cJSON_Duplicate(json_get(hello, "registries"), 1);
	given_add(&all->given, "", json_get(hello, "registry_keys"));
}

static void
registry_begun(struct core *c)
{
	const struct sandbox_level_row *l = &sandbox_levels[c->sandbox.level];
	struct buf *notes = &c->registries->notes;

	registry_add(c, c->network);
	if (c->registries->rows != NULL && !l->encloses)
		emit_note(c, "registries have no effect on level %s of the "
		    "sandbox", l->name);
	else if (notes->len > 0)
		emit_note(c, "%.*s", (int)notes->len - 1, notes->p);
	buf_clear(notes);
}

static void
registry_secrets(const struct core *c, struct mask_list *l)
{
	MEM_EACH(&c->registries->given, v, it)
		mask_list_add(l, it->value);
}

static void
registry_free(struct core *c)
{
	cJSON_Delete(c->registries->rows);
	given_release(&c->registries->given);
	buf_release(&c->registries->notes);
	FREE_NULL(c->registries);
}

const struct core_part registry_part = {
	.init = registry_init, .offer = registry_offer, .begun = registry_begun,
	.secrets = registry_secrets, .free = registry_free,
};
