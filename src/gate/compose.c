/*
 * From a decision to contents: the accepted hunks give the file to write now
 * and the file to keep staged afterwards. Reads and writes only the blob store;
 * everything is composed from the two contents that were shown.
 */

#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "gate/gate.h"
#include "gate/hunk.h"
#include "gate/patch.h"
#include "store/gitlib.h"

/* ---- binary changes ---- */

/* Their contents as `git diff --binary` writes them, for `git apply`. */

#define PATCH_BINARY_HEAD "GIT binary patch\n"

/* Append the lines after "index". */
static int
patch_binary_make(struct buf *out, struct blob_store *store,
    const struct stage_side *before, const struct stage_side *after,
    struct err *e)
{
	AUTO_BUF struct buf old = BUF_INIT(0), new = BUF_INIT(0);
	git_buf text = { 0 };
	git_diff_options opt;
	git_patch *patch = NULL;
	const char *body;
	int rc = -1;

	if ((before->exists && blob_get(store, before->hash, &old, e) < 0) ||
	    (after->exists && blob_get(store, after->hash, &new, e) < 0) ||
	    gitlib_init(e) < 0)
		return -1;
	git_diff_options_init(&opt, GIT_DIFF_OPTIONS_VERSION);
	opt.flags = GIT_DIFF_FORCE_BINARY | GIT_DIFF_SHOW_BINARY;
	if (git_patch_from_buffers(&patch,
	    before->exists ? buf_str(&old) : NULL, old.len, "x",
	    after->exists ? buf_str(&new) : NULL, new.len, "x", &opt) < 0 ||
	    git_patch_to_buf(&text, patch) < 0)
		(void)gitlib_error(e, "the patch of a binary file");
	else if ((body = strstr(text.ptr, "\n" PATCH_BINARY_HEAD)) == NULL)
		err_set(e, "libgit2 writes no binary patch");
	else {
		buf_adds(out, body + 1);
		rc = 0;
	}
	git_buf_dispose(&text);
	git_patch_free(patch);
	gitlib_release();
	return rc;
}

static bool
gate_is_over(struct blob_store *store, const struct stage_side *s, size_t most)
{
	return s->exists && (s->size > (int64_t)most ||
	    blob_is_over(store, s->hash, most));
}

/* *content is `bytes` unless it is too large to read, else NULL. */
static int
gate_side_load(struct blob_store *store, const struct stage_side *s,
    struct buf *bytes, struct hunk_side *out, struct err *e)
{
	memset(out, 0, sizeof(*out));
	if (!s->exists)
		return 0;
	out->exists = true;
	out->mode = s->mode;
	out->hash = s->hash;
	if (gate_is_over(store, s, HUNK_MAX_BYTES))
		return 0;
	if (blob_get(store, s->hash, bytes, e) < 0)
		return -1;
	out->content = bytes;
	return 0;
}

int
gate_text(struct blob_store *store, const char *hash, const char *encoding,
    struct buf *b, struct err *e)
{
	struct encoding c = { .name = "" };

	snprintf(c.name, sizeof(c.name), "%s", encoding == NULL ? "" :
	    encoding);
	if (blob_get(store, hash == NULL ? "" : hash, b, e) < 0)
		return -1;
	if (c.name[0] != '\0')
		(void)encoding_decode_in_place(&c, b, NULL);
	return 0;
}

static bool
gate_has_nul(const struct buf *b)
{
	return memchr(buf_str(b), '\0', b->len) != NULL;
}

/* Isn't it text in UTF-8? */
static bool
gate_is_encoded(const struct hunk_side *s)
{
	const struct buf *b = s->content;

	return s->exists && b != NULL && (!utf8_is_valid(buf_str(b),
	    b->len) || gate_has_nul(b));
}

/* What reads the file, before it is converted. */
static enum policy_reader
gate_reader(const char *path, const struct gate_split *split,
    const struct hunk_side *before, const struct hunk_side *after)
{
	const struct hunk_side *sides[] = { before, after };
	enum policy_reader is = split->policy == NULL ? POLICY_READER_UNKNOWN :
	    policy_reader(split->policy, path);
	size_t i;

	for (i = 0; i < 2 && is == POLICY_READER_UNKNOWN; i++) {
		const char *p = sides[i]->content == NULL ? "" :
		    buf_str(sides[i]->content);

		if (sides[i]->mode == 0100755 || strncmp(p, "#!", 2) == 0)
			is = POLICY_READER_SHELL;
	}
	return is;
}

