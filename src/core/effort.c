/* See effort.h. */
#include "config.h"

#include "core/effort.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/emit.h"
#include "core/target.h"
#include "core/turn-asked.h"
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
	enum effort e = sums_up ? EFFORT_UNSET : c->effort_said;

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

/* The effort that a request with tools would have; *why: what the model does, if
 * that is due to its format, or NULL. */
static enum effort
effort_takes(const struct core *c, enum effort want, const char **why)
{
	const struct core_target *t = &c->target;
	const struct request q = { .facts = &t->facts, .effort = want,
		.dialect = t->dialect, .tools_len = 1 };
	enum effort takes = facts_effort(&t->facts, want), sent = takes;

	if (t->format != NULL && t->format->effort != NULL)
		sent = t->format->effort(&q);
	*why = sent == takes ? NULL : t->facts.responses ?
	    "doesn't think while it has tools, unless its format is "
	    "openai-responses" :
	    "isn't told in the format openai-chat how much to think";
	return sent;
}

void
effort_note(struct core *c)
{
	static const char *const phases[] = { NULL, "plan", "execute" };
	const struct model_facts *f = &c->target.facts;
	enum effort want, takes;
	const char *why;
	size_t i;

	for (i = 0; i < MEM_COUNT(phases); i++) {
		AUTO_FREE char *name = phases[i] == NULL ? xstrdup("effort") :
		    xasprintf("phases.%s.effort", phases[i]);

		want = effort_set(c, phases[i]);
		takes = effort_takes(c, want, &why);
		if (want == EFFORT_UNSET || takes == want ||
		    f->thinking == THINKING_UNKNOWN)
			continue;
		if (why != NULL) {
			/* So it is whatever the other settings say. */
			emit_note(c, "%s: %s %s", name, c->target.model, why);
			return;
		}
		emit_note(c, takes == EFFORT_UNSET ? "%s: %s takes no effort" :
		    "%s: %s has no %s, the nearest is %s", name,
		    c->target.model, facts_effort_name(want),
		    facts_effort_name(takes));
	}
}

int
effort_say(struct core *c, const char *word, const char *client,
    struct err *e)
{
	const struct model_facts *f = &c->target.facts;
	enum effort want = facts_effort_find(word), takes;
	const char *name = c->target.model, *why;
	cJSON *o;
	AUTO_FREE char *text = NULL;

	if (want == EFFORT_UNSET && strcmp(word, "default") != 0)
		return err_set(e, "/effort needs one of off, low, medium, high, "
		    "xhigh, max, default");
	if (name == NULL)
		name = "the model";
	takes = effort_takes(c, want, &why);
	if (want == EFFORT_UNSET)
		text = xstrdup("effort is no longer set here");
	else if (f->thinking == THINKING_UNKNOWN)
		text = xasprintf("effort is now %s; the server of %s may not "
		    "support it", word, name);
	else if (takes != want && why != NULL)
		text = xasprintf("effort is now %s; %s %s", word, name, why);
	else if (takes == EFFORT_UNSET)
		text = xasprintf("effort is now %s; %s takes none", word, name);
	else if (takes != want)
		text = xasprintf("effort is now %s; %s has no %s, the nearest "
		    "is %s", word, name, word, facts_effort_name(takes));
	else
		text = xasprintf("effort is now %s", word);
	o = cJSON_CreateObject();
	json_add_str(o, "effort", word);
	json_add_str(o, "text", text);
	json_add_str(o, "client", client);
	emit_event(c, "mode", "user", o);
	return 0;
}

void
effort_event(struct core *c, const cJSON *line)
{
	const char *word = json_str(line, "effort");

	if (json_is(line, "type", "mode") && word != NULL)
		c->effort_said = facts_effort_find(word);
}
