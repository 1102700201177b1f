/* See select.h. */

#include "config.h"

#include "cmd/select.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "gate/patch.h"
#include "journal/command.h"
#include "journal/fold.h"

#define CHOOSE_EDIT_MAX ((size_t)24 << 20)
#define CHOOSE_SHOWN_MAX 80	/* of an argument, in a message */
#define CHOOSE_NUMBER_MAX 9	/* digits */
#define CHOOSE_LIST_MAX 100000	/* numbers in one list */

enum choose_what { WHAT_NUMBERS, WHAT_ALL, WHAT_NONE, WHAT_MODE,
	WHAT_RENAME };

struct choose_rule {
	enum select_kind	 kind;
	const char		*text;		/* as it was typed */
	char			*shown;		/* the same, for messages */
	char			*path;		/* NULL: of the whole patch */
	enum choose_what	 what;
	int			 hunk;		/* --split, --lines, --edit */
	int			*numbers;
	size_t			 numbers_len;
	struct buf		 edit;
};

/* A hunk and the decision on it. */
struct choose_hunk {
	const struct fold_file	*file;
	const struct fold_hunk	*hunk;
	bool			 yes;
	bool			 no;		/* named by --reject */
	bool			 named;		/* its file, by --accept */
	bool			 over;		/* named by --overwrite */
	struct buf		 edit;
	bool			 edited;
};

struct select {
	struct choose_rule	*rules;
	size_t			 len;
};

static int
select_number(const char **p)
{
	int n = 0, digits = 0;

	while (**p >= '0' && **p <= '9' && digits++ < CHOOSE_NUMBER_MAX)
		n = n * 10 + *(*p)++ - '0';
	return digits > CHOOSE_NUMBER_MAX ? 0 : n;
}

