/*
 * The last steps before foreign code, whose order matters: descriptors, folder,
 * rlimits and affinity while we may set them; then capabilities, NO_NEW_PRIVS,
 * landlock, and the filter, which would refuse some of the earlier steps.
 */

#include "config.h"

#include "sandbox/payload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/certificates.h"
#include "base/clock.h"
#include "base/fdpass.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/broker.h"
#include "sandbox/filter.h"
#include "sandbox/init.h"
#include "sandbox/landlock.h"
#include "sandbox/selftest.h"
#include "sandbox/sys.h"
#include "sandbox/tasks.h"
#include "sandbox/toolchain.h"
#include "tool/tool.h"

#define PROXY_NOT_FOR "localhost,127.0.0.1,::1"
#define PAYLOAD_CANNOT_RUN	126
#define PAYLOAD_LOW	10	/* nice(2) of what runs beside other work */

/* Exit statuses of the payload as in a shell. */
#define PAYLOAD_NOT_FOUND	127

/* The environment variables that lead programs to a proxy. */
static const char *const proxy_variables[] = {
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy",
	"all_proxy", NULL
};

/* The value of those variables, malloc'ed. The secret is NULL where the
 * loopback is the sandbox's own. */
static char *
proxy_address(int port, const char *secret)
{
	return xasprintf("http://%s%s%s127.0.0.1:%d",
	    secret == NULL ? "" : "assent:", secret == NULL ? "" : secret,
	    secret == NULL ? "" : "@", port);
}

extern char **environ;

int
payload_drop(struct err *e)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2];

	/* The bounding set: a process with CAP_SETPCAP must drop it, and one
	 * without has nothing that it would restrict. */
	(void)prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
	    SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
	    SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
	    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	memset(none, 0, sizeof(none));
	if (syscall(SYS_capset, &head, none) < 0)
		return err_sys(e, "capabilities: cannot drop them");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "no_new_privs");
	return 0;
}

static int
payload_limit(int what, int64_t soft, int64_t hard)
{
	struct rlimit l;

	l.rlim_max = (rlim_t)sandbox_limits_host(what, hard);
	l.rlim_cur = (rlim_t)soft < l.rlim_max ? (rlim_t)soft : l.rlim_max;
	return setrlimit((unsigned)what, &l);
}

static int
payload_limits(const struct payload *p, struct err *e)
{
	const struct sandbox_limits *l = &p->r->limits;
	int64_t pids = l->pids;
	cpu_set_t cpus, one;
	struct sysinfo all;
	size_t cpu;
	int now;

	/* Outside a user namespace of its own, the kernel also counts this
	 * user's other processes. It limits root only in a container: there the
	 * number of all processes will do. */
	if (!p->inside && getuid() == 0 && sysinfo(&all) == 0)
		pids += all.procs;
	else if (!p->inside)
		pids += tasks_count_uid(getuid());
	else if (p->r->stays)
		pids++;		/* the first process of all calls */
	/* One byte is less than any core file, and unlike 0 it also prevents a
	 * handler in core_pattern, which would run on the host. The filter
	 * keeps it so. */
	if (payload_limit(RLIMIT_CORE, 1, 1) < 0 ||
	    /* Users of audio may have real-time priority, above the processes
	     * that watch the limits. */
	    payload_limit(RLIMIT_RTPRIO, 0, 0) < 0 ||
	    payload_limit(RLIMIT_NICE, 0, 0) < 0 ||
	    payload_limit(RLIMIT_NOFILE, 1024, 4096) < 0 ||
	    payload_limit(RLIMIT_FSIZE, l->disk_bytes, l->disk_bytes) < 0 ||
	    payload_limit(RLIMIT_NPROC, pids, pids) < 0)
		return err_sys(e, "rlimits: cannot set them");
	/* The processes that watch it may have a higher priority. */
	now = p->nice;
	if (p->r->low && now < PAYLOAD_LOW)
		now = PAYLOAD_LOW;
	(void)setpriority(PRIO_PROCESS, 0, now);
	if (!sandbox_limits_pinned(l) ||
	    sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 0;
	/* One of the CPUs that we may use, not always the first. */
	now = sched_getcpu();
	cpu = now < 0 ? CPU_SETSIZE : (size_t)now;
	if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &cpus))
		for (cpu = 0; cpu < CPU_SETSIZE - 1; cpu++)
			if (CPU_ISSET(cpu, &cpus))
				break;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		return err_sys(e, "cpu: cannot pin it");
	return 0;
}

