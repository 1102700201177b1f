/* See session-pick.h. Sessions of this project come first, then all others, so
 * that none seems to be lost. */
#include "config.h"

#include "cmd/session-pick.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/cmd-ls.h"
#include "cmd/setup.h"
#include "front/bindings.h"
#include "journal/event.h"
#include "journal/session.h"
#include "ui/app/app.h"

#define SESSION_PICK_TAIL ((size_t)64 << 10)	/* bytes of a journal */
#define SESSION_PICK_TEXTS 4		/* last texts in the preview */
#define SESSION_PICK_TEXT_MAX 400	/* bytes of one */

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

/* The end of the session's journal. */
static void
session_pick_tail(const char *id, struct buf *b)
{
	AUTO_FREE char *dir = session_dir(id, NULL);
	AUTO_FREE char *path = NULL;
	AUTO_CLOSE int fd = -1;
	struct stat st;
	ssize_t got;

	if (dir == NULL)
		return;
	path = fs_join(dir, "journal.jsonl");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0) {
		AUTO_FREE char *chunk = xcalloc(SESSION_PICK_TAIL, 1);

		got = pread(fd, chunk, SESSION_PICK_TAIL, st.st_size >
		    (off_t)SESSION_PICK_TAIL ? st.st_size -
		    (off_t)SESSION_PICK_TAIL : 0);
		if (got > 0)
			buf_add(b, chunk, (size_t)got);
	}
}

/* What was said on this line: "> ..." by the user; malloc'ed, or NULL. */
static char *
session_pick_said(const char *line, size_t n)
{
	AUTO_JSON cJSON *o = event_parse(line, n, NULL);
	const char *type, *text = NULL, *mark = "";
	char *said = NULL;

	if (o == NULL)		/* cut in two */
		return NULL;
	type = json_str_or(o, "type", "");
	if (strcmp(type, "user_message") == 0) {
		text = json_str(o, "text");
		mark = "> ";
	} else if (strcmp(type, "assistant_message") == 0)
		text = json_str(o, "text");
	else if (strcmp(type, "agent_end") == 0)
		text = json_str(o, "summary");
	if (text != NULL && text[0] != '\0') {
		AUTO_FREE char *cut = utf8_cut_dup(text, SESSION_PICK_TEXT_MAX);

		said = xasprintf("%s%s", mark, cut);
	}
	return said;
}

/* Append the last things said, oldest first. */
static void
session_pick_last(const char *id, struct buf *b)
{
	AUTO_BUF struct buf tail = BUF_INIT(0);
	char *said[SESSION_PICK_TEXTS] = { NULL };
	size_t n, len = 0;
	const char *p;

	session_pick_tail(id, &tail);
	for (n = tail.len; n > 0 && len < SESSION_PICK_TEXTS; ) {
		p = memrchr(tail.p, '\n', n - 1);
		p = p == NULL ? tail.p : p + 1;
		said[len] = session_pick_said(p, (size_t)(tail.p + n - p) -
		    (tail.p[n - 1] == '\n'));
		len += said[len] != NULL;
		n = (size_t)(p - tail.p);
	}
	while (len > 0) {
		buf_addf(b, "\n%s\n", said[--len]);
		free(said[len]);
	}
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
	session_pick_last(s->id, &b);
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

/* 1: chosen, 0: back, -1 with *e. */
static int
session_pick_show(struct session_pick *p, const struct setup *s,
    const struct bindings *bindings, size_t *row, struct err *e)
{
	struct app_choices c = { .what = "sessions, this project's first",
		.len = p->n, .about = session_pick_about, .arg = p,
		.bindings = bindings };
	struct ui_likes likes = { .bell = false };

	session_pick_rows(p);
	c.rows = p->rows;
	setup_likes(s, &likes);
	c.colour = likes.colour;
	return app_pick(&c, row, e);
}

int
session_pick(const struct cmd_args *a, char **id)
{
	AUTO(session_pick_release) struct session_pick p = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(bindings_free_at) struct bindings *bindings = NULL;
	struct err e = ERR_INIT;
	size_t i, here = 0, row = 0;
	int code, chosen;

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
	if ((bindings = setup_bindings(&s)) == NULL)
		return EXIT_USAGE;
	session_list_sort(p.v, p.n);
	session_pick_sort(&p);
	chosen = session_pick_show(&p, &s, bindings, &row, &e);
	if (chosen < 0)
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
	else if (chosen == 0)
		code = EXIT_INTERRUPTED;
	else
		*id = xstrdup(p.v[row].id);
	return code;
}
