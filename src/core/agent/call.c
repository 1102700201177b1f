#include "config.h"

#include "core/agent/call.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "core/agent/background.h"
#include "core/agent/budget.h"
#include "core/agent/hook.h"
#include "core/agent/plan.h"
#include "core/agent/run.h"
#include "core/agent/turn.h"
#include "core/context/compact.h"
#include "core/context/context.h"
#include "core/kernel/core.h"
#include "core/mcp/mcp.h"
#include "core/net/network.h"
#include "core/review/seen.h"
#include "core/stage/output.h"
#include "core/stage/program.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "policy/approve.h"
#include "provider/provider.h"
#include "tool/tool.h"

void
call_deny(struct core *c, const struct core_call *call, const char *kind,
    const char *text, unsigned faults)
{
	emit_result(c, call->id, call->name, false, kind, text);
	c->calls.next++;
	c->task.faults |= faults;
	core_soon(c);
}

/*
 * call-fault: checks a call as the model sent it: whether the tool is
 * available, its arguments, converted to the form that the tool takes, and why
 * the call may not run.
 */

/* Is this tool enabled in the user's list (all are, if there is none)? */
static bool
call_is_on(const struct core *c, const char *name)
{
	const cJSON *list = json_array(c->start, "tools"), *it;

	if (list == NULL)
		return true;
	cJSON_ArrayForEach(it, list)
		if (cJSON_IsString(it) && strcmp(it->valuestring, name) == 0)
			return true;
	if (strcmp(name, "background") == 0)
		return call_is_on(c, "bash");
	/* apply_patch replaces these two. */
	return strcmp(name, "apply_patch") == 0 && call_is_on(c, "edit") &&
	    call_is_on(c, "write");
}

/* Is the tool listed for the model? The list never changes within a session,
 * since prompt caches begin with the tools; call_fault rejects a tool that
 * isn't available in this phase. */
static bool
call_tool_exists(const struct core *c, const struct tool_entry *t)
{
	if ((t->effects & TOOL_NAMED) != 0 &&
	    json_array(c->start, "tools") == NULL)
		return false;
	if (strcmp(t->name, "done") == 0)
		return true;
	if (strcmp(t->name, "mcp_tool_schema") == 0)
		return mcp_tool_at(c, MCP_TOOLS_FULL) != NULL;
	if (strcmp(t->name, "plan") == 0 || strcmp(t->name, "step_done") == 0)
		return c->plan.mode != PLAN_LOOK && c->plan.mode != PLAN_SKIP;
	return call_is_on(c, t->name) && (c->plan.mode != PLAN_LOOK ||
	    (t->effects & TOOL_WRITES) == 0);
}

/* Why an existing tool may not run now; malloc'ed, NULL if it may. */
static char *
call_must_wait(const struct core *c, const struct tool_entry *t,
    const char **kind)
{
	bool planning = task_plans(c) && c->plan.mode != PLAN_LOOK;

	if (strcmp(t->name, "run_tests") == 0 && c->check.command == NULL)
		return xstrdup("no success check is set: use bash to run what "
		    "shows best whether it works");
	*kind = "question";
	if (c->question.on != NULL && (t->effects & TOOL_READS) == 0)
		return xasprintf("the user asked a question about a change "
		    "under review: %s doesn't work in this turn. Answer in "
		    "plain text, without calling done; you go on afterwards",
		    t->name);
	*kind = "plan_phase";
	if (planning && (t->effects & TOOL_WRITES) != 0)
		return xasprintf("no file can be changed before the plan is "
		    "approved: hand in the plan first, then call %s again",
		    t->name);
	if (planning && strcmp(t->name, "step_done") == 0)
		return xstrdup("no plan is approved yet: hand it in first");
	if (!planning && strcmp(t->name, "plan") == 0)
		return xstrdup("the plan is approved: carry it out");
	*kind = "bad_call";
	return NULL;
}

/* Does the schema say types, and null isn't one of them? */
static bool
call_takes_no_null(const cJSON *schema)
{
	const cJSON *type = json_get(schema, "type");

	if (cJSON_IsArray(type))
		return !json_has(type, "null");
	return cJSON_IsString(type) && strcmp(type->valuestring, "null") != 0 &&
	    !json_bool(schema, "nullable", false);
}

/* Remove null members where the schema has no null: with one that requires all
 * members, and from many models, null means that the member is left out.
 * `open`: a schema that doesn't say so allows other members. */
static void
call_drop_nulls(cJSON *o, const cJSON *schema, bool open)
{
	const cJSON *members = json_get(schema, "properties"), *its;
	bool others = schema != NULL && json_bool(schema,
	    "additionalProperties", open);
	cJSON *it, *next;

	for (it = o == NULL ? NULL : o->child; it != NULL; it = next) {
		next = it->next;
		its = cJSON_IsArray(o) ? json_get(schema, "items") :
		    json_get(members, it->string);
		if (cJSON_IsNull(it) && cJSON_IsObject(o) &&
		    (its == NULL ? !others : call_takes_no_null(its)))
			cJSON_Delete(cJSON_DetachItemViaPointer(o, it));
		else
			call_drop_nulls(it, its, open);
	}
}