static const char *
select_flag(enum select_kind kind)
{
	static const char *const flags[] = {
		[SELECT_ACCEPT] = "--accept", [SELECT_SPLIT] = "--split",
		[SELECT_LINES] = "--lines", [SELECT_EDIT] = "--edit",
		[SELECT_PATCH] = "--patch", [SELECT_OVERWRITE] = "--overwrite",
		[SELECT_REJECT] = "--reject",
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

/* All, none, a word instead of a number, or numbers. */
static int
choose_named(struct choose_rule *r, const char *body, struct err *e)
{
	static const struct {
		const char	*word;
		enum choose_what what;
		unsigned	 kinds;
	} words[] = {
		{ "all", WHAT_ALL, 1u << SELECT_ACCEPT },
		{ "mode", WHAT_MODE, ~0u },
		{ "none", WHAT_NONE, 1u << SELECT_ACCEPT | 1u <<
		    SELECT_REJECT },
		{ "rename", WHAT_RENAME, 1u << SELECT_ACCEPT },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(words); i++)
		if ((words[i].kinds & 1u << r->kind) != 0 &&
		    strcmp(body, words[i].word) == 0) {
			r->what = words[i].what;
			return 0;
		}
	if (choose_list(r, body) == 0)
		return 0;
	return err_set(e, r->kind == SELECT_ACCEPT ? "%s %s: must be all, none, "
	    "mode, rename or numbers such as 1,3,5-7; for one file put PATH= "
	    "in front" : "%s %s: must be mode or numbers of hunks such as 1,3; "
	    "for one file put PATH= in front", select_flag(r->kind), r->shown);
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
choose_edit_read(struct choose_rule *r, const char *file, struct err *e)
{
	struct err why = ERR_INIT;

	buf_init(&r->edit, CHOOSE_EDIT_MAX);
	if (strcmp(file, "-") == 0 && fs_read_all(STDIN_FILENO, &r->edit) < 0)
		err_sys(&why, "can't read standard input");
	else if (strcmp(file, "-") != 0)
		(void)fs_read_file(AT_FDCWD, file, &r->edit, &why);
	return err_is_set(&why) ? err_set(e, "%s: %s", select_flag(r->kind),
	    why.text) : 0;
}

/* "DIR/": all files below. */
static bool
select_is_folder(const struct choose_rule *r)
{
	size_t n = r->path == NULL ? 0 : strlen(r->path);

	return n > 0 && r->path[n - 1] == '/';
}

/* Numbers count within a file. */
static int
choose_of_file(const struct choose_rule *r, struct err *e)
{
	return !select_is_folder(r) ? 0 : err_set(e, r->kind == SELECT_ACCEPT ?
	    "%s %s: for a directory use all, none, mode or rename" :
	    "%s %s: must name a file, not a directory",
	    select_flag(r->kind), r->shown);
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
	return choose_of_file(r, e) < 0 ? -1 : choose_edit_read(r, p + 1, e);
}

/* The text for a message, on one line. */
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
	if ((o->kind != SELECT_ACCEPT || (*body >= '0' && *body <= '9')) &&
	    choose_of_file(r, e) < 0)
		return -1;
	if (r->path != NULL && r->path[0] == '\0')
		return err_set(e, "%s %s: a file name must precede the =",
		    select_flag(o->kind), r->shown);
	return o->kind == SELECT_LINES ? choose_lines(r, body, e) :
	    o->kind == SELECT_SPLIT ? choose_split_one(r, body, e) :
	    choose_named(r, body, e);
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
		FREE_ALL(c->rules[i].path, c->rules[i].shown,
		    c->rules[i].numbers);
		buf_release(&c->rules[i].edit);
	}
	FREE_ALL(c->rules, c);
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

/* One for each hunk, in the order of the patch. */
static struct choose_hunk *
select_hunks(const struct fold_proposal *p)
{
	struct choose_hunk *v = xcalloc(p->hunks_len + 1, sizeof(*v));
	size_t i;

	for (i = 0; i < p->hunks_len; i++) {
		v[i].file = p->order[i].file;
		v[i].hunk = p->order[i].hunk;
	}
	return v;
}

/* Is it its file's new name? */
static bool
select_renames(const struct choose_hunk *h)
{
	return h->file->from != NULL && h->hunk == h->file->hunks;
}

static void
select_hunks_free(struct choose_hunk *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf_release(&v[i].edit);
	free(v);
}

static bool
select_is_of(const struct choose_rule *r, const struct choose_hunk *h)
{
	size_t n = r->path == NULL ? 0 : strlen(r->path);

	return r->path == NULL || (select_is_folder(r) ?
	    strncmp(r->path, h->file->path_bytes, n) == 0 :
	    strcmp(r->path, h->file->path_bytes) == 0);
}

static int
select_no_file(const struct choose_rule *r, struct err *e)
{
	if (select_is_folder(r))
		return err_set(e, "%s %s: no file of this proposal is in %s",
		    select_flag(r->kind), r->shown, r->path);
	return err_set(e, "%s %s: %s isn't in this proposal",
	    select_flag(r->kind), r->shown, r->path == NULL ? "it" : r->path);
}

/* The hunk with that number, or NULL with *e. */
static struct choose_hunk *
select_find(const struct choose_rule *r, int number, struct choose_hunk *v,
    size_t n, struct err *e)
{
	bool path = false;
	int most = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		int here = r->path == NULL ? v[i].hunk->number :
		    v[i].hunk->in_file;

		if (!select_is_of(r, &v[i]))
			continue;
		path = true;
		if (here == number)
			return &v[i];
		most = here > most ? here : most;
	}
	if (!path)
		select_no_file(r, e);
	else
		err_set(e, "%s %s: no hunk %d; the last is %d",
		    select_flag(r->kind), r->shown, number, most);
	return NULL;
}

static void
select_forget(const struct choose_rule *r, struct choose_hunk *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (select_is_of(r, &v[i]))
			v[i].yes = false;
}

/* Does `mode` or `rename` select it? */
static bool
select_is_named(const struct choose_rule *r, const struct choose_hunk *h)
{
	return r->what == WHAT_RENAME ? select_renames(h) :
	    r->what == WHAT_MODE && h->hunk->called != NULL &&
	    !select_renames(h);
}

static void
select_name(struct choose_hunk *h, enum select_kind kind)
{
	h->no = kind == SELECT_REJECT;
	h->yes = !h->no;
	h->edited = h->edited && h->yes;
	h->over = h->over || kind == SELECT_OVERWRITE;
}

/* The hunks that it names by number. */
static int
select_name_numbers(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	struct choose_hunk *h;

	MEM_EACH(r, numbers, it) {
		if ((h = select_find(r, *it, v, n, e)) == NULL)
			return -1;
		select_name(h, r->kind);
	}
	return 0;
}

static int
select_apply_accept(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	bool path = false, word = false;
	size_t i;

	for (i = 0; i < n; i++) {
		bool named;

		if (!select_is_of(r, &v[i]))
			continue;
		path = v[i].named = true;
		named = select_is_named(r, &v[i]);
		word = word || named;
		if (r->what == WHAT_ALL || named)
			v[i].yes = true;
		else if (r->what == WHAT_NONE && select_is_folder(r))
			v[i].yes = false;
	}
	if (r->path != NULL && !path)
		return select_no_file(r, e);
	if ((r->what == WHAT_MODE || r->what == WHAT_RENAME) && !word)
		return err_set(e, r->what == WHAT_MODE ?
		    "--accept %s: no mode change there" :
		    "--accept %s: no renamed file there", r->shown);
	return select_name_numbers(r, v, n, e);
}

int
select_lines(const struct fold_hunk *h, const int *numbers, size_t n,
    struct buf *b, struct err *e)
{
	size_t lines = hunk_text_changes(h->text, h->text_len), picked = 0, i;
	AUTO_FREE bool *pick = xcalloc(lines + 1, sizeof(*pick));

	for (i = 0; i < n; i++) {
		if ((size_t)numbers[i] > lines)
			return err_set(e, "the hunk has only %zu + and - lines",
			    lines);
		picked += !pick[numbers[i] - 1];
		pick[numbers[i] - 1] = true;
	}
	buf_clear(b);
	hunk_text_pick(b, h->text, h->text_len, pick);
	return picked < lines;
}

static int
select_apply_lines(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	struct choose_hunk *h = select_find(r, r->hunk, v, n, e);
	struct err why = ERR_INIT;
	int some;

	if (h == NULL)
		return -1;
	some = select_lines(h->hunk, r->numbers, r->numbers_len, &h->edit,
	    &why);
	h->yes = true;
	h->edited = some > 0;
	return some < 0 ? err_set(e, "--lines %s: %s", r->shown, why.text) : 0;
}

static int
select_apply_edit(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	struct choose_hunk *h = select_find(r, r->hunk, v, n, e);

	if (h == NULL)
		return -1;
	h->yes = h->edited = true;
	buf_clear(&h->edit);
	buf_add(&h->edit, buf_str(&r->edit), r->edit.len);
	return 0;
}

static int
select_apply_named(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	bool mode = false;
	size_t i;

	for (i = 0; i < n; i++)
		if (select_is_of(r, &v[i]) && select_is_named(r, &v[i])) {
			mode = true;
			select_name(&v[i], r->kind);
		}
	if (r->what == WHAT_MODE && !mode)
		return err_set(e, "%s %s: no mode change there",
		    select_flag(r->kind), r->shown);
	return select_name_numbers(r, v, n, e);
}

/* ---- --patch: the output of `show` with hunks removed or edited. Names and line
 * numbers must match the proposal's ---- */

/* The first line of this file's part in the proposal's patch. */
static char *
choose_patch_head(const struct fold_file *f)
{
	struct buf b = BUF_INIT(0);
	struct fold_file head = *f;

	head.hunks_len = 0;	/* it precedes them */
	patch_write_file(&b, &head);
	buf_cut(&b, strcspn(buf_str(&b), "\n"));
	return buf_take(&b);
}

/*
 * The file's hunk at this line that hasn't been matched yet: one with this
 * text, else the first. Parts of a split hunk may start at the same line.
 */
static struct choose_hunk *
choose_patch_find(struct choose_hunk *part, size_t n, int start, const char *p,
    size_t len)
{
	struct choose_hunk *first = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (part[i].hunk->called != NULL || part[i].yes ||
		    part[i].hunk->old_start != start)
			continue;
		if (len == part[i].hunk->text_len &&
		    memcmp(p, part[i].hunk->text, len) == 0)
			return &part[i];
		if (first == NULL)
			first = &part[i];
	}
	return first;
}