/* The folder that corresponds to `path` in the project, as the payload sees
 * it. */
static char *
payload_path(const struct payload *p, const char *path)
{
	const struct sandbox_spec *r = p->r;

	if (!fs_is_below(path, r->root))
		path = r->root;
	if (p->inside)
		return xstrdup(path);
	return xasprintf("%s%s", r->copy, path + strlen(r->root));
}

/* Is it on level C? */
static bool
payload_is_brokered(const struct payload *p)
{
	return sandbox_levels[p->r->level].brokers;
}

/* NULL-terminated. */
struct payload_env {
	char	**v;
	size_t	 len;
};

static void
payload_add_take(struct payload_env *env, char *text)
{
	GROW_BY(env->v, env->len, 2);
	env->v[env->len++] = text;
	env->v[env->len] = NULL;
}

/* A variable that the user hasn't set. */
static void
payload_add_variable(struct payload_env *env, const char *name,
    const char *path)
{
	size_t n = strlen(name), i;

	for (i = 0; i < env->len; i++)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			return;
	payload_add_take(env, xasprintf("%s=%s", name, path));
}

/* Landlock decides whether it may be read; a file may also be missing. */
static bool
payload_can_read(const struct payload *p, const char *below, bool file)
{
	AUTO_FREE char *path = fs_join(p->r->home, below);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 || (file && errno == ENOENT);
}

/* Variables that name caches which may be read-only. */
static void
payload_caches(const struct payload *p, struct payload_env *env)
{
	static const struct {
		const char	*name, *value, *cache;	/* below the home */
		const char	*file;		/* read there, if it exists */
	} rows[] = {
		{ "CARGO_HOME", ".cargo", ".cargo/registry",
		  ".cargo/config.toml" },
		{ "GOMODCACHE", "go/pkg/mod", "go/pkg/mod", NULL },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		AUTO_FREE char *value = fs_join(p->r->home, rows[i].value);

		if (payload_can_read(p, rows[i].cache, false) &&
		    (rows[i].file == NULL ||
		    payload_can_read(p, rows[i].file, true)))
			payload_add_variable(env, rows[i].name, value);
	}
}

/* Variables that point to a toolchain's folder, since the home differs from the
 * one that it is in; only for existing folders. */
static void
payload_toolchain_variables(const char *home, struct payload_env *env)
{
	static const char *const rows[][2] = {
		{ "ASDF_DATA_DIR", ".asdf" }, { "DOTNET_ROOT", ".dotnet" },
		{ "ELAN_HOME", ".elan" }, { "GOENV_ROOT", ".goenv" },
		{ "MISE_DATA_DIR", ".local/share/mise" },
		{ "NODENV_ROOT", ".nodenv" }, { "NVM_DIR", ".nvm" },
		{ "OPAMROOT", ".opam" }, { "PYENV_ROOT", ".pyenv" },
		{ "RBENV_ROOT", ".rbenv" }, { "RUSTUP_HOME", ".rustup" },
		{ "SDKMAN_DIR", ".sdkman" }, { "VOLTA_HOME", ".volta" },
	};
	struct stat st;
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		AUTO_FREE char *dir = fs_join(home, rows[i][1]);

		if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
			payload_add_variable(env, rows[i][0], dir);
	}
}

/* Variables such as JAVA_HOME, if the sandbox shows their directory. */
static void
payload_toolchains(const struct payload *p, struct payload_env *env)
{
	const char *const *v = p->r->environment;
	struct stat st;

	for (; v != NULL && *v != NULL; v++) {
		const char *path = strchr(*v, '=') + 1;
		AUTO_FREE char *name =
		    xmemdup(*v, (size_t)(path - *v) - 1);

		/* An image may set HOME. */
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			payload_add_variable(env, name, path);
	}
	if (p->r->home == NULL || strcmp(p->home, p->r->home) == 0)
		return;
	payload_toolchain_variables(p->r->home, env);
	if (payload_is_brokered(p))
		payload_caches(p, env);
}