/* Why this call of an existing tool may not run; malloc'ed, NULL if it may. */
static char *
call_refuses(struct core *c, struct core_call *call,
    const struct tool_entry *t, const cJSON *args, const char **kind)
{
	struct err e = ERR_INIT;
	char *text;
	size_t i;

	if ((t->effects & TOOL_SERVER) != 0) {
		if (!cJSON_IsObject(args))
			return xstrdup("the arguments must be an object");
	} else if (tool_check_args(t, args, &e) < 0)
		return t->form == NULL ? xstrdup(e.text) :
		    xasprintf("%s. Nothing was done.\n%s", e.text, t->form);
	if (call->targets == NULL)
		call->targets = tool_targets(t, args, &call->targets_len);
	*kind = "changed";
	for (i = 0; i < call->targets_len; i++)
		if (call->targets[i].whole &&
		    seen_is_old(c, call->targets[i].path))
			return xasprintf("%.200s was changed by somebody else "
			    "since you saw it, and this would replace that. "
			    "Nothing was written: read it again first",
			    call->targets[i].path);
	*kind = "plan_step";
	text = plan_step_refuses(c, t, NULL);
	for (i = 0; text == NULL && i < call->targets_len; i++)
		text = plan_step_refuses(c, t, call->targets[i].path);
	return text;
}

/* Of assent or of an MCP server; NULL: there is none. */
static const struct tool_entry *
call_tool(const struct core *c, const struct core_call *call)
{
	return call->tool != NULL ? call->tool : mcp_tool(c, call->name);
}

cJSON *
call_args(const struct core *c, const struct core_call *call, struct err *e)
{
	const struct tool_entry *t = call_tool(c, call);
	size_t n = strlen(call->args_text);
	cJSON *args;

	if (!call->complete)
		return NULL;
	args = json_parse(call->args_text, n, JSON_NUL_REFUSE, e);
	/* Accept the tool's single string without JSON around it. */
	if (t != NULL && t->grammar != NULL && (cJSON_IsString(args) ||
	    (args == NULL && strstr(call->args_text, "*** ") != NULL))) {
		cJSON *o = cJSON_CreateObject();

		json_add_str(o, "input", args == NULL ? call->args_text :
		    args->valuestring);
		cJSON_Delete(args);
		args = o;
	}
	/* Some models encode the object twice. */
	if (cJSON_IsString(args)) {
		cJSON *inner = json_parse(args->valuestring,
		    strlen(args->valuestring), JSON_NUL_REFUSE, NULL);

		if (cJSON_IsObject(inner)) {
			cJSON_Delete(args);
			args = inner;
		} else
			cJSON_Delete(inner);
	}
	if (t != NULL) {
		AUTO_JSON cJSON *schema = json_parse(t->schema,
		    strlen(t->schema), JSON_NUL_REFUSE, NULL);

		call_drop_nulls(args, schema, (t->effects & TOOL_SERVER) != 0);
		if (cJSON_IsObject(args))
			tool_mend_args(t, args);
	}
	return args;
}

/* Why the call may not run, malloc'ed, with its kind; NULL: it may, and *t is
 * its tool. `args` come from call_args, or are NULL with `e`. */
static char *
call_fault(struct core *c, struct core_call *call, const cJSON *args,
    const struct err *e, const struct tool_entry **t, const char **kind)
{
	char *text;

	*t = call_tool(c, call);
	*kind = "bad_call";
	if (!call->complete)
		return xstrdup("this call was cut off at the output limit and "
		    "was not run: nothing was written. Send it again in "
		    "smaller pieces: of a new file write the first part, then "
		    "add the rest with edits; of a change send a few lines in "
		    "each edit");
	if (args == NULL)
		return xasprintf("the arguments are not usable: %s", e->text);
	if (*t == NULL) {
		*t = tool_meant(call->name);
		return *t == NULL || !call_tool_exists(c, *t) ?
		    xasprintf("there is no tool \"%.100s\"", call->name) :
		    xasprintf("there is no tool \"%.100s\": use %s, with the "
		    "arguments that it takes", call->name, (*t)->name);
	}
	if (call_tool_exists(c, *t)) {
		text = call_must_wait(c, *t, kind);
		return text != NULL ? text : call_refuses(c, call, *t, args,
		    kind);
	}
	if (c->plan.mode == PLAN_LOOK && ((*t)->effects & TOOL_WRITES) != 0)
		return xasprintf("%s isn't available: this task is to look "
		    "only, and changes nothing", call->name);
	return xasprintf("the tool %s does not exist here", call->name);
}

#define EDIT_TOOLS_FAILS 2

