/*
 * recording: a session as a file that can be replayed without its model: the
 * files it began with, the model's answers, what the user decided, and the
 * events that must come again. The manual has the format (assent-journal(5),
 * Recordings).
 */
#ifndef ASSENT_RECORD_RECORDING_H
#define ASSENT_RECORD_RECORDING_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct ev_session_start;
struct event;
struct scrub;

#define RECORDING_VERSION 1
#define RECORDING_SESSION "/home/user/session"	/* its folder */
#define RECORDING_ROOT "/home/user/project"	/* what the root becomes */

/* The members of a start object that a replay uses: none that reaches outside
 * of it, such as a model's address, hosts, hooks, servers and folders. */
cJSON	*recording_start(const cJSON *start);
/* A limit on this that a replay doesn't reach: it costs nothing, and has all
 * the time. */
bool	recording_is_timed(const char *what);
/* The command with which a front end repeats what the user did in this line;
 * NULL: nothing. */
cJSON	*recording_command(const struct event *);

/* How far a session is, by its lines; zeroed at first. */
struct recording_at {
	int	 answers;	/* of the model */
	bool	 thinking;	/* the next one is on its way */
};
/* The part of a journal line that a replay compares, which is what the agent
 * did; NULL: none of it. */
cJSON	*recording_event(const struct event *, struct recording_at *);

/* NULL with *e; the caller deletes. */
cJSON	*recording_parse(const char *text, size_t n, struct err *);

/*
 * scrub: removes from text what identifies you: the project's folder, the home,
 * names of the user and the host; and tokens and private keys (policy/mask.h).
 * Each becomes a stand-in, so that a replay elsewhere, which is scrubbed as
 * well, gives the same text.
 */

/* Of this user on this host, for a session in `root` with this folder (may be
 * NULL); `names` (may be NULL) are more words for the user, such as git's. root
 * NULL: none. */
struct scrub *scrub_new(const char *root, const char *dir, const char *home,
	    const char *const *names, size_t n);
/* The same, with the names that the user has in git. */
struct scrub *scrub_session(const char *dir, const char *root);
void	scrub_free(struct scrub *);
void	scrub_text(const struct scrub *, const char *p, size_t n,
	    struct buf *out);
/* All strings in it, and the names of members below "args"; members with bytes
 * (NAME_b64) are deleted. */
void	scrub_json(const struct scrub *, cJSON *);

/*
 * The files of a session that began with this line (session_start). They are in
 * the recording if there are few, else it names git's commit. Files that hold
 * secrets, by the gate's table, are empty there. `before`: a list of the files it
 * wrote, with `path` and, unless they were new, the file `content` and a `mode`.
 * `scratch` is a folder of ours. NULL with *e.
 */
cJSON	*recording_tree_read(const struct ev_session_start *first,
	    const cJSON *before, const char *scratch, const struct scrub *,
	    struct err *e);
/* Make its files at `root` and its answers, as the provider `replay` reads them
 * (provider/replay.c), in `answers`, each held until it is its turn; neither
 * exists. `from`: a checkout with its commit. The recording with the names of
 * this place; the caller deletes. NULL with *e. */
cJSON	*recording_unpack(const cJSON *recording, const char *from,
	    const char *root, const char *answers, struct err *);

/* Appends what differs between two lists of events as a diff for people, but for
 * what differs from run to run: times, durations, temporary names and addresses;
 * false: nothing. */
bool	replay_diff(const cJSON *recorded, const cJSON *replayed,
	    struct buf *out);

#endif
