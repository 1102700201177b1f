/* cmd-exec: runs a task without the UI, for people and pipelines. */

#include "config.h"

#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "client/client.h"
#include "cmd/exec.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"
#include "front/slash-command.h"
#include "git/git-run.h"
#include "journal/event.h"
#include "journal/session.h"

struct task_input {
	char	*typed;		/* the task as the user typed it; NULL: none */
	char	*text;		/* the same with the inputs */
	cJSON	*inputs;	/* a hash of each, by its name */
};

/*
 * The task of `exec` with the values of --input after it. A value is data: it is
 * put into a fenced block that says so, and nothing in it is expanded.
 */

#define TASK_INPUT_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define TASK_INPUT_REST TASK_INPUT_LETTERS "0123456789-"

struct input {
	const char	*name;		/* not terminated */
	size_t		 name_len;
	struct buf	 value;
};

/* The length of the name that `s` begins with; 0: none. */
static size_t
input_name(const char *s)
{
	return strspn(s, TASK_INPUT_LETTERS) == 0 ? 0 :
	    strspn(s, TASK_INPUT_REST);
}

static struct input *
input_find(struct input *v, size_t len, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (v[i].name_len == n && memcmp(v[i].name, name, n) == 0)
			return &v[i];
	return NULL;
}

static int
input_value(struct input *in, const char *root, const char *from,
    struct err *e)
{
	struct err why = ERR_INIT;
	int n = (int)in->name_len, rc = 0;

	if (from[0] != '@')
		rc = buf_adds(&in->value, from);
	else if (strcmp(from, "@-") == 0) {
		if (fs_read_all(STDIN_FILENO, &in->value) < 0)
			rc = err_sys(&why, "can't read standard input");
	} else if ((rc = fs_check_linked(root, from + 1, &why)) == 0)
		rc = fs_read_file(AT_FDCWD, from + 1, &in->value, &why);
	if (in->value.full)
		return err_set(e, "--input %.*s is too large: the task and its "
		    "inputs may have %zu MB", n, in->name,
		    TASK_MAX_BYTES >> 20);
	if (rc < 0)
		return err_set(e, "--input %.*s: %s", n, in->name, why.text);
	if (memchr(buf_str(&in->value), '\0', in->value.len) != NULL ||
	    !utf8_is_valid(buf_str(&in->value), in->value.len))
		return err_set(e, "--input %.*s isn't UTF-8 text", n, in->name);
	return 0;
}

static int
input_read(struct input *v, size_t *len, const char *root, const char *word,
    bool *stdin_used, struct err *e)
{
	size_t n = input_name(word);
	struct input *in = &v[*len];

	if (n == 0 || word[n] != '=')
		return err_set(e, "--input %.60s: not NAME=VALUE, NAME=@FILE "
		    "or NAME=@- (a name has letters, digits, _ and -)", word);
	if (input_find(v, *len, word, n) != NULL)
		return err_set(e, "--input %.*s is given twice", (int)n, word);
	if (strcmp(word + n, "=@-") == 0) {
		if (*stdin_used)
			return err_set(e, "--input %.*s: standard input is "
			    "read only once", (int)n, word);
		*stdin_used = true;
	}
	*in = (struct input){ .name = word, .name_len = n,
		.value = BUF_INIT(TASK_MAX_BYTES) };
	(*len)++;
	return input_value(in, root, word + n + 1, e);
}

/* Add an input as a block that neither its value nor the task before it can
 * end. */
static void
input_add(struct buf *b, const struct input *in, const char *task)
{
	AUTO_FREE char *about = xasprintf("Input \"%.*s\"",
	    (int)in->name_len, in->name);

	buf_adds(b, b->len == 0 || b->p[b->len - 1] == '\n' ? "\n" : "\n\n");
	fence_add(b, about, buf_str(&in->value), in->value.len, task);
}

/* Version 0.2.0 put a value where the task had {{NAME}}. */
static int
input_check_place(const struct input *in, const char *task, struct err *e)
{
	int n = (int)in->name_len;
	AUTO_FREE char *place = xasprintf("{{%.*s}}", n, in->name);

	return strstr(task, place) == NULL ? 0 : err_set(e, "%s in the task was "
	    "removed; use \"the input %.*s\": inputs come after the task",
	    place, n, in->name);
}

static cJSON *
input_hashes(const struct input *v, size_t len)
{
	cJSON *o = cJSON_CreateObject();
	size_t i;

	for (i = 0; i < len; i++) {
		AUTO_FREE char *name = xmemdup(v[i].name, v[i].name_len);
		AUTO_FREE char *hash = xasprintf("%016llx", (unsigned long long)
		    hash_bytes(HASH_BEGIN, buf_str(&v[i].value),
		    v[i].value.len));

		json_add_str(o, name, hash);
	}
	return o;
}

/* -1 with the error of an input or of the task. No file is read by a symlink
 * below `root`. */
static int
task_input_read(struct task_input *t, const struct cmd_args *a,
    const char *root, struct err *e)
{
	AUTO_FREE struct input *v = xcalloc(a->inputs.len + 1, sizeof(*v));
	bool stdin_used = false;
	AUTO_BUF struct buf b = BUF_INIT(TASK_MAX_BYTES);
	size_t i, len = 0;
	int rc = 0;

	memset(t, 0, sizeof(*t));
	if (a->task_file != NULL)
		rc = fs_check_linked(root, a->task_file, e);
	if (rc == 0) {
		rc = cmd_task(a, true, &t->typed, e);
		stdin_used = rc > 0;
	}
	for (i = 0; rc >= 0 && i < a->inputs.len; i++)
		rc = input_read(v, &len, root, a->inputs.v[i], &stdin_used, e);
	if (rc >= 0 && t->typed == NULL && a->command != NULL)
		t->typed = xstrdup("");
	if (rc >= 0 && t->typed != NULL) {
		buf_adds(&b, t->typed);
		for (i = 0; rc >= 0 && i < len; i++) {
			if (a->command == NULL)
				rc = input_check_place(&v[i], t->typed, e);
			input_add(&b, &v[i], t->typed);
		}
		if (rc >= 0 && b.full)
			rc = err_set(e, "the task and its inputs are larger "
			    "than %zu MB", TASK_MAX_BYTES >> 20);
		else if (rc >= 0)
			t->text = buf_take(&b);
	}
	t->inputs = input_hashes(v, len);
	for (i = 0; i < len; i++)
		buf_release(&v[i].value);
	return rc;
}

