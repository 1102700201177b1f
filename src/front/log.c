/*
 * assent log: prints a session's journal in order.  The words come from the
 * fold's transcript, so that log and UI agree; a proposal shows its new hunks.
 * All text goes through the sanitizer.
 */

#include "config.h"

#include "front/log.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/url.h"
#include "front/print.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/reader.h"

#define LOG_TEXT_LINES 40	/* of one text; --json has all */
#define LOG_SUMMARY_LINES 1000	/* a person reads what the model is told */

struct log {
	FILE		*out;
	bool		 json;		/* the lines as they are */
	bool		 net;		/* only the hosts of commands, of which
					   there were some: `any` */
	bool		 is_terminal, any;
	unsigned	 flags;		/* of the sanitizer */
	struct fold	*fold;
	struct buf	 clean;		/* scratch */
};

/* One line of foreign text, sanitized. */
static void
log_add(struct log *l, const char *p, size_t n)
{
	buf_clear(&l->clean);
	sanitize_add(&l->clean, p, n, l->flags);
	fwrite(buf_str(&l->clean), 1, l->clean.len, l->out);
}

static void
log_adds(struct log *l, const char *s)
{
	log_add(l, s, strlen(s));
}

/* At most so many lines (0: all); `diff` if it is one, for its colours. */
static void
log_text(struct log *l, const char *text, size_t len, int most,
    struct diff_lines *diff)
{
	const char *end = text + len, *nl, *colour = "";
	size_t left = 0;
	int lines;

	for (lines = 0; text < end; lines++) {
		nl = memchr(text, '\n', (size_t)(end - text));
		if (nl == NULL)
			nl = end;
		if (most > 0 && lines >= most) {
			left++;
		} else {
			if (diff != NULL)
				colour = print_diff_colour(diff_line(diff,
				    text, (size_t)(nl - text)));
			fprintf(l->out, "    %s", colour);
			log_add(l, text, (size_t)(nl - text));
			fprintf(l->out, "%s\n", colour[0] == '\0' ? "" :
			    PRINT_COLOUR_END);
		}
		text = nl + 1;
	}
	if (left > 0)
		fprintf(l->out, "    [%zu more line%s; --json has %s]\n",
		    left, left == 1 ? "" : "s", left == 1 ? "it" : "them");
}

/* "08:32:06     7 tool       make check", without the newline. */
static void
log_begin(struct log *l, const cJSON *line, const char *what,
    const char *title)
{
	const char *t = json_str_or(line, "t", "");
	char clock[9] = "--:--:--";

	if (strlen(t) >= 19)
		memcpy(clock, t + 11, 8);
	log_adds(l, clock);
	fprintf(l->out, " %5lld %-*s", (long long)json_int(line, "seq", 0),
	    title == NULL ? 0 : 11, what);
	if (title != NULL)
		log_adds(l, title);
}

static void
log_item(struct log *l, const cJSON *line, const struct fold_item *it)
{
	static const char *const names[] = {
		[ITEM_USER] = "user", [ITEM_ASSISTANT] = "model",
		[ITEM_THINKING] = "thinking", [ITEM_TOOL] = "tool",
		[ITEM_PLAN] = "plan", [ITEM_PROPOSAL] = "proposal",
		[ITEM_DECISION] = "decision", [ITEM_APPLIED] = "applied",
		[ITEM_EVIDENCE] = "evidence", [ITEM_ERROR] = "error",
		[ITEM_RETRY] = "retry", [ITEM_NOTE] = "note",
		[ITEM_END] = "end", [ITEM_SUMMARY] = "summary",
	};
	bool result = it->kind == ITEM_TOOL && !it->running;
	const char *text;

	log_begin(l, line, result ? "result" : it->own ? "user" :
	    names[it->kind], it->title);
	if (result)
		fputs(it->ok ? ": ok" : ": failed", l->out);
	if (it->summary != NULL && it->kind != ITEM_END) {
		fputs(", ", l->out);
		log_adds(l, it->summary);
	}
	fputc('\n', l->out);
	if (it->summary != NULL && it->kind == ITEM_END)
		log_text(l, it->summary, strlen(it->summary), LOG_TEXT_LINES,
		    NULL);
	/* A diff comes with the proposal. */
	text = it->diff ? json_str(line, "text") : it->text;
	if (text != NULL)
		log_text(l, text, strlen(text), it->kind == ITEM_SUMMARY ?
		    LOG_SUMMARY_LINES : LOG_TEXT_LINES, NULL);
}

