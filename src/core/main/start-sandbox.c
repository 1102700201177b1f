/* The session's sandbox: what it may see, and its level. */
#include "config.h"

#include "core/main/start.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/certificates.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/main/start-int.h"
#include "core/net/network.h"
#include "core/net/registry.h"
#include "core/project/project.h"
#include "loop/loop.h"
#include "sandbox/cgroup.h"
#include "sandbox/toolchain.h"

#define START_TIDY_MS 100

/* Resolve the setting toolchains. A folder that may not be visible in the
 * sandbox is an error. */
static int
start_toolchains(struct core *c, struct err *e)
{
	const cJSON *list = json_array(c->start, "toolchains"), *it;
	const char *home = json_str(c->start, "home");
	const char *own[] = { json_str(c->start, "state_dir"), c->dir, NULL };
	size_t n = 0;

	c->sandbox.toolchains = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*c->sandbox.toolchains));
	cJSON_ArrayForEach(it, list) {
		struct err why = ERR_INIT;

		if (!cJSON_IsString(it) || home == NULL || home[0] != '/')
			continue;
		c->sandbox.toolchains[n] = toolchain_resolve(home, own[0] == NULL ?
		    own + 1 : own, it->valuestring, &why);
		if (c->sandbox.toolchains[n++] == NULL)
			return err_set(e, "the setting toolchains: \"%s\" "
			    "can't be made visible in the sandbox: %s",
			    it->valuestring, why.text);
	}
	return 0;
}

static int
start_find_certificates(struct core *c, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE const char **files = json_strings(json_array(c->start,
	    "certificates"), NULL);
	size_t i;

	for (i = 0; files[i] != NULL; i++)
		(void)certificates_read(files[i], c->root, &b, NULL);
	FREE_NULL(c->sandbox.certificates);
	if (b.len == 0)
		return 0;
	c->sandbox.certificates = fs_join(c->dir, "certificates.pem");
	return fs_replace(AT_FDCWD, c->sandbox.certificates, b.p, b.len, 0644,
	    e);
}

bool
start_in_container(const struct core *c)
{
	return json_is(c->start, "sandbox", "container");
}

/* The image that commands run in: 1, or 0 if there is none. A session that is
 * resumed (`gone` isn't NULL) does without an image that is gone: there may be
 * hunks to review. *gone says so then. */
static int
start_image(struct core *c, char **gone, struct err *e)
{
	struct err why = ERR_INIT;
	int found;

	image_release(&c->sandbox.image);
	found = image_find(json_str(c->start, "sandbox"), c->root,
	    &c->sandbox.image, &why);
	if (found >= 0)
		return found;
	if (gone == NULL) {
		*e = why;
		c->exit_code = CORE_EXIT_SANDBOX;
		return -1;
	}
	image_release(&c->sandbox.image);
	*gone = xasprintf("Commands run with the programs of the host now: "
	    "%s", why.text);
	return 0;
}

int
start_sandbox_begin(struct core *c, char **gone, struct err *e)
{
	AUTO_FREE char *control = fs_join(c->dir, "sock");
	struct sandbox_ask ask = {
		.root = c->root, .state_dir = c->dir, .limits = &c->sandbox.limits,
		.container = start_in_container(c), .control = control,
	};
	int image;
	const struct cgroup_host host = { .project = c->root };
	struct program_plan commands = { .stage = c->stage, .spec.tool = "argv" };

	if (network_init(c, gone != NULL, e) < 0 ||
	    start_toolchains(c, e) < 0 || start_find_certificates(c, e) < 0)
		return -1;
	skills_folders(c);
	free(c->sandbox.environment);
	c->sandbox.environment = json_strings(json_array(c->start,
	    "environment"), NULL);
	free(c->sandbox.devices);
	ask.devices = c->sandbox.devices = json_strings(json_array(c->start,
	    "devices"), NULL);
	c->worker = self_find(SELF_PROGRAM, "assent-worker", e);
	if (c->worker == NULL)
		return -1;
	image = start_image(c, gone, e);
	if (image < 0)
		return -1;
	ask.image = image == 0 ? NULL : &c->sandbox.image;
	if (c->sandbox.cgroup == NULL)
		c->sandbox.cgroup = cgroup_find(&host);
	ask.cgroup = c->sandbox.cgroup;
	ask.worker = c->worker;
	if (c->stage != NULL && image == 0) {
		program_plan_make(c, &commands);
		ask.commands = &commands.spec;
	}
	c->sandbox.search = sandbox_find_begin(&ask);
	return 0;
}

