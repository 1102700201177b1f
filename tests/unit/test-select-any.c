/*
 * The reader of amended patches against chance: what `assent show` prints is
 * read back as it was meant, with hunks dropped and lines changed. What else may
 * be handed in: tests/fuzz/fuzz-select.c.
 *
 * SEED=n and ROUNDS=n in the environment.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/select.h"
#include "gate/hunk.h"
#include "gate/patch.h"
#include "journal/fold.h"
#include "store/gitlib.h"
#include "tests/unit/rounds.h"
#include "tests/unit/scratch.h"

#define CHOOSE_ROUNDS	200
#define CHOOSE_HUNKS	200

static uint64_t seed;

static uint32_t
random_next(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

static void
random_text(struct buf *b)
{
	static const char *const lines[] = {
		"one\n", "two\n", "}\n", "\n", "\r\n", "\xff\n", "-\n", "+x\n",
		"@@ -1,2 +1,2 @@\n", "diff --git a/f b/f\n", "\\ No\n", "#\n",
		"new mode 100755\n",
	};
	uint32_t n = 1 + random_next(60);

	while (n-- > 0)
		buf_adds(b, lines[random_next(MEM_COUNT(lines))]);
	if (random_next(4) == 0)
		b->len--;
}

static void
random_change(struct buf *out, const struct buf *in)
{
	const char *p = buf_str(in), *end = p + in->len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl == NULL ? end : nl + 1;

		if (random_next(12) == 0)
			buf_addf(out, "new %u\n", random_next(9));
		if (random_next(12) != 0)
			buf_add(out, p, (size_t)(next - p));
		p = next;
	}
	buf_adds(out, "end\n");
}

static void
add_side(cJSON *f, const char *key, unsigned mode, size_t size)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "hash", "00");
	json_add_int(o, "mode", mode);
	json_add_int(o, "size", (int64_t)size);
	json_set_take(f, key, o);
}

static void
add_file(cJSON *files, const char *path, unsigned new_mode)
{
	struct buf before = BUF_INIT(0), after = BUF_INIT(0);
	struct hunk_side b = { true, 0100644, "b", &before };
	struct hunk_side a = { true, new_mode, "a", &after };
	cJSON *f = cJSON_CreateObject(), *hunks = cJSON_CreateArray();
	struct err e = ERR_INIT;
	struct hunk_list l;
	size_t i;

	random_text(&before);
	random_change(&after, &before);
	if (hunk_list_change(&l, path, &b, &a, HUNK_DIFF_MYERS, &e) < 0)
		fail_msg("%s", e.text);
	json_add_path(f, "path", path);
	json_add_str(f, "status", "modified");
	add_side(f, "before", 0100644, before.len);
	add_side(f, "after", new_mode, after.len);
	json_add_bool(f, "binary", false);
	for (i = 0; i < l.len; i++) {
		cJSON *h = cJSON_CreateObject();

		json_add_str(h, "id", l.v[i].id);
		json_add_int(h, "old_start", l.v[i].old_start);
		json_add_int(h, "old_lines", l.v[i].old_lines);
		json_add_int(h, "new_start", l.v[i].new_start);
		json_add_int(h, "new_lines", l.v[i].new_lines);
		json_add_bytes(h, "text", l.v[i].text, l.v[i].len);
		cJSON_AddItemToArray(hunks, h);
	}
	json_set_take(f, "hunks", hunks);
	cJSON_AddItemToArray(files, f);
	hunk_list_release(&l);
	buf_release(&before);
	buf_release(&after);
}

static struct fold *
random_proposal(void)
{
	static const char *const names[] = {
		"f", "odd name", "tab\there", "quo\"te", "back\\slash", "\xff\x01",
		"caf\xc3\xa9", "-x", "a b/c", "new\nline",
	};
	cJSON *line = cJSON_CreateObject(), *files = cJSON_CreateArray();
	struct fold *fold = fold_new();
	size_t i, first = random_next(MEM_COUNT(names));

	for (i = 0; i < 3; i++)
		add_file(files, names[(first + i) % MEM_COUNT(names)],
		    random_next(4) == 0 ? 0100755 : 0100644);
	json_add_int(line, "seq", 5);
	json_add_str(line, "type", "proposal");
	json_add_str(line, "by", "core");
	json_add_int(line, "proposal", 0);
	json_add_int(line, "version", 1);
	json_add_bool(line, "final", true);
	json_set_take(line, "files", files);
	fold_line(fold, line);
	cJSON_Delete(line);
	assert_non_null(fold->proposal);
	assert_int_equal(fold->proposal->files_len, 3);
	return fold;
}

/* What reading this patch decides, or NULL. */
static cJSON *
read_patch(const char *dir, const struct fold *fold, const struct buf *patch,
    struct err *e)
{
	char *path = fs_join(dir, "patch");
	const struct select_option o = { SELECT_PATCH, path };
	struct select *c;
	cJSON *marks = NULL;
	int open = 0;

