/*
 * Events: what is read from a line and written again is the same line; what a
 * line lacks or has wrong is missing.
 */
#include "config.h"

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "tests/unit/unit.h"

/* Nothing says the same as zero. */
static bool
is_nothing(const cJSON *v)
{
	return v == NULL || cJSON_IsNull(v) || cJSON_IsFalse(v) ||
	    (cJSON_IsNumber(v) && v->valuedouble == 0) ||
	    (cJSON_IsArray(v) && v->child == NULL);
}

static void want_same(const char *what, const cJSON *, const cJSON *);

/* All members of `a` but those that only older versions wrote; a path with
 * control characters may be in base64. */
static void
want_members(const char *what, const cJSON *a, const cJSON *b)
{
	static const char *const old[] = { "commit_begin.files.head",
		"commit_begin.files.index", "commit_begin.files.after" };
	const cJSON *it;

	cJSON_ArrayForEach(it, a) {
		AUTO_FREE char *name = xasprintf("%s.%s", what, it->string);
		AUTO_FREE char *bytes = json_get_bytes(b, it->string, NULL);

		if (MEM_FIND(old, name) == NULL && (!cJSON_IsString(it) ||
		    bytes == NULL || strcmp(bytes, it->valuestring) != 0))
			want_same(name, it, json_get(b, it->string));
	}
}

static void
want_same(const char *what, const cJSON *a, const cJSON *b)
{
	AUTO_FREE char *x = a == NULL ? NULL : json_print(a);
	AUTO_FREE char *y = b == NULL ? NULL : json_print(b);
	const cJSON *it;

	if (is_nothing(a) && is_nothing(b))
		return;
	if (cJSON_IsObject(a) && cJSON_IsObject(b)) {
		want_members(what, a, b);
		cJSON_ArrayForEach(it, b)
			if (json_get(a, it->string) == NULL &&
			    !is_nothing(it) && strstr(it->string, "_b64") ==
			    NULL)
				fail_msg("%s: %s is new", what, it->string);
	} else if (cJSON_IsArray(a) && cJSON_IsArray(b) &&
	    cJSON_GetArraySize(a) == cJSON_GetArraySize(b)) {
		for (a = a->child, b = b->child; a != NULL; a = a->next) {
			want_same(what, a, b);
			b = b->next;
		}
	} else if (a == NULL || b == NULL || !cJSON_Compare(a, b, 1))
		fail_msg("%s: %s, written as %s", what, x == NULL ? "nothing" :
		    x, y == NULL ? "nothing" : y);
}

/* How many lines of the file are written as they were read. */
static size_t
want_file(const char *path)
{
	static const char *const own[] = { "seq", "t", "type", "by", "prev",
		"h", "cut" };
	struct linefile lines = { .fd = open(path, O_RDONLY),
		.b = BUF_INIT((size_t)64 << 20) };
	const char *line;
	size_t n, i, count = 0;

	while (linefile_next(&lines, &line, &n, NULL) == LINEFILE_LINE) {
		AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, NULL);
		AUTO_JSON cJSON *out = NULL;
		AUTO_EVENT struct event e;

		event_read(&e, o);
		if (e.type == EVENT_OTHER)
			continue;
		assert_int_equal(e.seq, json_int(o, "seq", 0));
		assert_string_equal(e.t, json_str_or(o, "t", ""));
		assert_string_equal(e.by, json_str_or(o, "by", ""));
		out = event_write(e.type, &e.note);
		for (i = 0; i < MEM_COUNT(own); i++) {
			cJSON_DeleteItemFromObjectCaseSensitive(o, own[i]);
			cJSON_DeleteItemFromObjectCaseSensitive(out, own[i]);
		}
		want_same(event_rows[e.type].name, o, out);
		count++;
	}
	linefile_release(&lines);
	return count;
}

TEST(test_fixtures)
{
	const char *src = getenv("srcdir");
	AUTO_FREE char *pattern = xasprintf("%s/tests/fixtures/*/*.jsonl",
	    src == NULL ? "." : src);
	size_t i, count = 0;
	glob_t g;

	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	for (i = 0; i < g.gl_pathc; i++)
		count += want_file(g.gl_pathv[i]);
	globfree(&g);
	assert_true(count > 150);
}