static bool
edit_tools_patch(const struct core *c)
{
	if (!call_is_on(c, "apply_patch"))
		return false;
	/* The user's list may contain nothing else. */
	return (c->target.facts.apply_patch && c->edits.patch == PATCH_ON) ||
	    (!call_is_on(c, "edit") && !call_is_on(c, "write"));
}

/* Is this tool listed for the current model? Unlisted ones run, too. */
static bool
edit_tools_offered(const struct core *c, const struct tool_entry *t)
{
	bool patch = strcmp(t->name, "apply_patch") == 0;

	if (!patch && (t->effects & TOOL_WRITES) == 0)
		return true;
	return edit_tools_patch(c) == patch;
}

/* Does this failure tell how well the model handles the tool? */
static bool
edit_tools_counts(const char *name, const char *kind)
{
	static const char *const others[] = { "plan_phase", "plan_step",
		"question",
		"interrupted", "killed", "sandbox", "stage", "changed" };

	return MEM_FIND(others, kind) == NULL && ev_is(name, "apply_patch");
}

char *
edit_tools_advice(const struct core *c, const struct core_call *call,
    const char *kind)
{
	if (!edit_tools_counts(call->name, kind) ||
	    c->edits.patch != PATCH_ON || !c->target.facts.apply_patch ||
	    c->edits.patch_fails + 1 < EDIT_TOOLS_FAILS ||
	    !call_is_on(c, "edit"))
		return NULL;
	return xstrdup("\n\napply_patch failed twice in a row. From now on you "
	    "have edit (replace a piece of a file) and write (a whole file) "
	    "instead: use those.");
}

static void
edit_tools_line(struct core *c, const struct event *e)
{
	const struct ev_tool_result *t = &e->tool_result;

	if (!edit_tools_counts(t->name, t->ok ? NULL : t->error))
		return;
	if (t->ok)
		c->edits.patch_fails = 0;
	else if (++c->edits.patch_fails >= EDIT_TOOLS_FAILS)
		/* A resumed session has told the model before. */
		c->edits.patch = c->resume != NULL ? PATCH_OFF_TOLD : PATCH_OFF;
}

void
edit_tools_note(struct core *c)
{
	if (c->edits.patch != PATCH_OFF)
		return;
	c->edits.patch = PATCH_OFF_TOLD;
	if (!c->target.facts.apply_patch || !call_is_on(c, "edit"))
		return;
	emit_note(c, "%s failed with apply_patch twice in a row: it gets edit "
	    "and write instead", c->target.model);
	c->request.overhead = turn_overhead(c);
}

#define SHORT_WINDOW	10000	/* up to this size, descriptions are short */
#define SHORT_BYTES	100	/* limit on a description */
#define ADVICE_NAMES	50	/* of tools, in an error */

/* As many whole sentences as fit, but at least one. malloc'ed. */
static char *
short_words(const char *text)
{
	const char *p = text, *end = NULL;

	while ((p = strstr(p, ". ")) != NULL) {
		p++;
		if (end == NULL || (size_t)(p - text) <= SHORT_BYTES)
			end = p;
	}
	if (end == NULL || strlen(text) <= SHORT_BYTES)
		return xstrdup(text);
	return xmemdup(text, (size_t)(end - text));
}

/* The first line, or what fits of it. malloc'ed. */
static char *
short_line(const char *text)
{
	size_t n = strcspn(text, "\n");

	return n <= SHORT_BYTES ? xmemdup(text, n) :
	    xasprintf("%.*s...", (int)utf8_cut(text, n, SHORT_BYTES), text);
}

/* Remove descriptions at any depth, and what is below that depth. */
static void
short_schema(cJSON *schema, unsigned depth)
{
	cJSON *props = cJSON_GetObjectItemCaseSensitive(schema, "properties");
	cJSON *items = cJSON_GetObjectItemCaseSensitive(schema, "items"), *it;

	cJSON_DeleteItemFromObjectCaseSensitive(schema, "description");
	if (depth == 0) {
		cJSON_DeleteItemFromObjectCaseSensitive(schema, "properties");
		cJSON_DeleteItemFromObjectCaseSensitive(schema, "required");
		return;
	}
	cJSON_ArrayForEach(it, props)
		short_schema(it, depth - 1);
	if (items != NULL)
		short_schema(items, depth - 1);
}

/* The short texts of a tool, built once; one of many has a line. */
static const cJSON *
short_tool(struct core *c, const struct tool_schema *t, bool of_many)
{
	cJSON *o, *schema;
	char *text;

	if (c->edits.short_tools == NULL)
		c->edits.short_tools = cJSON_CreateObject();
	o = cJSON_GetObjectItemCaseSensitive(c->edits.short_tools, t->name);
	if (o != NULL)
		return o;
	o = cJSON_CreateObject();
	text = of_many ? short_line(t->description) :
	    short_words(t->description);
	json_add_str(o, "description", text);
	free(text);
	schema = json_parse(t->parameters, strlen(t->parameters),
	    JSON_NUL_REFUSE, NULL);
	short_schema(schema, of_many ? 1 : JSON_MAX_DEPTH);
	text = json_print(schema);
	json_add_str(o, "parameters", text);
	free(text);
	cJSON_Delete(schema);
	json_set_take(c->edits.short_tools, t->name, o);
	return o;
}

