/*
 * --comment "FILE:LINE TEXT": finds the line in its hunk, and makes the command
 * for the core.
 */
#include "config.h"

#include "cmd/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"

#define COMMENT_LINE_MAX 1000000000

struct choose_comment {
	char		*path;
	int		 line;		/* negative: of the old file */
	const char	*text;
};

/* The location ends at the first ":LINE" followed by a space. */
static int
comment_parse(const char *s, struct choose_comment *c, struct err *e)
{
	const char *colon = s, *p;
	bool old;
	int n;

	while ((colon = strchr(colon, ':')) != NULL) {
		old = colon[1] == '-';
		p = colon + 1 + old;
		for (n = 0; *p >= '0' && *p <= '9' && n < COMMENT_LINE_MAX / 10;
		    p++)
			n = n * 10 + (*p - '0');
		if (colon > s && n > 0 && (*p == ' ' || *p == '\0')) {
			c->path = xmemdup(s, (size_t)(colon - s));
			c->line = old ? -n : n;
			c->text = p + strspn(p, " ");
			return 0;
		}
		colon++;
	}
	return err_set(e,
	    "--comment %.80s: must be FILE:LINE and a text, such as "
	    "'a.c:12 why?' (FILE:-LINE for the old file)",
	    s);
}

int
select_comment_check(const char *s, struct err *e)
{
	struct choose_comment c = { 0 };
	int rc = comment_parse(s, &c, e);

	free(c.path);
	return rc;
}

/* The index of the line in the hunk's text, from 1; 0: not in it. */
static int
comment_line(const struct fold_hunk *h, int line)
{
	const char *p = h->text, *end = p + h->text_len, *nl;
	int before = h->old_start, after = h->new_start, i = 1;

	for (; p < end; p = nl == NULL ? end : nl + 1, i++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (line > 0 ? (*p == '+' || *p == ' ') && after == line :
		    (*p == '-' || *p == ' ') && before == -line)
			return i;
		before += *p == '-' || *p == ' ';
		after += *p == '+' || *p == ' ';
	}
	return 0;
}

static cJSON *
comment_command(const struct choose_comment *c, const char *given,
    const struct fold_proposal *p, struct err *e)
{
	const struct fold_file *f = NULL;
	size_t i;
	int at = 0;

	for (i = 0; f == NULL && i < p->files_len; i++)
		if (strcmp(p->files[i].path_bytes, c->path) == 0)
			f = &p->files[i];
	if (f == NULL) {
		err_set(e, "--comment %.80s: %s isn't in this proposal",
		    given, c->path);
		return NULL;
	}
	for (i = 0; i < f->hunks_len; i++)
		if (select_word(f, i) == NULL &&
		    (at = comment_line(&f->hunks[i], c->line)) > 0)
			break;
	if (at == 0) {
		err_set(e, "--comment %.80s: no hunk contains this line%s",
		    given, c->line < 0 ? " of the old file" : "");
		return NULL;
	}
	return command_comment(p, f->hunks[i].id, at, at, c->text);
}

cJSON *
select_comments(const char *const *given, size_t n,
    const struct fold_proposal *p, struct err *e)
{
	cJSON *list = cJSON_CreateArray(), *o;
	struct choose_comment c;
	size_t i;

	for (i = 0; i < n; i++) {
		c.path = NULL;
		o = comment_parse(given[i], &c, e) < 0 ? NULL :
		    comment_command(&c, given[i], p, e);
		free(c.path);
		if (o == NULL) {
			cJSON_Delete(list);
			return NULL;
		}
		cJSON_AddItemToArray(list, o);
	}
	return list;
}