/* One hunk of the edited patch: p is after its "@@" line. */
static int
choose_patch_hunk(struct choose_hunk *part, size_t n, const char *at,
    const char *p, const char *end, struct err *e)
{
	const char *number = at + 4;	/* "@@ -" */
	int start = select_number(&number);
	struct choose_hunk *h = choose_patch_find(part, n, start, p,
	    (size_t)(end - p));

	if (h == NULL)
		return err_set(e, "the patch has a hunk of %s at line %d that "
		    "isn't in the proposal; don't change the numbers after @@ "
		    "-", part->file->path, start);
	h->yes = true;
	h->edited = (size_t)(end - p) != h->hunk->text_len ||
	    memcmp(p, h->hunk->text, h->hunk->text_len) != 0;
	if (h->edited)
		buf_add(&h->edit, p, (size_t)(end - p));
	return 0;
}

/* The part of one file, after its "diff --git" line. Returns its end. */
static const char *
choose_patch_file(struct choose_hunk *part, size_t n, const char *p,
    const char *end, struct err *e)
{
	bool mode = false, hunks = false;
	size_t i;

	while (p < end && !mem_starts(p, end, "diff --git ")) {
		const char *at = p, *body;

		p = mem_line_after(p, end);
		mode = mode || mem_starts(at, p, "new mode ");
		if (!mem_starts(at, p, "@@ -"))
			continue;
		hunks = true;
		for (body = p; p < end &&
		    !mem_starts(p, end, "@@ -") &&
		    !mem_starts(p, end, "diff --git ");)
			p = mem_line_after(p, end);
		if (choose_patch_hunk(part, n, at, body, p, e) < 0)
			return NULL;
	}
	for (i = 0; i < n; i++)
		if (select_renames(&part[i]) ||
		    (part[i].hunk->called != NULL ? mode : !hunks &&
		    part[i].hunk->text_len == 0))
			part[i].yes = true;
	return p;
}

