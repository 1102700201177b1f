/* cmd-replay: runs recordings again, and says what is different now. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "git/git-run.h"
#include "front/print.h"
#include "cmd/cmd.h"
#include "record/recording.h"
#include "record/replay-diff.h"
#include "cmd/replay-run.h"
#include "cmd/setup.h"

struct replay_result {
	char	*file;
	int	 differ;	/* events; -1: it couldn't be run */
	int	 code;
	bool	 prompts;	/* they are as they were */
	char	*text;		/* the diff, or why not */
};

static void
replay_one(struct replay_result *r, const struct cmd_args *a,
    const struct setup *s)
{
	AUTO_BUF struct buf diff = BUF_INIT(0);
	struct err e = ERR_INIT;
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
	int code, worst = EXIT_DONE;
	size_t i;

	if ((a->replay_all == NULL) == (a->operands_len == 0))
		return cmd_fail(EXIT_USAGE, "replay needs a recording, or a "
		    "folder of them: --all DIR");
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
	return worst;
}
