/*
 * saved.json, beside config.json: what the screen and `assent config` save.
 * Only assent writes it. What config.json sets counts first; lists and servers
 * of both are joined.
 */
#include "config.h"

#include "config/config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/config-int.h"
#include "policy/net-allow.h"

/* Its members; an empty object if there is no file. */
static cJSON *
saved_read(const struct config *c, struct err *e)
{
	AUTO_FREE char *path = config_saved(c);
	cJSON *o = NULL;

	if (path == NULL)
		err_set(e, "there is no home directory to keep settings in");
	else
		o = config_parse(AT_FDCWD, path, path, false, e);
	return o == NULL && !err_is_set(e) ? cJSON_CreateObject() : o;
}

static int
saved_write(const struct config *c, const cJSON *o, struct err *e)
{
	AUTO_FREE char *path = config_saved(c);
	AUTO_FREE char *dir = config_beside(c, ".");
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_CLOSE int fd = -1;
	char *text = cJSON_Print(o);

	buf_addf(&b, "%s\n", text);
	cJSON_free(text);
	if (b.len > CONFIG_MAX_BYTES)
		return err_set(e, "%s would be too large", path);
	if (fs_mkdirs(dir, 0700, e) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "can't open %s", dir);
	return fs_replace(fd, CONFIG_SAVED, b.p, b.len, 0600, e);
}

/* The member `name` of saved.json, made if it is missing. */
static cJSON *
saved_member(cJSON *o, const char *name, cJSON *(*make)(void))
{
	cJSON *it = cJSON_GetObjectItemCaseSensitive(o, name);

	if (it == NULL)
		cJSON_AddItemToObject(o, name, it = make());
	return it;
}

int
config_save_net_allow(const struct config *c, const char *entry,
    struct err *e)
{
	AUTO_JSON cJSON *o = saved_read(c, e);
	cJSON *list = o == NULL ? NULL : saved_member(o, "net_allow",
	    cJSON_CreateArray);
	struct net_allow l = { NULL, 0 };
	int rc = 0;

	if (o == NULL || net_allow_add(&l, entry, "config", e) < 0)
		return -1;
	if (!json_has(list, l.v[0].text)) {
		if (cJSON_GetArraySize(list) >= NET_ALLOW_MAX)
			rc = err_set(e, "net_allow: must have at most %d "
			    "entries", NET_ALLOW_MAX);
		cJSON_AddItemToArray(list, cJSON_CreateString(l.v[0].text));
		if (rc == 0)
			rc = saved_write(c, o, e);
	}
	net_allow_release(&l);
	return rc;
}

int
config_save_model(const struct config *c, const char *name, struct err *e)
{
	AUTO_JSON cJSON *o = saved_read(c, e);

	if (o == NULL)
		return -1;
	if (config_str(c, "model") != NULL || json_get(o, "model") != NULL)
		return 0;
	json_add_str(o, "model", name);
	return saved_write(c, o, e) < 0 ? -1 : 1;
}

int
config_save_hooks(const struct config *c, const cJSON *hooks,
    const cJSON *checked, struct err *e)
{
	AUTO_JSON cJSON *o = saved_read(c, e);
	const cJSON *it, *had;

	if (o == NULL)
		return -1;
	cJSON_ArrayForEach(it, checked)
		cJSON_ArrayForEach(had, config_list(c, "hooks"))
			if (json_is(had, "event", json_str(it, "event")) &&
			    json_is(had, "name", json_str(it, "name")))
				return err_set(e, "there is a hook \"%s\" for "
				    "%s; name the other differently",
				    json_str(it, "name"), json_str(it, "event"));
	cJSON_ArrayForEach(it, hooks)
		cJSON_AddItemToArray(saved_member(o, "hooks",
		    cJSON_CreateArray), cJSON_Duplicate(it, 1));
	return saved_write(c, o, e);
}

int
config_save_mcp(const struct config *c, const cJSON *servers, struct err *e)
{
	AUTO_JSON cJSON *o = saved_read(c, e);
	const cJSON *it;

	if (o == NULL)
		return -1;
	cJSON_ArrayForEach(it, servers) {
		if (json_get(c->mcp_servers, it->string) != NULL)
			return err_set(e, "mcpServers.%s: there is one of "
			    "this name", it->string);
		json_copy(saved_member(o, "mcpServers", cJSON_CreateObject),
		    it->string, it);
	}
	return saved_write(c, o, e);
}

int
config_remove_mcp(const struct config *c, const char *name, struct err *e)
{
	AUTO_JSON cJSON *o = saved_read(c, e);

	if (o == NULL)
		return -1;
	if (json_get(json_get(o, "mcpServers"), name) == NULL)
		return err_set(e, "mcpServers.%s is in %s, which you edit: "
		    "take it out there", name, c->path);
	cJSON_DeleteItemFromObjectCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(o, "mcpServers"), name);
	return saved_write(c, o, e);
}

/* This member of another file, as it is there; NULL with *e. */
static cJSON *
config_member_of(const char *path, const char *name, struct err *e)
{
	AUTO_JSON cJSON *o = config_parse(AT_FDCWD, path, path, false, e);
	cJSON *member = cJSON_DetachItemFromObjectCaseSensitive(o, name);

	if (o == NULL && !err_is_set(e))
		err_set(e, "%s doesn't exist", path);
	else if (o != NULL && member == NULL)
		err_set(e, "%s has no %s", path, name);
	return member;
}

cJSON *
config_hooks_of(const char *path, struct err *e)
{
	return config_member_of(path, "hooks", e);
}

cJSON *
config_mcp_of(const char *path, struct err *e)
{
	struct config checked = { 0 };
	cJSON *o = config_member_of(path, "mcpServers", e);

	if (o != NULL && config_mcp(&checked, o, path, e) < 0)
		json_drop(&o);
	cJSON_Delete(checked.mcp_servers);
	return o;
}