/* The encoding of both sides, if they have one and can be converted, which is
 * done then; else l->unconverted says what keeps it from that. */
static void
gate_encoding(struct hunk_list *l, enum policy_reader reader,
    const char *path, const struct gate_split *split, struct hunk_side *before,
    struct buf *old, struct hunk_side *after, struct buf *new)
{
	struct encoding was, is = { .name = "" };
	AUTO_BUF struct buf text = BUF_INIT(0);
	struct err e = ERR_INIT;
	bool bytes = false;

	/* A link's target is shown as it is. */
	if (S_ISLNK(before->mode) || S_ISLNK(after->mode) ||
	    (!gate_is_encoded(before) && !gate_is_encoded(after)))
		return;
	if (split->declared != NULL) {
		encodings_find(split->declared, path, buf_str(new), new->len,
		    &is);
		encodings_find(split->declared, path, buf_str(old), old->len,
		    &was);
		if (!after->exists)
			is = was;
		/* The bytes of such a text can also be a script. */
		l->misread = encoding_is_wide(is.name) ||
		    (before->exists && encoding_is_wide(was.name));
		bytes = encoding_is_wide(is.name) &&
		    reader >= POLICY_READER_SCRIPT;
		if (after->exists && before->exists &&
		    strcmp(was.name, is.name) != 0)
			return;
	} else if (split->encoding != NULL)
		snprintf(is.name, sizeof(is.name), "%s", split->encoding);
	if (is.name[0] == '\0')
		return;
	if (bytes)
		err_set(&e, "what runs such a file reads bytes");
	if (bytes || encoding_decode(&is, buf_str(old), old->len, &text,
	    &e) < 0 || encoding_decode_in_place(&is, new, &e) < 0) {
		/* An image isn't meant by what is declared for "*". */
		if (encoding_is_wide(is.name) || !(gate_has_nul(old) ||
		    gate_has_nul(new)))
			err_set(&l->unconverted, "declared as %s (%s), but not "
			    "converted: %s", is.name, is.from, e.text);
		return;
	}
	buf_release(old);
	*old = text;
	buf_init(&text, 0);
	l->encoding = is;
}

/* What the second byte of a character can be for a program that reads bytes. */
static const struct gate_act {
	char		 byte;
	const char	*next;		/* if one of these follows; NULL: any */
	enum policy_reader from;	/* only in what this one or a later reads */
	const char	*does;
} gate_acts[] = {
	{ '\\', "\n", POLICY_READER_UNKNOWN, "ends in a backslash" },
	{ '\\', "\"'\\", POLICY_READER_UNKNOWN,
	    "has a backslash before a quote" },
	{ '\\', NULL, POLICY_READER_SCRIPT, "has a backslash" },
	{ '`', NULL, POLICY_READER_SCRIPT, "has a backtick" },
	{ '|', NULL, POLICY_READER_SHELL, "has a |" },
	{ '{', NULL, POLICY_READER_SHELL, "has a brace" },
	{ '}', NULL, POLICY_READER_SHELL, "has a brace" },
};
#define GATE_ACTS_SHOWN 8

/* How often in this line. Spaces at its end don't count: for gcc neither. */
static size_t
gate_act_count(const struct gate_act *a, const struct hunk_line *line)
{
	const char *p = line->p + 1, *end = p + line->bytes;
	size_t n = 0;

	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	for (; p < end; p++)
		n += *p == a->byte && (a->next == NULL ||
		    strchr(a->next, p + 1 < end ? p[1] : '\n') != NULL);
	return n;
}

/* Append what acts in the hunk's new lines, if something does. ASCII is the same
 * in text and bytes: a line that has more of it as bytes has it in characters. */
static bool
gate_misread(struct buf *says, size_t *n, const struct hunk_list *l,
    const struct hunk *h, enum policy_reader reader)
{
	AUTO_BUF struct buf bytes = BUF_INIT(0);
	AUTO_FREE struct hunk_line *text = NULL, *raw = NULL;
	size_t len = hunk_text_cut(h->text, h->len, &text), i, k;
	int at = h->new_start;

	/* Never so: the whole file was converted. */
	if (encoding_encode(&l->encoding, h->text, h->len, &bytes, NULL) < 0 ||
	    hunk_text_cut(buf_str(&bytes), bytes.len, &raw) != len)
		return true;
	for (i = 0; i < len; i++) {
		char last = '\0';

		if (text[i].sign == '-')
			continue;
		for (k = 0; k < MEM_COUNT(gate_acts); k++) {
			const struct gate_act *a = &gate_acts[k];

			if (reader < a->from || a->byte == last ||
			    gate_act_count(a, &raw[i]) <=
			    gate_act_count(a, &text[i]))
				continue;
			last = a->byte;
			if ((*n)++ < GATE_ACTS_SHOWN)
				buf_addf(says, "%sline %d %s", *n > 1 ? ", " :
				    "", at, a->does);
		}
		at++;
	}
	return *n > 0;
}