static void
task_input_release(struct task_input *t)
{
	FREE_ALL(t->typed, t->text);
	cJSON_Delete(t->inputs);
}

/*
 * What a project's files are now, by their contents. The core reads and
 * hashes them.
 */

/* One hash of the files of `root`: with `git`, those that it tracks or would
 * add, else all. malloc'ed; NULL with *e. */
static char *
tree_hash_of(const char *root, bool git, struct err *e)
{
	static const char *const list[] = { "ls-files", "-z", "-co",
		"--exclude-standard", NULL };
	const char *const args[] = { "tree", root, NULL };
	AUTO_BUF struct buf names = BUF_INIT(0), b = BUF_INIT(4096);
	const struct git_run g = { .dir = root, .out = &names };
	AUTO_CLOSE int in = -1, out = fs_memory(NULL, 0);
	AUTO_JSON cJSON *o = NULL;

	if (git && git_run(&g, list, NULL, NULL) != 0)
		buf_clear(&names);
	if ((in = fs_memory(names.p, names.len)) < 0 || out < 0)
		err_sys(e, "can't create a file in memory");
	else if (client_run_core(args, in, out, e) == 0 &&
	    fs_memory_read(out, &b) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, e);
	if (json_str(o, "hash") == NULL && !err_is_set(e))
		err_set(e, "the files of %s can't be read", root);
	return xstrdup_null(json_str(o, "hash"));
}

/* From a list of objects with a `path`, an array with each file's hash and
 * mode, null for a missing one. The caller deletes; NULL. */
static cJSON *
tree_sides_of(const char *root, const cJSON *files)
{
	static const char *const named[] = { "path", "path_b64" };
	const char *const args[] = { "sides", root, NULL };
	struct err e = ERR_INIT;
	cJSON *asked = cJSON_CreateObject(), *list = cJSON_CreateArray(), *o;
	const cJSON *it;

	json_set_take(asked, "files", list);
	cJSON_ArrayForEach(it, files) {
		o = cJSON_CreateObject();
		JSON_COPY(o, it, named);
		cJSON_AddItemToArray(list, o);
	}
	o = client_ask_core(args, asked, 0, &e);
	list = cJSON_DetachItemFromObjectCaseSensitive(o, "sides");
	cJSON_Delete(o);
	return list;
}

/* Are these the same content and mode, or both nothing? */
static bool
tree_side_is(const cJSON *a, const cJSON *b)
{
	return cJSON_IsObject(a) && cJSON_IsObject(b) ?
	    json_str(a, "hash") != NULL &&
	    json_is(b, "hash", json_str(a, "hash")) &&
	    json_int(a, "mode", 0) == json_int(b, "mode", 0) :
	    !cJSON_IsObject(a) && !cJSON_IsObject(b);
}

/* Has each file of a proposal the content that it proposes? False without any. */
static bool
tree_has(const char *root, const cJSON *files)
{
	AUTO_JSON cJSON *now = files == NULL || files->child == NULL ? NULL :
	    tree_sides_of(root, files);
	const cJSON *it, *side = now == NULL ? NULL : now->child;

	if (now == NULL)
		return false;
	cJSON_ArrayForEach(it, files) {
		if (!tree_side_is(json_get(it, "after"), side))
			return false;
		side = side == NULL ? NULL : side->next;
	}
	return true;
}

/*
 * `--name`: a run that is safe to start again. The result of a finished run is
 * recorded by project and name: the same run again only returns its exit status and
 * reports. An unfinished one is resumed. A lock keeps it to one run at a time.
 */

struct step {
	const char	*name;		/* borrowed; NULL: nothing below is */
	char		*root, *dir;
	int		 lock;
	bool		 waits;		/* for one that is running */
	cJSON		*record;	/* of the last run, or NULL */
	cJSON		*key;		/* what this one's work depends on */
	char		*session;	/* the last run's, or NULL */
	struct event	*end;		/* its last agent_end, or NULL */
	int		 code;		/* STEP_ENDED: what it exits with now */
	int		 hunks;		/* of its last proposal */
	char		*branch;	/* that it made, if it was this run and
					   did nothing else; or NULL */
};

enum step_what {
	STEP_RUN,
	STEP_RESUME,	/* `session` */
	STEP_SKIP,	/* it is done: exec_again reports it */
	STEP_ENDED,	/* the same, but not recorded as `end` says */
};

/* Members of the start object that don't change it. */
static void
step_strip(cJSON *o)
{
	static const char *const aside[] = {
		"type", "state_dir", "home", "path", "environment", "alias",
		"certificates", "person", "keep_alive", "ctags", "diff",
		"origins", "own_files", "base_url", "key_env", "key_from",
		"ca_file", "auth", "retry_time_ms", "idle_timeout_ms",
		"wait_limit",
	};
	cJSON *it;
	size_t i;

	for (i = 0; i < MEM_COUNT(aside); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(o, aside[i]);
	cJSON_ArrayForEach(it, o)
		if (cJSON_IsObject(it) || cJSON_IsArray(it))
			step_strip(it);
}

/* The step's key, which includes the prompts as they are now; NULL with *e. The
 * caller deletes. */
static cJSON *
step_key(const struct cmd_args *a, const cJSON *start, const cJSON *inputs,
    struct err *e)
{
	cJSON *key = cJSON_Duplicate(start, 1);
	const char *own = json_str(start, "prompts_dir");
	AUTO_FREE char *share = self_find(SELF_SHARE, "prompts", e);
	AUTO_FREE char *shared = share == NULL ? NULL :
	    tree_hash_of(share, false, e);
	AUTO_FREE char *mine = own == NULL || shared == NULL ? NULL :
	    tree_hash_of(own, false, e);

	step_strip(key);
	json_copy(key, "inputs", inputs);
	JSON_ADD_TEXTS(key, "prompts", shared, "own_prompts", mine,
	    "branch", a->branch, "commit", a->commit);
	if (err_is_set(e))
		json_drop(&key);
	return key;
}

/* A member that differs, such as "task"; or NULL. */
static const char *
step_differs(const cJSON *a, const cJSON *b)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, a)
		if (!cJSON_Compare(it, json_get(b, it->string), 1))
			return it->string;
	cJSON_ArrayForEach(it, b)
		if (json_get(a, it->string) == NULL)
			return it->string;
	return NULL;
}

