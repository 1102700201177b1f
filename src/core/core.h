/*
 * core: one session as a state machine.  Everything that happens is an event:
 * it is journaled, folded into `fold`, added to the model's context, and sent
 * to the clients, in that order (emit.c); effects follow.
 *
 *   start.c    the start object -> session folder, sandbox, stage
 *   resume.c   the same from an old journal
 *   stages.c   the stages in its folder
 *   step.c     the driver: what comes next; core_step() after each event,
 *              which all others ask for by core_step_soon()
 *   say.c      a person's words
 *   set.c      what a person changes of the session
 *   turn.c     one turn of the model: its reply, or what else is tried
 *   turn-body.c  what a request consists of
 *   turn-ask.c   it goes out
 *   turn-asked.c who was asked, and the cost
 *   retry.c    the wait before it is asked again
 *   amend.c    what a server refuses is not sent again
 *   effort.c   how much a model is asked to think
 *   context.c  events -> the messages of the next request
 *   project-context.c    what the model is told of the project
 *   environment.c  where it works: system, date, git, toolchains
 *   symbols.c  the names in the project's files, by ctags
 *   compact.c  keeps them within the model's window
 *   compact-room.c  that window
 *   target.c   how a model is reached
 *   model.c    another model, in mid-session
 *   route.c    models of their own for parts of the work
 *   failover.c the models that take the place of one that fails
 *   call.c     tool calls: refused, asked about; done, step_done
 *   call-run.c  one in the sandbox
 *   call-sandbox.c  the sandbox for it
 *   call-answer.c  what the model is told about it
 *   call-tools.c  the tools as the model is told of them
 *   edit-tools.c  by which tools a model changes files
 *   plan.c     the plan tool, and what a person says of a plan
 *   propose.c  scan -> proposal
 *   propose-mark.c  marks -> decision
 *   propose-open.c  the open proposal, as others look at it
 *   decision.c  decision -> apply -> settle
 *   disk.c     what the session takes of the disk, and its bound
 *   clean.c    build products go, at a person's word
 *   evidence.c the success check, run on the staged tree
 *   evidence-known.c  what its last run still says
 *   check.c    the same when the model says it is done: failing, it goes on
 *   run.c      a command that the user typed, between the model's calls
 *   run-queue.c  those that wait
 *   include.c  which build products are proposed after all
 *   rollback.c what does not pass is taken back
 *   budget.c   the limits on a task, and the pause when one is reached
 *   budget-clock.c  the time that is worked
 *   recover.c  an apply that the core before this one did not end
 *   finish.c   why it ended, exit code, patch, agent_end
 *   status.c   what clients are told of what is done and waited for
 *   server.c   clients: lines in, lines out
 *   dispatch.c  what their lines say
 *
 * What it is doing, and what may follow: phase.h.
 */
#ifndef ASSENT_CORE_CORE_H
#define ASSENT_CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pathmap.h"
#include "sandbox/sandbox.h"
#include "core/review/changes.h"
#include "core/context/context.h"
#include "core/core-parts.h"
#include "core/phase.h"
#include "gate/gate.h"
#include "gate/stage/stage.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "policy/approve.h"
#include "policy/price.h"
#include "provider/dialect.h"
#include "provider/facts.h"
#include "provider/provider.h"
#include "store/blob.h"
#include "tool/tool.h"

#define CORE_VERSION PACKAGE_VERSION
#define CORE_APPLY_TRIES 3	/* by a rule, of one decision: of what moves on
				   meanwhile */
#define CORE_APPLY_PERSON (CORE_APPLY_TRIES + 1)

enum core_mode { MODE_INTERACTIVE, MODE_EXEC, MODE_TRY, MODE_DEMO };

