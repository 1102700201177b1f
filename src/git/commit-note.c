#include "config.h"

#include "git/commit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "client/client.h"

struct note {
	struct buf	*text;
	size_t		 lines;		/* that it names */
	const struct fold *fold;
	const char	*agent;
	char		*who;		/* "Name <mail>", who commits */
	char		*session;	/* its id in the note */
	const char	*model;		/* of a change that it names */
	cJSON		*changes;	/* by their ids: who accepted them */
};

/* Lines of one change, side by side. */
struct note_range {
	int64_t		 tx;
	size_t		 from, to;	/* from 1 */
};

/* The session's id in a note: the first digits of a SHA-256. Malloc'ed; NULL with
 * *e. */
static char *
note_session(const struct note *n, struct err *e)
{
	AUTO_FREE char *text = xasprintf("%s:%s", n->agent, n->fold->session);
	const char *args[] = { "sha256", text, NULL }, *hex;
	AUTO_JSON cJSON *answer = client_ask_core(args, NULL, 1 << 12, e);

	hex = json_str(answer, "sha256");
	if (hex == NULL)
		err_set(e, "can't name the session");
	return hex == NULL ? NULL : xasprintf("s_%.14s", hex);
}

/* And a change's, which need only differ; malloc'ed. */
static char *
note_trace(const struct note *n, int64_t tx)
{
	AUTO_FREE char *text = xasprintf("%s:%lld", n->fold->session,
	    (long long)tx);

	return xasprintf("t_%014llx", (unsigned long long)(hash_bytes(
	    HASH_BEGIN, text, strlen(text)) >> 8));
}

static int
note_range_compare(const void *a, const void *b)
{
	const struct note_range *x = a, *y = b;

	return x->tx != y->tx ? (x->tx > y->tx) - (x->tx < y->tx) :
	    (x->from > y->from) - (x->from < y->from);
}

/* The change that each line of the text comes from, as the session wrote it last;
 * 0: none that counts. An undo writes what was there before. Malloc'ed. */
static int64_t *
note_changes(const struct fold *f, const struct file_lines *l, size_t len)
{
	int64_t *tx = xcalloc(len + 1, sizeof(*tx)), k;
	const struct fold_change *c;
	const struct file_run *run;
	size_t at = 0;

	for (run = l->v; run < l->v + l->len; run++) {
		c = fold_change_find(f, run->tx);
		for (k = 0; k < run->n && at < len; k++)
			tx[at++] = c == NULL || c->own || c->undoes != 0 ||
			    c->model == NULL ? 0 : run->tx;
	}
	return tx;
}

/* The lines of the file that the commit adds, and a change that counts. */
static struct note_range *
note_ranges(const struct fold *f, const struct file_lines *l,
    const struct commit_text *texts, size_t *len)
{
	struct lines base = { 0 }, made = { 0 }, after = { 0 };
	ptrdiff_t work = PTRDIFF_MAX;
	struct note_range *v = NULL;
	int64_t tx;
	size_t i;

	lines_cut(&base, texts[0].p, texts[0].mode == 0 ? 0 : texts[0].len);
	lines_cut(&made, texts[1].p, texts[1].len);
	lines_cut(&after, texts[3].p, texts[3].len);
	AUTO_FREE size_t *old = lines_match(&base, &made, &work);
	AUTO_FREE size_t *own = lines_match(&after, &made, &work);
	AUTO_FREE int64_t *from = note_changes(f, l, after.len);

	for (*len = i = 0; i < made.len; i++) {
		tx = old[i] != 0 || own[i] == 0 ? 0 : from[own[i] - 1];
		if (tx > 0 && *len > 0 && v[*len - 1].tx == tx &&
		    v[*len - 1].to == i)
			v[*len - 1].to++;
		else if (tx > 0) {
			*GROW_ADD(v, *len) =
			    (struct note_range){ tx, i + 1, i + 1 };
		}
	}
	MEM_SORT_BY(v, *len, note_range_compare);
	FREE_ALL(base.v, made.v, after.v);
	return v;
}

/* Begin the line of a change; once, who accepted it. */
static void
note_change(struct note *n, int64_t tx)
{
	const struct fold_change *c = fold_change_find(n->fold, tx);
	AUTO_FREE char *id = note_trace(n, tx);
	AUTO_FREE char *text = NULL;

	buf_addf(n->text, "  %s::%s ", n->session, id);
	if (json_get(n->changes, id) != NULL)
		return;
	n->model = c->model;
	text = xasprintf("change %lld by %s, accepted by %s", (long long)tx,
	    c->model, ev_is(c->who, "you") ? n->who : ev_str(c->who, "?"));
	json_add_str(n->changes, id, text);
}

