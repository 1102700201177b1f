/*
 * login: stores or removes a provider's key in its own file, which only the user
 * can read.  The key is typed without echo or comes through a pipe, never on
 * the command line, where everybody could see it.  It is never printed.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "client/client.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"

#define LOGIN_MAX ((size_t)16 << 10)
#define LOGIN_ANSWER ((size_t)1 << 16)

/* ---- the provider ---- */

struct login_find {
	const char	*name;		/* wanted */
	bool		 found;
	char		*from, *url;
};

static void
login_found(void *arg, const char *name, const char *from,
    const char *wrong UNUSED, const char *url)
{
	struct login_find *f = arg;

	if (f->found || strcmp(name, f->name) != 0)
		return;
	f->found = true;
	f->from = xstrdup_null(from);
	f->url = xstrdup_null(url);
}

/* The provider, and the file of its key (malloc'ed): 0, or the exit code. The
 * error doesn't repeat the argument: it may be a key. */
static int
login_find(const struct setup *s, const char *name, struct login_find *f,
    char **path)
{
	struct err e = ERR_INIT;

	f->name = name;
	if (config_key_each(s->config, login_found, f, &e) < 0)
		return cmd_fail_err(&e);
	if (!f->found)
		return cmd_fail(EXIT_USAGE,
		    "unknown provider: assent login lists them, and asks for "
		    "the key of one that you name");
	*path = config_key_path(s->config, name, &e);
	return *path == NULL ? cmd_fail(EXIT_USAGE, "%s", e.text) : 0;
}

static void
login_find_release(struct login_find *f)
{
	FREE_ALL(f->from, f->url);
}

/* ---- the key ---- */

static volatile sig_atomic_t login_stopped;

static void
login_stop(int sig UNUSED)
{
	login_stopped = 1;
}

/* Reads a line without echo into b. -1 if interrupted. */
static int
login_type(int tty, const char *ask, struct buf *b)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const struct sigaction stop = { .sa_handler = login_stop };
	struct sigaction before[MEM_COUNT(signals)];
	struct termios was, quiet;
	char chunk[512];
	ssize_t n = 0;
	size_t i;

	if (tcgetattr(tty, &was) < 0)
		return -1;
	/* Always restore the echo. */
	for (i = 0; i < MEM_COUNT(signals); i++)
		(void)sigaction(signals[i], &stop, &before[i]);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	quiet.c_cc[VSUSP] = _POSIX_VDISABLE;	/* the echo would stay off */
	if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0)
		fputs(ask, stderr);
	fflush(stderr);
	/* Read as much of a line as the terminal gives at once. */
	while (!login_stopped && memchr(buf_str(b), '\n', b->len) == NULL &&
	    (n = read(tty, chunk, sizeof(chunk))) > 0)
		(void)buf_add(b, chunk, (size_t)n);
	explicit_bzero(chunk, sizeof(chunk));
	fputc('\n', stderr);
	(void)tcsetattr(tty, TCSAFLUSH, &was);
	for (i = 0; i < MEM_COUNT(signals); i++)
		(void)sigaction(signals[i], &before[i], NULL);
	return login_stopped || n <= 0 ? -1 : 0;
}

/* A secret; NULL with *code after printing the error. */
static char *
login_read(const char *ask, int *code)
{
	AUTO_BUF struct buf b = BUF_INIT(LOGIN_MAX);
	struct err e = ERR_INIT;
	char *key = NULL;

	*code = EXIT_USAGE;
	if (isatty(STDIN_FILENO)) {
		if (login_type(STDIN_FILENO, ask, &b) < 0)
			*code = cmd_fail(EXIT_INTERRUPTED, "nothing "
			    "stored");
		else
			key = config_key_clean(buf_str(&b), b.len,
			    "the input", &e);
	} else if (fs_read_all(STDIN_FILENO, &b) < 0 && !b.full)
		err_sys(&e, "can't read the key from standard input");
	else
		key = config_key_clean(buf_str(&b), b.len, "standard input",
		    &e);
	if (key == NULL && err_is_set(&e))
		(void)cmd_fail(EXIT_USAGE, "%s; nothing stored", e.text);
	if (b.p != NULL)
		explicit_bzero(b.p, b.cap);
	return key;
}

/* Ask the provider for its models, as the core does: -1 with *e, and *rejected if
 * the key is why. It may take some seconds. */
static int
login_ask(const struct setup *s, const struct config_model *m, bool *rejected,
    struct err *e)
{
	static const char *const args[] = { "models", NULL };
	AUTO_JSON cJSON *got = NULL;
	cJSON *o;

