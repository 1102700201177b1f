/*
 * Restores a session from an old journal: settings, fold and context by
 * replaying the lines, then the work at the core's death (resume.c says
 * which). A decision without its applied line is applied once; a call without a
 * result is answered as interrupted; an open plan or proposal is open again.
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/budget.h"
#include "core/call.h"
#include "core/comment.h"
#include "core/compact.h"
#include "core/context.h"
#include "core/core.h"
#include "core/decision.h"
#include "core/hook.h"
#include "core/mcp/mcp.h"
#include "core/model.h"
#include "core/net/network.h"
#include "core/plan.h"
#include "core/prompt.h"
#include "core/propose.h"
#include "core/run.h"
#include "core/say.h"
#include "core/server.h"
#include "core/stages.h"
#include "core/start.h"
#include "core/turn.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "journal/session.h"
#include "policy/approve.h"
#include "tool/tool.h"

/* Open work, from the last lines of an old journal. */
struct resume {
	struct core	*core;
	char		*note;		/* about the journal's end, or NULL */
	char		*restaged;	/* about the staged copy, or NULL */
	cJSON		*start;		/* settings of session_start */
	cJSON		*prompts;	/* hashes, from it or the last
					   `prompts` */
	cJSON		*decision;	/* the last one, until the proposal that
					   shows its outcome */
	cJSON		*apply_begin;	/* the decision's, or NULL */
	cJSON		*applied;	/* likewise */
	bool		 decided;	/* decided since the model's last
					   answer */
	cJSON		*plan;		/* plan line since the model's last
					   answer */
	bool		 planning;
	bool		 failed_over;	/* a fallback's or phase's model was in
					   use */
	bool		 model_ended;	/* the model's last answer has no
					   calls */
	cJSON		*question;	/* the open one, or NULL */
	cJSON		*unanswered;	/* the last one, if its task ended
					   first, or NULL */
	bool		 answered;	/* the last one was, since the last
					   message */
	bool		 was_ended;	/* model_ended before it */
	bool		 said;		/* a message waits for the model, which
					   answers a question at most */
	cJSON		*owed;		/* id -> name of unanswered calls */
	cJSON		*begun;		/* ids of calls that were run */
	int64_t		 tx;		/* of the last apply that began */
	enum core_task_state task;
	bool		 asked;		/* a request was open */
	char		*run;		/* id of the user's own command without
					   a result, or NULL */
	bool		 ran;		/* such a command has a result, and no
					   proposal came since */
	bool		 own;		/* one ran since the last task */
	bool		 left;		/* the last task left a proposal */
	bool		 tried;		/* the command of `try` has begun */
	int64_t		 upto;		/* of the last compaction */
};

static void
resume_keep(cJSON **slot, const cJSON *event)
{
	cJSON_Delete(*slot);
	*slot = event == NULL ? NULL : cJSON_Duplicate(event, 1);
}

/* A new task: open calls of the old one need no answer any more. */
static void
resume_new_task(struct resume *r)
{
	cJSON_Delete(r->owed);
	cJSON_Delete(r->begun);
	r->owed = r->begun = NULL;
	json_drop(&r->question);
	json_drop(&r->unanswered);
	r->model_ended = r->decided = false;
	if (r->task == TASK_STOPPED)
		r->task = TASK_ENDED;
	feedback_clear(r->core);
}

/* The open question has its answer: what was so before it, is so again. */
static void
resume_answered(struct resume *r)
{
	resume_keep(&r->question, NULL);
	r->model_ended = r->was_ended;
	r->answered = true;
}

