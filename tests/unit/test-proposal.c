/*
 * Proposals, decisions and patches: the text of a hunk, the result of a
 * decision, and whether `git apply` makes the same of the patch.
 */
#include "config.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "gate/patch.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "tests/messages.h"
#include "tests/unit/gate-tree.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

static struct policy *
policy_of(const struct tree *t)
{
	static const char *const own[] = { "secret-sauce/", NULL };
	struct policy_options o = { .root = t->root, .protected_globs = own };
	struct err e = ERR_INIT;
	struct policy *p = policy_new(&o, &e);

	if (p == NULL)
		fail_msg("%s", e.text);
	return p;
}

/* A scan that found these ops. */
struct found {
	struct stage_change	v[64];
	struct stage_scan	scan;
};

static void
found_add(struct found *f, struct apply_op op)
{
	struct stage_change *c = &f->v[f->scan.changes_len++];

	assert_true(f->scan.changes_len <= MEM_COUNT(f->v));
	memset(c, 0, sizeof(*c));
	c->path = op.path;
	c->before = op.before;
	c->after = op.after;
	f->scan.changes = f->v;
}

static void
found_release(struct found *f)
{
	size_t i;

	for (i = 0; i < f->scan.changes_len; i++)
		free(f->v[i].path);
	memset(f, 0, sizeof(*f));
}

static cJSON *
propose(struct tree *t, const struct found *f, const cJSON *reasons,
    const char *check)
{
	struct policy *p = policy_of(t);
	AUTO_EVENT struct event made = { 0 };
	struct err e = ERR_INIT;

	if (proposal_make(&made, &f->scan, p, t->store, HUNK_DIFF_MYERS, NULL,
	    reasons, NULL, check, &e) < 0)
		fail_msg("%s", e.text);
	policy_free(p);
	return event_write(EVENT_PROPOSAL, &made.proposal);
}

static const cJSON *
file_of(const cJSON *o, const char *path)
{
	const cJSON *f;

	cJSON_ArrayForEach(f, json_array(o, "files"))
		if (strcmp(json_str(f, "path"), path) == 0)
			return f;
	fail_msg("%s is not in the proposal", path);
	return NULL;
}

static const cJSON *
hunk_of(const cJSON *file, int i)
{
	return cJSON_GetArrayItem(json_array(file, "hunks"), i);
}

/* Mode bits that a write would drop are named before it. */
TREE_TEST(test_proposal_mode_bits)
{
	static const struct {
		const char *path;
		mode_t is;
		unsigned mode;
		const char *note;
	} cases[] = {
		{ "a", 04755, 0755, "loses its set-user-id bit" },
		{ "b", 06755, 0644, "loses its set-user-id bit" },
		{ "c", 02755, 0755, NULL },
		{ "d", 02644, 0755, "loses its set-group-id bit" },
		{ "e", 06644, 0755, "loses its set-user-id and set-group-id "
		    "bits" },
		{ "f", 04755, 0, NULL },	/* deleted */
	};
	struct tree *t = *state;
	struct found f = { .scan = { 0 } };
	cJSON *o;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		tree_put(t, cases[i].path, cases[i].is & 0777, "1\n");
		found_add(&f, tree_op(t, cases[i].path, cases[i].mode,
		    cases[i].mode == 0 ? NULL : "2\n"));
		f.scan.changes[i].is = cases[i].is;
	}
	o = propose(t, &f, NULL, NULL);
	for (i = 0; i < MEM_COUNT(cases); i++) {
		const char *note = json_str(file_of(o, cases[i].path), "note");

		if (cases[i].note == NULL ? note != NULL : note == NULL ||
		    strcmp(note, cases[i].note) != 0)
			fail_msg("%s: %s", cases[i].path, note);
	}
	cJSON_Delete(o);
	found_release(&f);
}

