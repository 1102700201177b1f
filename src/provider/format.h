/* format: the rows of FORMAT_TABLE, one per file. */
#ifndef ASSENT_PROVIDER_FORMAT_H
#define ASSENT_PROVIDER_FORMAT_H

#include "provider/format-table.h"
#include "provider/provider.h"

#define FORMAT_EXTERN(format, name, then) \
	extern const struct provider_format format;
FORMAT_TABLE(FORMAT_EXTERN)

/* `headers` of formats that have no others. */
void	provider_bearer(struct buf *, const char *key, unsigned options);

/* Words in an error message, and the options (request_option) they may refer
 * to. */
struct refusal {
	const char	*words;
	unsigned	 options;
};
/* The options that the message names, by the first matching row; 0: none. A
 * match must start at a word boundary: "ttl" is not in "little". */
unsigned provider_refused_option(const struct refusal *rows, size_t n,
	    const char *message, unsigned options);

#endif