/* Whose turn it is, and in which phase. */
static void
resume_talk(struct resume *r, enum event_type type, const cJSON *ev)
{
	bool by_user = json_is(ev, "by", "user");

	if (type == EVENT_USER_MESSAGE && json_is(ev, "by", "core") &&
	    r->task != TASK_RUNS) {
		/* Told before the user's message, which begins the task. */
	} else if (type == EVENT_USER_MESSAGE) {
		if (r->task != TASK_RUNS && by_user) {
			r->planning = r->planning || r->task != TASK_STOPPED;
			r->core->task.faults &= ~(unsigned)FAULT_REFUSED;
		}
		r->task = TASK_RUNS;
		if (json_get(ev, "question") != NULL) {
			resume_keep(&r->question, json_get(ev, "question"));
			r->was_ended = r->model_ended;
			json_drop(&r->unanswered);
		} else if (by_user) {
			r->was_ended = false;
			r->said = true;
			json_drop(&r->unanswered);
		}
		if (r->question == NULL)
			r->model_ended = false;
		r->answered = false;
	} else if (type == EVENT_COMMENT && json_is(ev, "by", "model")) {
		/* A copy of an older answer, for a new proposal, ends none. */
		if (comment_same_place(r->question, ev))
			resume_answered(r);
	} else if (type == EVENT_TURN_START) {
		r->asked = true;
		r->planning = !json_is(ev, "phase", "execute");
	} else if (type == EVENT_PLAN) {
		enum fold_plan_status status = fold_plan_status(ev);

		if (status != FOLD_PLAN_STEP)
			resume_keep(&r->plan, ev);
		if (status == FOLD_PLAN_APPROVED) {
			r->planning = false;
			/* Approved after its task had ended: the next message
			 * continues with this plan. */
			if (r->task != TASK_RUNS)
				r->task = TASK_STOPPED;
		}
	} else if (type == EVENT_ASSISTANT_MESSAGE &&
	    !json_bool(ev, "broken", false)) {
		resume_keep(&r->plan, NULL);
		r->asked = false;
		r->decided = false;
		r->model_ended = json_array(ev, "calls") == NULL ||
		    json_array(ev, "calls")->child == NULL;
		r->said = r->said && r->question != NULL;
		/* The answer, even if its hunk was decided meanwhile. */
		if (r->question != NULL && r->model_ended &&
		    !json_is(ev, "stop", "pause") &&
		    !json_is(ev, "stop", "max_tokens"))
			resume_answered(r);
	} else if (type == EVENT_TOOL_CALL && r->begun != NULL) {
		json_add_bool(r->begun, json_str_or(ev, "id", ""), true);
	} else if (type == EVENT_TOOL_RESULT &&
	    json_is(ev, "name", "done") && json_is(ev, "error", "refused")) {
		r->core->task.faults &= ~(unsigned)FAULT_REFUSED;
	} else if (type == EVENT_COMPACTION &&
	    json_is(ev, "why", "new")) {
		resume_new_task(r);
	} else if (type == EVENT_AGENT_END) {
		if (r->question != NULL)
			question_leave(&r->unanswered, r->question, r->said ||
			    json_bool(r->question, "goes_on", false));
		json_drop(&r->question);
		r->asked = r->own = r->said = false;
		r->left = cJSON_GetArraySize(json_array(ev, "proposed")) > 0;
		r->task = json_bool(ev, "stopped", false) ? TASK_STOPPED : TASK_ENDED;
	}
}

/* The user's choice of a success check, as if made at the start. */
static void
resume_check(struct resume *r, const cJSON *ev)
{
	if (r->start == NULL)
		return;
	json_set_take(r->start, "test", cJSON_CreateString(json_str_or(ev,
	    "command", "")));
	json_set_take(r->start, "test_by", cJSON_CreateString(json_str_or(ev,
	    "check_by", "person")));
}

/* Replay the user's own commands. */
static void
resume_run(struct resume *r, enum event_type type, const cJSON *ev)
{
	FREE_NULL(r->run);
	if (type == EVENT_TOOL_CALL) {
		r->run = xstrdup(json_str_or(ev, "id", ""));
		r->own = r->tried = true;
	} else
		r->ran = true;
}

/* Is the event about the user's own command? The result of a `try` comes from
 * the core, so its call decides. */
static bool
resume_is_run(const struct resume *r, enum event_type type, const cJSON *ev)
{
	if (type == EVENT_TOOL_RESULT && r->run != NULL &&
	    strcmp(json_str_or(ev, "id", ""), r->run) == 0)
		return true;
	return json_is(ev, "by", "user") && (type == EVENT_TOOL_CALL ||
	    type == EVENT_TOOL_RESULT);
}