static bool
choose_patch_is_two(const struct fold_file *f)
{
	return f->before.exists && f->after.exists &&
	    (f->before.mode & 0170000) != (f->after.mode & 0170000);
}

/* A file that becomes a link: a deletion and a creation, as one change. Returns
 * the end of both. */
static const char *
choose_patch_two(struct choose_hunk *part, size_t n, const char *line,
    const char *end, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	patch_write_file(&b, part->file);
	if (mem_starts(line, end, buf_str(&b))) {
		line += b.len;
		for (i = 0; i < n; i++)
			part[i].yes = true;
	} else {
		err_set(e,
		    "%s changes its file type, which can only be accepted "
		    "or rejected as a whole; keep both its parts in the patch "
		    "or remove both",
		    part->file->path);
		line = NULL;
	}
	return line;
}

static int
select_apply_patch(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	const char *p = buf_str(&r->edit), *end = p + r->edit.len;
	bool any = false;
	size_t from, to = 0;

	while (p < end) {
		const char *line = p;
		size_t len;

		p = mem_line_after(p, end);
		if (!mem_starts(line, p, "diff --git "))
			continue;
		any = true;
		len = (size_t)(p - line);
		len -= len > 0 && line[len - 1] == '\n';
		for (from = 0; from < n; from = to) {
			AUTO_FREE char *head = choose_patch_head(v[from].file);
			bool same = strlen(head) == len &&
			    memcmp(head, line, len) == 0;

			for (to = from; to < n && v[to].file == v[from].file;
			    to++)
				;
			if (same)
				break;
		}
		if (from == n)
			return err_set(e, "the patch changes a file that isn't "
			    "in the proposal: %.*s",
			    len > 200 ? 200 : (int)len, line);
		p = choose_patch_is_two(v[from].file) ?
		    choose_patch_two(&v[from], to - from, line, end, e) :
		    choose_patch_file(&v[from], to - from, p, end, e);
		if (p == NULL)
			return -1;
	}
	if (!any)
		return err_set(e, "%s isn't a patch from assent show",
		    r->shown);
	return 0;
}

