/* The journal's files: chain, head, lock, torn and damaged lines. */
#include "config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "tests/messages.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

struct seen {
	int		 lines;
	int64_t		 seq;
	struct buf	 text;
};

static void
seen_line(void *arg, struct event *e, const char *line, size_t n)
{
	struct seen *s = arg;

	s->lines++;
	s->seq = e->seq;
	buf_add(&s->text, line, n);
	buf_addc(&s->text, '\n');
}

static int
append_this(struct journal *j, enum event_type type, const void *members)
{
	AUTO_EVENT struct event made;
	struct err e = ERR_INIT;

	event_make(&made, type, members);
	return journal_append(j, &made, "core", &e);
}

static void
append(struct journal *j, const char *text)
{
	assert_int_equal(append_this(j, EVENT_NOTE, &(struct ev_note){
	    .text = text }), 0);
}

/* Six lines, the last three of them not synced until the journal is freed. */
static void
journal_fill(struct journal *j)
{
	append(j, "start");
	append(j, "gr\xc3\xbc\xc3\x9f dich \"x\"\n");
	assert_int_equal(append_this(j, EVENT_USER_MESSAGE,
	    &(struct ev_user_message){ .text = "hello" }), 0);
	append(j, "a");
	append(j, NULL);
	append(j, "the last one");
}

static struct journal *
journal_make(const char *dir, struct seen *s)
{
	struct err e = ERR_INIT;
	struct journal *j = journal_open(dir, true, seen_line, s, NULL, &e);

	if (j == NULL)
		fail_msg("make: %s", e.text);
	return j;
}

static char *
path_in(const char *dir, const char *name)
{
	return fs_join(dir, name);
}

static void
file_get(const char *dir, const char *name, struct buf *b)
{
	char *p = path_in(dir, name);

	assert_int_equal(fs_read_file(AT_FDCWD, p, b, NULL), 0);
	free(p);
}

static void
file_put(const char *dir, const char *name, const void *bytes, size_t n)
{
	char *p = path_in(dir, name);
	int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, bytes, n), 0);
	close(fd);
	free(p);
}

SCRATCH_TEST(test_chain)
{
	struct seen made = { .text = BUF_INIT(0) };
	struct seen again = { .text = BUF_INIT(0) };
	struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	int64_t lines;
	struct stat st;
	char *dir = path_in(*state, "a/b"), *lock = path_in(dir, "lock");
	char *note = NULL;
	struct journal *j;

	j = journal_make(dir, &made);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	journal_fill(j);
	append(j, NULL);
	assert_int_equal(j->chain.seq, 7);
	journal_free(j);

	file_get(dir, "journal.jsonl", &b);
	assert_string_equal(buf_str(&b), buf_str(&made.text));
	assert_memory_equal(b.p, "{\"seq\":1,\"t\":\"2", 15);
	assert_non_null(strstr(b.p, "Z\",\"type\":\"note\","
	    "\"by\":\"core\",\"text\":\"start\",\"prev\":\"\",\"h\":\""));

	j = journal_open(dir, false, seen_line, &again, &note, &e);
	assert_non_null(j);
	assert_null(note);
	assert_string_equal(buf_str(&again.text), buf_str(&made.text));
	append(j, "more");
	assert_int_equal(again.seq, 8);
	journal_free(j);

	assert_int_equal(journal_verify(dir, NULL, NULL, &lines, &e), 0);
	assert_int_equal(lines, 8);
	/* To make another one there is refused and changes nothing. */
	assert_null(journal_open(dir, true, seen_line, &again, NULL, &e));
	assert_int_equal(journal_verify(dir, NULL, NULL, &lines, &e), 0);
	assert_int_equal(access(lock, F_OK), 0);
	buf_release(&b);
	buf_release(&made.text);
	buf_release(&again.text);
	free(lock);
	free(dir);
}

SCRATCH_TEST(test_foreign_members)
{
	struct seen s = { .text = BUF_INIT(0) };
	struct err e = ERR_INIT;
	char *dir = path_in(*state, "f");
	struct journal *j = journal_make(dir, &s);
	struct ev_tool_call bad = { .args = cJSON_CreateString("\xff") };
	struct ev_tool_call deep = { .args = cJSON_CreateArray() };
	cJSON *at = (cJSON *)(uintptr_t)deep.args;
	int i;

	assert_int_equal(append_this(j, EVENT_TOOL_CALL, &bad), -1);
	/* As deep as what json_parse accepts, with room around it. */
	for (i = 1; i < JSON_MAX_DEPTH + JSON_OWN_DEPTH - 1; i++) {
		cJSON *in = cJSON_CreateArray();

		cJSON_AddItemToArray(at, in);
		at = in;
	}
	assert_int_equal(append_this(j, EVENT_TOOL_CALL, &deep), 0);
	append(j, NULL);
	assert_int_equal(s.lines, 2);
	journal_free(j);
	assert_int_equal(journal_verify(dir, NULL, NULL, NULL, &e), 0);
	j = journal_open(dir, false, seen_line, &s, NULL, &e);
	assert_non_null(j);
	journal_free(j);
	cJSON_Delete((cJSON *)(uintptr_t)bad.args);
	cJSON_Delete((cJSON *)(uintptr_t)deep.args);
	buf_release(&s.text);
	free(dir);
}