void
resume_line(struct resume *r, const cJSON *ev)
{
	enum event_type type = event_type(ev);
	bool run = resume_is_run(r, type, ev);

	/* A proposal after a decision offers the rest: the decision was
	 * applied. */
	if (type == EVENT_PROPOSAL && r->decision != NULL &&
	    feedback_recall(r->core, r->decision, r->applied)) {
		xstrset(&r->core->decision.said.text,
		    json_str(r->decision, "say"));
		xstrset(&r->core->decision.said.client,
		    json_str(r->decision, "client"));
	}
	/* The user's words on it were sent. */
	if (type == EVENT_USER_MESSAGE && json_is(ev, "by", "user"))
		FREE_NULL(r->core->decision.said.text);
	core_line(r->core, ev);
	if (type == EVENT_SESSION_START ||
	    type == EVENT_PROMPTS)
		resume_keep(&r->prompts, json_get(ev, "prompts"));
	if (type == EVENT_SESSION_START)
		resume_keep(&r->start, json_get(ev, "settings"));
	else if (type == EVENT_MODE && r->start != NULL &&
	    json_get(ev, "plan") != NULL)
		json_copy(r->start, "plan", json_get(ev, "plan"));
	else if (type == EVENT_MODEL && r->start != NULL) {
		/* A fallback or a phase's model isn't the session's model: a
		 * resume goes back to the first. */
		r->failed_over = json_bool(ev, "failover", false) ||
		    json_str(ev, "route") != NULL;
		if (!r->failed_over)
			json_copy(r->start, "model", json_get(ev, "model"));
	}
	else if (type == EVENT_CHECK)
		resume_check(r, ev);
	else if (type == EVENT_DECISION) {
		resume_keep(&r->decision, ev);
		resume_keep(&r->apply_begin, NULL);
		resume_keep(&r->applied, NULL);
		r->decided = true;
	} else if (type == EVENT_APPLY_BEGIN) {
		resume_keep(&r->apply_begin, ev);
		r->tx = json_int(ev, "tx", r->tx);
	} else if (type == EVENT_APPLIED)
		resume_keep(&r->applied, ev);
	else if (type == EVENT_PROPOSAL) {
		resume_keep(&r->decision, NULL);
		propose_offered(r->core, ev);
		r->ran = false;
		if (cJSON_GetArraySize(json_array(ev, "files")) == 0)
			r->left = false;
	} else if (run)
		resume_run(r, type, ev);
	else
		resume_talk(r, type, ev);
	if (type == EVENT_TOOL_CALL && json_is(ev, "name", "done"))
		xstrset(&r->core->task.summary, json_str(json_get(ev, "args"),
		    "summary"));
	else if (type == EVENT_USER_MESSAGE || (json_is(ev, "name",
	    "done") && !json_bool(ev, "ok", true)))
		FREE_NULL(r->core->task.summary);
	if (type == EVENT_COMPACTION)
		r->upto = json_int(ev, "upto", 0);
	if (type == EVENT_TOOL_RESULT && !run && r->owed != NULL)
		cJSON_DeleteItemFromObjectCaseSensitive(r->owed,
		    json_str_or(ev, "id", ""));
	if (type == EVENT_ASSISTANT_MESSAGE &&
	    !json_bool(ev, "broken", false)) {
		const cJSON *it;

		cJSON_Delete(r->owed);
		cJSON_Delete(r->begun);
		r->owed = cJSON_CreateObject();
		r->begun = cJSON_CreateObject();
		cJSON_ArrayForEach(it, json_array(ev, "calls"))
			json_add_str(r->owed, json_str_or(it, "id", ""),
			    json_str_or(it, "name", ""));
	}
}

struct resume *
resume_new(struct core *c)
{
	struct resume *r = xcalloc(1, sizeof(*r));

	r->core = c;
	return r;
}

void
resume_free(struct resume *r)
{
	if (r == NULL)
		return;
	free(r->note);
	free(r->restaged);
	cJSON_Delete(r->start);
	cJSON_Delete(r->prompts);
	cJSON_Delete(r->apply_begin);
	cJSON_Delete(r->applied);
	cJSON_Delete(r->plan);
	cJSON_Delete(r->decision);
	cJSON_Delete(r->question);
	cJSON_Delete(r->unanswered);
	cJSON_Delete(r->owed);
	cJSON_Delete(r->begun);
	free(r->run);
	free(r);
}

/*
 * resume-settings: chooses the settings of a resumed session.
 */

