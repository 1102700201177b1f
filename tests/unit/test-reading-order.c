/* The order in which files are read (journal/reading-order.h). */
#include "config.h"

#include "unit.h"

#include "base/buf.h"
#include "base/mem.h"
#include "journal/reading-order.h"
#include "rounds.h"

/* "!x.c +3" needs a look, "?x" is a test; "=2" after it: it was the second. */
static size_t
files_read(const char *const *list, struct reading_file *v, char paths[][64])
{
	size_t n = 0;

	for (; list[n] != NULL; n++) {
		const char *s = list[n], *at;

		v[n] = (struct reading_file){ .first = *s == '!',
			.test = *s == '?', .path = paths[n] };
		s += *s == '!' || *s == '?';
		snprintf(paths[n], 64, "%.*s", (int)strcspn(s, " "), s);
		if ((at = strstr(s, " +")) != NULL)
			v[n].lines = (size_t)atol(at + 2);
		if ((at = strstr(s, " =")) != NULL)
			v[n].was = (size_t)atol(at + 2);
	}
	return n;
}

static char *
files_say(const struct reading_file *v, size_t n)
{
	struct buf b = BUF_INIT(0);
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < n; k++)
			if (v[k].place == i)
				buf_addf(&b, "%s%s", b.len == 0 ? "" : " ",
				    v[k].path);
	return buf_take(&b);
}

TEST(test_order)
{
	static const struct {
		const char	*is;
		const char	*list[12];
	} t[] = {
		{ "run.sh b.c a.c README.md go.sum", { "README.md +90",
		    "a.c +1", "b.c +2", "go.sum +900", "!run.sh +1", NULL } },
		/* What a program writes is last, also if it is protected. */
		{ "a.c yarn.lock", { "a.c", "!yarn.lock +20", NULL } },
		{ "foo.c test_foo.c bar.go bar_test.go baz.ts baz.test.ts "
		  "qux.py tests/test-qux.py t/other.t",
		  { "bar.go +3", "?bar_test.go +1", "baz.ts +2",
		    "?baz.test.ts +9", "foo.c +4", "qux.py +1",
		    "?t/other.t +50", "?test_foo.c", "?tests/test-qux.py",
		    NULL } },
		/* Of two with that name the one in the same folder. */
		{ "b/x.py tests/b/test_x.py a/x.py tests/c/x_test.py",
		  { "a/x.py +9", "b/x.py +10", "?tests/b/test_x.py",
		    "?tests/c/x_test.py", NULL } },
		{ "src/main/java/p/Foo.java src/test/java/p/FooTest.java "
		  "src/test/java/p/FooIT.java lib/a-b.rb spec/a_b_spec.rb",
		  { "lib/a-b.rb +1", "?spec/a_b_spec.rb +1",
		    "src/main/java/p/Foo.java +7",
		    "?src/test/java/p/FooIT.java +1",
		    "?src/test/java/p/FooTest.java +5", NULL } },
		/* A test of a file that needs a look follows it there. */
		{ "tool.py test_tool.py a.c", { "a.c +9", "?test_tool.py +1",
		    "!tool.py +1", NULL } },
		/* Its name alone is no mark: the test isn't cut to nothing. */
		{ "a.c test_", { "?test_ +1", "a.c", NULL } },
		{ "CMakeLists.txt notes.txt", { "CMakeLists.txt +1",
		    "notes.txt +50", NULL } },
		/* What was there stays; a new file follows what it would. */
		{ "a.c b.c", { "a.c +1 =1", "b.c +9 =2", NULL } },
		{ "new.c a.c test_a.c z.c b.c README.md", { "README.md =4",
		    "a.c +3 =1", "b.c +40 =3", "new.c +80", "?test_a.c +7",
		    "z.c +1", NULL } },
	};
	struct reading_file v[12];
	char paths[12][64];
	size_t i, n;

	for (i = 0; i < MEM_COUNT(t); i++) {
		AUTO_FREE char *got = NULL;

		n = files_read(t[i].list, v, paths);
		reading_order(v, n);
		got = files_say(v, n);
		if (strcmp(got, t[i].is) != 0)
			fail_msg("case %zu: %s, not %s", i, got, t[i].is);
	}
}

TEST(test_generated)
{
	static const char *const yes[] = { "a/Cargo.lock", "go.sum",
		"x_pb2.py", "js/app.min.js", "package-lock.json",
	}, *const no[] = { "lock", ".lock", "a.c", "go.summary", "min.js",
		"my-go.sum", "go.sum/a.c",
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(yes); i++)
		if (!reading_is_generated(yes[i]))
			fail_msg("%s", yes[i]);
	for (i = 0; i < MEM_COUNT(no); i++)
		if (reading_is_generated(no[i]))
			fail_msg("%s", no[i]);
}

#define FILES 40

/* Files by chance: each has its own place; the same input gives the same
 * order; after some went and others came, those that stayed are in the same
 * order. */
TEST(test_any)
{
	static const char *const names[] = { "a.c", "test_a.c", "b/a.c",
		"tests/b/a_test.c", "README", "go.sum", "src/x.py", "b.test.ts",
		"b.ts", "docs/b.md", "c", "tests/c.sh",
	};
	unsigned long long round, rounds = rounds_of(2000, 50000);
	struct reading_file v[FILES], again[FILES];
	char paths[FILES][32];
	uint64_t seed = rounds_seed();
	size_t i, k, n;

	for (round = 0; round < rounds; round++) {
		bool taken[FILES] = { false };

		n = random_next(&seed, FILES) + 1;
		for (i = 0; i < n; i++) {
			snprintf(paths[i], sizeof(paths[i]), "%u/%s",
			    random_next(&seed, 4),
			    names[random_next(&seed, MEM_COUNT(names))]);
			v[i] = (struct reading_file){ .path = paths[i],
				.lines = random_next(&seed, 5),
				.first = random_next(&seed, 8) == 0,
				.test = random_next(&seed, 2) == 0 };
		}
		memcpy(again, v, sizeof(v));
		reading_order(v, n);
		reading_order(again, n);
		for (i = 0; i < n; i++) {
			assert_true(v[i].place < n && !taken[v[i].place]);
			taken[v[i].place] = true;
			assert_int_equal(v[i].place, again[i].place);
		}
		/* The next version: some are changed, and some are new. */
		for (i = 0; i < n; i++) {
			again[i].was = random_next(&seed, 4) == 0 ? 0 :
			    v[i].place + 1;
			again[i].lines = random_next(&seed, 5);
		}
		memcpy(v, again, sizeof(v));
		reading_order(again, n);
		for (i = 0; i < n; i++)
			for (k = 0; k < n; k++)
				if (v[i].was > 0 && v[i].was < v[k].was)
					assert_true(again[i].place <
					    again[k].place);
	}
}

#define MANY 100000

/* So many that anything but a sort would take minutes, all of one name. */
TEST(test_many)
{
	AUTO_FREE struct reading_file *v = xcalloc(MANY, sizeof(*v));
	AUTO_FREE char (*paths)[32] = xcalloc(MANY, sizeof(*paths));
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%zu/%s", i / 2, i % 2 ==
		    0 ? "a.c" : "test_a.c");
		v[i] = (struct reading_file){ .path = paths[i],
			.test = i % 2 == 1 };
	}
	reading_order(v, MANY);
	for (i = 0; i < MANY; i++)
		assert_int_equal(v[i].place, i);
}