struct core_target {	/* the model and how to reach it */
	const struct provider_format *format;	/* NULL: none is chosen */
	char	*provider, *model, *base_url, *key_env, *replay_dir;
	char	*key_from;	/* where the key comes from, in words */
	char	*proxy, *ca_file;	/* or NULL, as in call_target */
	struct dialect dialect;
	char	*key;		/* a secret; never written anywhere */
	bool	 replay_paced;
	bool	 priced;
	struct price price;	/* if so */
	int64_t window;		/* tokens; 0: not told */
	struct model_facts facts;	/* of the model table */
};

/* Where a model waits that may be asked. */
struct model_place {
	struct core_target	 target;	/* without a format: it is asked */
	cJSON			*model;		/* as it may be recorded */
};

struct server;
struct capture;
struct compact;
struct failover;
struct mask_list;
struct model_wish;
struct resume;
struct paths;
struct prompts;
struct reviewer;
struct routes;
struct runs;
struct tags;
struct inspect;

struct core {
	struct loop		*loop;
	struct server		*server;
	struct journal		*journal;
	struct fold		*fold;
	struct context		*context;	/* NULL in try */
	struct compact		*compact;
	struct prompts		*prompts;	/* NULL in try */
	int64_t			 overhead;	/* of prompt and tools, in
						   tokens, before the turn */
	struct blob_store	*blobs;
	struct stage		*stage;		/* what may be proposed */
	struct policy		*policy;

	struct resume		*resume;	/* while an old journal is read */

	/* settings, from the start object */
	cJSON			*start;
	enum core_mode		 mode;
	const struct approve	*approve;
	bool			 person;	/* someone can be asked */
	bool			 keep_alive;
	struct core_target	 target;
	struct model_wish	*model_wish;	/* a switch that is due */
	struct failover		*failover;
	struct routes		*routes;
	enum effort		 effort_said;	/* by a person, see effort.h */
	cJSON			*amended;	/* see amend.h, by model */
	char			*id, *dir, *root, *cwd, *worker;
	char			*out_dir, *undo_dir, *state_dir;
	enum apply_atomic	 atomic;	/* how the project is written */
	enum sandbox_level		 level;
	bool			 below_required;	/* sandbox_require */
	bool			 bad_task;	/* it cannot be sent as it is */
	struct sandbox_limits	 limits;
	struct cgroup		*cgroup;	/* where the kernel keeps them */
	struct sandbox_kinds	 kinds;		/* what keeps them */
	bool			 kinds_noted;	/* that a call had less */
	struct sandbox_cover	*covers;	/* of the last call_spec */
	size_t			 covers_len;
	char			**toolchains;	/* the user's; NULL-ended */
	const char		**environment;	/* the same; of start */
	cJSON			*sandbox_info;	/* level, line, why, view */

	/* what is going on */
	enum core_phase		 phase;		/* what the agent does */
	unsigned		 waits;		/* for a person: core_wait */
	struct core_task	 task;
	struct core_clock	 clock;
	struct core_plan	 plan;
	struct core_project	 project;
	struct core_request	 request;
	struct core_retry	 retry;
	struct core_delta	 delta;
	struct core_calls	 calls;
	struct core_review	 review;
	struct core_decision	 decision;
	struct core_rollback	 rollback;
	struct core_check	 check;
	cJSON			*reached;	/* base_url -> true: a server
						   was there */
	int			 text_faults;	/* answers in a row with a call
						   that cannot be read */
	size_t			 replay_turn;	/* next answer of a recording */
	struct sandbox_call	*worker_call;
	struct sandbox_ready	*ready;		/* the next call's sandbox */
	struct capture		*capture;
	struct runs		*runs;		/* the user's own commands */