/* The session began without a model, and there is one now. */
static void
resume_first_model(cJSON *merged, const cJSON *start)
{
	static const char *const all[] = { "model", "failover", "routes" };

	JSON_COPY(merged, start, all);
}

/* What the user's programs used when the session began, and what they use
 * now. */
static void
resume_own_files(cJSON *merged, const cJSON *start)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(merged, "own_files"))
		cJSON_AddItemToArray(all, cJSON_Duplicate(it, 1));
	cJSON_ArrayForEach(it, json_array(start, "own_files"))
		cJSON_AddItemToArray(all, cJSON_Duplicate(it, 1));
	json_set_take(merged, "own_files", all);
}

int
resume_settings(struct resume *r, char *note_take, struct err *e)
{
	struct core *c = r->core;
	const cJSON *old = r->start;
	static const char *const fresh[] = {
		"mode",
		"person",
		"keep_alive",
		"home",
		"path",
		"sandbox",
		"limits",
		"session",
		"recover",
		"redecide",
		"cache_keep",
		"net_allow",
		"hooks",
		"go_on",
	};
	static const char *const one_run[] = { "allow_protected", "require_mcp",
		"rollback" };
	cJSON *merged;
	int least = sandbox_level_find(json_str_or(c->start, "sandbox_require",
	    ""));
	int began = sandbox_level_find(json_str_or(old, "sandbox_require",
	    "none"));
	size_t i;

	r->note = note_take;
	if (old == NULL)
		return err_set(e, "the journal of %s has no session_start",
		    c->id);
	merged = cJSON_Duplicate(old, 1);
	cJSON_DeleteItemFromObjectCaseSensitive(merged, "net_allow");
	cJSON_DeleteItemFromObjectCaseSensitive(merged, "hooks");
	JSON_COPY(merged, c->start, fresh);
	resume_own_files(merged, c->start);
	for (i = 0; i < MEM_COUNT(one_run) &&
	    !json_bool(c->start, "go_on", false); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(merged, one_run[i]);
	/* Work that began in a sandbox never continues in a weaker one. */
	if (least >= 0 && least < began)
		json_add_str(merged, "sandbox_require",
		    sandbox_level_name((enum sandbox_level)least));
	if (json_bool(c->start, "override_model", false) &&
	    json_get(c->start, "model") != NULL)
		json_copy(merged, "model", json_get(c->start, "model"));
	else if (!cJSON_IsObject(json_get(old, "model")))
		resume_first_model(merged, c->start);
	cJSON_DeleteItemFromObjectCaseSensitive(merged, "task");
	cJSON_Delete(c->start);
	c->start = merged;
	return 0;
}

/*
 * Recovers a session whose core died during an apply. Hashes show the state of
 * the tree; the user, or --recover, decides about a half-written tree before
 * anything else happens in the session.
 */

#define RECOVER_TYPE_MAX 256	/* a line's type comes before that */

static void
recover_side(struct stage_side *s, const cJSON *side)
{
	memset(s, 0, sizeof(*s));
	s->exists = cJSON_IsObject(side);
	s->mode = (unsigned)json_int(side, "mode", 0);
	snprintf(s->hash, sizeof(s->hash), "%s", json_str_or(side, "hash",
	    ""));
}

size_t
recover_ops(const cJSON *begin, struct apply_op **ops)
{
	const cJSON *list = json_array(begin, "ops"), *it;
	size_t n = 0, len;

	*ops = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(**ops));
	cJSON_ArrayForEach(it, list) {
		struct apply_op *op = &(*ops)[n];

		op->path = json_get_bytes(it, "path", &len);
		if (op->path == NULL)
			continue;
		recover_side(&op->before, json_get(it, "before"));
		recover_side(&op->after, json_get(it, "after"));
		n++;
	}
	return n;
}

/* Find the state of this apply_begin line's files in the project. */
static int
recover_look(const char *root, const cJSON *begin, struct apply_stand *s,
    struct err *e)
{
	AUTO_FREE struct apply_op *ops = NULL;
	AUTO_CLOSE int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t n;

	memset(s, 0, sizeof(*s));
	if (fd < 0)
		return err_sys(e, "cannot open the project %s", root);
	n = recover_ops(begin, &ops);
	apply_look_all(fd, ops, n, s);
	apply_ops_release(ops, n);
	return 0;
}

