/* See step.h. */

#include "config.h"

#include "cmd/step.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "cmd/proposal-file.h"
#include "front/print.h"
#include "journal/event.h"
#include "journal/session.h"

/* Members of the start object that don't change it. */
static void
step_strip(cJSON *o)
{
	static const char *const aside[] = {
		"type", "state_dir", "home", "path", "environment", "person",
		"keep_alive", "ctags", "diff", "origins", "own_files", "base_url",
		"key_env", "key_from", "ca_file", "retry_time_ms",
		"idle_timeout_ms",
	};
	cJSON *it;
	size_t i;

	for (i = 0; i < MEM_COUNT(aside); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(o, aside[i]);
	cJSON_ArrayForEach(it, o)
		if (cJSON_IsObject(it) || cJSON_IsArray(it))
			step_strip(it);
}

/* With the prompts as they are now; NULL with *e. The caller deletes. */
static cJSON *
step_key(const struct cmd_args *a, const cJSON *start, const cJSON *inputs,
    struct err *e)
{
	cJSON *key = cJSON_Duplicate(start, 1);
	const char *own = json_str(start, "prompts_dir");
	AUTO_FREE char *share = self_share("prompts", e);
	AUTO_FREE char *shared = share == NULL ? NULL :
	    tree_hash_of(share, false, e);
	AUTO_FREE char *mine = own == NULL || shared == NULL ? NULL :
	    tree_hash_of(own, false, e);

	step_strip(key);
	json_copy(key, "inputs", inputs);
	json_add_str(key, "prompts", shared);
	json_add_str(key, "own_prompts", mine);
	json_add_str(key, "branch", a->branch);
	json_add_str(key, "commit", a->commit);
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
	h = hash_bytes(h, s->name, strlen(s->name));
	s->dir = xasprintf("%s/%016llx", top, (unsigned long long)h);
	return step_lock(s);
}

/* ---- the choice ---- */

struct step_past {
	cJSON	*end;
	int	 hunks;		/* of the last proposal that had some */
	bool	 said;		/* there is a task */
};

static int
step_hunks(const cJSON *proposal)
{
	const cJSON *f;
	int n = 0;

	cJSON_ArrayForEach(f, json_array(proposal, "files"))
		n += cJSON_GetArraySize(json_array(f, "hunks"));
	return n;
}

static int
step_line(void *arg, const char *line, size_t n, struct err *e)
{
	struct step_past *p = arg;
	AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, e);
	enum event_type type = event_type(o);

	if (o == NULL)
		return -1;
	if (type == EVENT_USER_MESSAGE) {
		p->said = true;
		json_drop(&p->end);
	} else if (type == EVENT_AGENT_END) {
		cJSON_Delete(p->end);
		p->end = cJSON_Duplicate(o, 1);
	} else if (type == EVENT_PROPOSAL && step_hunks(o) > 0)
		p->hunks = step_hunks(o);
	return 0;
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
	    log_lines(dir, step_line, &past, NULL, &e) < 0 || !past.said) {
		FREE_NULL(s->session);
		json_drop(&past.end);
	}
	s->end = past.end;
	s->hunks = past.hunks;
}

/* Doing it again would do the same again. */
static bool
step_is_final(const cJSON *end)
{
	static const char *const final[] = { "done", "unproven", "limit",
		"waiting", "refused" };

	return end != NULL && MEM_FIND(final, json_str(end, "outcome")) != NULL;
}

/* It waited for a review, which isn't over. */
static bool
step_is_in_review(const struct step *s)
{
	struct session_info info;
	bool is;

	if (json_int(s->record, "exit", 0) != EXIT_WAITS ||
	    s->session == NULL || !session_look(s->session, &info))
		return false;
	is = info.alive || info.waits;
	session_info_release(&info);
	return is;
}

/* What waited is in the files, and its session didn't write all of it. */
static bool
step_is_applied(const struct step *s)
{
	const cJSON *mine = json_array(s->end, "modified_files"), *it;
	bool all = s->end != NULL &&
	    json_int(s->end, "seq", 0) != json_int(s->record, "seq", 0);

	cJSON_ArrayForEach(it, json_array(json_get(s->record, "output"),
	    "proposed"))
		all = all && json_has(mine, it->valuestring);
	return json_int(s->record, "exit", 0) == EXIT_WAITS && !all &&
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

/* It was applied from the file of --proposal-out, maybe elsewhere. Then the
 * record says what it says of a run that isn't asked. */
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
		    (double)json_int(s->end, "seq", 0)));
	cmd_say("%s: what it proposed is applied", s->name);
	if (step_write(s, &e) < 0)
		cmd_say("%s: %s", s->name, e.text);
}

