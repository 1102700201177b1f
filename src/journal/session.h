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
#include "base/mem.h"

struct buf;
struct event;
struct fold;
struct session_watch;

/* In the state directory: what the tools of MCP servers are
 * (core/mcp/mcp.c). */
#define SESSION_MCP_FILE "mcp.json"
/* What the user has seen of projects' files, by its hash (core/agent/slash.c). */
#define SESSION_SEEN_FILE "seen.json"

/* The sandbox of the last start, and what it depends on
 * (core/main/start-sandbox.c). */
#define SESSION_SANDBOX_FILE "sandbox.json"

/* The object in such a file, for the caller to delete: an empty one if there is
 * none. */
cJSON	*session_file_read(const char *state_dir, const char *name);
int	session_file_write(const char *state_dir, const char *name,
	    const cJSON *o, struct err *);

/* Folders of the state folder with an empty file for each session that writes to
 * its project, or has an act of git under way: what was killed meanwhile is found
 * there instead of in every journal. */
#define SESSION_APPLYING "applying"
#define SESSION_COMMITTING "committing"

/* Open the folder of these marks, or -1; `make` it if there is none. */
int	session_marks(const char *name, bool make);
void	session_mark(const char *name, const char *id, bool on);

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
/* state/sessions, malloc'ed; likewise. */
char	*session_root_dir(struct err *);
/* state/sessions/ID, malloc'ed. Rejects an id with a slash or a leading dot. */
char	*session_dir(const char *id, struct err *);
/* Draw an id, "20261120-083206-1a2b", and create the folder of a new session;
 * another id if two sessions of the same second have drawn the same. Both are
 * malloc'ed, or NULL. `hidden`: it is none until session_show_dir gives the folder
 * its name. -1 with *e. */
int	session_make_dir(char **id, char **dir, bool hidden, struct err *);
int	session_show_dir(const char *id, const char *dir, struct err *);

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
/* What a person is wanted for; of several, the first. Up to SESSION_LIMIT it is
 * open, and the rest is to be looked at. */
enum session_wait { SESSION_NOTHING, SESSION_QUESTION, SESSION_LIMIT,
	SESSION_PLAN, SESSION_HUNKS, SESSION_CHECK, SESSION_DONE,
	SESSION_STOPPED, SESSION_WAIT_KINDS };
#define SESSION_WORDS_MAX 200	/* bytes of task and latest */
#define SESSION_PATHS_MAX ((size_t)8 << 10)
#define STATE_TEXT	char *
#define STATE_FLAG	bool
#define STATE_INT	int
#define STATE_INT64	int64_t
struct session_state {
#define STATE(kind, name, list, words)	STATE_##kind name;
#include "journal/session-state.def"
};
/* Read the current state from the session's folder; all zero if it has no
 * journal. */
void	session_state_read(int dirfd, struct session_state *);
/* One more line; the caller adds its bytes to `at`. True if it says something
 * else now. */
bool	session_state_line(struct session_state *, const struct event *);
enum session_says session_state_says(const struct session_state *);
/* SESSION_NOTHING, or what is open. */
enum session_wait session_state_waits(const struct session_state *);
/* Best effort: without it the journal is read. */
void	session_state_write(int dirfd, const struct session_state *);
void	session_state_release(struct session_state *);

/* ---- session-disk.c ---- */
struct session_info;
int64_t	session_bytes(const char *id);
/* -1 if all sessions take so much (0: any), with those that take the most. */
int	session_check_disk(int64_t most, struct err *);
/* If the error is that the disk is full, add which sessions take the most, and
 * how to remove some. */
void	session_full_disk(struct err *);
/* Delete it with all that is in it; what it wrote to the project stays. A kill
 * leaves a whole session or none. -1 with *e, also if it runs, or went on since
 * this was read. */
int	session_remove(const struct session_info *, struct err *);
/* Delete what was left when a removal or a fork was killed. */
void	session_remove_rest(void);

/* ---- session-list.c ---- */
struct session_match {
	char	*text;		/* it, with some text around it, without line
				   breaks; NULL: none */
	int64_t	 seq;		/* of its line */
	bool	 by_model;	/* else you wrote it */
};
struct session_info {
	char	*id;
	struct session_state state;	/* its root is NULL if it is unreadable */
	bool	 alive;		/* a core holds its lock */
	bool	 empty;		/* over, and nothing was asked or run in it, or
				   typed to be asked */
	bool	 seen;		/* a key was pressed on its screen since then */
	enum session_says says;
	enum session_wait open;	/* up to SESSION_HUNKS, as in its state */
	char	*also;		/* a file that another one changes, too; and
				   its id (session_list_also); or NULL */
	char	*also_in;
	int	 also_files;	/* how many there are */
	char	*stopped;	/* while it wrote files: how many are written;
				   NULL: nobody has looked (half_applied_list) */
	struct session_match match;	/* of session_grep */
};
/* Add the members of its state that lists have; append "[2 in the background] ",
 * for the numbers that have words. */