/* What each change is to the tests, and whether tests that exist may change. */
TREE_TEST(test_proposal_tests)
{
#define CODE	"fn a() {}\n"
#define TESTS	"#[cfg(test)]\nmod t {}\n"
#define SCRIPTS(test, lint) "{\"scripts\":{\"test\":\"" test "\",\"lint\":\"" \
	lint "\"}}"
#define OBJECTS(objects, run) \
	"OBJECTS = " objects "\ncheck: t\n\t" run "\nt: $(OBJECTS)\n"
#define RULES(check, lint, name) "all: x\n\tcc\n\ncheck: all\n\t" check "\n" \
	name ":\n\t" lint "\n"
	static const struct {
		const char *path, *before, *after, *check;
		int role;
		bool tests;
	} cases[] = {
		{ "src/a.c", "1\n", "2\n", "make check", TEST_CODE, false },
		{ "tests/old.c", "1\n", "2\n", "make check", TEST_TEST, true },
		{ "tests/gone.c", "1\n", NULL, "make check", TEST_TEST, true },
		{ "tests/new.c", NULL, "2\n", "make check", TEST_TEST, false },
		{ "Makefile", "1\n", "2\n", "make check", TEST_CHECK, true },
		{ "GNUmakefile", NULL, "2\n", "make", TEST_CHECK, true },
		{ "tests/conftest.py", NULL, "2\n", "x", TEST_CHECK, true },
		{ "t/conftest.py", "1\n", "2\n", "x", TEST_TEST, true },
		{ "pyproject.toml", "[project]\nv=1\n[tool.pytest]\na=1\n",
		    "[project]\nv=1\n[tool.pytest]\na=2\n", "make",
		    TEST_CHECK, true },
		{ "b/pyproject.toml", "[project]\nv=1\n[tool.pytest]\na=1\n",
		    "[project]\nv=2\n[tool.pytest]\na=1\n", "make",
		    TEST_CODE, false },
		{ "c/pyproject.toml", "[project]\nv=1\n[tool.pytest]\na=1\n",
		    "[project]\nv=1\n[project.x]\nv=2\n[tool.pytest]\na=1\n",
		    "pytest", TEST_CHECK, true },
		{ "d/pyproject.toml", "a='''x'''\n[project]\nv=1\n",
		    "a='''x'''\n[project]\nv=2\n", "pytest", TEST_CHECK,
		    true },
		{ "x/Makefile", "1\n", "2\n", "./run", TEST_CODE, false },
		{ "run", "1\n", "2\n", "sh ./run", TEST_CHECK, true },
		{ "package.json", "{\"scripts\":{\"test\":\"x\"}}",
		    "{\"v\":1,\"scripts\":{\"test\":\"x\"}}", "npm test",
		    TEST_CODE, false },
		{ "b/package.json", "{\"scripts\":{\"test\":\"x\"}}",
		    "{\"scripts\":{\"test\":\"true\"}}", "npm test",
		    TEST_CHECK, true },
		/* Only what the check names, and what that names, counts. */
		{ "c/package.json", SCRIPTS("x", "y"), SCRIPTS("x", "z"),
		    "npm test", TEST_CODE, false },
		{ "d/package.json", SCRIPTS("npm run lint", "y"),
		    SCRIPTS("npm run lint", "z"), "npm test", TEST_CHECK,
		    true },
		{ "e/package.json", SCRIPTS("x", "y"), SCRIPTS("x", "z"),
		    "npx jest", TEST_CHECK, true },
		{ "f/package.json", SCRIPTS("x", "y"), "{\"scripts\":{"
		    "\"test\":\"x\",\"lint\":\"y\",\"pretest\":\"rm tests/*\"}}",
		    "npm test", TEST_CHECK, true },
		{ "g/package.json", SCRIPTS("x", "y"), "{\"jest\":{\"testMatch\":"
		    "[]},\"scripts\":{\"test\":\"x\",\"lint\":\"y\"}}",
		    "npm test", TEST_CHECK, true },
		{ "h/package.json", SCRIPTS("x", "y"), "{", "npm test",
		    TEST_CHECK, true },
		{ "a/Makefile", RULES("run", "a", "lint"),
		    RULES("run", "b", "lint") "more:\n\tx\n", "make check",
		    TEST_CODE, false },
		{ "b/Makefile", RULES("run", "a", "lint"),
		    RULES("true", "a", "lint"), "make check", TEST_CHECK, true },
		{ "c/Makefile", RULES("$(MAKE) lint", "a", "lint"),
		    RULES("$(MAKE) lint", "b", "lint"), "make check",
		    TEST_CHECK, true },
		{ "d/Makefile", RULES("run", "a", "lint"),
		    "SHELL = true\n" RULES("run", "a", "lint"), "make check",
		    TEST_CHECK, true },
		{ "e/Makefile", RULES("run", "a", "lint"),
		    RULES("run", "a", "lint check"), "make check", TEST_CHECK,
		    true },
		{ "f/Makefile", RULES("run", "a", "lint"),
		    "new:\n\ttrue\n" RULES("run", "a", "lint"), "make",
		    TEST_CHECK, true },
		{ "g/Makefile", RULES("run", "a", "lint"),
		    "-include x.mk\n" RULES("run", "a", "lint"), "make check",
		    TEST_CHECK, true },
		{ "h/Makefile", ".PHONY: check\n" RULES("run", "a", "lint"),
		    ".PHONY: lint\n" RULES("run", "a", "lint"), "make check",
		    TEST_CHECK, true },
		{ "i/Makefile", ".PHONY: check\n" RULES("run", "a", "lint"),
		    ".PHONY: lint check\n# why\n\n" RULES("run", "b", "lint"),
		    "make check", TEST_CODE, false },
		{ "j/Makefile", RULES("run \\\n\tx", "a", "lint"),
		    RULES("run \\\n\ty", "a", "lint"), "make check",
		    TEST_CHECK, true },
		{ "l/Makefile", RULES("run", "a", "lint"),
		    RULES("run", "a", "lint") "include x:y\n", "make check",
		    TEST_CHECK, true },
		{ "m/Makefile", "define d\nx: 1\nendef\n" RULES("run", "a",
		    "lint"), "define d\nx: 2\nendef\n" RULES("run", "a",
		    "lint"), "make check", TEST_CHECK, true },
		{ "n/Makefile", ".RECIPEPREFIX = >\n" RULES("run", "a", "lint"),
		    ".RECIPEPREFIX = >\n" RULES("run", "b", "lint"),
		    "make check", TEST_CHECK, true },
		{ "i/package.json", SCRIPTS("x", "y"), "{\"scripts\":{\"test\":"
		    "\"x\",\"lint\":\"y\"},\"scripts\":{\"test\":\"true\"}}",
		    "npm test", TEST_CHECK, true },
		{ "k/Makefile", RULES("run", "a", "lint"),
		    "%.t: %.c\n\ttrue\n" RULES("run", "a", "lint"),
		    "make check", TEST_CHECK, true },
		{ "o/Makefile", OBJECTS("a.o b.o", "run"),
		    OBJECTS("a.o c.o \\\n\tb.o d.o", "run") "d.o: d.c a.h\n",
		    "make check", TEST_CODE, false },
		{ "p/Makefile", OBJECTS("a.o b.o", "run"), OBJECTS("a.o", "run"),
		    "make check", TEST_CHECK, true },
		{ "q/Makefile", OBJECTS("a.o b.o", "run"),
		    OBJECTS("x.o a.o b.o", "run"), "make check", TEST_CHECK, true },
		{ "r/Makefile", OBJECTS("a.o", "run x.c"),
		    OBJECTS("a.o", "run x.c y.c"), "make check", TEST_CHECK, true },
		{ "s/Makefile", OBJECTS("a.o", "run"),
		    OBJECTS("a.o d.o", "run") "d.o: d.c; true\n", "make check",
		    TEST_CHECK, true },
		{ "v/Makefile", OBJECTS("a.o", "run"), OBJECTS("a.o --help",
		    "run"), "make check", TEST_CHECK, true },
		/* What make takes from a name, and where a line is. */
		{ "w/Makefile", OBJECTS("a.o", "run"),
		    OBJECTS("a.o b.o;true;x.c", "run"),
		    "make check", TEST_CHECK, true },
		{ "w/a/Makefile", OBJECTS("a.o", "run"),
		    OBJECTS("a.o -ob.o", "run"),
		    "make check", TEST_CHECK, true },
		{ "w/b/Makefile", OBJECTS("a.o", "run"),
		    OBJECTS("a.o $(F).o", "run"),
		    "make check", TEST_CHECK, true },
		{ "w/c/Makefile", "O = a.o\ncheck: a.o\n\trun\n",
		    "O = a.o x.o\ncheck: a.o\nx.o: x.c\n\trun\n",
		    "make check", TEST_CHECK, true },
		{ "w/d/Makefile", "O = all\nall: a.o\n\trun\n",
		    "O = all\nx.o: x.c\nall: a.o\n\trun\n",
		    "make", TEST_CHECK, true },
		{ "w/e/Makefile", RULES("run", "a", "lint"),
		    "# x \\\\\nSHELL = true\n" RULES("run", "a", "lint"),
		    "make check", TEST_CHECK, true },
		{ "w/f/Makefile", "check:\n\trun\n",
		    "check:\n# x \\\r\n\trun\n",
		    "make check", TEST_CHECK, true },
		{ "w/g/Makefile", RULES("run", "a", "lint") "check: a\n",
		    RULES("run", "a", "lint") "check: a\n\t\n",
		    "make check", TEST_CHECK, true },
		{ "w/h/Makefile", RULES("run", "a", "lint"),
		    RULES("run", "a", "lint") ".PHONY: $(eval S=1)\n",
		    "make check", TEST_CHECK, true },
		{ "w/i/Makefile", "check: a\n\trun\n",
		    "check: a\n.PHONY: x\n\trun\n",
		    "make check", TEST_CHECK, true },
		{ "w/j/Makefile", RULES("run", "a", "lint"),
		    RULES("run", "a", "lint") "x: $(shell rm a)\n",
		    "make check", TEST_CHECK, true },
		{ "w/k/Makefile", RULES("run", "a", "lint"),
		    RULES("run", "a", "lint") "Makefile: x\n\trm a\n",
		    "make check", TEST_CHECK, true },
		{ "Makefile.sh", NULL, "2\n", "make check", TEST_CHECK, true },
		{ "w/Makefile.am", "x:\n\ty\ncheck-local:\n\trun\n",
		    "x:\n\ty\ncheck-local:\n\ttrue\n",
		    "make check", TEST_CHECK, true },
		{ "Makefile.am", "a_SOURCES = a.c\nTESTS = t\n",
		    "a_SOURCES = a.c b.c\nTESTS = t\n", "make check",
		    TEST_CODE, false },
		{ "u/Makefile.am", "a_SOURCES = a.c\nTESTS = t\n",
		    "a_SOURCES = a.c\nTESTS =\n", "make check", TEST_CHECK,
		    true },
		{ "a.rs", CODE TESTS, CODE CODE TESTS, NULL, TEST_CODE, false },
		{ "b.rs", CODE TESTS, CODE TESTS "\n", NULL, TEST_BOTH, true },
		{ "c.rs", CODE TESTS, CODE, NULL, TEST_BOTH, true },
		{ "d.rs", CODE, CODE TESTS, NULL, TEST_BOTH, false },
		{ "e.rs", CODE TESTS, NULL, NULL, TEST_BOTH, true },
		{ "f.c", CODE TESTS, CODE, NULL, TEST_CODE, false },
		{ "g.rs", CODE "#[test]\nfn b() { assert!(a()) }\n",
		    CODE "#[test]\nfn b() {}\n", NULL, TEST_BOTH, true },
	};
	struct tree *t = *state;
	struct policy *p = policy_of(t);
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct found f = { .scan = { 0 } };
		struct test_change change;
		cJSON *o;

		if (cases[i].before != NULL)
			tree_put(t, cases[i].path, 0644, cases[i].before);
		found_add(&f, tree_op(t, cases[i].path, 0100644,
		    cases[i].after));
		change = test_change(p, t->store, cases[i].check, &f.v[0]);
		o = propose(t, &f, NULL, cases[i].check);
		if ((int)change.role != cases[i].role || json_bool(file_of(o,
		    cases[i].path), "tests", false) != cases[i].tests)
			fail_msg("%s: %d %d", cases[i].path, (int)change.role,
			    change.existed);
		cJSON_Delete(o);
		found_release(&f);
	}
	policy_free(p);