#define AUTO_GOT AUTO(event_drop)

static struct event *
get(const char *text)
{
	AUTO_JSON cJSON *o = json_parse(text, strlen(text), JSON_OWN, NULL);
	AUTO_EVENT struct event e;
	struct event *got = NULL;

	event_read(&e, o);
	assert_non_null(o);
	event_keep_line(&got, &e);
	return got;
}

/* The line is deleted. */
static void
want_line(cJSON *line, const char *want)
{
	AUTO_FREE char *s = json_print(line);

	assert_string_equal(s, want);
	cJSON_Delete(line);
}

TEST(test_types)
{
	static const char *const own[] = { "seq", "t", "type", "by", "prev",
		"h" };
	static const struct event none;
	size_t k;
	int i;

	for (i = EVENT_OTHER + 1; i < EVENT_TYPES_LEN; i++) {
		AUTO_JSON cJSON *o = cJSON_CreateObject();

		/* The journal writes these itself. */
		event_write_whole(o, i, &none.note);
		for (k = 0; k < MEM_COUNT(own); k++)
			assert_null(json_get(o, own[k]));
		json_add_str(o, "type", event_rows[i].name);
		assert_int_equal(event_type(o), i);
		assert_true(strcmp(event_rows[i - 1].name,
		    event_rows[i].name) < 0);
	}
	assert_int_equal(EVENT_IS_decision, EVENT_DECISION);
	want_line(EVENT_LINE(live), "{\"type\":\"live\"}");
	want_line(EVENT_LINE(status, .state = "idle", .doing = ""),
	    "{\"type\":\"status\",\"state\":\"idle\",\"doing\":\"\"}");
}

/* All members, also those that are missing. */
TEST(test_whole)
{
	cJSON *o = cJSON_CreateObject();

	event_write_whole(o, EVENT_AGENT_END, &(struct ev_agent_end){
	    .outcome = "done", .rejected = EV_IS(2),
	    .cost_usd = EV_KNOWN(-1) });
	want_line(o, "{\"outcome\":\"done\",\"exit\":0,\"stopped\":false,"
	    "\"findings\":[],\"mcp_missing\":[],\"hooks\":[],"
	    "\"decided\":0,\"rejected\":2,\"replaced\":0,\"turns\":0,"
	    "\"tokens\":null,\"session\":null,\"cost_usd\":null,"
	    "\"limit\":null,\"calls\":{},\"steps\":[],\"worked_ms\":0,"
	    "\"modified_files\":[],\"renamed\":[],\"proposed\":[],"
	    "\"dropped\":0,\"rolled_back\":false,\"left_out\":false,"
	    "\"not_proposable\":[],\"products\":[],\"not_written\":[],"
	    "\"adds\":[],\"prompts\":0,"
	    "\"accepted_by\":{},\"check\":null,\"proofs\":[],"
	    "\"notice\":null,\"seconds\":0,"
	    "\"setup_failed\":false}");
}

TEST(test_bytes)
{
	static const struct { const char *p; size_t len; } t[] = {
		{ "", 0 }, { "plain\n", 6 }, { "gr\xfc\xdf", 4 },
		{ "a\0b", 3 }, { "\xc3", 1 },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		AUTO_JSON cJSON *o = EVENT_LINE(file, .side = "after",
		    .text = { t[i].p, t[i].len });
		AUTO_EVENT struct event e;

		event_read(&e, o);
		assert_int_equal(e.file.text.len, t[i].len);
		assert_memory_equal(e.file.text.p, t[i].p, t[i].len + 1);
		assert_int_equal(json_get(o, "text_b64") != NULL, i >= 2);
		assert_int_equal(json_get(o, "text") != NULL, i < 2);
	}
	/* A text isn't bytes: it is repaired. */
	want_line(EVENT_LINE(note, .text = "gr\xfc\xdf"),
	    "{\"type\":\"note\",\"text\":\"gr\xef\xbf\xbd\xef\xbf\xbd\"}");
}