/* How decision_recover should proceed, by the start object; -1 with the
 * question if the object doesn't say and the tree is half-written. */
static int
recover_choose(struct core *c, const cJSON *begin, struct err *e)
{
	static const struct choice {
		const char		*word;
		enum apply_recovery	 how;
	} choices[] = {
		{ "finish", APPLY_FINISH }, { "undo", APPLY_UNDO },
		{ "leave", APPLY_LEAVE },
	};
	const struct choice *chosen = MEM_FIND(choices, json_str(c->start,
	    "recover"));
	struct apply_stand s;

	if (recover_look(c->root, begin, &s, e) < 0)
		return -1;
	c->decision.recovery = APPLY_LEAVE;
	c->decision.recovered = NULL;
	/* Nothing is half-written: it is complete, or not begun. */
	if (s.written == 0 || s.open == 0)
		return 0;
	if (chosen != NULL) {
		c->decision.recovery = chosen->how;
		c->decision.recovered = chosen->word;
		return 0;
	}
	c->exit_code = CORE_EXIT_WAITS;
	return err_set(e, "session %s stopped while applying: %zu of %zu files "
	    "are written. Use --recover finish (write the rest), undo (take "
	    "those back) or leave (keep them, review the rest again)", c->id,
	    s.written, s.written + s.open + s.other);
}

/* ---- for readers ---- */

static bool
recover_is(const char *line, size_t n, enum event_type type)
{
	char mark[64];

	snprintf(mark, sizeof(mark), "\"type\":\"%s\"", event_name(type));
	return memmem(line, n < RECOVER_TYPE_MAX ? n : RECOVER_TYPE_MAX, mark,
	    strlen(mark)) != NULL;
}

/* The open apply_begin, and the project; or NULL. */
static cJSON *
recover_find(int fd, char **root)
{
	struct linefile r;
	AUTO_BUF struct buf begin = BUF_INIT(0);
	const char *line;
	size_t n;

	*root = NULL;
	linefile_init(&r, fd, 0);
	while (linefile_next(&r, &line, &n, NULL) == LINEFILE_LINE) {
		if (*root == NULL && recover_is(line, n, EVENT_SESSION_START)) {
			AUTO_JSON cJSON *o = event_parse(line, n, NULL);

			*root = xstrdup_null(json_str(o, "root"));
		} else if (recover_is(line, n, EVENT_APPLY_BEGIN)) {
			buf_clear(&begin);
			buf_add(&begin, line, n);
		} else if (recover_is(line, n, EVENT_APPLIED) ||
		    recover_is(line, n, EVENT_PROPOSAL) ||
		    recover_is(line, n, EVENT_DECISION))
			buf_clear(&begin);
	}
	linefile_release(&r);
	return begin.len == 0 ? NULL : event_parse(begin.p, begin.len, NULL);
}

cJSON *
recover_tell(const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "journal.jsonl"), *root = NULL;
	AUTO_JSON cJSON *begin = NULL;
	cJSON *o = NULL;
	struct apply_stand s;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		err_sys(e, "cannot open %s", path);
		return o;
	}
	begin = recover_find(fd, &root);
	if (begin != NULL && root != NULL &&
	    recover_look(root, begin, &s, e) < 0)
		return o;
	o = cJSON_CreateObject();
	if (begin == NULL || root == NULL)
		return o;
	json_add_int(o, "tx", json_int(begin, "tx", 0));
	json_add_int(o, "files", (int64_t)(s.written + s.open + s.other));
	json_add_int(o, "written", (int64_t)s.written);
	json_add_int(o, "open", (int64_t)s.open);
	json_add_int(o, "other", (int64_t)s.other);
	return o;
}

/* ---- leftovers of other sessions ---- */

/* A folder in the state folder, with an empty file for each session that is
 * applying: a start looks there instead of in every journal. */
#define RECOVER_APPLYING "applying"

static int
recover_open_marks(const struct core *c, bool make)
{
	AUTO_FREE char *path = fs_join(c->state_dir, RECOVER_APPLYING);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && make && mkdir(path, 0700) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
		    O_NOFOLLOW);
	return fd;
}