#undef CODE
#undef TESTS
#undef SCRIPTS
#undef RULES
}

/* So is where a link leads that replaces what isn't text. */
TREE_TEST(test_proposal_link_target)
{
	struct tree *t = *state;
	struct found f = { .scan = { 0 } };
	struct apply_op op = tree_op(t, "a", 0120000, "b/c");
	cJSON *o;

	op.before = tree_side(t, 0100644, "\0png", 4);
	found_add(&f, op);
	o = propose(t, &f, NULL, NULL);
	assert_string_equal(json_str(file_of(o, "a"), "note"),
	    "a symbolic link to b/c");
	cJSON_Delete(o);
	found_release(&f);
}

/* A new name that is easily taken for another one of its folder says so. */
TREE_TEST(test_proposal_names_alike)
{
	static const struct { const char *path, *note; } want[] = {
		{ "INSTALL", "" },	/* edited */
		{ "\xd0\x86NSTALL", "name looks like INSTALL" },
		{ "a\xe2\x80\x8bpp.py", "name looks like app.py" },
		{ "\xd0\xb0pp.py", "name looks like app.py" },
		{ "ap\xd0\xbf.py", "" },
		{ "app.py ", "name ends in a space; name looks like app.py" },
		{ "Shot 1.01 AM.txt",
		    "name looks like Shot 1.01\xe2\x80\xaf" "AM.txt" },
		{ "don't", "name looks like don\xe2\x80\x99t" },
		{ "new file", "" },
		{ "b.c", "" }, { "b.\xe2\xa0\x80" "c", "name looks like b.c" },
		{ "b.c\xe2\x80\x8b", "name looks like b.c" },
		{ "caf\xc3\xa9", "name looks like cafe\xcc\x81" },
		{ "lib/\xd0\xb0pp.py", "" },
		{ "lib/ma\xc4\xb1n.c", "name looks like main.c" },
		{ "lib/x\xe2\x80\x90y", "name looks like x-y" },
		{ "l\xd1\x96" "b/new", "name looks like lib" },
		{ "new\xc2\xa0", "name ends in a space" },
		{ "old /new", "" },
		{ "\xd0\xb0/b/new", "" },
		/* Sorts after a shorter name. */
		{ "na\xc3\xafve-long-long-long-long.txt", "" },
		{ "\xff", "" },
	};
	struct tree *t = *state;
	struct found f = { .scan = { 0 } };
	cJSON *o;
	size_t i;

	tree_put(t, "INSTALL", 0644, "1\n");
	tree_put(t, "Shot 1.01\xe2\x80\xaf" "AM.txt", 0644, "1\n");
	tree_put(t, "don\xe2\x80\x99t", 0644, "1\n");
	tree_put(t, "app.py", 0644, "1\n");
	tree_put(t, "cafe\xcc\x81", 0644, "1\n");
	tree_put(t, "lib/main.c", 0644, "1\n");
	tree_put(t, "lib/x-y", 0644, "1\n");
	tree_put(t, "z", 0644, "1\n");
	tree_put(t, "old /old", 0644, "1\n");
	for (i = 0; i < MEM_COUNT(want); i++)
		found_add(&f, tree_op(t, want[i].path, 0644, "2\n"));
	o = propose(t, &f, NULL, NULL);
	for (i = 0; i < MEM_COUNT(want); i++) {
		const cJSON *file = cJSON_GetArrayItem(json_array(o, "files"),
		    (int)i);
		const char *note = json_str(file, "note");

		assert_string_equal(note == NULL ? "" : note, want[i].note);
	}
	cJSON_Delete(o);
	found_release(&f);
}

TREE_TEST(test_proposal_files)
{
	static const struct {
		const char *path, *status;
		bool binary;
		int hunks;
	} want[] = {
		{ "added", "added", false, 1 },
		{ "bin", "modified", true, 1 },
		{ "both", "modified", false, 2 },
		{ "deleted", "deleted", false, 1 },
		{ "empty", "added", false, 1 },
		{ "link", "symlink", false, 1 },
		{ "mode", "mode", false, 1 },
		{ "modified", "modified", false, 1 },
		{ "new-link", "added", false, 1 },
		{ "type", "type", false, 1 },
	};
	struct tree *t = *state;
	struct found f = { .scan = { 0 } };
	struct apply_op bin = { .path = xstrdup("bin") };
	const cJSON *file;
	cJSON *o;
	size_t i;

	/* A front end tells "too large" from "binary" by the same limit. */
	assert_int_equal(FOLD_FILE_MAX, HUNK_MAX_BYTES);
	tree_put(t, "both", 0644, "1\n");
	tree_put(t, "deleted", 0644, "1\n");
	tree_put(t, "mode", 0644, "1\n");
	tree_put(t, "modified", 0644, "1\n");
	tree_put(t, "type", 0644, "1\n");
	tree_link(t, "link", "modified");
	bin.before = tree_side(t, 0644, "a\0b", 3);
	bin.after = tree_side(t, 0644, "a\0c", 3);
	found_add(&f, tree_op(t, "added", 0644, "new\n"));
	found_add(&f, bin);
	found_add(&f, tree_op(t, "both", 0755, "2\n"));
	found_add(&f, tree_op(t, "deleted", 0, NULL));
	found_add(&f, tree_op(t, "empty", 0644, ""));
	found_add(&f, tree_op(t, "link", 0120000, "mode"));
	found_add(&f, tree_op(t, "mode", 0755, "1\n"));
	found_add(&f, tree_op(t, "modified", 0644, "2\n"));
	found_add(&f, tree_op(t, "new-link", 0120000, "../../etc"));
	found_add(&f, tree_op(t, "type", 0120000, "modified"));
	o = propose(t, &f, NULL, NULL);
	assert_int_equal(cJSON_GetArraySize(json_array(o, "files")),
	    MEM_COUNT(want));
	for (i = 0; i < MEM_COUNT(want); i++) {
		file = file_of(o, want[i].path);
		if (strcmp(json_str(file, "status"), want[i].status) != 0 ||
		    json_bool(file, "binary", !want[i].binary) !=
		    want[i].binary || cJSON_GetArraySize(json_array(file,
		    "hunks")) != want[i].hunks)
			fail_msg("%s: %s", want[i].path,
			    json_str(file, "status"));
	}
	file = file_of(o, "added");
	assert_true(cJSON_IsNull(json_get(file, "before")));
	assert_int_equal(json_int(json_get(file, "after"), "mode", 0),
	    0100644);
	assert_int_equal(json_int(json_get(file, "after"), "size", 0), 4);
	assert_string_equal(json_str(hunk_of(file, 0), "text"), "+new\n");
	file = file_of(o, "both");	/* the bit first, on its own */
	assert_string_equal(json_str(hunk_of(file, 0), "text"), "");
	assert_int_equal(json_int(hunk_of(file, 0), "old_lines", -1), 0);
	assert_string_equal(json_str(hunk_of(file, 1), "text"), "-1\n+2\n");
	assert_non_null(json_str(file, "protected"));
	assert_string_equal(json_str(hunk_of(file_of(o, "link"), 0), "text"),
	    "-modified\n\\ No newline at end of file\n"
	    "+mode\n\\ No newline at end of file\n");
	/* A link that leads out is protected. */
	assert_non_null(json_str(file_of(o, "new-link"), "protected"));
	assert_null(json_str(file_of(o, "modified"), "protected"));
	assert_string_equal(json_str(hunk_of(file_of(o, "bin"), 0), "text"),
	    "");
	cJSON_Delete(o);
	found_release(&f);
}

