#include "config.h"

#include "cmd/doctor-scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "journal/session.h"

#define DOCTOR_SCRATCH_NAME "assent-live.XXXXXX" /* as created by cmd_scratch  \
						  */
#define DOCTOR_SCRATCH_BEGINS	(sizeof("assent-live.") - 1)

void
doctor_scratch_remove(const char *dir)
{
	struct err e = ERR_INIT;

	if (fs_remove_tree(AT_FDCWD, dir, &e) < 0)
		cmd_say("can't remove %s: %s", dir, e.text);
}

static bool
doctor_scratch_is_name(const char *name)
{
	return strlen(name) == sizeof(DOCTOR_SCRATCH_NAME) - 1 &&
	    strncmp(name, DOCTOR_SCRATCH_NAME, DOCTOR_SCRATCH_BEGINS) == 0;
}

/* The scratch directory of a session, malloc'ed; NULL for other sessions. */
static char *
doctor_scratch_of(const struct session_info *s)
{
	static const char project[] = "/project";
	size_t n = s->root == NULL ? 0 : strlen(s->root);
	size_t tail = sizeof(project) - 1;
	const char *name;
	char *dir;

	if (n <= tail || strcmp(s->root + n - tail, project) != 0)
		return NULL;
	dir = xmemdup(s->root, n - tail);
	name = strrchr(dir, '/');
	if (name != NULL && doctor_scratch_is_name(name + 1))
		return dir;
	free(dir);
	return NULL;
}

/* Its lock, if it is the user's and no process holds it; or -1. */
static int
doctor_scratch_lock(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
	    flock(fd, LOCK_EX | LOCK_NB) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Its creator may exit before the core. */
static bool
doctor_scratch_is_used(
    const char *dir, const struct session_info *list, size_t n)
{
	bool used = false;
	size_t i;

	for (i = 0; !used && i < n; i++) {
		AUTO_FREE char *of = doctor_scratch_of(&list[i]);

		used = of != NULL && list[i].alive && strcmp(of, dir) == 0;
	}
	return used;
}

static void
doctor_scratch_sweep_folders(const char *tmp, const struct session_info *list,
    size_t n)
{
	DIR *d = fs_opendir(tmp);
	struct dirent *de;
	char *dir;
	int lock;

	while ((de = fs_dir_next(&d)) != NULL) {
		if (!doctor_scratch_is_name(de->d_name))
			continue;
		dir = fs_join(tmp, de->d_name);
		lock = doctor_scratch_lock(dir);
		if (lock >= 0 && !doctor_scratch_is_used(dir, list, n))
			doctor_scratch_remove(dir);
		fs_close(lock);
		free(dir);
	}
}

/* Sessions whose directory is gone. */
static void
doctor_scratch_sweep_sessions(const struct session_info *list, size_t n)
{
	struct stat st;
	size_t i;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *of =
		    list[i].alive ? NULL : doctor_scratch_of(&list[i]);
		AUTO_FREE char *dir =
		    of == NULL || lstat(of, &st) == 0 || errno != ENOENT ?
			NULL :
			session_dir(list[i].id, NULL);

		if (dir != NULL)
			doctor_scratch_remove(dir);
	}
}

static void
doctor_scratch_sweep(const char *dir)
{
	struct session_info *list = NULL;
	struct err e = ERR_INIT;
	size_t n = 0;
	AUTO_FREE char *tmp = NULL;

	if (session_list(NULL, &list, &n, &e) < 0)
		return;
	tmp = xmemdup(dir, strlen(dir) - sizeof(DOCTOR_SCRATCH_NAME));
	doctor_scratch_sweep_folders(tmp, list, n);
	doctor_scratch_sweep_sessions(list, n);
	session_list_free(list, n);
}

int
doctor_scratch_open(struct doctor_scratch *s, struct err *e)
{
	struct err ignored = ERR_INIT;
	AUTO_FREE char *made = cmd_scratch("live", e);

	s->lock = -1;
	s->dir = made == NULL ? NULL : fs_realpath(made);
	if (made != NULL && s->dir == NULL)
		err_sys(e, "can't find %s", made);
	if (s->dir == NULL)
		return -1;
	s->lock = doctor_scratch_lock(s->dir);
	if (s->lock < 0) {
		err_sys(e, "can't lock %s", s->dir);
		doctor_scratch_close(s);
		return -1;
	}
	doctor_scratch_sweep(s->dir);
	(void)cmd_find_state(s->dir, &ignored);
	return 0;
}

void
doctor_scratch_close(struct doctor_scratch *s)
{
	if (s->dir != NULL)
		doctor_scratch_remove(s->dir);
	fs_close(s->lock);
	free(s->dir);
}
