/*
 * session: where sessions are stored, how they are named, and what each is about.
 * For both programs.
 */
#ifndef ASSENT_JOURNAL_SESSION_H
#define ASSENT_JOURNAL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct session_running;

/* In the state directory: what the tools of MCP servers are
 * (core/mcp/mcp.c). */
#define SESSION_MCP_FILE "mcp.json"

/* $XDG_STATE_HOME/assent, or ~/.local/state/assent. malloc'ed; NULL if there
 * is no home. */
char	*session_state_dir(struct err *);
/*
 * Other users who could write to a session could decide for its user. -1 with
 * the way out if the state folder, its `sessions` or, unless `id` is NULL, that
 * session's folder belongs to another user or is writable by others. A missing
 * folder is fine.
 */
int	session_check(const char *id, struct err *);
/* state/sessions/ID, malloc'ed. Rejects an id with a slash or a leading dot. */
char	*session_dir(const char *id, struct err *);
/* Draw an id, "20261120-083206-1a2b", and create the folder of a new session;
 * another id if two sessions of the same second have drawn the same. Both are
 * malloc'ed, or NULL. -1 with *e. */
int	session_make_dir(char **id, char **dir, struct err *);

/*
 * The lock that a core holds on its session as long as it lives: an open file
 * description lock on `lock` in the folder, which others can test without
 * taking it. A descriptor to keep, or -1 with a message that names the session
 * and the process.
 */
int	session_lock(int dirfd, const char *dir, struct err *);
bool	session_is_alive(const char *id);
/* Wait, for 2 s at most, until the session's core has ended; false if it
 * hasn't. */
bool	session_ends(const char *id);

/* ---- session-state.c ---- */
enum session_says { SESSION_UNKNOWN, SESSION_ENDED, SESSION_WAITS,
	SESSION_WORKS, SESSION_APPLIES };
#define SESSION_WORDS_MAX 200	/* bytes of task and latest */
struct session_state {
	int64_t	 at;		/* bytes of the journal that it is made from */
	int	 work, offer;	/* session_says: of the task, and of the proposal,
				   which counts unless it is SESSION_UNKNOWN */
	bool	 own;		/* a command of the user's runs */
	bool	 ran;		/* one has ended */
	bool	 ended;		/* the user ended it, and said nothing since */
	bool	 over;		/* the task is: the next message is another */
	char	*task;		/* words of the first, or NULL */
	char	*latest;	/* of the latest, if that isn't the first; or NULL */
	char	*outcome;	/* of the latest, if it has ended; or NULL */
};
/* As of now, from descriptors of the session's folder and journal; nothing but
 * zeroes if it has no journal (-1). */
void	session_state_read(int dirfd, int journal, struct session_state *);
/* One more line; the caller adds its bytes to `at`. */
void	session_state_line(struct session_state *, const cJSON *line);
enum session_says session_state_says(const struct session_state *);
/* Best effort: without it the journal is read. */
void	session_state_write(int dirfd, const struct session_state *);
void	session_state_release(struct session_state *);

/* ---- session-list.c ---- */
struct session_info {
	char	*id;
	char	*root;		/* of the project; NULL if unreadable */
	char	*mode;		/* "interactive" "exec" "try" "demo" */
	char	*task;		/* first words, or NULL */
	char	*latest;	/* what the latest task began with, or NULL */
	char	*started;	/* time stamp */
	char	*name;		/* of exec --name, or NULL */
	char	*outcome;	/* of the latest task, if it has ended; or NULL */
	bool	 alive;		/* a core holds its lock */
	bool	 waits;		/* there is something to decide */
	bool	 works;		/* in the middle of its work: stopped, if not
				   alive */
	bool	 ended;		/* the user ended it, and said nothing since */
	bool	 applying;	/* an apply has begun and not ended */
	bool	 empty;		/* over, and nothing was asked or run in it, or
				   typed to be asked */
};
enum session_which {
	SESSION_ALL,
	SESSION_USED,		/* without the empty ones */
	SESSION_RANKED,		/* those that wait, then those that are open,
				   then the others, those in which nothing was
				   asked last */
};
/* Newest first; only those of project `root` unless it is NULL. */
int	session_list(const char *root, enum session_which,
	    struct session_info **out, size_t *n, struct err *);
void	session_list_free(struct session_info *, size_t n);
/* "LATEST TASK (first: FIRST TASK)", in one line; malloc'ed, "" if nothing was
 * asked. */
char	*session_words(const struct session_info *);
/* One session; false if it is unreadable. session_info_release frees it. */
bool	session_look(const char *id, struct session_info *);
void	session_info_release(struct session_info *);
/* The id that `given` stands for: an id, a unique prefix, or NULL for this
 * project's latest. malloc'ed, or NULL with *e listing what exists. */
char	*session_resolve(const char *given, const char *root, struct err *);
/* The session was killed while its folder was created: there is no line, and
 * `head` is incomplete or names none. */
bool	session_never_began(int dirfd);
#define SESSION_NEVER_BEGAN \
	"this session was killed before it recorded anything"
/* The first line of the journal in that folder; NULL with *e. The caller deletes
 * it. */
cJSON	*session_first_line(const char *folder, struct err *);
/* The protocol of front ends and cores (hello in man assent-journal),
 * independent of their versions; incremented when one could misunderstand the
 * other. */
#define SESSION_PROTOCOL 2
/*
 * A front end must present this to be heard: 64 hex digits in the file `secret`
 * (0600) next to the socket, new for each core, written before the socket
 * exists. A command that finds the socket can't read them.
 */
#define SESSION_SECRET_SIZE 65
/* The session's unix socket `sock` (0600, in a 0700 folder), reached through
 * the folder's descriptor because its path may be too long. A connected or
 * listening descriptor, or -1. session_listen removes a stale socket first; the
 * caller holds the session's lock. */
int	session_connect(const char *id, char secret[SESSION_SECRET_SIZE],
	    struct err *);
int	session_listen(const char *dir, char secret[SESSION_SECRET_SIZE],
	    struct err *);
/* Is the peer a process of this user that we didn't start, directly or
 * indirectly? Commands without a sandbox could otherwise decide for a person. */
bool	session_peer_is_user(int fd);

/*
 * Is another session of this project running, and which was
 * the last one? Looks at each stored session's lock, the newest first, a few at
 * a time: a front end does it while it has nothing else to do.
 */

/* The message for the id that was found. */
#define SESSION_RUNNING \
	"a session of this project is open: assent resume %s"

/* Sessions of project `root` that run with a screen, or have one to attach to;
 * not the session `own`. */
struct session_running *session_running_new(const char *root, const char *own);
/* Look at a few. False when one is found: *id, malloc'ed, is the newest, or if
 * none runs, the latest of this project in which something was asked; or NULL. */
bool	session_running_step(struct session_running *, char **id);
void	session_running_free(struct session_running *);

#endif