TEST(test_paths)
{
	static const char *const paths[] = { "a/b.c", "a\nb", "\xff\x1b[m",
		"\xc3\xa4" };
	/* YQpi: a, newline, b */
	AUTO_GOT struct event *only = get("{\"type\":\"finding\","
	    "\"path_b64\":\"YQpi\"}");
	AUTO_GOT struct event *turned = get("{\"type\":\"finding\","
	    "\"path_b64\":\"YQpi\",\"path\":\"as it is shown\"}");
	AUTO_GOT struct event *bad = get("{\"type\":\"finding\",\"path\":"
	    "\"a\",\"path_b64\":\"?\",\"message_b64\":\"YQpi\"}");
	const struct ev_applied_op *op;
	size_t i;

	for (i = 0; i < MEM_COUNT(paths); i++) {
		struct ev_applied_op one = { .path_bytes = paths[i],
			.ok = true };
		AUTO_JSON cJSON *o = EVENT_LINE(applied, .tx = 1, .ops = &one,
		    .ops_len = 1);
		AUTO_EVENT struct event e;

		event_read(&e, o);
		assert_int_equal(e.applied.ops_len, 1);
		op = e.applied.ops;
		assert_string_equal(op->path_bytes, paths[i]);
		assert_int_equal(strcmp(op->path, paths[i]) == 0,
		    i == 0 || i == 3);
		assert_null(strpbrk(op->path, "\n\x1b\xff"));
		assert_null(op->from);
		assert_null(op->from_bytes);
	}
	assert_string_equal(only->finding.path_bytes, "a\nb");
	assert_string_equal(only->finding.path, "a\\x0ab");
	assert_string_equal(turned->finding.path_bytes, "a\nb");
	assert_string_equal(turned->finding.path, "as it is shown");
	assert_string_equal(bad->finding.path_bytes, "a");
	assert_null(bad->finding.message);
}

/* A member of another type is missing. */
TEST(test_wrong_types)
{
	static const char line[] = "{\"type\":\"proposal\",\"seq\":\"1\","
	    "\"t\":7,\"by\":[],\"proposal\":\"1\",\"version\":{},\"final\":1,"
	    "\"files\":{\"path\":\"x\"},\"undo_part\":\"yes\","
	    "\"ignored\":[1],\"refused\":\"x\","
	    "\"ignored_some\":[\"a\",7,null,\"b\"],"
	    "\"undo_left\":[3,{\"path\":7,\"why\":\"w\"},[]]}";
	static const struct ev_path_why none = { 0 };
	AUTO_GOT struct event *e = get(line);
	const struct ev_proposal *p = &e->proposal;

	assert_int_equal(e->type, EVENT_PROPOSAL);
	assert_int_equal(e->seq, 0);
	assert_string_equal(e->t, "");
	assert_string_equal(e->by, "");
	assert_int_equal(p->proposal + p->version + p->ignored, 0);
	assert_false(p->final.is || p->undo_part);
	assert_null(p->files);
	assert_null(p->refused);
	assert_int_equal(p->files_len + p->refused_len, 0);
	assert_int_equal(p->ignored_some_len, 2);
	assert_string_equal(p->ignored_some[1], "b");
	/* An element stays, so that the others keep their places. */
	assert_int_equal(p->undo_left_len, 3);
	assert_memory_equal(&p->undo_left[0], &none, sizeof(none));
	assert_memory_equal(&p->undo_left[2], &none, sizeof(none));
	assert_null(p->undo_left[1].path);
	assert_string_equal(p->undo_left[1].why, "w");
}

TEST(test_numbers)
{
	AUTO_GOT struct event *e = get("{\"type\":\"retry\",\"attempt\":1e300,"
	    "\"of\":-3,\"status\":-1e300,\"wait_ms\":1.9,\"left_ms\":0}");
	AUTO_GOT struct event *b = get("{\"type\":\"apply_begin\",\"ops\":["
	    "{\"before\":{\"mode\":-1},\"after\":{\"mode\":33188,"
	    "\"size\":9007199254740993}}]}");

	assert_int_equal(e->retry.attempt, 0);
	assert_int_equal(e->retry.of, -3);
	assert_false(e->retry.status.is);
	assert_int_equal(e->retry.wait_ms, 1);
	assert_true(e->retry.left_ms.is);
	assert_int_equal(ev_int(e->retry.left_ms, 7), 0);
	assert_int_equal(ev_int(e->retry.status, 7), 7);
	assert_int_equal(b->apply_begin.ops->before->mode, 0);
	assert_int_equal(b->apply_begin.ops->after->mode, 33188);
	assert_int_equal(b->apply_begin.ops->after->size.n,
	    9007199254740992);
}

