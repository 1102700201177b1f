/*
 * The table of tools: name, description and arguments for the model. It links
 * no tool's code, so that the core can use it. Descriptions are part of the
 * prompt: a change here changes what models do.
 */

#include "config.h"

#include "tool/tool.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "tool/v4a.h"

/* Longest piece of the model's own text repeated in a message. */
#define ARGS_QUOTE 60

/*
 * Rules that hold for all our schemas, so that no request has to send them: no
 * other members, no empty string but in these members, and no number below 1
 * unless "minimum" says so.
 */
static const char *const args_may_be_empty[] = { "content", "new_string",
	"old_string", "reason" };

/* Arguments that models add to give a reason, or that change nothing here;
 * ignored. */
static const char *const args_may_be_added[] = { "-n", "comment", "description",
	"explanation", "intent", "justification", "limit", "prompt", "purpose",
	"rationale", "reason", "reasoning", "security_risk", "thinking",
	"thought" };

struct args_check {
	const char	*tool;
	struct err	*e;
};

static int	args_check_value(struct args_check *, const char *where,
		    const cJSON *schema, const cJSON *v);

static cJSON_bool
args_is_integer(const cJSON *v)
{
	return cJSON_IsNumber(v) && v->valuedouble >= -1e15 &&
	    v->valuedouble <= 1e15 &&
	    (double)(int64_t)v->valuedouble == v->valuedouble;
}

/* The types of schemas, and how the model is told. */
static const struct args_type {
	const char	*name;
	cJSON_bool	(*is)(const cJSON *);
	const char	*words;
} args_types[] = {
	{ "array", cJSON_IsArray, "an array" },
	{ "boolean", cJSON_IsBool, "true or false, without quotes" },
	{ "integer", args_is_integer, "a whole number, without quotes" },
	{ "number", cJSON_IsNumber, "a number, without quotes" },
	{ "object", cJSON_IsObject, "an object" },
	{ "string", cJSON_IsString, "a string" },
};

static bool
args_is_type(const char *type, const cJSON *v)
{
	const struct args_type *t = MEM_FIND(args_types, type);

	return t != NULL && t->is(v);
}

/* The value as JSON, short enough for a message. */
static char *
args_quote(const cJSON *v)
{
	AUTO_FREE char *s = NULL;
	size_t n;

	if (cJSON_IsArray(v))
		return xstrdup("an array");
	if (cJSON_IsObject(v))
		return xstrdup("an object");
	s = json_print(v);
	n = utf8_cut(s, strlen(s), ARGS_QUOTE);
	return xasprintf("%.*s%s", (int)n, s, s[n] == '\0' ? "" :
	    "\xe2\x80\xa6");
}

/* "path, from (optional)" */
static char *
args_list(const cJSON *schema)
{
	const cJSON *required = json_array(schema, "required"), *p;
	struct buf b = BUF_INIT(0);

	cJSON_ArrayForEach(p, json_get(schema, "properties"))
		buf_addf(&b, "%s%s%s", b.len == 0 ? "" : ", ", p->string,
		    json_has(required, p->string) ? "" : " (optional)");
	return buf_take(&b);
}

static bool
args_is_unknown(const cJSON *props, const char *name)
{
	return json_get(props, name) == NULL &&
	    MEM_FIND(args_may_be_added, name) == NULL;
}

/* What an unknown name may mean, or NULL. Any tool may get a description. */
static const char *
args_near(const cJSON *props, const char *name)
{
	struct near near = NEAR_INIT(name);
	const cJSON *p;

	cJSON_ArrayForEach(p, props)
		near_try(&near, p->string);
	near_try(&near, "description");
	return near.known;
}

/* All that the schema doesn't have, at once. */
static int
args_check_names(struct args_check *c, const char *where, const cJSON *schema,
    const cJSON *o)
{
	const cJSON *props = json_get(schema, "properties"), *m;
	AUTO_BUF struct buf unknown = BUF_INIT(0);
	AUTO_FREE char *list = args_list(schema);

	if (json_bool(schema, "additionalProperties", false))
		return 0;
	cJSON_ArrayForEach(m, o) {
		const char *near = args_near(props, m->string);

		if (!args_is_unknown(props, m->string))
			continue;
		buf_addf(&unknown, "%s\"%s%s%.*s\"%s%s%s",
		    unknown.len == 0 ? "" : ", ", where, *where == '\0' ?
		    "" : ".", (int)utf8_cut(m->string, strlen(m->string),
		    ARGS_QUOTE), m->string,
		    near == NULL ? "" : " (did you mean \"",
		    near == NULL ? "" : near, near == NULL ? "" : "\"?)");
	}
	return unknown.len == 0 ? 0 : err_set(c->e, "%s: unknown argument %s. "
	    "It takes: %s", c->tool, buf_str(&unknown),
	    *list == '\0' ? "nothing" : list);
}

