/*
 * The review against chance: a front end and another one, a core that answers
 * late, versions that come meanwhile. What counts as seen, what a key covers,
 * what a write says that it does, and when keys count, are compared with a model;
 * no mark writes.
 *
 * SEED=n and ROUNDS=n in the environment.
 */
#include "config.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "review/review.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

#define STEPS	400		/* of a round */
#define HUNKS	600		/* of a round, at most */
#define TEXT	40		/* bytes of a hunk, at most */
#define FRAMES	8
#define SAME	"-a\n+b\n"	/* the text of some hunks */
#define PROTECTED 3		/* the file of these paths */

static const char *const paths[] = { "a.c", "d/b.c", "d/c.c", "e.c" };

struct model_hunk {
	size_t		 len;		/* 0: no such hunk */
	int		 file;
	bool		 overwrites, there;
	char		 text[TEXT + 1];
	bool		 seen[TEXT], framed;
	bool		 known, rejected;
	bool		 answered;	/* marked by a key for what isn't read */
};

struct model_frame {
	int64_t		 at;
	bool		 came;
	char		 effect;	/* 0: nothing */
	struct { int hunk; size_t off, len; } row[4];
	int		 rows;
};

struct world {
	struct fold	*core, *front;
	struct review	 r;
	cJSON		*to_core, *to_front;
	int64_t		 now, seq, proposal;
	int		 version, made;
	bool		 many;		/* hunks in each version */
	struct model_hunk h[HUNKS];
	struct model_frame drawn, frame[FRAMES];
	int		 frames;
	bool		 came;		/* since the last drawn frame */
	char		 stands;	/* the text of the last settled
					   frame; */
	int64_t		 since, came_at;	/* since when, and when such
					   came by itself */
	int		 decisions, alike; /* choices of several alike */
};

static uint64_t seed;

static uint32_t
draw(uint32_t below)
{
	return random_next(&seed, below);
}

static cJSON *
add_list(cJSON *o, const char *name)
{
	cJSON *list = cJSON_CreateArray();

	json_set_take(o, name, list);
	return list;
}

static int
hunk_number(const char *id)
{
	return atoi(id + 1);
}

static bool
model_is_full(const struct model_hunk *h)
{
	size_t i;

	for (i = 0; i < h->len; i++)
		if (!h->seen[i])
			return false;
	return true;
}

/* ---- the core ---- */

static void
core_emit(struct world *w, cJSON *line)
{
	json_add_int(line, "seq", ++w->seq);
	fold_line(w->core, line);
	cJSON_AddItemToArray(w->to_front, line);
}

static cJSON *
core_event(const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	json_add_str(o, "by", "user");
	return o;
}

static void
random_hunk(struct model_hunk *h)
{
	size_t i;

	*h = (struct model_hunk){ .len = 1 + draw(TEXT),
		.file = (int)draw(MEM_COUNT(paths)),
		.overwrites = draw(6) == 0, .there = true };
	for (i = 0; i < h->len; i++)
		h->text[i] = draw(4) == 0 ? '\n' : '+';
	if (draw(3) == 0) {
		h->len = strlen(SAME);
		memcpy(h->text, SAME, h->len + 1);
		h->text[TEXT] = '\0';
	}
}