static void
short_tools(struct core *c, struct tool_schema *v, size_t n, bool of_many)
{
	struct tokens_room room;
	const cJSON *o;
	size_t i;

	compact_room(c, &c->target, &room);
	if (!of_many && !c->compact->short_tools && room.window > SHORT_WINDOW)
		return;
	for (i = 0; i < n; i++) {
		o = short_tool(c, &v[i], of_many);
		v[i].description = json_str_or(o, "description", "");
		v[i].parameters = json_str_or(o, "parameters", "{}");
	}
}

/* Only a success check with {path} can be limited to some tests. */
static bool
call_test_takes_path(const struct core *c)
{
	return c->check.command != NULL &&
	    strstr(c->check.command, "{path}") != NULL;
}

static void
call_tools_add(const struct core *c, const struct tool_entry *t,
    struct tool_schema **v, size_t *n)
{
	bool bare = strcmp(t->name, "run_tests") == 0 &&
	    !call_test_takes_path(c);

	if (!call_tool_exists(c, t))
		return;
	GROW(*v, *n);
	(*v)[(*n)++] = (struct tool_schema){ .name = t->name,
	    .description = t->description,
	    .parameters = bare ?
	    "{\"type\":\"object\",\"properties\":{}}" : t->schema,
	    .grammar = t->grammar,
	    .strict = (t->effects & TOOL_STRICT) != 0 };
}

struct tool_schema *
call_tools(struct core *c, size_t *n)
{
	const struct tool_entry *t;
	struct tool_schema *v = NULL;
	size_t own, i;

	*n = 0;
	for (i = 0; i < tool_table_len; i++)
		if (edit_tools_offered(c, &tool_table[i]))
			call_tools_add(c, &tool_table[i], &v, n);
	own = *n;
	for (i = 0; (t = mcp_tool_at(c, i)) != NULL; i++)
		call_tools_add(c, t, &v, n);
	short_tools(c, v, own, false);
	short_tools(c, v + own, *n - own, i > MCP_TOOLS_FULL);
	return v;
}

/* What to add to the error about a call of this tool (NULL: an unknown one): the
 * names of those there are, if it isn't one; malloc'ed, or NULL. */
static char *
call_tools_advice(struct core *c, const struct tool_entry *t)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE struct tool_schema *v = NULL;
	size_t i, n;

	if (t != NULL && call_tool_exists(c, t))
		return NULL;
	v = call_tools(c, &n);
	for (i = 0; i < n && i < ADVICE_NAMES; i++)
		buf_addf(&b, "%s%s", i == 0 ? "; there are: " : ", ",
		    v[i].name);
	if (n > ADVICE_NAMES)
		buf_addf(&b, " and %zu more", n - ADVICE_NAMES);
	return xstrdup(buf_str(&b));
}

/*
 * patch-call: `assent apply`: git applies a patch to the staged copy, inside
 * the sandbox. The core never reads the patch: it is kept in out/, which the
 * sandbox mounts read-only, and the result is proposed like any other change.
 *
 * git uses a repository of ours, empty except for rules that leave all bytes
 * unchanged. The project's own .gitattributes or configuration could convert
 * line ends or encodings, or run a filter.
 */

#define PATCH_REPOSITORY "apply.git"

/* These attributes turn off all attributes of the tree. */
static const char patch_attributes[] =
    "* -text -crlf -ident !eol !filter !working-tree-encoding !whitespace\n";

static int
patch_put(const char *dir, const char *name, const char *text, struct err *e)
{
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "cannot open %s", dir);
	return fs_replace(fd, name, text, strlen(text), 0644, e);
}

/* The minimum that git accepts as a repository. Its object format is the
 * patch's, since git checks binary patches by object name. */
static int
patch_repository(struct core *c, struct err *e)
{
	static const char *const folders[] = { "info", "objects", "refs" };
	bool sha256 = json_is(c->start, "object_format", "sha256");
	AUTO_FREE char *dir = fs_join(c->out_dir, PATCH_REPOSITORY);
	AUTO_FREE char *info = fs_join(dir, "info");
	AUTO_FREE char *config = xasprintf(
	    "[core]\n\trepositoryformatversion = %d\n"
	    "\tbare = false\n\tautocrlf = false\n\tsafecrlf = false\n"
	    "[apply]\n\tignoreWhitespace = no\n%s",
	    sha256, sha256 ? "[extensions]\n\tobjectFormat = sha256\n" : "");
	int rc = 0;
	size_t i;

	for (i = 0; i < MEM_COUNT(folders) && rc == 0; i++) {
		AUTO_FREE char *path = fs_join(dir, folders[i]);

		rc = fs_mkdirs(path, geteuid() == 0 ? 0755 : 0700, e);
	}
	if (rc == 0)
		rc = patch_put(info, "attributes", patch_attributes, e);
	if (rc == 0)
		rc = patch_put(dir, "config", config, e);
	if (rc == 0)
		rc = patch_put(dir, "HEAD", "ref: refs/heads/none\n", e);
	return rc;
}