static int
args_check_object(struct args_check *c, const char *where, const cJSON *schema,
    const cJSON *o)
{
	const cJSON *props = json_get(schema, "properties");
	const cJSON *required = json_array(schema, "required"), *m, *r;

	if (args_check_names(c, where, schema, o) < 0)
		return -1;
	cJSON_ArrayForEach(m, o) {
		const cJSON *p = json_get(props, m->string);
		AUTO_FREE char *sub = NULL;

		if (p == NULL)
			continue;
		if (json_get(o, m->string) != m)
			return err_set(c->e,
			    "%s: the argument \"%s\" is given twice", c->tool,
			    m->string);
		/* Some models send null for an omitted argument. */
		if (cJSON_IsNull(m) && !json_has(required, m->string))
			continue;
		sub = *where == '\0' ? xstrdup(m->string) :
		    xasprintf("%s.%s", where, m->string);
		if (cJSON_IsString(m) && m->valuestring[0] == '\0' &&
		    MEM_FIND(args_may_be_empty, m->string) == NULL)
			return err_set(c->e, "%s: \"%s\" must not be empty",
			    c->tool, sub);
		if (args_check_value(c, sub, p, m) < 0)
			return -1;
	}
	cJSON_ArrayForEach(r, json_array(schema, "required"))
		if (json_get(o, r->valuestring) == NULL) {
			AUTO_FREE char *list = args_list(schema);

			return err_set(c->e, "%s: the argument \"%s%s%s\" is "
			    "missing. It takes: %s", c->tool, where,
			    *where == '\0' ? "" : ".", r->valuestring, list);
		}
	return 0;
}

static int
args_check_array(struct args_check *c, const char *where, const cJSON *schema,
    const cJSON *a)
{
	const cJSON *items = json_get(schema, "items"), *v;
	int64_t i = 0;

	cJSON_ArrayForEach(v, a) {
		AUTO_FREE char *sub =
		    xasprintf("%s[%lld]", where, (long long)i++);

		if (args_check_value(c, sub, items, v) < 0)
			return -1;
	}
	return 0;
}

static int
args_check_enum(struct args_check *c, const char *where, const cJSON *choices,
    const cJSON *v)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *given = NULL;
	const cJSON *p;

	cJSON_ArrayForEach(p, choices) {
		if (cJSON_Compare(p, v, true))
			return 0;
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    cJSON_IsString(p) ? p->valuestring : "?");
	}
	given = args_quote(v);
	return err_set(c->e, "%s: \"%s\" must be one of %s, not %s", c->tool,
	    where, buf_str(&b), given);
}

static int
args_check_value(struct args_check *c, const char *where, const cJSON *schema,
    const cJSON *v)
{
	const struct args_type *type = MEM_FIND(args_types,
	    json_str_or(schema, "type", ""));
	const cJSON *choices;
	double least;

	if (type != NULL && !type->is(v)) {
		AUTO_FREE char *given = args_quote(v);

		return err_set(c->e, "%s: %s%s%s must be %s, not %s", c->tool,
		    *where == '\0' ? "" : "\"",
		    *where == '\0' ? "the arguments" : where,
		    *where == '\0' ? "" : "\"", type->words, given);
	}
	choices = json_get(schema, "enum");
	if (choices != NULL && args_check_enum(c, where, choices, v) < 0)
		return -1;
	least = json_num(schema, "minimum", 1);
	if (cJSON_IsNumber(v) && v->valuedouble < least)
		return err_set(c->e, "%s: \"%s\" must be at least %.0f, not "
		    "%.6g", c->tool, where, least, v->valuedouble);
	if (cJSON_IsObject(v))
		return args_check_object(c, where, schema, v);
	if (cJSON_IsArray(v))
		return args_check_array(c, where, schema, v);
	return 0;
}