void
recover_mark(const struct core *c, bool applying)
{
	AUTO_CLOSE int fd = recover_open_marks(c, applying);

	/* Without it temporary files just stay longer. */
	if (fd < 0)
		return;
	if (applying)
		fs_close(openat(fd, c->id, O_WRONLY | O_CREAT | O_CLOEXEC |
		    O_NOFOLLOW, 0600));
	else
		(void)unlinkat(fd, c->id, 0);
}

/* Remove the temporary files of a session without a core, in this project;
 * false to try again later. */
static bool
recover_sweep_one(struct core *c, const char *id, const char *dir)
{
	AUTO_FREE char *journal = fs_join(dir, "journal.jsonl"), *root = NULL;
	AUTO_FREE char *undo = fs_join(dir, "undo");
	int fd = open(journal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	AUTO_JSON cJSON *begin = fd < 0 ? NULL : recover_find(fd, &root);
	struct blob_store *blobs = NULL;
	AUTO_FREE struct apply_op *ops = NULL;
	size_t n, found;
	bool done = begin == NULL;

	if (begin == NULL || root == NULL || strcmp(root, c->root) != 0 ||
	    (blobs = blob_store_open(dir, NULL)) == NULL)
		goto out;
	n = recover_ops(begin, &ops);
	found = apply_sweep(stage_root_fd(c->stage), undo, blobs, ops, n);
	apply_ops_release(ops, n);
	if (found > 0)
		emit_note(c, "session %s stopped while applying; its %zu "
		    "temporary files were removed from the project", id,
		    found);
	done = true;
out:
	fs_close(fd);
	blob_store_free(blobs);
	return done;
}

/* Remove the temporary files that sessions without a core left in this project,
 * but only those whose content their store has; a user's file is put back. */
static void
recover_sweep(struct core *c)
{
	int fd = recover_open_marks(c, false), at, lock;
	DIR *d = fs_dir_take(fd);
	struct dirent *de;
	bool done;
	char *dir;

	while ((de = fs_dir_next(&d)) != NULL) {
		if (strcmp(de->d_name, c->id) == 0 ||
		    session_is_alive(de->d_name) ||
		    (dir = session_dir(de->d_name, NULL)) == NULL)
			continue;
		at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		done = at < 0 && errno == ENOENT;
		/* Keep others from resuming it meanwhile. */
		lock = at < 0 ? -1 : session_lock(at, dir, NULL);
		if (lock >= 0) {
			done = recover_sweep_one(c, de->d_name, dir);
			close(lock);
		}
		fs_close(at);
		if (done)
			(void)unlinkat(dirfd(d), de->d_name, 0);
		free(dir);
	}
}

/* Is that question about this call? Its id is the call's, or that and ".2". */
static bool
resume_asks_of(const char *ask, const char *call)
{
	size_t n = strlen(call);

	return strncmp(ask, call, n) == 0 && (ask[n] == '\0' || ask[n] == '.');
}

const struct core_part recover_part = { .begun = recover_sweep };

/* The answer to a call that has none because the core died: only a call that
 * ran, and may write, can have left half-done work. */
static void
resume_call(struct core *c, const char *id, const char *name, bool begun)
{
	const struct tool_entry *t = tool_find(name);
	bool writes = t == NULL ||
	    (t->effects & (TOOL_WRITES | TOOL_COMMAND)) != 0;
	cJSON *o = cJSON_CreateObject();

	const char *server = mcp_server_of(c, name);

	/* The user had not allowed it yet. */
	if (c->fold->ask.id != NULL && resume_asks_of(c->fold->ask.id, id))
		begun = false;
	json_add_str(o, "id", id);
	json_add_str(o, "name", name);
	json_add_bool(o, "ok", false);
	json_add_str(o, "error", "interrupted");
	json_add_str(o, "text", !begun ? "assent was restarted; this call did "
	    "not begin" : !writes ? "assent was restarted; this call was not "
	    "answered; call it again if you need it" : server != NULL ?
	    "assent was restarted while this call ran; what the MCP server "
	    "had written for it is lost" : "assent was restarted "
	    "while this call ran; what it did to the staged files may be "
	    "incomplete");
	json_add_str(o, "server", server);
	if (begun && writes && server == NULL)
		call_recover(c, o);
	emit_event(c, EVENT_TOOL_RESULT, "core", o);
	if (begun && server != NULL)
		emit_note(c, "assent was stopped while %s of MCP server %s "
		    "ran: what it had written to its copy is lost", name,
		    server);
}

/* Calls that were running or waiting when the core died. */
static void
resume_calls(struct core *c, const struct resume *r)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, r->owed) {
		const char *name = it->valuestring;

		if (strcmp(name, "plan") == 0 && r->plan != NULL)
			plan_resume(c, it->string);
		else if (strcmp(name, "done") == 0 &&
		    (c->fold->proposal != NULL || r->decided ||
		    r->task == TASK_ENDED)) {
			xstrset(&c->task.done_call_id, it->string);
			c->task.model = MODEL_CALLED_DONE;
		} else
			resume_call(c, it->string, name, json_get(r->begun,
			    it->string) != NULL);
	}
}