TREE_TEST(test_proposal_words)
{
	struct tree *t = *state;
	struct found f = { .scan = { 0 } };
	struct stage_named refused = { (char *)"pipe\xff",
		(char *)"a pipe cannot be proposed" };
	char *ignored[30];
	cJSON *o, *reasons = cJSON_CreateObject();
	const cJSON *file;
	char *line;
	size_t i, n;

	json_set_take(reasons, "src/a.c", json_parse(
	    "[{\"text\":\"because\"}]", 20, JSON_NUL_REPLACE, NULL));
	found_add(&f, tree_op(t, "src/a.c", 0644, "1\n"));
	found_add(&f, tree_op(t, "secret-sauce/x", 0644, "1\n"));
	found_add(&f, tree_op(t, "bad\xffname", 0644, "\xff\n"));
	f.v[0].changed_on_disk = true;
	f.scan.refused = &refused;
	f.scan.refused_len = 1;
	for (i = 0; i < MEM_COUNT(ignored); i++)
		ignored[i] = xasprintf("build/%zu.o", i);
	f.scan.ignored = ignored;
	f.scan.ignored_len = f.scan.ignored_all = MEM_COUNT(ignored);
	o = propose(t, &f, reasons, NULL);
	file = file_of(o, "src/a.c");
	assert_string_equal(json_str(file, "reason"), "because");
	assert_true(json_bool(file, "changed_on_disk", false));
	assert_true(json_bool(hunk_of(file, 0), "overwrites", false));
	file = file_of(o, "secret-sauce/x");
	assert_non_null(json_str(file, "protected"));
	assert_null(json_str(file, "reason"));
	assert_null(json_str(file, "note"));
	file = file_of(o, "bad\\xffname");
	assert_string_equal(json_str(file, "path_b64"), "YmFk/25hbWU=");
	assert_null(json_str(hunk_of(file, 0), "text"));
	line = json_get_bytes(hunk_of(file, 0), "text", &n);
	assert_int_equal(n, 3);
	assert_memory_equal(line, "+\xff\n", 3);
	free(line);
	file = cJSON_GetArrayItem(json_array(o, "refused"), 0);
	assert_string_equal(json_str(file, "path"), "pipe\\xff");
	assert_non_null(json_str(file, "path_b64"));
	assert_non_null(json_str(file, "why"));
	assert_int_equal(json_int(o, "ignored", 0), 30);
	assert_int_equal(cJSON_GetArraySize(json_array(o, "ignored_some")),
	    20);
	for (i = 0; i < MEM_COUNT(ignored); i++)
		free(ignored[i]);
	cJSON_Delete(o);
	cJSON_Delete(reasons);
	found_release(&f);
}

/* Each of the model's reasons goes to its hunk, found by the text that an edit
 * replaced or added; one without a place goes to the file, and one whose text
 * is gone is left out. */
TREE_TEST(test_proposal_reasons)
{
	static const char words[] = "{\"f\":["
	    "{\"text\":\"third\",\"old\":\"3\\n\",\"new\":\"three\\n\"},"
	    "{\"text\":\"again\",\"old\":\"xiii\",\"new\":\"XIII\"},"
	    "{\"text\":\"both\",\"old\":\"z\",\"new\":\"e\\n4\\n\","
	    "\"all\":false},{\"text\":\"again\",\"old\":\"13\\n14\\n\","
	    "\"new\":\"xiii\\n14\\n\"},"
	    "{\"text\":\"taken back\",\"old\":\"18\\n\",\"new\":\"q\"},"
	    "{\"text\":\"lost.\",\"old\":\"gone\",\"new\":\"too\"},"
	    "{\"text\":\"all of it\"}]}";
	struct tree *t = *state;
	struct found f = { .scan = { 0 } };
	struct buf old = BUF_INIT(0), new = BUF_INIT(0);
	struct err e = ERR_INIT;
	cJSON *reasons = json_parse(words, sizeof(words) - 1,
	    JSON_NUL_REPLACE, &e), *o;
	const cJSON *file;
	int i;

	assert_non_null(reasons);
	for (i = 1; i <= 20; i++) {
		buf_addf(&old, "%d\n", i);
		if (i == 3)
			buf_adds(&new, "three\n");
		else if (i == 13)
			buf_adds(&new, "XIII\n");
		else
			buf_addf(&new, "%d\n", i);
	}
	tree_put(t, "f", 0644, buf_str(&old));
	found_add(&f, tree_op(t, "f", 0644, buf_str(&new)));
	o = propose(t, &f, reasons, NULL);
	file = file_of(o, "f");
	assert_string_equal(json_str(file, "reason"), "lost. all of it");
	assert_string_equal(json_str(hunk_of(file, 0), "reason"),
	    "third; both");
	assert_string_equal(json_str(hunk_of(file, 1), "reason"), "again");
	cJSON_Delete(o);
	cJSON_Delete(reasons);
	buf_release(&old);
	buf_release(&new);
	found_release(&f);
}

TREE_TEST(test_proposal_judges)
{
	static const struct {
		const char *check, *path;
		bool judges;
	} rows[] = {
		{ NULL, "src/a.c", false },
		{ NULL, "tests/a.c", true },
		{ "make check", "src/a.c", false },
		{ "make check", "Makefile", true },
		{ "make check", "sub/rules.mk", true },
		{ "/usr/bin/make check", "Makefile", true },
		{ "cd app && npm test", "app/package.json", true },
		{ "npm test", "Makefile", false },
		{ "./run.sh --all", "run.sh", true },
		{ "sh -c 'tools/verify.py x'", "tools/verify.py", true },
		{ "cd sub; ./go", "sub/go", true },
		{ "./go", "sub/cargo", false },
		{ "python3 verify.py", "setup.py", true },
		{ "true", "true.c", false },
	};
	struct tree *t = *state;
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		struct found f = { .scan = { 0 } };
		cJSON *o;

		found_add(&f, tree_op(t, rows[i].path, 0644, "1\n"));
		o = propose(t, &f, NULL, rows[i].check);
		if (json_bool(file_of(o, rows[i].path), "judges", false) !=
		    rows[i].judges)
			fail_msg("%s: %s", rows[i].check == NULL ? "-" :
			    rows[i].check, rows[i].path);
		cJSON_Delete(o);
		found_release(&f);
	}
}