/* A version: some hunks go, some come. */
static void
core_propose(struct world *w)
{
	cJSON *o = core_event("proposal"), *files, *file, *hunks, *hunk;
	char id[16];
	size_t f;
	int i, n = 0;

	for (i = 0; i < w->made; i++) {
		w->h[i].there = w->h[i].there && draw(8) != 0;
		n += w->h[i].there;
	}
	while (w->made < HUNKS && (n == 0 || draw(w->many ? 40 : 3) != 0)) {
		random_hunk(&w->h[w->made++]);
		n++;
	}
	json_add_int(o, "proposal", w->proposal);
	json_add_int(o, "version", ++w->version);
	files = add_list(o, "files");
	for (f = 0; f < MEM_COUNT(paths); f++) {
		file = cJSON_CreateObject();
		json_add_str(file, "path", paths[f]);
		json_add_str(file, "status", "modified");
		json_set_take(file, "before", cJSON_CreateObject());
		json_set_take(file, "after", cJSON_CreateObject());
		if (f == PROTECTED)
			json_add_str(file, "protected", "rule");
		hunks = add_list(file, "hunks");
		for (i = 0; i < w->made; i++) {
			if (!w->h[i].there || w->h[i].file != (int)f)
				continue;
			hunk = cJSON_CreateObject();
			snprintf(id, sizeof(id), "h%d", i);
			json_add_str(hunk, "id", id);
			json_add_str(hunk, "text", w->h[i].text);
			json_add_bool(hunk, "overwrites", w->h[i].overwrites);
			cJSON_AddItemToArray(hunks, hunk);
		}
		if (hunks->child == NULL)
			cJSON_Delete(file);
		else
			cJSON_AddItemToArray(files, file);
	}
	core_emit(w, o);
}

/* All marks are carried out; then there is another proposal. */
static void
core_decide(struct world *w)
{
	const struct fold_proposal *p = w->core->proposal;
	cJSON *o = core_event("decision"), *files, *file, *hunks, *hunk;
	size_t i, j;

	json_add_int(o, "proposal", p->id);
	files = add_list(o, "files");
	for (i = 0; i < p->files_len; i++) {
		file = cJSON_CreateObject();
		json_add_str(file, "path", p->files[i].path);
		hunks = add_list(file, "hunks");
		for (j = 0; j < p->files[i].hunks_len; j++) {
			hunk = cJSON_CreateObject();
			json_add_str(hunk, "id", p->files[i].hunks[j].id);
			json_add_str(hunk, "decision",
			    p->files[i].hunks[j].mark == MARK_YES ? "yes" :
			    "no");
			cJSON_AddItemToArray(hunks, hunk);
		}
		cJSON_AddItemToArray(files, file);
	}
	core_emit(w, o);
	for (i = 0; i < (size_t)w->made; i++)
		w->h[i].there = false;
	w->proposal = w->seq;
	w->version = 0;
	w->decisions++;
	core_propose(w);
}

static void
core_refuse(struct world *w)
{
	cJSON *o = core_event("refused");

	json_add_str(o, "text", "that changed");
	core_emit(w, o);
}

/* Marks of hunks that are gone aren't made; false: all are. */
static bool
core_draft(struct world *w, const cJSON *marks, const char *client)
{
	cJSON *o = core_event("draft"), *list = add_list(o, "marks");
	const struct fold_hunk *h;
	const cJSON *it;

	json_add_int(o, "proposal", w->core->proposal->id);
	json_add_str(o, "client", client);
	cJSON_ArrayForEach(it, marks)
		if (fold_find_hunk(w->core, json_str(it, "hunk"), &h) != NULL)
			cJSON_AddItemToArray(list, cJSON_Duplicate(it, true));
	if (list->child == NULL) {
		cJSON_Delete(o);
		return false;
	}
	core_emit(w, o);
	return true;
}

/* The front end describes the hunk correctly, and overwrites nothing
 * unasked. */
static void
core_check_mark(struct world *w, const cJSON *o)
{
	const struct model_hunk *h = &w->h[hunk_number(json_str(o, "hunk"))];

	if (json_is(o, "mark", "none"))
		return;
	assert_int_equal(json_bool(o, "seen", false), model_is_full(h));
	assert_true(h->overwrites || !json_bool(o, "overwrite", false));
	if (json_is(o, "mark", "yes"))
		assert_int_equal(h->overwrites, json_bool(o, "overwrite",
		    false));
}

