/* The hosts that commands may reach, by the user's and the command line's words, and adding one to the user's file. */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "config/settings.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

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

SCRATCH_TEST(test_who_allows)
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

SCRATCH_TEST(test_wrong)
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

/* The user's file as it is, with what is saved beside it. */
static struct config *
saved_load(const char *dir)
{
	AUTO_FREE char *conf = fs_join(dir, "config.json");
	AUTO_FREE char *variable = xasprintf("ASSENT_CONFIG=%s", conf);
	const char *env[] = { variable, NULL };
	struct config_request r = { .mode = "interactive", .env = env };
	struct err e = ERR_INIT;
	struct config *c = config_load(&r, &e);

	if (c == NULL)
		fail_msg("%s", e.text);
	return c;
}

/* 0: it has a model; -1: the name is empty. */
static int
add_model(cJSON *saved, void *name, struct err *e)
{
	if (((char *)name)[0] == '\0')
		return err_set(e, "no name");
	if (json_get(saved, "model") != NULL)
		return 0;
	json_add_str(saved, "model", name);
	return 1;
}

static int
add_host(cJSON *saved, void *host, struct err *e)
{
	(void)e;
	cJSON_AddItemToArray(cJSON_AddArrayToObject(saved, "net_allow"),
	    cJSON_CreateString(host));
	return 1;
}

/* Saved settings join those that the user wrote, whose file stays as it is. */
SCRATCH_TEST(test_save)
{
	static const char mine[] = "{ // mine\n\t\"net_allow\": [\"b.org\"],\n}\n";
	struct err e = ERR_INIT;
	char host[] = "new.org", model[] = "a/b\"c", none[] = "";
	struct config *c;
	char *text;

	scratch_put(*state, "config.json", mine);
	c = saved_load(*state);
	assert_false(c->has_model);
	assert_int_equal(config_save(c, add_host, host, &e), 1);
	assert_int_equal(config_save(c, add_model, none, &e), -1);
	e = (struct err)ERR_INIT;
	assert_int_equal(config_save(c, add_model, model, &e), 1);
	assert_int_equal(config_save(c, add_model, host, &e), 0);
	config_free(c);
	assert_file(*state, "config.json", mine);
	assert_file(*state, "saved.json",
	    "{\n\t\"net_allow\":\t[\"new.org\"],\n"
	    "\t\"model\":\t\"a/b\\\"c\"\n}\n");
	c = saved_load(*state);
	text = hosts_of(c);
	assert_string_equal(text, "b.org (config), new.org (config)");
	assert_string_equal(json_str(c->values, "model"), "a/b\"c");
	free(text);
	config_free(c);
	/* The user's word counts first. */
	scratch_put(*state, "config.json", "{\"model\":\"x/y\"}");
	c = saved_load(*state);
	assert_string_equal(json_str(c->values, "model"), "x/y");
	assert_true(c->has_model);
	config_free(c);
	/* So do its encodings, of which later ones count. */
	scratch_put(*state, "config.json", "{\"encodings\":{\"*.a\":\"CP932\"}}");
	scratch_put(*state, "saved.json",
	    "{\"encodings\":{\"*.a\":\"KOI8-R\",\"*\":\"CP866\"}}");
	c = saved_load(*state);
	text = json_print(json_get(c->values, "encodings"));
	assert_string_equal(text, "{\"*\":\"CP866\",\"*.a\":\"CP932\"}");
	free(text);
	config_free(c);
	scratch_put(*state, "config.json", "{}");
	/* Nothing else is taken from it. */
	scratch_put(*state, "saved.json", "{\"approve\":\"yes\"}");
	text = load(*state, &(struct words){ .user = "{}" });
	assert_non_null(strstr(text, "saved.json: approve: put it in"));
	free(text);
}
