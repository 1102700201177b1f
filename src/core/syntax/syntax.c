/*
 * Requests wait in a queue; one text is read at a time.  What was found is kept by
 * content and name.
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
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "rpc/rpc.h"
#include "sandbox/sandbox.h"

#define SPANS_FILE_MAX	((size_t)1 << 20)	/* of a file that is read */

#define SPANS_RECORD	9			/* bytes */

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
	FREE_ALL(t->v, t->lines);
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
	/* Leave out the line's newline; the last line may have none. */
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
 * Runs in a sandbox of its own at the session's level: nothing of the project is
 * mounted there, there is no network, and little time and memory. It takes 80 ms
 * to start, so it stays for a while. Nothing waits for it.
 */

#define LEXER_MS	2000
#define LEXER_START_MS	10000	/* more, for the first text */
#define LEXER_STAYS_MS	10000	/* after the last text */
#define LEXER_LASTS_MS	((int64_t)24 * 3600 * 1000)
#define LEXER_MEMORY	((int64_t)256 << 20)
#define LEXER_OUTPUT	((size_t)16 << 20)

/*
 * The program that the sandbox runs: Pygments reads each text from its start
 * and says where its parts are, by bytes (latin-1: each byte is a character,
 * and nothing is normalized).  The lexer is chosen by the file's name, or the
 * language (after a slash), alone.
 *
 * JSON-RPC: "begin" has no answer where there is no Pygments.  "read" has seconds,
 * after which it answers with what it has, the name and the text; its result is
 * that of syntax.h.
 */
static const char lexer_script[] =
    "import sys, json\n"
    "from binascii import a2b_base64, b2a_base64\n"
    "from struct import pack\n"
    "from time import monotonic\n"
    "import pygments.lexers as lexers\n"
    "from pygments.token import Comment, Keyword, Literal, Name, Number\n"
    "from pygments.token import Operator, String\n"
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
    "def read(name, text, seconds):\n"
    "\tsize, end, n, start = len(text), 0, 0, None\n"
    "\tuntil = monotonic() + seconds\n"
    "\tlast = 0\n"
    "\trecords = []\n"
    "\ttry:\n"
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
    "\trecords.append(pack(\">IIB\", size, len(records), 255))\n"
    "\treturn b2a_base64(b\"\".join(records), newline=False).decode()\n"
    "def get(o, key):\n"
    "\treturn o[key].encode() if key in o else a2b_base64(o[key + \"_b64\"])\n"
    "for line in sys.stdin.buffer:\n"
    "\task = json.loads(line)\n"
    "\tresult = {}\n"
    "\tif ask[\"method\"] == \"read\":\n"
    "\t\to = ask[\"params\"]\n"
    "\t\tname = get(o, \"name\").decode(\"utf-8\", \"surrogateescape\")\n"
    "\t\tresult[\"spans_b64\"] = read(name, get(o, \"text\"), o[\"seconds\"])\n"
    "\tprint(json.dumps({\"jsonrpc\": \"2.0\", \"id\": ask[\"id\"],\n"
    "\t\t\"result\": result}), flush=True)\n";

struct lexer {
	struct job	 job;
	struct rpc	*rpc;		/* NULL: it doesn't run */
	struct loop_timer *rest;	/* until it ends */
	bool		 begun;		/* this Python has Pygments */
	char		**pythons;	/* NULL-terminated */
	size_t		 python;	/* the one to try */
	bool		 missing;
	struct stage	*stage;		/* of an empty folder, `root`, in the
					   project's place */
	char		*root;
};

#define LEXER_DIR	"lexer"		/* of the stage */

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
	struct syntax_ask now;		/* being read; its hash is NULL: none */
	struct buf	 text;
	struct lexer	*lexer;		/* finds them; or NULL */
};

static void lexer_read(struct core *);
static void syntax_step(struct core *);
static void syntax_read(struct core *, const char *out, size_t n);

static void
lexer_stop(struct lexer *l)
{
	loop_timer_free(&l->rest);
	rpc_free(l->rpc);
	l->rpc = NULL;
	job_drop(&l->job);
}

static void
lexer_free(struct core *c)
{
	struct lexer *l = c->syntax->lexer;

	if (l == NULL)
		return;
	lexer_stop(l);
	pythons_free(l->pythons);
	stages_drop(c, &l->stage, LEXER_DIR);
	FREE_ALL(l->root, l);
}

