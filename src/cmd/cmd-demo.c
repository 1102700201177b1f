/*
 * cmd-demo: a recorded session on a copy of the sample project, with the same
 * core, sandbox and gate as any other.  It needs no key, network or
 * configuration. At the end it runs the sample's test on the files that were
 * written.
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/plain.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "journal/session.h"
#include "ui/app/app.h"

#define DEMO_FILE_MAX ((size_t)1 << 20)

static const char demo_task[] =
    "The test fails. Find out why, fix it, and note it in CHANGES.";
static const char demo_test[] = "sh check.sh";
/* Commits the sample for /commit, whatever settings the user's own git has. If
 * there is no git, there is no commit. */
static const char demo_git[] =
    "unset $(git rev-parse --local-env-vars); git -c init.defaultBranch=main init -q && "
    "git config user.name you && git config user.email you@localhost && "
    "git config commit.gpgSign false && git config core.hooksPath /dev/null && "
    "git add . && git commit -q -m 'hms 0.2'";

/* The sample is small and ours: plain files, one level of directories. */
static int
demo_copy(const char *from, const char *to, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(DEMO_FILE_MAX);
	AUTO_DIR DIR *d = fs_opendir(from);
	struct dirent *de;
	int rc = 0;

	if (d == NULL || mkdir(to, 0755) < 0)
		return err_sys(e, "can't copy %s to %s", from, to);
	while (rc == 0 && (de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *src = NULL, *dst = NULL;
		struct stat st;

		if (de->d_name[0] == '.')
			continue;
		src = fs_join(from, de->d_name);
		dst = fs_join(to, de->d_name);
		if (stat(src, &st) < 0)
			rc = err_sys(e, "can't read %s", src);
		else if (S_ISDIR(st.st_mode))
			rc = demo_copy(src, dst, e);
		else if ((rc = fs_read_file(AT_FDCWD, src, &b, e)) == 0) {
			AUTO_CLOSE int fd = open(
			    dst, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

			if (fd < 0 || fs_write_all(fd, buf_str(&b), b.len) < 0)
				rc = err_sys(e, "can't write %s", dst);
			buf_clear(&b);
		}
	}
	return rc;
}

/* Run a shell command on the real files, silently; its exit status. */
static int
demo_run(const char *dir, const char *command)
{
	const char *const argv[] = { "sh", "-c", command, NULL };

	return spawn_quiet("/bin/sh", argv, dir, NULL);
}

static cJSON *
demo_start(const char *root, const char *answers, const char *least,
    bool person)
{
	static const char start[] =
	    "{\"type\":\"start\",\"mode\":\"demo\",\"approve\":\"yes\","
	    "\"plan\":\"auto\",\"proofs\":\"off\",\"sandbox\":\"auto\","
	    "\"test_by\":\"flag\",\"max_turns\":30,\"limits\":{},"
	    "\"model\":{\"provider\":\"demo\",\"name\":\"recording\","
	    "\"format\":\"openai-chat\",\"base_url\":\"\"}}";
	struct err e = ERR_INIT;
	cJSON *o = json_parse(start, sizeof(start) - 1, JSON_NUL_REFUSE, &e);
	cJSON *m = cJSON_GetObjectItemCaseSensitive(o, "model");

	JSON_ADD_TEXTS(o, "root", root, "cwd", root, "sandbox_require", least,
	    "task", demo_task, "test", demo_test, "home", getenv("HOME"),
	    "path", getenv("PATH"));
	json_add_str(m, "answers", answers);
	json_add_bool(m, "paced", person);
	if (person) {
		json_set_take(o, "approve", cJSON_CreateString("ask"));
		json_set_take(o, "plan", cJSON_CreateString("require"));
	}
	json_add_bool(o, "person", person);
	json_add_bool(o, "keep_alive", false);
	return o;
}

/* The full-screen UI if possible, else plain mode. */
static int
demo_session(const char *root, const char *answers, const struct setup *s,
    bool plain, struct err *e)
{
	const char *least = json_str(s->config->values, "sandbox_require");
	struct headless_options o = { 0 };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	struct client c = { 0 };
	enum ui_end how = UI_NO_SCREEN;
	bool person = headless_person();
	int code;

	if (client_start(&c, demo_start(root, answers, least, person), NULL,
	    e) < 0)
		return -1;
	if (person) {
		struct ui_options u = {
			.client = &c, .end = &how,
			.in_git = project_has_git(root),
		};

		setup_likes(s, &u.likes);
		code = plain ? plain_run(&c, &u) : app_run(&u);
		if (how != UI_NO_SCREEN) {
			client_release(&c);
			return code;
		}
		o.person = true;
	}
	return headless_run(&c, &o, &r);
}

/* If the state directory is missing or read-only, keep the following sessions
 * in `scratch` and return -1 with the reason. */
static int
demo_find_state(const char *scratch, struct err *e)
{
	AUTO_FREE char *state = session_state_dir(e);
	int rc = state == NULL ? -1 : fs_mkdirs(state, 0700, e);

	if (rc == 0 && access(state, W_OK | X_OK) < 0)
		rc = err_sys(e, "can't write to %s", state);
	if (rc < 0) {
		AUTO_FREE char *own = fs_join(scratch, "state");

		(void)setenv("XDG_STATE_HOME", own, 1);
	}
	return rc;
}

int
cmd_demo(const struct cmd_args *a)
{
	AUTO_FREE char *dir = NULL;
	AUTO_FREE char *root = NULL;
	AUTO_FREE char *sample = NULL;
	AUTO_FREE char *answers = NULL;
	struct err e = ERR_INIT, ignored = ERR_INIT;
	AUTO(setup_release) struct setup s = { 0 };
	int code = EXIT_ERROR, before, after;

	/* The demo reads only the user's requirements on the host from the
	 * configuration, and what they like on a screen. */
	code = setup_config(&s, a, "demo");
	if (code != 0)
		return code;
	code = EXIT_ERROR;
	dir = cmd_scratch("demo", &e);
	if (dir == NULL)
		return cmd_fail_err(&e);
	/* A missing or read-only home must not prevent the demo. */
	if (demo_find_state(dir, &ignored) < 0)
		cmd_say("%s; this session won't be kept", ignored.text);
	ignored = (struct err)ERR_INIT;
	sample = self_find(SELF_SHARE, "demo/project", &e);
	answers = self_find(SELF_SHARE, "demo/answers.jsonl", &e);
	root = fs_join(dir, "hms");
	if (sample == NULL || answers == NULL ||
	    demo_copy(sample, root, &e) < 0)
		goto out;
	(void)demo_run(root, demo_git);
	before = demo_run(root, demo_test);
	cmd_say("a recording of a model at work on a sample project, %s; "
	    "its test %s", root,
	    before == 0 ? "passes already" : "fails");
	fflush(stderr);
	code = demo_session(root, answers, &s, a->plain ||
	    plain_is_needed(), &e);
	if (code < 0) {
		code = EXIT_ERROR;
		goto out;
	}
	if (code == EXIT_SANDBOX)
		goto out;
	after = demo_run(root, demo_test);
	cmd_say("the sample project's test after this session: %s",
	    after == 0 ? "passes" : "fails");
	if (code == EXIT_DONE && (after != 0 || before == 0))
		code = EXIT_UNPROVEN;
out:
	if (err_is_set(&e))
		cmd_say("%s", e.text);
	if (fs_remove_tree(AT_FDCWD, dir, &ignored) < 0)
		cmd_say("can't remove %s: %s", dir, ignored.text);
	return code;
}
