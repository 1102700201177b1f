/* assent log: what it prints of the fixture journals, and that it is clean. */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/print.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

static const char *const fixtures[] = { "demo", "open", "hostile", "stops" };

static void
fixture_read(const char *name, struct buf *b)
{
	const char *src = getenv("srcdir");
	char *path = xasprintf("%s/tests/fixtures/journal/%s.jsonl",
	    src == NULL ? "." : src, name);

	if (fs_read_file(AT_FDCWD, path, b, NULL) < 0)
		fail_msg("can't read %s: set srcdir", path);
	free(path);
}

/* The session's folder that holds this journal, and what log prints of it. */
static int
log_of(const char *dir, const void *p, size_t n, bool json, bool terminal,
    struct buf *out, struct err *e)
{
	char *path = fs_join(dir, "journal.jsonl"), *text = NULL;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), rc;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_true(fd >= 0);
	assert_non_null(f);
	assert_int_equal(fs_write_all(fd, p, n), 0);
	close(fd);
	print_as(terminal ? f : NULL, 1000);
	rc = log_print(f, dir, json, e);
	print_as(NULL, 0);
	fclose(f);
	buf_clear(out);
	buf_add(out, text, len);
	free(text);
	free(path);
	return rc;
}

/* Only what may reach a terminal, newlines aside. */
static bool
is_clean(const struct buf *b)
{
	size_t i, used;
	uint32_t cp;

	for (i = 0; i < b->len; i += used) {
		used = utf8_next(b->p + i, b->len - i, &cp);
		if (used == 0 || (cp != '\n' && !sanitize_is_plain(cp, 0) &&
		    cp != 0x301))
			return false;
	}
	return true;
}

SCRATCH_TEST(test_clean)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(fixtures); i++) {
		struct buf in = BUF_INIT(0), out = BUF_INIT(0);
		struct err e = ERR_INIT;

		fixture_read(fixtures[i], &in);
		assert_int_equal(log_of(*state, in.p, in.len, false, true,
		    &out, &e), 0);
		if (!is_clean(&out))
			fail_msg("%s: %s", fixtures[i], buf_str(&out));
		assert_int_equal(log_of(*state, in.p, in.len, true, false,
		    &out, &e), 0);
		assert_string_equal(buf_str(&out), buf_str(&in));
		buf_release(&in);
		buf_release(&out);
	}
}

SCRATCH_TEST(test_words)
{
	static const char *const want[] = {
		"session  20261120-083206-1a2b\n",
		"task     quoted fields are cut at their commas: fix it\n",
		"     2 user\n    quoted fields",
		"     7 tool       make check\n",
		"     8 result     make check: failed, exit 2, 0.8 s\n",
		"    14 plan       plan v1 approved by you\n",
		("    31 proposal   to review: 3 files, 7 hunks; "
		    "1 file affects the check\n"),
		"    modified tests/test-parse.c [test]\n",
		"    === src/parse.h\n    @@ -7,14 +7,14 @@\n",
		"    -       int      len;\n",
		("    33 evidence   check: make check passed, 0.9 s: "
		    "3 passed\n"),
		"    41 decision   you accepted 6 hunks and rejected 1 in 3 "
		    "files\n",
		"    43 applied    wrote 3 files\n",
		("    51 end        done, 1 of 7 hunks rejected: wrote 3 files "
		    "+27 -8\n"),
		"    4 turns, 16,800 tokens in,",
		"\n    | Quotes keep their commas.\n",
	};
	struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	struct err e = ERR_INIT;
	const char *at;
	size_t i;

	fixture_read("demo", &in);
	assert_int_equal(log_of(*state, in.p, in.len, false, false, &out, &e),
	    0);
	at = buf_str(&out);
	for (i = 0; i < MEM_COUNT(want); i++) {
		const char *hit = strstr(at, want[i]);

		if (hit == NULL)
			fail_msg("not there, or too early: %s\n%s", want[i],
			    buf_str(&out));
		at = hit;
	}
	buf_release(&in);
	buf_release(&out);
}