/* Print how the run ended that isn't repeated. */
static void
step_say_over(const struct step *s, const char *outcome, int code)
{
	static const struct {
		const char	*outcome, *why;
	} ends[] = {
		{ "unproven", "the success check hasn't passed" },
		{ "limit", "a limit was reached" },
		{ "refused", "something was rejected or denied" },
	};
	const char *session = s->session == NULL ? "?" : s->session;
	const char *why = MEM_FIND(ends, outcome) == NULL ? outcome :
	    MEM_FIND(ends, outcome)->why;

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
		    "it)", s->name, code, why, session);
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

/* After the run, its user rejected all that waited: nothing is left to do. */
static int
step_rejected(const struct step *s, int code)
{
	const cJSON *end = s->end, *check = json_get(end, "check");
	int64_t rejected = json_int(end, "rejected", 0);

	if (!json_is(end, "outcome", "refused") || rejected == 0 ||
	    rejected != json_int(end, "decided", 0) ||
	    cJSON_GetArraySize(json_array(end, "not_proposable")) > 0)
		return code;
	cmd_say("%s: what it proposed was rejected", s->name);
	return cJSON_IsObject(check) ? EXIT_UNPROVEN : EXIT_DONE;
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
		proposal_settle(json_get(s->record, "proposal"), s->name, 1, 0);
		json_drop(&s->end);
		step_look(s);
	}
	if (recorded && (applied || !step_is_final(s->end) ||
	    json_int(s->end, "seq", 0) == json_int(s->record, "seq", 0)))
		return step_choose_by_tree(s, applied, what);
	if (step_is_final(s->end)) {
		*what = STEP_ENDED;
		s->code = step_rejected(s, (int)json_int(s->end, "exit",
		    EXIT_ERROR));
		step_say_over(s, json_str_or(s->end, "outcome", ""), s->code);
	} else if (s->session != NULL && !json_is(s->end, "outcome", "unmet"))
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
	return s->session == NULL || json_is(s->end, "outcome", "unmet") ?
	    json_str(s->record, "branch") : NULL;
}

int
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
		s->branch = step_branch(s);
	return code;
}

/* ---- the run ---- */

int
step_begin(struct step *s, const char *branch, const char *session,
    struct err *e)
{
	AUTO_FREE char *before = NULL;

	if (session != NULL) {
		json_set_take(s->record, "session",
		    cJSON_CreateString(session));
		return step_write(s, e);
	}
	if ((before = tree_hash_of(s->root, true, e)) == NULL)
		return -1;
	cJSON_Delete(s->record);
	s->record = cJSON_CreateObject();
	json_add_int(s->record, "version", STEP_VERSION);
	json_add_str(s->record, "name", s->name);
	json_add_str(s->record, "root", s->root);
	json_set_take(s->record, "key", cJSON_Duplicate(s->key, 1));
	json_add_str(s->record, "branch", branch);
	json_add_str(s->record, "before", before);
	return step_write(s, e);
}

int
step_end(struct step *s, const cJSON *end, const cJSON *output,
    const cJSON *proposal, int code, struct err *e)
{
	AUTO_FREE char *after = NULL;

	if (!step_is_final(end))
		return 0;
	if ((after = tree_hash_of(s->root, true, e)) == NULL)
		return -1;
	json_set_take(s->record, "after", cJSON_CreateString(after));
	json_set_take(s->record, "seq", cJSON_CreateNumber(
	    (double)json_int(end, "seq", 0)));
	json_set_take(s->record, "exit", cJSON_CreateNumber(code));
	json_set_take(s->record, "output", cJSON_Duplicate(output, 1));
	cJSON_DeleteItemFromObjectCaseSensitive(s->record, "proposal");
	if (proposal != NULL)
		json_copy(s->record, "proposal", proposal);
	return step_write(s, e);
}

void
step_release(struct step *s)
{
	if (s->name == NULL)
		return;
	free(s->root);
	free(s->dir);
	fs_close(s->lock);
	cJSON_Delete(s->record);
	cJSON_Delete(s->key);
	free(s->session);
	cJSON_Delete(s->end);
	memset(s, 0, sizeof(*s));
}
