/*
 * Requests wait in a queue; one file is read at a time, both sides of it if
 * both are asked for.  What was found is kept by content and name.
 */

#include "config.h"

#include "core/syntax/syntax.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha.h"
#include "base/spawn.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/stage/program.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "sandbox/sandbox.h"

#define SPANS_FILE_MAX	((size_t)1 << 20)	/* of a file that is read */

#define SPANS_RECORD	9			/* bytes */

#define LEXER_TEXTS	2	/* in one run */

#define SPANS_LINE_MAX	2000	/* longer ones have no colours */

static uint32_t
spans_u32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 |
	    (uint32_t)u[2] << 8 | (uint32_t)u[3];
}

static void
spans_release(struct spans *t)
{
	free(t->v);
	free(t->lines);
	memset(t, 0, sizeof(*t));
}

/* Memory that they take. */
static size_t
spans_bytes(const struct spans *t)
{
	return t->len * sizeof(*t->v) + t->lines_len * sizeof(*t->lines);
}

static void
spans_find_lines(struct spans *t, const char *text, size_t size)
{
	const char *p = text, *end = text + size;
	size_t n = 0, i;

	for (i = 0; i < size; i++)
		n += text[i] == '\n' || i + 1 == size;
	t->lines = xcalloc(n + 1, sizeof(*t->lines));
	for (; p < end; p = mem_line_after(p, end))
		t->lines[t->lines_len++] = (uint32_t)(p - text);
}

/* The number of records up to the end record; -1: there is no end record. */
static int64_t
spans_count(const char *p, const char *end)
{
	int64_t n = 0;

	for (; end - p >= SPANS_RECORD; p += SPANS_RECORD, n++)
		if ((unsigned char)p[8] == SPANS_END)
			return n;
	return -1;
}

int
spans_read(struct spans *t, const char *text, size_t size, const char **p,
    const char *end, struct err *e)
{
	int64_t n = spans_count(*p, end), i;
	uint64_t at = 0, from, len;
	struct span *k;

	memset(t, 0, sizeof(*t));
	if (n < 0 || size > SPANS_FILE_MAX)
		return err_set(e, "it is cut off");
	t->v = xcalloc((size_t)n + 1, sizeof(*t->v));
	for (i = 0; i < n; i++, *p += SPANS_RECORD) {
		from = spans_u32(*p);
		len = spans_u32(*p + 4);
		k = &t->v[t->len++];
		k->class = (uint8_t)(*p)[8];
		if (from < at || len == 0 || from + len > size ||
		    k->class == SYNTAX_REST || k->class >= SYNTAX_COUNT) {
			spans_release(t);
			return err_set(e, "a record doesn't fit");
		}
		at = from + len;
		k->from = (uint32_t)from;
		k->to = (uint32_t)at;
	}
	if (spans_u32(*p) != size || spans_u32(*p + 4) != n) {
		spans_release(t);
		return err_set(e, "it is of another file");
	}
	*p += SPANS_RECORD;
	t->size = size;
	t->ends = size > 0 && text[size - 1] == '\n';
	spans_find_lines(t, text, size);
	return 0;
}

/* Line n, from 0, as text: its length, then of each part in it " AT+LENGTH" and
 * the letter of its class: "14 0+3k 8+6s". */
static void
spans_line(const struct spans *t, size_t n, struct buf *b)
{
	size_t begin, end, i, from, to;

	if (n >= t->lines_len)
		return;
	begin = t->lines[n];
	/* Without its newline; the last line may have none. */
	end = n + 1 < t->lines_len ? t->lines[n + 1] - 1 : t->size;
	if (n + 1 == t->lines_len && t->ends)
		end--;
	buf_addf(b, "%zu", end - begin);
	if (end - begin > SPANS_LINE_MAX)
		return;
	/* From the first part that ends after it. */
	for (i = MEM_FIRST(t->len, k, t->v[k].to > begin);
	    i < t->len && t->v[i].from < end; i++) {
		from = t->v[i].from < begin ? begin : t->v[i].from;
		to = t->v[i].to > end ? end : t->v[i].to;
		if (from < to)
			buf_addf(b, " %zu+%zu%c", from - begin, to - from,
			    SYNTAX_LETTERS[t->v[i].class]);
	}
}