static void
gate_misreads(struct hunk_list *l, enum policy_reader reader)
{
	AUTO_BUF struct buf says = BUF_INIT(0);
	size_t n = 0, i;

	for (i = 0; i < l->len; i++)
		if (l->v[i].kind == HUNK_TEXT && gate_misread(&says, &n, l,
		    &l->v[i], reader))
			l->misread = true;
	if (n > GATE_ACTS_SHOWN)
		buf_addf(&says, " and %zu more", n - GATE_ACTS_SHOWN);
	if (n > 0)
		err_set(&l->unconverted, "%s for a program that reads bytes",
		    buf_str(&says));
}

/* "coding: shift_jis" in the first two lines, by which Python and Ruby read the
 * file: not as it is shown, unless ASCII is the same there. */
static void
gate_cookie(struct hunk_list *l, const struct buf *new)
{
	static const char *const same[] = { "ascii", "cp125", "iso-8859",
		"iso8859", "koi8", "latin", "us-ascii", "utf-8", "utf8",
		"utf_8", "windows-125" };
	const char *p = buf_str(new);
	int line;

	for (line = 1; line <= 2; line++) {
		size_t n = strcspn(p, "\n"), i;
		AUTO_FREE char *text = xmemdup(p, n);
		char *at = strchr(text, '#');

		p += n + (p[n] != '\0');
		while (at != NULL && (at = strstr(at, "coding")) != NULL) {
			at += 6 + strspn(at + 6, " \t");
			if (*at == ':' || *at == '=')
				break;
		}
		if (at == NULL)
			continue;
		at += 1 + strspn(at + 1, " \t");
		for (i = 0; isalnum((unsigned char)at[i]) ||
		    (at[i] != '\0' && strchr("-_.", at[i]) != NULL); i++)
			at[i] = (char)tolower((unsigned char)at[i]);
		at[i] = '\0';
		if (i == 0 || MEM_BEGINS(same, at))
			continue;
		l->misread = true;
		err_set(&l->unconverted, "line %d says that an interpreter "
		    "reads it as %.40s", line, at);
	}
}

int
gate_hunks(struct hunk_list *l, struct blob_store *store, const char *path,
    const struct stage_side *before, const struct stage_side *after,
    const struct gate_split *split, struct buf *before_text, struct err *e)
{
	static const struct gate_split plain;
	AUTO_BUF struct buf old = BUF_INIT(0), new = BUF_INIT(0);
	struct hunk_list found = { .misread = false };
	enum policy_reader reader = POLICY_READER_UNKNOWN;
	struct hunk_side b, a;
	int rc = -1;

	memset(l, 0, sizeof(*l));
	if (split == NULL)
		split = &plain;
	if (gate_side_load(store, before, &old, &b, e) == 0 &&
	    gate_side_load(store, after, &new, &a, e) == 0) {
		if (split->declared != NULL)
			reader = gate_reader(path, split, &b, &a);
		gate_encoding(&found, reader, path, split, &b, &old, &a, &new);
		rc = hunk_list_change(l, path, &b, &a, &found.encoding,
		    split->diff, e);
		l->misread = found.misread;
		if (err_is_set(&found.unconverted))
			l->unconverted = found.unconverted;
		if (rc == 0 && split->declared != NULL && !l->misread &&
		    l->encoding.name[0] != '\0')
			gate_misreads(l, reader);
		if (rc == 0 && split->declared != NULL && !l->misread &&
		    a.exists && reader >= POLICY_READER_SCRIPT)
			gate_cookie(l, &new);
	}
	if (rc == 0)
		hunk_split_ids(l, split->ids, split->len, path, &old);
	if (rc == 0 && before_text != NULL) {
		buf_release(before_text);
		*before_text = old;
		buf_init(&old, 0);
	}
	return rc;
}

