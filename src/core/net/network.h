/*
 * network: which hosts a command may connect to, and the record of those it
 * did. A command has no network but a socket that leads to a proxy outside of
 * the sandbox (assent-net), and the proxy asks here about each connection. The
 * user's settings and answers allow a host; the model, the project and a command
 * can only ask.
 *
 *   command -> its socket -> assent-net --ask--> network_decide
 *                                       <--answer-- settings, or the user
 *                                       --open--> event `net`, durable
 *                                       <--go-- only now are bytes passed on
 *                                       --closed--> counted; event `net_end`
 *
 * The proxy is started by the first connection of a session.
 *
 * A forward's socket has an address of its own in the sandbox, and its
 * connections need no decision: the setting is it. The core makes them, and the
 * proxy passes their bytes.
 *
 * A key's service has such an address, too: the proxy speaks HTTP there, and
 * TLS with the service, and adds the key. The sandbox never has it.
 */
#ifndef ASSENT_CORE_NET_NETWORK_H
#define ASSENT_CORE_NET_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "policy/net-allow.h"

struct core;
struct network;
struct sandbox_spec;

extern const struct core_part network_part;

/* Read the start object. -1: an entry of net_allow or forward is wrong. A
 * session that is resumed does without a forward's socket that isn't there, and
 * a note says so later. */
int	network_init(struct core *, bool resumed, struct err *);
/* Call it once the sandbox level is known. On D and none the network is open,
 * so the list of hosts is dropped; a note says so later. What the settings
 * allow, as text; the caller's. */
cJSON	*network_level(struct core *);
/* The same for the forwards: services of this machine that answer in the
 * sandbox, too. Only A and B have them. */
cJSON	*network_forwards(struct core *);
/* Let this network, before network_spec, have a service that the user has the key
 * for, by TLS; on A and B. `row`: "host" (or host:port), "paths" ("/v1/": all below
 * it; "/v1/x": this one), "methods", "header" ("x-api-key: %s"), and "ca_file" to
 * trust instead of the system's certificates and the user's own. The endpoint
 * inside, for http: "127.0.0.1:PORT", borrowed, the same for the same row; NULL
 * with *e. */
const char *network_key_add(struct network *, const cJSON *row,
	    const char *secret, struct err *);
/* Set the network of a sandbox in which commands, or a server, run; NULL: it
 * has none. */
void	network_spec(const struct network *, struct sandbox_spec *);
/* A command is about to run in this sandbox: its id in the journal, and its text
 * for the user. */
void	network_command(struct core *, const char *id, const char *command,
	    const struct sandbox_spec *);
/* Let it connect to these hosts, too, as `from` allows it. A wrong entry isn't
 * taken. */
void	network_allow(struct network *, const cJSON *hosts, const char *from);
/* The same, until this file is in the folder, which others write. */
void	network_allow_until(struct network *, const cJSON *hosts,
	    const char *from, const char *dir, const char *file);
/* The command has this socket (sandbox_callbacks.net), until network_end. */
void	network_listen(struct network *, unsigned which, int fd_take);
/* The command, or the server, has ended, or was stopped: so do its connections,
 * and a question about one. NULL is fine, here and below. */
void	network_end(struct network *);
/* core_main.end: true if the proxy has yet to count what a command sent. That is
 * recorded then, or after a second what is known of it. */
bool	network_session_end(struct core *);
/* Ask about the next host that a connection of any command or server waits for,
 * unless a question is open: one would hide the other. */
void	network_ask_next(struct core *);
/* The first host that the last command, or the server, wasn't allowed to connect
 * to, and how many there were; NULL: none. Borrowed. */
const char *network_refused(const struct network *, size_t *n);
/* Why the last command, or the server, couldn't use a forward; NULL. Borrowed. */
const char *network_unreached(const struct network *);

/* A connection of a server begins to wait for the user, or stops waiting. */
typedef void network_waits_cb(void *arg, bool waits);

/* NULL with *e. The session frees it at its end, too. */
struct network *network_server_new(struct core *, const char *name,
	    network_waits_cb *, void *arg, struct err *);
/* The same for a background command, by the id of its call: it may reach the
 * hosts of commands, and asks for nothing more. NULL: it has none. */
struct network *network_background_new(struct core *, const char *id,
	    const char *command);
void	network_server_free(struct core *, struct network *);
/* The call that the server works on from here; NULL: none, as at its start. */
void	network_server_call(struct network *, const char *id,
	    const char *tool);

#endif
