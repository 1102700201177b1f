/*
 * secret: a text that must leave no trace, such as a key. It is in pages of its
 * own that are excluded from core dumps, locked in memory (as far as
 * RLIMIT_MEMLOCK allows), empty in a forked child, and wiped before they are
 * freed.
 *
 * Sources: mlock(2), madvise(2).
 */
#ifndef ASSENT_BASE_SECRET_H
#define ASSENT_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct glob_list;

/* Private keys in text: PEM and OpenSSH, PGP, PuTTY, age, the old SSH formats,
 * minisign and signify, and JSON that contains one. */
#define KEYTEXT_FILE	((size_t)64 << 10)	/* a larger file isn't a key */
#define KEYTEXT_HEAD	((size_t)1024)		/* enough for most */
#define KEYTEXT_MARK	"[masked by assent]"

enum keytext {
	KEYTEXT_NO,
	KEYTEXT_YES,
	KEYTEXT_MORE,	/* only certificates or comments so far: read on */
};

/* Does a text begin with a private key? Certificates, parameters, comments and
 * openssl's description of a key may come before it. `p` is its beginning;
 * `all`: there is no more. */
enum keytext keytext_begins(const char *p, size_t n, bool all);

/* State for reading a text line by line; start with zeroes. */
struct keytext_lines {
	int	 left;		/* how many more lines may belong to a key */
	bool	 inside;	/* part of the key has been seen */
	bool	 putty;
};
/* Does this line (without its newline) contain a secret part of a private key?
 * A line that only mentions a key, as in a program, doesn't. */
bool	keytext_line(struct keytext_lines *, const char *p, size_t n);

/* Does a file hold secrets, by its name? The globs or `more` (may be NULL) cover it; or it is data whose name has a
 * whole word such as "secrets" or "token"; or it is a backup of such a file. The
 * path is relative. */
bool	secret_name(struct glob_list *, struct glob_list *more,
	    const char *path);

/* A NUL-terminated copy; free it with secret_free, never with free. */
char	*secret_new(const char *text, size_t n);
char	*secret_dup(const char *text);	/* NULL for NULL */
void	secret_free(char *);		/* NULL is fine */
/* Is the value of this header or variable a secret? It is if the name says so
 * (key, token, pass), if it contains an @, or if it mixes letters and digits
 * without a space or slash. Ordinary words and paths aren't masked, because
 * they also occur in the project's files. */
bool	secret_is_value(const char *name, const char *value);

/* Open the user's file with a secret. -1 with *e, and the remedy, if others can
 * read it, or if it isn't a regular file of the user's. */
int	secret_open(const char *path, struct err *);
/* The same, locked until it is closed. If somebody else has it locked: waits, or
 * -1 with EWOULDBLOCK in *e. */
int	secret_lock(const char *path, bool waits, struct err *);
/* The JSON in it, to be freed after json_wipe; NULL: none. fd may be -1. */
cJSON	*secret_read(int fd);
/* Write such a file, and make its folder. */
int	secret_save(const char *path, const char *text, struct err *);

#endif
