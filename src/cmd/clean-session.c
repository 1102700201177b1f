/*
 * The running core removes the build products.  Without one, start a core only
 * for this, because a session can't continue on a full disk.
 */
#include "config.h"

#include "cmd/clean-session.h"

#include "base/json.h"
#include "base/mem.h"
#include "front/client.h"
#include "cmd/session-client.h"
#include "journal/event.h"
#include "journal/session.h"

#define CLEAN_SESSION_WAITS	30

static int
clean_session_line(void *arg, const cJSON *line, struct err *e)
{
	cJSON **o = arg;

	if (event_type(line) == EVENT_REFUSED)
		return err_set(e, "%s", json_str_or(line, "text", "refused"));
	if (event_type(line) == EVENT_CLEANED)
		*o = cJSON_Duplicate(line, 1);
	return *o != NULL;
}

static cJSON *
clean_session_living(const struct session_client *r, struct err *e)
{
	struct client c = { 0 };
	cJSON *o = NULL;

	if (client_attach(&c, r->id, setup_hello(&r->setup), e) < 0)
		return NULL;
	client_send(&c, "clean");
	if (client_lines(&c, CLEAN_SESSION_WAITS, clean_session_line, &o,
	    e) == 0)
		err_set(e, "the session has just ended; try again");
	client_release(&c, false);
	return o;
}

/* It needs only the settings that tell build products apart. */
static cJSON *
clean_session_dead(const struct session_client *r, struct err *e)
{
	AUTO_JSON cJSON *start =
	    setup_start(&r->setup, "try", NULL, false, false);
	AUTO_JSON cJSON *some = cJSON_CreateObject();
	cJSON *o = NULL;
	AUTO_FREE char *dir = session_dir(r->id, e), *text = NULL;

	json_copy(some, "products", json_array(start, "products"));
	text = json_print(some);
	if (dir != NULL) {
		const char *args[] = { "clean", dir, text, NULL };

		o = client_ask_core(args, NULL, 1 << 16, e);
	}
	return o;
}

static void
clean_session_print(const char *id, const cJSON *o)
{
	AUTO_BUF struct buf size = BUF_INIT(0);

	buf_add_size(&size, (uint64_t)json_int(o, "bytes", 0));
	if (json_int(o, "files", 0) == 0)
		cmd_say("session %s has no build products",
		    id);
	else
		cmd_say("removed %s of build products from session %s: %s",
		    buf_str(&size), id, json_str_or(o, "names", ""));
}

int
clean_session_session(const struct cmd_args *a)
{
	AUTO(session_client_release) struct session_client r = { 0 };
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = NULL;
	int code;

	if (a->operands_len > 1)
		return cmd_fail(EXIT_USAGE,
		    "--clean accepts one session and no "
		    "command");
	if ((code = session_client_find(&r, a)) != 0 ||
	    (code = session_client_setup(&r, a, false)) != 0)
		return code;
	o = session_is_alive(r.id) ? clean_session_living(&r, &e) :
	    clean_session_dead(&r, &e);
	if (o != NULL)
		clean_session_print(r.id, o);
	else
		code = cmd_fail(EXIT_ERROR, "nothing removed from session "
		    "%s%s%s", r.id, err_is_set(&e) ? ": " : "", e.text);
	return code;
}
