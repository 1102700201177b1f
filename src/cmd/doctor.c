/*
 * doctor: what this host gives and what it lacks, in lines that say what to do.
 * The cage is tried, not guessed: the core runs the same proof as at a
 * session's start.
 */
#include "config.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/self.h"
#include "cmd/client.h"
#include "cmd/cmd.h"
#include "cmd/print.h"
#include "cmd/setup.h"

#define PROBE_MAX ((size_t)1 << 20)

static int
doctor_programs(void)
{
	static const char *const names[] = { "assent-core", "assent-worker" };
	struct utsname u;
	int code = 0;
	size_t i;

	print_words(stdout, "assent      %s", PACKAGE_VERSION);
	if (uname(&u) == 0)
		print_words(stdout, "system      %s %s %s", u.sysname,
		    u.release, u.machine);
	for (i = 0; i < MEM_COUNT(names); i++) {
		struct err e = ERR_INIT;
		char *p = self_program(names[i], &e);

		print_words(stdout, "%-11s %s", names[i] + 7,
		    p != NULL ? p : e.text);
		if (p == NULL)
			code = EXIT_ERROR;
		free(p);
	}
	return code;
}

/* What the core says about the cage here; NULL with *e. */
static cJSON *
doctor_probe(const char *root, bool container, struct err *e)
{
	const char *args[] = {
		"probe", root, container ? "container" : NULL, NULL,
	};
	struct buf b = BUF_INIT(PROBE_MAX);
	FILE *f = tmpfile();
	cJSON *o = NULL;
	int status;

	if (f == NULL) {
		err_sys(e, "cannot make a temporary file");
		return NULL;
	}
	status = client_run_core(args, fileno(f), e);
	if (status >= 0) {
		if (lseek(fileno(f), 0, SEEK_SET) == 0 &&
		    fs_read_all(fileno(f), &b) == 0 && b.len > 0)
			o = json_parse(b.p, b.len, JSON_NUL_REPLACE, e);
		if (o == NULL && !err_is_set(e))
			err_set(e, "the core could not try it (exit %d)",
			    status);
	}
	buf_release(&b);
	fclose(f);
	return o;
}

static int
doctor_cage(const struct setup *s)
{
	bool container = strcmp(config_str(s->config, "cage"),
	    "container") == 0;
	struct err e = ERR_INIT;
	cJSON *o = doctor_probe(s->root, container, &e);
	const cJSON *it;

	if (o == NULL) {
		print_words(stdout, "cage        unknown: %s", e.text);
		return EXIT_ERROR;
	}
	print_words(stdout, "cage        %s", json_str_or(o, "line", "none"));
	if (json_str(o, "why") != NULL)
		print_words(stdout, "            %s", json_str(o, "why"));
	cJSON_ArrayForEach(it, json_array(o, "toolchains"))
		if (cJSON_IsString(it))
			print_words(stdout, "toolchain   %s",
			    it->valuestring);
	cJSON_Delete(o);
	return 0;
}

/* Whether sessions outlive a logout. */
static void
doctor_linger(void)
{
	const struct passwd *pw = getpwuid(geteuid());
	char *path;

	if (access("/run/systemd/system", F_OK) != 0 || pw == NULL)
		return;
	path = fs_join("/var/lib/systemd/linger", pw->pw_name);
	if (access(path, F_OK) == 0)
		print_words(stdout, "lingering   on: sessions outlive a "
		    "logout");
	else
		print_words(stdout, "lingering   off: a logout may end "
		    "sessions (loginctl enable-linger)");
	free(path);
}

static int
doctor_config(const struct setup *s)
{
	struct config_model m;
	struct err e = ERR_INIT;
	const char *path = config_path(s->config);
	bool none;

	print_words(stdout, "config      %s%s", path == NULL ? "none" : path,
	    path != NULL && access(path, F_OK) != 0 ? " (not there)" : "");
	print_words(stdout, "sessions    %s/sessions", s->state_dir);
	print_words(stdout, "project     %s", s->root);
	if (config_str(s->config, "test") != NULL)
		print_words(stdout, "test        %s (%s)",
		    config_str(s->config, "test"),
		    config_origin(s->config, "test"));
	if (config_model(s->config, &m, &none, &e) < 0) {
		print_words(stdout, "model       none: %s", e.text);
		return none ? 0 : EXIT_USAGE;
	}
	print_words(stdout, "model       %s/%s at %s (%s, %s)", m.provider,
	    m.name, m.base_url[0] == '\0' ? m.replay_dir : m.base_url,
	    m.format, m.key == NULL ? "no key" : "key found");
	config_model_release(&m);
	return 0;
}

int
cmd_doctor(const struct cmd_args *a)
{
	struct setup s = { 0 };
	int code = doctor_programs(), rc;

	if ((rc = setup_project(&s, a)) == 0 &&
	    (rc = setup_config(&s, a, "exec")) == 0) {
		rc = doctor_cage(&s);
		if (code == 0)
			code = rc;
		rc = doctor_config(&s);
	}
	doctor_linger();
	setup_release(&s);
	return code != 0 ? code : rc;
}