/* Hosts of any bytes, and totals without a host. */
SCRATCH_TEST(test_net)
{
	static const char text[] =
	    "{\"seq\":1,\"type\":\"net\",\"t\":\"2026-11-22T08:32:06.000Z\","
	    "\"host\":\"fd00::1\",\"port\":443,\"address\":\"fd00::1\","
	    "\"allowed_by\":\"--net\",\"call\":\"c1\"}\n"
	    "{\"seq\":2,\"type\":\"net\",\"host\":\"a\\u001b[2J\\nb\",\"port\":80,"
	    "\"refused\":\"why\\nnot\",\"call\":\"c1\"}\n"
	    "{\"seq\":3,\"type\":\"net_end\",\"call\":\"c1\",\"hosts\":["
	    "{\"host\":\"fd00::1\",\"port\":443,\"connections\":2,\"sent\":3,"
	    "\"received\":4},{\"host\":\"x\",\"port\":1},7]}\n"
	    "{\"seq\":4,\"type\":\"net\",\"host\":\"fd00::1\",\"port\":443,"
	    "\"address\":\"fd00::1\",\"allowed_by\":\"you\",\"call\":\"c2\"}\n"
	    "{\"seq\":5,\"type\":\"net\"}\n{\"seq\":6,\"type\":\"net_end\"}\n";
	static const char *const want[] = {
		"connected to [fd00::1]:443 (fd00::1), allowed by --net\n",
		"    3 net        [fd00::1]:443: 2 connections, 3 bytes sent, 4 received\n",
		"    3 net        x:1: 0 connections, 0 bytes sent, 0 received\n",
	};
	struct buf out = BUF_INIT(0);
	struct err e = ERR_INIT;
	const char *at;
	size_t i;

	assert_int_equal(log_of(*state, text, strlen(text), false, true, &out,
	    &e), 0);
	assert_true(is_clean(&out));
	for (i = 0, at = buf_str(&out); i < MEM_COUNT(want); i++) {
		const char *hit = strstr(at, want[i]);

		if (hit == NULL)
			fail_msg("not there: %s\n%s", want[i], buf_str(&out));
		at = hit;
	}
	buf_release(&out);
}

/* Their output on a terminal of 20 columns. */
static void
print_all(FILE *f)
{
	static const char diff[] = "@@ -1,2 +1,2 @@\n-\tcheck(u);\n"
	    "+x = 1; //            check(u)\n \xc2\xbb forged\n";

	print_words(f, "  | %s", "cat: a          note: forged");
	print_words(f, "our words wrap where a word ends");
	print_words(f, "not applied; see assent resume 7-a");
	print_text(f, "> ", "  ", "one two three four five six\n\xc2\xbb two");
	print_text(f, "  ", "  ", "| of others, who forge: x");
	print_text(f, "", "", "\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94"
	    "\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94"
	    "\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94");
	print_diff(f, diff, strlen(diff));
	print_question(f, "Really? All of it [y,n]");
}

/* No row is wider than the terminal, nor begins with what isn't ours. */
TEST(test_rows)
{
	static const char want[] =
	    "  | cat: a         \n"
	    "  | \xc2\xbb note: forged\n"
	    "our words wrap where\n"
	    "  a word ends\n"
	    "not applied; see\n"
	    "  assent resume 7-a\n"
	    "> one two three four\n"
	    "  \xc2\xbb five six\n"
	    "  <U+00BB> two\n"
	    "  | of others, who\n"
	    "  | \xc2\xbb forge: x\n"
	    "\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94"
	    "\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94\n"
	    "\xc2\xbb \xe2\x80\x94\n"
	    "@@ -1,2 +1,2 @@\n"
	    "-       check(u);\n"
	    "+x = 1; //          \n"
	    "+\xc2\xbb   check(u)\n"
	    " <U+00BB> forged\n"
	    "Really? All of it\n"
	    "\xc2\xbb [y,n] ";
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	sanitize_set_locale();
	print_as(f, 20);
	print_all(f);
	print_as(NULL, 0);
	fclose(f);
	assert_string_equal(text, want);
	free(text);
}
