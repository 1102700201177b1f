#include "config.h"

static void
task_usage_budget(struct task_usage *s, const cJSON *line)
{
	const char *action = json_str_or(line, "action", "");
	int kind = limit_find(json_str_or(line, "what", ""));
	int64_t by;

	if (kind == LIMIT_NONE || *action == '\0')
		return;
	s->repeats = 0;
	if (strcmp(action, "wrap") == 0)
		s->wrapped = true;
	if (strcmp(action, "extend") != 0)
		return;
	if (kind == LIMIT_MONEY)
		s->unpriced_known = s->task.unpriced;
	/* Older journals don't say: it was the limit itself again. */
	by = limit_from_json(kind, json_num(line, "more", -1));
	s->more[kind] = task_usage_add(s->more[kind], by >= 0 ? by :
	    kind == LIMIT_REPEAT ? 0 : s->limit[kind]);
}