/* Is there nothing to try: no sandbox, or no Pygments? */
static bool
lexer_is_missing(const struct core *c)
{
	return c->sandbox.level == SANDBOX_NONE ||
	    (c->syntax->lexer != NULL && c->syntax->lexer->missing);
}

/* ---- its sandbox ---- */

/* The folder belongs to the project's owner, as that does, who then runs the
 * lexer. */
static struct lexer *
lexer_get(struct core *c)
{
	struct lexer *l = c->syntax->lexer;
	AUTO_CLOSE int fd = -1;

	if (l != NULL)
		return l;
	c->syntax->lexer = l = xcalloc(1, sizeof(*l));
	l->job = (struct job){ .core = c, .kind = JOB_LASTING, .arg = c };
	l->pythons = pythons_find(json_str_or(c->start, "path",
	    "/usr/bin:/bin"), c->root);
	(void)stages_remove(c, LEXER_DIR, NULL);
	/* Nothing is copied for its own view, which stays empty. */
	l->stage = stages_open_as(c, LEXER_DIR, SANDBOX_VIEW_OVERLAY, NULL);
	l->missing = l->pythons[0] == NULL || l->stage == NULL;
	if (l->stage == NULL)
		return l;
	l->root = fs_join(l->stage->dir, "root");
	(void)mkdir(l->root, 0700);
	fd = open(l->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		fs_chown_like(c->stage->root_fd, fd);
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
	stage_fill_spec(l->stage, s);
	s->copy = l->stage->staged_path;
	s->state_dir = c->state_dir;
	s->cgroup = c->sandbox.cgroup;
	*lim = c->sandbox.limits;
	lim->timeout_ms = LEXER_LASTS_MS;
	if (lim->memory_bytes > LEXER_MEMORY)
		lim->memory_bytes = LEXER_MEMORY;
	lim->output_bytes = LEXER_OUTPUT;
	lim->disk_bytes = 1 << 20;
	s->tool = "serve";
}

/* ---- its process ---- */

static void
lexer_closed(void *arg, const char *why UNUSED)
{
	struct core *c = arg;

	lexer_stop(c->syntax->lexer);
}

static void
lexer_began(void *arg, const cJSON *result,
    const struct rpc_failure *failure UNUSED)
{
	struct core *c = arg;

	c->syntax->lexer->begun = result != NULL;
}

/* -1: it can't. */
static int
lexer_open(struct core *c)
{
	static const struct rpc_handlers handlers = { .closed = lexer_closed };
	static const struct rpc_limits limits = { .line = LEXER_OUTPUT };
	struct lexer *l = c->syntax->lexer;
	const char *const argv[] = { l->pythons[l->python], "-I", "-c",
		lexer_script };
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	struct program_plan plan = { .whole = true };

	lexer_stop(l);
	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0) {
		fs_close(to[0]);
		fs_close(to[1]);
		return -1;
	}
	json_set_take(args, "argv", cJSON_CreateStringArray(argv,
	    (int)MEM_COUNT(argv)));
	lexer_spec(c, &plan.spec);
	plan.spec.args = args;
	plan.spec.io_take[0] = to[0];
	plan.spec.io_take[1] = from[1];
	(void)job_start(&l->job, &plan, NULL);
	l->rpc = rpc_new_take(c->loop, from[0], to[1], &limits, &handlers, c);
	l->begun = false;
	(void)rpc_ask_take(l->rpc, "begin", NULL, 0, lexer_began, c);
	return 0;
}

static void
lexer_rests(void *arg)
{
	struct core *c = arg;

	c->syntax->lexer->rest = NULL;
	lexer_stop(c->syntax->lexer);
}

static void
lexer_answered(void *arg, const cJSON *result,
    const struct rpc_failure *failure)
{
	struct core *c = arg;
	struct lexer *l = c->syntax->lexer;
	AUTO_FREE char *out = NULL;
	size_t n = 0;

	if (failure != NULL) {
		lexer_stop(l);
		/* It isn't visible in the sandbox, or has no Pygments. */
		if (failure->code == RPC_CLOSED && !l->begun) {
			l->python++;
			l->missing = l->pythons[l->python] == NULL;
			if (!l->missing) {
				lexer_read(c);
				return;
			}
		}
	} else
		out = json_get_bytes(result, "spans", &n);
	syntax_read(c, out, n);
	if (l->job.call == NULL || c->syntax->now.hash != NULL)
		return;
	/* Stopped, it isn't watched either. */
	job_hold(&l->job);
	l->rest = loop_timer_new(c->loop, LEXER_STAYS_MS, lexer_rests, c);
}