/* The list that a model meant by this value; NULL if it isn't a list. */
static cJSON *
args_mend_list(const cJSON *schema, const cJSON *v)
{
	const char *items = json_str_or(json_get(schema, "items"), "type", "");
	cJSON *given = cJSON_IsString(v) ? json_parse(v->valuestring,
	    strlen(v->valuestring), JSON_NUL_REFUSE, NULL) :
	    cJSON_Duplicate(v, 1);
	cJSON *list;

	if (cJSON_IsArray(given))
		return given;
	if (cJSON_IsString(v) && strcmp(items, "string") == 0) {
		cJSON_Delete(given);
		given = cJSON_Duplicate(v, 1);
	} else if (!cJSON_IsObject(given) || strcmp(items, "object") != 0) {
		cJSON_Delete(given);
		return NULL;
	}
	list = cJSON_CreateArray();
	cJSON_AddItemToArray(list, given);
	return list;
}

/* The command that came as a list of words; NULL: as something else. What a login
 * shell is to run has no need of one, and loses the sandbox's PATH in it. */
static cJSON *
args_mend_command(const cJSON *list)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, list) {
		if (!cJSON_IsString(it))
			return NULL;
		if (strcmp(buf_str(&b), "bash -lc") == 0 && it->next == NULL)
			return cJSON_CreateString(it->valuestring);
		buf_adds(&b, b.len > 0 ? " " : "");
		shell_quote(&b, it->valuestring);
	}
	return cJSON_CreateString(buf_str(&b));
}

/* The value that a model meant, where its type isn't the schema's; or NULL. */
static cJSON *
args_mend_value(const cJSON *schema, const cJSON *v)
{
	const char *type = json_str_or(schema, "type", "");
	cJSON *meant = NULL;

	if (args_is_type(type, v))
		return NULL;
	if (strcmp(type, "array") == 0)
		return args_mend_list(schema, v);
	if (cJSON_IsArray(v) && schema->string != NULL &&
	    strcmp(schema->string, "command") == 0)
		return args_mend_command(v);
	/* "5", "false" */
	if (cJSON_IsString(v))
		meant = json_parse(v->valuestring, strlen(v->valuestring),
		    JSON_NUL_REFUSE, NULL);
	if (!args_is_type(type, meant) || cJSON_IsObject(meant))
		json_drop(&meant);
	return meant;
}

/* What other agents call an argument of the same meaning: for a schema that has
 * `own`, but not `other`. */
enum args_as {
	ARGS_SAME,
	ARGS_FIRST,	/* a line, perhaps counted from 0 */
	ARGS_LAST,	/* a line instead of how many; after `from` */
	ARGS_MS,	/* milliseconds instead of seconds, ... */
	ARGS_IF_MANY,	/* ... if it is 10000 or more */
	ARGS_FOLDER,	/* of the command; after those of the command */
	ARGS_RANGE,	/* the first and the last line; before ARGS_LAST */
	ARGS_NAMES,	/* a word: "content" isn't for names */
};