/* The files of the self-test are removed when a first request is on its way. */
static void
start_tidy(void *arg)
{
	struct core *c = arg;

	sandbox_find_free(c->sandbox.search);
	c->sandbox.search = NULL;
}

int
start_sandbox(struct core *c, bool resumed, struct err *e)
{
	/* In a review only Pygments runs there. */
	int least = sandbox_level_find(c->mode == MODE_REVIEW ? "none" :
	    json_str_or(c->start, "sandbox_require", "none"));
	bool machine = json_str(json_get(c->start, "machine"),
	    "sandbox_require") != NULL;
	struct err why = ERR_INIT;
	struct sandbox_found found;
	int rc;

	rc = sandbox_find_end(c->sandbox.search, least < 0 ? SANDBOX_A :
	    (enum sandbox_level)least, &found, &why);
	if (rc < 0) {
		err_set(e, "%s%s", why.text, machine ? "; the machine's "
		    "configuration limits it (assent doctor)" : "");
		e->sys = why.sys;
	} else if (resumed && found.enforced.cpu != ENFORCED_KERNEL)
		/* What is in it can be reviewed and undone everywhere. */
		c->sandbox.limits.cpu = 0;
	else if (c->mode != MODE_REVIEW)
		rc = sandbox_limits_check_cpu(&c->sandbox.limits,
		    &found.enforced, c->sandbox.cgroup->why, e);
	loop_timer_new(c->loop, START_TIDY_MS, start_tidy, c);
	c->sandbox.level = found.level;
	c->sandbox.enforced = found.enforced;
	json_add_str(c->sandbox.info, "level",
	    sandbox_levels[c->sandbox.level].name);
	json_add_str(c->sandbox.info, "line", found.line);
	json_add_str(c->sandbox.info, "image", c->sandbox.image.id);
	json_add_str(c->sandbox.info, "why", found.why);
	json_add_str(c->sandbox.info, "open", found.open);
	registry_add(c, c->network);
	json_set_take(c->sandbox.info, "net", network_level(c));
	json_set_take(c->sandbox.info, "forward", network_forwards(c));
	json_add_str(c->sandbox.info, "view",
	    sandbox_levels[c->sandbox.level].overlays ? "overlay" : "copy");
	json_set_take(c->sandbox.info, "enforced",
	    sandbox_limits_enforced_json(&c->sandbox.enforced));
	if (rc < 0)
		c->exit_code = CORE_EXIT_SANDBOX;
	sandbox_found_release(&found);
	return rc;
}

static void
start_sandbox_free(struct core *c)
{
	size_t i;

	sandbox_find_free(c->sandbox.search);
	cgroup_free(c->sandbox.cgroup);
	for (i = 0; c->sandbox.toolchains != NULL &&
	    c->sandbox.toolchains[i] != NULL; i++)
		free(c->sandbox.toolchains[i]);
	free(c->sandbox.toolchains);
	skills_folders_free(c);
	image_release(&c->sandbox.image);
	FREE_ALL(c->sandbox.environment, c->sandbox.devices,
	    c->sandbox.certificates, c->worker);
	cJSON_Delete(c->sandbox.info);
}

static void
start_sandbox_init(struct core *c)
{
	c->sandbox.info = cJSON_CreateObject();
}

static void
start_sandbox_begun(struct core *c)
{
	if (c->stage->note.len > 0)
		emit_note(c, "%s", buf_str(&c->stage->note));
	if (policy_note(c->policy) != NULL)
		emit_note(c, "%s", policy_note(c->policy));
}

const struct core_part sandbox_part = {
	.init = start_sandbox_init, .begun = start_sandbox_begun,
	.free = start_sandbox_free,
};