/* ---- Pygments ---- */

/*
 * Runs on a file's texts in a sandbox of its own at the session's level:
 * nothing of the project is mounted there, there is no network, and little time
 * and memory. Nothing waits for it.
 */

#define LEXER_MS	2000
#define LEXER_MEMORY	((int64_t)256 << 20)
#define LEXER_OUTPUT	((size_t)16 << 20)
#define LEXER_NO_PYGMENTS 3	/* exit status */

/*
 * The program that the sandbox runs: Pygments reads each text from its start
 * and says where its parts are, by bytes (latin-1: each byte is a character,
 * and nothing is normalized).  The lexer is chosen by the file's name, or the
 * language (after a slash), alone.
 *
 * Arguments: seconds, after which it ends with what it has; the name.  Input: a
 * line with the sizes of the texts, then the texts.  Output: syntax.h.  Exit
 * status 3: no Pygments.
 */
static const char lexer_script[] =
    "import sys\n"
    "from struct import pack\n"
    "from time import monotonic\n"
    "begun = monotonic()\n"
    "try:\n"
    "\timport pygments.lexers as lexers\n"
    "\tfrom pygments.token import Comment, Keyword, Literal, Name, Number\n"
    "\tfrom pygments.token import Operator, String\n"
    "except ImportError:\n"
    "\tsys.exit(3)\n"
    "# Only lexers of Pygments itself; looking for others takes longer.\n"
    "lexers.find_plugin_lexers = lambda: ()\n"
    "CLASSES = {\n"
    "\tComment: 1, Comment.Preproc: 7, Comment.PreprocFile: 2,\n"
    "\tString: 2, Literal.Date: 3, Name.Entity: 2,\n"
    "\tNumber: 3, Keyword.Constant: 3, Name.Constant: 3,\n"
    "\tKeyword: 4, Operator.Word: 4, Name.Tag: 4,\n"
    "\tName.Function: 5, Name.Builtin: 5, Name.Builtin.Pseudo: 0,\n"
    "\tName.Class: 6, Name.Exception: 6, Keyword.Type: 6,\n"
    "\tName.Decorator: 7, Name.Label: 7, Name.Attribute: 7,\n"
    "}\n"
    "def class_of(kind):\n"
    "\tn = known.get(kind)\n"
    "\tif n is None:\n"
    "\t\tn = CLASSES.get(kind)\n"
    "\t\tif n is None:\n"
    "\t\t\tn = class_of(kind.parent) if kind.parent else 0\n"
    "\t\tknown[kind] = n\n"
    "\treturn n\n"
    "known = {}\n"
    "SECONDS = float(sys.argv[1])\n"
    "data = sys.stdin.buffer\n"
    "sizes = [int(n) for n in data.readline().split()]\n"
    "texts = [data.read(n) for n in sizes]\n"
    "out = sys.stdout.buffer\n"
    "for i, text in enumerate(texts):\n"
    "\tsize, end, n, count, start = len(text), 0, 0, 0, None\n"
    "\tuntil = begun + SECONDS * (i + 1) / len(texts)\n"
    "\tlast = 0\n"
    "\trecords = []\n"
    "\ttry:\n"
    "\t\tname = sys.argv[2]\n"
    "\t\tlexer = lexers.get_lexer_by_name(name[1:]) if name[0] == \"/\" \\\n"
    "\t\t\telse lexers.get_lexer_for_filename(name)\n"
    "\t\ttokens = lexer.get_tokens_unprocessed(text.decode(\"latin-1\") + \"\\n\")\n"
    "\texcept lexers.ClassNotFound:\n"
    "\t\ttokens = ()\n"
    "\tfor at, kind, value in tokens:\n"
    "\t\tn += 1\n"
    "\t\tif n % 256 == 0 and monotonic() > until:\n"
    "\t\t\tbreak\n"
    "\t\tstop = min(at + len(value), size)\n"
    "\t\tkind = class_of(kind)\n"
    "\t\t# Some lexers come back to what another has read.\n"
    "\t\tif at < end or at >= stop:\n"
    "\t\t\tcontinue\n"
    "\t\tend = stop\n"
    "\t\tif start is not None and kind == last and at == done:\n"
    "\t\t\tdone = stop\n"
    "\t\t\tcontinue\n"
    "\t\tif last:\n"
    "\t\t\trecords.append(pack(\">IIB\", start, done - start, last))\n"
    "\t\tstart, done, last = at, stop, kind\n"
    "\tif last:\n"
    "\t\trecords.append(pack(\">IIB\", start, done - start, last))\n"
    "\tout.write(b\"\".join(records))\n"
    "\tout.write(pack(\">IIB\", size, len(records), 255))\n";

