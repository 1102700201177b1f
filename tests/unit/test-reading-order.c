/* The order in which files are read (core/review/reading-order.h). */
#include "config.h"

#include "unit.h"

#include "base/buf.h"
#include "base/mem.h"
#include "core/review/reading-order.h"
#include "journal/event.h"
#include "rounds.h"

/* "?x" is a test, "!x" protected, "#x" one with a note, "<x" changed on disk,
 * "-x" weakens tests, "=x" has a line that doesn't count, "+x" adds something. */
static struct ev_proposed_file
file_of(const char *s)
{
	static struct ev_weaker counts = { .counts = true }, shown;
	struct ev_proposed_file f = { .path = s };

	for (; strchr("?!#<-=+", *f.path) != NULL; f.path++) {
		f.judges = f.judges || *f.path == '?';
		f.changed_on_disk = f.changed_on_disk || *f.path == '<';
		if (*f.path == '!')
			f.protected = "p";
		if (*f.path == '+')
			f.adds_len = 1;
		if (*f.path == '#')
			f.note = "n";
		if (*f.path == '-' || *f.path == '=') {
			f.weaker = *f.path == '-' ? &counts : &shown;
			f.weaker_len = 1;
		}
	}
	f.path_bytes = f.path;
	return f;
}

TEST(test_order)
{
	static const struct {
		const char	*is;
		const char	*list[12];
	} t[] = {
		{ "run.sh README.md a.c b.c go.sum", { "README.md", "a.c",
		    "b.c", "go.sum", "!run.sh", NULL } },
		{ "z.c a.c b.c", { "!a.c", "b.c", "+z.c", NULL } },
		{ "b.c d.c f.c h.c a.c c.c", { "a.c", "!b.c", "=c.c", "#d.c",
		    "<f.c", "-h.c", NULL } },
		{ "bar.go bar_test.go baz.ts baz.test.ts foo.c test_foo.c "
		  "qux.py tests/test-qux.py t/other.t",
		  { "bar.go", "?bar_test.go", "?baz.test.ts", "baz.ts",
		    "foo.c", "qux.py", "?t/other.t", "?test_foo.c",
		    "?tests/test-qux.py", NULL } },
		/* Of two with that name the one in the same folder. */
		{ "a/x.py tests/c/x_test.py b/x.py tests/b/test_x.py",
		  { "a/x.py", "b/x.py", "?tests/b/test_x.py",
		    "?tests/c/x_test.py", NULL } },
		/* Another language has another test. */
		{ "doc/x.md pkg/x.py tests/test_x.py", { "doc/x.md",
		    "pkg/x.py", "?tests/test_x.py", NULL } },
		{ "lib/a_b.rb spec/a_b_spec.rb src/main/java/p/Foo.java "
		  "src/test/java/p/FooIT.java src/test/java/p/FooTest.java",
		  { "lib/a_b.rb", "?spec/a_b_spec.rb",
		    "src/main/java/p/Foo.java", "?src/test/java/p/FooIT.java",
		    "?src/test/java/p/FooTest.java", NULL } },
		/* A test follows a file with a note; one with a note comes
		 * first if its file has none. */
		{ "tool.py test_tool.py a.c", { "a.c", "?test_tool.py",
		    "!tool.py", NULL } },
		{ "tool.py test_tool.py a.c", { "a.c", "?-test_tool.py",
		    "!tool.py", NULL } },
		{ "test_tool.py a.c tool.py", { "a.c", "?-test_tool.py",
		    "tool.py", NULL } },
		/* Its name alone is no mark: the test isn't cut to nothing. */
		{ "a.c test_", { "?test_", "a.c", NULL } },
	};
	struct ev_proposed_file v[12];
	size_t i, k, n;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct buf got = BUF_INIT(0);

		for (n = 0; t[i].list[n] != NULL; n++)
			v[n] = file_of(t[i].list[n]);
		reading_order(v, n, NULL);
		for (k = 0; k < n; k++)
			buf_addf(&got, "%s%s", k > 0 ? " " : "", v[k].path);
		if (strcmp(got.p, t[i].is) != 0)
			fail_msg("case %zu: %s, not %s", i, got.p, t[i].is);
		buf_release(&got);
	}
}

#define FILES 40

/* Files by chance: each is there once, and they have the same order however
 * they came. */
TEST(test_any)
{
	static const char *const names[] = { "a.c", "test_a.c", "b/a.c",
		"tests/b/a_test.c", "README", "go.sum", "src/x.py", "b.test.ts",
		"b.ts", "docs/b.md", "c", "tests/c.sh",
	};
	unsigned long long round, rounds = rounds_of(2000, 50000);
	struct ev_proposed_file v[FILES], again[FILES];
	char paths[FILES][32];
	uint64_t seed = rounds_seed();
	size_t i, k, n;

	for (round = 0; round < rounds; round++) {
		n = random_next(&seed, FILES) + 1;
		for (i = 0; i < n; i++) {
			snprintf(paths[i], sizeof(paths[i]), "%zu/%s", i,
			    names[random_next(&seed, MEM_COUNT(names))]);
			v[i] = (struct ev_proposed_file){ .path = paths[i],
				.path_bytes = paths[i],
				.note = random_next(&seed, 8) == 0 ? "n" : NULL,
				.judges = random_next(&seed, 2) == 0 };
		}
		for (i = 0; i < n; i++)
			again[i] = v[n - 1 - i];
		reading_order(v, n, NULL);
		reading_order(again, n, NULL);
		for (i = 0; i < n; i++) {
			assert_ptr_equal(v[i].path, again[i].path);
			for (k = 0; k < i; k++)
				assert_ptr_not_equal(v[i].path, v[k].path);
		}
	}
}

#define MANY 100000

/* So many that anything but a sort would take minutes, all of one name. */
TEST(test_many)
{
	AUTO_FREE struct ev_proposed_file *v = xcalloc(MANY, sizeof(*v));
	AUTO_FREE char (*paths)[32] = xcalloc(MANY, sizeof(*paths));
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%05zu/%s", i / 2, i % 2 ==
		    0 ? "a.c" : "test_a.c");
		v[i] = (struct ev_proposed_file){ .path = paths[i],
			.path_bytes = paths[i], .judges = i % 2 == 1 };
	}
	reading_order(v, MANY, NULL);
	for (i = 0; i < MANY; i++)
		assert_ptr_equal(v[i].path, paths[i]);
}
