#include "config.h"

#include "sandbox/image.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "sandbox/toolchain.h"

#define IMAGE_WORD	"podman:"
#define IMAGE_MS	20000
#define IMAGE_SAID_MAX	((size_t)4 << 20)

/* The last line that begins so; NULL: there is none. */
static const char *
image_line(const struct buf *said, const char *begins)
{
	const char *at = buf_str(said), *found = NULL;

	for (; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
		if (strncmp(at, begins, strlen(begins)) == 0)
			found = at;
	return found;
}

/* The list that `podman image inspect` prints, or NULL; the caller deletes
 * it. */
static cJSON *
image_inspect(const char *name, const char *project, struct err *e)
{
	const char *argv[] = { "podman", "--log-level=error", "image",
		"inspect", "--", name, NULL };
	const char *path = getenv("PATH"), *line;
	AUTO_FREE char *program = host_program(argv[0], path == NULL ? "" :
	    path, project);
	AUTO_BUF struct buf said = BUF_INIT(IMAGE_SAID_MAX);
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_CLOSE int out = -1;
	int p[2], status;
	cJSON *doc = NULL;
	pid_t pid;

	if (program == NULL) {
		err_set(e, "there is no podman on PATH");
		return NULL;
	}
	if (pipe2(p, O_CLOEXEC) < 0) {
		err_sys(e, "podman: pipe");
		return NULL;
	}
	out = p[0];
	pid = spawn_as_user(program, argv, "/", NULL,
	    (const int[]){ null, p[1], p[1] });
	close(p[1]);
	status = pid < 0 ? -1 : spawn_wait(pid, out, clock_mono_ms() +
	    IMAGE_MS, &said);
	if (status < 0) {
		err_set(e, "podman image inspect didn't end in %d s",
		    IMAGE_MS / 1000);
		return NULL;
	}
	line = image_line(&said, status == 0 ? "[" : "Error: ");
	if (status == 0 && line != NULL)
		doc = json_parse(line, strlen(line), JSON_NUL_REPLACE, NULL);
	if (doc == NULL) {
		line = line == NULL ? "it printed nothing of use" : line +
		    strlen("Error: ");
		err_set(e, "podman image inspect: %.*s (status %d). assent "
		    "pulls nothing: podman images lists what is there",
		    (int)strcspn(line, "\n"), line, WEXITSTATUS(status));
	}
	return doc;
}

static void
image_environment(const cJSON *list, struct image *im)
{
	const cJSON *it;
	size_t n = 0;

	im->environment = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*im->environment));
	cJSON_ArrayForEach(it, list) {
		const char *text = cJSON_IsString(it) ? it->valuestring : "";
		size_t name = strspn(text,
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

		if (strncmp(text, "PATH=", 5) == 0)
			xstrset(&im->path, text + 5);
		else if (name > 0 && text[name] == '=' &&
		    text[name + 1] == '/' && strncmp(text, "LD_", 3) != 0)
			im->environment[n++] = xstrdup(text);
	}
}

/* Does podman mount the layers of its storage with a program (fuse-overlayfs)?
 * That marks what a layer removes otherwise than the kernel does. */
static bool
image_has_program(const char *layer)
{
	AUTO_FREE char *path = fs_join(layer, "../../.has-mount-program");
	AUTO_BUF struct buf b = BUF_INIT(64);

	return fs_read_file(AT_FDCWD, path, &b, NULL) == 0 &&
	    strncmp(buf_str(&b), "true", 4) == 0;
}

static int
image_read(const cJSON *doc, struct image *im, struct err *e)
{
	const cJSON *driver = json_get(doc, "GraphDriver");
	const cJSON *data = json_get(driver, "Data");
	const char *top = json_str(data, "UpperDir");
	const char *rest = json_str(data, "LowerDir");

	bool program = top != NULL && image_has_program(top);

	if (!json_is(driver, "Name", "overlay") || top == NULL || program)
		return err_set(e, "podman stores its images with the driver "
		    "%s%s, and only those of the kernel's overlay can be "
		    "shown: see containers-storage.conf(5)",
		    json_str_or(driver, "Name", "?"),
		    program ? " and a mount_program" : "");
	im->id = xstrdup_null(json_str(doc, "Id"));
	im->layers = rest == NULL ? xstrdup(top) :
	    xasprintf("%s:%s", top, rest);
	image_environment(json_array(json_get(doc, "Config"), "Env"), im);
	return 0;
}

int
image_find(const char *sandbox, const char *project, struct image *im,
    struct err *e)
{
	AUTO_JSON cJSON *doc = NULL;
	struct err why = ERR_INIT;

	memset(im, 0, sizeof(*im));
	if (sandbox == NULL ||
	    strncmp(sandbox, IMAGE_WORD, strlen(IMAGE_WORD)) != 0)
		return 0;
	im->name = xstrdup(sandbox + strlen(IMAGE_WORD));
	/* Layers of root's podman are marked otherwise (trusted.overlay). */
	if (geteuid() == 0)
		err_set(&why, "root's podman isn't rootless: run assent as an "
		    "ordinary user");
	else
		doc = image_inspect(im->name, project, &why);
	if (doc != NULL && image_read(doc->child, im, &why) == 0)
		return 1;
	e->sys = why.sys;
	return err_set(e, "can't use the image %s as the sandbox's system: %s",
	    im->name, why.text);
}

void
image_release(struct image *im)
{
	size_t i;

	for (i = 0; im->environment != NULL && im->environment[i] != NULL; i++)
		free(im->environment[i]);
	FREE_ALL(im->environment, im->name, im->id, im->layers, im->path);
	memset(im, 0, sizeof(*im));
}