/* ---- decisions ---- */

TREE_TEST(test_compose_refuses)
{
	static const char *const foreign[] = { "0123456789abcdef" };
	struct tree *t = *state;
	struct apply_op op;
	struct gate_choice c;
	struct hunk_list l;
	struct stage_side w, r;
	struct err e = ERR_INIT;
	const char *id[1];

	tree_put(t, "f", 0644, "1\n");
	op = tree_op(t, "f", 0644, "2\n");
	c = (struct gate_choice){ .path = "f", .before = op.before,
		.after = op.after, .yes = foreign, .yes_len = 1 };
	assert_int_equal(gate_compose(t->store, &c, &w, &r, &e), -1);
	assert_non_null(strstr(e.text, MSG_NOT_PART_OF_THE_CHANGE));
	e = (struct err)ERR_INIT;
	assert_int_equal(gate_hunks(&l, t->store, "f", &op.before,
	    &op.after, NULL, NULL, &e), 0);
	id[0] = l.v[0].id;
	c.yes = c.no = id;
	c.no_len = 1;
	assert_int_equal(gate_compose(t->store, &c, &w, &r, &e), -1);
	hunk_list_release(&l);
	apply_ops_release(&op, 1);
}

/* ---- encodings ---- */

static const struct encoded {
	const char	*name;		/* as declared */
	const char	*was, *is, *typed;	/* one line's text */
	const char	*lacks;		/* a character it doesn't have */
} encoded[] = {
	{ "SHIFT_JIS", "表示ソース", "能力", "十表", "①" },
	{ "EUC-JP", "日本語", "表示", "能力", "한" },
	{ "GBK", "中文測試", "测试", "編碼", "é́" },
	{ "GB18030", "中文", "é😀", "測試", NULL },
	{ "BIG5", "中文測試", "功能", "許功蓋", "é" },
	{ "EUC-KR", "한국어", "시험", "글자", "똠" },
	{ "KOI8-R", "Привет", "мир", "ёж", "é" },
	{ "WINDOWS-1251", "Привет №1", "мир", "ёж", "é" },
	{ "LATIN1", "café", "Größe", "naïve", "€" },
	{ "UTF-16", "\xef\xbb\xbfпривет", "\xef\xbb\xbfmир 😀", "\xef\xbb\xbfé",
	    NULL },
	{ "UTF-16BE", "привет", "日本", "é", NULL },
	{ "UTF-32LE", "привет", "日本", "é", NULL },
};

/* A content with this text in its first line, and this in its last. */
static void
encoded_text(struct buf *b, const char *first, const char *last)
{
	int i;

	buf_clear(b);
	buf_addf(b, "%s\r\n", first);
	for (i = 2; i < 20; i++)
		buf_addf(b, "line %d\r\n", i);
	buf_addf(b, "%s", last);	/* no newline at its end */
}

static struct stage_side
encoded_side(struct tree *t, const struct encoding *c, const struct buf *text)
{
	struct buf bytes = BUF_INIT(0);
	struct err e = ERR_INIT;
	struct stage_side s;

	if (encoding_encode(c, buf_str(text), text->len, &bytes, &e) < 0)
		fail_msg("%s", e.text);
	s = tree_side(t, 0100644, buf_str(&bytes), bytes.len);
	buf_release(&bytes);
	return s;
}

/* The hunks of a declared encoding are those of its text; accepted lines, also
 * those a person typed, are written in it, and all other bytes stay. */
static void
encoded_check(struct tree *t, const struct encoded *x)
{
	struct encoding c = { .name = "" };
	struct hunk_list l, plain;
	struct stage_side before, after, w, r, want, one, two;
	struct buf old = BUF_INIT(0), new = BUF_INIT(0), made = BUF_INIT(0);
	struct buf typed = BUF_INIT(0);
	cJSON *user = cJSON_CreateObject();
	struct encodings *declared;
	struct gate_split split = { 0 };
	struct gate_choice choice = { .path = "f" };
	struct gate_edit edit = { 0 };
	struct err e = ERR_INIT;
	const char *id[1];
	size_t i;

	print_message("# %s\n", x->name);
	json_set_take(user, "*", cJSON_CreateString(x->name));
	split.declared = declared = encodings_new(t->root_fd, user);
	encoded_text(&old, x->was, x->was);
	encoded_text(&new, x->is, x->is);
	snprintf(c.name, sizeof(c.name), "%s", strcmp(x->name, "UTF-16") == 0 ?
	    "UTF-16LE" : strcmp(x->name, "LATIN1") == 0 ? "ISO-8859-1" :
	    x->name);
	before = encoded_side(t, &c, &old);
	after = encoded_side(t, &c, &new);
	one = tree_side(t, 0100644, buf_str(&old), old.len);
	two = tree_side(t, 0100644, buf_str(&new), new.len);
	assert_int_equal(gate_hunks(&l, t->store, "f", &before, &after, &split,
	    NULL, &e), 0);
	assert_int_equal(gate_hunks(&plain, t->store, "f", &one, &two, NULL,
	    NULL, &e), 0);
	assert_string_equal(l.encoding.name, c.name);
	assert_int_equal(l.len, 2);
	assert_int_equal(plain.len, 2);
	for (i = 0; i < 2; i++) {
		assert_string_equal(l.v[i].text, plain.v[i].text);
		assert_int_equal(l.v[i].old_off, plain.v[i].old_off);
		/* No mark of the one counts for the other. */
		assert_string_not_equal(l.v[i].id, plain.v[i].id);
	}
	/* From here on as it was shown, whatever is declared by now. */
	choice.split.encoding = l.encoding.name;
	choice.before = before;
	choice.after = after;
	id[0] = l.v[1].id;
	choice.yes = id;
	choice.yes_len = 1;
	if (gate_compose(t->store, &choice, &w, &r, &e) < 0)
		fail_msg("%s", e.text);
	encoded_text(&made, x->was, x->is);
	want = encoded_side(t, &c, &made);
	assert_string_equal(w.hash, want.hash);
	assert_int_equal(w.size, want.size);
	assert_string_equal(r.hash, after.hash);

	buf_addf(&typed, "-%s\r\n+%s\r\n line 2\r\n line 3\r\n line 4\r\n",
	    x->was, x->typed);
	edit = (struct gate_edit){ l.v[0].id, buf_str(&typed), typed.len };
	choice.edits = &edit;
	choice.edits_len = 1;
	choice.yes_len = 0;
	if (gate_compose(t->store, &choice, &w, &r, &e) < 0)
		fail_msg("%s", e.text);
	encoded_text(&made, x->typed, x->was);
	want = encoded_side(t, &c, &made);
	assert_string_equal(w.hash, want.hash);
	encoded_text(&made, x->typed, x->is);
	want = encoded_side(t, &c, &made);
	assert_string_equal(r.hash, want.hash);

	if (x->lacks != NULL) {
		buf_clear(&typed);
		buf_addf(&typed, "-%s\r\n+%s\r\n line 2\r\n line 3\r\n"
		    " line 4\r\n", x->was, x->lacks);
		edit.text = buf_str(&typed);
		edit.len = typed.len;
		assert_int_equal(gate_compose(t->store, &choice, &w, &r, &e),
		    -1);
		assert_non_null(strstr(e.text, c.name));
		assert_int_equal(strncmp(e.text, "f: line 1, ", 11), 0);
	}
	hunk_list_release(&l);
	hunk_list_release(&plain);
	buf_release(&old);
	buf_release(&new);
	buf_release(&made);
	buf_release(&typed);
	encodings_free(declared);
	cJSON_Delete(user);
}

