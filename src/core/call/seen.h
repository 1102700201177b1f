/*
 * seen: which state of a file the model has seen, so that it does not replace a
 * newer one that it knows nothing of.  A read, and each change by a file tool,
 * counts as a look; what is kept is the real file's size and times from
 * before the call, or the hash of what the gate wrote before a resume.  What
 * replaces or removes a whole file is refused where they are others by now; an
 * edit need not be, since it finds its place in the file as it is.
 */
#ifndef ASSENT_CORE_CALL_SEEN_H
#define ASSENT_CORE_CALL_SEEN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct core_call;

/* One of the files that a call is about. */
struct call_seen {
	char	*path;		/* from the root; NULL: it is not below that */
	char	*id;		/* its state; NULL: it is no file */
};

/* A call begins that looks at its targets. */
void	seen_begin(struct core *, struct core_call *);
void	seen_release(struct core_call *);
/* These of its targets (paths as the model wrote them) it has not seen. */
void	seen_missed(struct core_call *, const cJSON *paths);
/* It went well: its result says what was seen. */
void	seen_done(const struct core_call *, cJSON *result);
/* Has somebody else changed the file since? `path` as the model wrote it. */
bool	seen_is_old(const struct core *, const char *path);
/* Any event: results and what was applied count. */
void	seen_event(struct core *, const cJSON *event);

#endif