/* The proxy variables, and NO_PROXY for the project's own servers. */
static void
payload_proxy(const struct payload *p, struct payload_env *env)
{
	AUTO_FREE char *at = proxy_address(p->proxy_port, p->r->net_secret);
	const char *const *name;

	for (name = proxy_variables; *name != NULL; name++)
		payload_add_take(env, xasprintf("%s=%s", *name, at));
	payload_add_take(env, xstrdup("NO_PROXY=" PROXY_NOT_FOR));
	payload_add_take(env, xstrdup("no_proxy=" PROXY_NOT_FOR));
	payload_add_take(env, xstrdup("NODE_USE_ENV_PROXY=1"));
}

/* "NAME=VALUE", instead of ours. */
static void
payload_set_take(struct payload_env *env, char *text)
{
	size_t n = strcspn(text, "=") + 1, i;

	for (i = 0; i < env->len; i++)
		if (strncmp(env->v[i], text, n) == 0)
			env->v[i--] = env->v[--env->len];
	payload_add_take(env, text);
}

/* Variables that the user set for registries, for an MCP server, or that an agent's
 * row has. */
static void
payload_own(const struct payload *p, struct payload_env *env)
{
	const char *const *v = p->r->settings;
	const cJSON *it;

	for (; v != NULL && *v != NULL; v++)
		if (strchr("/~", **v) == NULL)
			payload_set_take(env, xstrdup(*v));
	if (!p->r->is_server && strcmp(p->r->tool, "argv") != 0)
		return;
	cJSON_ArrayForEach(it, json_get(p->r->args, "env"))
		if (cJSON_IsString(it))
			payload_set_take(env, xasprintf("%s=%s", it->string,
			    it->valuestring));
}