struct lexer {
	struct sandbox_call *call;
	struct buf	 out;
	cJSON		*args;		/* for the next Python, if this one
					   has no Pygments */
	char		**pythons;	/* NULL-terminated */
	size_t		 python;	/* the one to try */
	bool		 missing;
	char		*dir;
	char		*root, *layer, *work, *home, *tmp;
};

#define SYNTAX_QUEUE	64
#define SYNTAX_FILES	64			/* kept, and */
#define SYNTAX_BYTES	((size_t)24 << 20)	/* memory for them */
#define SYNTAX_LANGUAGE	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-#._"
#define SYNTAX_LINES	2000			/* in one answer */

struct syntax_ask {
	unsigned	 client;
	char		*hash, *name;
	char		*id;		/* of a code; else NULL */
	char		*text;		/* that isn't what the store has; or
					   NULL */
	int64_t		 size;
	int64_t		 from, lines;
};

struct syntax_file {
	char		*hash, *name;
	bool		 none;		/* no colours */
	struct spans	 spans;
	uint64_t	 used;		/* larger: later */
};

struct syntax {
	struct syntax_ask queue[SYNTAX_QUEUE];
	size_t		 queue_len;
	struct syntax_file *files;
	size_t		 files_len;
	uint64_t	 clock;
	/* being read */
	struct syntax_ask now[LEXER_TEXTS];
	struct buf	 texts[LEXER_TEXTS];
	size_t		 now_len;
	struct lexer	*lexer;		/* finds them; or NULL */
};

static void lexer_run(struct core *);
static void syntax_step(struct core *);
static void syntax_read(struct core *, const char *out, size_t n);

static void
lexer_free(struct lexer *l)
{
	if (l == NULL)
		return;
	sandbox_call_cancel(&l->call);
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

/* Is there nothing to try: no sandbox, or no Pygments? */
static bool
lexer_is_missing(const struct core *c)
{
	return c->sandbox.level == SANDBOX_NONE ||
	    (c->syntax->lexer != NULL && c->syntax->lexer->missing);
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
	struct lexer *l = c->syntax->lexer;
	int fd;

	if (l != NULL)
		return l;
	c->syntax->lexer = l = xcalloc(1, sizeof(*l));
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
		fs_chown_like(c->stage->root_fd, fd);
		close(fd);
	}
	return l;
}

static void
lexer_spec(struct core *c, struct sandbox_spec *s)
{
	const struct lexer *l = c->syntax->lexer;
	struct sandbox_limits *lim = &s->limits;

	memset(s, 0, sizeof(*s));
	s->worker = c->worker;
	s->level = c->sandbox.level;
	s->root = s->cwd = l->root;
	s->path = json_str_or(c->start, "path", "/usr/bin:/bin");
	s->upper = s->copy = l->layer;
	s->work = l->work;
	s->sandbox_home = l->home;
	s->sandbox_tmp = l->tmp;
	s->state_dir = c->state_dir;
	s->quota_dir = l->dir;
	s->cgroup = c->sandbox.cgroup;
	*lim = c->sandbox.limits;
	lim->timeout_ms = json_int(c->start, "colours_ms", LEXER_MS);
	if (lim->timeout_ms <= 0)
		lim->timeout_ms = LEXER_MS;
	if (lim->memory_bytes > LEXER_MEMORY)
		lim->memory_bytes = LEXER_MEMORY;
	lim->output_bytes = LEXER_OUTPUT;
	lim->disk_bytes = 1 << 20;
	s->tool = "argv";
	s->args = l->args;
}