TREE_TEST(test_encodings)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(encoded); i++)
		encoded_check(*state, &encoded[i]);
}

/* The reason why a file isn't converted is named; a link's target isn't
 * text. */
TREE_TEST(test_not_converted)
{
	struct tree *t = *state;
	struct stage_side before, after;
	struct hunk_list l;
	struct err e = ERR_INIT;
	cJSON *user = cJSON_CreateObject();
	struct gate_split split = { 0 };
	struct encodings *declared;

	json_set_take(user, "*", cJSON_CreateString("SHIFT_JIS"));
	split.declared = declared = encodings_new(t->root_fd, user);
	before = tree_side(t, 0100644, "\x95\\\nx\n", 5);
	after = tree_side(t, 0100644, "\x95\\\n\xff\n", 5);
	assert_int_equal(gate_hunks(&l, t->store, "f", &before, &after, &split,
	    NULL, &e), 0);
	assert_string_equal(l.encoding.name, "");
	assert_string_equal(l.unconverted.text, "declared as SHIFT_JIS (user "
	    "settings), but not converted: line 2: byte 0xFF (3 bytes into "
	    "the file) begins no character of SHIFT_JIS");
	hunk_list_release(&l);
	after = tree_side(t, 0120000, "\x95\\", 2);
	assert_int_equal(gate_hunks(&l, t->store, "f", &before, &after, &split,
	    NULL, &e), 0);
	assert_string_equal(l.encoding.name, "");
	assert_non_null(memmem(l.v[0].text, l.v[0].len, "+\x95\\", 3));
	hunk_list_release(&l);
	after = tree_side(t, 0100644, "\xff\0", 2);
	assert_int_equal(gate_hunks(&l, t->store, "f", &before, &after, &split,
	    NULL, &e), 0);
	assert_string_equal(l.unconverted.text, "");
	hunk_list_release(&l);
	before = tree_side(t, 0100644, "\xff\xfe" "a\0", 4);
	after = tree_side(t, 0100644, "\xff\xfe" "a\0b", 5);
	assert_int_equal(gate_hunks(&l, t->store, "f", &before, &after, &split,
	    NULL, &e), 0);
	assert_string_equal(l.unconverted.text, "declared as UTF-16LE (byte "
	    "order mark), but not converted: line 1: byte 0x62 (4 bytes into "
	    "the file) begins no character of UTF-16LE");
	hunk_list_release(&l);
	encodings_free(declared);
	cJSON_Delete(user);
}

/* A new file, as it would be proposed. */
static void
bytes_check(struct tree *t, const char *name, const char *path, unsigned mode,
    const char *is, size_t n, const char *shown, bool misread,
    const char *note)
{
	struct policy *p = policy_of(t);
	cJSON *user = cJSON_CreateObject();
	struct gate_split split = { .policy = p };
	struct stage_side before = { 0 }, after = tree_side(t, mode, is, n);
	struct hunk_list l;
	struct err e = ERR_INIT;

	print_message("# %s %s\n", path, note);
	json_set_take(user, "*", cJSON_CreateString(name));
	split.declared = encodings_new(t->root_fd, user);
	assert_int_equal(gate_hunks(&l, t->store, path, &before, &after,
	    &split, NULL, &e), 0);
	if (shown == NULL)
		assert_string_equal(l.encoding.name, "");
	else
		assert_non_null(memmem(l.v[0].text, l.v[0].len, shown,
		    strlen(shown)));
	assert_int_equal(l.misread, misread);
	assert_string_equal(l.unconverted.text, note);
	hunk_list_release(&l);
	encodings_free((struct encodings *)split.declared);
	cJSON_Delete(user);
	policy_free(p);
}

/* UTF-16 with one aligned NUL can be a script: what runs here is shown as bytes,
 * and no rule accepts the rest. */
TREE_TEST(test_wide_scripts)
{
	static const char *const bytes[] = { "tool.sh", "a/Tool.SH.", "x.py",
		"Makefile", "sub/rules.mk", ".bashrc", "hooks/pre-commit",
		".github/workflows/x.yml", "lib/x.rb", "package.json" };
	static const char *const text[] = { "a.txt", "app.rc", "x.ps1",
		"x.bat", "tool" };
	static const char script[] = "\xff\xfe\nid -u >xy\nexit\n#\0c\0h\0";
	static const char bang[] = "#!/b/sh\nid #\0#!";
	static const char *const why = "declared as UTF-16LE (%s), but not "
	    "converted: what runs such a file reads bytes";
	struct tree *t = *state;
	char marked[200], declared[200];
	size_t i;

	snprintf(marked, sizeof(marked), why, "byte order mark");
	snprintf(declared, sizeof(declared), why, "user settings");
	for (i = 0; i < MEM_COUNT(bytes); i++)
		bytes_check(t, "UTF-8", bytes[i], 0100644, script,
		    sizeof(script) - 1, NULL, true, marked);
	for (i = 0; i < MEM_COUNT(text); i++)
		bytes_check(t, "UTF-8", text[i], 0100644, script,
		    sizeof(script) - 1, "椊⁤", true, "");
	bytes_check(t, "UTF-8", "tool", 0100755, script, sizeof(script) - 1,
	    NULL, true, marked);
	bytes_check(t, "UTF-8", "x.ps1", 0100755, script, sizeof(script) - 1,
	    "椊⁤", true, "");
	bytes_check(t, "UTF-16LE", "tool", 0100644, bang, sizeof(bang) - 1,
	    NULL, true, declared);
	bytes_check(t, "UTF-32LE", "a.txt", 0100644, "a\0\0\0\n\0\0\0", 8,
	    "+a\n", true, "");
	/* A picture isn't known to be no text. */
	bytes_check(t, "UTF-8", "a.sh", 0100644, "\x89PNG\0", 5, NULL, false,
	    "");
}

