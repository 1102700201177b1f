/*
 * server: the clients, their lines in and ours out.  It knows how lines come
 * and go; what they say is for dispatch_line.
 */
#ifndef ASSENT_CORE_SERVER_H
#define ASSENT_CORE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "loop/loop.h"

struct client;
struct core;
struct server;

struct server *server_new(struct loop *, int first_fd);
void	server_free(struct server *);
void	server_set_core(struct server *, struct core *);
int	server_listen(struct server *, const char *dir, struct err *);
/* `seq` of a line of the journal, else 0. A client that does not keep up misses
 * it, and is sent it from the journal later. */
void	server_broadcast(struct server *, const char *line, size_t n,
	    int64_t seq);
/* An answer to one client, by its number, if it is still there. */
void	server_answer(struct server *, unsigned serial, cJSON *line_take);
/* The core ends: also to who is not live yet. */
void	server_last_words(struct server *, const char *line, size_t n);
/* A session runs, and no client is left. */
bool	server_is_alone(const struct server *);
/* End the process's loop once everything is written out, or no client takes any
 * more of it. */
void	server_end_when_flushed(struct server *, int status);
/* How long a client may then take nothing; 5 s if this is not called. */
void	server_set_flush_timeout(struct server *, int ms);

/* ---- dispatch.c ---- */
/* A line that a client sent. */
void	dispatch_line(struct client *, const char *line, size_t n);
/* ---- server-present.c ---- */
/* The client has all old lines: send the state that is only in memory. */
void	client_present(struct client *);

#endif