/* clang-format off */
static const struct args_other {
	const char	*other, *own;
	enum args_as	 as;
} args_others[] = {
	{ "-A", "context", ARGS_SAME },
	{ "-B", "context", ARGS_SAME },
	{ "-C", "context", ARGS_SAME },
	{ "-i", "ignore_case", ARGS_SAME },
	{ "absolute_path", "path", ARGS_SAME },
	{ "bash_id", "id", ARGS_SAME },
	{ "cmd", "command", ARGS_SAME },
	{ "contents", "content", ARGS_SAME },
	{ "cwd", "command", ARGS_FOLDER },
	{ "dir_path", "path", ARGS_SAME },
	{ "file", "path", ARGS_SAME },
	{ "filePath", "path", ARGS_SAME },
	{ "file_path", "path", ARGS_SAME },
	{ "file_text", "content", ARGS_SAME },
	{ "filename", "path", ARGS_SAME },
	{ "head_limit", "max", ARGS_SAME },
	{ "include", "glob", ARGS_SAME },
	{ "is_background", "background", ARGS_SAME },
	{ "limit", "lines", ARGS_SAME },
	{ "limit", "max", ARGS_SAME },
	{ "newString", "new_string", ARGS_SAME },
	{ "newText", "new_string", ARGS_SAME },
	{ "new_str", "new_string", ARGS_SAME },
	{ "new_text", "new_string", ARGS_SAME },
	{ "offset", "from", ARGS_FIRST },
	{ "oldString", "old_string", ARGS_SAME },
	{ "oldText", "old_string", ARGS_SAME },
	{ "old_str", "old_string", ARGS_SAME },
	{ "old_text", "old_string", ARGS_SAME },
	{ "output_mode", "files", ARGS_NAMES },
	{ "patch", "input", ARGS_SAME },
	{ "patchText", "input", ARGS_SAME },
	{ "patch_text", "input", ARGS_SAME },
	{ "query", "pattern", ARGS_SAME },
	{ "regex", "pattern", ARGS_SAME },
	{ "replaceAll", "replace_all", ARGS_SAME },
	{ "run_in_background", "background", ARGS_SAME },
	{ "view_range", "from", ARGS_RANGE },
	{ "start_line", "from", ARGS_FIRST },
	{ "end_line", "lines", ARGS_LAST },
	{ "target_file", "path", ARGS_SAME },
	{ "timeout", "timeout_s", ARGS_IF_MANY },
	{ "timeout_ms", "timeout_s", ARGS_MS },
	{ "workdir", "command", ARGS_FOLDER },
};
/* clang-format on */

/* "cd lib || exit; make"; NULL: the folder isn't a name. */
static cJSON *
args_in_folder(const cJSON *schema, const cJSON *args, const cJSON *folder)
{
	const cJSON *given = json_get(args, "command");
	AUTO_JSON cJSON *mended = args_mend_value(schema, given);
	const char *command = cJSON_GetStringValue(mended != NULL ? mended :
	    given);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (command == NULL || !cJSON_IsString(folder))
		return NULL;
	buf_adds(&b, "cd ");
	shell_quote(&b, folder->valuestring);
	buf_addf(&b, " || exit; %s", command);
	return cJSON_CreateString(buf_str(&b));
}

/* [3, 9] */
static cJSON *
args_range(cJSON *args, const cJSON *v)
{
	const cJSON *last = cJSON_GetArrayItem(v, 1);

	if (cJSON_IsNumber(last) && last->valuedouble > 0)
		json_copy(args, "end_line", last);
	return cJSON_Duplicate(cJSON_GetArrayItem(v, 0), 1);
}

/* The value of our own argument, whose schema it is; NULL: none is meant. */
static cJSON *
args_as_own(const struct args_other *o, const cJSON *schema, cJSON *args,
    const cJSON *v)
{
	cJSON *own;
	double n;

	if (o->as == ARGS_NAMES)
		return cJSON_CreateBool(!json_is(args, o->other, "content"));
	if (o->as == ARGS_FOLDER)
		return args_in_folder(schema, args, v);
	if (o->as == ARGS_RANGE)
		return args_range(args, v);
	own = args_mend_value(schema, v);
	if (own == NULL)
		own = cJSON_Duplicate(v, 1);
	if (o->as == ARGS_SAME || !cJSON_IsNumber(own))
		return own;
	n = own->valuedouble;
	if (o->as == ARGS_LAST)
		n -= json_num(args, "from", 1) - 1;
	else if (o->as == ARGS_MS || (o->as == ARGS_IF_MANY && n >= 10000))
		n = n < 1e12 ? (double)(int64_t)(n / 1000) : 1e9;
	cJSON_SetNumberValue(own, n < 1 ? 1 : n);
	return own;
}

static void
args_mend_names(const cJSON *props, cJSON *args)
{
	const struct args_other *o = args_others;

	for (; o < args_others + MEM_COUNT(args_others); o++) {
		const cJSON *own = json_get(props, o->own);
		const cJSON *v = json_get(args, o->other);
		cJSON *meant;

		if (v == NULL || own == NULL || json_get(props, o->other) !=
		    NULL || (o->as != ARGS_FOLDER && json_get(args, o->own) !=
		    NULL) || (meant = args_as_own(o, own, args, v)) == NULL)
			continue;
		json_set_take(args, o->own, meant);
		cJSON_DeleteItemFromObjectCaseSensitive(args, o->other);
	}
}

