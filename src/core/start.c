/*
 * From a client's start object to a session that can work: settings, folder,
 * journal, blobs, cage, stage, policy, context.  resume.c does the same from an
 * old journal.
 */
#include "config.h"

#include "core/core.h"
#include "core/start.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/self.h"
#include "core/prompt.h"
#include "journal/session.h"
#include "store/gitlib.h"

struct core *
core_new(struct loop *loop, struct server *server)
{
	struct core *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	c->server = server;
	c->fold = fold_new();
	c->reasons = cJSON_CreateObject();
	c->cage_info = cJSON_CreateObject();
	c->changes = changes_new();
	return c;
}

static void
core_forget_key(struct core *c)
{
	if (c->target.key == NULL)
		return;
	explicit_bzero(c->target.key, strlen(c->target.key));
	free(c->target.key);
	c->target.key = NULL;
}

void
core_set_key(struct core *c, const char *key)
{
	core_forget_key(c);
	c->target.key = xstrdup_null(key);
}

void
core_free(struct core *c)
{
	if (c == NULL)
		return;
	turn_cancel(c, NULL);
	call_stop_worker(c, NULL);
	call_queue_clear(c);
	loop_timer_free(c->time_timer);
	core_forget_key(c);
	context_free(c->context);
	stage_free(c->stage);
	stage_free(c->plan_stage);
	policy_free(c->policy);
	journal_free(c->journal);
	blob_store_free(c->blobs);
	fold_free(c->fold);
	cJSON_Delete(c->start);
	cJSON_Delete(c->reasons);
	cJSON_Delete(c->cage_info);
	cJSON_Delete(c->decision);
	changes_free(c->changes);
	delta_drop(c);
	buf_release(&c->delta_text);
	buf_release(&c->delta_thinking);
	buf_release(&c->delta_output);
	buf_release(&c->feedback);
	free(c->target.provider);
	free(c->target.model);
	free(c->target.base_url);
	free(c->target.key_env);
	free(c->target.replay_dir);
	free(c->id);
	free(c->dir);
	free(c->root);
	free(c->cwd);
	free(c->worker);
	free(c->out_dir);
	free(c->undo_dir);
	free(c->criterion);
	free(c->criterion_by);
	free(c->last_call);
	free(c->plan_call_id);
	free(c->done_call_id);
	free(c->summary);
	free(c->last_state);
	free(c->last_waits);
	free(c);
}

/* One of `words`, by its place; -1 and a sentence for anything else. */
static int
start_word(const cJSON *o, const char *key, const char *const *words, int def,
    struct err *e)
{
	const char *s = json_str(o, key);
	int i;

	if (s == NULL)
		return def;
	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], s) == 0)
			return i;
	return err_set(e, "unknown %s \"%s\"", key, s);
}

static const char *const mode_words[] = {
	"interactive", "exec", "try", "demo", NULL
};
static const char *const plan_words[] = { "auto", "require", "skip", NULL };
static const char *const approve_words[] = {
	"ask", "each", "later", "yes", NULL
};

/* What a project says of a limit can only lower it. */
static int64_t
start_lower(const cJSON *most, const char *key, int64_t v)
{
	int64_t m = json_int(most, key, v);

	return m > 0 && m < v ? m : v;
}

static int
start_limits(struct core *c, struct err *e)
{
	const cJSON *o = json_get(c->start, "limits");
	const cJSON *most = json_get(c->start, "limits_most");
	struct cage_limits *l = &c->limits;
	const char *preset = json_str_or(c->start, "preset", "strict");

	if (strcmp(preset, "desk") == 0)
		cage_limits_desk(&c->limits);
	else if (strcmp(preset, "strict") == 0)
		cage_limits_strict(&c->limits);
	else
		return err_set(e, "unknown preset \"%s\"", preset);
	c->limits.timeout_ms = json_int(o, "timeout_ms", c->limits.timeout_ms);
	c->limits.memory_bytes = json_int(o, "memory_bytes",
	    c->limits.memory_bytes);
	c->limits.disk_bytes = json_int(o, "disk_bytes", c->limits.disk_bytes);
	c->limits.pids = (int)json_int(o, "pids", c->limits.pids);
	l->timeout_ms = start_lower(most, "timeout_ms", l->timeout_ms);
	l->memory_bytes = start_lower(most, "memory_bytes", l->memory_bytes);
	l->disk_bytes = start_lower(most, "disk_bytes", l->disk_bytes);
	l->pids = (int)start_lower(most, "pids", l->pids);
	return 0;
}