/* Only the variables listed here. */
static void
payload_environment(const struct payload *p)
{
	static const char *const fixed[] = {
		"LANG=C.UTF-8", "GIT_OPTIONAL_LOCKS=0",
		"GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_KEY_0=core.fsmonitor",
		"GIT_CONFIG_VALUE_0=false",
		"GIT_CONFIG_KEY_1=core.hooksPath",
		"GIT_CONFIG_VALUE_1=/dev/null",
		"GIT_CONFIG_KEY_2=safe.directory", "GIT_CONFIG_VALUE_2=*",
		/* Looking for updates of themselves would be refused. */
		"NO_UPDATE_NOTIFIER=1", "npm_config_update_notifier=false",
		"PIP_DISABLE_PIP_VERSION_CHECK=1",
	};
	/* The files of a copy are others than git has seen, with the same size
	 * and time. */
	static const char *const copied[] = {
		"GIT_CONFIG_COUNT=5",
		"GIT_CONFIG_KEY_3=core.checkStat", "GIT_CONFIG_VALUE_3=minimal",
		"GIT_CONFIG_KEY_4=core.trustctime", "GIT_CONFIG_VALUE_4=false",
	};
	static const char *const dumb[] = {
		"TERM=dumb", "PAGER=cat", "GIT_PAGER=cat", "NO_COLOR=1",
	};
	struct payload_env env = { 0 };
	size_t i;

	for (i = 0; i < MEM_COUNT(dumb) && !p->r->on_terminal; i++)
		payload_add_take(&env, xstrdup(dumb[i]));
	if (p->r->on_terminal)
		payload_add_take(&env, xstrdup("TERM=xterm-256color"));
	for (i = 0; i < MEM_COUNT(fixed); i++)
		payload_add_take(&env, xstrdup(fixed[i]));
	if (!payload_is_brokered(p))
		payload_add_take(&env, xasprintf("GIT_CONFIG_COUNT=%d",
		    SANDBOX_GIT_SETTINGS));
	for (i = 0; i < MEM_COUNT(copied) && payload_is_brokered(p);
	    i++)
		payload_add_take(&env, xstrdup(copied[i]));
	payload_add_take(&env, xasprintf("HOME=%s", p->home));
	payload_add_take(&env, xasprintf("TMPDIR=%s", p->tmp));
	payload_add_take(&env, xasprintf("PATH=%s", p->path));
	payload_add_take(&env, xasprintf("SHELL=%s",
	    access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh"));
	payload_add_take(&env, xasprintf("ASSENT_SANDBOX=%s",
	    sandbox_levels[p->r->level].name));
	if (!p->inside) {
		char *up = xstrdup(p->r->copy), *slash = strrchr(up, '/');

		/* These would use /tmp, which is the host's. */
		payload_add_take(&env, xasprintf("TMUX_TMPDIR=%s", p->tmp));
		payload_add_take(&env, xasprintf("JAVA_TOOL_OPTIONS="
		    "-Djava.io.tmpdir=\"%s\"", p->tmp));
		/* No repository above the copy is the project's. */
		*(slash == up ? slash + 1 : slash) = '\0';
		payload_add_take(&env,
		    xasprintf("GIT_CEILING_DIRECTORIES=%s", up));
		free(up);
	}
	payload_toolchains(p, &env);
	for (i = 0; p->r->certificates != NULL && i < CERTIFICATES_VARIABLES;
	    i++)
		payload_add_variable(&env, certificates_variables[i],
		    p->inside ? MOUNT_PLAN_CERTIFICATES : p->r->certificates);
	if (p->proxy_port > 0)
		payload_proxy(p, &env);
	payload_own(p, &env);
	environ = env.v;
}

static _Noreturn void
payload_die(const struct payload *p, const struct err *e)
{
	(void)report_send(p->report_fd, 'E', e->sys, e->text, strlen(e->text),
	    NULL, 0);
	_exit(PAYLOAD_CANNOT_RUN);
}

/* Open the program's standard input (only "argv" can have one). */
static int
payload_input(const struct payload *p)
{
	size_t n = 0;
	AUTO_FREE char *text = json_get_bytes(p->r->args, "input", &n);

	return text == NULL || strcmp(p->r->tool, "argv") != 0 ?
	    open("/dev/null", O_RDONLY) : fs_memory(text, n);
}

/* From the first up to the one before `end`. */
static int
payload_close(int first, int end)
{
	return first >= end ? 0 : sys_close_range((unsigned)first,
	    (unsigned)end - 1);
}

/* One end of a new terminal in the sandbox's own /dev/pts; the other one is sent
 * out, and no process of the command has it. -1 with errno. */
static int
payload_terminal_new(const struct payload *p)
{
	AUTO_CLOSE int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave = -1;

	if (master >= 0 && unlockpt(master) == 0 && report_send(p->report_fd,
	    'V', 0, NULL, 0, &master, 1) == 0)
		slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY |
		    O_CLOEXEC);
	return slave;
}

/* Make it the command's: a descriptor above 2, or -1 with *e. */
static int
payload_terminal(const struct payload *p, struct err *e)
{
	const cJSON *o = json_get(p->r->args, "terminal");
	const struct winsize size = {
		.ws_row = (unsigned short)json_int(o, "rows", 24),
		.ws_col = (unsigned short)json_int(o, "cols", 80),
	};
	AUTO_CLOSE int slave = p->io[0] >= 0 ?
	    fcntl(p->io[0], F_DUPFD_CLOEXEC, 3) : payload_terminal_new(p);
	int fd = -1;

	if (slave >= 0 && ioctl(slave, TIOCSWINSZ, &size) == 0 &&
	    ioctl(slave, TIOCSCTTY, 0) == 0)
		fd = fcntl(slave, F_DUPFD_CLOEXEC, 3);
	return fd >= 0 ? fd : err_sys(e, "terminal: cannot make one");
}

static int
payload_descriptors(const struct payload *p, struct err *e)
{
	int input = -1, output = -1, all = p->out_fd, low, high;

	if (p->r->on_terminal && (input = all = payload_terminal(p, e)) < 0)
		return -1;
	/* Our descriptors may themselves be 0, 1 or 2. */
	if (p->io[0] >= 0 && input < 0 &&
	    ((input = fcntl(p->io[0], F_DUPFD_CLOEXEC, 3)) < 0 ||
	    (output = fcntl(p->io[1], F_DUPFD_CLOEXEC, 3)) < 0))
		return err_sys(e, "descriptors: dup");
	if (dup2(all, 1) < 0 || dup2(1, 2) < 0)
		return err_sys(e, "descriptors: dup2");
	if (input < 0)
		input = payload_input(p);
	if (input < 0)
		return err_sys(e, "input: cannot open it");
	if (dup2(input, 0) < 0 || (output >= 0 && dup2(output, 1) < 0))
		return err_sys(e, "descriptors: dup2");
	/* report_fd, and the broker's channel, are the only ones left; both
	 * close on exec. */
	low = p->broker >= 0 && p->broker < p->report_fd ? p->broker :
	    p->report_fd;
	high = p->broker > p->report_fd ? p->broker : p->report_fd;
	if (payload_close(3, low) < 0 || payload_close(low + 1, high) < 0 ||
	    sys_close_range((unsigned)high + 1, ~0u) < 0)
		return err_sys(e, "descriptors: close_range");
	return 0;
}

/* Is it a line for a shell? */
static bool
payload_is_shell(const struct payload *p)
{
	return strcmp(p->r->tool, "argv") != 0 && !p->r->is_server;
}

/* NULL if it is empty or malformed. */
static char **
payload_list(const cJSON *list)
{
	char **argv = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*argv));
	const cJSON *it;
	size_t n = 0;

	cJSON_ArrayForEach(it, list) {
		/* Bytes that aren't UTF-8 come as {"arg_b64": ...}. */
		argv[n] = cJSON_IsString(it) ? xstrdup(it->valuestring) :
		    json_get_bytes(it, "arg", NULL);
		if (argv[n++] == NULL)
			return NULL;
	}
	return n == 0 ? NULL : argv;
}

