/* Shared by the files of the server. */
#ifndef ASSENT_CORE_SERVER_INT_H
#define ASSENT_CORE_SERVER_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/kernel/server.h"

struct lineio;

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
	int			 syncs;		/* commands `sync` that the next
						   step answers, */
	int			 owed;		/* and those that it did, until
						   the client is live */
	bool			 dead;
};

/* ---- server.c ---- */

void	server_forget_key(struct server *);
/* Answer it; one that asks and doesn't read the answers is dropped. */
void	server_reply(struct client *, cJSON *line_take);
/* The client of this number; NULL: it is gone. */
struct client *server_client(const struct server *, unsigned serial);
/* `status`: the exit code of a core that cannot start; -1: it can. */
void	client_refuse(struct client *, const char *to, const char *text,
	    int status);
/* The answers to its commands `sync` that it is owed, once it is live. */
void	client_answer_syncs(struct client *);
/* Send it the old lines, from this one on. */
void	server_attach(struct client *, int64_t from);

/* ---- dispatch.c ---- */

/* A line that a client sent. */
void	dispatch_line(struct client *, const char *line, size_t n);

#endif