int	__wrap_nanosleep(const struct timespec *, struct timespec *);

/* A process that waits for a held lock only waits longer. */
int
__wrap_nanosleep(const struct timespec *want, struct timespec *left)
{
	return 0;
}

SCRATCH_TEST(test_lock)
{
	struct seen s = { .text = BUF_INIT(0) };
	struct err e = ERR_INIT;
	char *dir = path_in(*state, "20261120-083206-1a2b");
	char *pid = xasprintf("process %ld", (long)getpid());
	struct journal *j = journal_make(dir, &s);

	append(j, NULL);
	assert_null(journal_open(dir, false, seen_line, &s, NULL, &e));
	assert_non_null(strstr(e.text, "20261120-083206-1a2b"));
	assert_non_null(strstr(e.text, "already running"));
	assert_non_null(strstr(e.text, pid));
	journal_free(j);
	e = (struct err)ERR_INIT;
	j = journal_open(dir, false, seen_line, &s, NULL, &e);
	assert_non_null(j);
	journal_free(j);
	buf_release(&s.text);
	free(pid);
	free(dir);
}

/* Cut at every byte: what head names must be whole, the rest may be torn. */
SCRATCH_TEST(test_cut)
{
	struct seen made = { .text = BUF_INIT(0) };
	struct buf all = BUF_INIT(0), head = BUF_INIT(0);
	char *dir = path_in(*state, "c");
	struct journal *j = journal_make(dir, &made);
	size_t cut, durable = 0, nl, whole;

	journal_fill(j);
	/* As a killed core leaves it: head names line 3. */
	file_get(dir, "head", &head);
	journal_free(j);
	file_get(dir, "journal.jsonl", &all);
	for (nl = 0; nl < 3; durable++)
		nl += all.p[durable] == '\n';
	for (cut = 0; cut <= all.len; cut++) {
		struct seen s = { .text = BUF_INIT(0) };
		struct err e = ERR_INIT;
		char *note = NULL;

		file_put(dir, "journal.jsonl", all.p, cut);
		file_put(dir, "head", head.p, head.len);
		for (whole = cut; whole > 0 && all.p[whole - 1] != '\n';
		    whole--)
			;
		if (journal_verify(dir, NULL, NULL, NULL, &e) !=
		    (cut < durable ? -1 : 0))
			fail_msg("verify of %zu bytes: %s", cut, e.text);
		e = (struct err)ERR_INIT;
		j = journal_open(dir, false, seen_line, &s, &note, &e);
		if (cut < durable) {
			assert_null(j);
			assert_true(err_is_set(&e));
			assert_null(note);
			buf_release(&s.text);
			continue;
		}
		if (j == NULL)
			fail_msg("cut at %zu: %s", cut, e.text);
		assert_int_equal(s.text.len, whole);
		assert_int_equal(note != NULL, cut != whole);
		/* Later lines continue a valid chain. */
		append(j, "after");
		journal_free(j);
		assert_int_equal(journal_verify(dir, NULL, NULL, NULL, &e), 0);
		free(note);
		buf_release(&s.text);
	}
	buf_release(&all);
	buf_release(&head);
	buf_release(&made.text);
	free(dir);
}

SCRATCH_TEST(test_flip)
{
	struct seen made = { .text = BUF_INIT(0) };
	struct buf all = BUF_INIT(0);
	char *dir = path_in(*state, "v"), *want;
	struct journal *j = journal_make(dir, &made);
	int64_t line = 1;
	size_t i;

	journal_fill(j);
	journal_free(j);
	file_get(dir, "journal.jsonl", &all);
	for (i = 0; i < all.len; i++) {
		struct err e = ERR_INIT;
		char was = all.p[i];

		all.p[i] = (char)(was ^ 0x04);
		file_put(dir, "journal.jsonl", all.p, all.len);
		all.p[i] = was;
		want = xasprintf("line %lld of ", (long long)line);
		if (journal_verify(dir, NULL, NULL, NULL, &e) == 0 ||
		    strncmp(e.text, want, strlen(want)) != 0)
			fail_msg("byte %zu, %s: \"%s\"", i, want, e.text);
		e = (struct err)ERR_INIT;
		if (journal_open(dir, false, seen_line, &made, NULL, &e) !=
		    NULL || strncmp(e.text, want, strlen(want)) != 0)
			fail_msg("open, byte %zu, %s: \"%s\"", i, want,
			    e.text);
		free(want);
		line += was == '\n';
	}
	buf_release(&all);
	buf_release(&made.text);
	free(dir);
}

