/*
 * network-host: a host to which a command connected, or wanted to, and the
 * journal's lines about it.
 */
#ifndef ASSENT_CORE_NET_NETWORK_HOST_H
#define ASSENT_CORE_NET_NETWORK_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct net_allow;

enum network_verdict {		/* the user's, for this command */
	NETWORK_OPEN,
	NETWORK_ALLOWED,
	NETWORK_FORBIDDEN,
};

struct network_host {
	int64_t			 call;
	char			*call_id;
	char			*host;
	char			*name;		/* "host:port" */
	int			 port;
	const char		*by;		/* who allowed it; borrowed */
	enum network_verdict	 verdict;
	bool			 told;		/* a refusal was recorded */
	int64_t			 connections, sent, received;
};

struct network_host *network_host_new(int64_t call, const char *call_id,
	    const char *host, int port);
void	network_host_free(struct network_host *);
/* Is it an address that only the settings can allow? Then no answer does. */
bool	network_host_is_private(const struct network_host *);
/* Members of the events `net` and of those in `net_end`; the caller's. */
cJSON	*network_host_opened(const struct network_host *, const char *address);
cJSON	*network_host_refused(const struct network_host *, const char *why);
cJSON	*network_host_total(const struct network_host *);
/* The addresses in the list for this port: only these are allowed although they
 * are private. */
cJSON	*network_addresses(const struct net_allow *, int port);

#endif
