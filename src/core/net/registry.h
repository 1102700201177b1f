/*
 * registry: the user's registries and git hosts that want a credential. Each is a
 * service with a key (network_key_add), which answers to what reads; variables
 * and files in the sandbox tell npm, pip, cargo, maven and git its address there.
 * Clients hand over the rows and their keys; neither is in the journal.
 */
#ifndef ASSENT_CORE_NET_REGISTRY_H
#define ASSENT_CORE_NET_REGISTRY_H

struct core;
struct network;

extern const struct core_part registry_part;

/* Let this network have them, before network_spec: once, unless it is NULL. */
void	registry_add(struct core *, struct network *);

#endif