/* A command: all of it, or `refused`. A mark never decides. */
static void
core_command(struct world *w, const cJSON *o)
{
	const struct fold_proposal *p = w->core->proposal;
	AUTO_JSON cJSON *one = cJSON_CreateArray();
	const cJSON *list = json_array(o, "marks");

	if (p == NULL || json_int(o, "proposal", 0) != p->id ||
	    (json_is(o, "type", "decide") &&
	    json_int(o, "version", 0) != p->version)) {
		core_refuse(w);
		return;
	}
	if (list == NULL) {
		cJSON_AddItemToArray(one, cJSON_Duplicate(o, true));
		list = one;
	}
	if (json_is(o, "type", "decide"))
		core_decide(w);
	else if (!core_draft(w, list, "tty"))
		core_refuse(w);
}

/* ---- the front end ---- */

static void
front_send(struct world *w, cJSON *o)
{
	const cJSON *list, *it;

	if (o == NULL)
		return;
	list = json_array(o, "marks");
	if (list == NULL && json_str(o, "hunk") != NULL)
		core_check_mark(w, o);
	cJSON_ArrayForEach(it, list)
		core_check_mark(w, it);
	cJSON_AddItemToArray(w->to_core, o);
}

/* Its own marks are those that it sent last, else the fold's. */
static bool
front_is_open(const struct world *w, const struct fold_hunk *h)
{
	return !h->decided && review_mark_of(&w->r, h).mark == MARK_NONE;
}

/* May the hunk be one of those that make the same change? */
static bool
model_is_same(const struct world *w, const struct fold_hunk *h)
{
	const struct model_hunk *m = &w->h[hunk_number(h->id)];

	return strcmp(m->text, SAME) == 0 && m->file != PROTECTED &&
	    !m->overwrites;
}

/* Is the hunk among those that a target for several names? */
static bool
model_names(const struct world *w, const struct review_target *t,
    const struct fold_file *f, const struct fold_hunk *h)
{
	int n = 0;

	if (t->scope == REVIEW_ALL)
		return true;
	MEM_EACH(w->front->proposal, hunks, it)
		n += model_is_same(w, it->hunk);
	if (t->scope == REVIEW_ALIKE)
		return h == t->hunk || (n >= ALIKE_LEAST &&
		    model_is_same(w, h) && model_is_same(w, t->hunk));
	if (t->hunk != NULL)
		return f == t->file && h >= t->hunk;
	return t->scope == REVIEW_FOLDER && strchr(t->file->path, '/') != NULL ?
	    strncmp(f->path, "d/", 2) == 0 : f == t->file;
}

static bool
model_covers(const struct world *w, const struct review_target *t,
    const struct fold_file *f, const struct fold_hunk *h)
{
	const struct model_hunk *m = &w->h[hunk_number(h->id)];
	bool yes = t->mark == MARK_YES;

	if (yes && h->edit != NULL && review_mark_of(&w->r, h).mark == MARK_YES)
		return false;
	if (t->scope == REVIEW_HUNK)
		return h == t->hunk;
	if ((yes && m->overwrites) || !model_names(w, t, f, h))
		return false;
	if (t->scope == REVIEW_ALL)
		return front_is_open(w, h);
	return (h == t->hunk && t->scope != REVIEW_ALIKE) ||
	    (front_is_open(w, h) && (!w->r.news.on ||
	    !m->known));
}