/* argv of the command, or NULL if the arguments have none. */
static char **
payload_argv(const struct payload *p)
{
	if (payload_is_shell(p)) {
		const char *command = json_str(p->r->args, "command");
		char **argv;

		if (command == NULL)
			return NULL;
		argv = xcalloc(4, sizeof(*argv));
		argv[0] = xstrdup("bash");
		argv[1] = xstrdup("-c");
		argv[2] = xstrdup(command);
		return argv;
	}
	return payload_list(json_array(p->r->args, "argv"));
}

static _Noreturn void
payload_exec(char **argv, bool shell)
{
	int saved;

	if (shell) {
		execv("/bin/bash", argv);
		execvp("bash", argv);
		argv[0] = xstrdup("sh");
		execv("/bin/sh", argv);
	}
	execvp(argv[0], argv);
	saved = errno;
	dprintf(STDERR_FILENO, "assent: cannot run %s: %s\n", argv[0],
	    strerror(saved));
	_exit(saved == ENOENT ? PAYLOAD_NOT_FOUND : PAYLOAD_CANNOT_RUN);
}

/* The exit status. */
static int
payload_answer(const struct payload *p, const struct tool_env *env,
    struct buf *out)
{
	const cJSON *args = p->r->args;
	bool all_ended = true;
	char *text;

	if (strcmp(p->r->tool, TOOL_PARALLEL) == 0) {
		all_ended = tool_parallel(env, json_array(args, "calls"), out);
	} else {
		AUTO_JSON cJSON *reply = cJSON_CreateObject();

		if (strcmp(p->r->tool, TOOL_WORDS) == 0)
			tool_words(env, args, reply);
		else
			tool_run(p->r->tool, env, args, reply);
		text = json_print(reply);
		buf_adds(out, text);
		free(text);
	}
	return all_ended ? 0 : PAYLOAD_STRUCK;
}

static _Noreturn void
payload_tool(const struct payload *p)
{
	struct buf out = BUF_INIT(BUF_MAX);
	struct err e = ERR_INIT;
	struct tool_env env = { 0 };
	char *top = payload_path(p, p->r->root);
	int status;

	env.root = p->r->root;
	env.cwd = fs_is_below(p->r->cwd, p->r->root) ? p->r->cwd : p->r->root;
	env.sandboxed = p->inside;
	env.out_dir = p->inside ? NULL : p->r->out_dir;
	/* If there are neither mounts nor Landlock, nothing hides secret files
	 * in them. */
	env.skills = !p->inside && landlock_version(p->r) == 0 ? NULL :
	    p->r->skills;
	env.encodings = p->r->encodings;
	env.room = p->r->room > 0 ? (size_t)p->r->room : 0;
	env.root_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (env.root_fd < 0) {
		err_sys(&e, "project: cannot open %s", top);
		payload_die(p, &e);
	}
	close(p->report_fd);
	/* A file over the limit is an error of the tool, also where this isn't
	 * process 1, which no such signal ends. */
	(void)signal(SIGXFSZ, SIG_IGN);
	status = payload_answer(p, &env, &out);
	_exit(fs_write_all(STDOUT_FILENO, out.p, out.len) == 0 ? status : 1);
}