/* The hunks of a proposal line that are new to the fold. */
static void
log_diff(const struct log *l, const cJSON *line, struct buf *diff)
{
	const cJSON *file, *hunk;

	cJSON_ArrayForEach(file, json_array(line, "files")) {
		const char *path = json_str_or(file, "path", "?");
		bool named = false;

		cJSON_ArrayForEach(hunk, json_array(file, "hunks")) {
			size_t n = 0;
			AUTO_FREE char *text = NULL;

			if (fold_find_hunk(l->fold, json_str(hunk, "id"),
			    NULL) != NULL)
				continue;
			text = json_get_bytes(hunk, "text", &n);
			if (text == NULL || n == 0) {
				continue;
			}
			if (!named) {
				const char *p;

				/* A newline in a name must not start a line. */
				buf_adds(diff, "=== ");
				for (p = path; *p != '\0'; p++)
					buf_addc(diff, *p == '\n' ? ' ' : *p);
				buf_addc(diff, '\n');
			}
			named = true;
			buf_addf(diff, "@@ -%lld,%lld +%lld,%lld @@\n",
			    (long long)json_int(hunk, "old_start", 0),
			    (long long)json_int(hunk, "old_lines", 0),
			    (long long)json_int(hunk, "new_start", 0),
			    (long long)json_int(hunk, "new_lines", 0));
			buf_add(diff, text, n);
			if (text[n - 1] != '\n')
				buf_addc(diff, '\n');
		}
	}
}

/* The auto-approvals. */
static void
log_grants(struct log *l)
{
	size_t i;

	for (i = 0; i < l->fold->grants_len; i++) {
		fputs("grant    ", l->out);
		log_adds(l, l->fold->grants[i]);
		fputc('\n', l->out);
	}
}

static void
log_session(struct log *l, const cJSON *line)
{
	const struct fold *f = l->fold;
	const struct { const char *name, *value; } rows[] = {
		{ "session", f->session },
		{ "begun", json_str(line, "t") },
		{ "project", f->root },
		{ "mode", f->mode },
		{ "model", f->model },
		{ "sandbox", f->sandbox.line },
		{ "because", f->sandbox.why },
		{ "task", f->task.first },
	};
	char *own;
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		if (rows[i].value == NULL)
			continue;
		fprintf(l->out, "%-8s ", rows[i].name);
		own = rows[i].value == f->sandbox.line ?
		    sanitize_own(f->sandbox.line,
		    l->flags) : NULL;
		log_adds(l, own != NULL ? own : rows[i].value);
		free(own);
		fputc('\n', l->out);
	}
	log_grants(l);
}

static const struct fold_item *
log_find_call(const struct fold *f, const char *id)
{
	size_t i;

	for (i = f->items_len; i > 0; i--)
		if (f->items[i - 1].call_id != NULL &&
		    strcmp(f->items[i - 1].call_id, id) == 0)
			return &f->items[i - 1];
	return NULL;
}

static void
log_event(struct log *l, const cJSON *line)
{
	enum event_type type = event_type(line);
	struct diff_lines lines = { 0 };
	AUTO_BUF struct buf diff = BUF_INIT(0);
	const struct fold_item *it = NULL;
	struct fold *f = l->fold;
	size_t before = f->items_len, i;

	if (type == EVENT_PROPOSAL)
		log_diff(l, line, &diff);
	fold_line(f, line);
	for (i = before; i < f->items_len; i++)
		log_item(l, line, &f->items[i]);
	if (i > before)
		goto out;
	/* Lines that change an item or add none. */
	if (type == EVENT_SESSION_START)
		log_session(l, line);
	else if (type == EVENT_TOOL_RESULT)
		it = log_find_call(f, json_str_or(line, "id", ""));
	else if (type == EVENT_PROPOSAL && f->items_len > 0)
		it = &f->items[f->items_len - 1];
	if (it != NULL)
		log_item(l, line, it);
	if (type == EVENT_TURN_START) {
		log_begin(l, line, "turn", f->phase == NULL ? "" : f->phase);
		fprintf(l->out, " %d\n", f->turn);
	} else if (type == EVENT_ASK) {
		log_begin(l, line, "ask", f->ask.command);
		fputc('\n', l->out);
	} else if (type == EVENT_MODE) {
		log_begin(l, line, "mode", f->approve);
		fputc('\n', l->out);
		log_grants(l);
	}
out:
	log_text(l, buf_str(&diff), diff.len, 0, print_has_colours(l->out) ?
	    &lines : NULL);
}

/* "08:32:06  registry.example:443  192.0.2.1, allowed by --net, call_1_0"; of the
 * totals at the end of a call "2 connections, 1200 bytes sent, 34000 received" */
