/* See effort.h. */
#include "config.h"

#include "core/effort.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/emit.h"
#include "core/target.h"
#include "core/turn-asked.h"
#include "journal/event.h"
#include "provider/provider.h"

/* The user's effort for this phase; NULL: for all of them. */
static enum effort
effort_set(const struct core *c, const char *phase)
{
	return facts_effort_find(json_str(phase == NULL ? c->start :
	    json_get(json_get(c->start, "phases"), phase), "effort"));
}

enum effort
effort_for(const struct core *c, const struct core_target *t, bool aside)
{
	bool sums_up = aside && compact_is_running(c);
	bool plans = !aside && strcmp(turn_phase(c), "execute") != 0;
	enum effort e = sums_up ? EFFORT_UNSET : c->request.effort_said;

	if (e == EFFORT_UNSET && !sums_up)
		e = effort_set(c, plans ? "plan" : "execute");
	if (e == EFFORT_UNSET && !sums_up)
		e = effort_set(c, NULL);
	/* Don't set an effort for a model that thinks only on request. */
	if (e == EFFORT_UNSET && t->facts.efforts != 0 &&
	    t->facts.effort_default != EFFORT_OFF)
		e = sums_up ? EFFORT_LOW : plans ? EFFORT_HIGH : EFFORT_MEDIUM;
	return e;
}

/* Append what the model makes of this effort in a request with tools, if that
 * isn't the same; true if it is so of any effort. */
static bool
effort_remark(const struct core *c, enum effort want, struct buf *b)
{
	const struct core_target *t = &c->target;
	const struct request q = { .facts = &t->facts, .effort = want,
		.dialect = t->dialect, .tools_len = 1 };
	enum effort takes = facts_effort(&t->facts, want), sent = takes;

	if (t->format != NULL && t->format->effort != NULL)
		sent = t->format->effort(&q);
	if (want == EFFORT_UNSET || t->facts.thinking == THINKING_UNKNOWN ||
	    sent == want)
		return false;
	buf_addf(b, "%s ", t->model == NULL ? "the model" : t->model);
	if (sent != takes)
		buf_adds(b, t->facts.responses ? "doesn't think while it has "
		    "tools, unless its format is openai-responses" :
		    "isn't told in the format openai-chat how much to think");
	else if (takes == EFFORT_UNSET)
		buf_adds(b, "takes no effort");
	else
		buf_addf(b, "has no %s, the nearest is %s",
		    facts_effort_name(want), facts_effort_name(takes));
	return sent != takes;
}

void
effort_note(struct core *c)
{
	static const char *const phases[] = { NULL, "plan", "execute" };
	bool any = false;
	size_t i;

	for (i = 0; i < MEM_COUNT(phases) && !any; i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		AUTO_FREE char *name = phases[i] == NULL ? xstrdup("effort") :
		    xasprintf("phases.%s.effort", phases[i]);

		any = effort_remark(c, effort_set(c, phases[i]), &b);
		if (b.len > 0)
			emit_note(c, "%s: %s", name, buf_str(&b));
	}
}

int
effort_say(struct core *c, const char *word, const char *client,
    struct err *e)
{
	enum effort want = facts_effort_find(word);
	AUTO_BUF struct buf b = BUF_INIT(0), remark = BUF_INIT(0);
	cJSON *o;

	if (want == EFFORT_UNSET && strcmp(word, "default") != 0)
		return err_set(e, "/effort needs one of off, low, medium, high, "
		    "xhigh, max, default");
	if (want == EFFORT_UNSET)
		buf_adds(&b, "effort is no longer set here");
	else
		buf_addf(&b, "effort is now %s", word);
	if (want != EFFORT_UNSET &&
	    c->target.facts.thinking == THINKING_UNKNOWN)
		buf_addf(&remark, "the server of %s may not support it",
		    c->target.model == NULL ? "the model" : c->target.model);
	else
		(void)effort_remark(c, want, &remark);
	if (remark.len > 0)
		buf_addf(&b, "; %s", buf_str(&remark));
	o = cJSON_CreateObject();
	json_add_str(o, "effort", word);
	json_add_str(o, "text", buf_str(&b));
	json_add_str(o, "client", client);
	emit_event(c, EVENT_MODE, "user", o);
	return 0;
}

void
effort_event(struct core *c, const cJSON *line)
{
	const char *word = json_str(line, "effort");

	if (event_type(line) == EVENT_MODE && word != NULL)
		c->request.effort_said = facts_effort_find(word);
}
