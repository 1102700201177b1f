#include "config.h"

#include "core/diagnose/adds-search.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "gate/gate.h"
#include "journal/event.h"
#include "journal/facts.h"
#include "journal/fold.h"
#include "sandbox/sandbox.h"
#include "tool/tool.h"

#define ADDS_SEARCH_MS		((int64_t)30 * 1000)	/* it ends itself before */
#define ADDS_SEARCH_OUTPUT	((size_t)4 << 20)

struct adds_target {
	char		*name;		/* first, for pathmap */
	bool		 known;		/* the project had it */
};

struct adds_search {
	struct pathmap	 targets;	/* that were looked for */
	bool		 large;		/* not all of the project could be
					   searched */
	/* Of the one that runs. */
	cJSON		*words;
	struct pathmap	 changed;	/* files that don't count; as a set */
	/* What was accepted, in the task of this number. */
	int		 task;
	struct event	*accepted;	/* an agent_end, of its `adds`; or NULL */
};

/* ---- the search ---- */

/* The targets of the open proposal that nobody has looked for; to be deleted. */
static cJSON *
adds_due(const struct core *c)
{
	const struct adds_search *s = c->review.adds;
	AUTO(pathmap_release) struct pathmap due = { NULL, 0 };
	AUTO_FREE void **v = NULL;
	cJSON *list = cJSON_CreateArray();
	size_t i;

	MEM_EACH(c->fold->proposal, files, f)
		MEM_EACH(f, adds, a)
			if (a->target != NULL && pathmap_find(&s->targets,
			    a->target) == NULL)
				(void)pathmap_add(&due, a->target,
				    sizeof(char *));
	v = pathmap_list(&due);
	for (i = 0; v[i] != NULL && !s->large; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(
		    *(const char *const *)v[i]));
	return list;
}

static void
adds_emit(struct core *c)
{
	const struct adds_search *s = c->review.adds;
	const struct fold_proposal *open = c->fold->proposal;
	AUTO_FREE const char **known = xcalloc(s->targets.len + 1,
	    sizeof(*known));
	size_t n = 0;

	PATHMAP_EACH(&s->targets, adds_target, t)
		if (t->known)
			known[n++] = t->name;
	EMIT(c, "core", adds, .proposal = open->id, .version = open->version,
	    .compared = !s->large, .known = n > 0 ? known : NULL,
	    .known_len = n);
}

/* Is this file as it is in the project, and was before the session? Those that
 * are ignored aren't proposed; and of a word in a comment nothing is said. */
static bool
adds_is_real(const struct core *c, const char *path)
{
	return pathmap_find(&c->review.adds->changed, path) == NULL &&
	    pathmap_find(&c->fold->files.at, path) == NULL &&
	    policy_ignores(c->policy, path, false) == IGNORED_NOT;
}

static void
adds_ended(struct core *c, struct job *was, const struct sandbox_result *r)
{
	struct adds_search *s = c->review.adds;
	AUTO_JSON cJSON *reply = r == NULL ? NULL : json_parse(
	    buf_str(&was->out), was->out.len, JSON_NUL_REFUSE, NULL);
	const cJSON *found = json_array(reply, "found"), *word, *path;
	int i = 0;

	if (r == NULL)
		return;
	s->large = found == NULL || json_bool(reply, "cut", true);
	cJSON_ArrayForEach(word, s->words) {
		bool known = false;

		cJSON_ArrayForEach(path, cJSON_GetArrayItem(found, i))
			known = known || (cJSON_IsString(path) &&
			    adds_is_real(c, path->valuestring));
		if (known || !s->large)
			((struct adds_target *)pathmap_add(&s->targets,
			    word->valuestring, sizeof(struct adds_target)))->
			    known = known;
		i++;
	}
	core_soon(c);
}