TEST(test_unknown)
{
	AUTO_EVENT struct event nothing;
	AUTO_GOT struct event *newer = get("{\"seq\":4,\"t\":\"now\",\"type\":"
	    "\"telepathy\",\"by\":\"core\",\"text\":\"x\",\"cut\":{}}");
	AUTO_GOT struct event *e = get("{\"type\":\"ask\",\"id\":\"1\","
	    "\"i\":\"x\",\"idea\":\"x\",\"id_b64\":\"YQ\",\"\":\"x\","
	    "\"for_\":\"no\",\"for\":\"make\",\"why\":\"\",\"port\":80}");
	AUTO_GOT struct event *list = get("[{\"type\":\"note\"}]");

	assert_int_equal(newer->type, EVENT_OTHER);
	assert_int_equal(newer->seq, 4);
	assert_string_equal(newer->t, "now");
	assert_string_equal(newer->by, "core");
	assert_non_null(newer->cut);
	assert_string_equal(json_str(newer->line, "text"), "x");
	assert_string_equal(e->ask.id, "1");
	assert_string_equal(e->ask.for_, "make");
	assert_string_equal(e->ask.why, "");
	assert_null(e->ask.command);
	assert_null(e->cut);
	want_line(event_write(e->type, &e->ask), "{\"id\":\"1\",\"why\":\"\","
	    "\"port\":80,\"for\":\"make\"}");
	event_read(&nothing, NULL);
	assert_int_equal(nothing.type, EVENT_OTHER);
	assert_string_equal(nothing.by, "");
	assert_int_equal(list->type, EVENT_OTHER);
	assert_false(ev_is(NULL, "x") || ev_is("y", "x"));
	assert_true(ev_is("x", "x"));
	assert_string_equal(ev_str(NULL, "x"), "x");
}

TEST(test_lists)
{
	AUTO_GOT struct event *none = get("{\"type\":\"draft\"}");
	AUTO_GOT struct event *empty = get("{\"type\":\"draft\","
	    "\"marks\":[]}");
	AUTO_GOT struct event *one = get("{\"type\":\"tool_result\","
	    "\"seen\":{\"path\":\"a\",\"id\":\"1\"}}");
	AUTO_GOT struct event *two = get("{\"type\":\"tool_result\","
	    "\"seen\":[{\"path\":\"a\",\"id\":\"1\"},"
	    "{\"path\":\"b\",\"id\":\"2\"}]}");
	AUTO_GOT struct event *begin = get("{\"type\":\"commit_begin\","
	    "\"changes\":[1,\"x\",9]}");
	size_t n = 0, i;

	assert_null(none->draft.marks);
	assert_non_null(empty->draft.marks);
	assert_int_equal(empty->draft.marks_len, 0);
	want_line(event_write(empty->type, &empty->draft),
	    "{\"proposal\":0,\"marks\":[]}");
	want_line(event_write(none->type, &none->draft), "{\"proposal\":0}");
	MEM_EACH(&one->tool_result, seen, it)
		n += strcmp(it->path, "a") == 0;
	assert_int_equal(n, 1);
	assert_string_equal(two->tool_result.seen[1].id, "2");
	for (i = 0; i < 2; i++) {
		const struct event *e = i == 0 ? one : two;
		AUTO_JSON cJSON *out = event_write(e->type, &e->tool_result);

		assert_true(cJSON_Compare(json_get(e->line, "seen"),
		    json_get(out, "seen"), 1));
	}
	assert_int_equal(begin->commit_begin.changes_len, 2);
	assert_int_equal(begin->commit_begin.changes[1], 9);
}

