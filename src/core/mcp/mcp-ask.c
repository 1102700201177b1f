/*
 * What a server asks the user while a call of it runs (elicitation/create): a
 * form, field by field, or an address to open. The server is a stranger: its
 * text is a member of its own of each question (`command`), which front ends
 * set apart from ours, and what it may contain has a limit instead of being
 * cut. Nothing is opened, and nothing is sent but what the user typed.
 */

#include "config.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/mcp/mcp-int.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "rpc/rpc.h"

#define ASK_TEXT	((size_t)16 << 10)	/* of all that it sends */
#define ASK_URL		"^https?://[][A-Za-z0-9.:_-]+([/?#][!-~]*)?$"
#define ASK_WHOLE	9e15		/* larger ones aren't exact */

struct mcp_ask {
	mcp_ask_cb	*done;
	cJSON		*arg;
	cJSON		*params, *content;
	const cJSON	*field;		/* that is asked; NULL: the rest is yes
					   or no */
	char		*id;		/* of the open question */
};

/* ---- a field ---- */

static const struct field_format {
	const char	*name, *hint, *pattern;
} field_formats[] = {
	{ "date", "a date, such as 2026-11-27",
	    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
	{ "date-time", "a date and time, such as 2026-11-27T10:00:00Z",
	    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,}(Z|[+-][0-9:]{5})$" },
	{ "email", "an email address", "^[^@ ]+@[^@ ]+$" },
	{ "uri", "an address, such as https://host/",
	    "^[A-Za-z][A-Za-z0-9+.-]*:[^ ]+$" },
};

static const struct field_format *
field_format(const cJSON *field)
{
	return MEM_FIND(field_formats, json_str_or(field, "format", ""));
}

static bool
ask_matches(const char *pattern, const char *text)
{
	regex_t re;
	bool fits;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	fits = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return fits;
}

/* What can be chosen: texts, or objects with `const` and `title`. NULL: it is
 * typed. */
static const cJSON *
field_choices(const cJSON *field)
{
	static const char *const names[] = { "enum", "oneOf", "anyOf" };
	const cJSON *of = json_get(field, "items"), *list = NULL;
	size_t i;

	for (i = 0; list == NULL && i < MEM_COUNT(names); i++)
		list = json_array(of != NULL ? of : field, names[i]);
	return list;
}

static const char *
choice_value(const cJSON *choice)
{
	return cJSON_IsString(choice) ? choice->valuestring :
	    json_str_or(choice, "const", "");
}

/* What the n-th, from 0, is called: many servers say it in a list beside the
 * choices. "": it has no other name. */
static const char *
choice_title(const cJSON *field, const cJSON *choice, int n)
{
	const cJSON *of = json_get(field, "items");
	const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(json_array(
	    of != NULL ? of : field, "enumNames"), n));

	return json_str_or(choice, "title", name != NULL ? name : "");
}

/* The user's word for one, its number or its name; NULL: none of them. */
static const char *
choice_find(const cJSON *field, const char *text)
{
	const cJSON *choices = field_choices(field), *it;
	char *end;
	long n = strtol(text, &end, 10);
	int i = 0;

	if (*end == '\0' && n > 0 && n <= cJSON_GetArraySize(choices))
		return choice_value(cJSON_GetArrayItem(choices, (int)n - 1));
	cJSON_ArrayForEach(it, choices)
		if (strcmp(text, choice_value(it)) == 0 ||
		    strcmp(text, choice_title(field, it, i++)) == 0)
			return choice_value(it);
	return NULL;
}

/* What the user typed, as the server gets it; NULL: it is no such thing. */

/* "1,3" */
static cJSON *
value_array(const cJSON *field, const char *text)
{
	AUTO_FREE char *copy = xstrdup(text);
	cJSON *list = cJSON_CreateArray();
	const char *word, *value;
	char *at = copy;

	while ((word = strsep(&at, ", ")) != NULL) {
		if (word[0] == '\0')
			continue;
		value = choice_find(field, word);
		if (value == NULL) {
			cJSON_Delete(list);
			return NULL;
		}
		cJSON_AddItemToArray(list, cJSON_CreateString(value));
	}
	return list;
}

