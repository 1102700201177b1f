#include "config.h"

#include "core/call-result.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/disk.h"
#include "core/call-hint.h"
#include "core/capture.h"
#include "core/edit-tools.h"
#include "core/hint.h"
#include "core/seen.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/emit.h"
#include "core/model.h"
#include "policy/mask.h"
#include "policy/test-summary.h"
#include "sandbox/sandbox-limits.h"
#include "tool/tool.h"

#define CALL_TEXT_CAP	((size_t)30 << 10)	/* of output for the model */
#define CALL_TEST_CAP	((size_t)4000)
#define CALL_MISSES	3	/* failed edits of one file */
#define CALL_MISSES_AFTER 2	/* the same, for a model that failed with
				   apply_patch before */

/* A line about how a command ended, to go before its output. */
static char *
call_verdict(const struct sandbox_result *r)
{
	if (r->killed != NULL)
		return xasprintf("killed (%s): %s\n", r->killed,
		    r->limit == NULL ? "" : r->limit);
	if (r->signal != 0)
		return xasprintf("killed by signal %d\n", r->signal);
	return xasprintf("exit status %d\n", r->exit);
}

/* If this call had weaker limits than the session reported, report that. */
static void
call_check_enforcement(struct core *c, const struct sandbox_result *r)
{
	char *text;

	if (!r->built || c->enforcement_noted ||
	    !sandbox_limits_enforced_weaker(&r->enforced, &c->enforced))
		return;
	c->enforcement_noted = true;
	text = sandbox_limits_enforced_text(&r->enforced);
	emit_note(c, "the limits of the last command were enforced less "
	    "strictly than when this session began: %s", text);
	free(text);
}

void
call_add_outcome(struct core *c, cJSON *o, const struct sandbox_result *r)
{
	call_check_enforcement(c, r);
	if (r->exit >= 0)
		json_add_int(o, "exit", r->exit);
	if (r->signal != 0)
		json_add_int(o, "signal", r->signal);
	json_add_str(o, "killed", r->killed);
	json_add_str(o, "limit", r->limit);
	json_add_int(o, "ms", r->ms);
}

void
call_add_out(cJSON *o, const struct capture_result *cr)
{
	cJSON *out;

	if (!cr->kept)
		return;
	out = cJSON_CreateObject();
	json_add_str(out, "sha256", cr->hash);
	json_add_int(out, "size", (int64_t)cr->size);
	json_set_take(o, "out", out);
}

/* Does the call join several commands ("git commit | tail", "curl ...; ls")?
 * The arguments are JSON, so a new line is \n. */
static bool
call_is_joined(const struct core_call *call)
{
	return strcmp(call->name, "bash") == 0 && call->args_text != NULL &&
	    (strpbrk(call->args_text, "|;") != NULL ||
	    strstr(call->args_text, "\\n") != NULL);
}

void
call_captured(struct core *c, const struct buf *from, size_t cap,
    bool tail_only, struct capture_result *cr)
{
	struct mask_list secrets = { 0 };
	struct err e = ERR_INIT;
	bool keeps = from->len <= cap || disk_keeps(c, from->len);

	model_secrets(c, &secrets);
	if (capture_end(from, keeps ? c->out_dir : NULL, &secrets, cap,
	    tail_only, cr, &e) < 0)
		emit_note(c, "the whole output was not kept: %s", e.text);
	else if (!keeps)
		emit_note(c, "the whole output was not kept: outputs may take "
		    "a quarter of --disk");
	mask_list_release(&secrets);
}

/* A note for run_tests, called with a path that its command can't take;
 * malloc'ed. */
static char *
call_path_ignored(const struct core *c, const struct core_call *call)
{
	char *text = NULL;
	cJSON *args;

	if (strcmp(call->name, "run_tests") != 0 || call->args_text == NULL ||
	    c->check.command == NULL ||
	    strstr(c->check.command, "{path}") != NULL)
		return xstrdup("");
	args = json_parse(call->args_text, strlen(call->args_text),
	    JSON_NUL_REPLACE, NULL);
	if (json_str_or(args, "path", "")[0] != '\0')
		text = xasprintf("(the path %.200s was ignored, since the "
		    "command has no {path}: this is its complete result)\n",
		    json_str(args, "path"));
	cJSON_Delete(args);
	return text == NULL ? xstrdup("") : text;
}