#define STEP_VERSION	1
#define STEP_NAME_MAX	200
#define STEP_LOOK_MS	100	/* for a session that ends */

/* ---- the record ---- */

static void
step_read(struct step *s)
{
	AUTO_FREE char *path = fs_join(s->dir, "record.json");
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;

	if (access(path, F_OK) < 0)
		return;
	if (fs_read_file(AT_FDCWD, path, &b, &e) == 0)
		s->record = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, &e);
	if (s->record != NULL && json_int(s->record, "version", 0) !=
	    STEP_VERSION)
		err_set(&e, "another version of assent wrote it");
	if (!err_is_set(&e))
		return;
	cmd_say("%s: the record of the last run is ignored: %s", s->name,
	    e.text);
	json_drop(&s->record);
}

static int
step_write(struct step *s, struct err *e)
{
	AUTO_FREE char *path = fs_join(s->dir, "record.json");
	AUTO_BUF struct buf b = BUF_INIT(0);

	json_append(&b, s->record);
	buf_addc(&b, '\n');
	return fs_replace(AT_FDCWD, path, b.p, b.len, 0600, e);
}

/* ---- the lock ---- */

static int
step_busy(const struct step *s, const char *who)
{
	return cmd_fail(EXIT_ERROR, "%s is running%s%s (--if-running wait "
	    "waits for it)", s->name, who == NULL ? "" : " in session ",
	    who == NULL ? "" : who);
}

static int
step_lock(struct step *s)
{
	AUTO_FREE char *path = fs_join(s->dir, "lock");
	struct err e = ERR_INIT;

	if (fs_mkdirs(s->dir, 0700, &e) < 0)
		return cmd_fail_err(&e);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock >= 0 && flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (s->lock >= 0 && errno == EWOULDBLOCK) {
		if (!s->waits)
			return step_busy(s, NULL);
		cmd_say("waiting for another run of %s", s->name);
		while (flock(s->lock, LOCK_EX) < 0)
			if (errno != EINTR)
				break;
		if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
	}
	return cmd_fail(EXIT_ERROR, "can't lock %s: %m", path);
}

/* The process of a killed run may still end it; or someone resumed it. */
static int
step_session_wait(const struct step *s)
{
	bool told = false;

	while (session_is_alive(s->session)) {
		if (!s->waits && !session_ends(s->session))
			return step_busy(s, s->session);
		if (!told && s->waits)
			cmd_say("waiting for session %s of %s", s->session,
			    s->name);
		told = true;
		(void)poll(NULL, 0, STEP_LOOK_MS);
	}
	return 0;
}

/* Takes the lock, and waits for it and for the session if the user wants to. */
static int
step_open(struct step *s, const struct cmd_args *a, const struct setup *p)
{
	static const char *const words[] = { "fail", "wait" };
	uint64_t h = hash_bytes(HASH_BEGIN, p->root, strlen(p->root) + 1);
	AUTO_FREE char *top = fs_join(p->state_dir, "steps");

	s->lock = -1;
	s->waits = a->if_running == NULL || a->if_running[0] == 'w';
	if (a->if_running != NULL && MEM_FIND(words, a->if_running) == NULL)
		return cmd_fail(EXIT_USAGE, "--if-running %s: wait or fail",
		    a->if_running);
	if (a->name[0] == '\0' || strlen(a->name) > STEP_NAME_MAX ||
	    !utf8_is_line(a->name))
		return cmd_fail(EXIT_USAGE, "--name: a name has 1 to %d bytes "
		    "of text", STEP_NAME_MAX);
	s->name = a->name;
	cmd_say_name(s->name);
	s->root = xstrdup(p->root);
	(void)spawn_path_without(s->root);
	h = hash_bytes(h, s->name, strlen(s->name));
	s->dir = xasprintf("%s/%016llx", top, (unsigned long long)h);
	return step_lock(s);
}

/* ---- the choice ---- */

struct step_past {
	struct event *end;
	int	 hunks;		/* of the last proposal that had some */
	bool	 said;		/* there is a task */
};

static int
step_hunks(const struct ev_proposal *p)
{
	int n = 0;

	MEM_EACH(p, files, f)
		n += (int)f->hunks_len;
	return n;
}

static void
step_line(void *arg, const struct event *l)
{
	struct step_past *p = arg;

	if (l->type == EVENT_USER_MESSAGE) {
		p->said = true;
		event_drop(&p->end);
	} else if (l->type == EVENT_AGENT_END)
		event_keep(&p->end, l);
	else if (l->type == EVENT_PROPOSAL && step_hunks(&l->proposal) > 0)
		p->hunks = step_hunks(&l->proposal);
}

/* The session of the record, if it has begun a task. */
static void
step_look(struct step *s)
{
	AUTO_FREE char *dir = s->session == NULL ? NULL :
	    session_dir(s->session, NULL);
	struct step_past past = { 0 };
	struct err e = ERR_INIT;

	if (dir == NULL || access(dir, F_OK) < 0 ||
	    log_events(dir, step_line, &past, &e) < 0 || !past.said) {
		FREE_NULL(s->session);
		event_drop(&past.end);
	}
	s->end = past.end;
	s->hunks = past.hunks;
}

/* Doing it again would do the same again. */
static bool
step_is_final(const struct event *end)
{
	static const char *const final[] = { "done", "unproven", "limit",
		"waiting", "refused" };

	return end != NULL && MEM_FIND(final, end->agent_end.outcome) != NULL;
}

static bool
step_is_unmet(const struct step *s)
{
	return s->end != NULL && ev_is(s->end->agent_end.outcome, "unmet");
}