/* Null, missing, and zero. */
TEST(test_null)
{
	AUTO_GOT struct event *e = get("{\"type\":\"turn_end\",\"turn\":1,"
	    "\"usage\":{\"input\":null,\"output\":0},\"cost_usd\":null,"
	    "\"guess\":null,\"broken\":null}");
	AUTO_GOT struct event *p = get("{\"type\":\"proposal\","
	    "\"atomic\":null,\"final\":false}");
	AUTO_GOT struct event *w = get("{\"type\":\"apply_begin\",\"ops\":["
	    "{\"path\":\"a\",\"op\":\"create\",\"before\":null}]}");

	assert_false(e->turn_end.usage->input.is);
	assert_true(e->turn_end.usage->output.is);
	assert_false(e->turn_end.cost_usd.is || e->turn_end.broken);
	assert_null(e->turn_end.guess);
	want_line(event_write(e->type, &e->turn_end), "{\"turn\":1,\"usage\":"
	    "{\"input\":null,\"cached\":null,\"cache_write\":null,"
	    "\"output\":0,\"reasoning\":null},\"cost_usd\":null}");
	assert_true(cJSON_IsNull(p->proposal.atomic));
	assert_true(p->proposal.final.is && !p->proposal.final.on);
	assert_null(w->apply_begin.ops->before);
	want_line(event_write(w->type, &w->apply_begin), "{\"tx\":0,"
	    "\"decision\":0,\"ops\":[{\"path\":\"a\",\"op\":\"create\","
	    "\"before\":null,\"after\":null}]}");
	/* A flag and a count that may be missing aren't there if they are
	 * zero; an answer and a number are. */
	want_line(EVENT_LINE(agent_end, .outcome = "done", .summary = "",
	    .tokens = &(struct ev_tokens){ 0 }, .stopped = EV_ON(false),
	    .worked_ms = 0, .rolled_back = false, .cost_usd = EV_KNOWN(-1)),
	    "{\"type\":\"agent_end\",\"outcome\":\"done\",\"exit\":0,"
	    "\"stopped\":false,\"summary\":\"\",\"turns\":0,\"tokens\":"
	    "{\"in\":null,\"out\":null,\"cached\":null},\"cost_usd\":null,"
	    "\"modified_files\":[],\"proposed\":[],\"prompts\":0,"
	    "\"check\":null}");
	want_line(EVENT_LINE(error, .kind = "k", .text = "x",
	    .status = EV_IS(0)),
	    "{\"type\":\"error\",\"kind\":\"k\",\"text\":\"x\","
	    "\"status\":0}");
}

/* Members that another module reads are JSON. */
TEST(test_raw)
{
	AUTO_GOT struct event *e = get("{\"type\":\"tool_call\",\"args\":"
	    "{\"path\":[1,{\"x\":null}]},\"args_text\":\"t\"}");

	assert_true(cJSON_Compare(e->tool_call.args, json_get(e->line, "args"),
	    true));
	want_line(event_write(e->type, &e->tool_call), "{\"turn\":0,\"args\":"
	    "{\"path\":[1,{\"x\":null}]},\"args_text\":\"t\"}");
}

TEST(test_keep)
{
	AUTO_GOT struct event *live = get("{\"type\":\"live\"}");
	struct event *kept = get("{\"type\":\"changes\",\"seq\":3,"
	    "\"changed_on_disk\":[{\"tx\":1,\"path_b64\":\"YQpi\"}]}");
	const struct ev_changed_path *file = kept->changes.changed_on_disk;

	assert_int_equal(kept->seq, 3);
	assert_string_equal(file->path_bytes, "a\nb");
	assert_int_equal(file->tx, 1);
	assert_int_equal(json_int(kept->line, "seq", 0), 3);
	/* Instead of itself, of another one, and of none. */
	event_keep_line(&kept, kept);
	assert_int_equal(json_int(kept->line, "seq", 0), 3);
	event_keep(&kept, kept);
	assert_null(kept->line);
	assert_int_equal(kept->changes.changed_on_disk_len, 1);
	event_keep(&kept, live);
	assert_int_equal(kept->type, EVENT_LIVE);
	event_drop(&kept);
	assert_null(kept);
	event_drop(&kept);
}