	if (m->path != NULL)
		return err_set(e, "the list of models has no known path "
		    "beside %s", m->path);
	if (insecure_http_check_key(s, m, m->base_url, e) < 0)
		return -1;
	o = JSON_TEXTS("format", m->format, "base_url", m->base_url,
	    "key", m->key, "auth", m->auth);
	json_copy(o, "headers", m->headers);
	json_add_str(o, "ca_file", m->ca_file);
	got = client_ask_core(args, o, LOGIN_ANSWER, e);
	*rejected = json_bool(got, "rejected", false);
	if (json_str(got, "error") != NULL)
		err_set(e, "%s", json_str(got, "error"));
	else if (got == NULL && !err_is_set(e))
		err_set(e, "no answer from assent-core");
	return err_is_set(e) ? -1 : 0;
}

/* Ask the provider for its models with this key: -1, after printing the error,
 * if it rejects the key. *checked: it has answered, or can't be asked. */
static int
login_check(const struct setup *s, const char *name, const char *key,
    bool *checked)
{
	AUTO_FREE char *model = xasprintf("%s/any", name);
	bool rejected = false;
	struct err e = ERR_INIT;
	struct config_model m;
	bool accepted = false;

	config_key_give(s->config, name, key);
	if (config_model_find(s->config, model, &m, &e) < 0)
		return 0;
	if (m.key != NULL)
		accepted = login_ask(s, &m, &rejected, &e) == 0;
	if (rejected)
		cmd_say("%s rejects this key: %s; nothing stored", name,
		    e.text);
	else if (accepted)
		cmd_say("%s accepts the key", name);
	else if (err_is_set(&e)) {
		cmd_say("the key was not checked: %s", e.text);
		*checked = false;
	}
	config_model_release(&m);
	return rejected ? -1 : 0;
}

/* Store the key, which is wiped. */
static int
login_keep(const struct setup *s, const char *name, const char *path,
    const struct login_find *f, char *key_take)
{
	struct err e = ERR_INIT;
	bool checked = true;
	int code = 0;

	/* A pipe is a script, which knows what it stores. */
	if (isatty(STDIN_FILENO) && login_check(s, name, key_take,
	    &checked) < 0)
		code = EXIT_PROVIDER;
	else if (secret_save(path, key_take, &e) < 0)
		code = cmd_fail_err(&e);
	secret_free(key_take);
	if (code == 0)
		cmd_say("stored; assent login --remove %s removes it", name);
	if (code == 0 && f->from != NULL && strncmp(f->from, "assent login",
	    12) != 0)
		cmd_say("not used at present: %s takes precedence", f->from);
	return code == 0 && !checked ? EXIT_PROVIDER : code;
}

static void
login_line(void *arg UNUSED, const char *name, const char *from,
    const char *wrong, const char *url)
{
	print_words(stdout, "%-11s %s", name, wrong != NULL ? wrong :
	    from != NULL ? from : ev_str(url, "no key"));
}

static int
login_list(const struct setup *s)
{
	struct err e = ERR_INIT;

	print_words(stdout, "Where each key is, or where to create one:");
	if (config_key_each(s->config, login_line, NULL, &e) < 0)
		return cmd_fail_err(&e);
	print_words(stdout, "assent login PROVIDER stores a key, "
	    "assent login --remove PROVIDER removes it.");
	return 0;
}

static int
login_provider(const struct setup *s, const char *name)
{
	AUTO(login_find_release) struct login_find f = { 0 };
	AUTO_FREE char *path = NULL;
	char *key;
	int code = login_find(s, name, &f, &path);

	if (code != 0)
		return code;
	if (f.url != NULL)
		cmd_say("create a key for %s at %s", name, f.url);
	cmd_say("it will be stored in %s, readable only by you", path);
	if ((key = login_read("key (not shown): ", &code)) != NULL)
		code = login_keep(s, name, path, &f, key);
	return code;
}

static int
login_remove(const struct setup *s, const char *name)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *path = config_key_path(s->config, name, &e);
	int code = 0;

	if (path == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (unlink(path) == 0)
		cmd_say("removed the stored key for %s; it stays valid until "
		    "you revoke it at the provider", name);
	else if (errno == ENOENT || errno == ENOTDIR)
		code = cmd_fail(EXIT_USAGE, "no key is stored for %s (assent "
		    "login lists the providers)", name);
	else {
		err_sys(&e, "can't remove %s", path);
		code = cmd_fail_err(&e);
	}
	return code;
}

int
cmd_login(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_FREE char *name = NULL;
	int code;

	if (a->remove && a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "--remove needs a provider "
		    "(assent login lists them)");
	if ((code = setup_config(&s, a, "exec")) != 0)
		return code;
	if (a->operands_len == 0)
		return login_list(&s);
	if (a->remove)
		return login_remove(&s, a->operands[0]);
	/* The screen's /login: the list, and which of them? */
	if (strcmp(a->operands[0], "-") != 0)
		return login_provider(&s, a->operands[0]);
	if ((code = login_list(&s)) == 0)
		name = ask_line("store a key for which of them?");
	return name == NULL || name[0] == '\0' ? code :
	    login_provider(&s, name);
}
