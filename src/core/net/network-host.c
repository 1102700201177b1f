/* The hosts that a command connects to, and the record of them. */
#include "config.h"

#include "core/net/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "core/kernel/core.h"
#include "core/net/network-int.h"
#include "journal/event.h"
#include "net/address.h"
#include "net/proxy.h"
#include "policy/net-allow.h"

static struct network_host *
network_host_new(int64_t call, const char *call_id, const char *host, int port)
{
	struct network_host *h = xcalloc(1, sizeof(*h));

	h->call = call;
	h->call_id = xstrdup_null(call_id);
	h->host = xstrdup(host);
	h->port = port;
	h->name = port == 0 ? xstrdup(host) : url_authority(host, port);
	return h;
}

static void
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

char *
network_url(const struct network_host *h)
{
	return xasprintf("%s://%s", h->port == 80 ? "http" : "https", h->name);
}

const char *
network_upstream(const struct network_host *h)
{
	AUTO_FREE char *url = network_url(h);
	const char *from, *proxy = url_proxy(url, &from);

	return proxy == NULL || strstr(proxy, "://") == NULL ||
	    strncasecmp(proxy, "http://", 7) == 0 ? proxy : NULL;
}

cJSON *
network_addresses(const struct net_allow *allow, const struct network_host *h)
{
	cJSON *list = cJSON_CreateArray();
	struct net_address a;
	bool is_address = net_address_parse(&a, h->host) == 0;
	size_t i;

	for (i = 0; i < allow->len; i++)
		if (allow->v[i].kind == NET_ALLOW_ADDRESS &&
		    net_allow_has_port(&allow->v[i], h->port) &&
		    (!is_address || strcmp(allow->v[i].host, h->host) == 0))
			cJSON_AddItemToArray(list, cJSON_CreateString(
			    allow->v[i].host));
	return list;
}

#define NETWORK_HOSTS	256		/* of one command; the refusal names the
					   number */

void
network_hosts_drop(struct network *n, int64_t call)
{
	size_t i, kept = 0;

	for (i = n->links_len; i > 0; i--)
		if (n->links[i - 1].host->call <= call)
			n->links[i - 1] = n->links[--n->links_len];
	for (i = 0; i < n->hosts_len; i++)
		if (n->hosts[i]->call <= call)
			network_host_free(n->hosts[i]);
		else
			n->hosts[kept++] = n->hosts[i];
	n->hosts_len = kept;
}

struct network_host *
network_host_get(struct network *n, const char *host, int port)
{
	struct network_host *h;
	size_t i, of_call = 0;

	for (i = 0; i < n->hosts_len; i++) {
		h = n->hosts[i];
		if (h->call == n->call && h->port == port &&
		    strcmp(h->host, host) == 0)
			return h;
		of_call += h->call == n->call;
	}
	if (of_call == NETWORK_HOSTS)
		return NULL;
	h = network_host_new(n->call, n->call_id, host, port);
	GROW(n->hosts, n->hosts_len);
	n->hosts[n->hosts_len++] = h;
	return h;
}

void
network_ended(struct network *n, int64_t call)
{
	struct ev_net_end line = { NULL, NULL, 0 };
	size_t i;

	for (i = 0; i < n->hosts_len; i++) {
		const struct network_host *h = n->hosts[i];

		if (h->call != call || h->connections <= 0)
			continue;
		line.call = h->call_id;
		GROW(line.hosts, line.hosts_len);
		line.hosts[line.hosts_len++] = (struct ev_net_host){
		    .host = h->port == 0 ? NULL : h->host, .port = h->port,
		    .forward = h->port == 0 ? h->host : NULL,
		    .connections = h->connections, .sent = h->sent,
		    .received = h->received };
	}
	if (line.hosts_len > 0)
		EMIT_THIS(n->core, "core", net_end, &line);
	free(line.hosts);
	network_hosts_drop(n, call);
}

void
network_ended_all(struct network *n)
{
	while (n->hosts_len > 0)
		network_ended(n, n->hosts[0]->call);
}

/* Record a connection, before a byte is passed on: to where the proxy's message
 * says; a forward has no address but its own. */
static void
network_count(struct network *n, struct network_host *h, const cJSON *m)
{
	if (h->connections++ > 0)
		return;
	EMIT(n->core, "core", net, .call = h->call_id,
	    .host = h->port == 0 ? NULL : h->host, .port = h->port,
	    .forward = h->port == 0 ? h->host : NULL,
	    .address = h->port == 0 ? NULL : json_str_or(m, "address", "?"),
	    .proxy = json_str(m, "proxy"), .allowed_by = h->by);
	emit_sync(n->core);
}

void
network_open(struct network *n, struct network_link *l, const cJSON *m)
{
	cJSON *go = cJSON_CreateObject();

	network_count(n, l->host, m);
	json_add_int(go, "go", l->id);
	net_channel_send_take(n->proxy.channel, go, -1);
}

void
network_failed(struct network *n, struct network_host *h, const char *words)
{
	if (h->told)
		return;
	h->told = true;
	EMIT(n->core, "core", net, .call = h->call_id,
	    .host = h->port == 0 ? NULL : h->host, .port = h->port,
	    .forward = h->port == 0 ? h->host : NULL, .refused = words);
}

void
network_forbidden(struct network *n, struct network_host *h, const char *words)
{
	if (!h->told && n->refused_len++ == 0)
		xstrset(&n->refused, h->name);
	network_failed(n, h, words);
}

const char *
network_refused(const struct network *n, size_t *len)
{
	*len = n == NULL ? 0 : n->refused_len;
	return *len == 0 ? NULL : n->refused;
}

const char *
network_unreached(const struct network *n)
{
	return n == NULL ? NULL : n->unreached;
}
