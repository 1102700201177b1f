/*
 * A prompt on its way to the core. If the client can be asked for the text of a
 * file that the prompt links to, it is: what wasn't saved goes along, and the
 * core says that it is that, or leaves it out.
 */
#include "config.h"

#include "cmd/acp-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"

#define ACP_READ_MS	5000	/* an editor has it at hand */
#define ACP_READ_MAX	((size_t)1 << 20)

struct acp_read {
	struct acp_session *session;	/* NULL: nobody waits */
	char		*path;
};

static void acp_send_next(struct acp_session *);

static void
acp_send_got(void *arg, const cJSON *result, const struct rpc_failure *failure)
{
	struct acp_read *r = arg;
	struct acp_session *s = r->session;
	const char *text = json_str(result, "content");
	cJSON *o;

	(void)failure;
	if (s != NULL && text != NULL && strlen(text) <= ACP_READ_MAX) {
		o = cJSON_CreateObject();
		json_add_str(o, "path", r->path);
		json_add_str(o, "text", text);
		cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(s->say,
		    "unsaved"), o);
	}
	free(r->path);
	free(r);
	if (s != NULL) {
		s->read = NULL;
		acp_send_next(s);
	}
}

static void
acp_send_ask(struct acp_session *s, const char *path)
{
	AUTO_FREE char *full = fs_join(s->fold->root, path);
	cJSON *o = cJSON_CreateObject();

	s->read = xcalloc(1, sizeof(*s->read));
	s->read->session = s;
	s->read->path = xstrdup(path);
	json_add_str(o, "sessionId", s->id);
	json_add_str(o, "path", full);
	if (rpc_ask_take(s->acp->rpc, "fs/read_text_file", o, ACP_READ_MS,
	    acp_send_got, s->read) == 0)
		acp_send_got(s->read, NULL, NULL);
}

static void
acp_send_next(struct acp_session *s)
{
	cJSON *link = s->links == NULL ? NULL :
	    cJSON_DetachItemFromArray(s->links, 0), *say;

	if (link != NULL && s->acp->reads)
		acp_send_ask(s, link->valuestring);
	else {
		say = s->say;
		s->say = NULL;
		json_drop(&s->links);
		acp_session_send_take(s, say);
	}
	cJSON_Delete(link);
}

void
acp_send(struct acp_session *s, const char *text, struct acp_prompt *p)
{
	s->say = command_say(text, strlen(text), false);
	if (p->images->child != NULL)
		json_copy(s->say, "images", p->images);
	(void)cJSON_AddArrayToObject(s->say, "unsaved");
	s->links = p->links;
	p->links = NULL;
	acp_send_next(s);
}

bool
acp_send_forget(struct acp_session *s)
{
	bool any = s->say != NULL;

	if (s->read != NULL)
		s->read->session = NULL;
	s->read = NULL;
	json_drop(&s->say);
	json_drop(&s->links);
	return any;
}
