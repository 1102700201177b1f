/* Parses --accept and the like into rules. */
#include "config.h"

#include "cmd/select-int.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define CHOOSE_EDIT_MAX ((size_t)24 << 20)
#define CHOOSE_SHOWN_MAX 80	/* of an argument, in a message */
#define CHOOSE_NUMBER_MAX 9	/* digits */
#define CHOOSE_LIST_MAX 100000	/* numbers in one list */

int
select_number(const char **p)
{
	int n = 0, digits = 0;

	while (**p >= '0' && **p <= '9' && digits++ < CHOOSE_NUMBER_MAX)
		n = n * 10 + *(*p)++ - '0';
	return digits > CHOOSE_NUMBER_MAX ? 0 : n;
}

const char *
select_flag(enum select_kind kind)
{
	static const char *const flags[] = {
		[SELECT_ACCEPT] = "--accept", [SELECT_SPLIT] = "--split",
		[SELECT_LINES] = "--lines", [SELECT_EDIT] = "--edit",
		[SELECT_PATCH] = "--patch", [SELECT_OVERWRITE] = "--overwrite",
	};

	return flags[kind];
}

int
select_numbers(const char *p, int **numbers, size_t *len)
{
	for (;;) {
		int from = select_number(&p), to = from;

		if (from > 0 && *p == '-') {
			p++;
			to = select_number(&p);
		}
		if (from == 0 || to < from || (size_t)(to - from) >=
		    CHOOSE_LIST_MAX - *len)
			return -1;
		GROW_BY(*numbers, *len, to - from + 1);
		for (; from <= to; from++)
			(*numbers)[(*len)++] = from;
		if (*p == '\0')
			return 0;
		if (*p++ != ',')
			return -1;
	}
}

static int
choose_list(struct choose_rule *r, const char *p)
{
	return select_numbers(p, &r->numbers, &r->numbers_len);
}

static int
choose_accept(struct choose_rule *r, const char *body, struct err *e)
{
	if (strcmp(body, "all") == 0)
		r->what = WHAT_ALL;
	else if (strcmp(body, "none") == 0)
		r->what = WHAT_NONE;
	else if (strcmp(body, "mode") == 0)
		r->what = WHAT_MODE;
	else if (strcmp(body, "rename") == 0)
		r->what = WHAT_RENAME;
	else if (choose_list(r, body) < 0)
		return err_set(e, "--accept %s: must be all, none, mode, "
		    "rename or numbers such as 1,3,5-7; for one file put "
		    "PATH= in front", r->shown);
	return 0;
}

static int
choose_lines(struct choose_rule *r, const char *body, struct err *e)
{
	const char *p = body;

	r->hunk = select_number(&p);
	if (r->hunk == 0 || *p != ':' || choose_list(r, p + 1) < 0)
		return err_set(e, "--lines %s: must be a hunk's number and "
		    "numbers of its + and - lines, such as 2:1,3", r->shown);
	return 0;
}

static int
choose_split_one(struct choose_rule *r, const char *body, struct err *e)
{
	const char *p = body;

	r->hunk = select_number(&p);
	if (r->hunk == 0 || *p != '\0')
		return err_set(e,
		    "--split %s: must be a hunk's number; for one "
		    "file put PATH= in front",
		    r->shown);
	return 0;
}

static int
choose_overwrite(struct choose_rule *r, const char *body, struct err *e)
{
	if (strcmp(body, "mode") == 0)
		r->what = WHAT_MODE;
	else if (choose_list(r, body) < 0)
		return err_set(e, "--overwrite %s: must be mode or numbers of "
		    "hunks such as 1,3; for one file put PATH= in front",
		    r->shown);
	return 0;
}

