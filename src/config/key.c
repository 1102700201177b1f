/*
 * key: finds a provider's key: in a variable, a file, a command's output, or
 * the store of `assent login`, in this order.  A key leaves this file only as a
 * secret (base/secret.h) in config_model.key, which is sent to the core in the
 * hello and nowhere else.  No message contains it.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/spawn.h"
#include "config/config-int.h"
#include "config/settings.h"

#define KEY_COMMAND_MS 60000	/* with its prompts */
#define COMMAND_OUT_MAX ((size_t)16 << 10)

/* Only the command's name, malloc'ed: the rest may be a secret, and so may a
 * variable that is set in front of it. */
static char *
command_name(const cJSON *v)
{
	const char *s = cJSON_IsArray(v) ? v->child->valuestring :
	    v->valuestring;
	size_t n = cJSON_IsArray(v) ? strlen(s) : strcspn(s, " \t\r\n");

	return n == 0 || memchr(s, '=', n) != NULL ? xstrdup("sh") :
	    xmemdup(s, n);
}

/* ---- running it ---- */

/* Runs in the child: async-signal-safe calls only. */
static _Noreturn void
command_exec(char *const *argv, const char *home, int out, bool quiet)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Standard input may be a pipe with the task: not for the program. */
	if (dup2(out, STDOUT_FILENO) < 0 ||
	    (!isatty(STDIN_FILENO) && dup2(null, STDIN_FILENO) < 0) ||
	    (quiet && dup2(null, STDERR_FILENO) < 0) ||
	    (chdir(home != NULL ? home : "/") < 0 && chdir("/") < 0))
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

/* Reads what is available; closes *fd at its end. */
static void
command_read(int *fd, struct buf *to)
{
	char chunk[4096];
	ssize_t n;

	while ((n = fs_read(*fd, chunk, sizeof(chunk))) > 0)
		(void)buf_add(to, chunk, (size_t)n);
	if (n == 0 || errno != EAGAIN) {
		close(*fd);
		*fd = -1;
	}
	explicit_bzero(chunk, sizeof(chunk));
}

/* Reads until it has exited: processes that it left behind may keep the pipe
 * open. False at the deadline. */
static bool
command_wait(int pidfd, int *out, struct buf *key)
{
	int64_t deadline = clock_mono_ms() + KEY_COMMAND_MS, left;
	struct pollfd p[2] = { { *out, POLLIN, 0 }, { pidfd, POLLIN, 0 } };

	while (p[1].revents == 0 && (left = deadline - clock_mono_ms()) > 0) {
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			break;
		if (*out >= 0)
			command_read(out, key);
		p[0].fd = *out;
	}
	return p[1].revents != 0;
}

/* Kills it with all that it started, which would stay on the terminal. A
 * stopped process starts nothing, and the numbers of its children aren't used
 * again. */
static void
command_kill(pid_t pid)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/task/%d/children", (int)pid,
	    (int)pid);
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	const char *p;
	char *end;
	long child;

	(void)kill(pid, SIGSTOP);
	(void)fs_read_file(AT_FDCWD, path, &b, NULL);
	for (p = buf_str(&b); (child = strtol(p, &end, 10)) > 0; p = end)
		command_kill((pid_t)child);
	(void)kill(pid, SIGKILL);
}

static void
command_failed(const char *name, int status, struct err *e)
{
	if (WIFSIGNALED(status))
		err_set(e, "api_key_command %s was killed by signal %d", name,
		    WTERMSIG(status));
	else
		err_set(e, "api_key_command %s exited with status %d%s", name,
		    WEXITSTATUS(status), WEXITSTATUS(status) == 127 ?
		    ": is its program installed?" : "");
}

char *
key_command_run(const cJSON *command, const char *home, bool quiet,
    struct err *e)
{
	AUTO_FREE const char **argv = json_command(command);
	AUTO_FREE char *name = command_name(command);
	AUTO_BUF struct buf b = BUF_INIT(COMMAND_OUT_MAX);
	char *key = NULL;
	int out[2], status = 0;
	AUTO_CLOSE int pidfd = -1;
	bool ended;
	pid_t pid;