static void
check_choice(const struct world *w, const struct review_target *t,
    const struct review_choice *c)
{
	const struct fold_proposal *p = w->front->proposal;
	size_t i, j, n = 0, yes = 0, no = 0, none = 0, files = 0;
	size_t all = 0, stays[3] = { 0 };
	enum fold_mark m;
	bool any;

	for (i = 0; i < p->files_len; i++) {
		for (any = false, j = 0; j < p->files[i].hunks_len; j++) {
			const struct fold_hunk *h = &p->files[i].hunks[j];

			if (h->decided)
				continue;
			all++;
			m = review_mark_of(&w->r, h).mark;
			if (model_covers(w, t, &p->files[i], h)) {
				assert_true(n < c->len && c->hunks[n] == h);
				n++;
				m = t->mark;
			} else if (t->scope != REVIEW_HUNK &&
			    model_names(w, t, &p->files[i], h)) {
				stays[0] += m == MARK_YES && h->edit != NULL;
				stays[1] += m == MARK_NO;
				stays[2] += m == MARK_NONE;
			}
			yes += m == MARK_YES;
			no += m == MARK_NO;
			none += m == MARK_NONE;
			any = any || m == MARK_YES;
		}
		files += any;
	}
	assert_int_equal(n, c->len);
	assert_int_equal(c->effect.all, all);
	assert_int_equal(c->effect.yes, yes);
	assert_int_equal(c->effect.no, no);
	assert_int_equal(c->effect.open, none);
	assert_int_equal(c->effect.files, files);
	assert_int_equal(c->edited, stays[0]);
	assert_int_equal(c->rejected, stays[1]);
	assert_int_equal(c->open, stays[2]);
}

/* What a write says: how many hunks, and which of them nobody read. */
static void
check_write(struct world *w)
{
	const struct fold_proposal *p = w->front->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct review_write is = review_write(&w->r, "e", "Y", &b);
	size_t unread = 0, yes = 0, over = 0;
	char *many;

	MEM_EACH(p, hunks, it) {
		const struct model_hunk *m = &w->h[hunk_number(it->hunk->id)];
		enum fold_mark mark = review_mark_of(&w->r, it->hunk).mark;
		bool read = m->answered || model_is_full(m) ||
		    (it->hunk->mark == mark && it->hunk->seen) ||
		    (mark == MARK_NO && m->framed);

		if (it->hunk->decided || mark == MARK_NONE)
			continue;
		yes += mark == MARK_YES;
		over += mark == MARK_YES && m->overwrites;
		if (!read && unread++ == 0)
			assert_ptr_equal(is.first, it->hunk);
	}
	assert_int_equal(is.unread, unread);
	assert_int_equal(is.effect.yes, yes);
	if (unread > 0 || over > 0)
		assert_true(is.capital);
	many = xasprintf("%zu of ", unread);
	assert_int_equal(strncmp(buf_str(&b), many, strlen(many)) == 0,
	    unread > 0);
	free(many);
	assert_non_null(strstr(buf_str(&b), is.capital ? "Y " : "e "));
}

/* A write, of what the front end shows. */
static void
front_write(struct world *w)
{
	struct review_effect e = review_effect(&w->r);

	if (e.open == e.all || (e.open > 0 && draw(4) != 0))
		return;
	check_write(w);
	front_send(w, review_decide(&w->r, true));
}

static const struct fold_hunk *
random_at(const struct world *w, const struct fold_file **file)
{
	const struct fold_proposal *p = w->front->proposal;

	*file = &p->files[draw((uint32_t)p->files_len)];
	return &(*file)->hunks[draw((uint32_t)(*file)->hunks_len)];
}

/* A step accepts no hunk that overwrites newer lines. */
static struct review_stepped
front_step(struct world *w, bool back)
{
	struct review_stepped step;
	cJSON *o = review_step(&w->r, back, &step);
	const cJSON *list = json_array(o, "marks"), *it = o;
	const struct model_hunk *h;

	for (it = list != NULL ? list->child : o; it != NULL; it = it->next) {
		h = &w->h[hunk_number(json_str(it, "hunk"))];
		if (json_is(it, "mark", "yes") || json_is(it, "mark", "edited"))
			assert_false(h->overwrites);
	}
	front_send(w, o);
	return step;
}