/* Without its line it has the same members, and nothing is borrowed. */
TEST(test_keep_members)
{
	static const char *const lines[] = {
		"{\"type\":\"changes\",\"changed_on_disk\":[{\"tx\":1,"
		    "\"path_b64\":\"YQpi\"}]}",
		"{\"type\":\"tool_call\",\"args\":{\"path\":[1,{\"x\":"
		    "null}]},\"args_text\":\"t\"}",
		"{\"type\":\"proposal\",\"files\":[{\"path\":\"x\","
		    "\"after\":{\"hash\":\"a\",\"mode\":33188},\"split\":"
		    "[\"1\",\"2\"],\"hunks\":[{\"id\":\"1\",\"text\":"
		    "\"+a\"},{\"id\":\"2\",\"text_b64\":\"K/8=\"}]},"
		    "{\"path\":\"y\",\"hunks\":[]}]}",
		"{\"type\":\"nothing\"}",
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(lines); i++) {
		struct event *with = get(lines[i]);
		AUTO_GOT struct event *kept = NULL, *again = NULL;
		AUTO_JSON cJSON *written = with->type == EVENT_OTHER ? NULL :
		    event_write(with->type, &with->note);
		AUTO_FREE char *want = written == NULL ? NULL :
		    json_print(written);

		event_keep(&kept, with);
		event_keep(&again, kept);
		event_drop(&kept);
		assert_null(kept);
		assert_int_equal(again->type, with->type);
		assert_null(again->line);
		event_drop(&with);
		if (want != NULL)
			want_line(event_write(again->type, &again->note),
			    want);
	}
}

/* What is made has what a reader of its line gets, and borrows nothing. */
TEST(test_made)
{
	char text[] = "gr\xfc\xdf", path[] = "a\nb";
	struct ev_note_file file = { .path_bytes = path };
	AUTO_EVENT struct event made, end;

	event_make(&made, EVENT_NOTE, &(struct ev_note){ .text = text,
	    .files = &file, .files_len = 1 });
	event_make(&end, EVENT_AGENT_END, &(struct ev_agent_end){
	    .rejected = EV_KNOWN(-1), .cost_usd = EV_IS(-1) });
	text[0] = path[0] = 'x';
	assert_int_equal(made.type, EVENT_NOTE);
	assert_string_equal(made.note.text, "gr\xef\xbf\xbd\xef\xbf\xbd");
	assert_int_equal(made.note.files_len, 1);
	assert_string_equal(made.note.files[0].path, "a\\x0ab");
	assert_string_equal(made.note.files[0].path_bytes, "a\nb");
	assert_null(made.note.files[0].before);
	assert_int_equal(end.agent_end.rejected.n, 0);
	assert_false(end.agent_end.cost_usd.is);
}

/* As deep as a line may be, where a list or an object is expected; a member
 * twice; very many of them. */
TEST(test_hostile)
{
	static const char *const in[] = { "{\"files\":", "[", "{\"hunks\":[",
		"{\"comments\":[", "{\"rules\":{\"small\":" };
	size_t i, k;

	for (i = 0; i < MEM_COUNT(in); i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		AUTO_JSON cJSON *o = NULL;
		AUTO_EVENT struct event e;

		buf_adds(&b, "{\"type\":\"proposal\",\"files\":");
		for (k = 0; k < 20; k++)
			buf_adds(&b, in[i]);
		buf_adds(&b, "null");
		/* Close what is open, from the end. */
		for (k = b.len; k > 1; k--)
			if (b.p[k - 1] == '{' || b.p[k - 1] == '[')
				buf_addc(&b, b.p[k - 1] == '{' ? '}' : ']');
		buf_addc(&b, '}');
		o = json_parse(buf_str(&b), b.len, JSON_OWN, NULL);
		assert_non_null(o);
		event_read(&e, o);
		assert_int_equal(e.type, EVENT_PROPOSAL);
		cJSON_Delete(event_write(e.type, &e.proposal));
	}
	for (i = 0; i < 2; i++) {
		AUTO_JSON cJSON *o = cJSON_CreateObject();
		AUTO_EVENT struct event e;
		cJSON *list = NULL;

		json_add_str(o, "type", "note");
		for (k = 0; k < 3; k++) {
			list = cJSON_CreateArray();
			cJSON_AddItemToObject(o, "files", list);
			cJSON_AddItemToObject(o, "mcp", cJSON_CreateObject());
			cJSON_AddItemToArray(list, cJSON_CreateObject());
		}
		for (k = 0; i == 1 && k < 100000; k++)
			cJSON_AddItemToArray(list, cJSON_CreateObject());
		event_read(&e, o);
		assert_int_equal(e.note.files_len, i == 0 ? 1 : 100001);
		assert_null(e.note.files[e.note.files_len - 1].path);
		assert_non_null(e.note.mcp);
	}
}