static cJSON *
value_boolean(const cJSON *field UNUSED, const char *text)
{
	static const char *const words[] = { "no", "n", "yes", "y" };
	size_t i;

	for (i = 0; i < MEM_COUNT(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return cJSON_CreateBool(i >= 2);
	return NULL;
}

static cJSON *
value_number(const cJSON *field, const char *text)
{
	cJSON *v = json_parse(text, strlen(text), JSON_NUL_REFUSE, NULL);
	double d = cJSON_IsNumber(v) ? v->valuedouble : ASK_WHOLE;

	if (d < ASK_WHOLE && d > -ASK_WHOLE && (!json_is(field, "type",
	    "integer") || d == (double)(int64_t)d))
		return v;
	cJSON_Delete(v);
	return NULL;
}

static cJSON *
value_string(const cJSON *field, const char *text)
{
	const struct field_format *f = field_format(field);

	if (field_choices(field) != NULL)
		text = choice_find(field, text);
	else if (f != NULL && !ask_matches(f->pattern, text))
		text = NULL;
	return text == NULL ? NULL : cJSON_CreateString(text);
}

static const struct field_kind {
	const char	*type, *hint, *least, *most, *unit;
	cJSON		*(*value)(const cJSON *field, const char *text);
} field_kinds[] = {
	{ "array", "the numbers of your choices, such as 1,2", "minItems",
	    "maxItems", " choices", value_array },
	{ "boolean", "yes or no", "", "", "", value_boolean },
	{ "integer", "a whole number", "minimum", "maximum", "", value_number },
	{ "number", "a number", "minimum", "maximum", "", value_number },
	{ "string", "text", "minLength", "maxLength", " characters",
	    value_string },
};

/* NULL: assent doesn't ask for it. */
static const struct field_kind *
field_kind(const cJSON *field)
{
	const cJSON *choices = json_array(field, "enum");
	const struct field_kind *k = MEM_FIND(field_kinds, json_str_or(field,
	    "type", choices != NULL && cJSON_IsString(choices->child) ?
	    "string" : ""));

	return k != NULL && k->value == value_array &&
	    field_choices(field) == NULL ? NULL : k;
}

/* What its limits are about. */
static double
field_size(const cJSON *v)
{
	const char *p;
	double n = 0;

	if (!cJSON_IsString(v))
		return cJSON_IsNumber(v) ? v->valuedouble :
		    cJSON_GetArraySize(v);
	for (p = v->valuestring; *p != '\0'; p++)
		n += (*p & 0xc0) != 0x80;
	return n;
}

static cJSON *
field_value(const cJSON *field, const char *text)
{
	const struct field_kind *k = field_kind(field);
	cJSON *v = k->value(field, text);
	double n = v == NULL ? 0 : field_size(v);

	if (n >= json_num(field, k->least, n) &&
	    n <= json_num(field, k->most, n))
		return v;
	cJSON_Delete(v);
	return NULL;
}

/* "a whole number, at least 1, at most 5, or nothing" */
static void
field_hint(const cJSON *field, bool needed, struct buf *b)
{
	const struct field_kind *k = field_kind(field);
	const struct field_format *f = field_format(field);
	const cJSON *least = json_get(field, k->least);
	const cJSON *most = json_get(field, k->most);

	buf_adds(b, f != NULL ? f->hint : k->value == value_string &&
	    field_choices(field) != NULL ? "the number of your choice" :
	    k->hint);
	if (cJSON_IsNumber(least))
		buf_addf(b, ", at least %.10g%s", least->valuedouble, k->unit);
	if (cJSON_IsNumber(most))
		buf_addf(b, ", at most %.10g%s", most->valuedouble, k->unit);
	if (!needed)
		buf_adds(b, ", or nothing");
}

/* The field's default, as the user would type it; malloc'ed, empty if it has
 * none. */
static char *
field_default(const cJSON *field)
{
	const cJSON *v = json_get(field, "default"), *it;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int n = 0;

	cJSON_ArrayForEach(it, field_choices(field))
		if (n++, json_is(field, "default", choice_value(it)) ||
		    json_has(v, choice_value(it)))
			buf_addf(&b, "%s%d", b.len > 0 ? "," : "", n);
	if (n > 0)
		return buf_take(&b);
	return cJSON_IsBool(v) ? xstrdup(cJSON_IsTrue(v) ? "yes" : "no") :
	    cJSON_IsNumber(v) ? json_print(v) :
	    xstrdup(json_str_or(field, "default", ""));
}

/* ---- the question ---- */

static const cJSON *
ask_schema(const struct mcp_ask *a)
{
	return json_get(a->params, "requestedSchema");
}

static const cJSON *
ask_fields(const struct mcp_ask *a)
{
	return json_get(ask_schema(a), "properties");
}

static bool
ask_is_url(const cJSON *params)
{
	return json_is(params, "mode", "url");
}

/* Why it isn't asked; NULL. */
static const char *
ask_refusal(const struct mcp_server *s, const cJSON *params)
{
	AUTO_FREE char *all = params == NULL ? xstrdup("") :
	    json_print(params);
	const cJSON *it;

	if (json_str_or(params, "message", "")[0] == '\0')
		return "there is no message";
	if (s->core->mcp_call != s || !s->asked)
		return "assent asks the user only while a call runs";
	if (s->core->fold->ask.id != NULL)
		return "the user is asked something else: assent asks one "
		    "question at a time";
	if (strlen(all) > ASK_TEXT)
		return "this question is longer than 16 kB";
	if (ask_is_url(params))
		return ask_matches(ASK_URL, json_str_or(params, "url", "")) ?
		    NULL : "the url must be http or https, in ASCII, and have "
		    "no user's name";
	cJSON_ArrayForEach(it, json_get(json_get(params, "requestedSchema"),
	    "properties"))
		if (it->string == NULL || field_kind(it) == NULL)
			return "assent asks for text, numbers, yes or no, and "
			    "choices: another type was asked for";
	return NULL;
}

static void
ask_free(struct mcp_ask *a)
{
	cJSON_Delete(a->arg);
	cJSON_Delete(a->params);
	cJSON_Delete(a->content);
	FREE_ALL(a->id, a);
}

/* The server's part: its message, with the field and its choices, the address,
 * or all of the answers. */
static void
ask_text(const struct mcp_ask *a, struct buf *b)
{
	const cJSON *f = a->field, *it;
	const char *about = json_str(f, "description"), *title;
	int n = 0;

	buf_adds(b, json_str_or(a->params, "message", ""));
	if (ask_is_url(a->params))
		buf_addf(b, "\n\n%s", json_str_or(a->params, "url", ""));
	if (f != NULL)
		buf_addf(b, "\n\n%s%s%s", json_str_or(f, "title", f->string),
		    about == NULL ? "" : ": ", about == NULL ? "" : about);
	cJSON_ArrayForEach(it, field_choices(f)) {
		title = choice_title(f, it, n++);
		buf_addf(b, "\n%d  %s%s%s", n, choice_value(it),
		    title[0] == '\0' ? "" : ": ", title);
	}
	n = 0;
	if (f == NULL)
		cJSON_ArrayForEach(it, a->content) {
			AUTO_FREE char *value = json_print(it);

			buf_addf(b, "%s%s: %s", n++ == 0 ? "\n\n" : "\n",
			    it->string, value);
		}
}

/* Ours. `wrong`: the last answer was. */
static void
ask_why(const struct mcp_server *s, bool wrong, struct buf *b)
{
	const struct mcp_ask *a = s->ask;
	const cJSON *fields = ask_fields(a), *it;
	AUTO_FREE char *origin = url_origin(json_str_or(a->params, "url", ""));
	int at = 1;

	if (a->field != NULL) {
		for (it = fields->child; it != a->field; it = it->next)
			at++;
		buf_addf(b, "%sMCP server %s asks, question %d of %d. The text "
		    "below is the server's, and your answer goes to it: never "
		    "give it a password or a key. The answer is ", wrong ?
		    "That wasn't an answer it can use. " : "", s->name, at,
		    cJSON_GetArraySize(fields));
		field_hint(a->field, json_has(json_get(ask_schema(a),
		    "required"), a->field->string), b);
	} else if (ask_is_url(a->params))
		buf_addf(b, "MCP server %s asks you to open an address at %s. "
		    "assent opens none: do it yourself, if you know it. The "
		    "text below is the server's, and yes tells it that you "
		    "agree", s->name, origin);
	else
		buf_addf(b, "MCP server %s gets this if you say yes. The text "
		    "below is the server's%s", s->name, a->content->child !=
		    NULL ? ", with your answers" : "");
}

/* Ask about a->field. `typed`: the last answer, which was none; or NULL. */
static void
ask_open(struct mcp_server *s, const char *typed)
{
	struct core *c = s->core;
	struct mcp_ask *a = s->ask;
	struct ev_ask_form form = { NULL, NULL };
	AUTO_FREE char *first = field_default(a->field);
	AUTO_FREE char *given = core_masked(c, typed != NULL ? typed : first);
	AUTO_BUF struct buf text = BUF_INIT(0), why = BUF_INIT(0);
	AUTO_FREE char *shown = NULL;

	ask_text(a, &text);
	shown = core_masked(c, buf_str(&text));
	ask_why(s, typed != NULL, &why);
	free(a->id);
	a->id = xasprintf("elicit-%lld", (long long)c->journal->chain.seq + 1);
	if (a->field != NULL)
		form = (struct ev_ask_form){ a->field->string, given };
	EMIT(c, "core", ask, .id = a->id, .command = shown,
	    .why = buf_str(&why), .server = s->name, .form = &form);
	status_ask(c);
}

static void
ask_close(struct mcp_server *s, const char *action)
{
	struct mcp_ask *a = s->ask;
	cJSON *o = action == NULL ? NULL : cJSON_CreateObject();

	s->ask = NULL;
	json_add_str(o, "action", action);
	if (o != NULL && strcmp(action, "accept") == 0 &&
	    !ask_is_url(a->params))
		json_copy(o, "content", a->content);
	status_tell(s->core, "tool", "running `%s`", s->tool->name);
	if (s->run.rpc != NULL) {
		/* It leaves us. */
		emit_sync(s->core);
		rpc_pause(s->run.rpc, s->call_id, false);
		a->done(s, a->arg, o, NULL);
	}
	ask_free(a);
}

void
mcp_ask(struct mcp_server *s, const cJSON *params, mcp_ask_cb *done,
    cJSON *arg_take)
{
	struct core *c = s->core;
	const char *why = ask_refusal(s, params);
	struct mcp_ask *a;

	if (why != NULL) {
		done(s, arg_take, NULL, why);
		cJSON_Delete(arg_take);
		return;
	}
	s->ask = a = xcalloc(1, sizeof(*a));
	a->done = done;
	a->arg = arg_take;
	a->params = cJSON_Duplicate(params, 1);
	a->content = cJSON_CreateObject();
	a->field = ask_is_url(params) || ask_fields(a) == NULL ? NULL :
	    ask_fields(a)->child;
	rpc_pause(s->run.rpc, s->call_id, true);
	if (c->person)
		ask_open(s, NULL);
	else {
		if (!s->declined)
			emit_note(c, "MCP server %s asked something, and nobody "
			    "is here to answer: declined", s->name);
		s->declined = true;
		ask_close(s, "decline");
	}
}

/* Take the user's words as the field's value; false: they are none. */
static bool
ask_take(struct mcp_ask *a, const char *text)
{
	const char *name = a->field->string;
	cJSON *v = NULL;

	if (text[0] == '\0' && !json_has(json_get(ask_schema(a), "required"),
	    name)) {
		a->field = a->field->next;
		return true;
	}
	if (text[0] != '\0')
		v = field_value(a->field, text);
	if (v == NULL)
		return false;
	json_set_take(a->content, name, v);
	a->field = a->field->next;
	return true;
}

bool
mcp_ask_answer(struct core *c, const cJSON *command, const char *client)
{
	struct mcp_server *s = c->mcp_call;
	struct mcp_ask *a = s == NULL ? NULL : s->ask;
	const char *text = json_str_or(command, "text", "");
	bool asked;

	if (a == NULL || !json_is(command, "id", a->id))
		return false;
	emit_answered(c, command, client);
	asked = a->field == NULL;
	if (!json_bool(command, "allow", false))
		ask_close(s, "decline");
	else if (!asked && !ask_take(a, text))
		ask_open(s, text);
	else if (a->field == NULL && (asked ||
	    cJSON_GetArraySize(ask_fields(a)) == 1))
		ask_close(s, "accept");
	else
		ask_open(s, NULL);
	return true;
}

void
mcp_ask_end(struct mcp_server *s)
{
	if (s->ask == NULL)
		return;
	emit_unanswered(s->core, s->ask->id);
	ask_close(s, NULL);
}

void
mcp_ask_cancelled(struct mcp_server *s, const cJSON *id)
{
	if (s->ask != NULL && cJSON_Compare(id, s->ask->arg, true))
		mcp_ask_end(s);
}

void
mcp_ask_free(struct mcp_server *s)
{
	if (s->ask != NULL)
		ask_free(s->ask);
	s->ask = NULL;
}