int
gate_patch(struct buf *out, struct blob_store *store, const char *path,
    const struct stage_side *before, const struct stage_side *after,
    const struct gate_split *split, size_t most, struct err *e)
{
	static const struct stage_side none;
	AUTO(hunk_list_release) struct hunk_list l = { 0 };
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_FREE struct patch_hunk *v = NULL;
	char old_name[BLOB_GIT_NAME], new_name[BLOB_GIT_NAME];
	struct patch_file f = {
		.path = path,
		.old_exists = before->exists,
		.new_exists = after->exists,
		.old_mode = before->mode,
		.new_mode = after->mode,
	};
	size_t i;
	int rc, lacks = 0;

	/* Like git, delete a file that becomes a link, and make the link. */
	if (most > 0 && before->exists && after->exists &&
	    (before->mode & S_IFMT) != (after->mode & S_IFMT)) {
		lacks = gate_patch(out, store, path, before, &none, split,
		    most, e);
		rc = lacks < 0 ? -1 : gate_patch(out, store, path, &none,
		    after, split, most, e);
		return rc == 0 ? lacks : rc;
	}
	if (gate_hunks(&l, store, path, before, after, split, NULL, e) < 0)
		return -1;
	if (most > 0 && (!before->exists || !after->exists ||
	    strcmp(before->hash, after->hash) != 0)) {
		lacks = l.binary && (gate_is_over(store, before, most) ||
		    gate_is_over(store, after, most));
		if (blob_git_name(store, before->exists ? before->hash : NULL,
		    old_name, e) < 0 || blob_git_name(store, after->exists ?
		    after->hash : NULL, new_name, e) < 0 || (l.binary &&
		    !lacks && patch_binary_make(&text, store, before, after,
		    e) < 0))
			return -1;
		f.old_name = old_name;
		f.new_name = new_name;
		f.binary_patch = text.len > 0 ? buf_str(&text) : NULL;
	}
	v = xcalloc(l.len + 1, sizeof(*v));
	for (i = 0; i < l.len; i++) {
		v[i].old_start = l.v[i].old_start;
		v[i].old_lines = l.v[i].old_lines;
		v[i].new_start = l.v[i].new_start;
		v[i].new_lines = l.v[i].new_lines;
		v[i].text = l.v[i].text;
		v[i].len = l.v[i].len;
	}
	f.binary = l.binary;
	f.hunks = v;
	f.hunks_len = l.len;
	rc = patch_format(out, &f);
	if (rc < 0) {
		err_set(e, "the patch is larger than %zu bytes",
		    out->max == 0 ? BUF_MAX : out->max);
		if (e != NULL)
			e->sys = EFBIG;
	}
	return rc < 0 ? rc : lacks;
}

/* Find a hunk by its id, however many there are. */
struct gate_index {
	const char	*id;
	size_t		 at;
};

/* Sorted; malloc'ed. The ids of a list differ. */
static struct gate_index *
gate_index_make(const struct hunk_list *l)
{
	struct gate_index *x = xcalloc(l->len + 1, sizeof(*x));
	size_t i;

	for (i = 0; i < l->len; i++) {
		x[i].id = l->v[i].id;
		x[i].at = i;
	}
	MEM_SORT(x, l->len);
	return x;
}

/* Set take[] for the hunks with these ids; -1 if one isn't part of this
 * change. */
static int
gate_choose(const struct gate_choice *c, const struct hunk_list *l,
    const char *whole_id, const char *const *ids, size_t n, bool *take,
    struct err *e)
{
	AUTO_FREE struct gate_index *x = gate_index_make(l);
	const struct gate_index *found;
	size_t i, k;

	for (i = 0; i < n; i++) {
		found = MEM_SEARCH(x, l->len, ids[i]);
		if (found != NULL)
			take[found->at] = true;
		for (k = 0; k < l->len && strcmp(ids[i], whole_id) == 0; k++)
			take[k] = true;
		if (found == NULL && k == 0)
			return err_set(e, "hunk %.32s is not part of the "
			    "change of %s as it was shown", ids[i], c->path);
	}
	return 0;
}

