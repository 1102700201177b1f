/*
 * assent-core: one session.  Descriptor 3 is the first client (man
 * assent-journal, "The socket").  Also: `verify DIR` and `probe ROOT`.
 */
#include "config.h"

#include "core/core.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/self.h"
#include "cage/toolchain.h"

#define MAIN_CLIENT_FD 3

static void
main_signal(void *arg, int fd, unsigned events)
{
	struct core *c = arg;
	struct signalfd_siginfo si;

	(void)events;
	if (read(fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (c->active && !c->ended && c->journal != NULL)
		core_end(c, "signal");
	else
		server_end_when_flushed(c->server, 1);
}

/* No core dumps, no ptrace by others: the key is in this process. */
static void
main_harden(void)
{
	struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}

static int
main_session(void)
{
	struct loop *loop = loop_new();
	struct server *server;
	struct core *core;
	struct loop_watch *watch;
	sigset_t set;
	int sfd, status;

	if (fcntl(MAIN_CLIENT_FD, F_GETFD) < 0) {
		fputs("assent-core is started by assent; see assent(1)\n",
		    stderr);
		loop_free(loop);
		return 2;
	}
	(void)fcntl(MAIN_CLIENT_FD, F_SETFD, FD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	server = server_new(loop, MAIN_CLIENT_FD);
	core = core_new(loop, server);
	server_set_core(server, core);
	watch = loop_watch_new(loop, sfd, LOOP_READ, main_signal, core);
	status = loop_run(loop);
	loop_watch_free(watch);
	core_free(core);
	server_free(server);
	loop_free(loop);
	close(sfd);
	return status;
}

struct verify {
	struct blob_store	*blobs;
	const char		*dir;
};

static bool
verify_has(void *arg, const char *hash)
{
	struct verify *v = arg;
	char *path;
	bool there;

	if (blob_has(v->blobs, hash))
		return true;
	path = xasprintf("%s/out/%s", v->dir, hash);
	there = access(path, R_OK) == 0;
	free(path);
	return there;
}

static int
main_verify(const char *dir)
{
	struct verify v = { NULL, dir };
	struct err e = ERR_INIT;
	int64_t lines = 0;
	int rc;

	v.blobs = blob_store_open(dir, &e);
	rc = v.blobs == NULL ? -1 :
	    journal_verify(dir, verify_has, &v, &lines, &e);
	blob_store_free(v.blobs);
	if (rc < 0) {
		printf("damaged: %s\n", e.text);
		return 1;
	}
	printf("%lld lines, chain, head and contents are sound\n",
	    (long long)lines);
	return 0;
}

static void
probe_toolchain(void *arg, const char *path, bool is_mask)
{
	if (!is_mask)
		cJSON_AddItemToArray(arg, cJSON_CreateString(path));
}

static int
main_probe(const char *root, bool container)
{
	struct err e = ERR_INIT;
	struct cage_limits limits;
	char *worker = self_program("assent-worker", &e), *line, *why, *text;
	char tmp[] = "/tmp/assent-probe-XXXXXX";
	cJSON *o, *list;
	enum cage_rung rung;

	if (worker == NULL || mkdtemp(tmp) == NULL) {
		fprintf(stderr, "assent-core: %s\n", worker == NULL ? e.text :
		    "cannot make a folder below /tmp");
		free(worker);
		return 1;
	}
	cage_limits_strict(&limits);
	rung = cage_probe(worker, root, tmp, &limits, container, &line, &why);
	o = cJSON_CreateObject();
	json_add_str(o, "rung", cage_rung_name(rung));
	json_add_str(o, "line", line);
	json_add_str(o, "why", why);
	list = cJSON_CreateArray();
	if (getenv("HOME") != NULL)
		toolchain_each(getenv("HOME"), getenv("PATH"), probe_toolchain,
		    list);
	json_set_take(o, "toolchains", list);
	text = json_print(o);
	puts(text);
	free(text);
	cJSON_Delete(o);
	free(line);
	free(why);
	free(worker);
	(void)fs_remove_tree(AT_FDCWD, tmp, NULL);
	return 0;
}

int
main(int argc, char **argv)
{
	main_harden();
	if (argc == 3 && strcmp(argv[1], "verify") == 0)
		return main_verify(argv[2]);
	if (argc >= 3 && strcmp(argv[1], "probe") == 0)
		return main_probe(argv[2], argc == 4 &&
		    strcmp(argv[3], "container") == 0);
	return main_session();
}