	if (fs_replace(AT_FDCWD, path, buf_str(patch), patch->len, 0600,
	    e) < 0)
		fail_msg("%s", e->text);
	c = select_new(&o, 1, e);
	if (c != NULL)
		marks = select_marks(c, fold->proposal, &open, e);
	assert_int_equal(open, 0);
	select_free(c);
	free(path);
	return marks;
}

static const cJSON *
mark_of(const cJSON *marks, const char *id)
{
	const cJSON *m;

	cJSON_ArrayForEach(m, marks)
		if (strcmp(json_str(m, "hunk"), id) == 0)
			return m;
	fail_msg("no mark for %s", id);
	return NULL;
}

/* The patch of the proposal with some hunks dropped, some edited. */
static void
round_amended(const char *dir)
{
	struct fold *fold = random_proposal();
	struct buf patch = BUF_INIT(0);
	struct buf edits[CHOOSE_HUNKS];
	const char *want[CHOOSE_HUNKS], *ids[CHOOSE_HUNKS];
	struct err e = ERR_INIT;
	size_t i, k, n = 0;
	cJSON *marks;

	for (i = 0; i < 3; i++) {
		struct fold_file *f = &fold->proposal->files[i];
		struct fold_file part = *f;
		size_t left = 0;

		part.hunks = xcalloc(f->hunks_len + 1, sizeof(*part.hunks));
		for (k = 0; k < f->hunks_len; k++) {
			struct fold_hunk h = f->hunks[k];
			uint32_t way = random_next(3);

			assert_true(n < CHOOSE_HUNKS);
			buf_init(&edits[n], 0);
			ids[n] = f->hunks[k].id;
			want[n] = "yes";
			if (select_word(f, k) != NULL) {
				part.hunks[left++] = h;
			} else if (way == 0) {
				want[n] = "no";
			} else if (way == 1) {
				buf_adds(&edits[n], "+put in\n");
				buf_add(&edits[n], h.text, h.text_len);
				h.text = edits[n].p;
				h.text_len = edits[n].len;
				want[n] = "edited";
				part.hunks[left++] = h;
			} else {
				part.hunks[left++] = h;
			}
			n++;
		}
		part.hunks_len = left;
		if (left > 0)
			assert_int_equal(patch_write_file(&patch, &part), 0);
		free(part.hunks);
	}
	if (patch.len > 0) {
		marks = read_patch(dir, fold, &patch, &e);
		if (marks == NULL)
			fail_msg("%s\n%s", e.text, buf_str(&patch));
		for (i = 0; i < n; i++) {
			const cJSON *m = mark_of(marks, ids[i]);
			size_t len = 0;
			char *edit = json_get_bytes(m, "edit", &len);

			if (strcmp(json_str(m, "mark"), want[i]) != 0)
				fail_msg("%s, and not %s, in\n%s",
				    json_str(m, "mark"), want[i],
				    buf_str(&patch));
			assert_int_equal(len, edits[i].len);
			if (len > 0)
				assert_memory_equal(edit, edits[i].p, len);
			free(edit);
		}
		cJSON_Delete(marks);
	}
	for (i = 0; i < n; i++)
		buf_release(&edits[i]);
	buf_release(&patch);
	fold_free(fold);
}

static void
test_choose_any(void **state)
{
	unsigned long long first = rounds_seed(), i;
	unsigned long long rounds = rounds_of(CHOOSE_ROUNDS, 5 * CHOOSE_ROUNDS);
	char *dir = scratch_new();

	(void)state;
	assert_int_equal(gitlib_init(NULL), 0);	/* once, not for each diff */
	print_message("SEED=%llu ROUNDS=%llu\n", first, rounds);
	for (i = 0; i < rounds; i++) {
		seed = first + i;
		round_amended(dir);
	}
	scratch_free(dir);
	gitlib_release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose_any),
	};

	return cmocka_run_group_tests_name("choose-any", tests, NULL, NULL);
}