int
patch_keep(struct core *c, struct err *e)
{
	char hex[SHA256_HEX_SIZE];
	size_t n;
	int rc;
	AUTO_FREE char *patch = json_get_bytes(c->start, "patch", &n);

	if (patch == NULL)
		return 0;
	rc = capture_keep_out(c->out_dir, patch, n, hex, e);
	/* The journal has the name; the bytes are in out/. */
	cJSON_DeleteItemFromObjectCaseSensitive(c->start, "patch");
	cJSON_DeleteItemFromObjectCaseSensitive(c->start, "patch_b64");
	c->review.expected = cJSON_DetachItemFromObjectCaseSensitive(c->start,
	    "patch_files");
	if (rc == 0)
		rc = patch_repository(c, e);
	if (rc == 0)
		json_add_str(c->start, "patch_sha256", hex);
	return rc;
}

/* The command that applies it to the staged copy; the caller deletes. */
static cJSON *
patch_argv(const struct core *c)
{
	const char *out = sandbox_levels[c->sandbox.level].encloses ?
	    SANDBOX_OUT_DIR : c->out_dir;
	char *words[] = {
		xstrdup("git"),
		xasprintf("--git-dir=%s/" PATCH_REPOSITORY, out),
		xstrdup("--work-tree=."),
		xstrdup("apply"), xstrdup("--whitespace=nowarn"),
		xstrdup("--no-unidiff-zero"),
		xasprintf("-p%d", json_int(c->start, "strip", 1) != 0),
		xasprintf("%s/%s", out,
		    json_str_or(c->start, "patch_sha256", "")),
	};
	cJSON *argv = cJSON_CreateStringArray((const char *const *)words,
	    (int)MEM_COUNT(words));
	size_t i;

	for (i = 0; i < MEM_COUNT(words); i++)
		free(words[i]);
	return argv;
}

static void
tools_free(struct core *c)
{
	cJSON_Delete(c->edits.short_tools);
	pathmap_release(&c->edits.misses);
}

/*
 * finding: a fault that the model reports, at a place in an existing file.
 */

/* The tool `finding`: journal and answer it. */
static void
finding_note(struct core *c, const struct core_call *call, const cJSON *args)
{
	AUTO_FREE char *path =
	    fs_inside(c->root, c->cwd, json_str_or(args, "path", ""));
	AUTO_FREE char *text = NULL;
	struct stat st;

	if (path == NULL || fstatat(c->stage->root_fd, path, &st,
	    AT_SYMLINK_NOFOLLOW) < 0) {
		emit_result(c, call->id, call->name, false, "not_found",
		    "there is no such file in the project; the path is "
		    "relative to the working folder");
		return;
	}
	EMIT(c, "model", finding, .path_bytes = path,
	    .line = json_int(args, "line", 0),
	    .end_line = json_int(args, "end_line", 0),
	    .severity = json_str(args, "severity"),
	    .rule = json_str(args, "rule"),
	    .message = json_str(args, "message"));
	text = xasprintf("noted as number %d",
	    (int)c->fold->findings.len);
	emit_result(c, call->id, call->name, true, NULL, text);
}

void
call_queue_clear(struct core *c)
{
	size_t i;

	for (i = 0; i < c->calls.len; i++) {
		free(c->calls.list[i].id);
		free(c->calls.list[i].name);
		free(c->calls.list[i].args_text);
		seen_release(&c->calls.list[i]);
		tool_targets_free(c->calls.list[i].targets,
		    c->calls.list[i].targets_len);
	}
	free(c->calls.list);
	/* phases: a running call keeps its place in the list. */
	assert(c->calls.running == 0);
	c->calls.list = NULL;
	c->calls.len = c->calls.next = 0;
}

static struct core_call *
call_add(struct core *c, const char *id, const char *name, const char *args,
    bool complete)
{
	const struct tool_entry *t = tool_find(name);

	GROW(c->calls.list, c->calls.len);
	c->calls.list[c->calls.len] = (struct core_call){ .id = xstrdup(id),
		.name = xstrdup(name), .args_text = xstrdup(args), .tool = t,
		.effects = t == NULL ? TOOL_WRITES | TOOL_COMMAND : t->effects,
		.complete = complete };
	return &c->calls.list[c->calls.len++];
}

