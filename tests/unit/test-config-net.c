/* The hosts that commands may reach, by the user's and the command line's words, and adding one to the user's file. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "tests/unit/scratch.h"

struct words {
	const char *label, *user, *project, *variable, *flag, *want;
	const char *mode;	/* NULL: exec */
};

/* As "entry (from), ...". */
static char *
hosts_of(const struct config *c)
{
	struct config_start s = { .mode = "exec", .cwd = "/p", .root = "/p",
		.state_dir = "/s", .home = "/h", .path = "/bin" };
	cJSON *o = config_start(c, NULL, &s);
	const cJSON *it;
	char *text = xstrdup("");

	cJSON_ArrayForEach(it, json_array(o, "net_allow"))
		FREE_SET(text, xasprintf("%s%s%s (%s)", text,
		    text[0] == '\0' ? "" : ", ", json_str(it, "entry"),
		    json_str(it, "from")));
	cJSON_Delete(o);
	return text;
}

/* The list, or the error; malloc'ed. */
static char *
load(const char *dir, const struct words *w)
{
	char *conf = fs_join(dir, "config.json");
	char *root = fs_join(dir, "project");
	char *env[4] = { xasprintf("HOME=%s", dir),
		xasprintf("ASSENT_CONFIG=%s", conf),
		xstrdup_null(w->variable), NULL };
	struct config_flag flag = { "net_allow", w->flag, "--net" };
	struct config_request r = { .mode = w->mode == NULL ? "exec" : w->mode,
		.root = root, .env = (const char *const *)env,
		.flags = &flag, .flags_len = w->flag != NULL };
	struct err e = ERR_INIT;
	struct config *c;
	char *text;
	size_t i;

	scratch_put(dir, "config.json", w->user == NULL ? "{}" : w->user);
	scratch_put(dir, "project/.assent/config.json",
	    w->project == NULL ? "{}" : w->project);
	c = config_load(&r, &e);
	text = c == NULL ? xstrdup(e.text) : hosts_of(c);
	config_free(c);
	for (i = 0; i < MEM_COUNT(env); i++)
		free(env[i]);
	free(conf);
	free(root);
	return text;
}