/* Take back what a key marked, and do it again. */
static void
front_take_back(struct world *w, const struct review_choice *c,
    const enum fold_mark *was, enum fold_mark mark)
{
	size_t i, n = 0, left = 0;
	struct review_stepped step;

	for (i = 0; i < c->len; i++) {
		n += was[i] != mark;
		left += was[i] != mark && was[i] == MARK_YES &&
		    c->hunks[i]->overwrites;
	}
	/* The same marks are no step; those with edits are one. */
	if (n == 0)
		return;
	step = front_step(w, true);
	assert_true(step.n >= n - left);
	for (i = 0; i < c->len; i++)
		if (was[i] != MARK_YES || !c->hunks[i]->overwrites)
			assert_int_equal(review_mark_of(&w->r, c->hunks[i]).mark,
			    was[i]);
	if (step.n == 0)
		return;
	(void)front_step(w, false);
	for (i = 0; i < c->len; i++)
		if (mark != MARK_YES || !c->hunks[i]->overwrites)
			assert_int_equal(review_mark_of(&w->r, c->hunks[i]).mark,
			    mark);
}

/* A key that marks: one hunk, the rest, a file, a folder, those that make the
 * same change, or all. */
static void
front_key(struct world *w)
{
	AUTO(review_choice_release) struct review_choice c = { 0 };
	struct review_target t = { 0 };
	enum fold_mark was[HUNKS];
	size_t i;
	bool one, answered = draw(4) == 0;

	t.hunk = random_at(w, &t.file);
	if (t.hunk->decided)
		return;
	t.scope = (enum review_scope)draw(6);
	/* Others may be alike by chance. */
	if (t.scope == REVIEW_ALIKE && strcmp(w->h[hunk_number(t.hunk->id)].text,
	    SAME) != 0)
		return;
	review_alike_make(&w->r);
	t.mark = draw(3) == 0 ? MARK_NO : MARK_YES;
	if (t.scope != REVIEW_HUNK && t.scope != REVIEW_REST &&
	    t.scope != REVIEW_ALIKE)
		t.hunk = NULL;
	if (t.scope == REVIEW_ALL)
		t.file = NULL;
	c = review_choose(&w->r, &t);
	check_choice(w, &t, &c);
	w->alike += t.scope == REVIEW_ALIKE && c.len > 1;
	one = t.scope == REVIEW_HUNK;
	/* An answer to a question that didn't name the newer lines. */
	if (one && c.len > 0 && t.mark == MARK_YES && c.hunks[0]->overwrites &&
	    draw(2) == 0) {
		assert_null(review_marks(&w->r, c.hunks, 1, MARK_YES, NULL,
		    false, false));
		assert_non_null(w->r.left_out);
		return;
	}
	for (i = 0; i < c.len; i++)
		was[i] = review_mark_of(&w->r, c.hunks[i]).mark;
	for (i = 0; i < c.len; i++)
		w->h[hunk_number(c.hunks[i]->id)].answered = answered;
	front_send(w, review_marks(&w->r, c.hunks, c.len, t.mark, NULL, one,
	    answered));
	if (c.len > 0 && draw(3) == 0)
		front_take_back(w, &c, was, t.mark);
}

static void
front_edit(struct world *w)
{
	const struct fold_file *f;
	const struct fold_hunk *h = random_at(w, &f);

	if (h->decided)
		return;
	w->h[hunk_number(h->id)].answered = false;
	front_send(w, review_edit(&w->r, h, "+x\n", 3, false, false));
}

/* The effect of a key that a frame announces; 0: nothing. */
static struct review_act
act_of(char effect)
{
	return (struct review_act){ .prompt = effect == 0 ? PROMPT_NOTHING :
	    PROMPT_DIFF, .of = effect };
}