void
call_queue(struct core *c, const struct reply *r)
{
	/* invariant 4: no call is dropped; each has its result. */
	assert(c->calls.next == c->calls.len && c->calls.running == 0);
	call_queue_clear(c);
	EV_EACH(r, calls, it)
		call_add(c, it->id, it->name, it->arguments, it->complete);
}

/* One line for the user: the tool and its target. */
static char *
call_title(const struct core_call *call, const cJSON *args)
{
	static const char *const subjects[] = {
		"command", "path", "pattern", "goal", "summary", "step",
		"url", "id"
	};
	const char *name = call->name;
	struct tool_target *files;
	char *title;
	size_t i;

	for (i = 0; i < MEM_COUNT(subjects); i++) {
		const cJSON *v = json_get(args, subjects[i]);

		if (cJSON_IsString(v))
			return xasprintf("%s %s", strcmp(name, "argv") == 0 ?
			    "$" : name, v->valuestring);
		if (cJSON_IsNumber(v))
			return xasprintf("%s %d", name, v->valueint);
	}
	files = call->tool == NULL ? NULL : tool_targets(call->tool, args, &i);
	title = files == NULL ? xstrdup(name) : i == 1 ?
	    xasprintf("%s %s", name, files[0].path) :
	    xasprintf("%s %s and %zu more", name, files[0].path, i - 1);
	if (files != NULL)
		tool_targets_free(files, i);
	return title;
}

static void
call_journal(struct core *c, const struct core_call *call, const cJSON *args,
    const char *by)
{
	AUTO_FREE char *title = call_title(call, args);
	bool object = cJSON_IsObject(args);

	EMIT(c, by, tool_call, .id = call->id, .turn = c->fold->turn,
	    .name = call->name, .args = object ? args : NULL,
	    .args_text = object ? NULL : call->args_text, .title = title);
}

static void
call_step_done(struct core *c, const struct core_call *call, const cJSON *args)
{
	int step = (int)json_int(args, "step", 0);

	if (step < 1 || (size_t)step > c->fold->plan.steps_len) {
		AUTO_FREE char *text = xasprintf("the plan has %zu step%s",
		    c->fold->plan.steps_len,
		    c->fold->plan.steps_len == 1 ? "" : "s");

		emit_result(c, call->id, call->name, false, "bad_arguments",
		    text);
		return;
	}
	EMIT(c, "model", plan, .version = c->fold->plan.version,
	    .status = "step", .step = EV_IS(step - 1));
	emit_result(c, call->id, call->name, true, NULL, "noted");
	/* By default the user, if there is one, is asked at the end of a
	 * step. */
	if ((c->approve->opens & APPROVE_AT_STEP) != 0 &&
	    (c->person || c->approve->rule != NULL))
		c->review.step = true;
}

/* `done` waits for a message that the model hasn't read; in test-first mode also
 * once for a failing test: after that the work counts as unproven. */
static bool
call_done_too_early(struct core *c, const struct core_call *call)
{
	if (c->fold->unread > 0) {
		emit_result(c, call->id, call->name, true, NULL,
		    "not finished: the user sent another message");
		return true;
	}
	if (!json_is(c->start, "test_first", "on") || task_plans(c) || c->task.test_first_told ||
	    c->fold->facts.test_failed || c->review.staged == 0)
		return false;
	c->task.test_first_told = true;
	emit_result(c, call->id, call->name, false, "test_first",
	    "not yet: no test was seen to fail in this task. Write a test that "
	    "shows the fault, run it on the old code (take your fix out of the "
	    "staged copy for that), then put the fix back and run it again");
	return true;
}

static void
call_done(struct core *c, const struct core_call *call, const cJSON *args)
{
	if (call_done_too_early(c, call) || plan_refuses_done(c, call))
		return;
	c->task.model = MODEL_CALLED_DONE;
	xstrset(&c->task.summary, json_str_or(args, "summary", ""));
}

static void
call_core_tool(struct core *c, const struct core_call *call, const cJSON *args)
{
	static const struct answer {
		const char	*tool;
		void		(*run)(struct core *, const struct core_call *,
				    const cJSON *args);
	} answers[] = {
		{ "background", background_answer },
		{ "done", call_done },
		{ "finding", finding_note },
		{ "mcp_tool_schema", mcp_tool_show },
		{ "plan", plan_propose },
		{ "step_done", call_step_done },
	};

	c->calls.next++;
	MEM_FIND(answers, call->name)->run(c, call, args);
	core_soon(c);
}

/* May a command run now? Not while another session has hunks that it could
 * decide (program_others_wait). On level none ask the user, or reject the call if
 * nobody can be asked. */
