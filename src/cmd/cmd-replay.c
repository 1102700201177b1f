/* cmd-replay: runs recordings again, and says what is different now. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "git/git-run.h"
#include "front/print.h"
#include "cmd/cmd.h"
#include "record/recording.h"
#include "record/replay-diff.h"
#include "cmd/replay-run.h"
#include "cmd/setup.h"

static int
replay_one(const char *file, const struct cmd_args *a, const struct setup *s)
{
	AUTO_BUF struct buf diff = BUF_INIT(0);
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *recording = recording_read(file, &e);
	AUTO_FREE char *top = git_run_ask(".", "rev-parse", "--show-toplevel",
	    NULL, NULL);
	AUTO_JSON cJSON *now = NULL;
	bool differs;
	int code;

	if (recording == NULL)
		return cmd_fail(EXIT_USAGE, "%s: %s", file, e.text);
	now = replay_run(recording, top == NULL ? "." : top, s->config, &code,
	    &e);
	if (now == NULL)
		return cmd_fail(code == EXIT_DONE ? EXIT_ERROR : code,
		    "%s: %s", file, e.text);
	differs = replay_diff(json_get(now, "recorded"),
	    json_get(now, "events"), &diff);
	if (a->update && differs) {
		json_copy(recording, "events", json_get(now, "events"));
		if (recording_write(file, recording, &e) < 0)
			return cmd_fail_err(&e);
	}
	if (!differs)
		print_words(stdout, "%s: the same", file);
	else {
		print_words(stdout, "%s: differs%s", file,
		    a->update ? "; recorded anew" : "");
		print_words(stdout, "--- recorded");
		print_words(stdout, "+++ replayed");
		print_foreign(stdout, diff.p, diff.len);
	}
	fflush(stdout);
	return !differs || a->update ? EXIT_DONE : EXIT_ERROR;
}

int
cmd_replay(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	int code, worst = EXIT_DONE;
	size_t i;

	if (a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "replay needs a recording");
	/* Of the configuration: what the sandbox must be, and the limits. */
	if ((code = setup_config(&s, a, "demo")) != 0)
		return code;
	for (i = 0; i < a->operands_len && code != EXIT_INTERRUPTED; i++) {
		code = replay_one(a->operands[i], a, &s);
		if (worst == EXIT_DONE || code == EXIT_INTERRUPTED)
			worst = code;
	}
	return worst;
}
