/*
 * scrub: takes out of text what says who and where you are: the project's
 * folder, the home, names of the user and the host; and tokens and private keys
 * (policy/mask.h). Each becomes a stand-in, so that a replay elsewhere, which is
 * scrubbed as well, gives the same text.
 */
#ifndef ASSENT_RECORD_SCRUB_H
#define ASSENT_RECORD_SCRUB_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct scrub;

/* Of this user on this host, for a session in `root`; `names` (may be NULL) are
 * more words for the user, such as git's. */
struct scrub *scrub_new(const char *root, const char *home,
	    const char *const *names, size_t n);
void	scrub_free(struct scrub *);
/* Replace `from` by `to`, before all else. */
void	scrub_add(struct scrub *, const char *from, const char *to);
/* No names, only what scrub_add adds. */
struct scrub *scrub_new_empty(void);
/* Appends. */
void	scrub_text(const struct scrub *, const char *p, size_t n, struct buf *);
/* All strings in it, and the names of members below "args"; members with bytes
 * (NAME_b64) are deleted. */
void	scrub_json(const struct scrub *, cJSON *);

#endif