static bool
call_may_run(struct core *c, struct core_call *call, const char *command)
{
	AUTO_FREE char *why = NULL;
	struct err e = ERR_INIT;

	if (program_others_wait(c, &e) < 0) {
		call_deny(c, call, "no_sandbox", e.text, FAULT_NO_SANDBOX);
		return false;
	}
	if (c->sandbox.level != SANDBOX_NONE || c->mode == MODE_DEMO ||
	    (call->allowed && call->asked == ASKED_OUTSIDE))
		return true;
	if (!c->person) {
		call_deny(c, call, "no_sandbox",
		    "there is no sandbox on this host and nobody to ask, so "
		    "commands can't run (if this machine is a container that "
		    "may be the sandbox, the user can start assent with "
		    "--sandbox container)",
		    FAULT_NO_SANDBOX | FAULT_NO_SANDBOX_CALL);
		return false;
	}
	why = program_outside_why(c->mode == MODE_TRY ? "your command" :
	    "the model's command");
	emit_ask(c, call, ASKED_OUTSIDE, &(struct ev_ask){
	    .command = command, .why = why });
	return false;
}

/* Client command: the user's answer to a question. */
static int
call_answer_ask(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	AUTO_FREE char *asked = NULL;
	struct core_call *call;

	(void)e;
	PART_EACH(c, p)
		if ((*p)->answer != NULL && (*p)->answer(c, command, client))
			return 0;
	if ((c->waits & WAIT_CALL) == 0)
		return 0;
	call = &c->calls.list[c->calls.next];
	asked = emit_ask_id(call);
	if (!json_is(command, "id", asked))
		return 0;
	emit_answered(c, command, client);
	phase_answered(c, WAIT_CALL);
	if (json_bool(command, "allow", false))
		call->allowed = true;
	else
		call_deny(c, call, "refused", call->asked == ASKED_BY_HOOK ||
		    mcp_tool(c, call->name) != NULL ?
		    "the user did not allow this call" :
		    "the user did not allow this command", FAULT_REFUSED);
	core_soon(c);
	return 0;
}

/* run_tests: the configured command, limited to {path} if it takes one. */
static cJSON *
call_test_args(struct core *c, const cJSON *args)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *command = shell_fill(c->check.command, "{path}",
	    json_str_or(args, "path", ""));

	json_add_str(o, "command", command);
	return o;
}

/* False, with the answer given, if the target is outside the project. */
static bool
call_test_is_inside(struct core *c, const struct core_call *call,
    const cJSON *args)
{
	const char *path = json_str_or(args, "path", "");
	AUTO_FREE char *full = fs_normalize(c->cwd, path), *text = NULL;
	bool inside = fs_is_below(full, c->root);

	if (inside)
		return true;
	text = xasprintf("%.200s is outside the project: nothing was run",
	    path);
	call_deny(c, call, "outside", text, 0);
	return false;
}

/* One call in the list for TOOL_PARALLEL. */
static cJSON *
call_together_take(const char *name, cJSON *args)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "name", name);
	json_set_take(o, "args", args);
	return o;
}

/* If this call only reads and doesn't repeat an earlier one (the budget has
 * to see repetitions), journal it and return the sandbox's arguments. Else
 * NULL. */
static cJSON *
call_join(struct core *c, struct core_call *call)
{
	const struct tool_entry *t;
	struct err e = ERR_INIT;
	cJSON *args = call_args(c, call, &e);
	const char *kind;
	AUTO_FREE char *fault = call_fault(c, call, args, &e, &t, &kind);

	if (fault != NULL || t->effects != TOOL_READS ||
	    hook_tool(c, call, args, false) ||
	    task_usage_is_again(&c->fold->facts.usage, call->name, args,
	    call->args_text)) {
		cJSON_Delete(args);
		return NULL;
	}
	call_journal(c, call, args, "model");
	seen_begin(c, call);
	return call_together_take(call->name, args);
}

/* The current call only reads: the reading calls right after it run in
 * parallel. */
static void
call_run_looks(struct core *c, const cJSON *args)
{
	struct core_call *call = &c->calls.list[c->calls.next];
	cJSON *o = cJSON_CreateObject(), *list, *it;
	size_t n = 1;

	seen_begin(c, call);
	list = cJSON_AddArrayToObject(o, "calls");
	cJSON_AddItemToArray(list, call_together_take(call->name,
	    cJSON_Duplicate(args, true)));
	while (n < TOOL_TOGETHER_MOST && c->calls.next + n < c->calls.len &&
	    (it = call_join(c, call + n)) != NULL) {
		cJSON_AddItemToArray(list, it);
		n++;
	}
	if (n == 1)
		call_run(c, call->name, args, 1);
	else
		call_run(c, TOOL_PARALLEL, o, n);
	cJSON_Delete(o);
}

