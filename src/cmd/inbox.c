#include "config.h"

#include "cmd/inbox.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "cmd/setup.h"
#include "journal/session.h"

#define MINUTE_MS	60000
#define HOST_UNREAD_MAX	((size_t)4 << 20)
#define HOST_PIPE_MAX	(1 << 20)	/* what lineio_read takes at once */
#define HOST_LINE_MAX	((size_t)32 << 10)	/* longer ones are ignored */
#define HOST_ROWS_MAX	1000
#define HOST_WORDS_MAX	200	/* of what ssh says */
#define HOST_HELLO	"{\"inbox\":"	/* its first line begins so */
#define HOST_QUIET_MS	(3 * INBOX_BEAT_MS)
/* Tried again after so long, and twice as long each time it fails. */
#define HOST_AGAIN_MS	5000
#define HOST_AGAIN_MAX_MS 300000
/* A host may say more than can be drawn: how often it is read, and rings. */
#define HOST_REST_MS	1000
#define HOST_BELL_MS	MINUTE_MS

/* Rings when more wait. */
struct inbox_bell {
	size_t		 most;		/* at the last ring, or since */
	int64_t		 rest;		/* silent until then */
};

struct inbox_host {
	const char	*name;
	pid_t		 pid;		/* of ssh; 0: it doesn't run */
	struct lineio	*lines, *said;	/* its output and errors */
	bool		 here;		/* it speaks as we do */
	char		*words;		/* why it isn't, or NULL */
	int64_t		 due;		/* when it is quiet too long, or tried
					   again */
	int		 again_ms;
	int64_t		 rest;		/* not read until then; 0: read */
	struct inbox_row *rows;
	size_t		 len;
	struct inbox_bell bell;
};

struct inbox {
	struct session_watch *watch;
	unsigned	 changes;	/* of it, that the rows are from */
	bool		 made;
	struct inbox_row *rows;
	size_t		 len, own;	/* own: of this machine */
	struct inbox_bell bell;
	struct inbox_host *hosts;
	size_t		 hosts_len;
	char		*ssh;		/* its path; NULL: there is none */
	int		 poll;
};

static const struct json_field inbox_fields[] = {
	JSON_FIELD(inbox_row, id, JSON_TEXT, "id", NULL),
	JSON_FIELD(inbox_row, project, JSON_TEXT, "project", NULL),
	JSON_FIELD(inbox_row, task, JSON_TEXT, "task", NULL),
	JSON_FIELD(inbox_row, waits, JSON_TEXT, "waits", NULL),
	JSON_FIELD(inbox_row, words, JSON_TEXT, "words", NULL),
	JSON_FIELD(inbox_row, since, JSON_TEXT, "since", NULL),
};

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

bool
inbox_id_is_plain(const char *id)
{
	return id[0] != '\0' && id[0] != '-' &&
	    id[strspn(id, LETTERS "-")] == '\0';
}

bool
inbox_host_is_plain(const char *host)
{
	return host[0] != '\0' && host[0] != '-' &&
	    host[strspn(host, LETTERS "-._@:[]%")] == '\0';
}

/* ---- other hosts ---- */

static void
inbox_rows_clear(struct inbox_row **rows, size_t *len)
{
	while (*len > 0) {
		struct inbox_row *r = &(*rows)[--*len];

		JSON_RELEASE(r, inbox_fields);
	}
	FREE_NULL(*rows);
}

/* Wait for what it says until that time has come, or (0) for its next words. */
static void
host_rest(const struct inbox *b, struct inbox_host *h, int64_t until)
{
	struct epoll_event in = { .events = EPOLLIN };
	int op = until > 0 ? EPOLL_CTL_DEL : EPOLL_CTL_ADD;

	h->rest = until;
	(void)epoll_ctl(b->poll, op, h->lines->fd, &in);
	if (h->said != NULL)
		(void)epoll_ctl(b->poll, op, h->said->fd, &in);
}

