/*
 * Marks on their way to a core and back, at random. However slow the core is,
 * the same keys leave the same marks: what is taken back, and to what, doesn't
 * depend on what has arrived.
 *
 * usage: test-ui-marks; ROUNDS and SEED as in rounds.h
 */
#include "config.h"

#include "base/json.h"
#include "journal/fold.h"
#include "review/review.h"
#include "rounds.h"
#include "ui-fix.h"

#define MARKS_HUNKS 4
#define MARKS_KEYS 30
#define MARKS_LINES 400

/* A core that only marks. */
struct marks {
	struct fix	 f;
	size_t		 read;		/* of what it sent, by the core */
	char		*lines[MARKS_LINES];
	size_t		 lines_len, shown;
	char		*marks[MARKS_HUNKS];
	int64_t		 seq;
	bool		 decided;
};

static uint32_t marks_state;

static uint32_t
marks_random(uint32_t below)
{
	marks_state ^= marks_state << 13;
	marks_state ^= marks_state >> 17;
	marks_state ^= marks_state << 5;
	return marks_state % below;
}

static void
marks_begin(struct marks *v)
{
	size_t i;

	memset(v, 0, sizeof(*v));
	v->seq = 100;
	for (i = 0; i < MARKS_HUNKS; i++)
		v->marks[i] = xstrdup("none");
	fix_hunks(&v->f, 40, 160, MARKS_HUNKS, 2);
	fix_draw(&v->f);
	fix_type(&v->f, "4J");
}

static void
marks_end(struct marks *v)
{
	size_t i;

	for (i = 0; i < v->lines_len; i++)
		free(v->lines[i]);
	fix_release(&v->f);
	for (i = 0; i < MARKS_HUNKS; i++)
		free(v->marks[i]);
}

static void
marks_mark(struct marks *v, const cJSON *o, cJSON *list)
{
	size_t i = strtoul(json_str_or(o, "hunk", ""), NULL, 16) - 1;
	const char *mark = json_str_or(o, "mark", "");
	const char *word = json_str(o, "word");
	cJSON *draft = cJSON_CreateObject();

	assert_true(i < MARKS_HUNKS);
	free(v->marks[i]);
	v->marks[i] = xasprintf("%s%s%s", mark, word == NULL ? "" : ":",
	    word == NULL ? "" : word);
	json_add_str(draft, "hunk", json_str_or(o, "hunk", ""));
	json_add_str(draft, "mark", mark);
	json_add_str(draft, "word", word);
	cJSON_AddItemToArray(list, draft);
}

/* The core reads the next command of this screen. */
static bool
marks_core(struct marks *v)
{
	const char *from = buf_str(&v->f.sent) + v->read, *end;
	const cJSON *list, *it;
	struct err e = ERR_INIT;
	cJSON *o, *line, *marks;

	if ((end = strchr(from, '\n')) == NULL || v->decided)
		return false;
	v->read += (size_t)(end + 1 - from);
	o = json_parse(from, (size_t)(end - from), JSON_NUL_REPLACE, &e);
	assert_non_null(o);
	if (!json_is(o, "type", "mark")) {
		v->decided = true;
		cJSON_Delete(o);
		return true;
	}
	marks = cJSON_CreateArray();
	list = json_array(o, "marks");
	if (list == NULL)
		marks_mark(v, o, marks);
	cJSON_ArrayForEach(it, list)
		marks_mark(v, it, marks);
	line = cJSON_CreateObject();
	json_add_int(line, "seq", ++v->seq);
	json_add_str(line, "type", "draft");
	json_add_str(line, "by", "user");
	json_add_int(line, "proposal", 50);
	json_set_take(line, "marks", marks);
	assert_true(v->lines_len < MARKS_LINES);
	v->lines[v->lines_len++] = json_print(line);
	cJSON_Delete(line);
	cJSON_Delete(o);
	return true;
}

/* The screen reads the core's next line. */
static bool
marks_line(struct marks *v)
{
	if (v->shown == v->lines_len)
		return false;
	fix_line(&v->f, v->lines[v->shown++]);
	fix_draw(&v->f);
	return true;
}

/* All that is on its way arrives. */
static void
marks_settle(struct marks *v)
{
	while (marks_core(v) || marks_line(v))
		;
}

static char *
marks_marks(const struct marks *v)
{
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < MARKS_HUNKS; i++)
		buf_addf(&b, "%s ", v->marks[i]);
	return buf_take(&b);
}

static const char *const marks_keys[] = { "y", "n", "u", "U", "u", "U", "J",
	"K", "y", "n", "u", "A", "a", "d", "rw\r", "f", "F", "\r" };

static const char *
marks_key(void)
{
	return marks_keys[marks_random(MEM_COUNT(marks_keys))];
}

/* The same keys, with a core that answers at once and with a slow one. */
TEST(test_slow_core)
{
	unsigned long long i, n = rounds_of(150, 3000);
	const char *keys[MARKS_KEYS];
	struct marks now, late;
	struct buf typed = BUF_INIT(0);
	char *want, *is;
	size_t k, len;

	marks_state = (uint32_t)rounds_seed() * 2654435761u | 1;
	for (i = 0; i < n; i++) {
		marks_begin(&now);
		buf_clear(&typed);
		for (len = 0; len < MARKS_KEYS; len++) {
			keys[len] = marks_key();
			buf_adds(&typed, keys[len]);
			fix_type(&now.f, keys[len]);
			marks_settle(&now);
			if (now.decided)
				break;
		}
		want = marks_marks(&now);
		marks_begin(&late);
		for (k = 0; k < len + now.decided; k++) {
			fix_type(&late.f, keys[k]);
			while (marks_random(3) == 0)
				(void)marks_core(&late);
			while (marks_random(3) == 0)
				(void)marks_line(&late);
		}
		marks_settle(&late);
		is = marks_marks(&late);
		if (strcmp(is, want) != 0 || now.decided != late.decided)
			fail_msg("round %llu, %s: %s%s, but if it is slow %s%s",
			    i, buf_str(&typed), want, now.decided ?
			    "decided" : "", is, late.decided ? "decided" : "");
		free(want);
		free(is);
		marks_end(&now);
		marks_end(&late);
	}
	buf_release(&typed);
}
