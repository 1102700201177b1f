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
#include "journal/session.h"

struct client;
struct core;
struct lineio;
struct loop;
struct loop_timer;
struct loop_watch;
struct server;

enum client_state {
	CLIENT_NEW,	/* has not said hello */
	CLIENT_OLD,	/* gets the old lines first, once the session runs */
	CLIENT_LIVE,	/* gets new lines */
	CLIENT_BEHIND,	/* too slow for new lines: gets them from
			   the journal, as old ones */
};

struct server {
	struct loop		*loop;
	struct core		*core;
	struct client		*clients;
	struct loop_watch	*listen_watch;
	struct loop_timer	*listen_timer;	/* it is not watched until then */
	int			 listen_fd;
	char			 secret[SESSION_SECRET_SIZE];
	char			*pending_key;	/* hello's, until start */
	unsigned		 serial;
	bool			 started;
	bool			 ending;
	int			 status;
	struct loop_timer	*end_timer;
	int			 flush_ms;	/* how long a client may take nothing,
						   at the end */
	size_t			 left;		/* bytes to send, at the last check */
};

struct client {
	struct client		*next;
	struct server		*server;
	struct lineio		*io;
	struct loop_watch	*watch;
	unsigned		 serial;
	char			 name[32];
	bool			 first;
	enum client_state	 state;
	bool			 cut;		/* long members of old lines are
						   trimmed */
	int64_t			 from;		/* hello's: what it wants first */
	int64_t			 old;		/* the next old line that it is
						   sent; 0: it has all */
	struct loop_timer	*old_timer;
	bool			 dead;
};

void	client_send(struct client *, cJSON *line_take);
/* `status`: the exit code of a core that cannot start; -1: it can. */
void	client_refuse(struct client *, const char *to, const char *text,
	    int status);
void	server_forget_key(struct server *);

/* Send it the old lines, from this one on. */
void	client_attach(struct client *, int64_t from);

struct server *server_new(struct loop *, int first_fd);
void	server_free(struct server *);
int	server_listen(struct server *, const char *dir, struct err *);
/* `seq` of a line of the journal, else 0. A client that does not keep up misses
 * it, and is sent it from the journal later. */
void	server_broadcast(struct server *, const char *line, size_t n,
	    int64_t seq);
/* An answer to one client, by its number, if it is still there. */
void	server_answer(struct server *, unsigned serial, cJSON *line_take);
/* The core ends: also to who is not live yet. */
void	server_last_words(struct server *, const char *line, size_t n);
/* End the process's loop once everything is written out, or no client takes any
 * more of it. */
void	server_end_when_flushed(struct server *, int status);
/* A line that a client sent. */
void	dispatch_line(struct client *, const char *line, size_t n);

#endif
