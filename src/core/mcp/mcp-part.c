/* What a server hands over, a call's result or a resource: text, images, and
 * what can only be named. */
#include "config.h"

#include "core/mcp/mcp-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/capture.h"
#include "core/attach.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/event.h"

static void
part_say(struct core *c, const char *text)
{
	capture_add(&c->capture, text, strlen(text));
}

/* "[image/png, 12 kB]". */
static void
part_bytes(struct mcp_server *s, const char *type, const char *data)
{
	struct core *c = s->core;
	AUTO_BUF struct buf b = BUF_INIT(0), words = BUF_INIT(0);
	AUTO_FREE char *name = NULL;
	struct err e = ERR_INIT;
	bool image;

	if (s->images == NULL)
		s->images = cJSON_CreateArray();
	name = xasprintf("%s-%d.%s", s->name,
	    cJSON_GetArraySize(s->images) + 1, strcmp(type, "image/jpeg") == 0 ?
	    "jpg" : "png");
	image = b64_decode(&b, data, strlen(data)) == 0 &&
	    strncmp(type, "image/", 6) == 0 &&
	    attach_bytes(c, name, &b, s->images, &e) == 0;
	buf_addf(&words, "[%.60s, ", type);
	buf_add_size(&words, b.len);
	buf_adds(&words, image ? "]" : ", which isn't shown]");
	part_say(c, buf_str(&words));
}

void
mcp_part_add(struct mcp_server *s, const cJSON *part)
{
	struct core *c = s->core;
	const cJSON *in = json_get(part, "resource");
	const cJSON *o = cJSON_IsObject(in) ? in : part;
	const char *text = json_str(o, "text"), *uri = json_str(o, "uri");
	const char *data = json_str(o, in != NULL || uri != NULL ? "blob" :
	    "data");

	if (c->capture.len > 0)
		part_say(c, "\n");
	if (uri != NULL) {
		AUTO_FREE char *about = xasprintf("[%.300s]\n", uri);

		part_say(c, about);
	}
	if (text != NULL)
		part_say(c, text);
	else if (data != NULL)
		part_bytes(s, json_str_or(o, "mimeType", "bytes"), data);
	else if (uri == NULL) {
		AUTO_FREE char *about = xasprintf("[%.40s, which isn't shown]",
		    json_str_or(part, "type", "a part without a type"));

		part_say(c, about);
	}
}

/* The images of the last parts: they need a message, since not all services take
 * them in a result. */
void
mcp_part_images(struct mcp_server *s, const char *of)
{
	cJSON *images = s->images, *o;
	AUTO_FREE char *text = xasprintf("[assent] The images of %s:", of);

	s->images = NULL;
	if (images == NULL || images->child == NULL) {
		cJSON_Delete(images);
		return;
	}
	o = cJSON_CreateObject();
	json_add_str(o, "text", text);
	json_set_take(o, "images", images);
	emit_event(s->core, EVENT_USER_MESSAGE, "core", o);
}
