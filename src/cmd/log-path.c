#include "config.h"

#include "cmd/log-path.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/base/cmd-exit.h"
#include "cmd/base/print.h"
#include "cmd/log.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

struct log_path_row {
	char	*time;
	size_t	 order;		/* of two in one millisecond */
	char	*text;
};

struct log_path {
	const char		*path;
	struct fold		*fold;
	char			**models;	/* of each change of the fold */
	size_t			 models_len;
	struct log_path_row	*rows;
	size_t			 len;
};

static int
log_path_line(void *arg, const char *line, size_t n, struct err *e)
{
	struct log_path *l = arg;
	AUTO_JSON cJSON *o = event_parse(line, n, e);

	if (o == NULL)
		return -1;
	fold_line(l->fold, o);
	/* The model of now is the one that proposed what was just applied. */
	while (l->models_len < l->fold->changes_len) {
		GROW(l->models, l->models_len);
		l->models[l->models_len++] = xstrdup_null(l->fold->model);
	}
	return 0;
}

static void
log_path_add(struct log_path *l, const char *session,
    const struct fold_change *c, const struct fold_change_file *f,
    const char *model)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct log_path_row *r;

	buf_addf(&b, "%.19s  change %lld of session %s, ",
	    c->time == NULL ? "" : c->time, (long long)c->tx, session);
	if (f->from != NULL) {
		buf_adds(&b, "renamed from ");
		fold_add_names(&b, NULL, f->from);
		buf_adds(&b, ", ");
	} else if (f->renamed_later)
		buf_adds(&b, "renamed, ");
	else if (!f->after.exists || !f->before.exists)
		buf_addf(&b, "%s, ", f->after.exists ? "created" : "deleted");
	if (f->added + f->removed > 0)
		buf_addf(&b, "+%d -%d, ", f->added, f->removed);
	buf_addf(&b, "accepted by %s", c->who == NULL || strcmp(c->who,
	    "user") == 0 ? "you" : c->who);
	if (c->undoes != 0)
		buf_addf(&b, ", %s change %lld", c->is_redo ? "redoes" :
		    "undoes", (long long)fold_change_root(l->fold, c));
	else if (model != NULL)
		buf_addf(&b, ", proposed by %s", model);
	if (f->commit != NULL)
		buf_addf(&b, ", commit %.12s", f->commit);
	if (c->undone)
		buf_adds(&b, ", undone");
	GROW(l->rows, l->len);
	r = &l->rows[l->len];
	r->time = xstrdup(c->time == NULL ? "" : c->time);
	r->order = l->len++;
	r->text = buf_take(&b);
}

static int
log_path_session(struct log_path *l, const char *id, struct err *e)
{
	AUTO_FREE char *dir = session_dir(id, e);
	size_t i, k;
	int rc = -1;

	l->fold = fold_new();
	if (dir != NULL)
		rc = log_lines(dir, log_path_line, l, NULL, e);
	for (i = 0; i < l->fold->changes_len; i++) {
		const struct fold_change *c = &l->fold->changes[i];

		for (k = 0; k < c->files_len; k++)
			if (strcmp(c->files[k].path_bytes, l->path) == 0)
				log_path_add(l, id, c, &c->files[k],
				    i < l->models_len ? l->models[i] : NULL);
	}
	xfree_list(l->models, l->models_len);
	l->models = NULL;
	l->models_len = 0;
	fold_free(l->fold);
	l->fold = NULL;
	return rc;
}

static int
log_path_newer(const void *a, const void *b)
{
	const struct log_path_row *x = a, *y = b;
	int rc = strcmp(y->time, x->time);

	return rc != 0 ? rc : (y->order > x->order) - (y->order < x->order);
}

int
log_path_print(FILE *out, const char *root, const char *path, struct err *e)
{
	struct log_path l = { .path = path };
	struct session_info *list = NULL;
	size_t i, n = 0;

	if (session_list(root, &list, &n, e) < 0)
		return -1;
	/* Oldest first; one that can't be read doesn't hide the others. */
	for (i = n; i-- > 0;) {
		struct err why = ERR_INIT;

		if (log_path_session(&l, list[i].id, &why) < 0)
			cmd_say("session %s: %s", list[i].id, why.text);
	}
	session_list_free(list, n);
	if (l.len > 0)
		qsort(l.rows, l.len, sizeof(*l.rows), log_path_newer);
	for (i = 0; i < l.len; i++) {
		print_words(out, "%s", l.rows[i].text);
		free(l.rows[i].time);
		free(l.rows[i].text);
	}
	free(l.rows);
	return (int)(l.len < INT_MAX ? l.len : INT_MAX);
}