/* Files of the change, and others that the copy has otherwise, don't count. */
static int
adds_start(struct core *c, struct err *e)
{
	struct adds_search *s = c->review.adds;
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	struct program_plan plan = { .ended = adds_ended, .stage = c->stage,
		.first = ADDS_SEARCH_OUTPUT, .spec = { .tool = TOOL_WORDS,
		.args = args, .limits.timeout_ms = ADDS_SEARCH_MS } };

	if (stage_scan(c->stage, &scan, e) < 0)
		return -1;
	pathmap_release(&s->changed);
	MEM_EACH(&scan, changes, change)
		(void)pathmap_add(&s->changed, change->path, sizeof(char *));
	MEM_EACH(c->fold->proposal, files, f)
		(void)pathmap_add(&s->changed, f->path_bytes, sizeof(char *));
	cJSON_AddItemReferenceToObject(args, "words", s->words);
	return job_start(&c->jobs[JOB_SEARCH], &plan, e);
}

bool
adds_step(struct core *c)
{
	struct adds_search *s = c->review.adds;
	struct err e = ERR_INIT;

	if (job_runs(c, JOB_SEARCH))
		return true;
	if (!fold_adds_wait(c->fold))
		return false;
	cJSON_Delete(s->words);
	s->words = adds_due(c);
	if (s->words->child != NULL) {
		if (!job_may(c, JOB_SEARCH))
			return false;
		if (adds_start(c, &e) == 0)
			return true;
		s->large = true;
	}
	adds_emit(c);
	return false;
}

/* ---- what was accepted ---- */

/* The hunks are still in the fold. */
static void
adds_decided(struct core *c, const struct ev_decision *d)
{
	struct adds_search *s = c->review.adds;
	AUTO_EVENT struct event e = { .type = EVENT_AGENT_END };
	struct ev_agent_end *end = &e.agent_end;
	struct ev_accepted_adding *v = NULL;
	size_t n = 0;

	if (s->task == c->fold->facts.task && s->accepted != NULL)
		MEM_EACH(&s->accepted->agent_end, adds, a) {
			*GROW_ADD(v, n) = *a;
		}
	MEM_EACH(d, files, f)
		MEM_EACH(f, hunks, h) {
			const struct fold_hunk *hunk;
			const struct fold_file *file = !ev_is(h->decision,
			    "yes") ? NULL : fold_find_hunk(c->fold, h->id,
			    &hunk);

			if (file == NULL)
				continue;
			MEM_EACH(file, notes, note) {
				if (note->row != &fold_note_rows[NOTE_ADDS] ||
				    note->hunk != (int)(hunk - file->hunks))
					continue;
				*GROW_ADD(v, n) = (struct ev_accepted_adding){
					.path = file->path, .path_bytes =
					file->path_bytes, .line = note->line,
					.what = note->text };
			}
		}
	end->adds = v;
	end->adds_len = n;
	s->task = c->fold->facts.task;
	event_keep(&s->accepted, &e);
	free(v);
}

void
adds_end(const struct core *c, struct event *to)
{
	const struct adds_search *s = c->review.adds;

	if (s->accepted == NULL || s->task != c->fold->facts.task)
		return;
	to->agent_end.adds = s->accepted->agent_end.adds;
	to->agent_end.adds_len = s->accepted->agent_end.adds_len;
}

/* ---- the part ---- */

static void
adds_init(struct core *c)
{
	c->review.adds = xcalloc(1, sizeof(*c->review.adds));
}

static void
adds_task(struct core *c)
{
	c->review.adds->large = false;
}

static void
adds_yield(struct core *c)
{
	(void)job_stop(c, JOB_SEARCH, NULL);
}

static void
adds_line(struct core *c, const struct event *e)
{
	if (e->type == EVENT_DECISION)
		adds_decided(c, &e->decision);
	else	/* the files are others now */
		pathmap_release(&c->review.adds->targets);
}

static void
adds_free(struct core *c)
{
	struct adds_search *s = c->review.adds;

	cJSON_Delete(s->words);
	pathmap_release(&s->targets);
	pathmap_release(&s->changed);
	event_drop(&s->accepted);
	free(s);
}

const struct core_part adds_part = {
	.init = adds_init, .task = adds_task,
	.job = JOB_SEARCH, .yield = adds_yield,
	.line = adds_line, .lines = OF(EVENT_APPLIED) | OF(EVENT_DECISION),
	.free = adds_free,
};
