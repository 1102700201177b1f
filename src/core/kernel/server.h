/*
 * server: the clients, their lines in and ours out.
 */
#ifndef ASSENT_CORE_SERVER_H
#define ASSENT_CORE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "journal/reader.h"
#include "journal/session.h"

struct client;
struct core;
struct loop;
struct loop_timer;
struct loop_watch;

/* The session's brief (journal/reader.h), and where it is. */
struct server_brief {
	struct loop_timer	*timer;
	bool			 open;		/* `lines` are those of the
						   file, and more */
	bool			 fails;		/* it can't be written */
	struct brief		 at;
	int64_t			 upto;		/* the last line of this step */
	size_t			 read;		/* bytes, in this step */
	struct buf		 lines, line;
};

struct server {
	struct loop		*loop;
	struct core		*core;
	struct client		*clients;
	struct server_brief	 brief;
	struct loop_watch	*listen_watch;
	struct loop_timer	*listen_timer;	/* runs after accept() failed:
						   listen_fd isn't polled until
						   it fires */
	int			 listen_fd;
	char			 secret[SESSION_SECRET_SIZE];
	char			*pending_key;	/* hello's, until start */
	unsigned		 serial;
	bool			 started;
	bool			 ending;
	int			 status;
	struct loop_timer	*end_timer;	/* the clients were told */
	int			 flush_ms;	/* how long a client may take nothing,
						   at the end */
	size_t			 left;		/* bytes to send, at the last check */
};

struct server *server_new(struct loop *, int first_fd);
void	server_free(struct server *);
int	server_listen(struct server *, const char *dir, struct err *);
/* `seq` of a line of the journal, else 0. A client that has fallen behind is
 * skipped, and gets the line from the journal later. `live` false, when the
 * core ends: also to clients that aren't live yet. */
void	server_send(struct server *, const char *line, size_t n, int64_t seq,
	    bool live);
/* An answer to one client, by its number, if it is still there. */
void	server_answer(struct server *, unsigned serial, cJSON *line_take);
/* The core has made a step: answer the commands `sync` that came before it. */
void	server_stepped(struct server *);
/* End the process's loop once everything is written out, or no client takes any
 * more of it. */
void	server_end_when_flushed(struct server *, int status);
/* All is recorded that core_main.end waited for. */
void	server_end_flush(struct server *);

#endif
