/* See session-pick.h. Sessions of this project come first, then all others, so
 * that none seems to be lost. */
#include "config.h"

#include "cmd/session-pick.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "cmd/cmd-ls.h"
#include "cmd/setup.h"
#include "journal/session.h"
#include "ui/app/app.h"

struct session_pick {
	struct session_info *v;
	size_t		 n;
	const char	*root;		/* of this project */
	struct app_choice *rows;
};

static bool
session_pick_is_here(const struct session_pick *p, const struct session_info *s)
{
	return s->root != NULL && strcmp(s->root, p->root) == 0;
}

static char *
session_pick_about(void *arg, size_t row)
{
	const struct session_pick *p = arg;
	const struct session_info *s = &p->v[row];
	struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s, %s, %s\n%s\n", s->id, cmd_ls_state(s),
	    s->mode == NULL ? "?" : s->mode, s->root == NULL ? "?" : s->root);
	if (s->task != NULL)
		buf_addf(&b, "\n%s\n", s->task);
	return buf_take(&b);
}

/* Those of this project first; each part as listed. */
static void
session_pick_sort(struct session_pick *p)
{
	struct session_info *v = xcalloc(p->n + 1, sizeof(*v));
	size_t i, n = 0;
	int others;

	for (others = 0; others <= 1; others++)
		for (i = 0; i < p->n; i++)
			if (!session_pick_is_here(p, &p->v[i]) == others)
				v[n++] = p->v[i];
	memcpy(p->v, v, p->n * sizeof(*v));
	free(v);
}

static void
session_pick_rows(struct session_pick *p)
{
	size_t i;

	p->rows = xcalloc(p->n + 1, sizeof(*p->rows));
	for (i = 0; i < p->n; i++) {
		const struct session_info *s = &p->v[i];
		const char *name = s->root == NULL ? NULL :
		    strrchr(s->root, '/');

		p->rows[i] = (struct app_choice){
			.key = xstrdup(cmd_ls_state(s)),
			.text = s->task == NULL ? xstrdup("(nothing said)") :
			    session_words(s),
			.note = xasprintf("%.10s %.5sZ  %s", s->started == NULL ?
			    "?" : s->started, s->started == NULL ||
			    strlen(s->started) < 16 ? "" : s->started + 11,
			    session_pick_is_here(p, s) ? "" :
			    name == NULL ? "?" : name + 1),
			.more = xasprintf("%s %s", s->id, s->root == NULL ?
			    "" : s->root) };
	}
}

static void
session_pick_release(struct session_pick *p)
{
	size_t i;

	for (i = 0; p->rows != NULL && i < p->n; i++) {
		free(p->rows[i].key);
		free(p->rows[i].text);
		free(p->rows[i].note);
		free(p->rows[i].more);
	}
	free(p->rows);
	session_list_free(p->v, p->n);
}

int
session_pick(const struct cmd_args *a, char **id)
{
	AUTO(session_pick_release) struct session_pick p = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	struct app_choices c = { .what = "sessions, this project's first",
		.about = session_pick_about, .arg = &p };
	struct err e = ERR_INIT;
	size_t i, here = 0, row = 0;
	int code;

	*id = NULL;
	if ((code = setup_project(&s, a)) != 0)
		return code;
	/* Errors are told by those who need the sessions or the settings. */
	if (session_check(NULL, &e) < 0 ||
	    session_list(NULL, &p.v, &p.n, &e) < 0)
		return code;
	session_list_shorten(p.v, &p.n);
	p.root = s.root;
	for (i = 0; i < p.n; i++)
		here += session_pick_is_here(&p, &p.v[i]);
	if (here < 2 || !app_can_run(&e))
		return code;
	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	session_list_sort(p.v, p.n);
	session_pick_sort(&p);
	session_pick_rows(&p);
	c.rows = p.rows;
	c.len = p.n;
	if ((code = setup_pick(&s, &c, &row)) == 0)
		*id = xstrdup(p.v[row].id);
	return code;
}