	fflush(stdout);
	if (pipe(out) < 0) {
		err_sys(e, "can't create a pipe");
		return NULL;
	}
	(void)fcntl(out[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(out[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0)
		command_exec((char *const *)(uintptr_t)argv, home, out[1],
		    quiet);
	close(out[1]);
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	if (pid > 0)
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		err_sys(e, "can't start %s", name);
	ended = pidfd >= 0 && command_wait(pidfd, &out[0], &b);
	if (pid > 0 && !ended)
		command_kill(pid);
	if (pid > 0)
		status = spawn_reap(pid);
	if (pidfd < 0)
		;
	else if (!ended)
		err_set(e, "api_key_command %s took longer than %d s "
		    "and was killed", name, KEY_COMMAND_MS / 1000);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		command_failed(name, status, e);
	else {
		AUTO_FREE char *from =
		    xasprintf("the output of api_key_command %s", name);

		/* Password stores keep other data in the following lines. */
		key = config_key_clean(buf_str(&b), strcspn(buf_str(&b), "\n"),
		    from, e);
	}
	fs_close(out[0]);
	if (b.p != NULL)
		explicit_bzero(b.p, b.cap);
	return key;
}

#define KEY_MAX_BYTES 16384

/* A command's result: it runs once, however often its key is needed. */
struct key_given {
	struct key_given	*next;
	char			*provider, *key;
};

void
config_keys_free(struct config_keys *k)
{
	struct key_given *g;

	if (k == NULL)
		return;
	while ((g = k->given) != NULL) {
		k->given = g->next;
		secret_free(g->key);
		FREE_ALL(g->provider, g);
	}
	free(k);
}

char *
config_key_clean(const char *text, size_t n, const char *from, struct err *e)
{
	size_t i;

	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	while (n > 0 && strchr(" \t\r\n", text[0]) != NULL) {
		text++;
		n--;
	}
	if (n == 0) {
		err_set(e, "%s is empty", from);
		return NULL;
	}
	/* A line break in a key would start another header. */
	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x21 ||
		    (unsigned char)text[i] > 0x7e) {
			err_set(e, "the key in %s contains a space or "
			    "another invalid character", from);
			return NULL;
		}
	return secret_new(text, n);
}

/* ---- a file ---- */

static char *
key_read(const char *path, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(KEY_MAX_BYTES);
	AUTO_FREE char *from = NULL;
	char *key = NULL;
	AUTO_CLOSE int fd = secret_open(path, e);

	if (fd < 0)
		return NULL;
	from = xasprintf("the key file %s", path);
	if (fs_read_all(fd, &b) < 0)
		err_sys(e, "can't read %s", from);
	else
		key = config_key_clean(buf_str(&b), b.len, from, e);
	if (b.p != NULL)
		explicit_bzero(b.p, b.cap);
	return key;
}

/* ---- the source ---- */

enum key_kind { KEY_NONE, KEY_ENV, KEY_FILE, KEY_COMMAND, KEY_STORED };

struct key_source {
	enum key_kind	 kind;
	const char	*env;		/* the variable, or the first of several;
					   NULL: none is named */
	char		*path;		/* FILE, STORED */
	const cJSON	*command;
};

/* The first of one or several variables that is set. */
static const char *
key_variable(const struct config *c, const cJSON *names, const char **first)
{
	const cJSON *it;

	*first = NULL;
	for (it = cJSON_IsArray(names) ? names->child : names; it != NULL;
	    it = cJSON_IsArray(names) ? it->next : NULL) {
		if (!cJSON_IsString(it))
			continue;
		if (*first == NULL)
			*first = it->valuestring;
		if (config_env(c, it->valuestring) != NULL)
			return it->valuestring;
	}
	return NULL;
}

char *
config_key_path(const struct config *c, const char *provider, struct err *e)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	size_t n = strspn(provider, ok);
	AUTO_FREE char *dir = config_beside(c, "keys");

	if (dir == NULL) {
		err_set(e, "can't store a key: HOME isn't set");
		return NULL;
	}
	if (n == 0 || n > 60 || provider[n] != '\0' || provider[0] == '.') {
		err_set(e,
		    "can't store a key: the provider's name may only have "
		    "letters, digits, -, _ and .");
		return NULL;
	}
	return fs_join(dir, provider);
}

/* `p` is an entry of the file ("api_key_env") or of the list ("key_env"). */
static void
key_find(const struct config *c, const cJSON *p, const char *provider,
    struct key_source *s)
{
	const cJSON *names = json_get(p, "api_key_env");
	const char *set, *file = json_str(p, "api_key_file");
	char *path;

	memset(s, 0, sizeof(*s));
	set = key_variable(c, names != NULL ? names : json_get(p, "key_env"),
	    &s->env);
	s->command = json_get(p, "api_key_command");
	if (set != NULL) {
		s->kind = KEY_ENV;
		s->env = set;
	} else if (file != NULL) {
		s->kind = KEY_FILE;
		s->path = config_endpoint_path(c, file);
	} else if (s->command != NULL) {
		s->kind = KEY_COMMAND;
	} else if ((path = config_key_path(c, provider, NULL)) != NULL) {
		if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			s->kind = KEY_STORED;
			s->path = path;
		} else
			free(path);
	}
}