/* Did it end with something to review, and not at a limit? */
static bool
step_waited(const struct step *s)
{
	int64_t code = json_int(s->record, "exit", 0);
	const cJSON *proposed = json_array(json_get(s->record, "output"),
	    "proposed");

	return code == EXIT_WAITS || (code == EXIT_UNPROVEN &&
	    cJSON_GetArraySize(proposed) > 0);
}

/* It waited for a review, which isn't over. */
static bool
step_is_in_review(const struct step *s)
{
	struct session_info info;
	bool is;

	if (!step_waited(s) || s->session == NULL ||
	    !session_look(s->session, &info))
		return false;
	is = info.alive || info.open != SESSION_NOTHING;
	session_info_release(&info);
	return is;
}

/* Is what waited in the files already, though its session didn't write all of
 * it? */
static bool
step_is_applied(const struct step *s)
{
	bool all = s->end != NULL &&
	    s->end->seq != json_int(s->record, "seq", 0);
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(json_get(s->record, "output"),
	    "proposed"))
		all = all && MEM_FIND_IN(s->end->agent_end.modified_files,
		    s->end->agent_end.modified_files_len, it->valuestring) !=
		    NULL;
	return step_waited(s) && !all &&
	    (s->session == NULL || !session_is_alive(s->session)) &&
	    tree_has(s->root, json_array(json_get(s->record, "proposal"),
	    "files"));
}

static void
step_add(cJSON *o, const char *key, int n)
{
	if (cJSON_IsObject(o))
		json_set_take(o, key, cJSON_CreateNumber(
		    (double)json_int(o, key, 0) + n));
}

/* A person accepted what was proposed, in the session of another command. */
static void
step_count(cJSON *output, int files, int hunks)
{
	cJSON *stats = cJSON_GetObjectItemCaseSensitive(output, "stats");

	if (hunks == 0)
		return;
	step_add(output, "decided", hunks);
	step_add(cJSON_GetObjectItemCaseSensitive(output, "accepted_by"),
	    "person", files);
	step_add(cJSON_GetObjectItemCaseSensitive(stats, "hunks"), "accepted",
	    hunks);
}

/* It was applied from the file of --patch-out, maybe elsewhere. Then the record
 * says what it says of a run that isn't asked. */
static void
step_applied(struct step *s, const char *now)
{
	cJSON *output = cJSON_GetObjectItemCaseSensitive(s->record, "output");
	cJSON *files = cJSON_GetObjectItemCaseSensitive(output,
	    "modified_files");
	const cJSON *check = json_get(output, "check"), *it;
	bool proven = !cJSON_IsObject(check) ||
	    json_int(check, "exit", -1) == 0;
	int code = proven ? EXIT_DONE : EXIT_UNPROVEN;
	size_t n = 0, more = 0;
	AUTO_FREE char *patch = json_get_bytes(output, "patch", &n);
	AUTO_FREE char *rest = json_get_bytes(json_get(s->record, "proposal"),
	    "patch", &more);
	AUTO_BUF struct buf all = BUF_INIT(0);
	struct err e = ERR_INIT;

	cJSON_ArrayForEach(it, json_array(output, "proposed"))
		if (!json_has(files, it->valuestring))
			cJSON_AddItemToArray(files, cJSON_CreateString(
			    it->valuestring));
	step_count(output, cJSON_GetArraySize(json_array(output, "proposed")),
	    s->hunks);
	json_set_take(output, "proposed", cJSON_CreateArray());
	json_set_take(output, "outcome", cJSON_CreateString(proven ? "done" :
	    "unproven"));
	json_set_take(output, "exit", cJSON_CreateNumber(code));
	buf_add(&all, patch == NULL ? "" : patch, n);
	buf_add(&all, rest == NULL ? "" : rest, more);
	cJSON_DeleteItemFromObjectCaseSensitive(output, "patch");
	cJSON_DeleteItemFromObjectCaseSensitive(output, "patch_b64");
	json_add_bytes(output, "patch", buf_str(&all), all.len);
	cJSON_DeleteItemFromObjectCaseSensitive(s->record, "proposal");
	json_set_take(s->record, "exit", cJSON_CreateNumber(code));
	json_set_take(s->record, "after", cJSON_CreateString(now));
	if (step_is_final(s->end))
		json_set_take(s->record, "seq", cJSON_CreateNumber(
		    (double)s->end->seq));
	cmd_say("%s: what it proposed is applied", s->name);
	if (step_write(s, &e) < 0)
		cmd_say("%s: %s", s->name, e.text);
}

/* Print how the run ended that isn't repeated. */
static void
step_say_over(const struct step *s, const char *outcome, int code)
{
	const char *session = s->session == NULL ? "?" : s->session;

	if (strcmp(outcome, "waiting") == 0) {
		cmd_say("%s still waits for your review: assent resume %s",
		    s->name, session);
		return;
	}
	if (code == EXIT_DONE)
		cmd_say("%s is done: session %s (--force repeats it)", s->name,
		    session);
	else
		cmd_say("%s ended with exit %d: %s; session %s (--force repeats "
		    "it)", s->name, code, fold_outcome_words(outcome), session);
}

/* Settle the step's session: if it is resumed, it no longer proposes what is in
 * the files. */
static void
step_settle(char *session)
{
	char *operands[] = { session, NULL };
	const struct cmd_args a = { .operands = operands, .operands_len = 1 };
	const struct headless_options o = { .decide = true, .recovered = true,
		.quiet = true };
	AUTO(headless_result_release) struct headless_result result = { 0 };
	AUTO(session_client_release) struct session_client r = { 0 };
	struct client c = { 0 };
	struct err e = ERR_INIT;

	if (session == NULL || session_client_find(&r, &a) != 0 ||
	    session_client_setup(&r, &a, 0) != 0)
		return;
	if (session_client_connect(&c, &r, &a, false, &e) < 0)
		cmd_say("%s", e.text);
	else
		(void)headless_run(&c, &o, &result);
}

