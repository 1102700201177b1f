/* The layers of the configuration, its errors, and which folder is the
 * project. */
#include "config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/config-int.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

struct place {		/* a scratch folder: user's file, project, home */
	char	 dir[64];
	char	*conf, *root, *home, *machine;
	char	*env[16];
	size_t	 env_len;
};

static void
put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
place_env(struct place *p, const char *name, const char *value)
{
	assert_true(p->env_len + 1 < MEM_COUNT(p->env));
	p->env[p->env_len++] = xasprintf("%s=%s", name, value);
	p->env[p->env_len] = NULL;
}

static void
place_make(struct place *p)
{
	struct err e = ERR_INIT;
	char *real, *dot;

	memset(p, 0, sizeof(*p));
	strncpy(p->dir, "/tmp/assent-test-config.XXXXXX", sizeof(p->dir) - 1);
	assert_non_null(mkdtemp(p->dir));
	real = realpath(p->dir, NULL);
	p->conf = fs_join(real, "config.json");
	p->root = fs_join(real, "project");
	p->home = fs_join(real, "home");
	p->machine = fs_join(real, "machine.json");
	dot = fs_join(p->root, ".assent");
	assert_int_equal(fs_mkdirs(dot, 0700, &e), 0);
	assert_int_equal(fs_mkdirs(p->home, 0700, &e), 0);
	free(dot);
	free(real);
	place_env(p, "HOME", p->home);
	place_env(p, "ASSENT_CONFIG", p->conf);
}

static void
place_release(struct place *p)
{
	struct err e = ERR_INIT;
	size_t i;

	assert_int_equal(fs_remove_tree(AT_FDCWD, p->dir, &e), 0);
	for (i = 0; i < p->env_len; i++)
		free(p->env[i]);
	free(p->conf);
	free(p->root);
	free(p->home);
	free(p->machine);
}

static void
place_project(struct place *p, const char *text)
{
	char *path = fs_join(p->root, ".assent/config.json");

	put(path, text, 0600);
	free(path);
}

static struct config *
place_load(struct place *p, const char *mode, const struct config_flag *flags,
    size_t n, struct err *e)
{
	struct config_request r = {
		.mode = mode, .root = p->root,
		.env = (const char *const *)p->env,
		.flags = flags, .flags_len = n, .machine = p->machine,
	};
	const char *src = getenv("srcdir");
	char *models = fs_join(src == NULL ? "." : src, "share/models.json");
	struct config *c;

	r.models = models;
	c = config_load(&r, e);
	free(models);
	return c;
}

