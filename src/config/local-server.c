/*
 * local-server: names and ports of model servers on this machine.  A server
 * with one of these names needs no entry under "providers".
 */
#include "config.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "config/config-int.h"

/* "NAME:PORT" */
static bool
local_read(const char *s, struct config_local *to)
{
	const char *colon = strrchr(s, ':');
	char *end;
	long port;

	if (colon == NULL || colon == s ||
	    (size_t)(colon - s) >= sizeof(to->name) ||
	    memchr(s, '/', (size_t)(colon - s)) != NULL)
		return false;
	port = strtol(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || port < 1 ||
	    port > 65535)
		return false;
	memcpy(to->name, s, (size_t)(colon - s));
	to->name[colon - s] = '\0';
	to->port = (int)port;
	return true;
}

size_t
config_local(const struct config *c, struct config_local v[CONFIG_LOCAL_MAX])
{
	const cJSON *it;
	size_t n = 0;

	cJSON_ArrayForEach(it, config_list(c, "local_ports"))
		if (n < CONFIG_LOCAL_MAX && cJSON_IsString(it) &&
		    local_read(it->valuestring, &v[n]))
			n++;
	return n;
}

int
config_local_check(const struct config *c, struct err *e)
{
	struct config_local one;
	const cJSON *it;

	cJSON_ArrayForEach(it, config_list(c, "local_ports"))
		if (!local_read(it->valuestring, &one))
			return err_set(e, "%s: local_ports: entries must look "
			    "like ollama:11434, not \"%.60s\"",
			    config_origin(c, "local_ports"), it->valuestring);
	return 0;
}

int
config_local_port(const struct config *c, const char *name,
    struct config_local *own)
{
	struct config_local v[CONFIG_LOCAL_MAX];
	size_t n = config_local(c, v), i;

	for (i = 0; i < n && strcmp(v[i].name, name) != 0; i++)
		;
	if (i == n)
		return 0;
	*own = v[i];
	return own->port;
}