static void
test_who_allows(void **state)
{
	static const struct words cases[] = {
		{ .label = "nobody", .want = "" },
		{ .label = "the user",
		  .user = "{\"net_allow\":[\"A.org:443\",\"*.b.org.\"]}",
		  .want = "a.org:443 (config), *.b.org (config)" },
		{ .label = "a profile of hosts",
		  .user = "{\"net_allow\":[\"crates\"]}",
		  .want = "index.crates.io:443 (profile crates), "
		    "static.crates.io:443 (profile crates)" },
		{ .label = "both",
		  .user = "{\"net_allow\":[\"index.crates.io:443\","
		    "\"crates\"]}",
		  .want = "index.crates.io:443 (config), "
		    "static.crates.io:443 (profile crates)" },
		{ .label = "the flag", .flag = "a.org",
		  .user = "{\"net_allow\":[\"b.org\"]}",
		  .want = "b.org (config), a.org (--net)" },
		{ .label = "exec",
		  .user = "{\"net_allow\":[\"a.org\"],"
		    "\"exec\":{\"net_allow\":[\"b.org\"]}}",
		  .want = "b.org (config)" },
		{ .label = "not exec", .mode = "try",
		  .user = "{\"net_allow\":[\"a.org\"],"
		    "\"exec\":{\"net_allow\":[\"b.org\"]}}",
		  .want = "a.org (config)" },
		{ .label = "the variable",
		  .user = "{\"net_allow\":[\"a.org\"]}",
		  .variable = "ASSENT_NET_ALLOW=b.org,c.org:1",
		  .want = "b.org (config), c.org:1 (config)" },
		{ .label = "a variable's profile",
		  .variable = "ASSENT_NET_ALLOW=debian",
		  .want = "deb.debian.org (profile debian), "
		    "security.debian.org (profile debian)" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		char *text = load(*state, &cases[i]);

		if (strcmp(text, cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].label, text);
		free(text);
	}
}

static void
test_wrong(void **state)
{
	static const struct words cases[] = {
		{ .user = "{\"net_allow\":[\"a.org\",\"*.com\"]}",
		  .want = "config.json: net_allow: must have at least two "
		    "labels after \"*.\", such as *.example.org, not "
		    "\"*.com\"" },
		{ .user = "{\"net_allow\":\"a.org\"}",
		  .want = "net_allow: must be a list of strings" },
		{ .mode = "try",
		  .user = "{\"exec\":{\"net_allow\":[\"a.org:0\"]}}",
		  .want = "config.json: exec.net_allow: must have a port from "
		    "1 to 65535 after the colon, not \"a.org:0\"" },
		{ .user = "{\"net_allow\":[\"https://a.org\"]}",
		  .want = "config.json: net_allow: must be "
		    "HOST[:PORT], without a scheme, a user or a path, not "
		    "\"https://a.org\"" },
		{ .user = "{\"net_profiles\":[\"npm\"]}",
		  .want = "net_profiles: no longer a setting; use net_allow" },
		{ .project = "{\"net_allow\":[]}",
		  .want = "net_allow: a project can't set this" },
		{ .flag = "", .want = "--net must be HOST[:PORT], such as "
		    "registry.example.org, not \"\"" },
		{ .flag = ",", .want = "--net must be HOST[:PORT], such as" },
		{ .variable = "ASSENT_NET_ALLOW=a.org,*",
		  .want = "the variable ASSENT_NET_ALLOW must have at least" },
		{ .flag = "[::1]:80,::1",
		  .want = "--net must have an IPv6 address in brackets, such "
		    "as [::1]:8080, not \"::1\"" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		char *text = load(*state, &cases[i]);

		if (strstr(text, cases[i].want) == NULL)
			fail_msg("\"%s\" lacks \"%s\"", text, cases[i].want);
		free(text);
	}
}

static void
test_too_many(void **state)
{
	struct words w = { .flag = "a.org" };
	char *text, *list = xstrdup("\"h.org\"");
	int i;

	for (i = 0; i < 1000; i++)
		FREE_SET(list, xasprintf("%s,\"h%d.org\"", list, i));
	FREE_SET(list, xasprintf("{\"net_allow\":[%s]}", list));
	w.user = list;
	text = load(*state, &w);
	assert_non_null(strstr(text, "net_allow: must have at most 1000 "));
	free(text);
	free(list);
}

static void
test_save(void **state)
{
	static const struct {
		const char *label, *before, *after;
	} cases[] = {
		{ "no file", NULL, "{\n\t\"net_allow\": [\"new.org\"]\n}\n" },
		{ "empty object", "{}", "{\n\t\"net_allow\": [\"new.org\"]\n}" },
		{ "only a comment", "// mine\n{ // \"net_allow\": []\n}\n",
		  "// mine\n{\n\t\"net_allow\": [\"new.org\"]\n"
		    " // \"net_allow\": []\n}\n" },
		{ "one line", "{\"title\": \"off\"}\n",
		  "{\"title\": \"off\", \"net_allow\": [\"new.org\"]}\n" },
		{ "lines",
		  "{\n  \"title\": \"off\" // no noise, {really}\n"
		    "  /* net_allow? */\n}\n",
		  "{\n  \"title\": \"off\", // no noise, {really}\n"
		    "  /* net_allow? */\n  \"net_allow\": [\"new.org\"]\n}\n" },
		{ "a comment before the end",
		  "{\n\t\"title\": \"off\"\n\t/* the\n\tend */ }",
		  "{\n\t\"title\": \"off\",\n\t\"net_allow\": [\"new.org\"]\n"
		    "\t/* the\n\tend */ }" },
		{ "a list", "{\"net_allow\": [\"a.org\"], \"title\": \"off\"}",
		  "{\"net_allow\": [\"a.org\", \"new.org\"], "
		    "\"title\": \"off\"}" },
		{ "an empty list", "{ \"net_allow\" :\n[ /* none */ ] }",
		  "{ \"net_allow\" :\n[\"new.org\" /* none */ ] }" },
		{ "a list of lines",
		  "{\n\t\"net_allow\": [ // hosts\n"
		    "\t\t\"a.org\", // a\n\t\t\"b.org\" // b, or ]\n\t]\n}\n",
		  "{\n\t\"net_allow\": [ // hosts\n"
		    "\t\t\"a.org\", // a\n\t\t\"b.org\", // b, or ]\n"
		    "\t\t\"new.org\"\n\t]\n}\n" },
		{ "a comma after the last of a line",
		  "{\"net_allow\": [\"a.org\" ,], }\n",
		  "{\"net_allow\": [\"a.org\" , \"new.org\"], }\n" },
		{ "a comma after the last line",
		  "{\n\t\"net_allow\": [\n\t\t\"a.org\", // a, b\n\t],\n}\n",
		  "{\n\t\"net_allow\": [\n\t\t\"a.org\", // a, b\n"
		    "\t\t\"new.org\"\n\t],\n}\n" },
		{ "another's list",
		  "{\"exec\": {\"net_allow\": [\"a.org\"]},\n"
		    " \"keys\": {\"net_allow\": \"\\\"}\"},\n"
		    " \"net_allow\": [\"b.org\"]}",
		  "{\"exec\": {\"net_allow\": [\"a.org\"]},\n"
		    " \"keys\": {\"net_allow\": \"\\\"}\"},\n"
		    " \"net_allow\": [\"b.org\", \"new.org\"]}" },
		{ "there", "{\"net_allow\":[\"NEW.org.\"]}",
		  "{\"net_allow\":[\"NEW.org.\"]}" },
	};
	char *path = fs_join(*state, "conf/config.json");
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct err e = ERR_INIT;
		char *got;
		int again;

		if (cases[i].before != NULL)
			scratch_put(*state, "conf/config.json",
			    cases[i].before);
		/* Once is enough. */
		for (again = 0; again < 2; again++)
			if (config_save_net_allow(path, "New.org", &e) < 0)
				fail_msg("%s: %s", cases[i].label, e.text);
		got = scratch_get(*state, "conf/config.json");
		if (strcmp(got, cases[i].after) != 0)
			fail_msg("%s: %s", cases[i].label, got);
		free(got);
	}
	free(path);
}

/* What can't be changed safely stays as it is. */
static void
test_save_refused(void **state)
{
	static const struct {
		const char *text, *entry, *want;
	} cases[] = {
		{ "{\"net_allow\":[]}", "*.com", "must have at least two" },
		{ "{\"net_allow\":[\"*\"]}", "a.org",
		  "config.json: net_allow: must have at least" },
		{ "{\"net_allow\":\"x\"}", "a.org", "must be a list" },
		{ "{\"net_allow\":[1]}", "a.org", "must be HOST[:PORT]" },
		{ "{\"net\\u005fallow\":[\"b.org\"]}", "a.org", "by hand" },
		{ "{\"net_allow\":[", "a.org", "config.json: " },
		{ "[]", "a.org", "must be an object" },
		{ "", "a.org", "config.json: " },
	};
	char *path = fs_join(*state, "config.json");
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct err e = ERR_INIT;

		scratch_put(*state, "config.json", cases[i].text);
		if (config_save_net_allow(path, cases[i].entry, &e) == 0 ||
		    strstr(e.text, cases[i].want) == NULL)
			fail_msg("%s: \"%s\"", cases[i].text, e.text);
		assert_file(*state, "config.json", cases[i].text);
	}
	free(path);
}

