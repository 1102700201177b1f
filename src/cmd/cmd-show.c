/*
 * cmd-show: prints a session's complete open proposal, as a patch or as one
 * JSON object, for decisions without the UI. Reads only the journal, which a
 * core may be writing at the same time.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/proposal-file.h"
#include "cmd/select.h"
#include "cmd/session-client.h"
#include "front/editor.h"
#include "front/print.h"
#include "gate/patch.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "policy/approve.h"

/* Each hunk's number, as for --accept, and its mark. */
static void
show_number(cJSON *files, const struct fold_proposal *p)
{
	cJSON *file = files == NULL ? NULL : files->child;
	size_t i, k;
	int number = 0;

	for (i = 0; i < p->files_len && file != NULL; i++, file = file->next) {
		const struct fold_file *f = &p->files[i];
		cJSON *h = cJSON_GetObjectItemCaseSensitive(file, "hunks");

		h = h == NULL ? NULL : h->child;
		for (k = 0; k < f->hunks_len && h != NULL; k++, h = h->next) {
			enum fold_mark mark = f->hunks[k].mark;

			const char *word = select_word(f, k);

			if (word != NULL)
				json_add_str(h, "number", word);
			else
				json_add_int(h, "number", ++number);
			if (mark != MARK_NONE)
				json_add_str(h, "mark",
				    f->hunks[k].edit != NULL ? "edited" :
				    mark == MARK_YES ? "yes" : "no");
		}
	}
}

/* Print the comments on its hunks that the model hasn't received yet. One line
 * each, also if they have several: a patch follows that can be passed to
 * decide. */
static void
show_comments(const struct fold_file *f, struct buf *out)
{
	const struct fold_comment *c;
	size_t i, k;

	for (i = 0; i < f->hunks_len; i++)
		for (k = 0; k < f->hunks[i].comments_len; k++) {
			c = &f->hunks[i].comments[k];
			buf_adds(out, "# your comment on ");
			sanitize_add(out, f->path, strlen(f->path), 0);
			buf_addf(out, ", hunk %zu", i + 1);
			if (c->line > 0)
				buf_addf(out, ", line%s %d", c->end > c->line ?
				    "s" : "", c->line);
			if (c->end > c->line)
				buf_addf(out, " to %d", c->end);
			buf_adds(out, ": ");
			sanitize_add(out, c->text, strlen(c->text), 0);
			buf_addc(out, '\n');
		}
}

/* In the same way. */
static void
show_whole(const struct fold_file *f, struct buf *out)
{
	buf_adds(out, "# ");
	sanitize_add(out, f->path, strlen(f->path), 0);
	buf_adds(out, ": ");
	ask_whole(out, f);
	buf_addc(out, '\n');
}

static void
show_patch(const struct fold_proposal *p, const struct session_client *r,
    struct buf *out)
{
	size_t i;

	buf_addf(out, STALE_HEAD "%lld.%d" STALE_OF "%s\n", (long long)p->id,
	    p->version, r->id);
	for (i = 0; i < p->files_len; i++)
		show_comments(&p->files[i], out);
	for (i = 0; i < p->files_len; i++)
		if (p->files[i].binary)
			show_whole(&p->files[i], out);
	for (i = 0; i < p->files_len; i++)
		patch_write_file(out, &p->files[i]);
}

/* No rule accepts a proposal that a user has started to decide. */
static void
show_begun(cJSON *files, const struct fold_proposal *p)
{
	cJSON *file = files == NULL ? NULL : files->child, *rules, *it;
	size_t i, k;

	for (i = 0; i < p->files_len && file != NULL; i++, file = file->next) {
		bool begun = false;

		for (k = 0; k < p->files[i].hunks_len; k++)
			begun = begun ||
			    p->files[i].hunks[k].mark != MARK_NONE;
		rules = cJSON_GetObjectItemCaseSensitive(file, "rules");
		for (it = rules == NULL || !begun ? NULL : rules->child;
		    it != NULL; it = it->next) {
			cJSON *why = cJSON_CreateString("you started to review it");

			cJSON_ReplaceItemInObjectCaseSensitive(rules,
			    it->string, why);
			it = why;
		}
	}
}

/* What the model and hooks have reported, as they are shown in the diff. */
static void
show_findings(cJSON *o, const struct fold *f)
{
	cJSON *list = cJSON_CreateArray(), *it;
	size_t i;

	for (i = 0; i < f->findings.len; i++) {
		it = cJSON_CreateObject();
		json_add_path(it, "path", f->findings.list[i].path);
		json_add_int(it, "line", f->findings.list[i].line);
		json_add_str(it, "severity", f->findings.list[i].severity);
		json_add_str(it, "message", f->findings.list[i].message);
		json_add_str(it, "by", f->findings.list[i].by);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "findings", list);
}

/* Copy the members of the last proposal's line; of a closed proposal only those
 * about the staged copy. */
