#include "config.h"

#include "core/syntax/lexer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pythons.h"
#include "core/call-sandbox.h"
#include "core/core.h"
#include "sandbox/sandbox.h"

#define LEXER_MS	2000
#define LEXER_MEMORY	((int64_t)256 << 20)
#define LEXER_OUTPUT	((size_t)16 << 20)
#define LEXER_NO_PYGMENTS 3	/* exit status */

struct lexer {
	struct sandbox_call *call;
	struct buf	 out;
	lexer_done_cb	*done;
	cJSON		*args;		/* for the next Python, if this one
					   has no Pygments */
	char		**pythons;	/* NULL-terminated */
	size_t		 python;	/* the one to try */
	bool		 missing;
	char		*dir;
	char		*root, *layer, *work, *home, *tmp;
};

static void lexer_run(struct core *);

void
lexer_free(struct lexer *l)
{
	if (l == NULL)
		return;
	sandbox_call_cancel(l->call);
	buf_release(&l->out);
	cJSON_Delete(l->args);
	pythons_free(l->pythons);
	free(l->dir);
	free(l->root);
	free(l->layer);
	free(l->work);
	free(l->home);
	free(l->tmp);
	free(l);
}

bool
lexer_is_on(const struct lexer *l)
{
	return l != NULL && l->args != NULL;
}

bool
lexer_is_missing(const struct core *c)
{
	return c->level == SANDBOX_NONE ||
	    (c->lexer != NULL && c->lexer->missing);
}

/* ---- its sandbox ---- */

static char *
lexer_mkdir(const struct lexer *l, const char *name)
{
	char *path = fs_join(l->dir, name);

	(void)mkdir(path, 0700);
	return path;
}

/* An empty folder in the project's place; as that, it belongs to the project's
 * owner, who then runs the lexer. */
static struct lexer *
lexer_get(struct core *c)
{
	struct lexer *l = c->lexer;
	int fd;

	if (l != NULL)
		return l;
	c->lexer = l = xcalloc(1, sizeof(*l));
	buf_init(&l->out, LEXER_OUTPUT);
	l->pythons = pythons_find(json_str_or(c->start, "path",
	    "/usr/bin:/bin"), c->root);
	l->missing = l->pythons[0] == NULL;
	l->dir = fs_join(c->dir, "lexer");
	(void)mkdir(l->dir, 0700);
	l->root = lexer_mkdir(l, "root");
	l->layer = lexer_mkdir(l, "layer");
	l->home = lexer_mkdir(l, "home");
	l->tmp = lexer_mkdir(l, "tmp");
	l->work = fs_join(l->dir, "work");
	fd = open(l->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		fs_own_as(stage_root_fd(c->stage), fd);
		close(fd);
	}
	return l;
}

static void
lexer_spec(struct core *c, struct sandbox_spec *s, struct sandbox_limits *lim)
{
	const struct lexer *l = c->lexer;

	memset(s, 0, sizeof(*s));
	s->level = c->level;
	s->root = s->cwd = l->root;
	s->path = json_str_or(c->start, "path", "/usr/bin:/bin");
	s->upper = s->copy = l->layer;
	s->work = l->work;
	s->sandbox_home = l->home;
	s->sandbox_tmp = l->tmp;
	s->state_dir = c->state_dir;
	s->quota_dir = l->dir;
	s->cgroup = c->cgroup;
	*lim = c->limits;
	lim->timeout_ms = json_int(c->start, "colours_ms", LEXER_MS);
	if (lim->timeout_ms <= 0)
		lim->timeout_ms = LEXER_MS;
	if (lim->memory_bytes > LEXER_MEMORY)
		lim->memory_bytes = LEXER_MEMORY;
	lim->output_bytes = LEXER_OUTPUT;
	lim->disk_bytes = 1 << 20;
}

/* ---- a run ---- */

static void
lexer_end(struct core *c, bool whole)
{
	struct lexer *l = c->lexer;
	struct buf out = l->out;
	lexer_done_cb *done = l->done;

	cJSON_Delete(l->args);
	l->args = NULL;
	l->call = NULL;
	buf_init(&l->out, LEXER_OUTPUT);
	done(c, whole ? buf_str(&out) : NULL, whole ? out.len : 0);
	buf_release(&out);
}

static void
lexer_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;

	(void)buf_add(&c->lexer->out, p, n);
}

static void
lexer_finished(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;
	struct lexer *l = c->lexer;
	bool ran = r->built && r->killed == NULL;

	l->call = NULL;
	/* 126, 127: it isn't visible in the sandbox. */
	if (ran && (r->exit == LEXER_NO_PYGMENTS || r->exit == 126 ||
	    r->exit == 127)) {
		buf_clear(&l->out);
		l->python++;
		l->missing = l->pythons[l->python] == NULL;
		if (!l->missing) {
			lexer_run(c);
			return;
		}
	}
	lexer_end(c, ran && r->exit == 0);
}

static void
lexer_run(struct core *c)
{
	static const struct sandbox_callbacks callbacks = {
		.output = lexer_output, .done = lexer_finished,
	};
	struct lexer *l = c->lexer;
	struct sandbox_limits limits;
	struct sandbox_spec spec;
	const struct sandbox_start start = { .worker = c->worker,
		.spec = &spec, .limits = &limits, .tool = "argv",
		.args = l->args, .cb = &callbacks, .arg = c };

	lexer_spec(c, &spec, &limits);
	cJSON_ReplaceItemInArray((cJSON *)(uintptr_t)json_array(l->args,
	    "argv"), 0, cJSON_CreateString(l->pythons[l->python]));
	l->call = sandbox_call_start(c->loop, &start);
}

/* It stops by itself before it would be killed, with what it has found: the
 * beginning of a large file has colours. */
static char *
lexer_seconds(const struct core *c)
{
	int64_t ms = json_int(c->start, "colours_ms", LEXER_MS);

	return xasprintf("%lld.%02d", (long long)(ms * 3 / 5 / 1000),
	    (int)(ms * 3 / 5 % 1000 / 10));
}

int
lexer_start(struct core *c, const char *name, const struct buf *texts,
    size_t n, lexer_done_cb *done, struct err *e)
{
	struct lexer *l = lexer_get(c);
	const char *const argv[] = { "python3", "-I", "-c", lexer_script };
	AUTO_BUF struct buf input = BUF_INIT(BUF_MAX);
	cJSON *list, *arg;
	AUTO_FREE char *seconds = NULL;
	size_t i;

	if (lexer_is_missing(c))
		return err_set(e, "there is no Pygments in the sandbox");
	if (call_others_wait(c, e) < 0)
		return -1;
	list = cJSON_CreateArray();
	for (i = 0; i < MEM_COUNT(argv); i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(argv[i]));
	seconds = lexer_seconds(c);
	cJSON_AddItemToArray(list, cJSON_CreateString(seconds));
	arg = cJSON_CreateObject();
	json_add_bytes(arg, "arg", name, strlen(name));
	cJSON_AddItemToArray(list, arg);
	for (i = 0; i < n; i++)
		buf_addf(&input, "%zu ", texts[i].len);
	buf_addc(&input, '\n');
	for (i = 0; i < n; i++)
		buf_add(&input, buf_str(&texts[i]), texts[i].len);
	l->args = cJSON_CreateObject();
	json_set_take(l->args, "argv", list);
	json_add_bytes(l->args, "input", buf_str(&input), input.len);
	l->done = done;
	lexer_run(c);
	return 0;
}
