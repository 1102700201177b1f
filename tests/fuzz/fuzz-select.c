/*
 * Options of the command line for a proposal of four files: an amended patch,
 * or the words of --accept, --split and --lines. Whatever is read, each hunk
 * gets one mark, and only existing hunks do; the core can read the edits.
 * Input: 'p' and a patch, or lines of a letter (a, s, l) and its words.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/select.h"
#include "gate/patch.h"
#include "journal/fold.h"

#define WORDS_MAX 8

static const char proposal[] =
"{\"seq\":5,\"type\":\"proposal\",\"by\":\"core\",\"proposal\":0,"
"\"version\":1,\"final\":true,\"files\":["
"{\"path\":\"a.txt\",\"status\":\"modified\","
"\"before\":{\"hash\":\"00\",\"mode\":33188,\"size\":9},"
"\"after\":{\"hash\":\"01\",\"mode\":33261,\"size\":9},\"binary\":false,"
"\"hunks\":[{\"id\":\"m1\",\"old_start\":0,\"old_lines\":0,\"new_start\":0,"
"\"new_lines\":0,\"text\":\"\"},"
"{\"id\":\"a1\",\"old_start\":1,\"old_lines\":3,\"new_start\":1,"
"\"new_lines\":3,\"text\":\" one\\n-two\\n+TWO\\n three\\n\"},"
"{\"id\":\"a2\",\"old_start\":9,\"old_lines\":2,\"new_start\":9,"
"\"new_lines\":3,\"text\":\" nine\\n+and\\n+more\\n-ten\\n"
"\\\\ No newline at end of file\\n\"}]},"
"{\"path\":\"dir/b c\",\"status\":\"added\",\"before\":null,"
"\"after\":{\"hash\":\"02\",\"mode\":33188,\"size\":4},\"binary\":false,"
"\"hunks\":[{\"id\":\"b1\",\"old_start\":0,\"old_lines\":0,\"new_start\":1,"
"\"new_lines\":2,\"text\":\"+x\\n+y\\n\"}]},"
"{\"path\":\"dir/pic\",\"status\":\"modified\","
"\"before\":{\"hash\":\"03\",\"mode\":33188,\"size\":9},"
"\"after\":{\"hash\":\"04\",\"mode\":33188,\"size\":9},\"binary\":true,"
"\"hunks\":[{\"id\":\"p1\",\"old_start\":0,\"old_lines\":0,\"new_start\":0,"
"\"new_lines\":0,\"text\":\"\"}]},"
"{\"path\":\"z\",\"status\":\"mode\","
"\"before\":{\"hash\":\"05\",\"mode\":33188,\"size\":9},"
"\"after\":{\"hash\":\"05\",\"mode\":33261,\"size\":9},\"binary\":false,"
"\"hunks\":[{\"id\":\"z1\",\"old_start\":0,\"old_lines\":0,\"new_start\":0,"
"\"new_lines\":0,\"text\":\"\"}]}]}";

static struct fold *
fold_make(void)
{
	struct err e = ERR_INIT;
	cJSON *line = json_parse(proposal, sizeof(proposal) - 1,
	    JSON_NUL_REPLACE, &e);
	struct fold *f = fold_new();

	FUZZ_CHECK(line != NULL);
	fold_line(f, line);
	cJSON_Delete(line);
	FUZZ_CHECK(f->proposal != NULL && f->proposal->files_len == 4);
	return f;
}

static void
check_mark(const struct fold *f, const cJSON *m)
{
	const char *mark = json_str(m, "mark");
	const struct fold_hunk *h;
	struct hunk_amended made;
	struct err e = ERR_INIT;
	size_t len = 0;
	char *edit = json_get_bytes(m, "edit", &len);

	FUZZ_CHECK(fold_find_hunk(f, json_str(m, "hunk"), &h) != NULL);
	FUZZ_CHECK(strcmp(mark, "yes") == 0 || strcmp(mark, "no") == 0 ||
	    strcmp(mark, "edited") == 0);
	FUZZ_CHECK(!json_bool(m, "seen", true));
	FUZZ_CHECK((edit != NULL) == (strcmp(mark, "edited") == 0));
	if (edit != NULL && hunk_text_amend(&made, h->text, h->text_len, edit,
	    len, &e) == 0) {
		FUZZ_CHECK(hunk_text_changes(made.text, made.len) > 0);
		hunk_amended_release(&made);
	}
	free(edit);
}

/* One mark for each hunk of the proposal, but for those that stay open. */
static void
check_marks(const struct fold *f, const struct select *c)
{
	struct err e = ERR_INIT;
	int open;
	cJSON *marks = select_marks(c, f->proposal, &open, &e);
	const cJSON *m, *other;

	FUZZ_CHECK(open == 0 || select_leaves_rest(c));
	if (marks == NULL) {
		FUZZ_CHECK(err_is_set(&e));
		return;
	}
	FUZZ_CHECK(cJSON_GetArraySize(marks) + open ==
	    fold_hunks(f->proposal));
	cJSON_ArrayForEach(m, marks) {
		check_mark(f, m);
		for (other = m->next; other != NULL; other = other->next)
			FUZZ_CHECK(strcmp(json_str(m, "hunk"),
			    json_str(other, "hunk")) != 0);
	}
	cJSON_Delete(marks);
}

static void
check_patch(const struct fold *f, struct fuzz_input *in)
{
	int fd = memfd_create("patch", MFD_CLOEXEC);
	AUTO_FREE char *path = xasprintf("/proc/self/fd/%d", fd);
	struct select_option o = { SELECT_PATCH, path };
	struct err e = ERR_INIT;
	struct select *c;

	FUZZ_CHECK(fd >= 0 && write(fd, in->p, in->len) == (ssize_t)in->len);
	c = select_new(&o, 1, &e);
	FUZZ_CHECK(c != NULL);
	check_marks(f, c);
	select_free(c);
	close(fd);
}

static void
check_words(const struct fold *f, struct fuzz_input *in)
{
	struct select_option o[WORDS_MAX];
	char *text = xmemdup(in->p, in->len), *p = text, *word;
	struct err e = ERR_INIT;
	struct select *c;
	cJSON *splits;
	size_t n = 0;

	text[in->len] = '\0';	/* xmemdup has room for it */
	while (n < WORDS_MAX && (word = strsep(&p, "\n")) != NULL) {
		if (word[0] == '\0')
			continue;
		o[n].kind = word[0] == 's' ? SELECT_SPLIT :
		    word[0] == 'l' ? SELECT_LINES :
		    word[0] == 'o' ? SELECT_OVERWRITE : SELECT_ACCEPT;
		o[n++].text = word + 1;
	}
	c = select_new(o, n, &e);
	if (c == NULL) {
		FUZZ_CHECK(err_is_set(&e));
	} else {
		splits = select_splits(c, f->proposal, &e);
		FUZZ_CHECK(splits != NULL || err_is_set(&e));
		FUZZ_CHECK(splits == NULL ||
		    cJSON_GetArraySize(splits) <= WORDS_MAX);
		cJSON_Delete(splits);
		check_marks(f, c);
	}
	select_free(c);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	struct fold *f = fold_make();

	if (size > 0 && *p == 'p') {
		fuzz_byte(&in);
		check_patch(f, &in);
	} else {
		check_words(f, &in);
	}
	fold_free(f);
	return 0;
}
