/*
 * cmd-doctor: checks this host and prints what is missing and how to fix it.
 * The sandbox is tested, not guessed: the core runs the same test as at a
 * session's start.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/certificates.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/url.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/bindings.h"
#include "front/message.h"
#include "front/print.h"
#include "sandbox/sandbox-limits.h"

#define DOCTOR_LABEL 12	/* columns before a row's text */

static FILE *doctor_out;	/* stdout; with --json a text to take apart */

static int
doctor_programs(void)
{
	/* The last one only where there is libvterm. */
	static const char *const names[] = { "assent-core", "assent-worker",
		"assent-net", "assent-term" };
	struct utsname u;
	int code = 0;
	size_t i;

	print_words(doctor_out, "assent      %s", PACKAGE_VERSION);
	if (uname(&u) == 0)
		print_words(doctor_out, "system      %s %s %s", u.sysname,
		    u.release, u.machine);
	for (i = 0; i < MEM_COUNT(names); i++) {
		struct err e = ERR_INIT;
		AUTO_FREE char *p = self_find(SELF_PROGRAM, names[i], &e);

		print_words(doctor_out, "%-11s %s", names[i] + 7,
		    p != NULL ? p : e.text);
		if (p == NULL && i + 1 < MEM_COUNT(names))
			code = EXIT_ERROR;
	}
	return code;
}

/* Why each better level isn't available. */
static void
doctor_refusals(const cJSON *o)
{
	const cJSON *it;
	const char *last = "";

	cJSON_ArrayForEach(it, json_array(o, "refusals")) {
		const char *step = json_str_or(it, "step", "?");
		const char *help = json_str(it, "help");
		int sys = (int)json_int(it, "errno", 0);
		/* The last two levels are refused only if our worker doesn't
		 * run at all. */
		AUTO_FREE char *label = json_is(it, "level", "D") ||
		    json_is(it, "level", "none") ? xstrdup("no worker") :
		    xasprintf("not %s", json_str_or(it, "level", "?"));

		if (strcmp(step, last) == 0)
			print_words(doctor_out, "%-11s the same", label);
		else if (sys > 0)
			print_words(doctor_out, "%-11s %s (errno %d)", label, step,
			    sys);
		else
			print_words(doctor_out, "%-11s %s", label, step);
		if (help != NULL && strcmp(step, last) != 0)
			print_words(doctor_out, "            %s", help);
		last = step;
	}
}

/* Each limit as it was enforced in the tested sandbox. */
static int
doctor_limits(const struct setup *s, const cJSON *o)
{
	AUTO_JSON cJSON *start = setup_start(s, "exec", NULL);
	struct sandbox_limits l = { 0 };
	struct err e = ERR_INIT;
	struct limit_enforcement k;
	AUTO_FREE char *text = NULL;

	sandbox_limits_enforced_decode(json_get(o, "enforced"), &k);
	text = sandbox_limits_enforced_text(&k);
	print_words(doctor_out, "limits      %s", text);
	/* Nothing was tested. */
	if (k.disk == ENFORCED_OFF)
		return 0;
	if (json_str(o, "cgroup_dir") != NULL)
		print_words(doctor_out, "            (cgroup in %s)",
		    json_str(o, "cgroup_dir"));
	else if (json_str(o, "cgroup_why") != NULL)
		print_words(doctor_out, "            %s",
		    json_str(o, "cgroup_why"));
	sandbox_limits_decode(json_get(start, "limits"), &l);
	if (sandbox_limits_check_cpu(&l, &k, json_str(o, "cgroup_why"), &e) < 0)
	{
		print_words(doctor_out, "required    %s; no session starts here "
		    "(%s)", e.text, json_str(s->config->origins, "cpu"));
		return EXIT_SANDBOX;
	}
	if (!json_bool(o, "cpu", false))
		print_words(doctor_out, "            --cpu isn't available here: "
		    "it needs cgroup v2");
	return 0;
}

/* What running as root means in this sandbox. */
static void
doctor_root(const cJSON *o)
{
	const char *level = json_str_or(o, "level", "none");
	int64_t uid = json_int(o, "uid", -1);

	if (geteuid() != 0 || uid < 0)
		return;
	if (uid > 0)
		print_words(doctor_out, "root        commands run as the project's "
		    "owner, user %lld", (long long)uid);
	else
		print_words(doctor_out, "root        running as root: root-owned "
		    "files are protected only by %s; prefer an ordinary "
		    "user", level[0] == 'A' || level[0] == 'B' ?
		    "mounts and Landlock" : "Landlock");
}