static void
log_host(struct log *l, const cJSON *line, const cJSON *o)
{
	const char *t = json_str_or(line, "t", "");
	AUTO_FREE char *name = url_authority(json_str_or(o, "host", "?"),
	    (int)json_int(o, "port", 0));
	AUTO_BUF struct buf b = BUF_INIT(0);
	long long n = json_int(o, "connections", 0);
	size_t i;

	buf_addf(&b, "%.8s  %s  ", strlen(t) >= 19 ? t + 11 : "--:--:--", name);
	if (json_str(o, "refused") != NULL)
		buf_addf(&b, "refused: %s", json_str(o, "refused"));
	else if (o == line)
		buf_addf(&b, "%s, allowed by %s", json_str_or(o, "address",
		    "?"), json_str_or(o, "allowed_by", "?"));
	else
		buf_addf(&b, "%lld connection%s, %lld bytes sent, %lld "
		    "received", n, n == 1 ? "" : "s",
		    (long long)json_int(o, "sent", 0),
		    (long long)json_int(o, "received", 0));
	buf_addf(&b, ", %s", json_str_or(line, "call", "?"));
	/* None of it may start a line. */
	for (i = 0; i < b.len; i++)
		if (b.p[i] == '\n')
			b.p[i] = ' ';
	log_add(l, buf_str(&b), b.len);
	fputc('\n', l->out);
}

static void
log_net(struct log *l, const cJSON *line)
{
	const cJSON *it;

	if (event_type(line) == EVENT_NET)
		log_host(l, line, line);
	cJSON_ArrayForEach(it, json_array(line, "hosts"))
		log_host(l, line, it);
}

static int
log_line(void *arg, const char *line, size_t n, struct err *e)
{
	struct log *l = arg;
	AUTO_JSON cJSON *o = l->json && !l->net ? NULL :
	    event_parse(line, n, e);

	if (err_is_set(e))
		return -1;
	if (l->net && event_type(o) != EVENT_NET &&
	    event_type(o) != EVENT_NET_END)
		return 0;
	l->any = true;
	if (l->json) {
		AUTO_FREE char *shown =
		    l->is_terminal ? print_json_escaped(line, n) : NULL;

		if (shown != NULL)
			fputs(shown, l->out);
		else
			fwrite(line, 1, n, l->out);
		fputc('\n', l->out);
	} else if (l->net)
		log_net(l, o);
	else {
		log_event(l, o);
		fold_drop_texts(l->fold, 0);
	}
	return ferror(l->out) ? err_sys(e, "can't write the log") : 0;
}

int
log_lines(const char *dir, int (*fn)(void *, const char *, size_t,
    struct err *), void *arg, size_t *torn, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "journal.jsonl");
	struct err why = ERR_INIT;
	struct linefile r;
	struct stat st;
	const char *line;
	size_t n;
	int64_t number = 1;
	AUTO_CLOSE int fd = -1;
	int got;

	if (torn != NULL)
		*torn = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "can't open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, "%s is not a regular file", path);
	linefile_init(&r, fd, 0);
	while ((got = linefile_next(&r, &line, &n, &why)) == LINEFILE_LINE) {
		if (fn(arg, line, n, &why) < 0) {
			got = -1;
			break;
		}
		number++;
	}
	if (got < 0)
		err_set(e, "line %lld of %s: %s; see assent log "
		    "--verify", (long long)number, path, why.text);
	if (got == LINEFILE_TORN && torn != NULL)
		*torn = n;
	linefile_release(&r);
	return got < 0 ? -1 : 0;
}

int
log_print(FILE *out, const char *dir, bool json, bool net, bool is_terminal,
    unsigned flags, struct err *e)
{
	struct log l = {
		.out = out, .json = json, .net = net,
		.is_terminal = is_terminal,
		.flags = flags, .fold = fold_new(),
	};
	size_t torn;
	int rc = log_lines(dir, log_line, &l, &torn, e);

	if (net && !json && !l.any)
		fputs("No command connected to a host.\n", out);
	if (torn > 0 && !json)
		fprintf(out, "The last line (%zu bytes) is incomplete.\n",
		    torn);
	if (l.fold->begun.git != NULL)
		fprintf(out, "Line %lld has no git_end: git still runs, or it "
		    "isn't known how it ended.\n", (long long)json_int(
		    l.fold->begun.git, "seq", 0));
	if (fflush(out) != 0 || ferror(out))
		rc = err_sys(e, "can't write the log");
	fold_free(l.fold);
	buf_release(&l.clean);
	return rc;
}