SCRATCH_TEST(test_head)
{
	static const struct {
		const char	*label;
		size_t		 at;	/* of the byte that is changed */
		int		 open, verify;
	} cases[] = {
		/* One slot torn: the other, older or newer, is sound. */
		{ "first slot", 5, 0, 0 },
		{ "second slot", 165, 0, 0 },
		{ "first checksum", 120, 0, 0 },
	};
	struct seen s = { .text = BUF_INIT(0) };
	struct buf head = BUF_INIT(0), other = BUF_INIT(0), b = BUF_INIT(0);
	char *dir = path_in(*state, "h"), *dir2 = path_in(*state, "h2");
	char *dir3 = path_in(*state, "h3"), *path;
	struct journal *j = journal_make(dir, &s);
	struct err e = ERR_INIT;
	size_t i;

	journal_fill(j);
	journal_free(j);
	file_get(dir, "head", &head);
	for (i = 0; i < MEM_COUNT(cases); i++) {
		buf_clear(&b);
		buf_add(&b, head.p, head.len);
		b.p[cases[i].at] ^= 0x01;
		file_put(dir, "head", b.p, b.len);
		if (journal_verify(dir, NULL, NULL, NULL, &e) !=
		    cases[i].verify)
			fail_msg("%s: %s", cases[i].label, e.text);
		j = journal_open(dir, false, seen_line, &s, NULL, &e);
		if ((j == NULL ? -1 : 0) != cases[i].open)
			fail_msg("%s: %s", cases[i].label, e.text);
		journal_free(j);
	}
	/* Both gone, cut short, or another session's: damaged. */
	for (i = 0; i < b.len; i += 40)
		b.p[i] ^= 0x01;
	file_put(dir, "head", b.p, b.len);
	assert_int_equal(journal_verify(dir, NULL, NULL, NULL, &e), -1);
	file_put(dir, "head", head.p, 100);
	assert_null(journal_open(dir, false, seen_line, &s, NULL, &e));
	j = journal_make(dir2, &s);
	append(j, "another");
	journal_free(j);
	file_get(dir2, "head", &other);
	file_put(dir, "head", other.p, other.len);
	e = (struct err)ERR_INIT;
	assert_int_equal(journal_verify(dir, NULL, NULL, NULL, &e), -1);
	assert_non_null(strstr(e.text, "line 1 of"));
	e = (struct err)ERR_INIT;
	assert_null(journal_open(dir, false, seen_line, &s, NULL, &e));
	assert_non_null(strstr(e.text, "head names"));
	/* Killed while it was made: nothing was recorded, nothing is lost. */
	file_put(dir, "journal.jsonl", "", 0);
	for (i = 0; i < 200; i += 40) {
		int64_t lines = 7;

		e = (struct err)ERR_INIT;
		file_put(dir, "head", head.p, i);
		if (journal_verify(dir, NULL, NULL, &lines, &e) < 0 ||
		    lines != 0)
			fail_msg("%zu bytes of head: %s", i, e.text);
		assert_null(journal_open(dir, false, seen_line, &s, NULL,
		    &e));
		assert_non_null(
		    strstr(e.text, MSG_BEFORE_IT_RECORDED_ANYTHING));
	}
	journal_free(journal_make(dir3, &s));
	for (i = 0; i < 2; i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(journal_verify(dir3, NULL, NULL, NULL, &e), 0);
		assert_null(journal_open(dir3, false, seen_line, &s, NULL, &e));
		assert_non_null(
		    strstr(e.text, MSG_BEFORE_IT_RECORDED_ANYTHING));
		path = fs_join(dir3, "journal.jsonl");
		(void)unlink(path);
		free(path);
	}
	free(dir3);
	e = (struct err)ERR_INIT;
	file_put(dir, "head", head.p, head.len);
	assert_int_equal(journal_verify(dir, NULL, NULL, NULL, &e), -1);
	buf_release(&b);
	buf_release(&head);
	buf_release(&other);
	buf_release(&s.text);
	free(dir);
	free(dir2);
}
