/* Things that a confined process can't do, tried by a child. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "net/proxy.h"
#include "tests/unit/unit.h"

#define BY_FILTER (-1)

/* From which version of Landlock on the kernel refuses it; 0: without. */
struct try {
	const char	*label;
	int		 version;
	bool		 (*is_refused)(const char *file);
};

static bool
try_read(const char *file)
{
	return open(file, O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES;
}

static bool
try_write(const char *file)
{
	return open(file, O_WRONLY | O_CLOEXEC) < 0 && errno == EACCES;
}

static bool
try_list(const char *file)
{
	(void)file;
	return open("/usr/bin", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 &&
	    errno == EACCES;
}

static bool
try_exec(const char *file)
{
	static char *const argv[] = { (char *)(uintptr_t)"false", NULL };

	(void)file;
	execv("/bin/false", argv);
	return errno == EACCES;
}

static bool
try_bind(const char *file)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)file;
	return bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 &&
	    errno == EACCES;
}

static bool
try_signal(const char *file)
{
	(void)file;
	return kill(getppid(), 0) < 0 && errno == EPERM;
}

static bool
try_environment(const char *file)
{
	(void)file;
	return getenv("PATH") == NULL && getenv("http_proxy") == NULL;
}

static bool
try_descriptors(const char *file)
{
	(void)file;
	return fcntl(20, F_GETFD) < 0;
}

static bool
try_privileges(const char *file)
{
	(void)file;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && chroot("/") < 0 &&
	    errno == EPERM;
}

static bool
try_unix(const char *file)
{
	int pair[2];

	(void)file;
	/* libcurl's own pairs still work. */
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 &&
	    errno == EACCES &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0;
}

static bool
try_process(const char *file)
{
	char byte;
	struct iovec io = { &byte, 1 };

	(void)file;
	return process_vm_readv(getpid(), &io, 1, &io, 1, 0) < 0 &&
	    errno == EPERM;
}

/* Names are resolved by what is there. */
static bool
try_resolver(const char *file)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	(void)file;
	return fd >= 0;
}

static const struct try tries[] = {
	{ "read a file", 1, try_read },
	{ "write a file", 1, try_write },
	{ "list a folder", 1, try_list },
	{ "run a program", BY_FILTER, try_exec },
	{ "listen", 4, try_bind },
	{ "signal another process", BY_FILTER, try_signal },
	{ "reach a service of the user's", BY_FILTER, try_unix },
	{ "read another process", BY_FILTER, try_process },
	{ "environment", 0, try_environment },
	{ "descriptors", 0, try_descriptors },
	{ "privileges", 0, try_privileges },
	{ "resolver", 0, try_resolver },
};

TEST(test_confined)
{
	char file[] = "/tmp/assent-net-confine-XXXXXX";
	AUTO_CLOSE int fd = mkstemp(file);
	int version = (int)syscall(444, NULL, 0, 1u), status;
	size_t i;
	pid_t pid;

	assert_true(fd >= 0);
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(dup2(fd, 20), 20);
	for (i = 0; i < MEM_COUNT(tries); i++) {
		if (tries[i].version == BY_FILTER ? prctl(PR_GET_SECCOMP) < 0 :
		    tries[i].version > 0 && version < tries[i].version) {
			print_message("# this kernel can't: %s\n",
			    tries[i].label);
			continue;
		}
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			if (net_confine() < 16)
				_exit(2);
			_exit(tries[i].is_refused(file) ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status != 0)
			fail_msg("%s: %d", tries[i].label, status);
	}
	close(20);
	unlink(file);
}