	bool			 feedback_wanted;
	bool			 feedback_rejects; /* or edits, some of it */
	struct buf		 feedback;	/* words for the model */
	struct buf		 model_notes;	/* for its next result */
	cJSON			*short_tools;	/* name -> its texts */
	cJSON			*misses;	/* path -> edits in a row that
						   failed */
	struct reasons		*reasons;
	int			 patch_fails;	/* calls of apply_patch in a
						   row */
	bool			 patch_off;	/* it is not offered any more */
	bool			 patch_told;	/* which was said */
	cJSON			*instructed;	/* path -> true: a file of words
						   that was told */
	cJSON			*product_rules;	/* of an old journal, see */
	cJSON			*writing, *written; /* include_recall */
	struct changes		*changes;	/* what was applied */
	struct rule_small	*small;		/* what that rule has taken */
	struct reviewer		*reviewer;	/* what that rule may take */
	struct task_stats		*tally;		/* what the task has asked */
	struct pathmap		 outside;	/* see plan-step.h */
	struct pathmap		 stopped;	/* see stopped.h */
	struct pathmap		 seen;		/* see seen.h */
	struct paths		*paths;		/* the project's, or NULL */
	char			*say_next;	/* when the interrupted work has
						   ended, */
	char			*say_client;	/* and who says it */
	int64_t			 tx;		/* last apply transaction */
	int			 turn;		/* of the session */
	bool			 time_is_up;	/* so says that timer */
	int64_t			 staged_files, ignored_files;
	void			(*step)(struct core *);	/* the driver */
	bool			 step_posted;	/* it is queued in the loop */
	bool			 ending;	/* the core goes after agent_end */
	int			 exit_code;
	char			*last_state, *last_waits;
};

/* ---- start.c ---- */
struct core *core_new(struct loop *, struct server *);
void	core_free(struct core *);
#define CORE_EXIT_USAGE 2
#define CORE_EXIT_WAITS 5	/* a half-written tree, and no word about it */
#define CORE_EXIT_SANDBOX 7	/* the host gives less than sandbox_require */
/* Take a client's start object; -1 with the sentence for it (*exit_code: 1, 2,
 * 5 or CORE_EXIT_SANDBOX). `key` is borrowed and may be NULL. */
int	core_start(struct core *, cJSON *start_take, const char *key,
	    int *exit_code, struct err *);

/* ---- emit.c ---- */
/* Journal, fold, context, clients. `fields` is taken. A journal that cannot be
 * written ends the session: nothing may happen unrecorded. Returns seq. */
int64_t	core_emit(struct core *, const char *type, const char *by,
	    cJSON *fields);