/* A second byte that acts as a backslash, a backtick or a | is named. */
TREE_TEST(test_second_bytes)
{
	static const struct {
		const char	*encoding, *path, *text, *says;
	} c[] = {
		{ "SHIFT_JIS", "a.c", "x\n  // 表\n  if (!ok)\n",
		  "line 2 ends in a backslash" },
		{ "SHIFT_JIS", "a.c", "// 表 \t\r\n", "line 1 ends in a "
		  "backslash" },
		{ "SHIFT_JIS", "a.txt", "表", "line 1 ends in a backslash" },
		{ "SHIFT_JIS", "a.c", "表示ソース ポ能力\nミ`|\n", NULL },
		{ "SHIFT_JIS", "a.c", "// \\\n// ミ \\\n", NULL },
		{ "SHIFT_JIS", "a.c", "f(\"表\");\nf('\\'');\n",
		  "line 1 has a backslash before a quote" },
		{ "SHIFT_JIS", "a.c", "f(\"表\\\"\");\n",
		  "line 1 has a backslash before a quote" },
		{ "CP932", "a.mk", "\t@echo ポ|x\n", "line 1 has a |" },
		{ "CP932", "a.py", "'ポ'\n", NULL },
		{ "SHIFT_JIS", "a.c", "// ソ x\n", NULL },
		{ "SHIFT_JIS", "a.sh", "echo ソ # x; rm y\n",
		  "line 1 has a backslash" },
		{ "SHIFT_JIS", "a.mk", "X := ソ# $(shell x)\n",
		  "line 1 has a backslash" },
		{ "SHIFT_JIS", "a.pl", "q(ソ); # )\n", "line 1 has a backslash" },
		{ "GBK", "a.js", "f(`乣`);\n", "line 1 has a backtick" },
		{ "GBK", "a.sh", "x\necho \"乣id -u >x乣\"\n",
		  "line 2 has a backtick" },
		{ "GBK", "a.sh", "echo `x` 中文 | y\n", NULL },
		{ "GBK", "a.c", "\"乣\"\n", NULL },
		{ "GB18030", "a.sh", "乣\n", "line 1 has a backtick" },
		{ "GB18030", "a.sh", "é😀中文\n", NULL },
		{ "BIG5", "a", "許功蓋中\n許功\n", "line 2 ends in a backslash" },
		{ "EUC-JP", "a.sh", "表示ソース\n", NULL },
		{ "BIG5", "a.h", "功\n功\n功\n功\n功\n功\n功\n功\n功\n功\n",
		  "line 1 ends in a backslash, line 2 ends in a backslash, "
		  "line 3 ends in a backslash, line 4 ends in a backslash, "
		  "line 5 ends in a backslash, line 6 ends in a backslash, "
		  "line 7 ends in a backslash, line 8 ends in a backslash and 2 "
		  "more" },
	};
	struct tree *t = *state;
	size_t i;

	for (i = 0; i < MEM_COUNT(c); i++) {
		struct encoding is = { .name = "" };
		struct buf b = BUF_INIT(0);
		struct err e = ERR_INIT;
		char note[600] = "";

		snprintf(is.name, sizeof(is.name), "%s", c[i].encoding);
		if (encoding_encode(&is, c[i].text, strlen(c[i].text), &b,
		    &e) < 0)
			fail_msg("%s", e.text);
		if (c[i].says != NULL)
			snprintf(note, sizeof(note), "%s for a program that "
			    "reads bytes", c[i].says);
		bytes_check(t, c[i].encoding, c[i].path, 0100644, b.p, b.len,
		    "+", c[i].says != NULL, note);
		buf_release(&b);
	}
}

/* A source says itself in which encoding it is read. */
TREE_TEST(test_cookies)
{
	static const struct {
		const char *path, *text, *says;
	} c[] = {
		{ "a.py", "# coding: utf-7\nx\n", "line 1 says that an "
		  "interpreter reads it as utf-7" },
		{ "a.py", "#!/usr/bin/python3\n# -*- coding: Shift_JIS -*-\n",
		  "line 2 says that an interpreter reads it as shift_jis" },
		{ "tool", "#!/usr/bin/ruby\n# encoding: unicode_escape\n",
		  "line 2 says that an interpreter reads it as "
		  "unicode_escape" },
		{ "a.py", "# -*- coding: utf-8-unix -*-\n", NULL },
		{ "a.py", "# coding: latin-1\n", NULL },
		{ "a.py", "# encodings; coding: shift_jis\n", "line 1 says that "
		  "an interpreter reads it as shift_jis" },
		{ "a.py", "\n\n# coding: utf-7\n", NULL },
		{ "a.py", "coding = 1\nencoding:\n", NULL },
		{ "a.txt", "# coding: utf-7\n", NULL },
	};
	struct tree *t = *state;
	size_t i;

	for (i = 0; i < MEM_COUNT(c); i++)
		bytes_check(t, "UTF-8", c[i].path, 0100644, c[i].text,
		    strlen(c[i].text), "+", c[i].says != NULL,
		    c[i].says == NULL ? "" : c[i].says);
}

/* An unchanged line beside a change acts, too; one that goes doesn't. */
TREE_TEST(test_second_bytes_beside)
{
	static const char was[] = "// \x95\\\n// x\n// \x95\\\n";
	static const char is[] = "// \x95\\\nf();\n";
	struct tree *t = *state;
	struct policy *p = policy_of(t);
	cJSON *user = cJSON_CreateObject(), *o;
	struct encodings *declared;
	struct found f = { .scan = { 0 } };
	AUTO_EVENT struct event made = { 0 };
	struct err e = ERR_INIT;
	const cJSON *file;

	json_set_take(user, "*", cJSON_CreateString("SHIFT_JIS"));
	declared = encodings_new(t->root_fd, user);
	tree_put(t, "a.c", 0644, was);
	found_add(&f, tree_op(t, "a.c", 0644, is));
	assert_int_equal(proposal_make(&made, &f.scan, p, t->store,
	    HUNK_DIFF_MYERS, declared, NULL, NULL, NULL, &e), 0);
	o = event_write(EVENT_PROPOSAL, &made.proposal);
	file = file_of(o, "a.c");
	assert_string_equal(json_str(file, "note"), "encoding SHIFT_JIS (user "
	    "settings); line 1 ends in a backslash for a program that reads "
	    "bytes");
	assert_true(json_bool(file, "misread", false));
	cJSON_Delete(o);
	found_release(&f);
	encodings_free(declared);
	cJSON_Delete(user);
	policy_free(p);
}

/* A command wrote UTF-8 into a file that isn't; converting all of it, or moving
 * such a line, isn't meant. */
TREE_TEST(test_two_encodings)
{
	static const char *const was = "caf\xe9\n\xc3\xa9\nx\n";
	static const struct {
		const char	*is;
		bool		 said;
	} c[] = {
		{ "caf\xe9\n\xc3\xa9\nna\xc3\xafve\n", true },
		{ "caf\xe9\n\xc3\xa9\nna\xefve\n", false },
		{ "caf\xe9\nx\n\xc3\xa9\n", false },
		{ "caf\xc3\xa9\n\xc3\xa9\nx\n", false },
	};
	struct tree *t = *state;
	struct stage_side before = tree_side(t, 0100644, was, strlen(was));
	struct hunk_list l;
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < MEM_COUNT(c); i++) {
		struct stage_side after = tree_side(t, 0100644, c[i].is,
		    strlen(c[i].is));

		assert_int_equal(gate_hunks(&l, t->store, "f", &before, &after,
		    NULL, NULL, &e), 0);
		assert_string_equal(l.unconverted.text, c[i].said ? "new lines "
		    "are UTF-8, but the file isn't: it would get two encodings"
		    : "");
		hunk_list_release(&l);
	}
}

/* UTF-16 with a mark is merged as text. */
TREE_TEST(test_merge_marked)
{
	static const char *const was[] = { "UTF-16LE", "UTF-16BE", "UTF-32LE" };
	struct tree *t = *state;
	struct stage_side v[4], made;
	struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	size_t i, k;

	for (i = 0; i < MEM_COUNT(was); i++) {
		struct encoding c = { .name = "" };

		snprintf(c.name, sizeof(c.name), "%s", was[i]);
		for (k = 0; k < 4; k++) {
			/* U+4E0A has a byte that is LF. */
			encoded_text(&b, (k & 1) != 0 ? "\ufeff上海" :
			    "\ufeff上", k > 1 ? "上下" : "下");
			v[k] = encoded_side(t, &c, &b);
		}
		assert_int_equal(stage_merge_sides(t->store, "f", &v[0], &v[1],
		    &v[2], false, &made, &e), 1);
		assert_string_equal(made.hash, v[3].hash);
		assert_int_equal(made.size, v[3].size);
	}
	/* Another encoding is another file. */
	v[1] = tree_side(t, 0100644, buf_str(&b), b.len);
	assert_int_equal(stage_merge_sides(t->store, "f", &v[0], &v[1], &v[2],
	    false, &made, &e), 0);
	buf_release(&b);
}

