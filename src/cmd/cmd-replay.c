/* cmd-replay: runs recordings again, and says what is different now. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/base/git-run.h"
#include "cmd/base/print.h"
#include "cmd/cmd.h"
#include "cmd/recording.h"
#include "cmd/replay-diff.h"
#include "cmd/replay-run.h"
#include "cmd/setup.h"

struct replay_result {
	char	*file;
	int	 differ;	/* events; -1: it couldn't be run */
	int	 code;
	bool	 prompts;	/* they are as they were */
	char	*text;		/* the diff, or why not */
	int64_t	 ms;
};

static void
replay_one(struct replay_result *r, const struct cmd_args *a,
    const struct setup *s)
{
	AUTO_BUF struct buf diff = BUF_INIT(0);
	struct err e = ERR_INIT;
	int64_t begin = clock_mono_ms();
	AUTO_JSON cJSON *recording = recording_read(r->file, &e);
	AUTO_FREE char *top = git_run_ask(".", "rev-parse", "--show-toplevel",
	    NULL, NULL);
	AUTO_JSON cJSON *now = NULL;

	/* Of a folder only the folder was named. */
	r->code = recording == NULL && a->replay_all == NULL ? EXIT_USAGE :
	    EXIT_ERROR;
	r->differ = -1;
	if (recording != NULL)
		now = replay_run(recording, top == NULL ? "." : top,
		    s->config, &r->code, &e);
	r->ms = clock_mono_ms() - begin;
	if (now == NULL) {
		r->text = xstrdup(e.text);
		return;
	}
	r->prompts = cJSON_Compare(json_get(recording, "prompts"),
	    json_get(now, "prompts"), 1);
	r->differ = replay_diff(json_get(now, "recorded"),
	    json_get(now, "events"), &diff);
	r->text = buf_take(&diff);
	if (!a->update || (r->differ == 0 && r->prompts))
		return;
	json_copy(recording, "prompts", json_get(now, "prompts"));
	json_copy(recording, "events", json_get(now, "events"));
	if (recording_write(r->file, recording, &e) < 0) {
		r->differ = -1;
		FREE_SET(r->text, xstrdup(e.text));
	}
}

static void
replay_report(const struct replay_result *r, bool update)
{
	if (r->differ < 0)
		cmd_say("%s: %s", r->file, r->text);
	else if (r->differ == 0)
		print_words(stdout, "%s: the same%s", r->file, r->prompts ? "" :
		    ", with other prompts");
	else {
		print_words(stdout, "%s: %d event%s%s", r->file, r->differ,
		    r->differ == 1 ? " differs" : "s differ",
		    update ? "; recorded anew" : "");
		print_words(stdout, "--- recorded");
		print_words(stdout, "+++ replayed");
		print_foreign(stdout, r->text, strlen(r->text));
	}
	fflush(stdout);
}

/* ---- JUnit ---- */

/* Characters that XML doesn't have become "?". */
static void
replay_xml(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '&': buf_adds(b, "&amp;"); break;
		case '<': buf_adds(b, "&lt;"); break;
		case '>': buf_adds(b, "&gt;"); break;
		case '"': buf_adds(b, "&quot;"); break;
		case '\n': case '\t': buf_addc(b, *s); break;
		default:
			buf_addc(b, (unsigned char)*s < 0x20 || *s == 0x7f ?
			    '?' : *s);
		}
}

static void
replay_case(struct buf *b, const struct replay_result *r)
{
	const char *tag = r->differ < 0 ? "error" : "failure";

	buf_adds(b, "  <testcase classname=\"assent.replay\" name=\"");
	replay_xml(b, r->file);
	buf_addf(b, "\" time=\"%.3f\">", (double)r->ms / 1000);
	if (r->differ != 0) {
		buf_addf(b, "\n    <%s message=\"", tag);
		if (r->differ < 0)
			replay_xml(b, r->text);
		else
			buf_addf(b, "%d events differ", r->differ);
		buf_adds(b, "\">");
		replay_xml(b, r->text);
		buf_addf(b, "</%s>\n  ", tag);
	}
	buf_adds(b, "</testcase>\n");
}

static int
replay_junit(const char *path, const struct replay_result *v, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	size_t i, failed = 0, errors = 0;

	for (i = 0; i < n; i++) {
		failed += v[i].differ > 0;
		errors += v[i].differ < 0;
	}
	buf_addf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuite name=\"assent replay\" tests=\"%zu\" "
	    "failures=\"%zu\" errors=\"%zu\">\n", n, failed, errors);
	for (i = 0; i < n; i++)
		replay_case(&b, &v[i]);
	buf_adds(&b, "</testsuite>\n");
	return print_file(path, b.p, b.len, print_foreign, &e) == 0 ?
	    EXIT_DONE : cmd_fail(EXIT_ERROR, "--junit: %s", e.text);
}

/* ---- which ---- */

struct replay_list {
	struct replay_result *v;
	size_t		 len;
};

static void
replay_list_add(struct replay_list *l, char *file_take)
{
	GROW(l->v, l->len);
	l->v[l->len++] = (struct replay_result){ .file = file_take };
}

static void
replay_list_release(struct replay_list *l)
{
	size_t i;

	for (i = 0; i < l->len; i++) {
		free(l->v[i].file);
		free(l->v[i].text);
	}
	free(l->v);
}

static int
replay_list_all(struct replay_list *l, const char *dir)
{
	AUTO_DIR DIR *d = fs_opendir(dir);
	static const char *const ends[] = { ".json" };
	struct dirent *de;

	if (d == NULL)
		return cmd_fail(EXIT_USAGE, "--all: can't open %s: %m", dir);
	while ((de = fs_dir_next(&d)) != NULL)
		if (de->d_name[0] != '.' && fs_has_ending(de->d_name, ends,
		    MEM_COUNT(ends)))
			replay_list_add(l, fs_join(dir, de->d_name));
	if (l->len == 0)
		return cmd_fail(EXIT_USAGE, "--all: %s has no recordings",
		    dir);
	MEM_SORT(l->v, l->len);
	return EXIT_DONE;
}

int
cmd_replay(const struct cmd_args *a)
{
	AUTO(replay_list_release) struct replay_list l = { .v = NULL };
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	int code, worst = EXIT_DONE;
	size_t i;

	if ((a->replay_all == NULL) == (a->operands_len == 0))
		return cmd_fail(EXIT_USAGE, "replay needs a recording, or a "
		    "folder of them: --all DIR");
	if (fs_check_output(a->junit, &e) < 0)
		return cmd_fail(EXIT_USAGE, "--junit %s", e.text);
	/* Of the configuration: what the sandbox must be, and the limits. */
	if ((code = setup_config(&s, a, "demo")) != 0)
		return code;
	if (a->replay_all == NULL)
		replay_list_add(&l, xstrdup(a->operands[0]));
	else if ((code = replay_list_all(&l, a->replay_all)) != 0)
		return code;
	for (i = 0; i < l.len; i++) {
		struct replay_result *r = &l.v[i];

		replay_one(r, a, &s);
		replay_report(r, a->update);
		if (r->differ < 0)
			worst = r->code == EXIT_DONE ? EXIT_ERROR : r->code;
		else if (r->differ > 0 && !a->update && worst == EXIT_DONE)
			worst = EXIT_ERROR;
		if (r->code == EXIT_INTERRUPTED)
			break;
	}
	if (a->junit != NULL && (code = replay_junit(a->junit, l.v,
	    i < l.len ? i + 1 : l.len)) != 0)
		worst = code;
	return worst;
}