void	core_sync(struct core *);
/* A line that is not kept. Taken. */
void	core_send(struct core *, cJSON *line);
void	core_note(struct core *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	core_error(struct core *, const char *kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Whether all of what is answered was on a screen, as the client said (NULL: it
 * did not), into the record. */
void	core_add_seen(cJSON *fields, const cJSON *seen);
/* A person let a command run or did not. */
void	core_answered(struct core *, const char *id, bool allow,
	    const cJSON *seen, const char *client);
/* What goes to the model as a message of ours. */
void	core_tell_model(struct core *, const char *text);

/* ---- status.c ---- */
/* Tell clients what is being done and waited for, if it changed. */
void	core_status(struct core *, const char *state, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* The same for one client, who comes now; NULL: nothing was told yet. */
cJSON	*core_status_line(const struct core *);

/* ---- step-soon.c ---- */
/* Run the driver from the loop, after the present callback. */
void	core_step_soon(struct core *);

/* ---- step.c ---- */
void	core_step(struct core *);
/* A client's commands; `client` names it. */
/* As say_message; with `interrupt` what goes on is ended first, and the words
 * begin the work anew. */
int	core_say_now(struct core *, const char *text, bool interrupt,
	    const char *client, struct err *);
void	core_interrupt(struct core *, const char *client);
/* A client's command: the user's own command is stopped; if there is none, the
 * agent is interrupted. */
void	core_interrupt_one(struct core *, const char *client);
/* Stop whatever is under way, keep what is staged, and end the core. */
void	core_end(struct core *, const char *client);
/* A client's command: put what is staged now to a person. */
int	core_propose(struct core *, struct err *);
bool	core_is_waiting(const struct core *);	/* for a person */
/* A client has gone; `first`: who began the session. */
void	core_client_gone(struct core *, bool first);

/* ---- say.c ---- */
/* A person's words; `client` names who says them. -1 with the reason if nothing
 * is sent, since an image cannot be. */
int	say_message(struct core *, const char *text, const char *client,
	    struct err *);
/* A client's command, after a provider's failure: what it did not answer is asked
 * once more. */
int	say_again(struct core *, const char *client, struct err *);
/* What the model did not get to hear yet. */
void	say_feedback(struct core *);

/* ---- set.c ---- */
/* A client's command. */
int	set_command(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* From now on changes are put to a person in this mode. */
void	set_mode(struct core *, const struct approve *, const char *by,
	    const char *client);

/* ---- test-first.c ---- */
/* Does this result show a test that fails on the code as it was? */
bool	test_first_failed(struct core *, struct stage *, const char *tool,
	    const char *args_text, const cJSON *result);

/* ---- budget.c ---- */
void	budget_begin(struct core *);		/* of a task */
void	budget_resume(struct core *);		/* after an old journal */
/* Before a turn: true if the task pauses or ends instead. */
bool	budget_is_over(struct core *);
/* Before a call: the same one again and again, also within one answer. */
bool	budget_repeats(struct core *);
void	budget_pause(struct core *, enum limit_kind);
/* A client's answer to a pause. */
int	budget_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* A person has asked to end the task with what there is. */
bool	budget_is_wrapped(const struct core *);
/* The limit that the task met, for agent_end; NULL if none. */
cJSON	*budget_end(const struct core *);

/* ---- budget-clock.c ---- */
/* Is the task being worked on, or does it wait for a person? */
void	budget_clock(struct core *, bool runs);
int64_t	budget_worked_ms(const struct core *);
void	budget_add_worked(const struct core *, cJSON *fields);

/* ---- estimate-note.c ---- */
void	estimate_note(struct core *);		/* a request has gone out */

/* ---- turn.c ---- */
void	turn_start(struct core *);
/* Also that of a compaction. */
void	turn_cancel(struct core *, const char *why);
/* A request was out when the core died: it is paid for, by a guess. */
void	turn_lost(struct core *);

/* ---- turn-body.c ---- */
/* The question that c->asked is to answer, as its server takes it; what it allows
 * and has in it is kept. malloc'ed. */
char	*turn_body(struct core *);
/* Instructions and tools of the next request, and whether marks of effort stand
 * among its messages, as a hash: signed thinking may be bound to them. */
void	turn_add_prefix(struct core *, cJSON *);
/* Prompt and tools of the next request, in tokens, as an estimate. */
int64_t	turn_overhead(struct core *);

/* ---- turn-ask.c ---- */
/* Whom to ask, and who reads the answer. With a text (and its prompt): beside the
 * conversation, this text alone, without tools. `doing` is what the status
 * says. The target stays until the core ends. */
void	turn_ask(struct core *, const struct core_target *, const char *system,
	    const char *text, const char *doing,
	    void (*done)(void *core, struct reply *));

/* ---- turn-asked.c ---- */
/* "look", "plan" or "execute". */
const char *turn_phase(const struct core *);
/* A request has come to its end: what each `done` begins with. */
void	turn_over(struct core *, const struct reply *);
/* Who the last request went to. */
const struct core_target *turn_asked(const struct core *);
/* The same into a line of the journal. */
void	turn_add_asked(const struct core *, cJSON *fields);
/* Where the key is, or should be, for messages; NULL: nobody has said. */
const char *turn_key_from(const struct core *);
/* As in the journal. */
cJSON	*turn_usage(const struct usage *);
/* What a request has cost: what the provider told, and for what it did not, a
 * guess from the bytes that went either way. */
void	turn_add_spent(struct core *, cJSON *fields, const struct usage *,
	    uint64_t answered);

/* ---- retry.c ---- */
/* True if `again` is called once the wait is over: the error may pass. `other`:
 * there is another model to ask, so that a few attempts are enough. */
bool	retry_begin(struct core *, const struct provider_error *, bool other,
	    void (*again)(void *core));
/* A client's command: do not wait any longer. */
int	retry_now(struct core *, struct err *);
void	retry_stop(struct core *);	/* it is not asked again */

/* ---- text-calls.c: a model without calls of its own ---- */
/* Needs the context. */
void	text_calls_start(struct core *);
bool	text_calls_are_on(const struct core *);
/* The prompt with the tools behind it; malloc'ed. */
char	*text_calls_prompt(struct core *, char *system_take);
/* Read the calls of an answer; what is wrong with them, malloc'ed, or NULL. */
char	*text_calls_read(struct core *, struct reply *);
/* True if it has been told often enough: the turn is at its end. */
bool	text_calls_end(struct core *, const char *wrong);
/* The server will have no tools (the error): true if the turn is asked again
 * with the tools as text. */
bool	text_calls_instead(struct core *, const struct provider_error *);

/* ---- failover.c ---- */
struct failover *failover_new(void);
void	failover_free(struct failover *);
/* The list of the start object; keys that were offered are used. */
int	failover_start(struct core *, struct err *);
/* A client's key for a provider that is not the first; copied. */
void	failover_offer(struct core *, const char *provider, const char *key);
/* That key, borrowed; NULL if none was offered. */
const char *failover_key(const struct core *, const char *provider);
void	failover_secrets(const struct core *, struct mask_list *);
/* The model that is asked fails for good, `why`: true if there is another one,
 * which is now the target. */
bool	failover_next(struct core *, const char *why);
bool	failover_has_next(const struct core *);
/* Before the next turn the first is asked again; it is the next turn. */
void	failover_home_soon(struct core *);
void	failover_home(struct core *);
bool	failover_is_away(const struct core *);	/* one of these is asked */
/* A person has chosen a model, which takes the target's place. */
void	failover_chosen(struct core *);

/* ---- target.c ---- */
/* How a model is reached, but for its key; to be released by target_release, also
 * after -1. */
int	target_read(struct core_target *, const cJSON *model, struct err *);
void	target_set_key(struct core_target *, const char *key); /* copied */
void	target_release(struct core_target *);	/* the key is cleared */
void	target_forget_key(struct core_target *);
void	target_place_release(struct model_place *);

/* ---- model.c ---- */
/* What may be recorded of a model's object. */
cJSON	*model_fields(const cJSON *);
/* A session of a person's may begin without one. */
bool	model_is_chosen(const struct core *);
/* -1 with what to do if there is none. */
int	model_needed(const struct core *, struct err *);
/* Say so, if there is none that could be. */
void	model_note_none(struct core *);
/* A client's command: speak to another model from the next request on. */
int	model_switch(struct core *, const cJSON *command, const char *client,
	    struct err *);
void	model_switch_due(struct core *);	/* no request is under way */
void	model_wish_free(struct model_wish *);
/* The model that is asked is put into `away`, with what was learned of it, and
 * the one of `next` takes its place, with this line. */
void	model_exchange(struct core *, struct model_place *away,
	    struct model_place *next, cJSON *line_take);
/* The keys that are here, of all models that are or may be asked: borrowed. */
void	model_secrets(const struct core *, struct mask_list *);
/* Into a `model` line: whether it is one that another place is kept for. */
void	model_add_role(const struct core *, cJSON *line);

/* ---- delta.c ---- */
void	delta_text(struct core *, const char *, size_t);
void	delta_thinking(struct core *, const char *, size_t);
void	delta_output(struct core *, const char *, size_t);
void	delta_flush(struct core *);	/* before the event that replaces it */
void	delta_drop(struct core *);

/* ---- call.c ---- */
/* Take the calls of a reply into the queue. */
void	call_queue(struct core *, const struct reply *);
void	call_queue_clear(struct core *);
void	call_next(struct core *);	/* starts or answers the next one */
void	call_answer_ask(struct core *, const char *id, bool allow,
	    const cJSON *seen, const char *client);
/* Run the command of `try`. */
void	call_try(struct core *);
/* The arguments as the journal has them: what a model may write in more than one
 * way is brought into one. NULL, with why: they cannot be read. */
cJSON	*call_args(const struct core_call *, struct err *);
/* Does the user's list of tools have it? */
bool	call_is_on(const struct core *, const char *name);

/* ---- edit-tools.c: apply_patch, for who is trained on it; edit and write ---- */
/* Is this tool listed for the model that is asked? Others run, too. */
bool	edit_tools_offered(const struct core *, const struct tool_entry *);
/* A call fails, with this kind: what is added to its answer; malloc'ed, NULL:
 * nothing. */
char	*edit_tools_advice(const struct core *, const struct core_call *,
	    const char *kind);
/* A line of the journal: calls that failed count. */
void	edit_tools_event(struct core *, const cJSON *event);
/* Say, once, that the model gets other tools. */
void	edit_tools_note(struct core *);

/* ---- call-tools.c ---- */
/* The tool schemas of the present phase; *n of them, borrowed array freed by
 * the caller with free(). */
struct tool_schema *call_tools(struct core *, size_t *n);

/* ---- call-run.c ---- */
/* The present call, or the next `n` as TOOL_PARALLEL, in the sandbox; results
 * come
 * later. */
void	call_run(struct core *, const char *tool, const cJSON *args, size_t n);
void	call_stop_worker(struct core *, const char *why);
/* The result of a call that ended with the core before this one: what it left on
 * the stage counts. */
void	call_recover(struct core *, cJSON *result);

/* ---- call-sandbox.c ---- */
/* The stage that the model's calls work on now. */
struct stage *call_stage(struct core *);
/* Start a tool on this stage: its output goes to `capture` by the callbacks,
 * whose argument is the core. NULL with why the stage cannot be used. */
struct sandbox_call *call_begin(struct core *, struct stage *, const char *tool,
	    const cJSON *args, const struct sandbox_callbacks *, struct err *);
/* The same in the project's folder, wherever commands start. */
struct sandbox_call *call_begin_at_root(struct core *, struct stage *,
	    const char *tool, const cJSON *args,
	    const struct sandbox_callbacks *,
	    struct err *);
/* A sandbox_spec on this stage (borrowed strings). */
void	call_spec(struct core *, struct stage *, struct sandbox_spec *);
/* What is to be hidden from a call or kept from it, as the tree is now. */
void	call_hide(struct core *, struct sandbox_spec *);
/* -1 with a sentence where a command could decide for a person what waits in
 * another session. */
int	call_others_wait(const struct core *, struct err *);
/* Have a sandbox ready for the next call, or have none. */
void	call_prepare(struct core *);
void	call_unprepare(struct core *);

/* ---- call-answer.c ---- */
/* A line of type `tool_result`. */
void	call_result(struct core *, const char *id, const char *name, bool ok,
	    const char *kind, const char *text);
/* The result that the model's call of `done` is still owed; false: it is not. */
bool	call_done_result(struct core *, bool ok, const char *kind,
	    const char *text);
/* Lines about the stage's files: a person reads them now, the model with its
 * next result. */
void	call_stage_notes(struct core *, const struct buf *);
/* What befell its files is part of what the model is told. */
void	call_add_notes(struct core *, cJSON *o);

/* ---- include.c ---- */
/* The model's own tool changed this file, named as in the call. */
void	include_written(struct core *, const char *path);
void	include_recall(struct core *, const cJSON *event);
/* Tell the policy what the start object and an old journal say. */
void	include_start(struct core *);
void	include_release(struct core *);
/* A client's command: propose what matches, or hide it. */
int	include_command(struct core *, const cJSON *command, bool hide,
	    const char *client, struct err *);
void	include_refresh(struct core *);	/* no view is mounted */

/* ---- undo.c ---- */
/* A client's command: propose the reverse of an applied change. */
int	undo_propose(struct core *, const cJSON *command, struct err *);
/* The line that answers a client's `changes`: what was applied, and has
 * changed in the tree since; the caller deletes. */
cJSON	*undo_look(struct core *);
/* The model hears, before a person's next words, what they have undone. */
void	undo_tell_model(struct core *);
/* What the i-th of these is taken back to, and what is there now; -1 with why
 * it is left. */
int	undo_side(struct core *, const struct changes_op *, size_t n, size_t i,
	    struct stage_side *now, struct stage_side *want, struct err *);
/* This one stays as it is: in `left`, a sentence a line, and in the list, if
 * there is one. */
void	undo_leave(const char *path, const char *why, struct buf *left,
	    cJSON *list);

/* ---- rollback.c: what does not pass is taken back ---- */
/* All is decided and judged. True if something is being taken back. */
bool	rollback_closed(struct core *);
/* The run ends with an open proposal: what was applied of it is judged without
 * what is open. True if that has begun, or something is being taken back. */
bool	rollback_beside_open(struct core *);
void	rollback_reset(struct core *);	/* a task begins, or the core ends */

/* ---- patch-call.c ---- */
/* Move the start object's patch, if there is one, into out/. */
int	patch_keep(struct core *, struct err *);
bool	patch_is_wanted(const struct core *);
/* The command that puts it on the stage; the caller deletes. */
cJSON	*patch_argv(const struct core *);

/* ---- plan.c ---- */
/* The plan tool was called. */
void	plan_propose(struct core *, const struct core_call *, const cJSON *args);
/* The task ended before its plan was decided on: it can be still, which begins
 * work again. */
bool	plan_is_left(const struct core *);
/* The person says something else instead. */
void	plan_leave(struct core *, const char *client);
/* A person's (or the mode's) answer; plan may be NULL (as proposed). -1 with
 * the reason it cannot be taken. */
int	plan_decide(struct core *, int version, const char *action,
	    const char *word, const cJSON *plan,
	    const cJSON *seen, const char *client,
	    struct err *);

/* After a crash: the plan call is still owed its answer; `status` is the
 * plan's ("proposed", "approved", "returned", the latter with its word). */
void	plan_resume(struct core *, const char *call_id, const char *status,
	    const char *word);

/* ---- propose.c ---- */
void	propose_make(struct core *);	/* scan and offer */
/* Contents of what is staged are not in the store: store again what there is
 * of them (stage_restore), and say what is lost. */
int	propose_restore(struct core *, struct err *);
/* After a crash: this was the last line of the open proposal. */
void	propose_offered(struct core *, const cJSON *line);
/* Tell what is staged; `result` (or NULL) is that of the model's call which
 * may have staged it. */
void	propose_count(struct core *, cJSON *result);

/* ---- propose-open.c: the open proposal, as the fold has it ---- */
bool	propose_is_open(const struct core *);
void	propose_side(struct stage_side *to, const struct fold_side *from);
/* Is that the hunk that stands for the new name itself? */
bool	propose_is_renaming(const struct fold_file *, const char *id);
/* A choice of nothing yet, of the change as it is on offer; borrows from it. */
void	propose_choice(struct gate_choice *, const struct fold_file *);
/* What the marks on this file would write; false if nothing is taken. -1 in
 * *rc with *e if it cannot be made. *renames: under the new name, the old one
 * goes. */
bool	propose_marked(struct core *, const struct fold_file *,
	    struct stage_side *write, bool *renames, int *rc, struct err *);

/* ---- propose-mark.c: what a person or a rule says of it ---- */
int	propose_mark(struct core *, const cJSON *command, const char *client,
	    struct err *);
int	propose_decide(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* A mark for the journal: a person's, or one that the core keeps of a decision.
 * edit is the member with the hunk's lines, or NULL. */
cJSON	*propose_draft(const char *hunk, const char *mark, const cJSON *edit,
	    bool seen, const char *word);
/* Journal an array of them, in one line; takes it. Nothing if it is empty. */
void	propose_emit_drafts(struct core *, const char *by, cJSON *drafts_take,
	    const char *client);
int	propose_split(struct core *, const cJSON *command, struct err *);
/* What this rule takes (see rule.h). */
void	propose_decide_by_rule(struct core *, const char *rule);

/* ---- decision.c ---- */
void	decision_carry_out(struct core *);	/* the decision that is due */
/* After a crash: a decision whose outcome was not offered anew; begin and
 * applied are its lines, or NULL. */
void	decision_recover(struct core *, cJSON *decision_take,
	    const cJSON *begin, const cJSON *applied);

/* ---- marks-restore.c ---- */
/* Offer the decided hunks in `kept` (changed here) with their marks, words and
 * comments again; "none" for one that keeps its comments only. */
void	marks_restore_marks(struct core *, cJSON *kept, const char *client);

/* ---- feedback.c: what the model hears of a decision ---- */
/* Before the files of this decision. */
void	feedback_begin(struct core *, const cJSON *files);
/* A file of it, once it is carried out. */
void	feedback_file(struct core *, const cJSON *file,
	    const struct fold_file *);
/* After a crash: of a decision that was carried out, with its `applied` line or
 * NULL, while the proposal that it was about is the fold's. */
void	feedback_recall(struct core *, const cJSON *decision,
	    const cJSON *applied);

/* ---- comment.c ---- */
/* Comments of a decision that was not carried out, on the open proposal. */
void	comment_keep(struct core *, const char *hunk, const cJSON *comments,
	    const char *client);
/* A client's command: words on a line of a hunk ("" takes them back). */
int	comment_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* Those of the hunk, into what is decided of it. */
void	comment_add(cJSON *decided, const struct fold_hunk *);
/* In words for the model. */
void	comment_tell(struct buf *, const cJSON *decided,
	    const struct fold_file *);

/* ---- output.c: an answer for one client ---- */
/* The end of what the running command has printed, as a delta; NULL: nothing. */
cJSON	*output_end(struct core *);
/* A piece of all of it. */
cJSON	*output_piece(struct core *, const cJSON *command, struct err *);

/* ---- hunk-context.c: answers for one client; NULL with the reason ---- */
/* Unchanged lines around a hunk. */
cJSON	*hunk_context_lines(struct core *, const cJSON *command, struct err *);
/* The file as it is proposed (or as it is, when it is to go). */
cJSON	*hunk_context_file(struct core *, const cJSON *command, struct err *);

/* ---- finding.c ---- */
/* The tool `finding`: journaled and answered. */
void	finding_note(struct core *, const struct core_call *,
	    const cJSON *args);

/* ---- evidence.c ---- */
void	evidence_start(struct core *);
void	evidence_cancel(struct core *);
/* A client's command: run it on what is accepted so far. */
int	evidence_ask(struct core *, struct err *);
/* A person's answer to the question whether the success check may run. */
void	evidence_answer(struct core *, const char *id, bool allow,
	    const cJSON *seen, const char *client);

/* ---- evidence-known.c ---- */
/* What is known is about something else now; nothing if that was said. */
void	evidence_stale(struct core *);
/* Journal that in any case. */
void	evidence_emit_stale(struct core *);
/* Has the success check been run on the stage as it is now? */
bool	evidence_counts(const struct core *);

/* ---- check.c: the success check when the model says it is done ---- */
/* True if it runs now (or a person is asked whether it may), and the work is not
 * finished before that. */
bool	check_begin(struct core *);
void	check_cancel(struct core *);	/* it did not run to its end */
/* It has run, with this `evidence` line: does the model go on?  Then that has to
 * be told with check_return, after the line. */
bool	check_returns(struct core *, const cJSON *line);
void	check_return(struct core *, const cJSON *line);

/* ---- finish.c ---- */
/* The task ends; `waits`: with a question to a person open. */
void	finish_task(struct core *, bool waits);

#endif