static int
step_choose_by_tree(struct step *s, bool applied, enum step_what *what)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *now = tree_hash_of(s->root, true, &e);

	if (now == NULL)
		return cmd_fail_err(&e);
	if (applied)
		step_applied(s, now);
	*what = json_is(s->record, "before", now) ||
	    json_is(s->record, "after", now) || step_is_in_review(s) ?
	    STEP_SKIP : STEP_RUN;
	if (*what == STEP_RUN)
		cmd_say("%s runs again: the files have changed", s->name);
	else
		step_say_over(s, json_str_or(json_get(s->record, "output"),
		    "outcome", ""), (int)json_int(s->record, "exit", 0));
	return 0;
}

static int
step_decide(struct step *s, const struct cmd_args *a, const cJSON *start,
    const cJSON *inputs, enum step_what *what)
{
	struct err e = ERR_INIT;
	const char *differs;
	bool recorded, applied;
	int code;

	s->key = step_key(a, start, inputs, &e);
	if (s->key == NULL)
		return cmd_fail_err(&e);
	step_read(s);
	if (s->record == NULL)
		return 0;
	s->session = xstrdup_null(json_str(s->record, "session"));
	differs = step_differs(json_get(s->record, "key"), s->key);
	if (a->force || differs != NULL) {
		cmd_say("%s runs again: %s%s", s->name, a->force ? "--force" :
		    differs, a->force ? "" : " has changed");
		return 0;
	}
	recorded = json_get(s->record, "output") != NULL;
	if (!recorded && s->session != NULL &&
	    (code = step_session_wait(s)) != 0)
		return code;
	step_look(s);
	/* A person may have decided what waited since then, or done more. */
	applied = recorded && step_is_applied(s);
	if (applied) {
		step_settle(s->session);
		event_drop(&s->end);
		step_look(s);
	}
	if (recorded && (applied || !step_is_final(s->end) ||
	    s->end->seq == json_int(s->record, "seq", 0)))
		return step_choose_by_tree(s, applied, what);
	if (step_is_final(s->end)) {
		*what = STEP_ENDED;
		s->code = client_exit(s->end->agent_end.exit);
		step_say_over(s, s->end->agent_end.outcome, s->code);
	} else if (s->session != NULL && !step_is_unmet(s))
		*what = STEP_RESUME;
	if (*what == STEP_RESUME)
		cmd_say("%s continues: session %s", s->name, s->session);
	return 0;
}

static const char *
step_branch(struct step *s)
{
	if (step_differs(json_get(s->record, "key"), s->key) != NULL ||
	    json_get(s->record, "output") != NULL)
		return NULL;
	if (s->end == NULL)
		step_look(s);
	return s->session == NULL || step_is_unmet(s) ?
	    json_str(s->record, "branch") : NULL;
}

/* `start` is the start object of the run, and `inputs` has a hash of each input.
 * 0, or the exit code after printing the error. */
static int
step_choose(struct step *s, const struct cmd_args *a, const struct setup *p,
    const cJSON *start, const cJSON *inputs, enum step_what *what)
{
	int code;

	*what = STEP_RUN;
	if (a->name == NULL)
		return 0;
	if ((code = step_open(s, a, p)) == 0)
		code = step_decide(s, a, start, inputs, what);
	if (code == 0 && *what == STEP_RUN)
		s->branch = xstrdup_null(step_branch(s));
	return code;
}

/* ---- the run ---- */

/* Before a new run (`branch`: what it makes, or NULL). -1 with *e. */
static int
step_begin(struct step *s, const char *branch, const char *base,
    struct err *e)
{
	AUTO_FREE char *before = tree_hash_of(s->root, true, e);

	if (before == NULL)
		return -1;
	cJSON_Delete(s->record);
	s->record = cJSON_CreateObject();
	json_add_int(s->record, "version", STEP_VERSION);
	json_add_str(s->record, "name", s->name);
	json_add_str(s->record, "root", s->root);
	json_set_take(s->record, "key", cJSON_Duplicate(s->key, 1));
	json_add_str(s->record, "branch", branch);
	json_add_str(s->record, "base", base);
	json_add_str(s->record, "before", before);
	return step_write(s, e);
}

/* The run's end, if `end` is one that isn't repeated. -1 with *e. */
static int
step_end(struct step *s, const struct event *end, const cJSON *output,
    const cJSON *proposal, int code, struct err *e)
{
	AUTO_FREE char *after = NULL;

	if (!step_is_final(end))
		return 0;
	if ((after = tree_hash_of(s->root, true, e)) == NULL)
		return -1;
	json_set_take(s->record, "after", cJSON_CreateString(after));
	json_set_take(s->record, "seq", cJSON_CreateNumber((double)end->seq));
	json_set_take(s->record, "exit", cJSON_CreateNumber(code));
	json_set_take(s->record, "output", cJSON_Duplicate(output, 1));
	cJSON_DeleteItemFromObjectCaseSensitive(s->record, "proposal");
	json_copy(s->record, "proposal", proposal);
	return step_write(s, e);
}

static void
step_release(struct step *s)
{
	if (s->name == NULL)
		return;
	FREE_ALL(s->root, s->dir);
	fs_close(s->lock);
	cJSON_Delete(s->record);
	cJSON_Delete(s->key);
	free(s->session);
	event_drop(&s->end);
	free(s->branch);
}

/* ---- the reports ---- */

char *
patch_base_of(const char *root)
{
	AUTO_FREE char *head = git_run_ask(root, "rev-parse", "--verify",
	    "HEAD", NULL);
	AUTO_FREE char *folder = head == NULL ? NULL : git_run_ask(root,
	    "rev-parse", "--show-prefix", NULL, NULL);

	return folder == NULL ? NULL : xasprintf("%s%s%s", head, *folder ==
	    '\0' ? "" : ":", folder);
}


struct exec_git {
	struct branch		 branch;	/* borrowed from the setup */
	int			 failed;	/* a commit's exit code */
};

struct exec {
	const struct cmd_args	*a;
	struct step		 step;
	struct exec_git		 git;
	char			*base;		/* of the patch, or NULL */
};