/* Run ssh, which asks nothing: it has no terminal. */
static void
host_start(struct inbox *b, struct inbox_host *h, int64_t now)
{
	const char *const argv[] = { "ssh", "-T", "-o", "BatchMode=yes",
		h->name, INBOX_PROGRAM, "inbox", "--json", "--follow", NULL };
	int out[2] = { -1, -1 }, err[2] = { -1, -1 };
	AUTO_CLOSE int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	h->due = now + HOST_QUIET_MS;
	if (null < 0 || pipe2(out, O_CLOEXEC) < 0)
		return;
	if (pipe2(err, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return;
	}
	h->pid = spawn_as_user(b->ssh, argv, "/", NULL,
	    (const int[3]){ null, out[1], err[1] });
	close(out[1]);
	close(err[1]);
	(void)fcntl(out[0], F_SETPIPE_SZ, HOST_PIPE_MAX);
	h->lines = lineio_new_take(out[0], HOST_UNREAD_MAX, 0);
	h->said = lineio_new_take(err[0], HOST_UNREAD_MAX, 0);
	host_rest(b, h, 0);
	if (h->pid < 0)
		h->pid = 0;
}

/* It isn't there: try again later, and say why meanwhile. */
static void
host_stop(struct inbox_host *h, const char *why, int64_t now)
{
	if (h->pid > 0) {
		/* Kill it with the programs that it runs to connect. */
		(void)kill(-h->pid, SIGKILL);
		(void)waitpid(h->pid, NULL, 0);
	}
	h->pid = 0;
	lineio_free(h->lines);
	lineio_free(h->said);
	h->lines = h->said = NULL;
	inbox_rows_clear(&h->rows, &h->len);
	if (why != NULL && (h->words == NULL || h->here))
		xstrset(&h->words, why);
	h->again_ms = h->here || h->again_ms == 0 ? HOST_AGAIN_MS :
	    h->again_ms * 2 > HOST_AGAIN_MAX_MS ? HOST_AGAIN_MAX_MS :
	    h->again_ms * 2;
	h->here = false;
	h->rest = 0;
	h->due = now + h->again_ms;
}

/* A row, or that one is gone. */
static void
host_row(struct inbox_host *h, const cJSON *o)
{
	const char *id = json_str(o, "id");
	struct inbox_row *r;

	if (id == NULL || !inbox_id_is_plain(id))
		return;
	for (r = h->rows; r < h->rows + h->len; r++)
		if (strcmp(r->id, id) == 0) {
			JSON_RELEASE(r, inbox_fields);
			*r = h->rows[--h->len];
			break;
		}
	if (json_str(o, "waits") == NULL || h->len >= HOST_ROWS_MAX)
		return;
	r = GROW_ADD(h->rows, h->len);
	*r = (struct inbox_row){ .host = h->name,
		.cost = money_from_json(json_get(o, "cost_usd")) };
	JSON_READ(r, o, inbox_fields);
	if (r->task == NULL)
		r->task = xstrdup("");
	if (r->words == NULL)
		r->words = xstrdup(r->waits);
}

/* Keep what was printed before the first line of the protocol, for example by a
 * shell's start file. If ssh itself reported something, that says more. */
static void
host_printed(struct inbox_host *h, const char *text, size_t n)
{
	AUTO_FREE char *cut = n == 0 || h->here || h->words != NULL ? NULL :
	    utf8_cut_dup(text, HOST_WORDS_MAX);

	if (cut != NULL)
		h->words = xasprintf("no answer yet; it printed: %s", cut);
}

static void
host_line(struct inbox_host *h, const char *line, size_t n, int64_t now)
{
	/* What was printed before it may have had no line end. */
	const char *hello = h->here ? NULL : memmem(line, n, HOST_HELLO,
	    strlen(HOST_HELLO));
	size_t skip = hello == NULL ? 0 : (size_t)(hello - line);
	AUTO_JSON cJSON *o = n - skip > HOST_LINE_MAX ? NULL :
	    json_parse(line + skip, n - skip, JSON_OWN, NULL);
	int64_t version = json_int(o, "inbox", 0);

	if (version == INBOX_VERSION) {
		h->here = true;
		h->again_ms = 0;
		FREE_NULL(h->words);
	} else if (version > 0)
		xstrset(&h->words, "has another version of assent");
	else if (h->here)
		host_row(h, o);
	else
		host_printed(h, line, n);
	if (version > 0 || h->here)
		h->due = now + HOST_QUIET_MS;
}

/* Read more of its lines: -1 at their end; *news: some came. */
static int
host_more(struct lineio *io, bool *news)
{
	size_t had = io->in.len - io->given;
	int rc = lineio_read(io);

	*news = *news || io->in.len > had;
	return rc;
}

/* True if something came, or is due. */
static bool
inbox_host_read(struct inbox *b, struct inbox_host *h, int64_t now)
{
	bool news = false, end = false;
	const char *line;
	size_t n;

	if (h->lines == NULL) {
		if (now < h->due)
			return false;
		host_start(b, h, now);
		return true;
	}
	if (now < h->rest)
		return false;
	if (h->said != NULL) {
		end = host_more(h->said, &news) < 0;
		while ((line = lineio_next(h->said, &n)) != NULL && !h->here) {
			FREE_SET(h->words, utf8_cut_dup(line, HOST_WORDS_MAX));
			/* ssh ends its lines as for a terminal. */
			h->words[strcspn(h->words, "\r")] = '\0';
		}
		if (end) {
			lineio_free(h->said);
			h->said = NULL;
		}
	}
	end = host_more(h->lines, &news) < 0;
	while ((line = lineio_next(h->lines, &n)) != NULL)
		host_line(h, line, n, now);
	if (end || now >= h->due) {
		/* A prompt has no line end. */
		host_printed(h, buf_str(&h->lines->in) + h->lines->given,
		    h->lines->in.len - h->lines->given);
		host_stop(h, end ? "the connection ended" : "doesn't answer",
		    now);
		return true;
	}
	if (news || h->rest > 0)
		host_rest(b, h, news ? now + HOST_REST_MS : 0);
	return news;
}

static bool
inbox_hosts_read(struct inbox *b)
{
	int64_t now = clock_mono_ms();
	bool news = false;

	MEM_EACH(b, hosts, it)
		news = inbox_host_read(b, it, now) || news;
	return news;
}

int
inbox_timeout(const struct inbox *b)
{
	int64_t now = clock_mono_ms(), at = -1, due;

	MEM_EACH(b, hosts, host) {
		due = host->rest > 0 ? host->rest : host->due;
		if (at < 0 || due < at)
			at = due;
	}
	return at < 0 || at - now > INT_MAX ? -1 : at <= now ? 0 :
	    (int)(at - now);
}

/* ---- all of them ---- */

struct inbox *
inbox_new(const cJSON *hosts)
{
	static const char *const ssh[] = { "ssh" };
	struct inbox *b = xcalloc(1, sizeof(*b));
	struct epoll_event in = { .events = EPOLLIN };
	struct inbox_host *h;
	const cJSON *it;

	b->watch = session_watch_new();
	b->poll = epoll_create1(EPOLL_CLOEXEC);
	(void)epoll_ctl(b->poll, EPOLL_CTL_ADD, session_watch_fd(b->watch),
	    &in);
	b->ssh = setup_find(getenv("PATH"), ssh, 1);
	cJSON_ArrayForEach(it, hosts) {
		h = GROW_ADD(b->hosts, b->hosts_len);
		*h = (struct inbox_host){ .name = it->valuestring };
		if (b->ssh == NULL)
			h->words = xstrdup("ssh isn't installed");
		else if (!inbox_host_is_plain(h->name))
			h->words = xstrdup("isn't a host's name");
		h->due = h->words == NULL ? 0 : INT64_MAX;
	}
	return b;
}

void
inbox_free(struct inbox *b)
{
	if (b == NULL)
		return;
	MEM_EACH(b, hosts, host) {
		host_stop(host, NULL, 0);
		free(host->words);
	}
	free(b->hosts);
	inbox_rows_clear(&b->rows, &b->len);
	session_watch_free(b->watch);
	fs_close(b->poll);
	FREE_ALL(b->ssh, b);
}

int
inbox_fd(const struct inbox *b)
{
	return b->poll;
}

static void
inbox_add(struct inbox *b, const struct session_info *s)
{
	struct buf words = BUF_INIT(0);
	struct inbox_row *r;

	r = GROW_ADD(b->rows, b->len);
	session_wait_words(s, &words);
	*r = (struct inbox_row){
		.id = xstrdup(s->id),
		.project = xstrdup_null(s->state.root),
		.task = session_words(s),
		.waits = xstrdup(session_wait_name(session_wants(s))),
		.words = buf_take(&words),
		.since = xstrdup_null(s->state.since),
		.cost = s->state.unpriced > 0 ? MONEY_UNKNOWN :
		    s->state.cost,
	};
}

/* The host's rows, or one about the host. */
static void
inbox_add_host(struct inbox *b, const struct inbox_host *h)
{
	size_t i;

	for (i = 0; i < h->len; i++) {
		const struct inbox_row *r = &h->rows[i];

		*GROW_ADD(b->rows, b->len) =
		    (struct inbox_row){ .host = h->name,
			.id = xstrdup(r->id), .waits = xstrdup(r->waits),
			.project = xstrdup_null(r->project),
			.task = xstrdup(r->task), .words = xstrdup(r->words),
			.since = xstrdup_null(r->since), .cost = r->cost };
	}
	if (h->here && h->words == NULL)
		return;
	*GROW_ADD(b->rows, b->len) = (struct inbox_row){ .host = h->name,
		.project = xstrdup(""), .task = xstrdup(""),
		.waits = xstrdup("host"), .words = xstrdup(h->words != NULL ?
		    h->words : "connecting") };
}

static void
inbox_make(struct inbox *b)
{
	AUTO_FREE const struct session_info **v = NULL;
	size_t i;

	b->made = true;
	b->changes = session_watch_changes(b->watch);
	v = session_watch_waiting(b->watch, &b->own);
	inbox_rows_clear(&b->rows, &b->len);
	for (i = 0; i < b->own; i++)
		inbox_add(b, v[i]);
	MEM_EACH(b, hosts, host)
		inbox_add_host(b, host);
}

static bool
bell_rings(struct inbox_bell *l, size_t n, int64_t now, int rest_ms)
{
	bool rings = n > l->most && now >= l->rest;

	if (rings)
		l->rest = now + rest_ms;
	if (rings || n < l->most)
		l->most = n;
	return rings;
}

static bool
inbox_rings(struct inbox *b)
{
	int64_t now = clock_mono_ms();
	bool rings = bell_rings(&b->bell, b->own, now, 0);
	struct inbox_host *h;

	for (h = b->hosts; h < b->hosts + b->hosts_len; h++)
		rings = bell_rings(&h->bell, h->len, now, HOST_BELL_MS) ||
		    rings;
	return rings;
}

bool
inbox_read(struct inbox *b, bool *rings)
{
	bool news = inbox_hosts_read(b) || !b->made;

	while (session_watch_step(b->watch))
		;
	news = news || b->changes != session_watch_changes(b->watch);
	if (news)
		inbox_make(b);
	if (rings != NULL)
		*rings = inbox_rings(b);
	return news;
}

/* The same in all orders, if nothing else differs. */
static int
inbox_by_age(const void *a, const void *b)
{
	const struct inbox_row *x = a, *y = b;
	int order = (x->id == NULL) - (y->id == NULL);

	/* A host that isn't there comes last. */
	if (order == 0)
		order = strcmp(x->since == NULL ? "" : x->since,
		    y->since == NULL ? "" : y->since);
	return order != 0 ? order : strcmp(x->id == NULL ? x->host : x->id,
	    y->id == NULL ? y->host : y->id);
}

static int
inbox_by_project(const void *a, const void *b)
{
	int order = strcmp(inbox_row_project(a), inbox_row_project(b));

	return order != 0 ? order : inbox_by_age(a, b);
}

static int
inbox_by_cost(const void *a, const void *b)
{
	const struct inbox_row *x = a, *y = b;

	return x->cost != y->cost ? x->cost < y->cost ? 1 : -1 :
	    inbox_by_age(a, b);
}

const struct inbox_row *
inbox_rows(struct inbox *b, enum inbox_order order, size_t *n)
{
	static int (*const by[INBOX_ORDERS])(const void *, const void *) = {
		[INBOX_BY_AGE] = inbox_by_age,
		[INBOX_BY_PROJECT] = inbox_by_project,
		[INBOX_BY_COST] = inbox_by_cost,
	};

	*n = b->len;
	MEM_SORT_BY(b->rows, b->len, by[order]);
	return b->rows;
}

cJSON *
inbox_row_json(const struct inbox_row *r)
{
	cJSON *o = cJSON_CreateObject();

	JSON_WRITE(o, r, inbox_fields);
	json_set_take(o, "cost_usd", money_to_json(r->cost));
	return o;
}

const char *
inbox_row_project(const struct inbox_row *r)
{
	const char *slash = r->project == NULL ? NULL :
	    strrchr(r->project, '/');

	return r->project == NULL ? "?" : slash == NULL || slash[1] == '\0' ?
	    r->project : slash + 1;
}

void
inbox_row_age(const struct inbox_row *r, struct buf *b)
{
	int64_t m = r->since == NULL ? 0 : clock_stamp_ms(r->since);

	if (m <= 0)
		return;
	m = ((int64_t)time(NULL) * 1000 - m) / MINUTE_MS;
	if (m < 60)
		buf_addf(b, "%lldm", (long long)(m < 0 ? 0 : m));
	else if (m < 48 * 60)
		buf_addf(b, "%lldh", (long long)(m / 60));
	else
		buf_addf(b, "%lldd", (long long)(m / (24 * 60)));
}