/* Read the text. It answers by itself before it would be killed, with what it has
 * found: the beginning of a large file has colours. */
static void
lexer_read(struct core *c)
{
	const struct syntax *s = c->syntax;
	struct lexer *l = s->lexer;
	int64_t ms = json_int(c->start, "colours_ms", LEXER_MS);
	cJSON *o;

	ms = ms <= 0 ? LEXER_MS : ms;
	loop_timer_free(&l->rest);
	if (l->job.call != NULL)
		job_go_on(&l->job);
	else if (lexer_open(c) < 0) {
		l->missing = true;
		syntax_read(c, NULL, 0);
		return;
	}
	o = cJSON_CreateObject();
	json_add_bytes(o, "name", s->now.name, strlen(s->now.name));
	json_add_bytes(o, "text", buf_str(&s->text), s->text.len);
	cJSON_AddNumberToObject(o, "seconds", (double)ms * 0.6 / 1000);
	if (rpc_ask_take(l->rpc, "read", o, ms + (l->begun ? 0 :
	    LEXER_START_MS), lexer_answered, c) > 0)
		return;
	/* It has just ended. */
	lexer_stop(l);
	syntax_read(c, NULL, 0);
}

static void
syntax_ask_release(struct syntax_ask *a)
{
	FREE_ALL(a->hash, a->name, a->id, a->text);
	memset(a, 0, sizeof(*a));
}

static void
syntax_file_release(struct syntax_file *f)
{
	FREE_ALL(f->hash, f->name);
	spans_release(&f->spans);
}

static void
syntax_now_clear(struct syntax *s)
{
	syntax_ask_release(&s->now);
	buf_release(&s->text);
}

static void
syntax_free(struct core *c)
{
	struct syntax *s = c->syntax;

	if (s == NULL)
		return;
	lexer_free(c);
	syntax_now_clear(s);
	MEM_EACH(s, queue, ask)
		syntax_ask_release(ask);
	MEM_EACH(s, files, file)
		syntax_file_release(file);
	FREE_ALL(s->files, s);
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
	MEM_EACH(s, files, file)
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
	f = GROW_ADD(s->files, s->files_len);
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

	MEM_EACH(s, queue, ask) {
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

/* `out` is what the lexer said (see syntax.h); NULL: it failed, or was killed. */
static void
syntax_read(struct core *c, const char *out, size_t n)
{
	struct syntax *s = c->syntax;
	const char *p = out, *end = out == NULL ? NULL : out + n;
	struct spans t = { 0 };
	bool sound = out != NULL && spans_read(&t, buf_str(&s->text),
	    s->text.len, &p, end, NULL) == 0;

	if (sound && p != end) {
		sound = false;
		spans_release(&t);
	}
	syntax_keep(s, &s->now, sound ? &t : NULL);
	syntax_now_clear(s);
	syntax_answer_known(c);
	syntax_step(c);
}

/* Read the first that waits. */
static void
syntax_begin(struct core *c)
{
	struct syntax *s = c->syntax;
	const struct syntax_ask *a = &s->queue[0];

	(void)lexer_get(c);
	buf_init(&s->text, SPANS_FILE_MAX);
	if (lexer_is_missing(c) || program_others_wait(c, NULL) < 0 ||
	    a->size > (int64_t)SPANS_FILE_MAX || (a->text != NULL ?
	    buf_add(&s->text, a->text, (size_t)a->size) :
	    blob_get(c->blobs, a->hash, &s->text, NULL)) < 0) {
		buf_release(&s->text);
		syntax_keep(s, a, NULL);
		return;
	}
	s->now.hash = xstrdup(a->hash);
	s->now.name = xstrdup(a->name);
	lexer_read(c);
}

static void
syntax_step(struct core *c)
{
	syntax_answer_known(c);
	while (c->syntax->queue_len > 0 && c->syntax->now.hash == NULL) {
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
	if (f->encoding != NULL && a->size <= (int64_t)SPANS_FILE_MAX &&
	    gate_text(c->blobs, side->hash, f->encoding, &text, NULL) == 0) {
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