/* The environment and the folder that a command starts in. */
static void
payload_enter(const struct payload *p)
{
	AUTO_FREE char *cwd = payload_path(p, p->r->cwd);
	AUTO_FREE char *root = payload_path(p, p->r->root);
	struct err e = ERR_INIT;

	payload_environment(p);
	/* The folder may have been deleted in the stage. */
	if (chdir(cwd) < 0 && chdir(root) < 0) {
		err_sys(&e, "project: cannot enter %s", root);
		payload_die(p, &e);
	}
}

/* Hand the listener of the filter over to the broker, close it, and wait until
 * the broker is ready. */
static int
payload_offer(int channel, int listener, struct err *e)
{
	char byte = 0;
	const struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	ssize_t n = fdpass_send(channel, &iov, 1, &listener, 1);

	close(listener);
	if (n == 1)
		n = read(channel, &byte, 1);
	close(channel);
	return n == 1 ? 0 : err_set(e, "broker: it doesn't answer");
}

/*
 * The programs are foreign and read the project's files: they run in the
 * sandbox like commands. Git's own settings change no output.
 */

#define INSPECTION_MS		1000	/* then continue without a fact */
#define INSPECTION_FILES	40	/* lines of git status */
#define INSPECTION_OUTPUT	((size_t)8 << 20)	/* read of a program */
#define INSPECTION_PIPE		(1 << 20)	/* of ctags, until its turn */
#define INSPECTION_DIFF		((size_t)8 << 10)	/* of a larger one nothing */

struct inspection_part {
	char		 kind;		/* 'b', 'd', 'l', 's', 't' */
	const char	*name;		/* of the program; borrowed */
	pid_t		 pid;
	int		 error;		/* why it didn't start, or 0 */
	int		 fd;		/* the file with its output */
};

struct inspection {
	struct inspection_part	*parts;	/* in the order of their facts */
	size_t			 len;
	const char		*tmp;
	int			 errors;	/* at its end once all have ended */
	struct buf		 facts;
};

/* In a process group of its own, so that all of it can be killed. *error is why
 * it didn't start, which a pipe tells: musl's vfork may share no memory. */
static pid_t
inspection_spawn(const char *const *argv, int out, int errors, int *error)
{
	int why[2];
	pid_t pid = -1;

	if (pipe2(why, O_CLOEXEC) < 0 || (pid = vfork()) < 0) {
		*error = errno;
	} else if (pid == 0) {
		(void)setpgid(0, 0);
		if (dup2(out, STDOUT_FILENO) >= 0 &&
		    dup2(errors, STDERR_FILENO) >= 0)
			execvp(argv[0], (char *const *)(uintptr_t)argv);
		(void)!write(why[1], &errno, sizeof(errno));
		_exit(PAYLOAD_NOT_FOUND);
	} else {
		close(why[1]);
		if (fs_read(why[0], error, sizeof(*error)) <= 0)
			*error = 0;
		close(why[0]);
	}
	return pid;
}

/* For the output of a program. Where memory isn't counted it must be a file. */
static int
inspection_file(const char *tmp)
{
	AUTO_FREE char *path = fs_join(tmp, "inspect-XXXXXX");
	int fd = memfd_create("inspect", MFD_CLOEXEC);

	if (fd < 0 && (fd = mkostemp(path, O_CLOEXEC)) >= 0)
		(void)unlink(path);
	return fd;
}

static void
inspection_add(struct inspection *in, char kind, const char *const *argv)
{
	struct inspection_part *p;

	p = GROW_ADD(in->parts, in->len);
	*p = (struct inspection_part) { .kind = kind, .name = argv[0],
		.fd = inspection_file(in->tmp) };
	p->pid = inspection_spawn(argv, p->fd, in->errors, &p->error);
}

/* Print the branch without starting git, if HEAD is a file that names it: not
 * in another work tree, nor if it is detached. */
static bool
inspection_head(struct inspection *in)
{
	static const char ref[] = "ref: refs/heads/";
	size_t at = sizeof(ref) - 1, n, i;
	AUTO_BUF struct buf b = BUF_INIT(4096);
	AUTO_CLOSE int fd = open(".git/HEAD", O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fs_read_all(fd, &b) < 0 ||
	    strncmp(buf_str(&b), ref, at) != 0)
		return false;
	n = strcspn(b.p + at, "\n");
	/* If refs aren't files (reftable), git writes an invalid name here. */
	if (n == 0 || b.p[at] == '.' || at + n + 1 < b.len)
		return false;
	/* Leave names that git doesn't write to git. */
	for (i = at; i < at + n; i++)
		if ((unsigned char)b.p[i] <= ' ' || b.p[i] == 0x7f ||
		    strchr("~^:?*[\\", b.p[i]) != NULL)
			return false;
	buf_addf(&in->facts, "b %.*s\n", (int)n, b.p + at);
	return true;
}