/* Draw a frame, which may never be sent. */
static void
front_draw(struct world *w)
{
	struct model_frame *d = &w->drawn;
	const struct fold_file *f;
	const struct fold_hunk *h;
	struct seen *s;
	int i, k;

	d->rows = 0;
	w->r.rows_len = 0;
	for (i = (int)draw(4); i > 0; i--) {
		h = random_at(w, &f);
		k = d->rows++;
		d->row[k].hunk = hunk_number(h->id);
		d->row[k].off = draw((uint32_t)h->text_len);
		d->row[k].len = 1 + draw((uint32_t)(h->text_len -
		    d->row[k].off));
		if (draw(3) == 0) {
			d->row[k].off = 0;
			d->row[k].len = h->text_len;
		}
		s = seen_get(&w->r, h->id, h->text_len);
		review_row(&w->r, s, d->row[k].off, d->row[k].len);
	}
	d->effect = "\0aab"[draw(4)];
	d->came = w->came || d->came;
	w->came = false;
	review_drawn(&w->r, act_of(d->effect));
	if (w->frames == FRAMES || draw(4) == 0)
		return;
	d->at = w->now + draw(300);
	if (w->frames > 0 && w->frame[w->frames - 1].at > d->at)
		d->at = w->frame[w->frames - 1].at;
	w->frame[w->frames++] = *d;
	d->came = false;
	review_sent(&w->r, d->at);
}

static void
front_settle(struct world *w)
{
	const struct model_frame *f;
	struct model_hunk *h;
	bool filled = false;
	int i, k;
	size_t j;
	bool full = review_settle(&w->r, w->now) == REVIEW_SAW_ALL, was;

	for (i = 0; i < w->frames && w->frame[i].at <= w->now; i++) {
		f = &w->frame[i];
		for (k = 0; k < f->rows; k++) {
			if (f->row[k].hunk < 0)
				continue;
			h = &w->h[f->row[k].hunk];
			was = model_is_full(h);
			for (j = 0; j < f->row[k].len; j++)
				h->seen[f->row[k].off + j] = true;
			h->framed = true;
			filled = filled || was != model_is_full(h);
		}
		if (f->effect != 0 && f->effect == w->stands)
			continue;
		w->stands = f->effect;
		w->since = w->now;
		if (f->came)
			w->came_at = w->now;
	}
	assert_int_equal(full, filled);
	w->frames -= i;
	memmove(w->frame, w->frame + i, (size_t)w->frames * sizeof(*f));
	(void)review_tick(&w->r, w->now);
}

/* A hunk that isn't in the version any more is forgotten, in frames that are on
 * their way, too. */
static void
model_version(struct world *w)
{
	const struct fold_hunk *h;
	char id[16];
	int i, k, n;

	for (n = 0; n < w->made; n++) {
		snprintf(id, sizeof(id), "h%d", n);
		if (fold_find_hunk(w->front, id, &h) != NULL)
			continue;
		memset(w->h[n].seen, 0, sizeof(w->h[n].seen));
		w->h[n].framed = false;
		for (i = 0; i <= w->frames; i++) {
			struct model_frame *f = i < w->frames ? &w->frame[i] :
			    &w->drawn;

			for (k = 0; k < f->rows; k++)
				if (f->row[k].hunk == n)
					f->row[k].hunk = -1;
		}
	}
}

/* How the next version differs from this one. */
static void
model_differs(const struct world *w, const cJSON *line, size_t *added,
    size_t *gone)
{
	const struct fold_proposal *p = w->front->proposal;
	const struct fold_hunk *h;
	const struct model_hunk *m;
	const cJSON *file, *it;
	bool there[HUNKS] = { false };
	size_t i;

	*added = *gone = 0;
	cJSON_ArrayForEach(file, json_array(line, "files"))
		cJSON_ArrayForEach(it, json_array(file, "hunks")) {
			m = &w->h[hunk_number(json_str(it, "id"))];
			there[m - w->h] = true;
			*added += fold_find_hunk(w->front, json_str(it, "id"),
			    &h) == NULL && !m->known;
		}
	for (i = 0; i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		m = &w->h[hunk_number(h->id)];
		*gone += !h->decided && !there[m - w->h] && (m->framed ||
		    !front_is_open(w, h));
	}
}

