/* What the model wrote goes into the user's editor: all that the sanitizer
 * would mark is written as an escape of JSON, which loses nothing. */
#include "config.h"

#include "ui/editor.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"

#define EDITOR_FILE "plan.json"
#define EDITOR_MAX ((size_t)4 << 20)

char *
editor_text(const cJSON *plan)
{
	struct buf b = BUF_INIT(0);
	char *s = cJSON_Print(plan);
	size_t n = s == NULL ? 0 : strlen(s), i, used;
	uint32_t cp;

	for (i = 0; i < n; i += used) {
		used = utf8_next(s + i, n - i, &cp);
		if (used == 0) {
			used = 1;
			continue;
		}
		if (cp == '\n' || cp == '\t' || sanitize_is_plain(cp, 0))
			buf_add(&b, s + i, used);
		else if (cp < 0x10000)
			buf_addf(&b, "\\u%04x", cp);
		else
			buf_addf(&b, "\\u%04x\\u%04x",
			    0xd800 + ((cp - 0x10000) >> 10),
			    0xdc00 + ((cp - 0x10000) & 0x3ff));
	}
	buf_addc(&b, '\n');
	cJSON_free(s);
	return buf_take(&b);
}

static void
editor_clean(struct editor *ed)
{
	if (ed->dir == NULL)
		return;
	if (ed->dirfd >= 0)
		close(ed->dirfd);
	fs_remove_tree(AT_FDCWD, ed->dir, NULL);
	free(ed->dir);
	cJSON_Delete(ed->before);
	memset(ed, 0, sizeof(*ed));
}

static void
editor_exec(const struct editor *ed)
{
	const char *name = getenv("VISUAL");
	char *command;
	sigset_t none;

	if (name == NULL || name[0] == '\0')
		name = getenv("EDITOR");
	if (name == NULL || name[0] == '\0')
		name = "vi";
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fchdir(ed->dirfd) < 0)
		_exit(127);
	setenv("PWD", ed->dir, 1);
	/* As git does: EDITOR may have arguments. */
	command = xasprintf("exec %s \"$@\"", name);
	execl("/bin/sh", "sh", "-c", command, name, EDITOR_FILE, (char *)NULL);
	_exit(127);
}

int
editor_start(struct editor *ed, const char *json, int version, struct err *e)
{
	const char *tmp = getenv("XDG_RUNTIME_DIR");
	cJSON *plan;
	char *text;
	int rc;

	memset(ed, 0, sizeof(*ed));
	if (tmp == NULL || tmp[0] != '/' || access(tmp, W_OK) < 0)
		tmp = getenv("TMPDIR");
	if (tmp == NULL || tmp[0] != '/')
		tmp = "/tmp";
	ed->dir = xasprintf("%s/assent-plan-XXXXXX", tmp);
	if (mkdtemp(ed->dir) == NULL) {
		err_sys(e, "cannot make a private folder in %s", tmp);
		free(ed->dir);
		ed->dir = NULL;
		return -1;
	}
	ed->dirfd = open(ed->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ed->dirfd < 0) {
		err_sys(e, "cannot open %s", ed->dir);
		goto fail;
	}
	plan = json_parse(json, strlen(json), JSON_NUL_REPLACE, e);
	if (plan == NULL)
		goto fail;
	ed->before = plan;
	text = editor_text(plan);
	rc = fs_replace(ed->dirfd, EDITOR_FILE, text, strlen(text), 0600, e);
	free(text);
	if (rc < 0)
		goto fail;
	ed->version = version;
	ed->pid = fork();
	if (ed->pid == 0)
		editor_exec(ed);
	if (ed->pid < 0) {
		err_sys(e, "cannot start the editor");
		goto fail;
	}
	return 0;
fail:
	ed->pid = 0;
	editor_clean(ed);
	return -1;
}

cJSON *
editor_finish(struct editor *ed, int status, struct err *e)
{
	struct buf b = BUF_INIT(EDITOR_MAX);
	cJSON *plan = NULL;

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		err_set(e, "the editor did not end well: the plan is as it "
		    "was");
	else if (fs_read_file(ed->dirfd, EDITOR_FILE, &b, e) == 0) {
		plan = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, e);
		if (plan != NULL && !cJSON_IsObject(plan))
			err_set(e, "the edited plan is no JSON object: the "
			    "plan is as it was");
		else if (plan != NULL && cJSON_Compare(plan, ed->before, true))
			err_set(e, "the plan was not changed, and not sent "
			    "· y approves it");
		if (err_is_set(e)) {
			cJSON_Delete(plan);
			plan = NULL;
		}
	}
	buf_release(&b);
	editor_clean(ed);
	return plan;
}
