/* The words of --accept and its like, read into rules. */
#include "config.h"

#include "cmd/choose-int.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define CHOOSE_EDIT_MAX ((size_t)24 << 20)
#define CHOOSE_SHOWN_MAX 80	/* of a word, in a sentence */
#define CHOOSE_NUMBER_MAX 9	/* digits */
#define CHOOSE_LIST_MAX 100000	/* numbers in one list */

int
choose_number(const char **p)
{
	int n = 0, digits = 0;

	while (**p >= '0' && **p <= '9' && digits++ < CHOOSE_NUMBER_MAX)
		n = n * 10 + *(*p)++ - '0';
	return digits > CHOOSE_NUMBER_MAX ? 0 : n;
}

const char *
choose_flag(enum choose_kind kind)
{
	static const char *const flags[] = {
		[CHOOSE_ACCEPT] = "--accept", [CHOOSE_SPLIT] = "--split",
		[CHOOSE_LINES] = "--lines", [CHOOSE_EDIT] = "--edit",
		[CHOOSE_PATCH] = "--patch", [CHOOSE_OVERWRITE] = "--overwrite",
	};

	return flags[kind];
}

int
choose_numbers(const char *p, int **numbers, size_t *len)
{
	for (;;) {
		int from = choose_number(&p), to = from;

		if (from > 0 && *p == '-') {
			p++;
			to = choose_number(&p);
		}
		if (from == 0 || to < from || (size_t)(to - from) >=
		    CHOOSE_LIST_MAX - *len)
			return -1;
		*numbers = xreallocarray(*numbers, *len + (size_t)(to - from) +
		    1, sizeof(**numbers));
		for (; from <= to; from++)
			(*numbers)[(*len)++] = from;
		if (*p == '\0')
			return 0;
		if (*p++ != ',')
			return -1;
	}
}

static int
choose_list(struct choose_rule *r, const char *p, struct err *e)
{
	if (choose_numbers(p, &r->numbers, &r->numbers_len) < 0)
		return err_set(e, "\"%s\" does not name numbers such as "
		    "1,3,5-7", r->shown);
	return 0;
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
	else if (choose_list(r, body, NULL) < 0)
		return err_set(e, "--accept %s: it takes all, none, mode, "
		    "rename or numbers such as 1,3,5-7, with PATH= before it "
		    "for one file", r->shown);
	return 0;
}

static int
choose_lines(struct choose_rule *r, const char *body, struct err *e)
{
	const char *p = body;

	r->hunk = choose_number(&p);
	if (r->hunk == 0 || *p != ':' || choose_list(r, p + 1, NULL) < 0)
		return err_set(e, "--lines %s: it takes the hunk's number "
		    "and those of its + and - lines, such as 2:1,3", r->shown);
	return 0;
}

static int
choose_split_one(struct choose_rule *r, const char *body, struct err *e)
{
	const char *p = body;

	r->hunk = choose_number(&p);
	if (r->hunk == 0 || *p != '\0')
		return err_set(e, "--split %s: it takes a hunk's number, "
		    "with PATH= before it for one file", r->shown);
	return 0;
}

static int
choose_overwrite(struct choose_rule *r, const char *body, struct err *e)
{
	if (strcmp(body, "mode") == 0)
		r->what = WHAT_MODE;
	else if (choose_list(r, body, NULL) < 0)
		return err_set(e, "--overwrite %s: it takes mode or numbers of "
		    "hunks such as 1,3, with PATH= before them for one file",
		    r->shown);
	return 0;
}

static int
choose_edit_read(struct choose_rule *r, const char *file, struct err *e)
{
	int fd = strcmp(file, "-") == 0 ? STDIN_FILENO :
	    open(file, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return err_sys(e, "%s: cannot open %s",
		    choose_flag(r->kind), file);
	buf_init(&r->edit, CHOOSE_EDIT_MAX);
	rc = fs_read_all(fd, &r->edit);
	if (rc < 0)
		err_sys(e, "%s: cannot read %s", choose_flag(r->kind), file);
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}

/* "N=FILE", "PATH=N=FILE": the path ends where "=digits=" begins. */
static int
choose_edit(struct choose_rule *r, struct err *e)
{
	const char *at = r->text, *p = r->text;

	for (;;) {
		r->hunk = choose_number(&p);
		if (r->hunk > 0 && *p == '=' && p[1] != '\0')
			break;
		at = strchr(at, '=');
		if (at == NULL)
			return err_set(e, "--edit %s: it takes a hunk's "
			    "number and the file with its lines, such as "
			    "2=FILE", r->shown);
		p = ++at;
	}
	if (at != r->text)
		r->path = xmemdup(r->text, (size_t)(at - 1 - r->text));
	return choose_edit_read(r, p + 1, e);
}

/* For a sentence, on one line. */
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
choose_rule_parse(struct choose_rule *r, const struct choose_option *o,
    struct err *e)
{
	const char *body = o->text, *eq = strrchr(o->text, '=');

	r->kind = o->kind;
	r->text = o->text;
	r->shown = choose_shown(o->text);
	if (o->kind == CHOOSE_PATCH)
		return choose_edit_read(r, o->text, e);
	if (o->kind == CHOOSE_EDIT)
		return choose_edit(r, e);
	if (eq != NULL) {
		r->path = xmemdup(o->text, (size_t)(eq - o->text));
		body = eq + 1;
	}
	/* Numbers count within a file. */
	if (r->path != NULL && eq > o->text && eq[-1] == '/' &&
	    (o->kind != CHOOSE_ACCEPT || (*body >= '0' && *body <= '9')))
		return err_set(e, "%s %s: a folder takes all, none, mode or "
		    "rename", choose_flag(o->kind), r->shown);
	if (r->path != NULL && r->path[0] == '\0')
		return err_set(e, "%s %s: there is no file's name before "
		    "the =", choose_flag(o->kind), r->shown);
	switch (o->kind) {
	case CHOOSE_ACCEPT:
		return choose_accept(r, body, e);
	case CHOOSE_LINES:
		return choose_lines(r, body, e);
	case CHOOSE_OVERWRITE:
		return choose_overwrite(r, body, e);
	default:
		return choose_split_one(r, body, e);
	}
}

struct choose *
choose_new(const struct choose_option *o, size_t n, struct err *e)
{
	struct choose *c = xcalloc(1, sizeof(*c));
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
		err_set(e, "%s %s and %s %s do not go together: name the "
		    "file before the = in each, or in none",
		    choose_flag(whole->kind), whole->shown,
		    choose_flag(by_path->kind), by_path->shown);
		goto fail;
	}
	return c;
fail:
	choose_free(c);
	return NULL;
}

void
choose_free(struct choose *c)
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
choose_patch(const struct choose *c, size_t i)
{
	size_t k;

	for (k = 0; c != NULL && k < c->len; k++)
		if (c->rules[k].kind == CHOOSE_PATCH && i-- == 0)
			return &c->rules[k].edit;
	return NULL;
}
