/*
 * core-faults: assent-core, in which one system call of an apply fails, or ends
 * the process before it is made.  For tests only.
 *
 * Which one is said in a file `fault` beside the program: the number of the call
 * among those from the beginning of apply_prepare to the end of apply_commit,
 * and an errno, or 0 for an end; with `+` after it all that need room or rights
 * fail from then on; with a call's name behind it only those are counted.  The
 * file `fired` gets a line with the call's name.  With a file `noflags` no names
 * are exchanged, as on NFS.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/gate.h"

#define FAULT_EXIT 9

static struct {
	bool	 read;		/* the file was */
	bool	 armed;
	int	 left;		/* calls; 0: it has fired, or never will */
	int	 error;
	bool	 for_good, fired;
	bool	 no_flags;
	char	 only[32];	/* calls of this name, or "" */
	char	 dir[PATH_MAX];
} fault;

static bool
fault_has(const char *name)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", fault.dir, name);
	return access(path, F_OK) == 0;
}

static void
fault_read(void)
{
	ssize_t n = readlink("/proc/self/exe", fault.dir,
	    sizeof(fault.dir) - 1);
	char path[PATH_MAX + 8], more = 0;
	FILE *f;

	fault.read = true;
	if (n <= 0)
		return;
	fault.dir[n] = '\0';
	*strrchr(fault.dir, '/') = '\0';
	fault.no_flags = fault_has("noflags");
	snprintf(path, sizeof(path), "%s/fault", fault.dir);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	if (fscanf(f, "%d %d%c", &fault.left, &fault.error, &more) < 2)
		fault.left = 0;
	fault.for_good = more == '+';
	if (fscanf(f, "%31s", fault.only) != 1)
		fault.only[0] = '\0';
	fclose(f);
}

static void
fault_say(const char *name)
{
	char path[PATH_MAX + 8];
	FILE *f;

	snprintf(path, sizeof(path), "%s/fired", fault.dir);
	fault.armed = false;	/* these are excluded */
	f = fopen(path, "ae");
	if (f != NULL) {
		fprintf(f, "%s\n", name);
		fclose(f);
	}
	fault.armed = true;
}

/* True, with errno, if this call is the one. */
static bool
fault_here(const char *name, bool needs)
{
	if (!fault.armed)
		return false;
	if (fault.fired && fault.for_good && needs) {
		errno = fault.error;
		return true;
	}
	if ((fault.only[0] != '\0' && strcmp(fault.only, name) != 0) ||
	    fault.left == 0 || --fault.left > 0)
		return false;
	fault.fired = true;
	fault_say(name);
	if (fault.error == 0)
		_exit(FAULT_EXIT);
	errno = fault.error;
	return true;
}

struct apply_tx *__real_apply_prepare(int, const char *, struct blob_store *,
    struct apply_op *, size_t, struct err *);
struct apply_tx *__wrap_apply_prepare(int, const char *, struct blob_store *,
    struct apply_op *, size_t, struct err *);
void	__real_apply_commit_free(struct apply_tx *);
void	__wrap_apply_commit_free(struct apply_tx *);

struct apply_tx *
__wrap_apply_prepare(int root_fd, const char *undo, struct blob_store *b,
    struct apply_op *ops, size_t n, struct err *e)
{
	struct apply_tx *tx;

	if (!fault.read)
		fault_read();
	fault.armed = true;
	tx = __real_apply_prepare(root_fd, undo, b, ops, n, e);
	fault.armed = tx != NULL;
	return tx;
}

void
__wrap_apply_commit_free(struct apply_tx *tx)
{
	__real_apply_commit_free(tx);
	fault.armed = false;
}

/* clang-format off */
#define FAULT_CALL(name, needs, declared, given)			\
	int	__real_##name declared;					\
	int	__wrap_##name declared;					\
	int								\
	__wrap_##name declared						\
	{								\
		return fault_here(#name, needs) ? -1 : __real_##name given; \
	}

FAULT_CALL(renameat, true,
    (int a, const char *b, int c, const char *d), (a, b, c, d))
FAULT_CALL(unlinkat, false, (int a, const char *b, int f), (a, b, f))
FAULT_CALL(fsync, true, (int fd), (fd))
FAULT_CALL(fchmod, false, (int fd, mode_t m), (fd, m))
FAULT_CALL(fchown, false, (int fd, uid_t u, gid_t g), (fd, u, g))
FAULT_CALL(fsetxattr, true,
    (int fd, const char *n, const void *p, size_t len, int f),
    (fd, n, p, len, f))
FAULT_CALL(mkdirat, true, (int fd, const char *n, mode_t m), (fd, n, m))
FAULT_CALL(symlinkat, true, (const char *t, int fd, const char *n), (t, fd, n))
/* clang-format on */

int	__real_renameat2(int, const char *, int, const char *, unsigned);
int	__wrap_renameat2(int, const char *, int, const char *, unsigned);
int	__real_linkat(int, const char *, int, const char *, int);
int	__wrap_linkat(int, const char *, int, const char *, int);

int
__wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	if (fault_here("renameat2", true))
		return -1;
	if (fault.no_flags && flags != 0) {
		errno = EINVAL;
		return -1;
	}
	return __real_renameat2(a, from, b, to, flags);
}

int
__wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	if (fault_here("linkat", true))
		return -1;
	return __real_linkat(a, from, b, to, flags);
}

ssize_t	__real_write(int, const void *, size_t);
ssize_t	__wrap_write(int, const void *, size_t);
int	__real_openat(int, const char *, int, ...);
int	__wrap_openat(int, const char *, int, ...);

/* Writes to files, not to clients, which can't be full. */
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	struct stat st;

	if (fault.armed && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fault_here("write", true))
		return -1;
	return __real_write(fd, p, n);
}

int
__wrap_openat(int fd, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
		if (fault_here("openat", true))
			return -1;
	}
	return __real_openat(fd, name, flags, mode);
}
