#include "config.h"

#include "provider/reply.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/json.h"
#include "base/mem.h"

struct reply *
reply_new(void)
{
	struct reply *r = xcalloc(1, sizeof(*r));

	r->text = xstrdup("");
	r->thinking = xstrdup("");
	r->refusal = xstrdup("");
	r->usage = USAGE_UNKNOWN;
	r->error.wait_ms = -1;
	return r;
}

struct reply *
reply_new_error(const struct provider_error *e)
{
	struct reply *r = reply_new();

	r->stop = REPLY_ERROR;
	r->error = *e;
	return r;
}

void
reply_free(struct reply *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->calls_len; i++) {
		free(r->calls[i].id);
		free(r->calls[i].name);
		free(r->calls[i].arguments);
		free(r->calls[i].args_error);
		cJSON_Delete(r->calls[i].args);
	}
	free(r->calls);
	free(r->text);
	free(r->thinking);
	free(r->refusal);
	free(r->stop_raw);
	cJSON_Delete(r->raw);
	free(r);
}

char *
reply_make_id(void)
{
	static const char set[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	unsigned char raw[9];
	char id[10];
	size_t i;

	/* Not security-relevant: zeros would only be a poor name. */
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		memset(raw, 0, sizeof(raw));
	for (i = 0; i < sizeof(raw); i++)
		id[i] = set[raw[i] % (sizeof(set) - 1)];
	id[sizeof(raw)] = '\0';
	return xstrdup(id);
}

/* The object, or NULL with the reason (malloc'ed) in *why. */
static cJSON *
reply_parse_args(const char *args, char **why)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(args, strlen(args), JSON_NUL_REFUSE, &e);

	if (o != NULL && !cJSON_IsObject(o)) {
		err_set(&e, "the arguments aren't a JSON object");
		json_drop(&o);
	}
	if (o == NULL && why != NULL)
		*why = xstrdup(e.text);
	return o;
}

void
reply_add_call(struct reply *r, const char *id, const char *name,
    const char *args, bool whole)
{
	struct reply_call *c;

	GROW(r->calls, r->calls_len);
	c = &r->calls[r->calls_len++];
	memset(c, 0, sizeof(*c));
	c->id = xstrdup(id);
	c->name = xstrdup(name);
	if (args[0] == '\0' && !whole) {
		/* No arguments arrived: not the same as empty ones. */
		c->arguments = xstrdup("{}");
		c->args_error = xstrdup("the call was cut off");
		return;
	}
	c->arguments = xstrdup(args[0] == '\0' ? "{}" : args);
	c->args = reply_parse_args(c->arguments, &c->args_error);
	c->complete = whole || c->args != NULL;
}

void
reply_call_custom(struct reply *r, bool whole)
{
	struct reply_call *c = &r->calls[r->calls_len - 1];

	c->custom = true;
	c->complete = whole;
	if (whole)
		return;
	/* A plain text doesn't show that its end is missing. */
	json_drop(&c->args);
	xstrset(&c->args_error, "the call was cut off");
}

void
reply_part_ids(struct reply *r)
{
	size_t i, j;

	for (i = 1; i < r->calls_len; i++) {
		for (j = 0; j < i; j++)
			if (strcmp(r->calls[i].id, r->calls[j].id) == 0)
				break;
		if (j == i)
			continue;
		FREE_SET(r->calls[i].id, reply_make_id());
		json_drop(&r->raw);
	}
}

void
reply_break_calls(struct reply *r)
{
	size_t i;

	for (i = 0; i < r->calls_len; i++) {
		struct reply_call *c = &r->calls[i];

		c->complete = false;
		json_drop(&c->args);
		if (c->args_error == NULL)
			c->args_error = xstrdup("the answer broke off");
	}
}

char *
reply_echo_args(const char *args)
{
	AUTO_JSON cJSON *o = args == NULL ? NULL : reply_parse_args(args, NULL);

	return xstrdup(o == NULL ? "{}" : args);
}

const char *
reply_echo_name(const char *name)
{
	return name == NULL || name[0] == '\0' ? "unknown" : name;
}