/* ---- the commands ---- */

static void
select_add(cJSON *list, const struct fold_proposal *p,
    const struct choose_hunk *h)
{
	cJSON *o = command_mark(p, h->hunk->id, h->edited ? "edited" :
	    h->yes ? "yes" : "no", false, NULL);

	if (h->edited)
		json_add_bytes(o, "edit", buf_str(&h->edit), h->edit.len);
	if (h->over)
		json_add_bool(o, "overwrite", true);
	cJSON_AddItemToArray(list, o);
}

bool
select_leaves_rest(const struct select *c)
{
	bool over = false, other = false;
	size_t i;

	for (i = 0; i < c->len; i++) {
		enum select_kind kind = c->rules[i].kind;

		if (kind == SELECT_REJECT)
			return true;
		over = over || kind == SELECT_OVERWRITE;
		other = other || (kind != SELECT_OVERWRITE &&
		    kind != SELECT_SPLIT);
	}
	return over && !other;
}

/* Accepted by an option that doesn't overwrite newer lines, or not selected. */
static bool
select_stays_open(const struct select *c, const struct choose_hunk *h)
{
	return h->yes ? h->hunk->overwrites && !h->over :
	    !h->no && select_leaves_rest(c);
}

/* As in git, a hunk of a renamed file includes the new name. */
static void
select_rename(struct choose_hunk *v, size_t n)
{
	size_t i, name = n;

	for (i = 0; i < n; i++) {
		if (select_renames(&v[i]))
			name = i;
		else if (v[i].yes && v[i].file->from != NULL && name < n)
			v[name].yes = true;
	}
}

cJSON *
select_marks(const struct select *c, const struct fold_proposal *p,
    int *open, struct err *e)
{
	static const struct {
		int	 pass;
		int	(*apply)(const struct choose_rule *,
			    struct choose_hunk *, size_t, struct err *);
	} kinds[] = {
		[SELECT_ACCEPT] = { 1, select_apply_accept },
		[SELECT_LINES] = { 2, select_apply_lines },
		[SELECT_EDIT] = { 2, select_apply_edit },
		[SELECT_PATCH] = { 2, select_apply_patch },
		[SELECT_OVERWRITE] = { 3, select_apply_named },
		[SELECT_REJECT] = { 3, select_apply_named },
		[SELECT_SPLIT] = { 0, NULL },
	};
	cJSON *list = NULL;
	struct choose_hunk *v = select_hunks(p);
	size_t n = p->hunks_len, i;
	int rc = 0, pass;
	const char *other = NULL;
	bool accepts = false;

	*open = 0;
	/* A file's own rule wins over that of its directory. */
	for (i = 0; i < c->len && rc == 0; i++)
		if (select_is_folder(&c->rules[i]))
			rc = select_apply_accept(&c->rules[i], v, n, e);
	for (i = 0; i < c->len && rc == 0; i++)
		if (c->rules[i].path != NULL && !select_is_folder(&c->rules[i]))
			select_forget(&c->rules[i], v, n);
	for (pass = 1; pass <= 3; pass++)
		for (i = 0; i < c->len && rc == 0; i++)
			if (kinds[c->rules[i].kind].pass == pass &&
			    !select_is_folder(&c->rules[i]))
				rc = kinds[c->rules[i].kind].apply(&c->rules[i],
				    v, n, e);
	for (i = 0; i < n; i++) {
		accepts = accepts || v[i].yes;
		other = v[i].named ? other : v[i].file->path;
	}
	if (rc == 0 && !accepts && other != NULL && c->rules[0].path != NULL &&
	    !select_leaves_rest(c))
		rc = err_set(e, "--accept PATH=none alone would reject %s, "
		    "too: name what to accept, such as %s=all, or reject "
		    "everything with --accept none", other, other);
	if (rc == 0) {
		list = cJSON_CreateArray();
		select_rename(v, n);
		for (i = 0; i < n; i++)
			if (select_stays_open(c, &v[i]))
				++*open;
			else
				select_add(list, p, &v[i]);
	}
	select_hunks_free(v, n);
	return list;
}