/* Encodings of the table, each once. */
static const char *const tables[] = {
	"BIG5", "BIG5-HKSCS", "CP437", "CP850", "CP852", "CP866", "CP932",
	"CP949", "EUC-JP", "EUC-JP-MS", "EUC-KR", "GB18030", "GB2312", "GBK",
	"ISO-8859-1", "ISO-8859-13", "ISO-8859-15", "ISO-8859-2", "ISO-8859-5",
	"ISO-8859-7", "ISO-8859-9", "KOI8-R", "KOI8-U", "SHIFT_JIS", "TIS-620",
	"UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE", "WINDOWS-1250",
	"WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254",
	"WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257",
};

/* Some that are ASCII in a part of their bytes, that combine with the one before
 * them, or that mappings differ about. */
static const char *const letters[] = {
	"a", "\\", "~", "|", "`", " ", "\t", "\r", "é", "ß", "½", "ÿ", "€", "…",
	"Ł", "ő", "ž", "Ä", "Ω", "ж", "ё", "є", "א", "שּ", "ؤ", "ك", "ก", "ำ", "、",
	"表", "ソ", "能", "①", "㈱", "～", "＼", "￥", "한", "똠", "中", "测", "啊",
	"丂", "上", "𠀀", "😀", "ﾊ", "Ÿ", "Ê̄", "\u0304", "¥", "‾", "\ue000",
	"\xc2\x85", "\u2028", "\u200f", "\ufeff", "Đ", "№", "─", "º",
};

struct any_lines {
	uint64_t	 seed;
	struct encoding	 c;
	const char	*letters[MEM_COUNT(letters)];	/* that it has */
	size_t		 len;
};

static void
any_line(struct any_lines *a, struct buf *b)
{
	size_t n = random_next(&a->seed, 5);

	while (n-- > 0)
		buf_adds(b, a->letters[random_next(&a->seed, a->len)]);
	buf_addc(b, '\n');
}

/* The bytes of these lines, each converted alone. -1: one can't be. */
static int
any_bytes(const struct any_lines *a, const struct buf *text, struct buf *bytes)
{
	const char *p = buf_str(text), *end = p + text->len, *nl, *next;

	buf_clear(bytes);
	for (; p < end; p = next) {
		nl = memchr(p, '\n', (size_t)(end - p));
		next = nl == NULL ? end : nl + 1;
		if (encoding_encode(&a->c, p, (size_t)(next - p), bytes,
		    NULL) < 0)
			return -1;
	}
	return 0;
}

/* Both contents of a change, with or without a mark and a last newline. */
static void
any_change(struct any_lines *a, struct buf *old, struct buf *new)
{
	size_t n = random_next(&a->seed, 14);
	uint32_t what;

	buf_clear(old);
	buf_clear(new);
	if (strncmp(a->c.name, "UTF-", 4) == 0 && random_next(&a->seed, 2)) {
		buf_adds(old, "\ufeff");
		buf_adds(new, "\ufeff");
	}
	while (n-- > 0) {
		size_t from = old->len;

		what = random_next(&a->seed, 8);
		if (what != 0)
			any_line(a, old);
		if (what > 2)
			buf_add(new, buf_str(old) + from, old->len - from);
		else if (what != 1)
			any_line(a, new);
	}
	for (what = 0; what < 2; what++) {
		struct buf *b = what == 0 ? old : new;

		if (b->len > 0 && b->p[b->len - 1] == '\n' &&
		    random_next(&a->seed, 2) == 0)
			buf_cut(b, b->len - 1);
	}
}

/* Accepting any hunks of it gives the bytes of the lines that accepting them in
 * the text gives: no byte outside changes, whatever the encoding. */
static void
any_lines_check(struct tree *t, struct any_lines *a, const struct buf *old,
    const struct buf *new)
{
	struct gate_choice bytes = { .path = "f" }, text = { .path = "f" };
	struct buf b = BUF_INIT(0), n = BUF_INIT(0), made = BUF_INIT(0);
	struct stage_side w, r, want[2];
	struct hunk_list l, plain;
	const char *yes[2][32], *no[2][32];
	struct err e = ERR_INIT;
	bool as_text;
	size_t i, k;

	if (any_bytes(a, old, &b) < 0 || any_bytes(a, new, &n) < 0 ||
	    (b.len == n.len && memcmp(buf_str(&b), buf_str(&n), b.len) == 0))
		goto out;
	bytes.before = tree_side(t, 0100644, buf_str(&b), b.len);
	bytes.after = tree_side(t, 0100644, buf_str(&n), n.len);
	bytes.split.encoding = a->c.name;
	text.before = tree_side(t, 0100644, buf_str(old), old->len);
	text.after = tree_side(t, 0100644, buf_str(new), new->len);
	assert_int_equal(gate_hunks(&l, t->store, "f", &bytes.before,
	    &bytes.after, &bytes.split, NULL, &e), 0);
	assert_int_equal(gate_hunks(&plain, t->store, "f", &text.before,
	    &text.after, NULL, NULL, &e), 0);
	/* UTF-16 without a NUL isn't taken as that. */
	as_text = l.encoding.name[0] != '\0' ||
	    strncmp(a->c.name, "UTF-", 4) != 0;
	if (as_text)
		assert_int_equal(l.len, plain.len);
	for (i = 0; i < l.len && as_text && i < 32; i++) {
		if (random_next(&a->seed, 2)) {
			yes[0][bytes.yes_len++] = l.v[i].id;
			yes[1][text.yes_len++] = plain.v[i].id;
		} else if (random_next(&a->seed, 2)) {
			no[0][bytes.no_len++] = l.v[i].id;
			no[1][text.no_len++] = plain.v[i].id;
		}
	}
	bytes.yes = yes[0];
	bytes.no = no[0];
	text.yes = yes[1];
	text.no = no[1];
	if (as_text && (gate_compose(t->store, &bytes, &w, &r,
	    &e) < 0 || gate_compose(t->store, &text, &want[0], &want[1], &e) < 0))
		fail_msg("%s", e.text);
	for (k = 0; k < 2 && as_text; k++) {
		buf_clear(&made);
		assert_int_equal(blob_get(t->store, want[k].hash, &made, &e),
		    0);
		assert_int_equal(any_bytes(a, &made, &b), 0);
		want[k] = tree_side(t, 0100644, buf_str(&b), b.len);
		assert_string_equal((k == 0 ? w : r).hash, want[k].hash);
		assert_int_equal((k == 0 ? w : r).size, want[k].size);
	}
	hunk_list_release(&l);
	hunk_list_release(&plain);
out:
	buf_release(&b);
	buf_release(&n);
	buf_release(&made);
}

TREE_TEST(test_any_lines)
{
	unsigned long long rounds = rounds_of(5, 200), round;
	struct buf old = BUF_INIT(0), new = BUF_INIT(0), b = BUF_INIT(0);
	struct any_lines a = { .seed = rounds_seed() };
	size_t i, k;

	for (i = 0; i < MEM_COUNT(tables); i++) {
		print_message("# %s\n", tables[i]);
		snprintf(a.c.name, sizeof(a.c.name), "%s", tables[i]);
		for (a.len = k = 0; k < MEM_COUNT(letters); k++)
			if (encoding_encode(&a.c, letters[k],
			    strlen(letters[k]), &b, NULL) == 0)
				a.letters[a.len++] = letters[k];
		for (round = 0; round < rounds; round++) {
			any_change(&a, &old, &new);
			any_lines_check(*state, &a, &old, &new);
		}
	}
	buf_release(&old);
	buf_release(&new);
	buf_release(&b);
}