/* ---- a run ---- */

static void
lexer_end(struct core *c, bool whole)
{
	struct lexer *l = c->syntax->lexer;
	struct buf out = l->out;

	json_drop(&l->args);
	l->call = NULL;
	buf_init(&l->out, LEXER_OUTPUT);
	syntax_read(c, whole ? buf_str(&out) : NULL, whole ? out.len : 0);
	buf_release(&out);
}

static void
lexer_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;

	(void)buf_add(&c->syntax->lexer->out, p, n);
}

static void
lexer_finished(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;
	struct lexer *l = c->syntax->lexer;
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
	struct lexer *l = c->syntax->lexer;
	struct sandbox_spec spec;

	lexer_spec(c, &spec);
	cJSON_ReplaceItemInArray((cJSON *)(uintptr_t)json_array(l->args,
	    "argv"), 0, cJSON_CreateString(l->pythons[l->python]));
	l->call = sandbox_call_start(c->loop, &spec, NULL, &callbacks, c);
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

/* Start with these texts of a file of this name. -1: it can't. */
static int
lexer_start(struct core *c, const char *name, const struct buf *texts,
    size_t n, struct err *e)
{
	struct lexer *l = lexer_get(c);
	const char *const argv[] = { "python3", "-I", "-c", lexer_script };
	AUTO_BUF struct buf input = BUF_INIT(BUF_MAX);
	cJSON *list, *arg;
	AUTO_FREE char *seconds = NULL;
	size_t i;

	if (lexer_is_missing(c))
		return err_set(e, "there is no Pygments in the sandbox");
	if (program_others_wait(c, e) < 0)
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
	lexer_run(c);
	return 0;
}

static void
syntax_ask_release(struct syntax_ask *a)
{
	free(a->hash);
	free(a->name);
	free(a->id);
	free(a->text);
	memset(a, 0, sizeof(*a));
}

static void
syntax_file_release(struct syntax_file *f)
{
	free(f->hash);
	free(f->name);
	spans_release(&f->spans);
}

static void
syntax_now_clear(struct syntax *s)
{
	size_t i;

	for (i = 0; i < s->now_len; i++) {
		syntax_ask_release(&s->now[i]);
		buf_release(&s->texts[i]);
	}
	s->now_len = 0;
}

static void
syntax_free(struct core *c)
{
	struct syntax *s = c->syntax;

	if (s == NULL)
		return;
	lexer_free(s->lexer);
	syntax_now_clear(s);
	EV_EACH(s, queue, ask)
		syntax_ask_release(ask);
	EV_EACH(s, files, file)
		syntax_file_release(file);
	free(s->files);
	free(s);
}

static struct syntax *
syntax_get(struct core *c)
{
	if (c->syntax == NULL)
		c->syntax = xcalloc(1, sizeof(*c->syntax));
	return c->syntax;
}

/* ---- what is kept ---- */

static struct syntax_file *
syntax_find(struct syntax *s, const struct syntax_ask *a)
{
	EV_EACH(s, files, file)
		if (strcmp(file->hash, a->hash) == 0 &&
		    strcmp(file->name, a->name) == 0) {
			file->used = ++s->clock;
			return file;
		}
	return NULL;
}

/* Make room: the longest unused goes first. */
static void
syntax_trim(struct syntax *s, size_t more)
{
	size_t i, oldest, bytes;

	for (;;) {
		bytes = more;
		for (i = oldest = 0; i < s->files_len; i++) {
			bytes += spans_bytes(&s->files[i].spans);
			if (s->files[i].used < s->files[oldest].used)
				oldest = i;
		}
		if (s->files_len == 0 || (s->files_len < SYNTAX_FILES &&
		    bytes <= SYNTAX_BYTES))
			return;
		syntax_file_release(&s->files[oldest]);
		s->files[oldest] = s->files[--s->files_len];
	}
}

/* `t`: NULL if it has no colours. */
static void
syntax_keep(struct syntax *s, const struct syntax_ask *a,
    const struct spans *t_take)
{
	struct syntax_file *f;

	syntax_trim(s, t_take == NULL ? 0 : spans_bytes(t_take));
	GROW(s->files, s->files_len);
	f = &s->files[s->files_len++];
	memset(f, 0, sizeof(*f));
	f->hash = xstrdup(a->hash);
	f->name = xstrdup(a->name);
	f->used = ++s->clock;
	f->none = t_take == NULL;
	if (t_take != NULL)
		f->spans = *t_take;
}

/* ---- answers ---- */

/* `f`: NULL if it has no colours. */
static void
syntax_answer(struct core *c, const struct syntax_ask *a,
    const struct syntax_file *f)
{
	bool none = f == NULL || f->none;
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	AUTO_EVENT struct event e = { .colours = { .id = a->id,
	    .hash = a->id != NULL ? NULL : a->hash, .from = a->from,
	    .none = none } };
	size_t i, len = none ? 0 : f->spans.lines_len;

	if (!none)
		e.colours.lines = ev_alloc(&e, (size_t)(a->lines + 1) *
		    sizeof(char *));
	for (i = (size_t)a->from - 1; i < len &&
	    e.colours.lines_len < (size_t)a->lines; i++) {
		buf_clear(&b);
		spans_line(&f->spans, i, &b);
		e.colours.lines[e.colours.lines_len++] = ev_copy(&e,
		    buf_str(&b), b.len);
	}
	server_answer(c->server, a->client, event_line(EVENT_COLOURS,
	    &e.colours));
}

/* Answer all that is known by now. */
static void
syntax_answer_known(struct core *c)
{
	struct syntax *s = c->syntax;
	const struct syntax_file *f;
	size_t n = 0;

	EV_EACH(s, queue, ask) {
		struct syntax_ask a = *ask;

		f = syntax_find(s, &a);
		if (f == NULL && !lexer_is_missing(c)) {
			s->queue[n++] = a;
			continue;
		}
		syntax_answer(c, &a, f);
		syntax_ask_release(&a);
	}
	s->queue_len = n;
}

/* ---- reading ---- */

/* `out` is what the lexer printed (see syntax.h); NULL: it failed, or was
 * killed. */
static void
syntax_read(struct core *c, const char *out, size_t n)
{
	struct syntax *s = c->syntax;
	const char *p = out, *end = out == NULL ? NULL : out + n;
	struct spans t[LEXER_TEXTS];
	struct err e = ERR_INIT;
	bool sound = out != NULL;
	size_t i, k;

	for (k = 0; sound && k < s->now_len; k++)
		sound = spans_read(&t[k], buf_str(&s->texts[k]),
		    s->texts[k].len, &p, end, &e) == 0;
	/* One that failed is empty. */
	if (!sound || p != end) {
		sound = false;
		while (k > 0)
			spans_release(&t[--k]);
	}
	for (i = 0; i < s->now_len; i++)
		syntax_keep(s, &s->now[i], sound ? &t[i] : NULL);
	syntax_now_clear(s);
	syntax_answer_known(c);
	syntax_step(c);
}

/* Take a text that is to be read. */
static void
syntax_take(struct core *c, const struct syntax_ask *a)
{
	struct syntax *s = c->syntax;
	struct err e = ERR_INIT;
	struct buf *b = &s->texts[s->now_len];
	struct syntax_ask *to = &s->now[s->now_len];

	buf_init(b, SPANS_FILE_MAX);
	if (a->size > (int64_t)SPANS_FILE_MAX || (a->text != NULL ?
	    buf_add(b, a->text, (size_t)a->size) :
	    blob_get(c->blobs, a->hash, b, &e)) < 0) {
		buf_release(b);
		syntax_keep(s, a, NULL);
		return;
	}
	memset(to, 0, sizeof(*to));
	to->hash = xstrdup(a->hash);
	to->name = xstrdup(a->name);
	s->now_len++;
}

/* The first that waits, and the other side of the same file. */
static void
syntax_begin(struct core *c)
{
	struct syntax *s = c->syntax;
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < s->queue_len && s->now_len < LEXER_TEXTS; i++)
		if (s->now_len == 0 ||
		    (strcmp(s->queue[i].name, s->now[0].name) == 0 &&
		    strcmp(s->queue[i].hash, s->now[0].hash) != 0))
			syntax_take(c, &s->queue[i]);
	if (s->now_len > 0 && lexer_start(c, s->now[0].name, s->texts,
	    s->now_len, &e) < 0) {
		EV_EACH(s, now, it)
			syntax_keep(s, it, NULL);
		syntax_now_clear(s);
	}
}