static int
start_model(struct core *c, struct err *e)
{
	const cJSON *m = json_get(c->start, "model");
	const char *name, *format;
	char *dir, *p;

	if (!cJSON_IsObject(m)) {
		if (c->mode == MODE_TRY)
			return 0;
		return err_set(e, "no model is given");
	}
	c->target.provider = xstrdup(json_str_or(m, "provider", "model"));
	c->target.base_url = xstrdup(json_str_or(m, "base_url", ""));
	c->target.key_env = xstrdup_null(json_str(m, "key_env"));
	c->target.replay_dir = xstrdup_null(json_str(m, "replay_dir"));
	c->target.replay_paced = json_bool(m, "replay_paced", false);
	name = json_str_or(m, "name", "");
	c->target.model = xstrdup(name);
	format = json_str_or(m, "format", "");
	if (strcmp(format, "replay") == 0) {
		struct buf b = BUF_INIT(1 << 20);
		cJSON *rec;

		dir = c->target.replay_dir != NULL ?
		    xstrdup(c->target.replay_dir) : xstrdup("");
		p = fs_join(dir, "recording.json");
		free(dir);
		if (fs_read_file(AT_FDCWD, p, &b, e) < 0) {
			free(p);
			buf_release(&b);
			return -1;
		}
		rec = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, e);
		c->target.format = provider_format_find(
		    json_str_or(rec, "format", ""));
		cJSON_Delete(rec);
		buf_release(&b);
		if (c->target.format == NULL) {
			err_set(e, "%s names no known format", p);
			free(p);
			return -1;
		}
		free(p);
		return 0;
	}
	c->target.format = provider_format_find(format);
	if (c->target.format == NULL)
		return err_set(e, "provider \"%s\" has the unknown format "
		    "\"%s\"", c->target.provider, format);
	return 0;
}

int
start_settings(struct core *c, struct err *e)
{
	int mode, plan, approve;

	mode = start_word(c->start, "mode", mode_words, MODE_INTERACTIVE, e);
	plan = start_word(c->start, "plan", plan_words, PLAN_REQUIRE, e);
	approve = start_word(c->start, "approve", approve_words, APPROVE_ASK,
	    e);
	if (mode < 0 || plan < 0 || approve < 0)
		return -1;
	c->mode = (enum core_mode)mode;
	c->plan_mode = (enum core_plan_mode)plan;
	c->approve = (enum core_approve)approve;
	c->person = json_bool(c->start, "person", false);
	c->linger = json_bool(c->start, "linger", false);
	c->max_turns = (int)json_int(c->start, "max_turns", 30);
	c->max_time_ms = json_int(c->start, "max_time_ms", 0);
	c->retry_base_ms = json_int(c->start, "retry_base_ms", 500);
	c->root = xstrdup_null(json_str(c->start, "root"));
	c->cwd = xstrdup(json_str_or(c->start, "cwd",
	    c->root == NULL ? "/" : c->root));
	if (c->root == NULL || c->root[0] != '/')
		return err_set(e, "no project folder is given");
	if (!fs_is_below(c->cwd, c->root)) {
		free(c->cwd);
		c->cwd = xstrdup(c->root);
	}
	if (json_str(c->start, "test") != NULL) {
		c->criterion = xstrdup(json_str(c->start, "test"));
		c->criterion_by = xstrdup(json_str_or(c->start, "test_by",
		    "config"));
	}
	if (start_limits(c, e) < 0)
		return -1;
	return start_model(c, e);
}

/* NULL-terminated borrowed strings of a JSON array; free() the array. */
static const char **
start_strings(const cJSON *array)
{
	const char **v;
	const cJSON *it;
	size_t n = 0;

	v = xcalloc((size_t)cJSON_GetArraySize(array) + 1, sizeof(*v));
	cJSON_ArrayForEach(it, array)
		if (cJSON_IsString(it))
			v[n++] = it->valuestring;
	return v;
}