static void
doctor_forwards(const struct setup *s, const char *level)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(s->config->values, "forward"))
		buf_addf(&b, "%s%s", b.len > 0 ? ", " : "", it->valuestring);
	if (b.len > 0)
		print_words(doctor_out, "services    %s: %s",
		    strcmp(level, "A") == 0 || strcmp(level, "B") == 0 ?
		    "commands can use" : "forward has no effect on this level",
		    buf_str(&b));
}

static void
doctor_hosts(const struct setup *s, const char *level)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(s->config->values, "net_allow"))
		buf_addf(&b, "%s%s (%s)", b.len > 0 ? ", " : "",
		    json_str(it, "entry"), json_str(it, "from"));
	if (b.len > 0)
		print_words(doctor_out, "hosts       %s: %s", strlen(level) == 1 &&
		    level[0] <= 'C' ? "commands can connect to" :
		    "network open, so without effect", buf_str(&b));
}

/* What a better level, or a container, would have. */
static void
doctor_lacks(const char *name)
{
	int level = sandbox_level_find(name);

	if (level >= 0 && sandbox_levels[level].lacks != NULL)
		print_words(doctor_out, "missing     %s",
		    sandbox_levels[level].lacks);
}

/* What describes a container for the project; only the user makes one of it. */
static void
doctor_container(const struct setup *s)
{
	static const char *const names[] = { "Containerfile", "Dockerfile",
		".devcontainer", ".devcontainer.json" };
	size_t i;

	for (i = 0; i < MEM_COUNT(names); i++) {
		AUTO_FREE char *path = fs_join(s->root, names[i]);

		if (access(path, F_OK) == 0)
			print_words(doctor_out, "container   %s isn't used; build "
			    "an image of it, and --sandbox podman:IMAGE runs "
			    "commands there", names[i]);
	}
}

/* How files are written, limits, and what commands see: 0, or the exit code. */
static int
doctor_sandbox_more(const struct setup *s, const cJSON *o)
{
	const char *level = json_str_or(o, "level", "none");
	const cJSON *it;
	int code;

	if (json_str(o, "open") != NULL)
		print_words(doctor_out, "open        commands can reach: %s",
		    json_str(o, "open"));
	if (json_str(o, "sees") != NULL)
		print_words(doctor_out, "visible     %s", json_str(o, "sees"));
	doctor_hosts(s, level);
	doctor_forwards(s, level);
	doctor_lacks(level);
	doctor_container(s);
	doctor_root(o);
	if (cJSON_IsNull(json_get(o, "atomic")))
		print_words(doctor_out, "writes      may not be atomic: assent "
		    "hasn't tested this file system for atomic writes; "
		    "without them, a file is missing for "
		    "a moment while assent writes it");
	else if (!json_bool(o, "atomic", true))
		print_words(doctor_out, "writes      not atomic: this file system "
		    "can't exchange two names; while assent writes a file, it "
		    "is missing for a moment");
	code = doctor_limits(s, o) != 0 ? EXIT_SANDBOX : 0;
	if (json_int(o, "landlock", 0) > 0)
		print_words(doctor_out, "landlock    on, version %d",
		    (int)json_int(o, "landlock", 0));
	else
		print_words(doctor_out,
		    "landlock    off, or older than that of Linux 5.19 "
		    "(level C works with 5.13's); \"landlock\" must be in "
		    "/sys/kernel/security/lsm");
	cJSON_ArrayForEach(it, json_array(o, "devices"))
		if (cJSON_IsString(it))
			print_words(doctor_out, "device      %s",
			    it->valuestring);
	cJSON_ArrayForEach(it, json_array(o, "toolchains"))
		if (cJSON_IsString(it))
			print_words(doctor_out, "toolchain   %s",
			    it->valuestring);
	return code;
}