/* A line about background processes; malloc'ed. */
static char *
call_left(const struct sandbox_result *r)
{
	return r->left == NULL ? xstrdup("") : xasprintf("[assent: these "
	    "background processes were ended with the command: %s]\n",
	    r->left);
}

/* A command's result: how it ended, then its output. */
void
call_command_result(struct core *c, const struct core_call *call,
    const struct sandbox_result *r, cJSON *o)
{
	struct capture_result cr;
	bool test = strcmp(call->name, "run_tests") == 0;
	char *verdict = call_verdict(r), *text, *met, *hints, *words;
	char *ignored = call_path_ignored(c, call), *left = call_left(r);

	capture_overwrite(&c->capture);
	met = call_limit_hit(c, r);
	hints = call_hints(c, r, call_is_joined(call), met);
	words = test_summary(buf_str(&c->capture), c->capture.len);
	if (words == NULL)
		words = xstrdup_null(call_not_shown(c, r, &c->capture));
	call_captured(c, &c->capture, test ? CALL_TEST_CAP : CALL_TEXT_CAP, test,
	    &cr);
	text = xasprintf("%s%s%s%s%s", verdict, ignored, hints, left, cr.text);
	json_add_bool(o, "ok", r->exit == 0);
	if (r->exit != 0)
		json_add_str(o, "error", r->killed != NULL ? "killed" : "exit");
	json_add_str(o, "text", text);
	call_add_outcome(c, o, r);
	json_add_str(o, "met", met);
	json_add_str(o, "words", words);
	call_add_out(o, &cr);
	if (c->mode == MODE_TRY && (r->killed != NULL || met != NULL))
		c->task.faults |= FAULT_KILLED;
	capture_result_release(&cr);
	free(met);
	free(text);
	free(words);
	free(hints);
	free(ignored);
	free(left);
	free(verdict);
}

void
call_stopped_result(struct core *c, const char *why, bool command, cJSON *o)
{
	struct capture_result cr;
	size_t printed = c->capture.len;
	char *text;

	json_add_bool(o, "ok", false);
	json_add_str(o, "error", "interrupted");
	if (!command) {
		json_add_str(o, "text", why);
		return;
	}
	capture_overwrite(&c->capture);
	call_captured(c, &c->capture, CALL_TEXT_CAP, false, &cr);
	text = xasprintf("%s%s%s", why, cr.text[0] == '\0' ? "" : "\n",
	    cr.text);
	json_add_str(o, "text", text);
	json_add_int(o, "printed", (int64_t)printed);
	call_add_out(o, &cr);
	capture_result_release(&cr);
	free(text);
}

void
call_setup_failed(const struct sandbox_result *r, cJSON *o)
{
	char *text = xasprintf("the sandbox could not be built: %s",
	    r->error == NULL ? "unknown" : r->error);

	json_add_bool(o, "ok", false);
	json_add_str(o, "error", "sandbox");
	json_add_str(o, "text", text);
	free(text);
}

struct call_misses { char *path; int n; };

/*
 * After several failed edits of one file, advise the model to write the whole
 * file, if an answer can hold it. Malloc'ed, or NULL.
 */
static char *
call_advice(struct core *c, const struct core_call *call, const cJSON *reply)
{
	const char *path = call->targets_len == 0 ? "" :
	    call->targets[0].path;
	bool ok = json_bool(reply, "ok", false);
	struct tokens_room room;
	struct call_misses *m;

	if (!ok && strcmp(call->name, "apply_patch") == 0)
		return edit_tools_advice(c, call,
		    json_str_or(reply, "kind", ""));
	if (ok && (strcmp(call->name, "edit") == 0 ||
	    strcmp(call->name, "write") == 0))
		pathmap_remove(&c->edits.misses, path);
	/* An edit that changes nothing found its place. */
	if (ok || strcmp(call->name, "edit") != 0 ||
	    json_get(reply, "size") == NULL ||
	    json_is(reply, "kind", "no_change"))
		return NULL;
	m = pathmap_add(&c->edits.misses, path, sizeof(*m));
	if (++m->n < (c->edits.patch != PATCH_ON ? CALL_MISSES_AFTER :
	    CALL_MISSES))
		return NULL;
	compact_room(c, &room);
	if (json_int(reply, "size", 0) / 2 > room.reserve)
		return xasprintf("\n\n%d edits of this file in a row have "
		    "failed. Read the lines around the place again, and use "
		    "one or two whole lines of what read shows, without their "
		    "numbers, as old_string.", m->n);
	return xasprintf("\n\n%d edits of this file in a row have failed. "
	    "Do not try another one: read the file, then use write with its "
	    "whole new content.", m->n);
}