static int
exec_check_outputs(const struct cmd_args *a)
{
	const struct { const char *flag, *path; } rows[] = {
		{ "--output", a->output }, { "--patch-out", a->patch_out },
	};
	struct err e = ERR_INIT;
	size_t i;

	if (a->hold != NULL && strcmp(a->hold, "adds") != 0)
		return cmd_fail(EXIT_USAGE, "--hold %s: adds", a->hold);
	for (i = 0; i < MEM_COUNT(rows); i++)
		if (print_file_check(rows[i].path, &e) < 0)
			return cmd_fail(EXIT_USAGE, "%s %s", rows[i].flag,
			    e.text);
	return 0;
}

/* The patch of what was applied; empty if nothing was. */
static int
exec_patch(const struct headless_result *r, struct buf *b, struct err *e)
{
	const char *hash = headless_end_of(r)->patch;
	AUTO_FREE char *dir = NULL, *path = NULL;

	if (hash == NULL || r->dir == NULL)
		return 0;
	dir = fs_join(r->dir, "out");
	path = fs_join(dir, hash);
	return fs_read_file(AT_FDCWD, path, b, e);
}

#define EXEC_OUTPUT_VERSION 1	/* see share/output.schema.json */

/* Add what `stats --from` reads: when the task ended, and the session's
 * figures. */
static void
exec_output_stats(cJSON *o, const struct headless_result *r, struct err *e)
{
	char now[CLOCK_STAMP_SIZE];
	cJSON *stats = r->session == NULL ? NULL :
	    stats_of_session(r->session, e);

	clock_stamp(now);
	json_add_str(o, "ended", r->end == NULL ? now : r->end->t);
	if (stats != NULL)
		json_set_take(o, "stats", stats);
}

/* The object of --output: all members of agent_end, but for the patch, which is
 * whole, and the session, which is its id. If the run ended without that line, its
 * summary is the error. */
static cJSON *
exec_output(const struct headless_result *r, int code, struct err *e)
{
	cJSON *o = cJSON_CreateObject();
	struct ev_agent_end end = *headless_end_of(r);
	AUTO_BUF struct buf patch = BUF_INIT(0);

	end.outcome = ev_str(end.outcome, code == EXIT_INTERRUPTED ?
	    "interrupted" : "error");
	if (r->end == NULL)
		end.stopped = EV_ON(code == EXIT_INTERRUPTED);
	end.exit = code;
	end.summary = ev_str(end.summary, ev_str(r->error, ""));
	end.patch = NULL;
	end.session = NULL;
	json_add_int(o, "version", EXEC_OUTPUT_VERSION);
	event_write_whole(o, EVENT_AGENT_END, &end);
	if (exec_patch(r, &patch, e) == 0 && (patch.len > 0 ||
	    end.modified_files_len == 0))
		json_add_bytes(o, "patch", buf_str(&patch), patch.len);
	json_set_take(o, "session", r->session == NULL ?
	    cJSON_CreateNull() : cJSON_CreateString(r->session));
	return o;
}

static void
exec_print_line(FILE *f, const char *p, size_t n)
{
	print_json(f, p, n - 1);
}

static int
exec_unreported(const char *flag, const struct err *e, int code)
{
	cmd_say("%s: %s", flag, e->text);
	return code == EXIT_DONE ? EXIT_ERROR : code;
}

/* Writes the object; *e may already say that it is incomplete. */
static int
exec_report(const char *flag, const char *path, cJSON *o_take, struct err *e,
    int code)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	json_append(&b, o_take);
	buf_addc(&b, '\n');
	cJSON_Delete(o_take);
	(void)print_file(path, b.p, b.len, exec_print_line, e);
	return err_is_set(e) ? exec_unreported(flag, e, code) : code;
}

/* Write first what was written, then what is open, on the base that both were
 * made on. */
static int
exec_patch_out(const struct exec *x, const cJSON *output,
    const cJSON *proposal, int code)
{
	const char *path = x->a->patch_out;
	struct err e = ERR_INIT;
	size_t n = 0, more = 0;
	AUTO_FREE char *patch = json_get_bytes(output, "patch", &n);
	AUTO_FREE char *rest = json_get_bytes(proposal, "patch", &more);
	AUTO_BUF struct buf all = BUF_INIT(0);

	if (x->base != NULL && n + more > 0)
		buf_addf(&all, PATCH_BASE "%s\n", x->base);
	buf_add(&all, patch == NULL ? "" : patch, n);
	buf_add(&all, rest == NULL ? "" : rest, more);
	if (patch == NULL && cJSON_GetArraySize(json_get(output,
	    "modified_files")) > 0)
		err_set(&e, "%s isn't written: the session has no room for the "
		    "patch (--disk)", path);
	else
		(void)print_file(path, buf_str(&all), all.len, print_diff, &e);
	return err_is_set(&e) ? exec_unreported("--patch-out", &e, code) :
	    code;
}

/* *e3 and *e may say that the proposal or the object is incomplete. */
static int
exec_reports(const struct exec *x, const cJSON *output,
    const cJSON *proposal, struct err *e3, struct err *e, int code)
{
	const struct cmd_args *a = x->a;
	cJSON *o;

	if (a->patch_out != NULL)
		code = err_is_set(e3) ? exec_unreported("--patch-out", e3,
		    code) : exec_patch_out(x, output, proposal, code);
	if (a->output != NULL) {
		o = cJSON_Duplicate(output, 1);
		json_set_take(o, "exit", cJSON_CreateNumber(code));
		code = exec_report("--output", a->output, o, e, code);
	}
	return code;
}

/* ---- git ---- */

/* Commit what was applied and isn't committed. */
static void
exec_commit(void *arg, const char *session)
{
	struct exec_git *g = arg;
	char *operands[] = { (char *)(uintptr_t)session, NULL };
	struct cmd_args a = { .operands = operands, .operands_len = 1,
		.no_edit = true, .quiet = true, .on = g->branch.name };
	int code = cmd_commit(&a);

	if (code != EXIT_DONE) {
		cmd_say("what was applied isn't committed: assent commit %s",
		    session);
		g->failed = code;
	}
}

