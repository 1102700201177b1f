/* server-int: what the files of the server share. */
#ifndef ASSENT_CORE_SERVER_INT_H
#define ASSENT_CORE_SERVER_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/lineio.h"
#include "core/server.h"
#include "journal/session.h"

enum client_state {
	CLIENT_NEW,	/* has not said hello */
	CLIENT_OLD,	/* gets the old lines first, once the session runs */
	CLIENT_LIVE,	/* gets new lines */
	CLIENT_BEHIND,	/* too slow for new lines: gets them from
			   the journal, as old ones */
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
	int			 flush_ms;
	size_t			 left;		/* bytes to send, at the last check */
};

/* server.c */
/* Shut its connection down. That makes the descriptor ready, so the loop frees
 * even a client that neither reads nor writes any more. */
void	client_drop(struct client *);
void	client_flush(struct client *);
void	client_send(struct client *, cJSON *line_take);
/* `status`: the exit code of a core that cannot start; -1: it can. */
void	client_refuse(struct client *, const char *to, const char *text,
	    int status);
void	server_forget_key(struct server *);
/* Exit if the core is ending and all clients have all lines. */
void	server_go_if_taken(struct server *);
/* The last line of a core that ends on purpose: without it, it has died. */
cJSON	*server_ended_line(const struct server *);

/* server-attach.c: the old lines. */
void	client_attach(struct client *, int64_t from);
/* There may be room for more of them. */
void	client_attach_more(struct client *);
/* Bytes of old lines that are still to be sent. */
size_t	client_attach_left(const struct client *);

#endif
