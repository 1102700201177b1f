/*
 * keytext: finds private keys in text: PEM and OpenSSH, PGP, PuTTY, age, the
 * old SSH formats, minisign and signify, and JSON that contains one. Is a file
 * a key, and which lines of a text belong to one?
 */
#ifndef ASSENT_BASE_KEYTEXT_H
#define ASSENT_BASE_KEYTEXT_H

#include <stdbool.h>
#include <stddef.h>

#define KEYTEXT_FILE	((size_t)64 << 10)	/* a larger file isn't a key */
#define KEYTEXT_HEAD	((size_t)1024)		/* enough for most */
#define KEYTEXT_LINES	400			/* no key is longer */
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

#endif