/* Replace the hunk by its edited form. edited[] says where. */
static int
gate_amend(const struct gate_choice *c, struct hunk_list *l,
    const struct buf *before, bool *edited, struct err *e)
{
	size_t i, k;

	for (i = 0; i < c->edits_len; i++) {
		const struct gate_edit *x = &c->edits[i];
		struct err why = ERR_INIT;
		struct hunk h;

		for (k = 0; k < l->len; k++)
			if (strcmp(l->v[k].id, x->id) == 0)
				break;
		if (k == l->len)
			return err_set(e, "hunk %.32s is not part of the "
			    "change of %s as it was shown", x->id, c->path);
		if (edited[k])
			return err_set(e, "hunk %.32s of %s was edited twice",
			    x->id, c->path);
		if (hunk_amend(&h, &l->v[k], before, x->text, x->len,
		    &why) < 0)
			return err_set(e, "the edited hunk of %s doesn't fit: "
			    "%s", c->path, why.text);
		hunk_release(&l->v[k]);
		l->v[k] = h;
		edited[k] = true;
	}
	return 0;
}

/* Store what was composed, in the file's encoding. */
static int
gate_put(struct stage_side *out, struct blob_store *store, const char *path,
    const struct encoding *encoding, struct buf *text, struct err *e)
{
	AUTO_BUF struct buf bytes = BUF_INIT(0);
	struct err why = ERR_INIT;

	if (encoding->name[0] != '\0') {
		if (encoding_encode(encoding, buf_str(text), text->len, &bytes,
		    &why) < 0)
			return err_set(e, "%s: %s", path, why.text);
		text = &bytes;
	}
	out->size = (int64_t)text->len;
	return blob_put(store, buf_str(text), text->len, out->hash, e);
}

/* The file that results from applying the hunks of take[] to `before`. */
static int
gate_side_make(struct stage_side *out, struct blob_store *store,
    const struct gate_choice *c, const struct hunk_list *l,
    const struct buf *before, const bool *take, const bool *edited,
    struct err *e)
{
	AUTO_BUF struct buf bytes = BUF_INIT(0);
	size_t text = 0, text_taken = 0, i;
	bool mode = false, any = false, all = true, as_shown = true;
	int rc = 0;

	for (i = 0; i < l->len; i++) {
		any = any || take[i];
		all = all && take[i];
		if (l->v[i].kind == HUNK_MODE)
			mode = take[i];
		text += l->v[i].kind == HUNK_TEXT;
		text_taken += l->v[i].kind == HUNK_TEXT && take[i];
		as_shown = as_shown && !(take[i] && edited[i]);
	}
	all = all && as_shown;
	/* invariant 2: all or nothing of a change is as it was shown. */
	*out = all ? c->after : c->before;
	if (all || !any)
		return 0;
	/* More than one hunk, or an edited one: an ordinary file on both sides,
	 * or on the side that exists. */
	out->exists = true;
	out->mode = (mode && c->after.exists) || !c->before.exists ?
	    c->after.mode : c->before.mode;
	if (text_taken == text && as_shown) {
		memcpy(out->hash, c->after.hash, sizeof(out->hash));
		out->size = c->after.size;
	} else if (text_taken > 0) {
		rc = hunk_compose(&bytes, before, l, take);
		if (rc < 0)
			err_set(e, "cannot compose the hunks of %s: two of "
			    "them change the same lines", c->path);
		else if (bytes.len == 0 && !c->after.exists)
			*out = c->after;	/* every line deleted, still */
		else
			rc = gate_put(out, store, c->path, &l->encoding, &bytes,
			    e);
	}
	return rc;
}

int
gate_compose(struct blob_store *store, const struct gate_choice *c,
    struct stage_side *write, struct stage_side *rest, struct err *e)
{
	struct hunk_side b = { c->before.exists, c->before.mode,
		c->before.hash, NULL };
	struct hunk_side a = { c->after.exists, c->after.mode,
		c->after.hash, NULL };
	AUTO_BUF struct buf before = BUF_INIT(0);
	AUTO(hunk_list_release) struct hunk_list l = { 0 };
	char whole_id[HUNK_ID_SIZE];
	AUTO_FREE bool *yes = NULL, *no = NULL, *edited = NULL;
	size_t i;

	if (gate_hunks(&l, store, c->path, &c->before, &c->after, &c->split,
	    &before, e) < 0)
		return -1;
	hunk_whole_id(whole_id, c->path, &b, &a);
	yes = xcalloc(l.len + 1, sizeof(*yes));
	no = xcalloc(l.len + 1, sizeof(*no));
	edited = xcalloc(l.len + 1, sizeof(*edited));
	if (gate_choose(c, &l, whole_id, c->yes, c->yes_len, yes, e) < 0 ||
	    gate_choose(c, &l, whole_id, c->no, c->no_len, no, e) < 0 ||
	    gate_amend(c, &l, &before, edited, e) < 0)
		return -1;
	for (i = 0; i < l.len; i++) {
		if (yes[i] + no[i] + edited[i] > 1)
			return err_set(e, "hunk %s of %s was decided in two "
			    "ways", l.v[i].id, c->path);
		yes[i] = yes[i] || edited[i];
		no[i] = !no[i];		/* accepted or open */
	}
	return gate_side_make(write, store, c, &l, &before, yes, edited,
	    e) < 0 ? -1 : gate_side_make(rest, store, c, &l, &before, no,
	    edited, e);
}