/* A hunk seen in full or marked in this version is known in the next. */
static void
model_known(struct world *w, const cJSON *line)
{
	const struct fold_proposal *p = w->front->proposal;
	const cJSON *file, *h;
	struct model_hunk *m;
	size_t i;

	if (event_type(line) == EVENT_PROPOSAL)
		for (i = 0; p != NULL && i < p->hunks_len; i++) {
			m = &w->h[hunk_number(p->hunks[i].hunk->id)];
			m->known = m->known || model_is_full(m) ||
			    !front_is_open(w, p->hunks[i].hunk);
		}
	if (event_type(line) == EVENT_DECISION)
		cJSON_ArrayForEach(file, json_array(line, "files"))
			cJSON_ArrayForEach(h, json_array(file, "hunks"))
				if (json_is(h, "decision", "no"))
					w->h[hunk_number(json_str(h,
					    "id"))].rejected = true;
}

static void
front_line(struct world *w)
{
	AUTO_JSON cJSON *line = cJSON_DetachItemFromArray(w->to_front, 0);
	AUTO_EVENT struct event e = { 0 };
	unsigned marked = w->r.marked;
	size_t added = 0, gone = 0;
	enum event_type type;

	if (line == NULL)
		return;
	type = event_type(line);
	if (type == EVENT_PROPOSAL && w->front->proposal != NULL)
		model_differs(w, line, &added, &gone);
	model_known(w, line);
	event_read(&e, line);
	review_before(&w->r, &e);
	if (type == EVENT_PROPOSAL && w->front->proposal != NULL) {
		assert_int_equal(w->r.news.added, added);
		assert_int_equal(w->r.news.gone, gone);
	}
	fold_event(w->front, &e);
	model_version(w);
	(void)review_after(&w->r, &e);
	if (type == EVENT_PROPOSAL || type == EVENT_DECISION) {
		assert_true(w->r.marked != marked);
		w->r.came = true;
		w->came = true;
	}
	/* Our own mark that comes back isn't new; any other is. */
	w->came = w->r.came;
}

/* Another front end marks a hunk, in the core's version. */
static void
other_mark(struct world *w)
{
	const struct fold_proposal *p = w->core->proposal;
	AUTO_JSON cJSON *list = cJSON_CreateArray();
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "hunk", p->hunks[draw((uint32_t)
	    p->hunks_len)].hunk->id);
	json_add_str(o, "mark", draw(2) == 0 ? "yes" : "none");
	cJSON_AddItemToArray(list, o);
	(void)core_draft(w, list, "other");
}

/* ---- what must hold ---- */

static void
check(const struct world *w)
{
	const struct fold_proposal *p = w->front->proposal;
	const struct model_hunk *m;
	const struct seen *s;
	size_t i, j, n, known;
	struct review_act stands = act_of(w->stands);
	struct review_act other = act_of(w->stands == 'a' ? 'b' : 'a');

	for (i = 0; i < p->hunks_len; i++) {
		m = &w->h[hunk_number(p->hunks[i].hunk->id)];
		s = seen_find(&w->r, p->hunks[i].hunk->id);
		for (j = n = 0; j < m->len; j++)
			n += m->seen[j];
		assert_int_equal(s == NULL ? 0 : s->count, n);
		assert_int_equal(s != NULL && s->framed, m->framed);
		assert_int_equal(seen_is_full(s), n == m->len);
		if (n < m->len)
			assert_true(seen_missing_lines(s, m->text, m->len) >
			    0);
		assert_int_equal(review_was_rejected(&w->r, p->hunks[i].hunk),
		    m->rejected && !p->hunks[i].hunk->decided);
	}
	for (i = n = 0; i < p->hunks_len; i++)
		n += w->h[hunk_number(p->hunks[i].hunk->id)].known;
	assert_int_equal(review_news_count(&w->r, &known), p->hunks_len - n);
	assert_int_equal(known, n);
	/* A key counts. */
	if (w->r.counts_at == 0 && w->stands != 0) {
		assert_true(review_still_shows(&w->r, &stands));
		assert_true(w->now - w->since >= REVIEW_OWN_MS);
		assert_true(w->now - w->came_at >= REVIEW_MS);
	}
	if (review_marks_count(&w->r, &stands))
		assert_true(w->now - w->came_at >= REVIEW_MS);
	assert_false(review_still_shows(&w->r, &other));
}

