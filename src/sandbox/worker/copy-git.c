/* git reads a HEAD that is a symlink by where it leads, so that one is copied;
 * so is a config of which only a part may be seen. */
#include "config.h"

#include "sandbox/worker/copy-git.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"

#define COPY_GIT_MAX 65536	/* of a HEAD, or of a .git that is a file */

static void
copy_git_write(const char *path, const char *text, size_t n)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)fs_write_all(fd, text, n);
}

static void
copy_git_file(const char *from, const char *to)
{
	AUTO_BUF struct buf b = BUF_INIT(COPY_GIT_MAX);
	struct stat st;

	if (lstat(from, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_file(AT_FDCWD, from, &b, NULL) == 0)
		copy_git_write(to, b.p, b.len);
}

static void
copy_git_entry(const struct request *r, const char *from, const char *to,
    const char *name)
{
	AUTO_FREE char *real = fs_join(from, name), *link = fs_join(to, name);
	size_t i;

	for (i = 0; i < r->covers_len; i++)
		if (strcmp(r->covers[i].path, real) == 0) {
			copy_git_write(link, r->covers[i].text,
			    r->covers[i].len);
			return;
		}
	if (strcmp(name, "HEAD") == 0)
		copy_git_file(real, link);
	else
		(void)!symlink(real, link);
}

void
copy_git_show(const struct request *r)
{
	AUTO_FREE char *from = fs_join(r->root, ".git");
	AUTO_FREE char *to = fs_join(r->copy, ".git");
	AUTO_DIR DIR *d = NULL;
	struct dirent *de;
	struct stat st;

	copy_git_remove(r);
	if (lstat(from, &st) < 0)
		return;
	if (S_ISREG(st.st_mode))
		copy_git_file(from, to);
	if (!S_ISDIR(st.st_mode) || mkdir(to, 0700) < 0)
		return;
	d = fs_opendir(from);
	while (d != NULL && (de = readdir(d)) != NULL)
		if (!fs_is_dots(de->d_name))
			copy_git_entry(r, from, to, de->d_name);
}

void
copy_git_remove(const struct request *r)
{
	AUTO_FREE char *to = fs_join(r->copy, ".git");

	(void)fs_remove_tree(AT_FDCWD, to, NULL);
}
