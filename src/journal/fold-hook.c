#include "config.h"

#include "journal/fold-hook.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/fold-int.h"
#include "journal/fold-proposal.h"

static void
fold_hook_release(struct fold_hook *h)
{
	free(h->id);
	free(h->name);
	free(h->event);
	free(h->subject);
	free(h->decision);
	free(h->reason);
}

void
fold_hooks_clear(struct fold_hooks *hooks)
{
	size_t i, kept = 0;

	for (i = 0; i < hooks->len; i++)
		if (hooks->list[i].running)
			hooks->list[kept++] = hooks->list[i];
		else
			fold_hook_release(&hooks->list[i]);
	hooks->len = kept;
}

const char *
fold_hook_changed(const struct fold *f, const char *path)
{
	return json_str(f->hooks.changed, path);
}

void
fold_hook_applied(struct fold *f, const char *path)
{
	cJSON_DeleteItemFromObjectCaseSensitive(f->hooks.changed, path);
}

static void
fold_hook_take_changed(struct fold *f, const char *name, const cJSON *list)
{
	const cJSON *it;
	size_t n;

	if (f->hooks.changed == NULL)
		f->hooks.changed = cJSON_CreateObject();
	cJSON_ArrayForEach(it, list) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);

		if (path != NULL)
			json_set_take(f->hooks.changed, path,
			    cJSON_CreateString(name));
	}
}

void
fold_hooks_release(struct fold_hooks *hooks)
{
	size_t i;

	for (i = 0; i < hooks->len; i++)
		fold_hook_release(&hooks->list[i]);
	free(hooks->list);
	cJSON_Delete(hooks->changed);
	memset(hooks, 0, sizeof(*hooks));
}

const struct fold_hook *
fold_hook_open(const struct fold *f)
{
	size_t i;

	for (i = 0; i < f->hooks.len; i++)
		if (f->hooks.list[i].running)
			return &f->hooks.list[i];
	return NULL;
}

static struct fold_hook *
fold_hook_of(struct fold *f, const char *name, const char *event)
{
	struct fold_hook *h;
	size_t i;

	for (i = 0; i < f->hooks.len; i++)
		if (strcmp(f->hooks.list[i].name, name) == 0 &&
		    strcmp(f->hooks.list[i].event, event) == 0)
			return &f->hooks.list[i];
	GROW(f->hooks.list, f->hooks.len);
	h = &f->hooks.list[f->hooks.len++];
	memset(h, 0, sizeof(*h));
	h->name = xstrdup(name);
	h->event = xstrdup(event);
	return h;
}

void
fold_hook_says(const struct fold_hook *h, struct buf *b)
{
	bool denies;

	if (h->running || h->decision == NULL)
		return;
	denies = strcmp(h->decision, "deny") == 0;
	if (!h->ok)
		buf_adds(b, denies ? "failed, which blocks" : "failed");
	else if (denies || strcmp(h->decision, "ask") == 0)
		buf_adds(b, denies ? "denied" : "asks");
	else if (h->findings > 0)
		buf_addf(b, "%d finding%s", h->findings,
		    h->findings == 1 ? "" : "s");
}

const struct fold_hook *
fold_hook_blocks(const struct fold *f)
{
	const struct fold_hook *h = f->hooks.list;
	size_t i;

	for (i = 0; i < f->hooks.len; i++)
		if (!h[i].running && h[i].decision != NULL &&
		    strcmp(h[i].event, "before_apply") == 0 &&
		    strcmp(h[i].decision, "allow") != 0)
			return &h[i];
	return NULL;
}

/* What the user hears of a run: nothing, if it had nothing to say. */
static void
fold_hook_item(struct fold *f, const struct fold_hook *h, const cJSON *line)
{
	const cJSON *changed = json_array(line, "changed"), *it;
	AUTO_BUF struct buf b = BUF_INIT(0), text = BUF_INIT(0);
	size_t n = 0, len;

	buf_addf(&b, "hook %s (%s): ", h->name, h->event);
	len = b.len;
	fold_hook_says(h, &b);
	if (b.len == len && changed == NULL)
		return;
	if (changed != NULL)
		buf_adds(&b, b.len > len ? ", changed " : "changed ");
	cJSON_ArrayForEach(it, changed) {
		buf_adds(&b, n++ == 0 ? "" : ", ");
		fold_add_path(&b, json_str_or(it, "path", "?"));
	}
	if (h->reason != NULL)
		buf_adds(&text, h->reason);
	fold_item_add(f, ITEM_NOTE, buf_str(&b), text.len == 0 ? NULL :
	    buf_str(&text))->ok = h->ok && strcmp(h->decision, "deny") != 0;
}

void
fold_on_hook(struct fold *f, const cJSON *line)
{
	struct fold_hook *h = fold_hook_of(f, json_str_or(line, "name", "?"),
	    json_str_or(line, "event", "?"));
	const cJSON *findings = json_array(line, "findings");

	xstrset(&h->id, json_str_or(line, "id", ""));
	xstrset(&h->subject, json_str(line, "for"));
	h->running = json_is(line, "status", "running");
	if (h->running)
		return;
	h->ok = json_bool(line, "ok", false);
	xstrset(&h->decision, json_str_or(line, "decision", "allow"));
	xstrset(&h->reason, h->ok ? json_str(line, "reason") :
	    json_str_or(line, "error", "?"));
	h->findings = cJSON_GetArraySize(findings);
	fold_findings_of_hook(f, h->name, findings);
	fold_hook_take_changed(f, h->name, json_array(line, "changed"));
	fold_hook_item(f, h, line);
	/* The pages of a proposal show it. */
	f->shown_seq = f->seq;
}
