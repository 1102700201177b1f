/* A file's change as an editor is shown it: what the file is on the disk, and
 * what it would become. */
#include "config.h"

#include "cmd/acp-int.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "gate/hunk-text.h"

#define ACP_REGULAR	0100000u
#define ACP_TYPE	0170000u

bool
acp_change_is_open(const struct fold_file *f)
{
	size_t i;

	for (i = 0; i < f->hunks_len; i++)
		if (f->hunks[i].mark == MARK_NONE && !f->hunks[i].decided)
			return true;
	return false;
}

const char *
acp_change_barred(const struct fold_file *f)
{
	size_t i;

	if (f->protected_by != NULL)
		return "protected";
	for (i = 0; i < f->hunks_len; i++) {
		if (f->hunks[i].overwrites)
			return "it overwrites newer lines of yours";
		/* All of the proposed file would be shown. */
		if (f->hunks[i].mark != MARK_NONE || f->hunks[i].decided)
			return "partly decided elsewhere";
	}
	return NULL;
}

static bool
acp_change_is_text(const struct fold_side *side)
{
	return !side->exists || ((side->mode & ACP_TYPE) == ACP_REGULAR &&
	    side->size <= ACP_SIDE_MAX);
}

bool
acp_change_has_texts(const struct fold_file *f)
{
	return !f->binary && acp_change_is_text(&f->before) &&
	    acp_change_is_text(&f->after);
}

/* The file on the disk; -1 if it can't be shown as text. */
static int
acp_change_old(const struct acp_session *s, const struct fold_file *f,
    struct buf *b)
{
	const char *path = f->from_bytes != NULL ? f->from_bytes :
	    f->path_bytes;
	AUTO_CLOSE int root = open(s->fold->root, O_PATH | O_DIRECTORY |
	    O_CLOEXEC);
	AUTO_CLOSE int fd = root < 0 ? -1 : fs_open_regular(root, path);

	return fd < 0 || fs_read_all(fd, b) < 0 ||
	    memchr(buf_str(b), '\0', b->len) != NULL ||
	    !utf8_is_valid(buf_str(b), b->len) ? -1 : 0;
}

/* {"type":"diff"} from one text to the other. */
static cJSON *
acp_change_texts(const struct acp_session *s, const struct fold_file *f,
    const struct buf *old, const char *new, size_t n)
{
	AUTO_FREE char *full = fs_join(s->fold->root, f->path);
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "diff");
	json_add_str(o, "path", full);
	if (f->before.exists)
		json_add_strn(o, "oldText", buf_str(old), old->len);
	else
		json_add_null(o, "oldText");
	json_add_strn(o, "newText", new, n);
	return o;
}

/* From the file on the disk, or NULL. */
static cJSON *
acp_change_diff(const struct acp_session *s, const struct fold_file *f,
    const char *text, size_t n)
{
	AUTO_BUF struct buf old = BUF_INIT((size_t)ACP_SIDE_MAX);

	if (text == NULL || memchr(text, '\0', n) != NULL ||
	    !utf8_is_valid(text, n) ||
	    (f->before.exists && acp_change_old(s, f, &old) < 0))
		return NULL;
	return acp_change_texts(s, f, &old, text, f->after.exists ? n : 0);
}

/* What has no two texts: its kind, or its hunks. */
static cJSON *
acp_change_words(const struct fold_file *f)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	buf_addf(&b, "%s\n", f->status);
	if (f->binary)
		buf_addf(&b, "%s %s\n", fold_file_lacks(f), fold_file_kind(f));
	for (i = 0; i < f->hunks_len && b.len < (size_t)ACP_SIDE_MAX; i++)
		buf_add(&b, f->hunks[i].text, f->hunks[i].text_len);
	return acp_update_content(buf_str(&b), b.len);
}

static void
acp_change_title(struct buf *b, const struct fold_file *f)
{
	int added = 0, removed = 0;
	size_t i;

	for (i = 0; i < f->hunks_len; i++) {
		added += f->hunks[i].added;
		removed += f->hunks[i].removed;
	}
	buf_addf(b, "%s ", strcmp(f->status, "added") == 0 ? "Create" :
	    strcmp(f->status, "deleted") == 0 ? "Delete" :
	    f->from != NULL ? "Rename" : "Change");
	fold_add_names(b, f->from, f->path);
	if (!f->binary)
		buf_addf(b, " (+%d -%d)", added, removed);
	if ((f->after.mode & 0111) != 0 && (f->before.mode & 0111) == 0)
		buf_adds(b, ", executable");
}

/* Add a line of content, unless `text` is NULL. */
static void
acp_change_say(cJSON *list, const char *what, const char *text)
{
	AUTO_FREE char *all = NULL;

	if (text == NULL)
		return;
	all = xasprintf("%s%s", what, text);
	cJSON_AddItemToArray(list, acp_update_content(all, strlen(all)));
}

/* What was found in the file. */
static void
acp_change_findings(cJSON *list, const struct fold *f, const char *path)
{
	const struct fold_finding *it;
	size_t i;

	for (i = 0; i < f->findings_len; i++) {
		AUTO_FREE char *text = NULL;

		it = &f->findings[i];
		if (strcmp(it->path, path) != 0)
			continue;
		text = xasprintf("%s: line %d: %s: %s", it->by == NULL ?
		    "the model" : it->by, it->line, it->severity, it->message);
		acp_change_say(list, "", text);
	}
}

