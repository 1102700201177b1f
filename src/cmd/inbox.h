/*
 * inbox: what waits for you in all sessions, as rows: of this machine, whose
 * sessions are watched, not asked; and of other hosts, where the user's ssh runs
 * `assent inbox --json --follow`. What those say is a stranger's text.
 */
#ifndef ASSENT_CMD_INBOX_H
#define ASSENT_CMD_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct inbox;

/* All texts are foreign. */
struct inbox_row {
	const char *host;	/* of the settings; NULL: this machine */
	char	*id;		/* NULL: the row is about the host itself */
	char	*project;	/* its path */
	char	*task;		/* first words of the session's tasks, a line */
	char	*waits;		/* "hunks"; session_wait_name */
	char	*words;		/* "5 hunks in 3 files" */
	char	*since;		/* time stamp; NULL: unknown */
	int64_t	 cost;		/* millionths of a dollar; MONEY_UNKNOWN */
};

enum inbox_order { INBOX_BY_AGE, INBOX_BY_PROJECT, INBOX_BY_COST,
	INBOX_ORDERS };

/* The program is one that every ssh runs, by its name; ids of sessions, which are
 * arguments of it, have nothing that a shell knows. */
#define INBOX_PROGRAM "assent"
/* The version of the lines of --json --follow. They begin with {"inbox": 1},
 * and repeat it at least every INBOX_BEAT_MS. */
#define INBOX_VERSION	1
#define INBOX_BEAT_MS	30000
bool	inbox_id_is_plain(const char *id);
/* Can a host's name be passed to ssh, without being taken for an option? */
bool	inbox_host_is_plain(const char *host);

/* The names of hosts, or NULL; borrowed. */
struct inbox *inbox_new(const cJSON *hosts);
void	inbox_free(struct inbox *);
/* A descriptor that is readable when the rows may have changed, */
int	inbox_fd(const struct inbox *);
/* or after so many ms; -1: never. */
int	inbox_timeout(const struct inbox *);
/* Read what has changed, of each other host once a second; true if the rows
 * have. *rings (unless NULL): more wait than when it was last true; because of
 * one host, once a minute. */
bool	inbox_read(struct inbox *, bool *rings);
/* The rows in this order; by age, the one that waits longest is first. Borrowed
 * until the next inbox_read. */
const struct inbox_row *inbox_rows(struct inbox *, enum inbox_order,
	    size_t *n);
cJSON	*inbox_row_json(const struct inbox_row *);
/* The last part of the project's path. */
const char *inbox_row_project(const struct inbox_row *);
/* Append "3m", "2h", "5d": since when; nothing if that is unknown. */
void	inbox_row_age(const struct inbox_row *, struct buf *);

#endif