/* A flag may name another model than the session's. */
static void
resume_model(struct core *c, const cJSON *old, bool failed_over)
{
	const cJSON *now = json_get(c->start, "model");
	cJSON *o;

	if (!cJSON_IsObject(now) || (!failed_over && cJSON_Compare(now,
	    json_get(old, "model"), 1)))
		return;
	o = cJSON_CreateObject();
	json_set_take(o, "model", cJSON_Duplicate(now, 1));
	emit_event(c, EVENT_MODEL, failed_over ? "core" : "user", o);
}

/* Restore the last approval mode; a mode for one run only is over. */
static void
resume_mode(struct core *c)
{
	const struct approve *mode = approve_find(c->fold->approve);

	/* The same run goes on, with the same flags. */
	if (json_bool(c->start, "go_on", false))
		return;
	if (mode == NULL || mode->one_run)
		set_mode(c, approve_find("ask"), "core", NULL);
	else {
		c->approve = mode;
		json_add_str(c->start, "approve", mode->name);
	}
}

static bool
resume_is_interactive(const struct core *c)
{
	const char *mode = c->fold->mode == NULL ? "" : c->fold->mode;

	return strcmp(mode, "interactive") == 0 || strcmp(mode, "demo") == 0;
}

/* The command of `try` never runs twice: if it had begun, it is over, and its
 * staged changes are proposed. If the user had not allowed it yet, it had not
 * begun. */
static void
resume_try(struct core *c, const struct resume *r)
{
	cJSON *o;

	feedback_clear(c);
	if (!r->tried || c->fold->ask.id != NULL)
		return;
	c->task.model = MODEL_ENDED;
	if (!phase_has_task(c) && r->task == TASK_NONE)
		phase_task(c, TASK_RUNS);
	if (r->run == NULL)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "id", r->run);
	json_add_str(o, "name", "argv");
	json_add_bool(o, "ok", false);
	json_add_str(o, "error", "interrupted");
	json_add_str(o, "text", "assent was stopped while this command ran; it "
	    "is not run again, and what it changed until then is proposed");
	call_recover(c, o);
	emit_event(c, EVENT_TOOL_RESULT, "user", o);
	emit_note(c, "assent was stopped while the command ran. It isn't run "
	    "again; what it changed until then is proposed.");
}

static void
resume_state(struct core *c, struct resume *r)
{
	const struct core_part *const *p;

	c->clock.worked_ms = c->fold->spent.task.worked_ms;
	phase_task(c, r->task);
	c->review.touched = true;
	c->task.planning = r->planning && c->plan.mode != PLAN_SKIP &&
	    c->mode != MODE_TRY;
	if (c->fold->plan.check != NULL && c->check.command == NULL) {
		c->check.command = xstrdup(c->fold->plan.check);
		c->check.by = xstrdup(c->fold->plan.check_by == NULL ?
		    "model" : c->fold->plan.check_by);
	}
	resume_calls(c, r);
	c->request.replay_turn = (size_t)c->fold->turn;
	c->decision.tx = r->tx;
	if (r->decision != NULL) {
		decision_recover(c, r->decision, r->apply_begin, r->applied);
		r->decision = NULL;
	}
	if (c->mode == MODE_TRY)
		resume_try(c, r);
	else
		run_recover(c, r->run, r->ran);
	if (r->question != NULL)
		r->model_ended = r->was_ended;
	c->task.go_on = r->said;
	if (c->task.model == MODEL_GOES_ON && !r->said &&
	    ((c->fold->proposal != NULL && c->fold->proposal->final) || (r->model_ended && !c->task.planning)))
		c->task.model = MODEL_ENDED;
	/* If a proposal is open, or one was decided since the model's last
	 * answer, the check of that answer is over. */
	c->check.say = c->fold->proposal != NULL || r->decided ?
	    CHECK_HAS_SAID : CHECK_MAY_SAY;
	/* A task's end is reported once its proposal is decided; changes left
	 * by the user's own commands alone belong to no task. */
	if (!phase_has_task(c) && c->fold->proposal != NULL && (r->left ||
	    !r->own || !resume_is_interactive(c)))
		phase_task(c, TASK_RUNS);
	question_recover(c, r->question, r->unanswered, r->answered);
	r->question = r->unanswered = NULL;
	for (p = core_parts; *p != NULL; p++)
		if ((*p)->resumed != NULL)
			(*p)->resumed(c);
}