int
start_policy(struct core *c, struct err *e)
{
	struct policy_options o = { .root = c->root };
	const char **prot, **allow, **secret, **lift;

	prot = start_strings(json_array(c->start, "protected"));
	allow = start_strings(json_array(c->start, "allow_protected"));
	secret = start_strings(json_array(c->start, "secret"));
	lift = start_strings(json_array(c->start, "secret_lift"));
	o.protected_globs = prot;
	o.allow_globs = allow;
	o.secret_globs = secret;
	o.lift_globs = lift;
	c->policy = policy_new(&o, e);
	free(prot);
	free(allow);
	free(secret);
	free(lift);
	return c->policy == NULL ? -1 : 0;
}

int
start_cage(struct core *c, struct err *e)
{
	char *line = NULL, *why = NULL;
	bool container = strcmp(json_str_or(c->start, "cage", "auto"),
	    "container") == 0;

	c->worker = self_program("assent-worker", e);
	if (c->worker == NULL)
		return -1;
	c->rung = cage_probe(c->worker, c->root, c->dir, &c->limits, container,
	    &line, &why);
	json_add_str(c->cage_info, "rung", cage_rung_name(c->rung));
	json_add_str(c->cage_info, "line", line == NULL ? "no cage" : line);
	json_add_str(c->cage_info, "why", why);
	json_add_str(c->cage_info, "view",
	    c->rung == CAGE_A ? "overlay" : "copy");
	free(line);
	free(why);
	return 0;
}

static bool
start_is_ignored(void *arg, const char *path, bool is_dir)
{
	return policy_is_ignored(arg, path, is_dir);
}

static bool
start_is_secret(void *arg, const char *path)
{
	return policy_hides(arg, path);
}

struct stage *
start_stage(struct core *c, const char *name, struct err *e)
{
	struct stage_options o = { 0 };
	struct stage *s;
	char *dir = fs_join(c->dir, name);

	o.dir = dir;
	o.root = c->root;
	o.view = c->rung == CAGE_A ? CAGE_VIEW_OVERLAY : CAGE_VIEW_COPY;
	o.blobs = c->blobs;
	o.is_ignored = start_is_ignored;
	o.ignored_arg = c->policy;
	o.keep_owner = cage_stays_root(c->rung, c->root, dir);
	o.is_secret = start_is_secret;
	o.secret_arg = c->policy;
	s = stage_open(&o, e);
	free(dir);
	return s;
}

int
core_open_plan_stage(struct core *c, struct err *e)
{
	struct err ignored = ERR_INIT;
	int fd;

	if (c->plan_stage != NULL)
		return 0;
	/* What an earlier run left behind is nobody's. */
	fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fs_remove_tree(fd, "plan", &ignored);
		close(fd);
	}
	c->plan_stage = start_stage(c, "plan", e);
	return c->plan_stage == NULL ? -1 : 0;
}

void
core_drop_plan_stage(struct core *c)
{
	struct err e = ERR_INIT;
	int fd;

	if (c->plan_stage == NULL)
		return;
	stage_free(c->plan_stage);
	c->plan_stage = NULL;
	fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fs_remove_tree(fd, "plan", &e) < 0)
		core_note(c, "the planning stage was not removed: %s", e.text);
	close(fd);
}

/* What the person should know of how the project was taken up. */
static void
start_notes(struct core *c)
{
	if (stage_note(c->stage) != NULL)
		core_note(c, "%s", stage_note(c->stage));
	if (policy_note(c->policy) != NULL)
		core_note(c, "%s", policy_note(c->policy));
}