static void
syntax_step(struct core *c)
{
	syntax_answer_known(c);
	while (c->syntax->queue_len > 0 &&
	    (c->syntax->lexer == NULL || c->syntax->lexer->args == NULL)) {
		syntax_begin(c);
		syntax_answer_known(c);
	}
}

/* ---- the commands ---- */

/* A place in the queue, or NULL. */
static struct syntax_ask *
syntax_ask_new(struct core *c, unsigned client, struct err *e)
{
	struct syntax *s = syntax_get(c);
	struct syntax_ask *a = &s->queue[s->queue_len];

	if (s->queue_len == SYNTAX_QUEUE) {
		err_set(e, "too many requests for syntax colors are waiting");
		return NULL;
	}
	s->queue_len++;
	memset(a, 0, sizeof(*a));
	a->client = client;
	return a;
}

static int
syntax_code(struct core *c, const cJSON *command, unsigned client,
    struct err *e)
{
	const char *language = json_str_or(command, "language", "");
	char hex[SHA256_HEX_SIZE];
	struct syntax_ask *a;
	size_t n = 0;
	char *text;

	if (language[0] == '\0' || language[strspn(language, SYNTAX_LANGUAGE)] !=
	    '\0')
		return err_set(e, "that is no language");
	text = json_get_bytes(command, "text", &n);
	if (text == NULL || (a = syntax_ask_new(c, client, e)) == NULL) {
		free(text);
		return err_is_set(e) ? -1 : err_set(e, "there is no text");
	}
	sha256_hex(text, n, hex);
	a->hash = xstrdup(hex);
	/* No file has such a name. */
	a->name = xasprintf("/%s", language);
	a->id = xstrdup(json_str_or(command, "id", ""));
	a->text = text;
	a->size = (int64_t)n;
	a->from = 1;
	a->lines = SYNTAX_LINES;
	syntax_step(c);
	return 0;
}

