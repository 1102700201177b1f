/* A prompt's blocks as one message. What a block embeds is data, fenced like
 * the inputs of exec; a link into the project is what @ names in a message. */
#include "config.h"

#include "cmd/acp-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/fence.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"

#define ACP_PROMPT_MAX	((size_t)4 << 20)
#define ACP_LINKS_MAX	16	/* files that the client is asked for */

static int
acp_prompt_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The path of a file: URI, malloc'ed; NULL: it is none. */
static char *
acp_prompt_path(const char *uri)
{
	static const char scheme[] = "file://";
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p;
	int high, low;

	if (strncmp(uri, scheme, strlen(scheme)) != 0 ||
	    uri[strlen(scheme)] != '/')
		return NULL;
	for (p = uri + strlen(scheme); *p != '\0' && *p != '#' && *p != '?';
	    p++) {
		if (*p != '%') {
			buf_addc(&b, *p);
			continue;
		}
		high = acp_prompt_hex(p[1]);
		low = high < 0 ? -1 : acp_prompt_hex(p[2]);
		if (low < 0 || high * 16 + low == 0)
			return NULL;
		buf_addc(&b, (char)(high * 16 + low));
		p += 2;
	}
	return buf_take(&b);
}

/* It as a path in the project, malloc'ed; NULL: it is elsewhere. */
static char *
acp_prompt_inside(const char *uri, const char *root)
{
	AUTO_FREE char *path = acp_prompt_path(uri);

	return path == NULL || root == NULL ? NULL :
	    fs_inside(root, root, path);
}

/* How a message names it: "@src/a.c" in the project, else the URI. */
static void
acp_prompt_name(struct buf *b, const char *uri, const char *root)
{
	AUTO_FREE char *inside = acp_prompt_inside(uri, root);

	if (inside != NULL && utf8_is_line(inside) &&
	    strchr(inside, ' ') == NULL)
		buf_addf(b, "@%s", inside);
	else
		sanitize_add(b, uri, strlen(uri), 0);
}

static int
acp_prompt_resource(struct buf *b, const cJSON *r, const char *root,
    struct err *e)
{
	const char *text = json_str(r, "text"), *uri = json_str(r, "uri");
	AUTO_BUF struct buf about = BUF_INIT(0);

	if (uri == NULL || text == NULL)
		return err_set(e, "prompt: an embedded resource needs uri and "
		    "text; others aren't supported");
	buf_adds(&about, "The editor's text of ");
	acp_prompt_name(&about, uri, root);
	fence_add(b, buf_str(&about), text, strlen(text), FENCE_LEAST);
	return 0;
}

/* "shot.png" of its URI, or a number. */
static char *
acp_prompt_image_name(const cJSON *block, int n)
{
	AUTO_FREE char *path = acp_prompt_path(json_str_or(block, "uri", ""));
	const char *name = path == NULL ? NULL : strrchr(path, '/') + 1;

	return name == NULL || name[0] == '\0' || !utf8_is_line(name) ?
	    xasprintf("image %d (editor)", n) : xasprintf("%s (editor)", name);
}

static int
acp_prompt_image(struct acp_prompt *p, const cJSON *block, struct err *e)
{
	const char *data = json_str(block, "data");
	AUTO_FREE char *name = acp_prompt_image_name(block,
	    cJSON_GetArraySize(p->images) + 1);
	cJSON *o;

	if (data == NULL || data[0] == '\0')
		return err_set(e, "prompt: an image needs data");
	o = cJSON_CreateObject();
	json_add_str(o, "name", name);
	json_add_str(o, "data_b64", data);
	cJSON_AddItemToArray(p->images, o);
	buf_adds(&p->text, "[image ");
	sanitize_add(&p->text, name, strlen(name), 0);
	buf_adds(&p->text, "]");
	return 0;
}

static void
acp_prompt_link(struct acp_prompt *p, const char *uri, const char *root)
{
	AUTO_FREE char *path = acp_prompt_inside(uri, root);

	acp_prompt_name(&p->text, uri, root);
	if (path != NULL && cJSON_GetArraySize(p->links) < ACP_LINKS_MAX)
		cJSON_AddItemToArray(p->links, cJSON_CreateString(path));
}

static int
acp_prompt_block(struct acp_prompt *p, const cJSON *it, const char *root,
    struct err *e)
{
	const char *type = json_str_or(it, "type", "");
	const char *text = json_str(it, "text"), *uri = json_str(it, "uri");

	if (strcmp(type, "text") == 0 && text != NULL)
		buf_adds(&p->text, text);
	else if (strcmp(type, "resource_link") == 0 && uri != NULL)
		acp_prompt_link(p, uri, root);
	else if (strcmp(type, "resource") == 0)
		return acp_prompt_resource(&p->text, json_get(it, "resource"),
		    root, e);
	else if (strcmp(type, "image") == 0)
		return acp_prompt_image(p, it, e);
	else if (strcmp(type, "audio") == 0)
		return err_set(e, "prompt: audio isn't supported");
	else
		return err_set(e, "prompt: unknown or incomplete block");
	return 0;
}

int
acp_prompt_read(const cJSON *blocks, const char *root, struct acp_prompt *p,
    struct err *e)
{
	const cJSON *it;

	memset(p, 0, sizeof(*p));
	buf_init(&p->text, 0);
	p->images = cJSON_CreateArray();
	p->links = cJSON_CreateArray();
	if (blocks == NULL)
		return err_set(e, "prompt: not a list");
	cJSON_ArrayForEach(it, blocks) {
		if (acp_prompt_block(p, it, root, e) < 0)
			return -1;
		if (p->text.len > ACP_PROMPT_MAX)
			return err_set(e, "prompt: larger than %zu MB",
			    ACP_PROMPT_MAX >> 20);
	}
	return p->text.len == 0 ? err_set(e, "prompt: empty") : 0;
}

void
acp_prompt_release(struct acp_prompt *p)
{
	buf_release(&p->text);
	cJSON_Delete(p->images);
	cJSON_Delete(p->links);
}