/* A text that only explains may have a name that is nearly right. */
static void
args_mend_reason(const cJSON *props, cJSON *args)
{
	cJSON *v;

	cJSON_ArrayForEach(v, (cJSON_IsObject(args) ? args : NULL)) {
		const char *near = args_near(props, v->string);

		if (near != NULL && MEM_FIND(args_may_be_added, near) != NULL &&
		    args_is_unknown(props, v->string) && cJSON_IsString(v) &&
		    json_get(args, near) == NULL)
			FREE_SET(v->string, xstrdup(near));
	}
}

static void
args_mend(const cJSON *schema, cJSON *args, bool own)
{
	const cJSON *props = json_get(schema, "properties"), *p;
	cJSON *v, *meant;

	cJSON_ArrayForEach(v, (cJSON_IsArray(args) ? args : NULL))
		args_mend(json_get(schema, "items"), v, own);
	if (own) {
		args_mend_names(props, args);
		args_mend_reason(props, args);
	}
	cJSON_ArrayForEach(p, props) {
		v = cJSON_GetObjectItemCaseSensitive(args, p->string);
		meant = v == NULL ? NULL : args_mend_value(p, v);
		if (meant != NULL)
			json_set_take(args, p->string, meant);
		if (v != NULL)
			args_mend(p, meant != NULL ? meant : v, own);
	}
}

void
tool_mend_args(const struct tool_entry *t, const cJSON *schema, cJSON *args)
{
	args_mend(schema, args, (t->effects & TOOL_SERVER) == 0);
}

int
tool_check_args(const struct tool_entry *t, const cJSON *args, struct err *e)
{
	struct args_check c = { .tool = t->name, .e = e };

	return args_check_value(&c, "", tool_schema(t), args);
}

/*
 * tool_targets: which files a call is about, from its arguments alone, so that
 * code that tracks files asks one function for all tools.
 */

struct targets {
	struct tool_target *v;
	size_t		 len;
};

static void
targets_add(struct targets *t, const char *path, bool whole)
{
	size_t i;

	if (path == NULL)
		return;
	for (i = 0; i < t->len; i++)
		if (strcmp(t->v[i].path, path) == 0) {
			t->v[i].whole = t->v[i].whole || whole;
			return;
		}
	*GROW_ADD(t->v, t->len) = (struct tool_target){ xstrdup(path), whole };
}

static void
targets_patch(struct targets *t, const char *patch)
{
	struct err e = ERR_INIT;
	AUTO(v4a_release) struct v4a v = { 0 };
	size_t i;

	/* An invalid patch changes nothing. */
	if (v4a_parse(&v, patch, strlen(patch), &e) == 0)
		for (i = 0; i < v.len; i++) {
			targets_add(t, v.files[i].path,
			    v.files[i].kind != V4A_UPDATE ||
			    v.files[i].move != NULL);
			targets_add(t, v.files[i].move, true);
		}
}

struct tool_target *
tool_targets(const struct tool_entry *tool, const cJSON *args, size_t *n)
{
	struct targets t = { 0 };
	const cJSON *it;

	if (strcmp(tool->name, "apply_patch") == 0)
		targets_patch(&t, json_str_or(args, "input", ""));
	else if ((tool->effects & (TOOL_READS | TOOL_WRITES)) != 0)
		targets_add(&t, json_str(args, "path"),
		    strcmp(tool->name, "write") == 0);
	if (strcmp(tool->name, "read") == 0) {
		cJSON_ArrayForEach(it, json_array(args, "paths"))
			targets_add(&t, cJSON_GetStringValue(it), false);
		cJSON_ArrayForEach(it, json_array(args, "ranges"))
			targets_add(&t, json_str(it, "path"), false);
	}
	*n = t.len;
	return t.v;
}

void
tool_targets_free(struct tool_target *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(v[i].path);
	free(v);
}

/* Why, for the reviewer: the system prompt asks for it. */
#define TOOL_REASON "\"reason\":{\"type\":\"string\"}"

#define TOOL_BASH "Run a command with bash; each call is a new shell in the " \
	"working folder."
#define TOOL_BASH_LOOK "Of its output at most the first and last 15 kB are " \
	"shown. To look at files use read, grep and glob"

