/* A session's state: empty, and freed with all that it owns. */
#include "config.h"

#include "core/core.h"

#include <stdlib.h>

#include "base/mem.h"
#include "core/task-stats.h"
#include "core/call-run.h"
#include "core/call-sandbox.h"
#include "core/call.h"
#include "core/run.h"
#include "core/compact.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/mcp/mcp.h"
#include "core/net/network.h"
#include "core/hook.h"
#include "core/project/git-redact.h"
#include "core/include.h"
#include "core/reasons.h"
#include "core/reviewer.h"
#include "core/rule.h"
#include "core/brief-write.h"
#include "core/paths.h"
#include "core/kept-caches.h"
#include "core/prompt.h"
#include "core/syntax/lexer.h"
#include "core/syntax/syntax.h"
#include "core/failover.h"
#include "core/model.h"
#include "core/route.h"
#include "core/turn.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/task-limit.h"
#include "provider/provider-call.h"
#include "sandbox/cgroup.h"

struct core *
core_new(struct loop *loop, struct server *server)
{
	struct core *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	c->server = server;
	c->fold = fold_new();
	/* The core shows none of them. */
	c->fold->texts.max = 1;
	buf_init(&c->model_notes, (size_t)1 << 16);
	c->reasons = reasons_new();
	c->review.splits = cJSON_CreateObject();
	c->sandbox_info = cJSON_CreateObject();
	c->small = rule_small_new();
	c->reviewer = reviewer_new();
	c->tally = task_stats_new();
	c->runs = runs_new();
	c->hooks = hooks_new();
	c->clock.from_ms = -1;
	c->kept_caches = -1;
	c->task.limit_kind = LIMIT_NONE;
	c->compact = compact_new();
	c->failover = failover_new();
	c->brief = brief_write_new(c);
	c->routes = routes_new();
	return c;
}

void
core_free(struct core *c)
{
	size_t i;

	if (c == NULL)
		return;
	turn_cancel(c, NULL);
	provider_warm_free(c->request.warm);
	loop_timer_free(c->request.after);
	sandbox_find_free(c->search);
	network_release(c);
	call_stop_worker(c, NULL);
	mcp_free(c);
	hooks_free(c->hooks);
	lexer_free(c->lexer);
	free(c->project.symbols_task);
	free(c->project.symbols_output);
	free(c->project.environment_told);
	free(c->project.environment_looked);
	runs_free(c->runs);
	call_unprepare(c);
	kept_caches_put(c);
	call_queue_clear(c);
	loop_timer_free(c->clock.timer);
	target_release(&c->target);
	given_release(&c->headers);
	model_wish_free(c->model_wish);
	failover_free(c->failover);
	routes_free(c->routes);
	recall_free(c->recall);
	brief_write_free(c->brief);
	context_free(c->context);
	compact_free(c->compact);
	stage_free(c->stage);
	stage_free(c->plan.stage);
	policy_free(c->policy);
	journal_free(c->journal);
	blob_store_free(c->blobs);
	fold_free(c->fold);
	cJSON_Delete(c->start);
	cJSON_Delete(c->project.context);
	prompts_free(c->prompts);
	buf_release(&c->model_notes);
	include_release(c);
	rollback_reset(c);
	pathmap_release(&c->request.amended);
	free(c->request.aside_system);
	cJSON_Delete(c->question.next);
	cJSON_Delete(c->question.on);
	cJSON_Delete(c->question.left);
	free(c->request.aside_text);
	cJSON_Delete(c->short_tools);
	pathmap_release(&c->edits.misses);
	pathmap_release(&c->request.reached);
	reasons_free(c->reasons);
	pathmap_release(&c->project.instructed);
	cJSON_Delete(c->review.expected);
	cJSON_Delete(c->review.splits);
	cJSON_Delete(c->review.not_proposable);
	cJSON_Delete(c->review.products);
	cJSON_Delete(c->review.offered);
	cJSON_Delete(c->sandbox_info);
	cJSON_Delete(c->decision.line);
	free(c->decision.said.text);
	free(c->decision.said.client);
	cJSON_Delete(c->review.undo_left);
	rule_small_free(c->small);
	reviewer_free(c->reviewer);
	task_stats_free(c->tally);
	pathmap_release(&c->plan.outside);
	pathmap_release(&c->stopped);
	pathmap_release(&c->seen.files);
	pathmap_release(&c->seen.texts);
	delta_drop(c);
	buf_release(&c->delta.text);
	buf_release(&c->delta.thinking);
	buf_release(&c->delta.output);
	buf_release(&c->feedback.written);
	buf_release(&c->feedback.back);
	buf_release(&c->feedback.words);
	buf_release(&c->feedback.changed);
	free(c->id);
	free(c->dir);
	free(c->root);
	free(c->cwd);
	free(c->worker);
	for (i = 0; c->toolchains != NULL && c->toolchains[i] != NULL; i++)
		free(c->toolchains[i]);
	free(c->toolchains);
	free(c->environment);
	git_redact_free(c->covers, c->covers_len);
	free(c->out_dir);
	free(c->state_dir);
	free(c->undo_dir);
	loop_timer_free(c->check.soon);
	free(c->check.command);
	free(c->check.by);
	free(c->check.require);
	free(c->said.text);
	free(c->said.client);
	paths_free(c->paths);
	syntax_free(c->syntax);
	free(c->plan.call_id);
	free(c->task.done_call_id);
	free(c->task.summary);
	cgroup_free(c->cgroup);
	free(c);
}
