/* See half-applied.h. */
#include "config.h"

#include "cmd/half-applied.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/client.h"
#include "cmd/headless.h"
#include "front/review.h"
#include "journal/session.h"

static const char *const half_applied_hows[] = { "finish", "undo", "leave" };

int
half_applied_look(const char *id, struct half_applied *s, struct err *e)
{
	const char *args[] = { "stopped", NULL, NULL };
	AUTO_FREE char *dir = NULL;
	AUTO_JSON cJSON *o = NULL;
	int rc = -1;

	memset(s, 0, sizeof(*s));
	if (session_is_alive(id) || !session_is_applying(id))
		return 0;
	if ((dir = session_dir(id, e)) == NULL)
		return -1;
	args[1] = dir;
	o = client_ask_core(args, NULL, 1 << 16, e);
	if (o != NULL) {
		s->files = json_int(o, "files", 0);
		s->written = json_int(o, "written", 0);
		s->open = json_int(o, "open", 0);
		s->known = json_int(o, "tx", 0) > 0;
		rc = 0;
	} else if (!err_is_set(e))
		err_set(e, "can't check the files of session %s", id);
	return rc;
}

/* Are some files written and some not? */
static bool
half_applied_is_half(const struct half_applied *s)
{
	return s->known && s->written > 0 && s->open > 0;
}

const char *
half_applied_words(const struct half_applied *s)
{
	static char text[128];

	snprintf(text, sizeof(text), "stopped while applying, %lld of %lld "
	    "file%s written", (long long)s->written, (long long)s->files,
	    s->files == 1 ? "" : "s");
	return text;
}

/* NULL: no valid answer. */
static const char *
half_applied_answer(const char *id, const struct half_applied *s)
{
	const char *how = NULL;
	size_t i;

	cmd_say("session %s %s. finish: write the rest. undo: restore the "
		"written files. leave: keep them and review the rest again.",
	    id, half_applied_words(s));
	while (how == NULL) {
		AUTO_FREE char *line = review_line("finish, undo or leave?");

		if (line == NULL || line[0] == '\0' || strcmp(line, "q") == 0) {
			break;
		}
		for (i = 0; i < MEM_COUNT(half_applied_hows); i++)
			if (strcmp(line, half_applied_hows[i]) == 0 ||
			    (line[1] == '\0' &&
				line[0] == half_applied_hows[i][0]))
				how = half_applied_hows[i];
	}
	return how;
}

int
half_applied_ask(const char *id, const struct cmd_args *a, const char **how,
    struct half_applied *s)
{
	struct err e = ERR_INIT;
	const char *const *said = MEM_FIND(half_applied_hows, a->recover);

	*how = said == NULL ? NULL : *said;
	if (a->recover != NULL && *how == NULL)
		return cmd_fail(EXIT_USAGE,
		    "--recover %.40s: must be finish, undo or "
		    "leave",
		    a->recover);
	if (half_applied_look(id, s, &e) < 0)
		return cmd_fail_err(&e);
	/* Other things can be left, too. */
	if (!half_applied_is_half(s) && (*how == NULL || strcmp(*how,
	    "leave") != 0))
		*how = NULL;
	if (!s->known)
		return 0;
	if (!half_applied_is_half(s)) {
		cmd_say("session %s %s%s", id, half_applied_words(s),
		    s->open > 0 ? "; nothing more is written without a "
		    "new decision" : "");
		return 0;
	}
	if (*how == NULL && headless_person() &&
	    (*how = half_applied_answer(id, s)) == NULL)
		return cmd_fail(EXIT_WAITS, "session %s %s; nothing changed",
		    id, half_applied_words(s));
	if (*how == NULL)
		return cmd_fail(EXIT_WAITS,
		    "session %s %s; use --recover finish (write "
		    "the rest), undo (restore the written files) or leave "
		    "(keep "
		    "them, review the rest again)",
		    id, half_applied_words(s));
	return 0;
}