/* clang-format off */
#define TOOL_PLAN "{\"type\":\"object\",\"properties\":{" \
	"\"goal\":{\"type\":\"string\",\"description\":" \
	"\"What will be true at the end.\"}," \
	"\"steps\":{\"type\":\"array\",\"items\":" \
	"{\"type\":\"object\",\"properties\":{" \
	"\"title\":{\"type\":\"string\"}," \
	"\"paths\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}," \
	"\"description\":\"Only these paths or globs may change in it.\"}}," \
	"\"required\":[\"title\"]}}," \
	"\"files\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}," \
	"\"description\":\"Expected to change.\"},"
#define TOOL_PLAN_END "\"risks\":{\"type\":\"array\"," \
	"\"items\":{\"type\":\"string\"}}}," \
	"\"required\":[\"goal\",\"steps\"]}"
#define TOOL_DONE "{\"type\":\"object\",\"properties\":{" \
	"\"summary\":{\"type\":\"string\"}"
#define TOOL_DONE_END "},\"required\":[\"summary\"]}"

static const char tool_patch_form[] =
"A patch has this form: no line numbers; each line of a file begins with a "
"space (kept), - (removed) or + (added):\n"
"*** Begin Patch\n"
"*** Update File: src/main.c\n"
"@@ int main(void)\n"
" \tint n = 0;\n"
"-\treturn 1;\n"
"+\treturn n;\n"
"*** Add File: src/new.c\n"
"+int x;\n"
"*** Delete File: src/old.c\n"
"*** End Patch";

static const char tool_patch_grammar[] =
"start: begin file+ end\n"
"begin: \"*** Begin Patch\" LF\n"
"end: \"*** End Patch\" LF?\n"
"file: add | delete | update\n"
"add: \"*** Add File: \" /(.+)/ LF reason? add_line+\n"
"delete: \"*** Delete File: \" /(.+)/ LF reason?\n"
"update: \"*** Update File: \" /(.+)/ LF move? change?\n"
"move: \"*** Move to: \" /(.+)/ LF\n"
"reason: \"*** Reason: \" /(.+)/ LF\n"
"change: (reason | head | line)+ eof?\n"
"head: (\"@@\" | \"@@ \" /(.+)/) LF\n"
"line: (\"+\" | \"-\" | \" \") /(.*)/ LF\n"
"add_line: \"+\" /(.*)/ LF\n"
"eof: \"*** End of File\" LF\n"
"%import common.LF\n";