/* Describe the key's source for the journal: of a command only the name. */
static char *
key_words(const struct key_source *s)
{
	AUTO_FREE char *name = NULL;

	switch (s->kind) {
	case KEY_NONE:
		break;
	case KEY_ENV:
		return xstrdup(s->env);
	case KEY_FILE:
		return xasprintf("the file %s", s->path);
	case KEY_COMMAND:
		name = command_name(s->command);
		return xasprintf("the command %s", name);
	case KEY_STORED:
		return xasprintf("assent login (%s)", s->path);
	}
	return NULL;
}

char *
config_key_from(const struct config *c, const cJSON *p, const char *provider)
{
	struct key_source s;
	char *words;

	key_find(c, p, provider, &s);
	words = key_words(&s);
	free(s.path);
	return words;
}

/* ---- the key itself ---- */

void
config_key_give(const struct config *c, const char *provider, const char *key)
{
	struct key_given *g = xcalloc(1, sizeof(*g));

	g->provider = xstrdup(provider);
	g->key = secret_dup(key);
	g->next = c->key_box->given;
	c->key_box->given = g;
}

/* One that was given, or that a command printed before; or NULL. */
static char *
key_given(const struct config *c, const char *provider)
{
	const struct key_given *g = c->key_box->given;

	while (g != NULL && strcmp(g->provider, provider) != 0)
		g = g->next;
	return g == NULL || c->held ? NULL : secret_dup(g->key);
}

static char *
key_by_command(const struct config *c, const struct key_source *s,
    const char *provider, struct err *e)
{
	char *key = key_command_run(s->command, config_env(c, "HOME"),
	    c->quiet, e);

	if (key != NULL)
		config_key_give(c, provider, key);
	return key;
}

static int
key_missing(const struct config *c, const struct config_model *m,
    struct err *e)
{
	return err_set(e,
	    "no key for %s: %s isn't set. Run assent login %s, or "
	    "export %s=..., or set api_key_file or api_key_command in %s",
	    m->provider, m->key_env, m->provider, m->key_env,
	    c->path == NULL ? "config.json" : c->path);
}

int
config_key(const struct config *c, const cJSON *p, struct config_model *m,
    struct err *e)
{
	struct key_source s;
	const char *value;
	int rc = 0;

	key_find(c, p, m->provider, &s);
	m->key_env = xstrdup_null(s.env);
	m->key_from = key_words(&s);
	m->key = key_given(c, m->provider);
	switch (m->key != NULL ? KEY_NONE : s.kind) {
	case KEY_NONE:
		rc = m->key != NULL || s.env == NULL ? 0 : key_missing(c, m, e);
		break;
	case KEY_ENV:
		value = config_env(c, s.env);
		m->key = config_key_clean(value, strlen(value), s.env, e);
		break;
	case KEY_FILE:
	case KEY_STORED:
		m->key = key_read(s.path, e);
		break;
	case KEY_COMMAND:
		if (!c->held)
			m->key = key_by_command(c, &s, m->provider, e);
		break;
	}
	if (s.kind != KEY_NONE && m->key == NULL && err_is_set(e))
		rc = -1;
	free(s.path);
	return rc;
}

/* ---- all of them ---- */

int
config_key_each(const struct config *c, void (*each)(void *, const char *,
    const char *, const char *, const char *), void *arg, struct err *e)
{
	AUTO_JSON cJSON *list = config_model_list(c, e);
	const cJSON *p, *from_where;
	int pass;

	if (list == NULL)
		return -1;
	for (pass = 0; pass < 2; pass++) {
		from_where = pass == 0 ? c->providers :
		    json_array(list, "providers");
		cJSON_ArrayForEach(p, from_where) {
			const char *name = pass == 0 ? p->string :
			    json_str_or(p, "name", "");
			struct err wrong = ERR_INIT;
			struct key_source s;
			AUTO_FREE char *from = NULL;

			/* The user's entry comes before the list's. */
			if (pass == 1 && json_get(c->providers, name) != NULL)
				continue;
			key_find(c, p, name, &s);
			from = key_words(&s);
			if (s.path != NULL)
				secret_free(key_read(s.path, &wrong));
			each(arg, name, from, err_is_set(&wrong) ?
			    wrong.text : NULL, json_str(p, "key_url"));
			free(s.path);
		}
	}
	return 0;
}