static cJSON *
start_session_event(struct core *c)
{
	cJSON *o = cJSON_CreateObject(), *l = cJSON_CreateObject();
	const cJSON *m = json_get(c->start, "model");
	char head[41];

	json_add_str(o, "version", CORE_VERSION);
	json_add_str(o, "session", c->id);
	json_add_str(o, "root", c->root);
	json_add_str(o, "cwd", c->cwd);
	json_add_str(o, "mode", mode_words[c->mode]);
	json_add_str(o, "task", json_str(c->start, "task"));
	if (cJSON_IsObject(m))
		json_set_take(o, "model", cJSON_Duplicate(m, 1));
	/* The start object itself: what resume needs to go on as before. */
	json_set_take(o, "settings", cJSON_Duplicate(c->start, 1));
	json_set_take(o, "prompts", prompt_hashes());
	json_add_str(l, "preset", json_str_or(c->start, "preset", "strict"));
	json_add_int(l, "timeout_ms", c->limits.timeout_ms);
	json_add_int(l, "memory_bytes", c->limits.memory_bytes);
	json_add_int(l, "disk_bytes", c->limits.disk_bytes);
	json_add_int(l, "disk_inodes", c->limits.disk_inodes);
	json_add_int(l, "output_bytes", c->limits.output_bytes);
	json_add_int(l, "pids", c->limits.pids);
	json_add_int(l, "cpus", c->limits.cpus);
	json_set_take(o, "limits", l);
	json_set_take(o, "cage", cJSON_Duplicate(c->cage_info, 1));
	/* Where the repository could not be read, do not try twice. */
	if (policy_note(c->policy) == NULL && gitlib_head(c->root, head) == 0)
		json_add_str(o, "head", head);
	return o;
}

static int
start_folder(struct core *c, bool resume, struct err *e)
{
	c->dir = session_dir(c->id, e);
	if (c->dir == NULL)
		return -1;
	if (resume && access(c->dir, F_OK) != 0)
		return err_set(e, "there is no session %s (assent ls shows "
		    "what there is)", c->id);
	if (fs_mkdirs(c->dir, 0700, e) < 0)
		return -1;
	c->out_dir = fs_join(c->dir, "out");
	c->undo_dir = fs_join(c->dir, "undo");
	if (fs_mkdirs(c->out_dir, 0700, e) < 0 ||
	    fs_mkdirs(c->undo_dir, 0700, e) < 0)
		return -1;
	return 0;
}

/* Every line of the journal passes here once, when read or when appended. */
void
core_line(void *arg, const cJSON *event, const char *line, size_t n)
{
	struct core *c = arg;

	if (c->resume != NULL) {
		resume_line(c->resume, event);
		return;
	}
	fold_line(c->fold, event);
	changes_event(c->changes, event);
	if (c->context != NULL)
		context_event(c->context, event);
	server_broadcast(c->server, line, n);
}

static int
core_begin(struct core *c, const char *key, struct err *e)
{
	char *note = NULL;
	const char *task;

	core_set_key(c, key);
	if (start_settings(c, e) < 0 || start_folder(c, false, e) < 0)
		return -1;
	c->journal = journal_open(c->dir, true, core_line, c, &note, e);
	free(note);
	if (c->journal == NULL ||
	    (c->blobs = blob_store_open(c->dir, e)) == NULL ||
	    start_policy(c, e) < 0 || start_cage(c, e) < 0 ||
	    (c->stage = start_stage(c, "stage", e)) == NULL)
		return -1;
	if (c->target.format != NULL)
		c->context = context_new(c->target.format, c->target.model);
	if (server_listen(c->server, c->dir, e) < 0)
		return -1;
	core_emit(c, "session_start", "core", start_session_event(c));
	if (c->rung == CAGE_NONE)
		core_note(c, "There is no cage on this host: %s. Commands run "
		    "on a copy of the project, %s.", json_str_or(c->cage_info,
		    "why", "namespaces are refused"), c->mode == MODE_DEMO ?
		    "and the demo's are its own" :
		    "each one only after a person allowed it");
	start_notes(c);
	task = json_str(c->start, "task");
	if (task != NULL && task[0] != '\0')
		core_say(c, task, "start");
	else if (c->mode == MODE_TRY)
		c->active = true;
	return 0;
}

int
core_start(struct core *c, cJSON *start, const char *key, int *exit_code,
    struct err *e)
{
	const char *id = json_str(start, "session");
	int rc;

	*exit_code = 1;
	c->start = start;
	c->task_started_ms = clock_mono_ms();
	c->id = id == NULL ? session_new_id() : xstrdup(id);
	if (id != NULL) {
		rc = start_folder(c, true, e);
		if (rc == 0)
			rc = core_resume(c, key, e);
	} else
		rc = core_begin(c, key, e);
	if (rc == 0)
		core_step_soon(c);
	return rc;
}