/* Build tools, whose version matters little and which take up to a second to
 * say it: are they there? Sorted. */
static bool
inspection_looked_for(struct inspection *in, const struct payload *p,
    const char *name)
{
	static const char *const tools[] = { "autoconf", "bazel", "bundle",
		"cabal", "cargo", "cmake", "composer", "dune", "gradle",
		"make", "meson", "mvn", "ninja", "npm", "pnpm", "rebar3",
		"sbt", "stack", "uv", "yarn" };
	AUTO_FREE char *found = NULL;

	if (MEM_FIND(tools, name) == NULL)
		return false;
	found = host_program(name, p->path, NULL);
	buf_addf(&in->facts, "%c %s\n", found == NULL ? 'm' : 't', name);
	return true;
}

static void
inspection_start(struct inspection *in, const struct payload *p)
{
	static const char *const branch[] = { "git", "symbolic-ref", "-q",
		"--short", "HEAD", NULL };
	static const char *const log[] = { "git", "log", "-5", "--no-color",
		"--no-show-signature", "--format=%h %s", NULL };
	static const char *const status[] = { "git", "--no-optional-locks",
		"status", "--porcelain", NULL };
	static const char *const empty[] = { "sh", "-c", "git ls-files -s | "
		"sed -n 's/^160000[^\t]*\t//p' | while IFS= read -r d; do "
		"[ ! -d \"$d\" ] || [ \"$(ls -A \"$d\")\" ] || "
		"printf '%s\\n' \"$d\"; done", NULL };
	const cJSON *args = p->r->args, *it;
	char **diff = payload_list(json_array(args, "diff"));

	/* The slowest first. */
	if (diff != NULL)
		inspection_add(in, 'd', (const char *const *)diff);
	if (json_bool(args, "git", false)) {
		inspection_add(in, 's', status);
		inspection_add(in, 'l', log);
		if (access(".gitmodules", F_OK) == 0)
			inspection_add(in, 'e', empty);
		if (!inspection_head(in))
			inspection_add(in, 'b', branch);
	}
	cJSON_ArrayForEach(it, json_array(args, "programs")) {
		const char *name = cJSON_IsString(it) ? it->valuestring : "";
		const char *argv[] = { name, strcmp(name, "go") == 0 ||
		    strcmp(name, "zig") == 0 ? "version" : "--version", NULL };

		if (!inspection_looked_for(in, p, name))
			inspection_add(in, 't', argv);
	}
}

static void
inspection_facts(const struct inspection_part *p, struct buf *facts)
{
	struct buf b = BUF_INIT(INSPECTION_OUTPUT);
	AUTO_FREE char *text = NULL;
	char *line, *save = NULL;
	size_t files = 0;

	if (p->kind == 't' && (p->error == ENOENT || p->error == ENOTDIR ||
	    p->error == EACCES)) {
		buf_addf(facts, "m %s\n", p->name);
		return;
	}
	(void)fs_memory_read(p->fd, &b);
	if (p->kind == 'd' && b.len > INSPECTION_DIFF)
		buf_clear(&b);
	text = buf_take(&b);
	line = strtok_r(text, "\n", &save);
	if (p->kind == 't') {
		while (line != NULL && strpbrk(line, "0123456789") == NULL)
			line = strtok_r(NULL, "\n", &save);
		buf_addf(facts, "t %s: %s\n", p->name, line == NULL ? "" : line);
		return;
	}
	for (; line != NULL; line = strtok_r(NULL, "\n", &save))
		if (p->kind != 's' || ++files <= INSPECTION_FILES)
			buf_addf(facts, "%c %s\n", p->kind, line);
	if (files > 0)
		buf_addf(facts, "c %zu\n", files);
}

