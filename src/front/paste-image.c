#include "config.h"

#include "front/paste-image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/spawn.h"

#define PASTE_MS	3000	/* the screen stands still meanwhile */
#define PASTE_MAX	((size_t)20 << 20)
#define PASTE_FILES	1000	/* in a session */

/* What it prints; -1 with *e. */
static int
paste_run(const cJSON *program, struct buf *image, struct err *e)
{
	AUTO_FREE const char **argv = xcalloc(2 +
	    (size_t)cJSON_GetArraySize(program), sizeof(*argv));
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_CLOSE int out = -1;
	const char *name = program->child->valuestring;
	const cJSON *it;
	size_t n = 1;
	int p[2], status;
	pid_t pid;

	/* It looks for the program on PATH. */
	argv[0] = "env";
	cJSON_ArrayForEach(it, program)
		argv[n++] = it->valuestring;
	if (null < 0 || pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "can't create a pipe");
	out = p[0];
	pid = spawn_as_user("/usr/bin/env", argv, "/", NULL,
	    (const int[]){ null, p[1], null });
	close(p[1]);
	status = pid < 0 ? -1 : spawn_wait(pid, out, clock_mono_ms() +
	    PASTE_MS, image);
	if (status < 0)
		return err_set(e, errno == ETIMEDOUT ? "%.80s printed no image "
		    "in %d s" : "can't start %.80s", name, PASTE_MS / 1000);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(e, "%.80s isn't installed (paste_image)", name);
	if (status != 0)
		return err_set(e, "no image on the clipboard (%.80s failed)",
		    name);
	return !image->full ? 0 : err_set(e, "the image on the clipboard is "
	    "larger than %zu MB", PASTE_MAX >> 20);
}

/* ".png" or ".jpg"; NULL: it is neither. */
static const char *
paste_ending(const struct buf *image)
{
	const char *p = buf_str(image);

	return image->len > 8 && memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0 ?
	    ".png" : image->len > 3 && memcmp(p, "\xff\xd8\xff", 3) == 0 ?
	    ".jpg" : NULL;
}

static char *
paste_file(const struct buf *image, const char *dir, const char *ending,
    struct err *e)
{
	char *path = NULL;
	int fd = -1, i;

	for (i = 1; fd < 0 && i < PASTE_FILES; i++) {
		free(path);
		path = xasprintf("%s/pasted-%d%s", dir, i, ending);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0 || fs_write_all(fd, image->p, image->len) < 0) {
		err_sys(e, "can't write %s", path);
		FREE_NULL(path);
	}
	fs_close(fd);
	return path;
}

char *
paste_image(const cJSON *program, const char *dir, struct err *e)
{
	AUTO_BUF struct buf image = BUF_INIT(PASTE_MAX);
	const char *ending;

	if (program == NULL || program->child == NULL) {
		err_set(e, "no program for images: set paste_image, such as "
		    "[\"wl-paste\", \"-t\", \"image/png\"]");
		return NULL;
	}
	if (getenv("SSH_CONNECTION") != NULL) {
		err_set(e, "over ssh the clipboard is on your machine: copy "
		    "the image here and name it, as in @shot.png");
		return NULL;
	}
	if (paste_run(program, &image, e) < 0)
		return NULL;
	ending = paste_ending(&image);
	if (ending == NULL) {
		err_set(e, "no PNG or JPEG image on the clipboard");
		return NULL;
	}
	return paste_file(&image, dir, ending, e);
}