char *
acp_change_id(const struct fold_proposal *p, const struct fold_file *f)
{
	return xasprintf("change-%lld.%d.%zu", (long long)p->id, p->version,
	    (size_t)(f - p->files));
}

static cJSON *
acp_change_new(const struct acp_session *s, const struct fold_file *f,
    const char *call, const char *status, cJSON *content_take)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray(), *it;
	AUTO_BUF struct buf title = BUF_INIT(0);
	AUTO_FREE char *full = fs_join(s->fold->root, f->path);

	acp_change_title(&title, f);
	json_add_str(o, "toolCallId", call);
	json_add_str(o, "title", buf_str(&title));
	json_add_str(o, "kind", strcmp(f->status, "deleted") == 0 ? "delete" :
	    f->from != NULL ? "move" : "edit");
	json_add_str(o, "status", status);
	json_set_take(o, "content", content_take);
	it = cJSON_CreateObject();
	json_add_str(it, "path", full);
	cJSON_AddItemToArray(list, it);
	json_set_take(o, "locations", list);
	return o;
}

cJSON *
acp_change_call(const struct acp_session *s, const struct fold_file *f,
    const char *call, const char *text, size_t n)
{
	cJSON *list = cJSON_CreateArray(), *diff;

	diff = acp_change_diff(s, f, text, n);
	cJSON_AddItemToArray(list, diff != NULL ? diff : acp_change_words(f));
	acp_change_say(list, "note: ", f->note);
	acp_change_say(list, "", f->reason);
	acp_change_say(list, "written by ", f->written_by);
	acp_change_findings(list, s->fold, f->path_bytes);
	return acp_change_new(s, f, call, "pending", list);
}

/* ---- what was asked before, in a session that is loaded ---- */

/* Its lines, since neither file is there any more; NULL: it has none that are
 * text. */
static cJSON *
acp_change_lines(const struct acp_session *s, const struct fold_file *f,
    const char *text, size_t len)
{
	AUTO_BUF struct buf old = BUF_INIT(0), new = BUF_INIT(0);
	AUTO_FREE struct hunk_line *v = NULL;
	size_t i, n;

	if (len == 0 || len > (size_t)ACP_SIDE_MAX ||
	    memchr(text, '\0', len) != NULL || !utf8_is_valid(text, len))
		return NULL;
	n = hunk_text_cut(text, len, &v);
	for (i = 0; i < n; i++) {
		if (v[i].sign != '+')
			buf_add(&old, v[i].p + 1, v[i].bytes);
		if (v[i].sign != '-')
			buf_add(&new, v[i].p + 1, v[i].bytes);
	}
	return acp_change_texts(s, f, &old, buf_str(&new), new.len);
}

/* "accepted", "rejected: too loud"; malloc'ed. */
static char *
acp_change_outcome(const cJSON *hunk, const char *rule)
{
	const char *word = json_str_or(hunk, "word", "");

	if (json_is(hunk, "decision", "no"))
		return xasprintf("rejected%s%s", word[0] == '\0' ? "" : ": ",
		    word);
	return rule != NULL ? xasprintf("accepted by the rule %s", rule) :
	    xstrdup(json_is(hunk, "decision", "edited") ?
	    "accepted as edited" : "accepted");
}

cJSON *
acp_change_decided(const struct acp_session *s, const struct fold_file *f,
    const char *call, const cJSON *hunks, const char *rule, bool *accepted)
{
	cJSON *list = cJSON_CreateArray(), *part;
	const cJSON *it;
	AUTO_FREE char *outcome = NULL;
	bool yes = false;

	cJSON_ArrayForEach(it, hunks) {
		const struct fold_hunk *h;
		AUTO_FREE char *edit = NULL, *now = NULL;
		size_t n;

		if (fold_find_hunk(s->fold, json_str(it, "id"), &h) != f)
			continue;
		edit = json_get_bytes(it, "edit", &n);
		now = acp_change_outcome(it, rule);
		/* Said once, after the last hunk that it is about. */
		if (outcome != NULL && strcmp(outcome, now) != 0)
			acp_change_say(list, "", outcome);
		xstrset(&outcome, now);
		part = edit != NULL ? acp_change_lines(s, f, edit, n) :
		    acp_change_lines(s, f, h->text, h->text_len);
		if (part != NULL || f->binary)
			cJSON_AddItemToArray(list, part != NULL ? part :
			    acp_change_words(f));
		yes = yes || !json_is(it, "decision", "no");
	}
	acp_change_say(list, "", outcome);
	*accepted = yes;
	return acp_change_new(s, f, call, yes ? "in_progress" : "failed", list);
}

cJSON *
acp_change_open(const struct acp_session *s, const struct fold_file *f,
    const char *call)
{
	cJSON *list = cJSON_CreateArray(), *part;
	size_t i;

	for (i = 0; i < f->hunks_len; i++) {
		const struct fold_hunk *h = &f->hunks[i];

		if (h->mark != MARK_NONE || h->decided)
			continue;
		part = acp_change_lines(s, f, h->text, h->text_len);
		if (part != NULL || f->binary)
			cJSON_AddItemToArray(list, part != NULL ? part :
			    acp_change_words(f));
	}
	acp_change_say(list, "open", "");
	return acp_change_new(s, f, call, "pending", list);
}