/* Wait for the programs, kill what isn't done, and print the facts. */
static void
inspection_tell(struct inspection *in, int errors)
{
	struct pollfd p = { .fd = errors, .events = POLLIN };
	int64_t left, end = clock_mono_ms() + INSPECTION_MS;
	char unread[512];
	size_t i;

	while ((left = end - clock_mono_ms()) > 0 &&
	    poll(&p, 1, (int)left) > 0 &&
	    read(errors, unread, sizeof(unread)) > 0)
		;
	for (i = 0; i < in->len; i++) {
		if (in->parts[i].error == 0)
			(void)kill(-in->parts[i].pid, SIGKILL);
		inspection_facts(&in->parts[i], &in->facts);
	}
	buf_adds(&in->facts, ".\n");
	(void)fs_write_all(STDOUT_FILENO, in->facts.p, in->facts.len);
}

/* Print the output of ctags. Its exit status. */
static int
inspection_ctags(pid_t pid, int from)
{
	char chunk[65536];
	ssize_t n;
	int st;

	while ((n = fs_read(from, chunk, sizeof(chunk))) > 0)
		(void)fs_write_all(STDOUT_FILENO, chunk, (size_t)n);
	return waitpid(pid, &st, 0) == pid && WIFEXITED(st) ?
	    WEXITSTATUS(st) : 1;
}

/*
 * args: {"git":bool, "programs":[NAME,...], "diff":[ARG,...], "ctags":[ARG,...]},
 * each optional.
 * Prints one line for each fact, with a letter before it: "b BRANCH", "d LINE" (of
 * the output of diff), "l COMMIT",
 * "t PROGRAM: VERSION" or "t PROGRAM", "m PROGRAM" (missing), "s FILE" (a line of git status),
 * "c N" (how many of those there are) and "e SUBMODULE" (empty); then ".", then the output of ctags,
 * whose exit status is that of the inspection. They run in `top`, which is the
 * project or its copy.
 */
static _Noreturn void
inspection_run(const struct payload *p, const char *top)
{
	struct inspection in = { .tmp = p->tmp };
	char **ctags = payload_list(json_array(p->r->args, "ctags"));
	int out[2], errors[2], error = 0;
	pid_t pid = 0;

	if (chdir(top) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(errors, O_CLOEXEC) < 0)
		_exit(0);
	if (ctags != NULL) {
		(void)fcntl(out[1], F_SETPIPE_SZ, INSPECTION_PIPE);
		pid = inspection_spawn((const char *const *)ctags, out[1],
		    open("/dev/null", O_WRONLY | O_CLOEXEC), &error);
	}
	close(out[1]);
	in.errors = errors[1];
	inspection_start(&in, p);
	close(errors[1]);
	inspection_tell(&in, errors[0]);
	_exit(error != 0 ? PAYLOAD_NOT_FOUND : ctags == NULL ? 0 :
	    inspection_ctags(pid, out[0]));
}

_Noreturn void
payload_run(const struct payload *p)
{
	bool inspects = strcmp(p->r->tool, TOOL_INSPECT) == 0;
	bool selftests = strcmp(p->r->tool, "selftest") == 0;
	bool command = p->r->is_command && !inspects;
	struct err e = ERR_INIT;
	char **argv = NULL;
	int listener = -1;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	if (payload_descriptors(p, &e) < 0)
		payload_die(p, &e);
	if (!p->r->bare)
		payload_enter(p);
	if (command && (argv = payload_argv(p)) == NULL) {
		err_set(&e, "arguments: no command is given");
		payload_die(p, &e);
	}
	if (payload_limits(p, &e) < 0 || payload_drop(&e) < 0 ||
	    landlock_confine(p->r, p->plan, LANDLOCK_PAYLOAD, &e) < 0 ||
	    filter_load(p->filter, p->filter_len, p->r->is_server,
	    p->broker < 0 ? NULL : &listener, &e) < 0 ||
	    (p->broker >= 0 && payload_offer(p->broker, listener, &e) < 0))
		payload_die(p, &e);
	/* The broker may inspect a program, but one that was forked from itself
	 * only with this. */
	if (payload_is_brokered(p))
		(void)prctl(PR_SET_DUMPABLE, 1);
	if (command)
		payload_exec(argv, payload_is_shell(p));
	/* The first process acts on what it is sent there. */
	if (inspects || selftests)
		close(p->report_fd);
	if (inspects)
		inspection_run(p, payload_is_brokered(p) ? p->r->copy :
		    p->r->root);
	if (selftests)
		selftest_run(p->r);
	payload_tool(p);
}