static void
call_dispatch(struct core *c, struct core_call *call,
    const struct tool_entry *t, cJSON *args)
{
	if (strcmp(t->name, "background") == 0 && background_wait(c, args))
		return;
	if ((t->effects & TOOL_CORE) != 0) {
		call_core_tool(c, call, args);
		return;
	}
	if ((t->effects & TOOL_SERVER) != 0) {
		mcp_call_run(c, call, args);
		return;
	}
	if (strcmp(t->name, "bash") == 0 &&
	    json_bool(args, "background", false)) {
		background_start(c, call, args);
		return;
	}
	if (t->effects == TOOL_READS) {
		call_run_looks(c, args);
		return;
	}
	if ((t->effects & TOOL_WRITES) != 0)
		seen_begin(c, call);
	if (strcmp(t->name, "run_tests") == 0) {
		AUTO_JSON cJSON *real = NULL;

		if (!call_test_is_inside(c, call, args))
			return;
		real = call_test_args(c, args);
		if (call_may_run(c, call, json_str_or(real, "command", "")))
			call_run(c, t->name, real, 1);
		return;
	}
	/* What the user is asked about. */
	if (strcmp(t->name, "web_fetch") == 0) {
		AUTO_FREE char *text = xasprintf("web_fetch %s",
		    json_str_or(args, "url", ""));

		json_add_str(args, "command", text);
	}
	if ((t->effects & TOOL_COMMAND) != 0 &&
	    !call_may_run(c, call, json_str_or(args, "command", "")))
		return;
	call_run(c, t->name, args, 1);
}

/* Run the command of `try`. */
static void
call_try(struct core *c)
{
	AUTO_BUF struct buf words = BUF_INIT(0);
	bool patch = json_str(c->start, "patch_sha256") != NULL;
	cJSON *argv;
	const cJSON *shown, *it;
	struct core_call *call;
	AUTO_JSON cJSON *args = cJSON_CreateObject();

	argv = patch ? patch_argv(c) :
	    cJSON_Duplicate(json_array(c->start, "command"), 1);
	json_set_take(args, "argv", argv);
	/* What the user typed, not how git is called for it. */
	if (patch)
		buf_addf(&words, "apply %s", json_str_or(c->start,
		    "patch_name", "a patch"));
	shown = patch ? NULL : argv;
	cJSON_ArrayForEach(it, shown) {
		if (words.len > 0)
			buf_addc(&words, ' ');
		shell_quote(&words, it->valuestring);
	}
	call = c->calls.list;
	if (call == NULL) {
		call = call_add(c, "try", "argv", buf_str(&words), true);
		json_add_str(args, "command", buf_str(&words));
		call_journal(c, call, args, "user");
	}
	/* git applies the user's own patch to the staged copy, so no
	 * question. */
	if (patch) {
		call->asked = ASKED_OUTSIDE;
		call->allowed = true;
	}
	if (call_may_run(c, call, buf_str(&words)))
		call_run(c, "argv", args, 1);
}

/* Is the call repeated too often, in this answer or before? Then the task
 * pauses. */
static bool
call_repeats(struct core *c, const struct core_call *call, const cJSON *args)
{
	const struct task_usage *s = &c->fold->facts.usage;
	int64_t most = s->now[LIMIT_REPEAT];

	/* A call that the user allowed, or that hooks have heard of, is in the
	 * journal and counted already. */
	if (most <= 0 || s->repeats < most || call->allowed || call->hooked ||
	    !task_usage_is_again(s, call->name, cJSON_IsObject(args) ? args :
	    NULL, call->args_text))
		return false;
	budget_pause(c, LIMIT_REPEAT);
	return true;
}

void
call_next(struct core *c)
{
	struct core_call *call;
	const struct tool_entry *t;
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *args = NULL;
	AUTO_FREE char *text = NULL;
	const char *kind;

	if (c->mode == MODE_TRY) {
		call_try(c);
		return;
	}
	call = &c->calls.list[c->calls.next];
	/* phases: a call starts in IDLE, and only while no question is open. */
	assert(c->phase == PHASE_IDLE && c->waits == 0);
	assert(task_runs(c));
	args = call_args(c, call, &e);
	if (call_repeats(c, call, args)) {
		core_soon(c);
		return;
	}
	if (!call->allowed && !call->hooked)
		call_journal(c, call, args, "model");
	text = call_fault(c, call, args, &e, &t, &kind);
	if (text != NULL) {
		AUTO_FREE char *advice = edit_tools_advice(c, call, kind);
		AUTO_FREE char *names = call_tools_advice(c, t);
		AUTO_FREE char *both = xasprintf("%s%s%s", text,
		    names == NULL ? "" : names, advice == NULL ? "" : advice);

		call_deny(c, call, kind, both, 0);
		edit_tools_note(c);
	} else if (!hook_tool(c, call, args, true))
		call_dispatch(c, call, t, args);
}

static const struct core_command call_commands[] = {
	{ "answer", IN_ANY, HAS_ASK, 0, WITH_USER, .act = call_answer_ask },
	{ 0 }
};

const struct core_part tools_part = {
	.line = edit_tools_line, .lines = OF(EVENT_TOOL_RESULT),
	.free = tools_free, .commands = call_commands,
};
