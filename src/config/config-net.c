/*
 * The hosts that commands may connect to: the user's net_allow, and then those
 * of --net.  The setting ends as a list of objects, one an entry, that also say
 * who allowed it.
 */
#include "config.h"

#include "config/config.h"

#include "base/json.h"
#include "config/config-int.h"
#include "policy/net-allow.h"

static int
config_net_add(struct net_allow *to, const cJSON *list, const char *from,
    struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (net_allow_add(to, it->valuestring, from, e) < 0)
			return -1;
	return 0;
}

static void
config_net_store(struct config *c)
{
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < c->net.len; i++) {
		cJSON *o = cJSON_CreateObject();

		json_add_str(o, "entry", c->net.v[i].text);
		json_add_str(o, "from", c->net.v[i].from);
		cJSON_AddItemToArray(list, o);
	}
	json_set_take(c->values, "net_allow", list);
}

int
config_net_settle(struct config *c, struct err *e)
{
	struct err why = ERR_INIT;

	if (config_net_add(&c->net, config_list(c, "net_allow"), "config",
	    &why) < 0)
		return err_set(e, "%s: net_allow: %s",
		    config_origin(c, "net_allow"), why.text);
	config_net_store(c);
	return 0;
}

int
config_net_flag(struct config *c, const cJSON *list, const char *flag,
    struct err *e)
{
	/* An empty list is one of the settings, but no flag. */
	int rc = list->child == NULL ? net_allow_check("", e) :
	    config_net_add(&c->net, list, flag, e);

	config_net_store(c);
	return rc;
}