static void
show_members(cJSON *o, const struct proposal_past *s, bool open)
{
	static const struct {
		const char	*name;
		bool		 closed;	/* copied for a closed proposal
						   too */
		const char	*none;		/* or omitted */
	} taken[] = {
		{ "files", true, "[]" }, { "refused", true, "[]" },
		{ "ignored", true, "0" }, { "ignored_some", true, "[]" },
		{ "products", true, "[]" }, { "version", false, "null" },
		{ "final", false, "null" }, { "undo", false, NULL },
		{ "undo_left", false, NULL },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(taken); i++) {
		const cJSON *v = taken[i].closed || open ?
		    json_get(s->line, taken[i].name) : NULL;

		json_copy(o, taken[i].name, v);
		if (v == NULL && taken[i].none != NULL)
			json_set_take(o, taken[i].name,
			    json_parse(taken[i].none,
			    strlen(taken[i].none), JSON_NUL_REFUSE, NULL));
	}
}

static void
show_stopped(cJSON *o, const struct half_applied *how)
{
	cJSON *s;

	if (!how->known)
		return;
	s = cJSON_CreateObject();
	json_add_int(s, "files", how->files);
	json_add_int(s, "written", how->written);
	json_add_int(s, "before", how->open);
	json_set_take(o, "stopped", s);
}

static void
show_json(const struct proposal_past *s, const struct session_client *r,
    bool open, const struct half_applied *how)
{
	const struct fold_proposal *p = s->fold->proposal;
	const struct approve *mode = approve_find(s->fold->approve == NULL ?
	    "" : s->fold->approve);
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *files;
	AUTO_BUF struct buf patch = BUF_INIT(0);
	char *text;

	json_add_str(o, "session", r->id);
	json_add_str(o, "root", json_str(r->first, "root"));
	json_add_bool(o, "alive", session_is_alive(r->id));
	show_stopped(o, how);
	json_add_str(o, "approve", s->fold->approve);
	json_set_take(o, "rule", mode != NULL && mode->rule != NULL ?
	    cJSON_CreateString(mode->rule) : cJSON_CreateNull());
	/* Of an old session: NULL. */
	json_set_take(o, "grants", s->fold->grants == NULL ?
	    cJSON_CreateArray() : cJSON_CreateStringArray(
	    (const char *const *)s->fold->grants, (int)s->fold->grants_len));
	if (!open) {
		json_set_take(o, "proposal", cJSON_CreateNull());
		json_set_take(o, "ref", cJSON_CreateNull());
	} else {
		text = xasprintf("%lld.%d", (long long)p->id, p->version);
		json_add_int(o, "proposal", p->id);
		json_add_str(o, "ref", text);
		free(text);
		show_patch(p, r, &patch);
	}
	show_members(o, s, open);
	files = cJSON_GetObjectItemCaseSensitive(o, "files");
	if (open) {
		show_number(files, p);
		show_begun(files, p);
	}
	json_add_bytes(o, "patch", buf_str(&patch), patch.len);
	show_findings(o, s->fold);
	proposal_evidence(o, s->evidence);
	text = json_print(o);
	print_json(stdout, text, strlen(text));
	free(text);
}

static void
show_text(const struct proposal_past *s, const struct session_client *r)
{
	const struct fold_proposal *p = s->fold->proposal;
	struct buf b = BUF_INIT(0);
	size_t i;

	show_patch(p, r, &b);
	print_diff(stdout, b.p, b.len);
	buf_release(&b);
	for (i = 0; i < p->files_len; i++)
		ask_notes(stderr, &p->files[i], true);
	buf_init(&b, 0);
	(void)select_left_open(p, &b);
	if (b.len > 0)
		print_text(stderr, "", "", b.p);
	buf_release(&b);
	for (i = 0; i < s->fold->grants_len; i++)
		print_words(stderr, "auto-approval: %s", s->fold->grants[i]);
	for (i = 0; i < p->refused_len; i++)
		print_words(stderr, "can't be proposed: %s: %s",
		    p->refused[i].path, p->refused[i].why);
}

int
cmd_show(const struct cmd_args *a)
{
	AUTO(proposal_past_release) struct proposal_past s = { 0 };
	struct half_applied how = { 0 };
	AUTO(session_client_release) struct session_client r = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = NULL;
	bool open;
	int code;

	if ((code = session_client_find(&r, a)) != 0)
		return code;
	if ((dir = session_dir(r.id, &e)) == NULL ||
	    proposal_past_read(&s, dir, &e) < 0 || half_applied_look(r.id, &how, &e) < 0)
		return cmd_fail_err(&e);
	/* A decided proposal that is only partly written isn't open. */
	open = !how.known && s.is_open;
	if (a->json)
		show_json(&s, &r, open, &how);
	else if (open) {
		pager_begin();
		show_text(&s, &r);
		pager_end();
	}
	if (how.known)
		code = cmd_fail(EXIT_WAITS,
		    "session %s %s; continue with assent "
		    "resume %s",
		    r.id, how.words, r.id);
	else if (!open && !a->json)
		cmd_say("session %s has no open proposal; assent log %s "
		    "prints what was applied", r.id, r.id);
	return code;
}