const struct tool_entry tool_table[] = {
{
	.name = "apply_patch",
	.effects = TOOL_WRITES,
	.acp = "edit",
	.form = tool_patch_form,
	.grammar = tool_patch_grammar,
	.description =
"Create, change, move or delete files with one patch: all of it is applied, "
"or nothing. A line \"*** Reason: WHY\" after the line that names a file, or "
"before an @@, tells the reviewer why.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"input\":{\"type\":\"string\",\"description\":"
"\"The whole patch, from *** Begin Patch to *** End Patch.\"},"
TOOL_REASON "},\"required\":[\"input\"]}",
},
{
	.name = "background",
	.effects = TOOL_CORE,
	.description =
"Read what a background command printed since the last time, wait for more, or "
"stop it. Ids are b1, b2, ... as they start.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"id\":{\"type\":\"string\"},\"stop\":{\"type\":\"boolean\"},"
"\"wait_for\":{\"type\":\"string\",\"description\":"
"\"Text of its output, or end.\"},\"timeout_s\":{\"type\":\"integer\","
"\"description\":\"To wait; default 60.\"}},\"required\":[\"id\"]}",
},
{
	.name = "bash",
	.also = " shell terminal execute run_command execute_command run_shell_command run_terminal_cmd exec local_shell web_fetch webfetch fetch fetch_url read_url web_fetch_url ",
	.effects = TOOL_COMMAND,
	.acp = "execute",
	.description = TOOL_BASH " What it changes is reviewed, too. " TOOL_BASH_LOOK
"; to change them, the editing tools.",
	.look = TOOL_BASH " What it changes is thrown away. " TOOL_BASH_LOOK ".",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"command\":{\"type\":\"string\"},"
"\"timeout_s\":{\"type\":\"integer\"},"
"\"background\":{\"type\":\"boolean\",\"description\":"
"\"For a server or a watcher.\"}},"
"\"required\":[\"command\"]}",
},
{
	.name = "call_tool",
	.effects = TOOL_CORE,
	.description =
"Call a tool of an MCP server that find_tool has told of.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"name\":{\"type\":\"string\"},"
"\"arguments\":{\"type\":\"object\",\"additionalProperties\":true}},\"required\":[\"name\",\"arguments\"]}",
},
{
	.name = "done",
	.also = " finish complete submit task_done attempt_completion ",
	.effects = TOOL_CORE,
	.description =
"The task is finished: the check runs; your changes are shown beside "
"the summary.",
	.look = "The task is finished: the summary is shown.",
	.schema = TOOL_DONE ",\"cannot_pass\":{\"type\":\"string\","
"\"description\":\"Why the check can't pass, if so.\"}" TOOL_DONE_END,
	.bare = TOOL_DONE TOOL_DONE_END,
},
{
	.name = "edit",
	.also = " replace str_replace str_replace_editor str_replace_based_edit_tool edit_file search_replace multiedit multi_edit replace_in_file ",
	.effects = TOOL_WRITES,
	.acp = "edit",
	.description =
"Replace text in a file: old_string by new_string, or several with edits (all, "
"or nothing). old_string is the exact text with its indentation, and must "
"occur once: take more lines until it does, or set replace_all.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\"},"
"\"old_string\":{\"type\":\"string\"},\"new_string\":{\"type\":\"string\"},"
"\"replace_all\":{\"type\":\"boolean\"},"
"\"edits\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
"\"old_string\":{\"type\":\"string\"},\"new_string\":{\"type\":\"string\"},"
"\"replace_all\":{\"type\":\"boolean\"}," TOOL_REASON "},"
"\"required\":[\"old_string\",\"new_string\"]},\"description\":"
"\"Each is matched against the file as it was before the call.\"},"
TOOL_REASON "},\"required\":[\"path\"]}",
},
{
	.name = "find_tool",
	.also = " mcp_tool_schema ",
	.effects = TOOL_CORE,
	.description =
"Find tools of MCP servers: by a name (with __), or by words of what they do. "
"Tells what they do and which arguments they take. Call it before you call such "
"a tool for the first time.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"query\":{\"type\":\"string\"}},\"required\":[\"query\"]}",
},
{
	.name = "finding",
	.effects = TOOL_CORE | TOOL_NAMED,
	.description =
"Report one fault, at the place where it is. Call it once for each fault "
"that you are sure of.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\"},"
"\"line\":{\"type\":\"integer\",\"description\":"
"\"The first line, counted from 1.\"},"
"\"end_line\":{\"type\":\"integer\"},"
"\"severity\":{\"type\":\"string\",\"enum\":[\"error\",\"warning\",\"note\"]},"
"\"rule\":{\"type\":\"string\",\"description\":"
"\"The kind of fault in a word or two, such as use-after-free.\"},"
"\"message\":{\"type\":\"string\",\"description\":"
"\"What is wrong, for which input, and how to fix it.\"}},"
"\"required\":[\"path\",\"line\",\"severity\",\"message\"]}",
},
{
	.name = "glob",
	.also = " find find_files list_files file_search ",
	.effects = TOOL_READS,
	.acp = "search",
	.description =
"List files by name, with *, ?, ** and {a,b}; a pattern without a slash matches "
"in every folder. Nothing that git ignores, unless path is its folder.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"pattern\":{\"type\":\"string\"},\"path\":{\"type\":\"string\"}},"
"\"required\":[\"pattern\"]}",
},
{
	.name = "grep",
	.also = " search search_files ripgrep rg grep_search search_file_content codebase_search ",
	.effects = TOOL_READS,
	.acp = "search",
	.description =
"Search files line by line for a Perl-compatible regular expression. Shows at "
"most 20 kB, of each file its share, and names the rest; nothing that git "
"ignores, unless path names it.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"pattern\":{\"type\":\"string\"},\"path\":{\"type\":\"string\"},"
"\"glob\":{\"type\":\"string\",\"description\":"
"\"Only these files, such as *.py\"},"
"\"ignore_case\":{\"type\":\"boolean\"},"
"\"context\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":20},"
"\"max\":{\"type\":\"integer\",\"description\":\"Default 100.\"},"
"\"files\":{\"type\":\"boolean\",\"description\":"
"\"Only names, with numbers of lines.\"}},"
"\"required\":[\"pattern\"]}",
},
{
	.name = "plan",
	.also = " update_plan exit_plan_mode exitplanmode todowrite todo_write write_todos ",
	.effects = TOOL_CORE | TOOL_STRICT,
	.description =
"Hand in the plan for the task, or all of a changed one.",
	.schema = TOOL_PLAN "\"check\":{\"type\":\"string\",\"description\":"
"\"A command that passes when it is reached.\"}," TOOL_PLAN_END,
	.bare = TOOL_PLAN TOOL_PLAN_END,
},
{
	.name = "read",
	.also = " view open cat read_file view_file open_file list_dir list_directory ls read_many_files ",
	.effects = TOOL_READS,
	.acp = "read",
	.description =
"Show a text file or list a folder, at most 50 kB; several at once with paths "
"or ranges.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\"},"
"\"from\":{\"type\":\"integer\",\"description\":\"The first line.\"},"
"\"lines\":{\"type\":\"integer\"},"
"\"paths\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
"\"ranges\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\"},\"from\":{\"type\":\"integer\"},"
"\"lines\":{\"type\":\"integer\"}}}}}}",
},
{
	.name = "run_tests",
	.also = " test run_test ",
	.effects = TOOL_COMMAND,
	.acp = "execute",
	.description =
"Run the check, which done runs, too; again only after a change.",
	.schema =
"{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\","
"\"description\":\"Only its tests.\"}}}",
	.bare = "{\"type\":\"object\",\"properties\":{}}",
},
{
	.name = "step_done",
	.effects = TOOL_CORE,
	.description =
"Mark a step of the approved plan as finished, each as soon as it is; of the "
"last one done is enough.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"step\":{\"type\":\"integer\"}},"
"\"required\":[\"step\"]}",
},
{
	.name = "write",
	.also = " create create_file write_file write_to_file save_file new_file ",
	.effects = TOOL_WRITES,
	.acp = "edit",
	.description =
"Create a file, or replace all of one; to change a part of it use edit.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\"},\"content\":{\"type\":\"string\"},"
TOOL_REASON "},\"required\":[\"path\",\"content\"]}",
},
};
/* clang-format on */
const size_t tool_table_len = MEM_COUNT(tool_table);

