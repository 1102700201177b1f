#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "core/call.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/mcp/mcp.h"
#include "core/turn.h"
#include "journal/event.h"
#include "tool/tool.h"

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

	return MEM_FIND(others, kind) == NULL &&
	    strcmp(name, "apply_patch") == 0;
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
edit_tools_line(struct core *c, const cJSON *event, enum event_type type)
{
	const char *name = json_str_or(event, "name", "");

	if (type != EVENT_TOOL_RESULT)
		return;
	if (json_bool(event, "ok", false)) {
		if (edit_tools_counts(name, ""))
			c->edits.patch_fails = 0;
	} else if (edit_tools_counts(name, json_str_or(event, "error", "")) &&
	    ++c->edits.patch_fails >= EDIT_TOOLS_FAILS) {
		/* A resumed session has told the model before. */
		c->edits.patch = c->resume != NULL ? PATCH_OFF_TOLD : PATCH_OFF;
	}
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

#define SHORT_BYTES	100	/* limit on a description */
#define ADVICE_NAMES	50	/* of tools, in an error */

static void	short_tools(struct core *c, struct tool_schema *v, size_t n,
    bool of_many);

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
	const cJSON *o;
	size_t i;

	if (!of_many && !compact_short_tools(c))
		return;
	for (i = 0; i < n; i++) {
		o = short_tool(c, &v[i], of_many);
		v[i].description = json_str_or(o, "description", "");
		v[i].parameters = json_str_or(o, "parameters", "{}");
	}
}

struct tool_schema *
call_tools(struct core *c, size_t *n)
{
	struct tool_schema *v = xcalloc(tool_table_len + mcp_tools_len(c),
	    sizeof(*v));
	size_t i, servers;

	*n = 0;
	for (i = 0; i < tool_table_len; i++) {
		if (!call_tool_exists(c, &tool_table[i]) ||
		    !edit_tools_offered(c, &tool_table[i]))
			continue;
		v[*n].name = tool_table[i].name;
		v[*n].description = tool_table[i].description;
		v[*n].parameters = tool_table[i].schema;
		v[*n].grammar = tool_table[i].grammar;
		v[*n].strict = (tool_table[i].effects & TOOL_STRICT) != 0;
		(*n)++;
	}
	servers = mcp_tools_fill(c, v + *n);
	short_tools(c, v, *n, false);
	short_tools(c, v + *n, servers, mcp_tools_are_short(c));
	*n += servers;
	return v;
}

char *
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

/* ---- what it must make ---- */

struct patch_want {
	char		*path;
	const cJSON	*after;
	bool		 any;	/* whatever it is then */
	bool		 met;
};

static bool
patch_side_is(const cJSON *side, const cJSON *want)
{
	return cJSON_IsObject(side) && cJSON_IsObject(want) ?
	    json_int(side, "mode", 0) == json_int(want, "mode", 0) &&
	    json_is(side, "hash", json_str_or(want, "hash", "")) :
	    !cJSON_IsObject(side) && !cJSON_IsObject(want);
}

static int
patch_made(const struct pathmap *wants, const cJSON *file, const char *key,
    const cJSON *side, struct err *e)
{
	size_t n;
	AUTO_FREE char *path = json_get_bytes(file, key, &n);
	struct patch_want *w = path == NULL ? NULL : pathmap_find(wants, path);

	if (path == NULL)
		return 0;
	if (w != NULL)
		w->met = true;
	if (w != NULL && (w->any || patch_side_is(side, w->after)))
		return 0;
	return err_set(e, "the patch %s %.200s, but the proposal %s; nothing "
	    "is proposed", cJSON_IsObject(side) ? "changes" : "deletes",
	    json_str_or(file, key, "?"), w == NULL ? "doesn't name that file" :
	    "says that it has other content then");
}

int
patch_check(struct core *c, const cJSON *files, struct err *e)
{
	AUTO(pathmap_release) struct pathmap wants = { 0 };
	AUTO_FREE void **list = NULL;
	const cJSON *it;
	size_t i, n;
	int rc = 0;

	if (c->review.expected == NULL)
		return 0;
	cJSON_ArrayForEach(it, c->review.expected) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);
		struct patch_want *w = path == NULL ? NULL :
		    pathmap_add(&wants, path, sizeof(*w));

		if (w != NULL) {
			w->after = json_get(it, "after");
			w->any = json_bool(it, "any", false);
		}
	}
	cJSON_ArrayForEach(it, files)
		if (rc == 0 && (rc = patch_made(&wants, it, "path",
		    json_get(it, "after"), e)) == 0)
			rc = patch_made(&wants, it, "from", NULL, e);
	list = pathmap_list(&wants);
	for (i = 0; rc == 0 && list[i] != NULL; i++) {
		const struct patch_want *w = list[i];

		if (!w->met && !w->any)
			rc = err_set(e, "the patch doesn't change %.200s, but "
			    "the proposal does; nothing is proposed", w->path);
	}
	if (rc == 0)
		json_drop(&c->review.expected);
	return rc;
}

bool
patch_is_wanted(const struct core *c)
{
	return json_str(c->start, "patch_sha256") != NULL;
}

cJSON *
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

const struct core_part tools_part = {
	.line = edit_tools_line, .free = tools_free,
};