/* Commit the rest at the end of the task, or `again`, if that was cut off. */
static int
exec_commit_rest(struct exec_git *g, const struct headless_result *r, int code,
    bool again)
{
	bool begun = r->end != NULL && code != EXIT_INTERRUPTED &&
	    headless_end_of(r)->modified_files_len > 0;

	if (begun && g->failed == 0 && (g->branch.when == COMMIT_TASK ||
	    (again && g->branch.when == COMMIT_DECISION)))
		exec_commit(g, r->session);
	return code == EXIT_DONE ? g->failed : code;
}

static void
exec_release(struct exec *x)
{
	step_release(&x->step);
	free(x->base);
}

static void
exec_signals_wait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* ---- --name ---- */

static void
exec_begun(void *arg, const char *session)
{
	struct step *s = arg;
	struct err e = ERR_INIT;

	json_set_take(s->record, "session", cJSON_CreateString(session));
	if (step_write(s, &e) < 0)
		cmd_say("%s: %s", s->name, e.text);
}

/* Before the core starts: what a new run and a resumed one differ in. */
static int
exec_begin(struct exec *x, enum step_what what, cJSON *start,
    const struct setup *setup, struct headless_options *o)
{
	const struct cmd_args *a = x->a;
	struct step *s = &x->step;
	struct err e = ERR_INIT;
	int code;

	if (what == STEP_RESUME) {
		json_add_str(start, "session", s->session);
		json_add_bool(start, "go_on", true);
		json_add_str(start, "recover", "finish");
		/* The model's server may have moved. */
		json_add_bool(start, "override_model", true);
		o->resumed = true;
		return 0;
	}
	if (s->name == NULL)
		return branch_make(a, setup->root, NULL, false);
	if ((code = branch_make(a, setup->root, s->branch, true)) != 0)
		return code;
	o->begun = exec_begun;
	o->begun_arg = s;
	/* What is made for a run is in its record before it is made. */
	if (step_begin(s, a->branch, x->base, &e) < 0)
		return cmd_fail(EXIT_ERROR, "%s: %s", s->name, e.text);
	return branch_make(a, setup->root, s->branch, false);
}

struct exec_past {
	struct event	*line;		/* the last proposal, or NULL */
	cJSON		*diff;		/* how it cuts hunks, or NULL */
};

static void
exec_past_line(void *arg, const struct event *l)
{
	struct exec_past *p = arg;

	if (l->type == EVENT_SESSION_START && p->diff == NULL)
		p->diff = cJSON_Duplicate(json_get(l->session_start.settings,
		    "diff"), 1);
	else if (l->type == EVENT_PROPOSAL)
		event_keep_line(&p->line, l);
}

/* A rename as two files: each one's content is compared. */
static void
exec_add_file(cJSON *list, const cJSON *f)
{
	static const char *const told[] = { "path", "path_b64", "before",
		"after" };
	cJSON *o = cJSON_CreateObject(), *old;

	JSON_COPY(o, f, told);
	if (json_get(f, "from") != NULL) {
		old = cJSON_CreateObject();
		json_copy(old, "path", json_get(f, "from"));
		json_copy(old, "path_b64", json_get(f, "from_b64"));
		json_copy(old, "before", json_get(f, "before"));
		json_set_take(old, "after", cJSON_CreateNull());
		cJSON_AddItemToArray(list, old);
		json_set_take(o, "before", cJSON_CreateNull());
	}
	cJSON_AddItemToArray(list, o);
}

/* What waits in the session in `dir`: its files, and a patch. NULL with *e. */
static cJSON *
exec_proposal(const char *dir, struct err *e)
{
	const char *const args[] = { "patch", dir, NULL };
	struct exec_past p = { 0 };
	AUTO_JSON cJSON *made = NULL;
	cJSON *files = cJSON_CreateArray(), *o = cJSON_CreateObject(), *asked;
	const cJSON *it;

	json_set_take(o, "files", files);
	if (log_events(dir, exec_past_line, &p, e) == 0) {
		cJSON_ArrayForEach(it, json_array(p.line == NULL ? NULL :
		    p.line->line, "files"))
			exec_add_file(files, it);
		asked = cJSON_CreateObject();
		json_copy(asked, "files", files);
		json_copy(asked, "diff", p.diff);
		made = client_ask_core(args, asked, 0, e);
	}
	event_drop(&p.line);
	cJSON_Delete(p.diff);
	json_copy(o, "patch", json_get(made, "patch"));
	json_copy(o, "patch_b64", json_get(made, "patch_b64"));
	if (made == NULL && !err_is_set(e))
		err_set(e, "the patch can't be made");
	if (made == NULL)
		json_drop(&o);
	return o;
}

/* A run that has ended keeps its result, even if we were interrupted since. */
static int
exec_recorded(const struct headless_result *r, int code)
{
	return code == EXIT_INTERRUPTED && r->end != NULL ?
	    client_exit(r->end->agent_end.exit) : code;
}

static int
exec_end(struct exec *x, const struct headless_result *r, int code)
{
	bool open = headless_end_of(r)->proposed_len > 0;
	/* If this run doesn't commit, the next one does. */
	bool committed = x->git.failed == 0 && (code != EXIT_INTERRUPTED ||
	    x->git.branch.when == COMMIT_NEVER);
	struct step *s = &x->step;
	struct err e = ERR_INIT, e2 = ERR_INIT, e3 = ERR_INIT;
	AUTO_JSON cJSON *output = exec_output(r, code, &e);
	/* A later run of the name may ask for it. */
	AUTO_JSON cJSON *proposal = !open || (s->name == NULL &&
	    x->a->patch_out == NULL) ? NULL : exec_proposal(r->dir, &e3);

	json_add_str(output, "name", s->name);
	if (x->a->output != NULL || s->name != NULL)
		exec_output_stats(output, r, &e);
	/* The next run tries again to make what is missing. */
	if (s->name != NULL && committed && ((open && proposal == NULL) ||
	    step_end(s, r->end, output, proposal, exec_recorded(r, code),
	    &e2) < 0))
		cmd_say("%s isn't recorded as done: %s", s->name,
		    open && proposal == NULL ? e3.text : e2.text);
	return exec_reports(x, output, proposal, &e3, &e, code);
}

