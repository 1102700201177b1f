#include "config.h"

#include "core/net/network-host.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "net/address.h"
#include "policy/net-allow.h"

struct network_host *
network_host_new(int64_t call, const char *call_id, const char *host, int port)
{
	struct network_host *h = xcalloc(1, sizeof(*h));

	h->call = call;
	h->call_id = xstrdup_null(call_id);
	h->host = xstrdup(host);
	h->port = port;
	h->name = url_authority(host, port);
	return h;
}

void
network_host_free(struct network_host *h)
{
	free(h->call_id);
	free(h->host);
	free(h->name);
	free(h);
}

bool
network_host_is_private(const struct network_host *h)
{
	struct net_address a;

	return net_address_parse(&a, h->host) == 0 &&
	    net_address_fault(&a) != NULL;
}

static cJSON *
network_host_named(const struct network_host *h)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "host", h->host);
	json_add_int(o, "port", h->port);
	return o;
}

cJSON *
network_host_opened(const struct network_host *h, const char *address)
{
	cJSON *o = network_host_named(h);

	json_add_str(o, "call", h->call_id);
	json_add_str(o, "address", address);
	json_add_str(o, "allowed_by", h->by);
	return o;
}

cJSON *
network_host_refused(const struct network_host *h, const char *why)
{
	cJSON *o = network_host_named(h);

	json_add_str(o, "call", h->call_id);
	json_add_str(o, "refused", why);
	return o;
}

cJSON *
network_host_total(const struct network_host *h)
{
	cJSON *o = network_host_named(h);

	json_add_int(o, "connections", h->connections);
	json_add_int(o, "sent", h->sent);
	json_add_int(o, "received", h->received);
	return o;
}

cJSON *
network_addresses(const struct net_allow *allow, int port)
{
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < allow->len; i++)
		if (allow->v[i].kind == NET_ALLOW_ADDRESS &&
		    net_allow_address(allow, allow->v[i].host, port) != NULL)
			cJSON_AddItemToArray(list, cJSON_CreateString(
			    allow->v[i].host));
	return list;
}