const cJSON *
tool_schema(const struct tool_entry *t)
{
	static cJSON *parsed[MEM_COUNT(tool_table)];
	cJSON **o = &parsed[t - tool_table];

	assert(t >= tool_table && t < tool_table + tool_table_len);
	if (*o == NULL)
		*o = json_parse(t->schema, strlen(t->schema), JSON_NUL_REFUSE,
		    NULL);
	return *o;
}

const struct tool_entry *
tool_find(const char *name)
{
	return MEM_SEARCH(tool_table, tool_table_len, name);
}

bool
tool_only_reads(const char *name)
{
	static const char *const own[] = { TOOL_PARALLEL, TOOL_INSPECT,
		TOOL_WORDS };
	const struct tool_entry *t = tool_find(name);

	return t != NULL ? (t->effects & TOOL_READS) != 0 :
	    MEM_FIND(own, name) != NULL;
}

const struct tool_entry *
tool_meant(const char *name)
{
	char word[64];
	size_t i, n = strlen(name);

	if (n == 0 || n + 3 > sizeof(word) || strchr(name, ' ') != NULL)
		return NULL;
	word[0] = ' ';
	for (i = 0; i < n; i++)
		word[i + 1] = (char)tolower((unsigned char)name[i]);
	word[n + 1] = '\0';
	if (tool_find(word + 1) != NULL)
		return tool_find(word + 1);
	word[n + 1] = ' ';
	word[n + 2] = '\0';
	for (i = 0; i < tool_table_len; i++)
		if (tool_table[i].also != NULL &&
		    strstr(tool_table[i].also, word) != NULL)
			return &tool_table[i];
	return NULL;
}

bool
tool_is(const char *called, const char *name)
{
	const struct tool_entry *t = called == NULL ? NULL : tool_meant(called);

	return t != NULL && strcmp(t->name, name) == 0;
}