static int
doctor_sandbox(const struct setup *s, bool all)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = setup_probe(s, &e);
	const char *line;
	int code = 0;

	if (o == NULL) {
		print_words(doctor_out, "sandbox     unknown: %s", e.text);
		return EXIT_ERROR;
	}
	if (json_str(o, "error") != NULL) {
		print_words(doctor_out, "sandbox     none: %s", json_str(o,
		    "error"));
		return EXIT_SANDBOX;
	}
	line = json_str_or(o, "line", "none");
	print_sandbox(doctor_out, "sandbox     ", line + (strncmp(line, "sandbox ",
	    8) == 0 ? 8 : 0));
	doctor_refusals(o);
	if (json_str(o, "below") != NULL &&
	    strncmp(json_str(s->config->values, "sandbox"), "podman:",
	    7) == 0) {
		print_words(doctor_out, "required    %s", json_str(o, "below"));
		code = EXIT_SANDBOX;
	} else if (json_str(o, "below") != NULL) {
		print_words(doctor_out, "required    level %s: not met, so no "
		    "session starts here (%s)",
		    json_str(s->config->values, "sandbox_require"),
		    json_str(s->config->origins, "sandbox_require"));
		code = EXIT_SANDBOX;
	}
	if (all && doctor_sandbox_more(s, o) != 0)
		code = EXIT_SANDBOX;
	return code;
}

/* Whether ctags finds the names in the project. */
static void
doctor_ctags(const struct setup *s)
{
	AUTO_JSON cJSON *start = setup_start(s, "exec", NULL);
	const char *ctags = json_str(start, "ctags");

	if (!json_is(s->config->values, "symbols", "on"))
		print_words(doctor_out, "ctags       not used: symbols is off (%s)",
		    json_str(s->config->origins, "symbols"));
	else if (ctags != NULL)
		print_words(doctor_out, "ctags       %s: the model is told the "
		    "names in the project's files", ctags);
	else
		print_words(doctor_out,
		    "ctags       not installed: the model isn't "
		    "told the names in the project's files (on Debian: "
		    "universal-ctags)");
}

/* Has this Python Pygments?  It is asked here, without the project. */
static bool
doctor_has_pygments(const char *python)
{
	const char *const argv[] = { python, "-I", "-c", "import pygments",
		NULL }, *const env[] = { NULL };

	return spawn_quiet(python, argv, "/", env) == 0;
}

static void
doctor_syntax(const struct setup *s)
{
	const char *path = getenv("PATH");
	char **pythons = pythons_find(path == NULL ? "" : path, s->root);
	size_t i = 0;

	if (json_is(s->config->values, "syntax", "never")) {
		print_words(doctor_out, "syntax      no colors: syntax is never "
		    "(%s)", json_str(s->config->origins, "syntax"));
		goto out;
	}
	while (pythons[i] != NULL && !doctor_has_pygments(pythons[i]))
		i++;
	if (pythons[i] != NULL)
		print_words(doctor_out, "syntax      colors by Pygments (%s)",
		    pythons[i]);
	else
		print_words(doctor_out, "syntax      no colors: python3-pygments "
		    "is missing (optional)");
out:
	pythons_free(pythons);
}

/* The directory, or the one in which it would be created. */
static bool
doctor_can_write(const char *path)
{
	AUTO_FREE char *p = xstrdup(path);
	char *slash;

	while (access(p, F_OK) < 0 && (slash = strrchr(p, '/')) != NULL &&
	    slash != p)
		*slash = '\0';
	return access(p, W_OK) == 0;
}

struct doctor_keys { bool all, bad; };

/* The key's source for each provider that has or needs one; or what's wrong. */
static void
doctor_key(void *arg, const char *name, const char *from, const char *wrong,
    const char *url UNUSED)
{
	struct doctor_keys *keys = arg;

	if (from == NULL || (!keys->all && wrong == NULL))
		return;
	print_words(doctor_out, "key         %s: %s%s%s", name, from,
	    wrong == NULL ? "" : ": ", wrong == NULL ? "" : wrong);
	keys->bad = keys->bad || wrong != NULL;
}

static int
doctor_keys(const struct setup *s, bool all)
{
	struct err e = ERR_INIT;
	struct doctor_keys keys = { .all = all };

	if (config_key_each(s->config, doctor_key, &keys, &e) < 0) {
		print_words(doctor_out, "key         %s", e.text);
		return EXIT_ERROR;
	}
	return keys.bad ? EXIT_USAGE : 0;
}