/* Did the core before us end with no work left but questions to the user? Then
 * there is no need to report a new core with the same sandbox. */
static bool
resume_is_idle(const struct resume *r)
{
	const struct fold *f = r->core->fold;
	const cJSON *it;

	if (f->sandbox.level == NULL || strcmp(f->sandbox.level,
	    json_str_or(r->core->sandbox.info, "level", "")) != 0)
		return false;
	if (r->run != NULL)
		return false;
	if (r->task != TASK_RUNS)
		return true;
	cJSON_ArrayForEach(it, r->owed)
		if (strcmp(it->valuestring, "plan") != 0 &&
		    strcmp(it->valuestring, "done") != 0)
			return false;
	return !r->asked && r->decision == NULL && (f->proposal != NULL ||
	    f->pause != NULL || (r->plan != NULL &&
	    fold_plan_status(r->plan) == FOLD_PLAN_PROPOSED));
}

/* assent may have another version now, or the user's own texts may have
 * changed. */
static void
resume_prompts(struct core *c, const struct resume *r)
{
	cJSON *now, *o;

	if (c->prompts == NULL)
		return;
	now = prompts_hashes(c->prompts);
	if (cJSON_Compare(now, r->prompts, 1)) {
		cJSON_Delete(now);
		return;
	}
	o = cJSON_CreateObject();
	json_set_take(o, "prompts", now);
	emit_event(c, EVENT_PROMPTS, "core", o);
	emit_note(c, "The prompts are not those that the session had before");
}

int
resume_stage(struct resume *r, struct err *e)
{
	struct core *c = r->core;

	if (r->decision != NULL && r->apply_begin != NULL &&
	    r->applied == NULL && recover_choose(c, r->apply_begin, e) < 0)
		return -1;
	return restage_open(c, &r->restaged, e) == NULL ? -1 : 0;
}

int
resume_go_on(struct resume *r, struct err *e)
{
	const struct core_part *const *p;
	struct core *c = r->core;
	cJSON *o;

	recall_begin(c, r->upto);
	o = cJSON_CreateObject();
	json_add_str(o, "text", r->note == NULL ? "resumed" : r->note);
	json_add_bool(o, "resumed", true);
	json_add_int(o, "format", EVENT_FORMAT);
	if (r->note == NULL && resume_is_idle(r))
		json_add_bool(o, "idle", true);
	json_set_take(o, "sandbox", cJSON_Duplicate(c->sandbox.info, 1));
	json_set_take(o, "grants", grant_list(c->start));
	emit_event(c, EVENT_NOTE, "core", o);
	if ((c->task.faults & FAULT_LOST) != 0)
		emit_error(c, "stage", "%s", r->restaged);
	else if (r->restaged != NULL)
		emit_note(c, "%s", r->restaged);
	for (p = core_parts; *p != NULL; p++)
		if ((*p)->begun != NULL)
			(*p)->begun(c);
	resume_prompts(c, r);
	resume_model(c, r->start, r->failed_over);
	resume_mode(c);
	resume_state(c, r);
	/* A task that runs goes on by itself. */
	return json_bool(c->start, "go_on", false) && r->task != TASK_RUNS ?
	    say_again(c, NULL, "start", e) : 0;
}