static int
choose_edit_read(struct choose_rule *r, const char *file, struct err *e)
{
	int fd = strcmp(file, "-") == 0 ? STDIN_FILENO :
	    open(file, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return err_sys(e, "%s: can't open %s",
		    select_flag(r->kind), file);
	buf_init(&r->edit, CHOOSE_EDIT_MAX);
	rc = fs_read_all(fd, &r->edit);
	if (rc < 0)
		err_sys(e, "%s: can't read %s", select_flag(r->kind), file);
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}

/* "N=FILE", "PATH=N=FILE": the path ends before "=digits=". */
static int
choose_edit(struct choose_rule *r, struct err *e)
{
	const char *at = r->text, *p = r->text;

	for (;;) {
		r->hunk = select_number(&p);
		if (r->hunk > 0 && *p == '=' && p[1] != '\0')
			break;
		at = strchr(at, '=');
		if (at == NULL)
			return err_set(e, "--edit %s: must be a hunk's number "
			    "and the file with its edited lines, such as "
			    "2=FILE", r->shown);
		p = ++at;
	}
	if (at != r->text)
		r->path = xmemdup(r->text, (size_t)(at - 1 - r->text));
	return choose_edit_read(r, p + 1, e);
}

/* For a message, on one line. */
static char *
choose_shown(const char *text)
{
	struct buf b = BUF_INIT(0);

	json_path_text(&b, text);
	if (b.len > CHOOSE_SHOWN_MAX) {
		b.len = utf8_cut(b.p, b.len, CHOOSE_SHOWN_MAX);
		buf_adds(&b, "...");
	}
	return buf_take(&b);
}

static int
choose_rule_parse(struct choose_rule *r, const struct select_option *o,
    struct err *e)
{
	const char *body = o->text, *eq = strrchr(o->text, '=');

	r->kind = o->kind;
	r->text = o->text;
	r->shown = choose_shown(o->text);
	if (o->kind == SELECT_PATCH)
		return choose_edit_read(r, o->text, e);
	if (o->kind == SELECT_EDIT)
		return choose_edit(r, e);
	if (eq != NULL) {
		r->path = xmemdup(o->text, (size_t)(eq - o->text));
		body = eq + 1;
	}
	/* Numbers count within a file. */
	if (r->path != NULL && eq > o->text && eq[-1] == '/' &&
	    (o->kind != SELECT_ACCEPT || (*body >= '0' && *body <= '9')))
		return err_set(e, "%s %s: for a directory use all, none, mode "
		    "or rename", select_flag(o->kind), r->shown);
	if (r->path != NULL && r->path[0] == '\0')
		return err_set(e, "%s %s: a file name must precede the =",
		    select_flag(o->kind), r->shown);
	switch (o->kind) {
	case SELECT_ACCEPT:
		return choose_accept(r, body, e);
	case SELECT_LINES:
		return choose_lines(r, body, e);
	case SELECT_OVERWRITE:
		return choose_overwrite(r, body, e);
	default:
		return choose_split_one(r, body, e);
	}
}

struct select *
select_new(const struct select_option *o, size_t n, struct err *e)
{
	struct select *c = xcalloc(1, sizeof(*c));
	const struct choose_rule *by_path = NULL, *whole = NULL;

	c->rules = xcalloc(n + 1, sizeof(*c->rules));
	for (c->len = 0; c->len < n; c->len++) {
		struct choose_rule *r = &c->rules[c->len];

		if (choose_rule_parse(r, &o[c->len], e) < 0) {
			c->len++;
			goto fail;
		}
		if (r->path != NULL)
			by_path = r;
		else
			whole = r;
	}
	if (by_path != NULL && whole != NULL) {
		err_set(e, "%s %s can't be combined with %s %s: put "
		    "PATH= in front of both or of neither",
		    select_flag(whole->kind), whole->shown,
		    select_flag(by_path->kind), by_path->shown);
		goto fail;
	}
	return c;
fail:
	select_free(c);
	return NULL;
}

void
select_free(struct select *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->len; i++) {
		free(c->rules[i].path);
		free(c->rules[i].shown);
		free(c->rules[i].numbers);
		buf_release(&c->rules[i].edit);
	}
	free(c->rules);
	free(c);
}

const struct buf *
select_patch(const struct select *c, size_t i)
{
	size_t k;

	for (k = 0; c != NULL && k < c->len; k++)
		if (c->rules[k].kind == SELECT_PATCH && i-- == 0)
			return &c->rules[k].edit;
	return NULL;
}