/*
 * Which hunks of a change overwrite the user's newer lines. Lines that differ
 * between the common ancestor and the user's newest version are the user's; a
 * hunk that changes one of them, or restores lines that the user deleted,
 * overwrites them. One pass over each file.
 */

/* Lines of `before`, from 0: the user's own, and those before which the user
 * deleted something. One more than there are lines. */
struct newer {
	bool	*own, *gap;
	size_t	 lines;
	bool	 mode, whole;
};

/* Lines as hunks count them: the text after the last "\n" is one too. */
static size_t
newer_lines(const struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len;
	size_t n = 0;

	for (; p < end; n++)
		p = mem_line_after(p, end);
	return n;
}

/* The first line that a hunk covers, from 0: with no lines on a side, its
 * header has the line before. */
static size_t
newer_start(int start, int lines)
{
	return start <= 0 ? 0 : (size_t)start - (lines > 0);
}

static void
newer_add(struct newer *n, const struct hunk *h)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t len, i, at = newer_start(h->new_start, h->new_lines);

	if (h->kind != HUNK_TEXT) {
		n->mode = n->mode || h->kind == HUNK_MODE;
		n->whole = n->whole || h->kind == HUNK_WHOLE;
		return;
	}
	len = hunk_text_cut(h->text, h->len, &v);
	for (i = 0; i < len && at <= n->lines; i++) {
		if (v[i].sign == '-')
			n->gap[at] = true;
		else if (v[i].sign == '+')
			n->own[at] = true;
		at += v[i].sign != '-';
	}
}

/* Changed lines, `from` to `to` in `before`; none for pure insertions. */
static bool
newer_meets(const struct newer *n, size_t from, size_t to)
{
	size_t i;

	for (i = from; i <= to && i <= n->lines; i++)
		if (n->gap[i] || (i < to && n->own[i]))
			return true;
	return from == to && from > 0 && from < n->lines &&
	    n->own[from - 1] && n->own[from];
}

static bool
newer_is_overwritten(const struct newer *n, const struct hunk *h)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t len, i, from, at = newer_start(h->old_start, h->old_lines);

	if (h->kind != HUNK_TEXT)
		return h->kind == HUNK_WHOLE || n->mode;
	len = hunk_text_cut(h->text, h->len, &v);
	for (i = 0; i < len;) {
		if (v[i].sign == ' ') {
			at++;
			i++;
			continue;
		}
		for (from = at; i < len && v[i].sign != ' '; i++)
			at += v[i].sign == '-';
		if (newer_meets(n, from, at))
			return true;
	}
	return false;
}

int
gate_overwrites(struct blob_store *store, const char *path,
    const struct stage_side *was, const struct stage_side *before,
    const struct hunk_list *l, bool *overwrites, struct err *e)
{
	AUTO(hunk_list_release) struct hunk_list user = { 0 };
	AUTO_BUF struct buf text = BUF_INIT(HUNK_MAX_BYTES + 1);
	const struct gate_split split = { .encoding = l->encoding.name };
	struct newer n = { .whole = true };
	size_t i;
	int rc = 0;

	if (was->exists && before->exists &&
	    before->size <= (int64_t)HUNK_MAX_BYTES &&
	    blob_has(store, was->hash)) {
		n.whole = false;
		rc = gate_hunks(&user, store, path, was, before, &split, NULL,
		    e);
		if (rc == 0)
			rc = gate_text(store, before->hash, l->encoding.name,
			    &text, e);
	}
	n.lines = newer_lines(&text);
	n.own = xcalloc(n.lines + 1, sizeof(*n.own));
	n.gap = xcalloc(n.lines + 1, sizeof(*n.gap));
	for (i = 0; rc == 0 && i < user.len; i++)
		newer_add(&n, &user.v[i]);
	for (i = 0; rc == 0 && i < l->len; i++)
		overwrites[i] = n.whole || newer_is_overwritten(&n, &l->v[i]);
	FREE_ALL(n.own, n.gap);
	return rc;
}