/* Parts of the work with their own model. */
static int
doctor_routes(const struct config *c)
{
	struct config_route *v;
	struct err e = ERR_INIT;
	size_t n, i;
	int rc = config_routes(c, &v, &n, &e);

	if (rc < 0)
		print_words(doctor_out, "models      %s", e.text);
	for (i = 0; i < n; i++)
		if (v[i].name != NULL)
			print_words(doctor_out, "%-11s %s/%s at %s (phases)",
			    v[i].name, v[i].model.provider, v[i].model.name,
			    v[i].model.base_url);
	config_routes_free(v, n);
	return rc;
}

/* The user's proxy, without its password, and files of certificates. */
static void
doctor_connections(const struct setup *s)
{
	const char *from, *proxy = url_proxy("https://", &from);
	size_t i;

	if (proxy != NULL)
		print_words(doctor_out, "proxy       %s (%s)",
		    strrchr(proxy, '@') == NULL ? proxy :
		    strrchr(proxy, '@') + 1, from);
	for (i = 0; i < CERTIFICATES_VARIABLES; i++) {
		const char *path = getenv(certificates_variables[i]);
		AUTO_BUF struct buf b = BUF_INIT(0);
		struct err e = ERR_INIT;

		if (path != NULL)
			print_words(doctor_out, "trusted     %s: %s, %s",
			    certificates_variables[i], path,
			    certificates_read(path, s->root, &b, &e) < 0 ? e.text :
			    "in the sandbox, too");
	}
}

/* The user's MCP servers: is the program there? Nothing of them is started. */
static void
doctor_servers(const struct setup *s)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, s->config->mcp_servers) {
		const char *command = json_str_or(it, "command", "");
		const char *url = json_str(it, "url");
		AUTO_FREE char *found = url != NULL ? xstrdup(url) :
		    strchr(command, '/') != NULL ? xstrdup(command) :
		    setup_find(json_bool(it, "sandbox", true) ?
		    spawn_commands_path : getenv("PATH"), &command, 1);

		if (found == NULL)
			print_words(doctor_out, "mcp         %s: there is no %s in "
			    "PATH", it->string, command);
		else
			print_words(doctor_out, "mcp         %s: %s%s (assent "
			    "mcp test %s tries it)", it->string, found,
			    url == NULL && json_bool(it, "sandbox", true) ?
			    "" : ", not sandboxed", it->string);
	}
}

static void
doctor_registries(const struct setup *s)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, s->config->registries) {
		struct config_model m;
		struct err e = ERR_INIT;

		if (config_registry_key(s->config, it, &m, &e) < 0)
			print_words(doctor_out, "registry    %s", e.text);
		else
			print_words(doctor_out, "registry    %s: %s, for %s, the "
			    "key from %s", it->string, json_str(it, "url"),
			    json_str(it, "for"), m.key_from);
		config_model_release(&m);
	}
}

static void
doctor_files(const struct setup *s)
{
	const char *path = s->config->path;
	const cJSON *it;

	print_words(doctor_out, "config      %s%s", path == NULL ? "none" : path,
	    path != NULL && access(path, F_OK) != 0 ? " (doesn't exist)" : "");
	if (s->config->machine != NULL) {
		AUTO_FREE char *limits = json_print(s->config->machine);

		print_words(doctor_out, "machine     limited to %s (%s)", limits,
		    CONFIG_MACHINE);
	}
	print_words(doctor_out, "sessions    %s/sessions%s", s->state_dir,
	    doctor_can_write(s->state_dir) ? "" : " (not writable, so no "
	    "session can be stored: set XDG_STATE_HOME)");
	if (s->root != NULL)
		print_words(doctor_out, "project     %s", s->root);
	cJSON_ArrayForEach(it, json_array(s->config->values, "hooks"))
		print_words(doctor_out, "hook        %s at %s (%s)",
		    json_str_or(it, "name", "?"), json_str_or(it, "event",
		    "?"), json_bool(it, "sandbox", true) ? "in the sandbox" :
		    "as you");
	doctor_servers(s);
	doctor_registries(s);
	doctor_connections(s);
}