TEST(test_bad_files)
{
	static const struct {
		const char *label, *user, *project, *want;
	} cases[] = {
		{ "unknown key, near", "{\"modle\":\"a/b\"}", NULL,
		    "config.json: modle: unknown setting; did you "
		    "mean \"model\"?" },
		{ "no longer a setting", "{\"order\":\"path\"}", NULL,
		    "config.json: order was removed; files come by path, "
		    "noted ones first" },
		{ "unknown in exec", "{\"exec\":{\"aprove\":\"ask\"}}", NULL,
		    "exec.aprove: unknown setting; did you mean "
		    "\"approve\"?" },
		{ "unknown in provider",
		    "{\"providers\":{\"m\":{\"formt\":\"gemini\"}}}", NULL,
		    "providers.m.formt: unknown setting; did you mean "
		    "\"format\"?" },
		{ "exec no object", "{\"exec\":1}", NULL,
		    MSG_EXEC_MUST_BE_AN_OBJECT },
		{ "part of a word", "{\"approve\":\"as\"}", NULL,
		    "approve: must be one of" },
		{ "type", "{\"max_turns\":\"30\"}", NULL,
		    "max_turns: must be a number" },
		{ "long", "{\"idle_timeout\":\"25h\"}", NULL,
		    "idle_timeout: must be from 1ms to 24h" },
		{ "no encoding", "{\"encodings\":{\"*.ini\":\"UTF-7\"}}", NULL,
		    "encodings: \"UTF-7\" gives ASCII bytes another meaning" },
		{ "a project's encodings", NULL, "{\"encodings\":{}}",
		    "encodings" },
		{ "no phase", "{\"phases\":{\"plna\":{}}}", NULL,
		    "phases: unknown phase \"plna\"; did you mean \"plan\"?" },
		{ "small", "{\"memory\":\"1M\"}", NULL,
		    "memory: must be from 16M to 16T" },
		{ "size", "{\"memory\":\"12X\"}", NULL,
		    "memory: must be a size such as 512M or 2G" },
		{ "share", "{\"cpu\":\"some\"}", NULL,
		    "cpu: must be a share of one core such as 25% or 150%, or "
		    "all, not \"some\"" },
		{ "list", "{\"protected\":\"*.x\"}", NULL,
		    "protected: must be a list of strings" },
		{ "syntax", "{\"test\":}", NULL,
		    "config.json: line 1, column 9: not valid JSON" },
		{ "not UTF-8", "{\n\"test\": \"\xff\"}", NULL,
		    "config.json: line 2, column 10: the JSON text is not" },
		{ "project: syntax", NULL, "{\n\t\"test\" \"x\"}",
		    "line 2, column 9: not valid JSON" },
		{ "provider without format",
		    "{\"providers\":{\"m\":{\"base_url\":\"http://x\"}}}", NULL,
		    "providers.m.format: missing" },
		{ "provider without url",
		    "{\"providers\":{\"m\":{\"format\":\"anthropic\"}}}", NULL,
		    "providers.m.base_url: missing" },
		{ "a header's value",
		    "{\"providers\":{\"m\":{\"format\":\"gemini\","
		    "\"base_url\":\"http://x\",\"headers\":{\"X-A\":1}}}}",
		    NULL, "providers.m.headers: must be an object of strings" },
		{ "a header that frames the request",
		    "{\"providers\":{\"m\":{\"format\":\"gemini\",\"base_url\":"
		    "\"http://x\",\"headers\":{\"Content-Length\":\"1\"}}}}",
		    NULL, "providers.m.headers: \"Content-Length\" can't" },
		{ "unknown dialect",
		    "{\"providers\":{\"m\":{\"format\":\"openai-chat\","
		    "\"base_url\":\"http://x\",\"dialect\":\"x\"}}}",
		    NULL,
		    "providers.m.dialect: must be " },
		{ "provider's name",
		    "{\"providers\":{\"a/b\":{\"format\":\"gemini\"}}}", NULL,
		    "providers: invalid name \"" },
		{ "MCP server without a program",
		    "{\"mcpServers\":{\"a\":{\"args\":[]}}}", NULL,
		    "mcpServers.a: must be an object with a command" },
		{ "MCP server's member",
		    "{\"mcpServers\":{\"a\":{\"comand\":\"x\","
		    "\"command\":\"x\"}}}", NULL,
		    "mcpServers.a.comand: unknown; did you mean \"command\"?" },
		{ "approve yes without exec", "{\"approve\":\"yes\"}", NULL,
		    "\"yes\" works only with exec and try: put it into "
		    "\"exec\"" },
		{ "project: model", NULL, "{\"model\":\"a/b\"}",
		    "model: a project can't set this" },
		{ "approve reviewer", "{\"approve\":\"reviewer\"}", NULL,
		    "reviewer is small now, with the setting \"reviewer\"" },
		{ "project: approve", NULL, "{\"approve\":\"later\"}",
		    "approve: a project can't set this" },
		{ "project: reviewer", NULL, "{\"reviewer\":\"off\"}",
		    "reviewer: a project can't set this" },
		{ "project: sandbox", NULL, "{\"sandbox\":\"container\"}",
		    "sandbox: a project can't set this" },
		{ "project: hosts", NULL, "{\"net_allow\":[]}",
		    "net_allow: a project can't set this" },
		{ "project: agents", NULL, "{\"agents\":{}}",
		    "agents: a project can't set this" },
		{ "project: registries", NULL, "{\"registries\":{}}",
		    "registries: a project can't set this" },
#define REGISTRY(more) "{\"registries\":{\"a\":{\"for\":\"npm\"," more "}}}"
#define REGISTRY_AT(url) REGISTRY("\"url\":\"" url "\"")
		{ "registry: http", REGISTRY_AT("http://h/"), NULL,
		    "registries.a.url: must be https://HOST/PATH/" },
		{ "registry: no path", REGISTRY_AT("https://h"), NULL,
		    "registries.a.url: must be https://HOST/PATH/" },
		{ "registry: no end", REGISTRY_AT("https://h/x"), NULL,
		    "registries.a.url: must be https://HOST/PATH/" },
		{ "registry: password", REGISTRY_AT("https://u:p@h/"), NULL,
		    "registries.a.url: must be https://HOST/PATH/" },
		{ "registry: no host", REGISTRY_AT("https:///x/"), NULL,
		    "registries.a.url: must be https://HOST/PATH/" },
		{ "registry: up", REGISTRY_AT("https://h/../x/"), NULL,
		    "registries.a.url: must be https://HOST/PATH/" },
		{ "registry: a quote", REGISTRY_AT("https://h/'/"), NULL,
		    "registries.a.url: must be https://HOST/PATH/" },
		{ "registry: url", REGISTRY("\"user\":\"a\""), NULL,
		    "registries.a.url: missing" },
		{ "registry: for", "{\"registries\":{\"a\":{\"for\":\"go\"}}}",
		    NULL, "registries.a.for: must be cargo, git, maven, npm" },
		{ "registry: a line more", REGISTRY("\"header\":"
		    "\"A: %s\\r\\nB: c\""), NULL,
		    "registries.a.header: must be \"NAME: %s\"" },
		{ "registry: a line before", REGISTRY("\"header\":"
		    "\"A: b\\r\\nC: %s\""), NULL,
		    "registries.a.header: must be \"NAME: %s\"" },
		{ "registry: both", REGISTRY("\"url\":\"https://h/\",\"user\":"
		    "\"u\",\"header\":\"A: %s\""), NULL,
		    "registries.a.header: not together with user" },
		{ "registry: user", REGISTRY("\"user\":\"a:b\""), NULL,
		    "registries.a.user: must be a name without" },
		{ "registry: mirror", REGISTRY("\"mirror_of\":\"<a>\""), NULL,
		    "registries.a.mirror_of: must be ids as in Maven's" },
		{ "registry: scope", REGISTRY("\"scope\":\"corp\""), NULL,
		    "registries.a.scope: must begin with @" },
		{ "registry: others", REGISTRY("\"others\":\"http://h/\""), NULL,
		    "registries.a.others: must be https://HOST/PATH/" },
		{ "registry: paths", REGISTRY("\"paths\":[\"x\"]"), NULL,
		    "registries.a.paths: must be a list of paths" },
		{ "registry: member", REGISTRY("\"zz\":\"x\""), NULL,
		    "registries.a.zz: unknown (see man assent-config)" },
		{ "registry: near", REGISTRY("\"api_key_fil\":\"x\""), NULL,
		    "api_key_fil: unknown; did you mean \"api_key_file\"?" },
		{ "registry: name", "{\"registries\":{\"a/b\":{}}}", NULL,
		    "registries: invalid name \"a/b\"" },
		{ "agent: path", "{\"agents\":{\"a\":{\"read\":[\"a/../b\"]}}}",
		    NULL, "agents.a.read: must be a path below your home" },
		{ "agent: host", "{\"agents\":{\"a\":{\"sign_in\":"
		    "{\"hosts\":[\"a b\"],\"file\":\"f\"}}}}", NULL,
		    "agents.a.sign_in.hosts: must be HOST[:PORT]" },
		{ "agent: key", "{\"agents\":{\"a\":{\"key\":{\"provider\":"
		    "\"p\"}}}}", NULL, "agents.a.key.header: missing" },
		{ "agent: header", "{\"agents\":{\"a\":{\"key\":{\"header\":"
		    "\"x-key %s\"}}}}", NULL,
		    "agents.a.key.header: must be \"NAME: %s\"" },
		{ "agent: member", "{\"agents\":{\"a\":{\"comand\":[]}}}",
		    NULL, "agents.a.comand: unknown (see man assent-config); "
		    "did you mean command" },
		{ "agent: program", "{\"agents\":{\"a\":{\"command\":[]}}}",
		    NULL, "agents.a.command: must name a program" },
		{ "agent: counts", "{\"agents\":{\"a\":{\"settings\":{\"f\":"
		    "[]}}}}", NULL, "agents.a.settings: must be an object of" },
		{ "agent: name", "{\"agents\":{\"A/\":{}}}", NULL,
		    "agents: invalid name \"A/\"" },
		{ "project: services", NULL, "{\"forward\":[]}",
		    "forward: a project can't set this" },
		{ "a service elsewhere", "{\"forward\":[\"10.0.0.1:5432\"]}",
		    NULL, "forward: must be 127.0.0.1:PORT, [::1]:PORT or "
		    "unix:/PATH, not \"10.0.0.1:5432\"" },
		{ "project: a limit", NULL, "{\"memory\":\"1G\"}",
		    "memory: a project can't set this" },
		{ "a setting that is gone", "{\"worktree_setup\":\"x\"}", NULL,
		    "worktree_setup was removed; use a hook of session_start" },
		{ "project: copies", NULL, "{\"worktree_copy\":[\"x\"]}",
		    "worktree_copy: a project can't set this" },
		{ "project: devices", NULL, "{\"devices\":[\"kvm\"]}",
		    "devices: a project can't set this" },
		{ "project: toolchains", NULL, "{\"toolchains\":[\"x\"]}",
		    "toolchains: a project can't set this" },
		{ "a tool that is gone", "{\"tools\":[\"read\",\"web_fetch\"]}",
		    NULL, "tools: web_fetch was removed; use bash (the model "
		    "gets web pages with curl)" },
		{ "a format that is gone", "{\"providers\":{\"x\":{"
		    "\"format\":\"replay\",\"dir\":\"/x\"}}}", NULL,
		    "providers.x.format: replay was removed; use assent exec "
		    "--answers SESSION" },
		{ "no such level", "{\"sandbox_require\":\"E\"}", NULL,
		    "sandbox_require: must be one of A|B|C|D|none, not \"E\"" },
		{ "project: secret taken back", NULL,
		    "{\"secret\":[\"a\",\"!b\"]}",
		    "secret: this file can't exclude a pattern" },
		{ "project: protected taken back", NULL,
		    "{\"protected\":[\"!*\"]}",
		    "protected: this file can't exclude a pattern" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct err e = ERR_INIT;
		struct place p;
		struct config *c;

		place_make(&p);
		put(p.conf, cases[i].user == NULL ? "{}" : cases[i].user, 0600);
		if (cases[i].project != NULL)
			place_project(&p, cases[i].project);
		c = place_load(&p, "interactive", NULL, 0, &e);
		if (c != NULL || strstr(e.text, cases[i].want) == NULL)
			fail_msg("%s: \"%s\" lacks \"%s\"", cases[i].label,
			    e.text, cases[i].want);
		config_free(c);
		place_release(&p);
	}
}

/* A project may ask for a stronger sandbox, never for a weaker one. */
TEST(test_require)
{
	static const struct {
		const char *label, *user, *project, *flag, *want;
	} cases[] = {
		{ "nobody", NULL, NULL, NULL, "none" },
		{ "the user", "B", NULL, NULL, "B" },
		{ "a project", NULL, "D", NULL, "D" },
		{ "a project, more", "B", "A", NULL, "A" },
		{ "a project, less", "B", "none", NULL, "B" },
		{ "a project, the same", "B", "B", NULL, "B" },
		{ "the flag", "A", "A", "none", "none" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct config_flag flag = { "sandbox_require", cases[i].flag,
			"--sandbox-require" };
		struct err e = ERR_INIT;
		struct config *c;
		struct place p;
		char text[64];

		place_make(&p);
		snprintf(text, sizeof(text), "{\"sandbox_require\":\"%s\"}",
		    cases[i].user == NULL ? "none" : cases[i].user);
		put(p.conf, text, 0600);
		if (cases[i].project != NULL) {
			snprintf(text, sizeof(text),
			    "{\"sandbox_require\":\"%s\"}", cases[i].project);
			place_project(&p, text);
		}
		c = place_load(&p, "exec", &flag, cases[i].flag != NULL, &e);
		if (c == NULL || strcmp(json_str(c->values, "sandbox_require"),
		    cases[i].want) != 0)
			fail_msg("%s: %s %s", cases[i].label, c == NULL ? "" :
			    json_str(c->values, "sandbox_require"), e.text);
		config_free(c);
		place_release(&p);
	}
}

/* Nothing lifts what the machine's file says, and it can't be lost. */
TEST(test_machine)
{
	static const struct {
		const char *label, *text;
		mode_t mode;
		const char *want;
	} cases[] = {
		{ "narrows", "{\"sandbox_require\":\"B\",\"protected\":[\"p\"],"
		    "\"secret\":[\"s\"],\"approve\":\"small\","
		    "\"net_allow\":[\"a.org\"],\"agents\":[\"a\"]}", 0644,
		    NULL },
		{ "an agent's name", "{\"agents\":[7]}", 0644,
		    "machine.json: agents: must be a list of strings" },
		{ "excludes", "{\"secret\":[\"!s\"]}", 0644,
		    "machine.json: secret: this file can't exclude a pattern" },
		{ "sets", "{\"test\":\"make\"}", 0644, "machine.json: test: "
		    "this file can't set it; it can have agents," },
		{ "an agent", "{\"agents\":{\"a\":{\"env\":[]}}}", 0644,
		    "machine.json: agents.a.env: must be an object" },
		{ "a part", "{\"exec\":{}}", 0644,
		    "machine.json: exec: this file can't set it" },
		{ "unknown", "{\"secrt\":[]}", 0644, "machine.json: secrt: "
		    "unknown setting; did you mean \"secret\"?" },
		{ "broken", "{\"secret\":[", 0644, "machine.json: line 1" },
		{ "empty", "", 0644, "machine.json: the file is empty" },
		{ "anybody's", "{}", 0666, "other users can write to" },
		{ "a link", NULL, 0, "is a link that leads nowhere" },
	};
	static const struct config_flag flags[] = {
		{ "sandbox_require", "none", "--sandbox-require" },
		{ "secret", "!s", "--secret" },
		{ "approve", "yes", "--approve" },
		{ "net_allow", "b.org", "--net" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct err e = ERR_INIT;
		struct config *c;
		struct place p;

		place_make(&p);
		put(p.conf, "{}", 0600);
		place_project(&p, "{\"sandbox_require\":\"C\"}");
		if (cases[i].text == NULL)
			assert_int_equal(symlink("nowhere", p.machine), 0);
		else
			put(p.machine, cases[i].text, cases[i].mode);
		c = place_load(&p, "exec", flags, MEM_COUNT(flags), &e);
		if (cases[i].want != NULL ? c != NULL ||
		    strstr(e.text, cases[i].want) == NULL : c == NULL ||
		    strcmp(json_str(c->values, "sandbox_require"), "B") != 0 ||
		    strcmp(json_str(c->origins, "sandbox_require"),
		    p.machine) != 0 ||
		    strcmp(json_str(c->values, "approve"), "small") != 0 ||
		    cJSON_GetArraySize(json_get(c->values, "net_allow")) != 1 ||
		    json_array(c->machine, "secret") == NULL)
			fail_msg("%s: %s", cases[i].label, e.text);
		config_free(c);
		place_release(&p);
	}
}

#define AGENTS_WANT "{\"a\":{\"command\":[\"machine\"],\"args\":[]," \
	"\"hosts\":[\"three.example\"]},\"b\":{\"command\":[\"b\"]}," \
	"\"c\":{\"command\":[\"c\"]}}"

/* The machine's members of a row count more than ours, the user's most. */
TEST(test_agents)
{
	struct err e = ERR_INIT;
	struct place p;
	struct config *c;
	cJSON *rows, *built;
	char *path;

	place_make(&p);
	path = fs_join(p.dir, "agents.json");
	put(path, "{\"agents\":{\"a\":{\"command\":[\"ours\"],"
	    "\"hosts\":[\"one.example\"],\"terms\":\"t\",\"args\":[]},"
	    "\"b\":{\"command\":[\"b\"]}}}", 0600);
	put(p.machine, "{\"agents\":{\"a\":{\"command\":[\"machine\"],"
	    "\"hosts\":[\"two.example\"]}}}", 0600);
	put(p.conf, "{\"agents\":{\"a\":{\"hosts\":[\"three.example\"],"
	    "\"terms\":null},\"c\":{\"command\":[\"c\"]}}}", 0600);
	c = place_load(&p, "exec", NULL, 0, &e);
	assert_non_null(c);
	c->agents_path = xstrdup(path);
	rows = config_agents(c, &e);
	if (rows == NULL)
		fail_msg("%s", e.text);
	built = json_parse(AGENTS_WANT, strlen(AGENTS_WANT), JSON_NUL_REFUSE,
	    NULL);
	assert_true(cJSON_Compare(rows, built, true));
	cJSON_Delete(rows);
	cJSON_Delete(built);
	config_free(c);
	/* A list allows these alone. */
	put(p.machine, "{\"agents\":[\"b\"]}", 0600);
	c = place_load(&p, "exec", NULL, 0, &e);
	assert_non_null(c);
	c->agents_path = xstrdup(path);
	rows = config_agents(c, &e);
	assert_non_null(rows);
	assert_int_equal(cJSON_GetArraySize(rows), 1);
	assert_non_null(json_get(rows, "b"));
	cJSON_Delete(rows);
	config_free(c);
	put(p.machine, "{}", 0600);
	/* A new row needs a program. */
	put(p.conf, "{\"agents\":{\"d\":{\"hosts\":[]}}}", 0600);
	c = place_load(&p, "exec", NULL, 0, &e);
	assert_non_null(c);
	c->agents_path = path;
	assert_null(config_agents(c, &e));
	assert_non_null(strstr(e.text, "agents.d.command: missing"));
	config_free(c);
	place_release(&p);
}

TEST(test_layers)
{
	static const struct config_flag flags[] = {
		{ "max_turns", "77", "--max-turns" },
		{ "allow_protected", "*.lock", "--allow-protected" },
		{ "allow_protected", ".github/**", "--allow-protected" },
	};
	struct err e = ERR_INIT;
	struct config *c;
	struct place p;

	place_make(&p);
	put(p.conf, "// mine\n{\"test\": \"make check\", /* \"x\" */\n"
	    "\"text\":\"// stays /* too\",\n"
	    "\"max_turns\":20,\"timeout\":\"2m\",\"memory\":\"1G\","
	    "\"tools\":[\"read\",\"edit\",\"bash\"],\"plan\":\"require\","
	    "\"protected\":[\"a\"],\"exec\":{\"plan\":\"auto\","
	    "\"approve\":\"small\"}}", 0600);
	place_project(&p, "{\"test\":\"sh t.sh\",\"protected\":[\"b\"],"
	    "\"text\":\"theirs\"}");
	c = place_load(&p, "interactive", NULL, 0, &e);
	assert_string_equal(e.text, "");
	assert_string_equal(json_str(c->values, "test"), "sh t.sh");
	assert_string_equal(json_str(c->origins, "test"), c->project_file);
	assert_int_equal(json_int(c->values, "max_turns", 0), 20);
	assert_int_equal(json_int(c->values, "timeout", 0), 120000);
	assert_int_equal(json_int(c->values, "memory", 0), 1 << 30);
	assert_int_equal(cJSON_GetArraySize(json_array(c->values, "tools")), 3);
	assert_int_equal(cJSON_GetArraySize(json_array(c->values, "protected")), 2);
	assert_string_equal(json_str(c->values, "plan"), "require");
	assert_string_equal(json_str(c->values, "approve"), "ask");
	assert_string_equal(json_str(c->values, "text"), "// stays /* too");
	assert_string_equal(json_str(c->values, "sandbox_require"), "none");
	config_free(c);

	place_env(&p, "ASSENT_TEST", "true");
	place_env(&p, "ASSENT_MAX_TURNS", "66");
	c = place_load(&p, "exec", flags, MEM_COUNT(flags), &e);
	assert_string_equal(e.text, "");
	assert_string_equal(json_str(c->values, "test"), "true");
	assert_string_equal(json_str(c->origins, "test"), "ASSENT_TEST");
	assert_int_equal(json_int(c->values, "max_turns", 0), 77);
	assert_string_equal(json_str(c->origins, "max_turns"), "--max-turns");
	assert_string_equal(json_str(c->values, "plan"), "auto");
	assert_string_equal(json_str(c->values, "approve"), "small");
	assert_int_equal(cJSON_GetArraySize(
	    json_array(c->values, "allow_protected")), 2);
	config_free(c);

	place_env(&p, "ASSENT_PIDS", "many");
	assert_null(place_load(&p, "exec", NULL, 0, &e));
	assert_string_equal(e.text, "the variable ASSENT_PIDS must be a whole "
	    "number such as 30, not \"many\"");
	place_release(&p);
}

TEST(test_no_file)
{
	struct err e = ERR_INIT;
	struct config *c;
	struct place p;
	char *path, *dir;

	place_make(&p);
	assert_null(place_load(&p, "exec", NULL, 0, &e));
	assert_non_null(strstr(e.text, MSG_FROM_ASSENT_CONFIG_DOESNT_EXIST));
	free(p.env[--p.env_len]);
	p.env[p.env_len] = NULL;
	e = (struct err)ERR_INIT;
	c = place_load(&p, "exec", NULL, 0, &e);
	assert_non_null(c);
	assert_string_equal(json_str(c->values, "plan"), "auto");
	config_free(c);
	c = place_load(&p, "interactive", NULL, 0, &e);
	assert_string_equal(json_str(c->values, "plan"), "require");
	path = fs_join(p.home, ".config/assent/config.json");
	assert_string_equal(c->path, path);
	config_free(c);
	/* A pipe where the project's file should be must not hang us. */
	free(path);
	path = fs_join(p.root, ".assent/config.json");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(place_load(&p, "exec", NULL, 0, &e));
	assert_non_null(strstr(e.text, MSG_NOT_A_REGULAR_FILE));
	assert_int_equal(unlink(path), 0);
	/* Nor may it lead out of the project. */
	dir = fs_join(p.home, "other.json");
	put(dir, "{\"test\":\"x\"}", 0600);
	assert_int_equal(symlink(dir, path), 0);
	e = (struct err)ERR_INIT;
	assert_null(place_load(&p, "exec", NULL, 0, &e));
	assert_non_null(strstr(e.text, "can't open"));
	free(dir);
	free(path);
	place_release(&p);
}

static int
model_of(struct place *p, struct config_model *m, bool *none, struct err *e)
{
	struct config *c;
	int rc;

	*e = (struct err)ERR_INIT;
	c = place_load(p, "exec", NULL, 0, e);
	assert_non_null(c);
	rc = config_model(c, m, none, e);
	config_free(c);
	return rc;
}

TEST(test_model)
{
	struct config_model m;
	struct err e = ERR_INIT;
	struct place p;
	char *key;
	bool none;

	place_make(&p);
	put(p.conf, "{}", 0600);
	assert_int_equal(model_of(&p, &m, &none, &e), -1);
	assert_true(none);

	place_env(&p, "DEEPSEEK_API_KEY", "d-key");
	assert_int_equal(model_of(&p, &m, &none, &e), 0);
	assert_string_equal(m.provider, "deepseek");
	assert_string_equal(m.format, "openai-chat");
	assert_string_equal(m.dialect_name, "deepseek");
	assert_string_equal(m.base_url, "https://api.deepseek.com");
	config_model_release(&m);
	place_env(&p, "GOOGLE_API_KEY", "g-key");
	assert_int_equal(model_of(&p, &m, &none, &e), 0);
	assert_string_equal(m.provider, "gemini");
	assert_string_equal(m.format, "gemini");
	assert_string_equal(m.key, "g-key");
	assert_string_equal(m.key_env, "GOOGLE_API_KEY");
	config_model_release(&m);
	place_env(&p, "GEMINI_API_KEY", "first");
	assert_int_equal(model_of(&p, &m, &none, &e), 0);
	assert_string_equal(m.key, "first");
	config_model_release(&m);

	place_env(&p, "OPENAI_API_KEY", "sk-open");
	assert_int_equal(model_of(&p, &m, &none, &e), 0);
	assert_string_equal(m.provider, "openai");
	assert_string_equal(m.format, "openai-responses");
	assert_string_equal(m.base_url, "https://api.openai.com/v1");
	assert_string_equal(m.key, "sk-open");
	config_model_release(&m);

	/* Elsewhere is another server. */
	place_env(&p, "OPENAI_BASE_URL", "http://127.0.0.1:1/v1");
	assert_int_equal(model_of(&p, &m, &none, &e), 0);
	assert_string_equal(m.format, "openai-chat");
	config_model_release(&m);

	place_env(&p, "ANTHROPIC_API_KEY", "sk-ant");
	place_env(&p, "ANTHROPIC_BASE_URL", "http://127.0.0.1:1/");
	assert_int_equal(model_of(&p, &m, &none, &e), 0);
	assert_string_equal(m.provider, "anthropic");
	assert_string_equal(m.format, "anthropic");
	assert_string_equal(m.base_url, "http://127.0.0.1:1");
	assert_non_null(strstr(m.notice, "using anthropic/"));
	config_model_release(&m);

	put(p.conf, "{\"model\":\"mock/a/b\",\"providers\":{\"mock\":{"
	    "\"format\":\"openai-chat\",\"base_url\":\"http://x/v1\","
	    "\"api_key_env\":\"MOCK_KEY\"}}}", 0600);
	assert_int_equal(model_of(&p, &m, &none, &e), -1);
	assert_false(none);
	assert_non_null(strstr(e.text, "no key for mock: MOCK_KEY isn't set"));
	place_env(&p, "MOCK_KEY", "k1");
	assert_int_equal(model_of(&p, &m, &none, &e), 0);
	assert_string_equal(m.name, "a/b");
	assert_string_equal(m.dialect_name, "generic");
	assert_string_equal(m.key, "k1");
	assert_string_equal(m.key_env, "MOCK_KEY");
	config_model_release(&m);

	put(p.conf, "{\"model\":\"mock/a\",\"providers\":{\"mock\":{"
	    "\"format\":\"openai-chat\",\"base_url\":\"http://x/v1\","
	    "\"api_key_env\":\"MOCK_KEY\",\"dialect\":"
	    "\"mistral\"}}}", 0600);
	assert_int_equal(model_of(&p, &m, &none, &e), 0);
	assert_string_equal(m.dialect, "mistral");
	assert_string_equal(m.dialect_name, "mistral");
	config_model_release(&m);
	free(p.env[--p.env_len]);
	p.env[p.env_len] = NULL;
	place_env(&p, "MOCK_KEY", "two words");
	assert_int_equal(model_of(&p, &m, &none, &e), -1);
	assert_non_null(strstr(e.text, MSG_SPACE_OR_ANOTHER_INVALID_CHARACTER));
	assert_null(strstr(e.text, "two words"));

	/* A key file that others can read isn't accepted. */
	key = fs_join(p.home, "key");
	put(key, "  sk-file\n", 0644);
	put(p.conf, "{\"model\":\"m/x\",\"providers\":{\"m\":{\"format\":"
	    "\"openai-chat\",\"base_url\":\"http://x\",\"api_key_file\":"
	    "\"~/key\"}}}", 0600);
	assert_int_equal(model_of(&p, &m, &none, &e), -1);
	assert_non_null(strstr(e.text, "; run chmod 600 "));
	assert_int_equal(chmod(key, 0600), 0);
	assert_int_equal(model_of(&p, &m, &none, &e), 0);
	assert_string_equal(m.key, "sk-file");
	config_model_release(&m);
	free(key);

	put(p.conf, "{\"model\":\"nowhere/x\"}", 0600);
	assert_int_equal(model_of(&p, &m, &none, &e), -1);
	assert_non_null(strstr(e.text, "unknown provider \"nowhere\""));
	put(p.conf, "{\"model\":\"justaname\"}", 0600);
	assert_int_equal(model_of(&p, &m, &none, &e), -1);
	assert_non_null(strstr(e.text, MSG_MUST_BE_PROVIDER_MODEL));
	place_release(&p);
}

static const char *
some_variables(const char *name)
{
	if (strcmp(name, "JAVA_HOME") == 0)
		return "/opt/java";
	return strcmp(name, "GOROOT") == 0 ? "relative" : NULL;
}

TEST(test_start)
{
	struct config_start s = {
		.mode = "exec", .cwd = "/p", .root = "/p", .task = "fix it",
		.state_dir = "/s", .home = "/h", .path = "/bin",
	};
	struct config_model m;
	struct err e = ERR_INIT;
	struct config *c;
	struct place p;
	char *text;
	cJSON *o;
	bool none;

	place_make(&p);
	put(p.conf, "{\"timeout\":7,\"pids\":9,"
	    "\"protected\":[\"x\"]}", 0600);
	place_env(&p, "OPENAI_API_KEY", "sk-secret");
	c = place_load(&p, "exec", NULL, 0, &e);
	assert_int_equal(config_model(c, &m, &none, &e), 0);
	o = config_start(c, &m, &s);
	assert_string_equal(json_str(o, "type"), "start");
	assert_string_equal(json_str(o, "plan"), "auto");
	assert_string_equal(json_str(o, "approve"), "ask");
	assert_string_equal(json_str(o, "sandbox"), "auto");
	assert_int_equal(json_int(o, "max_turns", 0), 30);
	assert_string_equal(json_array(o, "protected")->child->valuestring,
	    "x");
	assert_int_equal(json_int(json_get(o, "limits"), "timeout_ms", 0),
	    7000);
	assert_int_equal(json_int(json_get(o, "limits"), "pids", 0), 9);
	assert_string_equal(json_str(json_get(o, "model"), "key_env"),
	    "OPENAI_API_KEY");
	text = json_print(o);
	assert_null(strstr(text, "sk-secret"));
	free(text);
	cJSON_Delete(o);
	o = config_start(c, NULL, &s);
	assert_true(cJSON_IsNull(json_get(o, "model")));
	assert_null(json_array(o, "environment"));
	cJSON_Delete(o);
	s.getenv = some_variables;
	o = config_start(c, NULL, &s);
	text = json_print(json_array(o, "environment"));
	assert_string_equal(text, "[\"JAVA_HOME=/opt/java\"]");
	free(text);
	cJSON_Delete(o);
	config_model_release(&m);
	config_free(c);
	place_release(&p);
}

TEST(test_project)
{
	static const char *const dirs[] = {
		"home/repo/.git", "home/repo/sub/deep", "home/plain",
		"home/empty/.git", "home/.state/assent/sessions",
		"home/.conf/assent", "home/own/state/assent", "out/x",
	};
	static const struct {
		const char *label, *cwd, *root, *want, *cwd_want, *error;
	} cases[] = {
		{ "top of a work tree", "home/repo/sub/deep", NULL, "home/repo",
		    "home/repo/sub/deep", NULL },
		{ "no repository", "home/plain", NULL, "home/plain",
		    "home/plain", NULL },
		{ "a .git that is none", "home/empty", NULL, "home/empty",
		    "home/empty", NULL },
		{ "--root", "home/plain", "../repo/sub", "home/repo/sub",
		    "home/repo/sub", NULL },
		{ "--root above cwd", "home/repo/sub/deep", "..",
		    "home/repo/sub", "home/repo/sub/deep", NULL },
		{ "home", "home", NULL, NULL, NULL, "your home" },
		{ "above home", ".", NULL, NULL, NULL,
		    MSG_CONTAINS_YOUR_HOME_DIRECTORY },
		{ "root of all", "home", "/", NULL, NULL,
		    MSG_WHOLE_FILE_SYSTEM },
		{ "state", "home/.state/assent", NULL, NULL, NULL,
		    MSG_KEEPS_ITS_SESSIONS },
		{ "above state", "home/.state", NULL, NULL, NULL,
		    MSG_KEEPS_ITS_SESSIONS },
		{ "below state", "home/.state/assent/sessions", NULL, NULL,
		    NULL, MSG_KEEPS_ITS_SESSIONS },
		{ "config", "home/.conf", NULL, NULL, NULL,
		    MSG_CONFIGURATION_IS_IN },
		{ "missing", "home", "nowhere", NULL, NULL, "can't find" },
		{ "outside home", "out/x", NULL, "out/x", "out/x", NULL },
	};
	struct err e = ERR_INIT;
	char dir[] = "/tmp/assent-test-project.XXXXXX", *real;
	char *home, *st, *conf, *head;
	size_t i;

	assert_non_null(mkdtemp(dir));
	real = realpath(dir, NULL);
	for (i = 0; i < MEM_COUNT(dirs); i++) {
		char *p = fs_join(real, dirs[i]);

		assert_int_equal(fs_mkdirs(p, 0700, &e), 0);
		free(p);
	}
	head = fs_join(real, "home/repo/.git/HEAD");
	put(head, "ref: refs/heads/main\n", 0600);
	home = fs_join(real, "home");
	st = fs_join(real, "home/.state/assent");
	conf = fs_join(real, "home/.conf/assent");
	for (i = 0; i < MEM_COUNT(cases); i++) {
		char *cwd = fs_join(real, cases[i].cwd), *got, *got_cwd;
		struct project_request r = {
			.cwd = cwd, .root = cases[i].root, .home = home,
			.state_dir = st, .config_dir = conf,
		};

		e = (struct err)ERR_INIT;
		got = project_find(&r, &got_cwd, &e);
		if (cases[i].want == NULL) {
			if (got != NULL || !strstr(e.text, cases[i].error))
				fail_msg("%s: %s", cases[i].label, e.text);
		} else {
			char *want = fs_join(real, cases[i].want);
			char *want_cwd = fs_join(real, cases[i].cwd_want);

			if (got == NULL || strcmp(got, want) != 0 ||
			    strcmp(got_cwd, want_cwd) != 0)
				fail_msg("%s: %s (%s)", cases[i].label,
				    got == NULL ? "nothing" : got, e.text);
			free(want);
			free(want_cwd);
		}
		free(got);
		free(got_cwd);
		free(cwd);
	}
	assert_int_equal(fs_remove_tree(AT_FDCWD, dir, &e), 0);
	free(home);
	free(st);
	free(conf);
	free(head);
	free(real);
}