static int
syntax_command(struct core *c, const cJSON *command, unsigned client,
    struct err *e)
{
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(c->fold,
	    json_str_or(command, "hunk", ""), &h);
	const struct fold_side *side;
	AUTO_BUF struct buf text = BUF_INIT(0);
	const char *path;
	struct stage_side stored;
	struct syntax_ask *a;

	if (json_is(command, "type", "code"))
		return syntax_code(c, command, client, e);
	if (f == NULL)
		return err_set(e, "that hunk has changed; look at it again");
	side = json_is(command, "side", "before") ? &f->before : &f->after;
	if (!side->exists || side->hash == NULL)
		return err_set(e, "the file doesn't exist on that side");
	if ((a = syntax_ask_new(c, client, e)) == NULL)
		return -1;
	path = f->path_bytes != NULL ? f->path_bytes : f->path;
	a->hash = xstrdup(side->hash);
	a->name = xstrdup(basename(path));
	a->size = side->size;
	stages_side(&stored, side);
	if (f->encoding != NULL && a->size <= (int64_t)SPANS_FILE_MAX &&
	    gate_text(c->blobs, &stored, f->encoding, &text, NULL) == 0) {
		a->size = (int64_t)text.len;
		a->text = buf_take(&text);
	}
	a->from = json_int(command, "from", 1);
	a->lines = json_int(command, "lines", 1);
	if (a->from < 1 || a->from > (int64_t)SPANS_FILE_MAX)
		a->from = 1;
	if (a->lines < 0 || a->lines > SYNTAX_LINES)
		a->lines = SYNTAX_LINES;
	syntax_step(c);
	return 0;
}

static const struct core_command syntax_commands[] = {
	{ "code", IN_ANY, 0, 0, NOBODY, .serve = syntax_command },
	{ "colours", IN_ANY, HAS_REVIEW, 0, NOBODY, .serve = syntax_command },
	{ 0 }
};

const struct core_part syntax_part = {
	.free = syntax_free, .commands = syntax_commands,
};