/* The model, the check, and what to do next. */
static int
doctor_config(const struct setup *s, bool all, bool need_model)
{
	struct bindings *bindings = setup_bindings(s);
	const char *check = json_str(s->config->values, "test");
	struct config_model m;
	struct err e = ERR_INIT;
	bool none;
	int code;

	/* Already printed. */
	if (bindings == NULL)
		return EXIT_USAGE;
	bindings_free(bindings);
	/* A key command may ask for a password: print only its name. */
	s->config->held = true;
	if (all)
		doctor_files(s);
	if (check != NULL)
		print_words(doctor_out, "check       %s (%s)", check,
		    json_str(s->config->origins, "test"));
	else
		print_words(doctor_out, "check       none: --test CMD, /check or "
		    "the setting test names the command that must pass");
	code = doctor_keys(s, all);
	if (config_model(s->config, &m, &none, &e) < 0) {
		print_words(doctor_out, "model       %s%s", none ? "" : "none: ",
		    e.text);
		if (none)
			(void)local_print(doctor_out, s->config,
			    "on this machine (--model NAME):");
		print_words(doctor_out, "next        assent login lists who has "
		    "models; assent demo needs none");
		return need_model ? EXIT_ERROR : none ? code : EXIT_USAGE;
	}
	print_words(doctor_out, "model       %s/%s at %s (%s%s%s, %s)", m.provider,
	    m.name, m.base_url,
	    m.format, m.dialect_name == NULL ? "" : ", dialect ",
	    m.dialect_name == NULL ? "" : m.dialect_name,
	    m.key_from == NULL ? "no key" : m.key == NULL ?
	    "key from a command" : "key found");
	if (m.notice != NULL)
		print_words(doctor_out, "            %s", m.notice);
	config_model_release(&m);
	if (all && doctor_routes(s->config) < 0)
		code = EXIT_USAGE;
	print_words(doctor_out, "next        %s", s->root == NULL ?
	    "go to your project's folder, and type assent" :
	    "type assent");
	return code;
}

static int
doctor_run(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	int code = 0, rc, project;
	bool any;

	rc = project = setup_project(&s, a);
	if (project != 0 && a->root != NULL)
		return project;
	/* If there is no project, report what needs none. */
	any = project == 0 || (s.root == NULL && s.state_dir != NULL);
	if (any && (rc = setup_config(&s, a, "exec")) != 0)
		return rc;
	if (a->all)
		code = doctor_programs();
	if (code == 0)
		code = project;
	if (any) {
		if (project == 0)
			rc = doctor_sandbox(&s, a->all);
		else
			print_words(doctor_out, "sandbox     not tested: no "
			    "project here");
		if (code == 0)
			code = rc;
		rc = doctor_config(&s, a->all, a->need_model);
		if (a->all)
			doctor_ctags(&s);
		/* A Python of the project must not be run. */
		if (a->all && project == 0)
			doctor_syntax(&s);
	}
	return code != 0 ? code : rc;
}

/* The rows as they are printed: a name and its text; a row without a name goes on
 * with the text of the one before. */
static void
doctor_json(char *rows, int code)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(o, "rows"), *row = NULL;
	char *line, *rest = NULL;

	for (line = strtok_r(rows, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest)) {
		size_t n = strnlen(line, DOCTOR_LABEL);
		const char *text = line + n;
		AUTO_FREE char *name = NULL, *all = NULL;

		while (n > 0 && line[n - 1] == ' ')
			n--;
		name = xmemdup(line, n);
		if (name[0] == '\0' && row != NULL) {
			all = xasprintf("%s\n%s", json_str_or(row, "text", ""),
			    text);
			json_set_take(row, "text", cJSON_CreateString(all));
			continue;
		}
		row = JSON_TEXTS("name", name, "text", text);
		cJSON_AddItemToArray(list, row);
	}
	json_add_int(o, "exit", code);
	print_object(o);
}

int
cmd_doctor(const struct cmd_args *a)
{
	AUTO_FREE char *rows = NULL;
	size_t n;
	int code;

	doctor_out = a->json ? open_memstream(&rows, &n) : stdout;
	if (doctor_out == NULL)
		return cmd_fail(EXIT_ERROR, "out of memory");
	code = doctor_run(a);
	if (a->json) {
		fclose(doctor_out);
		doctor_json(rows, code);
	}
	return code;
}