/* The reports of a run that is over. */
static int
exec_again(struct exec *x, enum step_what what)
{
	AUTO(headless_result_release) struct headless_result r = { 0 };
	struct step *s = &x->step;
	struct err e = ERR_INIT;
	struct err e3 = ERR_INIT;
	int code;

	if (what == STEP_SKIP) {
		code = (int)json_int(s->record, "exit", EXIT_ERROR);
		return exec_reports(x, json_get(s->record, "output"), json_get(
		    s->record, "proposal"), &e3, &e, code);
	}
	event_keep(&r.end, s->end);
	r.session = xstrdup(s->session);
	r.dir = session_dir(s->session, &e);
	code = exec_commit_rest(&x->git, &r, s->code, true);
	return exec_end(x, &r, code);
}

/* A line on standard error, for users who send the progress elsewhere. */
static void
exec_say_why(const struct headless_result *r)
{
	const struct ev_agent_end *end = headless_end_of(r);
	const struct ev_check_end *check = end->check;
	bool unproven = ev_is(end->outcome, "unproven");
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (print_end_limit(&b, end->limit))
		cmd_say("%s", buf_str(&b));
	if (ev_is(end->outcome, "unmet"))
		cmd_say("%s", ev_str(end->summary, ""));
	if (ev_is(end->outcome, "limit"))
		cmd_say("the changes are kept; review or continue: assent "
		    "resume %s", r->session);
	else if (unproven && check != NULL && check->exit.n != 0)
		cmd_say("the check failed: %s, exit %lld",
		    check->command, (long long)check->exit.n);
	else if (unproven && check == NULL && r->failed != NULL)
		cmd_say("%s", r->failed);
	else if (unproven && check != NULL && check->exit.is)
		cmd_say("nothing is proven, though the check passed: "
		    "%s (%s)", check->command, fold_check_source(check->by));
	else if (unproven)
		cmd_say("the check hasn't passed: %s", check == NULL ?
		    "none is set" : check->command);
	else if (ev_is(end->outcome, "provider") && r->failed != NULL)
		cmd_say("%.*s", (int)strcspn(r->failed, "\n"), r->failed);
	if (ev_is(end->outcome, "waiting") ||
	    (unproven && end->proposed_len > 0))
		cmd_say("waiting for your review: assent resume %s",
		    r->session);
}

int
cmd_exec(const struct cmd_args *a)
{
	struct headless_options o = { .json = a->json };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO(client_release) struct client c = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO(task_input_release) struct task_input task = { 0 };
	cJSON *start;
	AUTO(exec_release) struct exec x = { .a = a };
	enum step_what what = STEP_RUN;
	bool over;
	int code;

	if (a->estimate)
		return stats_estimate(a);
	if ((code = setup_project(&s, a)) != 0)
		return code;
	/* The core loads its libraries while the configuration is read. */
	(void)client_spawn(&c, NULL);
	if ((code = setup_config(&s, a, "exec")) != 0 ||
	    (code = exec_check_outputs(a)) != 0)
		return code;
	if (task_input_read(&task, a, s.root, &e) < 0 ||
	    (task.text == NULL && a->command == NULL))
		return cmd_fail(EXIT_USAGE, "%s", err_is_set(&e) ? e.text :
		    "no task given; use assent exec 'fix the failing test', or "
		    "pass it on standard input");
	if (a->command == NULL && slash_command_is_file(task.text))
		cmd_say("the task is sent as it is; to send a command's text: "
		    "exec --command NAME");
	if ((code = a->answers != NULL ? setup_answers(&s, a->answers) :
	    setup_model(&s, true)) != 0 || (code = setup_processes(&s)) != 0)
		return code;
	x.git.branch = s.branch;
	if (x.git.branch.when == COMMIT_DECISION) {
		o.applied = exec_commit;
		o.applied_arg = &x.git;
	}
	o.person = !a->json && headless_person();
	start = setup_start(&s, "exec", &(struct setup_task){
	    .text = task.text, .person = o.person });
	if (a->inputs.len > 0)
		json_add_str(start, "typed", task.typed);
	JSON_ADD_TEXTS(start, "command", a->command, "require", a->require);
	if (a->rollback)
		json_add_bool(start, "rollback", true);
	if (a->fresh)
		json_add_bool(start, "fresh", true);
	if (a->wait_limit)
		json_add_bool(start, "wait_limit", true);
	if (a->notice)
		json_add_bool(start, "notice", true);
	if (a->require_mcp)
		json_add_bool(start, "require_mcp", true);
	json_add_str(start, "hold", a->hold);
	o.require_proof = a->require_proof;
	if (a->require_proof)
		json_add_bool(start, "require_proof", true);
	if (a->include.len > 0)
		json_set_take(start, "include", cJSON_CreateStringArray(
		    a->include.v, (int)a->include.len));
	code = step_choose(&x.step, a, &s, start, task.inputs, &what);
	over = what == STEP_SKIP || what == STEP_ENDED;
	x.base = what != STEP_RUN ? xstrdup_null(json_str(x.step.record,
	    "base")) : a->patch_out == NULL && a->name == NULL ? NULL :
	    patch_base_of(s.root);
	if (code == 0 && !over)
		code = exec_begin(&x, what, start, &s, &o);
	if (code != 0 || over) {
		cJSON_Delete(start);
		return code != 0 ? code : exec_again(&x, what);
	}
	/* The work doesn't depend on the name, so it comes after
	 * step_choose. */
	json_add_str(start, "name", x.step.name);
	/* From here to the reports, a signal ends the task, not us. */
	exec_signals_wait();
	if (client_start(&c, start, setup_hello(&s), &e) < 0)
		return cmd_fail_err(&e);
	code = headless_run(&c, &o, &r);
	code = exec_commit_rest(&x.git, &r, code, false);
	if (a->branch != NULL && what != STEP_RESUME &&
	    ev_is(headless_end_of(&r)->outcome, "unmet"))
		cmd_say("nothing was done on the new branch %s; git switch - "
		    "goes back", a->branch);
	exec_say_why(&r);
	return exec_end(&x, &r, code);
}