/* Nothing is on its way: what the front end shows is what the core has. */
static void
check_still(struct world *w)
{
	const struct fold_proposal *p;
	const struct fold_hunk *h;
	const struct seen *s;
	size_t i;

	while (w->to_core->child != NULL || w->to_front->child != NULL) {
		AUTO_JSON cJSON *o = cJSON_DetachItemFromArray(w->to_core, 0);

		if (o != NULL)
			core_command(w, o);
		front_line(w);
	}
	if ((p = w->core->proposal) == NULL) {
		assert_null(w->front->proposal);
		return;
	}
	assert_int_equal(w->front->proposal->version, p->version);
	for (i = 0; i < p->hunks_len; i++) {
		assert_non_null(fold_find_hunk(w->front,
		    p->hunks[i].hunk->id, &h));
		assert_int_equal(review_mark_of(&w->r, h).mark,
		    p->hunks[i].hunk->mark);
		s = seen_find(&w->r, h->id);
		assert_true(s == NULL || s->on_way == 0);
	}
}

static void
round_begin(struct world *w, bool many)
{
	memset(w, 0, sizeof(*w));
	w->core = fold_new();
	w->front = fold_new();
	w->r.fold = w->front;
	w->to_core = cJSON_CreateArray();
	w->to_front = cJSON_CreateArray();
	w->proposal = 1;
	w->many = many;
	w->came_at = w->since = -REVIEW_MS;
	core_propose(w);
	front_line(w);
}

static void
round_step(struct world *w)
{
	AUTO_JSON cJSON *o = NULL;

	w->now += draw(120);
	front_settle(w);
	switch (draw(14)) {
	case 0: case 1: case 2:
		front_key(w);
		break;
	case 3:
		(void)front_step(w, draw(3) != 0);
		break;
	case 4:
		front_edit(w);
		break;
	case 5:
		other_mark(w);
		break;
	case 6:
		if (draw(3) == 0)
			core_propose(w);
		else
			front_write(w);
		break;
	case 7: case 8: case 9:
		if ((o = cJSON_DetachItemFromArray(w->to_core, 0)) != NULL)
			core_command(w, o);
		break;
	case 10: case 11:
		front_line(w);
		break;
	case 12:
		w->r.news.on = !w->r.news.on;
		break;
	default:
		front_draw(w);
		break;
	}
	check(w);
}

/* What the terminal had is gone, not by the user's key: the next frame has to
 * stand as long as one that came by itself. */
TEST(test_unsent)
{
	struct review r = { 0 };

	review_unsend(&r);
	review_drawn(&r, act_of('w'));
	review_sent(&r, 0);
	(void)review_settle(&r, 0);
	assert_int_equal(r.counts_at, REVIEW_MS);
	review_release(&r);
}

TEST(test_any)
{
	unsigned long long i, rounds = rounds_of(60, 3000);
	int k, decisions = 0, alike = 0;
	static struct world w;

	for (i = 0; i < rounds; i++) {
		seed = rounds_seed() + i;
		round_begin(&w, i % 3 == 0);
		/* Until all that it can make is decided. */
		for (k = 0; k < STEPS && w.core->proposal != NULL; k++)
			round_step(&w);
		check_still(&w);
		decisions += w.decisions;
		alike += w.alike;
		review_release(&w.r);
		fold_free(w.core);
		fold_free(w.front);
		cJSON_Delete(w.to_core);
		cJSON_Delete(w.to_front);
	}
	/* Else it tested nothing. */
	assert_true(decisions > 0);
	assert_true(alike > 0);
}
