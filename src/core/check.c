#include "config.h"

#include "core/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/budget.h"
#include "core/call-answer.h"
#include "core/core.h"
#include "core/changes.h"
#include "core/evidence-known.h"
#include "core/evidence.h"
#include "core/emit.h"
#include "journal/fold.h"

#define CHECK_RETRIES	3

static int64_t
check_retries(const struct core *c)
{
	return json_int(c->start, "check_retries", CHECK_RETRIES);
}

/* Did the task change anything? An answer to a question needs no check, unless
 * the user asked for one. */
static bool
check_has_work(const struct core *c)
{
	AUTO_JSON cJSON *paths = NULL;
	bool any;

	if (c->review.staged > 0)
		return true;
	paths = changes_paths(c);
	any = paths->child != NULL;
	return any || (c->mode == MODE_EXEC &&
	    strcmp(c->check.by, "flag") == 0);
}

/* With a user attached, an answer without calls may be a question to the
 * user. */
static bool
check_is_wanted(const struct core *c)
{
	return c->check.say != CHECK_HAS_SAID && c->check.command != NULL &&
	    check_retries(c) > 0 &&
	    (c->mode == MODE_EXEC || c->mode == MODE_INTERACTIVE) &&
	    c->plan.mode != PLAN_LOOK &&
	    (c->task.model == MODEL_CALLED_DONE ||
	    (c->task.model == MODEL_ENDED && !c->person)) &&
	    !(c->task.planning && c->mode == MODE_INTERACTIVE) &&
	    c->review.undoing == 0 && !c->feedback.turn &&
	    c->rollback.state < ROLLBACK_TRIED && !budget_is_wrapped(c) && check_has_work(c);
}

static bool
check_has_passed(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return evidence_counts(c) && ev->exit == 0 && ev->killed == NULL;
}

bool
check_begin(struct core *c)
{
	if (!check_is_wanted(c))
		return false;
	if (check_has_passed(c)) {
		c->check.say = CHECK_HAS_SAID;
		return false;
	}
	c->check.say = CHECK_SAYS;
	evidence_start(c);
	/* The check may be over already if it couldn't run. */
	return c->check.say != CHECK_HAS_SAID;
}

bool
check_goes_back(struct core *c, const cJSON *line)
{
	if (c->check.say != CHECK_SAYS)
		return false;
	c->check.say = CHECK_MAY_SAY;
	/* The user sent a message meanwhile: the model continues anyway. */
	if (c->task.model == MODEL_GOES_ON)
		return false;
	c->check.say = CHECK_HAS_SAID;
	if ((json_int(line, "exit", -1) == 0 &&
	    json_str(line, "killed") == NULL) ||
	    fold_not_run(json_str(line, "killed")) ||
	    c->fold->evidence.returned >= check_retries(c))
		return false;
	return true;
}

/* How the check ended, from its line. */
static void
check_how(struct buf *b, const cJSON *line)
{
	const char *limit = json_str(line, "limit");

	if (json_str(line, "killed") != NULL)
		buf_addf(b, "was stopped at a limit (%s)", limit != NULL ?
		    limit : json_str(line, "killed"));
	else if (json_get(line, "signal") != NULL)
		buf_addf(b, "was killed by signal %lld",
		    (long long)json_int(line, "signal", 0));
	else
		buf_addf(b, "failed, exit %lld",
		    (long long)json_int(line, "exit", -1));
}

void
check_give_back(struct core *c, const cJSON *line)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "%snot done yet: the success check `%s` ",
	    c->task.model == MODEL_CALLED_DONE ? "" : "[assent] ",
	    c->check.command);
	check_how(&b, line);
	buf_addf(&b, ". Fix what it shows, then call done again. If it can't "
	    "pass, say why in done's summary.\n%s",
	    json_str_or(line, "text", ""));
	if (!call_done_result(c, false, "check", buf_str(&b)))
		emit_tell_model(c, buf_str(&b));
	FREE_NULL(c->task.summary);
	c->task.model = MODEL_GOES_ON;
	/* Nor is the step done that the model ended in the same message. */
	c->review.step = false;
}