static void
note_attest(struct commit_file *f, struct commit_text *texts, void *arg)
{
	struct note *n = arg;
	const struct fold_written *w = fold_change_now(n->fold,
	    f->steps->file);
	AUTO_BUF struct buf lf = BUF_INIT(0);
	AUTO_FREE struct note_range *v = NULL;
	struct buf *b = n->text;
	size_t i, len;

	if (memmem(texts[1].p, texts[1].len, "\r\n", 2) == NULL)
		commit_text_lf(&texts[3], &lf);
	v = note_ranges(n->fold, &w->lines, texts, &len);
	if (len > 0)
		buf_addf(b, strpbrk(f->name, " \t") != NULL ? "\"%s\"" : "%s",
		    f->name);
	for (i = 0; i < len; i++) {
		if (i == 0 || v[i].tx != v[i - 1].tx) {
			buf_addc(b, '\n');
			note_change(n, v[i].tx);
		} else
			buf_addc(b, ',');
		buf_addf(b, v[i].from < v[i].to ? "%zu-%zu" : "%zu", v[i].from,
		    v[i].to);
		n->lines += v[i].to - v[i].from + 1;
	}
	if (len > 0)
		buf_addc(b, '\n');
}

/* Is it a file, or nothing? */
static bool
note_side_is_text(const struct index_side *s)
{
	return s->mode == 0 || (s->mode & 0170000) == 0100000;
}

/* Of the files that the commit changes, keep those that the session has written,
 * with the change that did so last, and with a name that a note can have. */
static void
note_choose(struct commit_plan *changed, const struct fold *f)
{
	size_t prefix = strlen(changed->prefix), at;
	struct commit_file *it;
	const struct fold_change_file *file;
	const struct fold_change *c;

	for (it = changed->files; it < changed->files + changed->len; it++) {
		at = strncmp(it->name, changed->prefix, prefix) != 0 ? 0 :
		    pathmap_number(&f->files.at, it->name + prefix);
		c = at == 0 ? NULL : fold_change_find(f,
		    f->files.list[at - 1].tx);
		file = c == NULL ? NULL : fold_change_file(c,
		    it->name + prefix);
		it->is_out = file == NULL || fold_change_now(f, file) == NULL ||
		    it->want.mode == 0 || !note_side_is_text(&it->want) ||
		    !note_side_is_text(&it->head) || !utf8_is_line(it->name) ||
		    strchr(it->name, '"') != NULL ||
		    strcmp(it->name, "---") == 0;
		if (it->is_out)
			continue;
		it->index = it->want;
		*GROW_ADD(it->steps, it->steps_len) = (struct commit_step){
			.change = c, .file = file };
	}
	commit_plan_drop(changed);
}

/* Append what the ids in it stand for. */
static void
note_end(struct note *n, const char *commit)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *session, *agent;

	JSON_ADD_TEXTS(o, "schema_version", "authorship/3.0.0",
	    "base_commit_sha", commit);
	cJSON_AddObjectToObject(o, "prompts");
	session = cJSON_AddObjectToObject(cJSON_AddObjectToObject(o,
	    "sessions"), n->session);
	agent = cJSON_AddObjectToObject(session, "agent_id");
	json_add_str(agent, "tool", n->agent);
	JSON_ADD_TEXTS(agent, "id", n->fold->session, "model", n->model);
	json_add_str(session, "human_author", n->who);
	json_set_take(session, "custom_attributes", n->changes);
	n->changes = NULL;
	buf_adds(n->text, "---\n");
	json_append(n->text, o);
	buf_addc(n->text, '\n');
}

ptrdiff_t
commit_note(struct buf *to, const struct commit_plan *p, const char *dir,
    const struct fold *f, const char *commit, struct err *e)
{
	AUTO(commit_plan_release) struct commit_plan changed = {
		.root = xstrdup(p->root), .top = xstrdup(p->top),
		.prefix = xstrdup(p->prefix), .scratch = xstrdup(p->scratch),
		.filemode = p->filemode };
	struct note n = { .text = to, .fold = f,
		.agent = ev_str(f->agent, "assent") };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const char *said;
	size_t parent;
	int rc = -1;

	if (commit_git(p, NULL, NULL, &out, GIT_WORDS("show", "-s",
	    "--no-show-signature", "--encoding=UTF-8", "--format=%P%n%cn <%ce>",
	    commit), e) < 0)
		return -1;
	said = buf_str(&out);
	parent = strcspn(said, " \n");
	changed.head = parent == 0 ? NULL : xmemdup(said, parent);
	said = strchrnul(said, '\n');
	said += *said != '\0';
	n.who = xmemdup(said, strcspn(said, "\n"));
	n.changes = cJSON_CreateObject();
	if ((n.session = note_session(&n, e)) != NULL &&
	    commit_index_changes(&changed, commit, &changed, e) == 0) {
		note_choose(&changed, f);
		rc = changed.len == 0 ? 0 : commit_files_texts(&changed, dir,
		    note_attest, &n, e);
	}
	if (n.lines > 0)
		note_end(&n, commit);
	cJSON_Delete(n.changes);
	FREE_ALL(n.who, n.session);
	return rc < 0 ? -1 : (ptrdiff_t)n.lines;
}