/* The model is set once, and nothing else in the file changes. */
static void
test_save_model(void **state)
{
	AUTO_FREE char *path = fs_join(*state, "config.json");
	struct err e = ERR_INIT;

	scratch_put(*state, "config.json",
	    "{\n  // mine\n  \"plan\": \"skip\"  // so\n}\n");
	assert_int_equal(config_save_model(path, "a/b\"c", &e), 1);
	assert_file(*state, "config.json",
	    "{\n  // mine\n  \"plan\": \"skip\",  // so\n"
	    "  \"model\": \"a/b\\\"c\"\n}\n");
	assert_int_equal(config_save_model(path, "d/e", &e), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(config_save_model(path, "d/e", &e), 1);
	assert_file(*state, "config.json", "{\n\t\"model\": \"d/e\"\n}\n");
	scratch_put(*state, "config.json", "[]");
	assert_int_equal(config_save_model(path, "d/e", &e), -1);
	assert_file(*state, "config.json", "[]");
}

/* A link to the file stays one, and the file's mode stays. */
static void
test_save_link(void **state)
{
	char *path = fs_join(*state, "config.json");
	char *real = fs_join(*state, "dot/config.json");
	struct err e = ERR_INIT;
	struct stat st;

	scratch_put(*state, "dot/config.json", "{}");
	assert_int_equal(chmod(real, 0640), 0);
	assert_int_equal(symlink("dot/config.json", path), 0);
	assert_int_equal(config_save_net_allow(path, "a.org:443", &e), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat(real, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_file(*state, "dot/config.json",
	    "{\n\t\"net_allow\": [\"a.org:443\"]\n}");
	free(path);
	free(real);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, \
	scratch_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_allows),
		TEST(test_wrong),
		TEST(test_too_many),
		TEST(test_save),
		TEST(test_save_refused),
		TEST(test_save_model),
		TEST(test_save_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