bool
select_left_open(const struct fold_proposal *p, struct buf *b)
{
	bool all = true;
	size_t i;

	for (i = 0; i < p->hunks_len; i++) {
		const struct fold_file *f = p->order[i].file;
		const struct fold_hunk *h = p->order[i].hunk;

		all = all && h->overwrites;
		if (!h->overwrites)
			continue;
		if (b->len > 0)
			buf_addc(b, '\n');
		buf_adds(b, "open: ");
		sanitize_name(b, f->path);
		buf_adds(b, ", ");
		if (h->called != NULL)
			buf_addf(b, "%s overwrites a newer %s; to accept it: "
			    "--overwrite %s=%s", h->called, h->called,
			    f->path, h->called);
		else
			buf_addf(b, "hunk %d overwrites newer lines; to "
			    "accept it: --overwrite %d", h->number, h->number);
	}
	return all;
}

/*
 * --comment "FILE:LINE TEXT": finds the line in its hunk, and makes the command
 * for the core.
 */

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

/* The index of the line in the hunk's text, from 1; 0: not in it. */
static int
comment_line(const struct fold_hunk *h, int line)
{
	struct hunk_walk w = hunk_walk(h->text, h->text_len, h->old_start,
	    h->new_start);
	int i;

	for (i = 1; hunk_walk_next(&w); i++)
		if (line > 0 ? (w.sign == '+' || w.sign == ' ') && w.new ==
		    line : (w.sign == '-' || w.sign == ' ') && w.old == -line)
			return i;
	return 0;
}

static cJSON *
select_comment(const struct choose_comment *c, const char *given,
    const struct fold *fold, struct err *e)
{
	const struct fold_file *f = fold_find_file(fold, c->path);
	size_t i;
	int at = 0;

	if (f == NULL) {
		err_set(e, "--comment %.80s: %s isn't in this proposal",
		    given, c->path);
		return NULL;
	}
	for (i = 0; i < f->hunks_len; i++)
		if (f->hunks[i].called == NULL &&
		    (at = comment_line(&f->hunks[i], c->line)) > 0)
			break;
	if (at == 0) {
		err_set(e, "--comment %.80s: no hunk contains this line%s",
		    given, c->line < 0 ? " of the old file" : "");
		return NULL;
	}
	return command_comment(fold->proposal, f->hunks[i].id, at, at, c->text);
}

cJSON *
select_comments(const char *const *given, size_t n, const struct fold *fold,
    struct err *e)
{
	cJSON *list = cJSON_CreateArray(), *o;
	size_t i;

	for (i = 0; i < n; i++) {
		struct choose_comment c = { 0 };

		o = comment_parse(given[i], &c, e) < 0 ? NULL :
		    fold == NULL ? cJSON_CreateNull() :
		    select_comment(&c, given[i], fold, e);
		free(c.path);
		if (o == NULL) {
			cJSON_Delete(list);
			return NULL;
		}
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

/* ---- what is split first ---- */

cJSON *
select_splits(const struct select *c, const struct fold_proposal *p,
    struct err *e)
{
	cJSON *list = cJSON_CreateArray();
	struct choose_hunk *v = select_hunks(p), *h;
	size_t n = p->hunks_len, i;

	for (i = 0; i < c->len; i++) {
		if (c->rules[i].kind != SELECT_SPLIT)
			continue;
		h = select_find(&c->rules[i], c->rules[i].hunk, v, n, e);
		if (h == NULL) {
			json_drop(&list);
			break;
		}
		if (h->yes)
			continue;	/* named twice */
		h->yes = true;
		cJSON_AddItemToArray(list, command_about(p, "split",
		    h->hunk->id));
	}
	select_hunks_free(v, n);
	return list;
}