void	session_state_json(cJSON *, const struct session_info *);
void	session_state_words(struct buf *, const struct session_info *);
/* What every list says of it: "waiting", "running". */
const char *session_word(const struct session_info *);
/* The last part of its project's path; "?" if it is unreadable. */
const char *session_project(const struct session_info *);
/* What it wants of a person, if that isn't SESSION_NOTHING. */
enum session_wait session_wants(const struct session_info *);
/* "plan" "hunks" "question" "limit" "check" "done" "stopped", or NULL. */
const char *session_wait_name(enum session_wait);
/* Append "5 hunks in 3 files, check passed". */
void	session_wait_words(const struct session_info *, struct buf *);
enum session_which {
	SESSION_ALL,
	SESSION_USED,		/* without the empty ones */
	SESSION_RANKED,		/* those that wait, then those that are open,
				   then the others, those in which nothing was
				   asked last */
};
/* The end of an id, which is enough to name it. */
const char *session_short(const char *id);
/* Append the files of the open proposal that it changes, too, if it waits in the
 * same project and is another session: text for fold_also. And that of all
 * sessions, read now. */
void	session_also_add(struct buf *, const struct session_info *,
	    const struct fold *);
void	session_also(struct fold *);
/* And for each of a list. */
void	session_list_also(struct session_info *, size_t n);
/* Newest first; only those of project `root` unless it is NULL. */
int	session_list(const char *root, enum session_which,
	    struct session_info **out, size_t *n, struct err *);
void	session_list_free(struct session_info *, size_t n);
/* Append how you have reviewed in your last sessions, of all projects, as far as
 * they are still there: "your reviews, last 20 sessions: 212 hunks, 6.1 s a hunk,
 * 93% accepted, 4 unread, 11 comments"; nothing if you haven't. */
#define SESSION_REVIEWS	20
void	session_add_reviews(struct buf *);
/* "LATEST TASK (first: FIRST TASK)", in one line; malloc'ed, "" if nothing was
 * asked. And the same after its name, if it has one. */
char	*session_task(const struct session_info *);
char	*session_words(const struct session_info *);
/* One session, by its name in that descriptor's folder; false: there is none.
 * session_info_release frees it. */
bool	session_read(int dirfd, const char *id, struct session_info *);
/* The same of any session; false if it is unreadable. */
bool	session_look(const char *id, struct session_info *);
void	session_info_release(struct session_info *);
bool	session_exists(const char *id);
/* The id that `given` stands for: an id, a unique prefix or end, or NULL for the one
 * of this project that was used last. malloc'ed, or NULL with *e listing what exists. */
char	*session_resolve(const char *given, const char *root, struct err *);
/* The session was killed while its folder was created: there is no line, and
 * `head` is incomplete or names none. */
bool	session_never_began(int dirfd);
#define SESSION_NEVER_BEGAN \
	"this session was killed before it recorded anything"
/* The first line of the journal in that folder; NULL with *e. The caller deletes
 * it. */
cJSON	*session_first_line(const char *folder, struct err *);

/*
 * session-grep.c: what you and the model said, by an extended regular expression,
 * in any case if it has no capital letter; "." and "[^a]" match no line break.
 * NULL with *e if it is none.
 */
struct session_grep;
struct session_grep *session_grep_new(const char *pattern, struct err *);
void	session_grep_free(struct session_grep *);
AUTO_AT(session_grep_free, struct session_grep)
/* The session's first match; false: it has none. */
bool	session_grep(const struct session_grep *, struct session_info *);

/* The protocol of front ends and cores (hello in man assent-journal),
 * independent of their versions; incremented when one could misunderstand the
 * other. */
#define SESSION_PROTOCOL 4
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
 * session-watch.c: all sessions, and what becomes of them: each is read once, and
 * again when its core writes its state, a key marks it as seen, or its core is
 * gone. No core is asked, and none is started.
 */
struct session_watch *session_watch_new(void);
/* A descriptor that is readable when there may be something to read. */
int	session_watch_fd(const struct session_watch *);
/* Read what has changed, at most a few; false: there is nothing more to read. */
bool	session_watch_step(struct session_watch *);
/* Incremented when a session has changed. */
unsigned session_watch_changes(const struct session_watch *);
/* The sessions that need a person (session_wants), longest waiting first. *n of
 * them; the caller frees the array. */
const struct session_info **session_watch_waiting(const struct session_watch *,
	    size_t *n);
/* One of project `root`, not `own`, to go to: the newest that runs with a screen,
 * or has one to attach to; else the latest in which something was asked, or
 * NULL. */
const struct session_info *session_watch_of(const struct session_watch *,
	    const char *root, const char *own);
void	session_watch_free(struct session_watch *);

/* The message for one that is found and runs. */
#define SESSION_RUNNING \
	"a session of this project is open: assent resume %s"

#endif
