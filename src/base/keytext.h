/*
 * keytext: private keys as text: PEM and OpenSSH, PGP, PuTTY, age, the old
 * forms of SSH, minisign and signify, and JSON with one in it.  Is a file one,
 * and which lines of any text belong to one?
 */
#ifndef ASSENT_BASE_KEYTEXT_H
#define ASSENT_BASE_KEYTEXT_H

#include <stdbool.h>
#include <stddef.h>

#define KEYTEXT_FILE	((size_t)64 << 10)	/* a larger file is none */
#define KEYTEXT_HEAD	((size_t)1024)		/* is enough for most */
#define KEYTEXT_LINES	400			/* the longest key has fewer */
#define KEYTEXT_MARK	"[masked by assent]"

enum keytext {
	KEYTEXT_NO,
	KEYTEXT_YES,
	KEYTEXT_MORE,	/* certificates or comments so far: look at all */
};

/* Does a text begin with a private key? Certificates, parameters, comments and
 * what openssl says of a key may stand before it. `p` is its beginning; `all`:
 * there is no more. */
enum keytext keytext_begins(const char *p, size_t n, bool all);

/* Goes through a text line by line; begin with zeroes. */
struct keytext_lines {
	int	 left;		/* more lines that may belong to a key */
	bool	 inside;	/* some of it has come */
	bool	 putty;
};
/* Does this line (without its end) hold a part of a private key that is a
 * secret? A line that only names one, as in a program, does not. */
bool	keytext_line(struct keytext_lines *, const char *p, size_t n);

#endif
