/*
 * Where a server's copy has a path of its own (levels C and D), the model and
 * the user never see that path: what the server says gets the project's, and
 * what it is asked gets the copy's. Text that merely mentions a path is left as
 * it is: it may be what a file shall contain.
 */
#include "config.h"

#include "core/mcp/mcp-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"

#define PATH_SCHEME	"file://"

/* Is the whole text this folder, something in it, or its address? */
static const char *
path_below(const char *text, const char *dir)
{
	size_t n = strlen(dir);

	if (strncmp(text, PATH_SCHEME, strlen(PATH_SCHEME)) == 0)
		text += strlen(PATH_SCHEME);
	return strncmp(text, dir, n) == 0 && (text[n] == '\0' ||
	    text[n] == '/') && strchr(text, '\n') == NULL ? text : NULL;
}

void
mcp_path_in(const struct mcp_server *s, cJSON *o)
{
	const char *root = s->core->root, *at;
	AUTO_FREE char *text = NULL;
	cJSON *it;

	if (s->copy == NULL)
		return;
	cJSON_ArrayForEach(it, o)
		mcp_path_in(s, it);
	if (!cJSON_IsString(o) || (at = path_below(o->valuestring, root)) ==
	    NULL)
		return;
	text = xasprintf("%.*s%s%s", (int)(at - o->valuestring),
	    o->valuestring, s->copy, at + strlen(root));
	cJSON_SetValuestring(o, text);
}

char *
mcp_path_text(const struct mcp_server *s, const char *text)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *at;

	while (s->copy != NULL && (at = strstr(text, s->copy)) != NULL) {
		buf_add(&b, text, (size_t)(at - text));
		buf_adds(&b, s->core->root);
		text = at + strlen(s->copy);
	}
	buf_adds(&b, text);
	return buf_take(&b);
}

void
mcp_path_out(const struct mcp_server *s, cJSON *o)
{
	AUTO_FREE char *text = NULL;
	cJSON *it;

	if (s->copy == NULL)
		return;
	cJSON_ArrayForEach(it, o)
		mcp_path_out(s, it);
	if (!cJSON_IsString(o) || strstr(o->valuestring, s->copy) == NULL)
		return;
	text = mcp_path_text(s, o->valuestring);
	cJSON_SetValuestring(o, text);
}

char *
mcp_path_root(const struct mcp_server *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p;

	buf_adds(&b, PATH_SCHEME);
	for (p = s->copy != NULL ? s->copy : s->core->root; *p != '\0'; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || strchr("/-_.~", *p) != NULL)
			buf_addc(&b, *p);
		else
			buf_addf(&b, "%%%02X", (unsigned char)*p);
	return buf_take(&b);
}