/* `signal`: the signal that killed its process, or 0. */
static void
call_no_answer(const struct core_call *call, const struct sandbox_result *r,
    int signal, cJSON *o)
{
	char *why = signal == 0 || r->killed != NULL ? call_verdict(r) :
	    xasprintf("its process was killed (signal %d%s)", signal,
	    signal == SIGKILL ? "; memory?" : "");
	char *text = xasprintf("the %s tool gave no answer: %s", call->name,
	    why);

	json_add_bool(o, "ok", false);
	json_add_str(o, "error", signal != 0 || r->killed != NULL ? "killed" :
	    "tool_failed");
	json_add_str(o, "text", text);
	if (signal != 0)
		json_add_int(o, "signal", signal);
	free(text);
	free(why);
}

/* Say so if one of its files, which it couldn't use, is a secret one. */
static void
call_add_secret(const struct core *c, const struct core_call *call,
    const cJSON *reply, struct buf *text)
{
	const char *const *m = policy_secrets_found(c->policy);
	const cJSON *unread = json_array(reply, "unread");
	size_t i;

	if (json_bool(reply, "ok", false) && cJSON_GetArraySize(unread) == 0)
		return;
	for (; m != NULL && *m != NULL; m++)
		for (i = 0; call->seen != NULL && i < call->targets_len; i++)
			if (call->seen[i].path != NULL &&
			    strcmp(call->seen[i].path, *m) == 0) {
				capture_add(text, "\n", 1);
				hint_add_secret(text, *m, "");
				return;
			}
}

/* What an edit changed, for people to read. */
static void
call_add_diff(const struct core *c, const cJSON *reply, cJSON *o)
{
	struct mask_list secrets = { 0 };
	struct buf b = BUF_INIT(0);
	size_t n;
	char *diff = json_get_bytes(reply, "diff", &n);

	if (diff == NULL)
		return;
	model_secrets(c, &secrets);
	mask_secrets(&b, diff, n, &secrets);
	if (b.len > 0)
		json_add_bytes(o, "diff", b.p, b.len);
	mask_list_release(&secrets);
	buf_release(&b);
	free(diff);
}

void
call_file_result(struct core *c, struct core_call *call,
    const struct sandbox_result *r, const cJSON *reply, cJSON *o)
{
	struct capture_result cr;
	const char *text;
	struct buf masked = BUF_INIT(JSON_MAX_BYTES);
	char *advice;

	if (json_get(reply, "ok") == NULL) {
		call_no_answer(call, r, (int)json_int(reply, "killed",
		    r->signal), o);
		return;
	}
	json_add_bool(o, "ok", json_bool(reply, "ok", false));
	json_add_str(o, "error", json_str(reply, "kind"));
	text = json_str(reply, json_bool(reply, "ok", false) ? "text" :
	    "error");
	if (text != NULL)
		capture_add(&masked, text, strlen(text));
	advice = call_advice(c, call, reply);
	if (advice != NULL)
		capture_add(&masked, advice, strlen(advice));
	free(advice);
	call_add_secret(c, call, reply, &masked);
	if (tool_find(call->name) != NULL &&
	    (tool_find(call->name)->effects & TOOL_WRITES) != 0)
		seen_note(c, call, &masked);
	seen_missed(call, json_array(reply, "unread"));
	call_captured(c, &masked, (size_t)72 << 10, false, &cr);
	json_add_str(o, "text", cr.text);
	call_add_out(o, &cr);
	capture_result_release(&cr);
	buf_release(&masked);
	call_add_diff(c, reply, o);
	json_add_int(o, "ms", r->ms);
}
