/*
 * scrub: removes from text what identifies you: the project's folder, the home,
 * names of the user and the host; and tokens and private keys (policy/mask.h).
 * Each becomes a stand-in.
 */
#ifndef ASSENT_RECORD_SCRUB_H
#define ASSENT_RECORD_SCRUB_H

#include <stddef.h>

struct buf;
struct scrub;

/* Scrubs what identifies this user on this host, the session in `dir` and the
 * project in `root`, and also the user's names in git. */
struct scrub *scrub_session(const char *dir, const char *root);
void	scrub_free(struct scrub *);		/* NULL is fine */
void	scrub_text(const struct scrub *, const char *p, size_t n,
	    struct buf *out);

#endif
