#include "config.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"

static const struct dialect *
dialect_of(const char *base_url)
{
	const char *host = base_url == NULL ? NULL : strstr(base_url, "://");
	const char *name;
	size_t i, len, n, all;

	if (host == NULL)
		return dialect_find("generic");
	host += 3;
	all = strcspn(host, "/?#");
	n = strcspn(host, ":/?#");
	for (i = 0; i < dialect_table_len; i++) {
		for (name = dialect_table[i].hosts; name != NULL; name =
		    name[len] == '|' ? name + len + 1 : NULL) {
			len = strcspn(name, "|");
			if (dialect_host_is(host, memchr(name, ':', len) !=
			    NULL ? all : n, name, len))
	return dialect_find("generic");
}

