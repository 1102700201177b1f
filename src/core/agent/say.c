/*
 * See say.h. In this order: images and unsaved files, what the model is told of
 * decisions, messages.
 */
#include "config.h"

#include "core/agent/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attach.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/quote.h"
#include "core/agent/plan.h"
#include "core/context/compact.h"
#include "core/context/context-image.h"
#include "core/context/context.h"
#include "core/context/model.h"
#include "core/context/query.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/mcp/mcp.h"
#include "core/project/project.h"
#include "core/review/comment.h"
#include "core/review/feedback.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "provider/provider.h"

/*
 * attach: images that the user names in a message, as @FILE, or that the front
 * end sends along, and those that an MCP server gives. Each is read once, kept in
 * the session's store, and named by hash in the message's line.
 */

#define ATTACH_READ_MAX	((size_t)64 << 20)
#define ATTACH_NOT_INSIDE "@%s is not in the project: copy it there to send it, " \
	"or leave out the @"
#define ATTACH_HIDDEN "@%s is hidden from the model as a secret file"

/* The length of NAME if the word is NAME:URI, a resource of the user's MCP
 * server of that name; else 0. */
static size_t
attach_resource(const struct core *c, const char *word)
{
	size_t n = strcspn(word, ":");
	AUTO_FREE char *name = xmemdup(word, n);

	return word[n] == ':' && json_get(json_get(c->start, "mcp_servers"),
	    name) != NULL ? n : 0;
}

/* The file as the model would see it: its staged version, or the real one. -1
 * with errno. */
static int
attach_read(struct core *c, const char *path, struct buf *b)
{
	const struct fold_file *f = fold_find_file(c->fold, path);
	char head[512];
	ssize_t n;
	AUTO_CLOSE int fd = -1;

	if (f != NULL && f->after.exists && (f->after.mode & S_IFMT) ==
	    S_IFREG && (size_t)f->after.size <= ATTACH_READ_MAX)
		return blob_get(c->blobs, f->after.hash, b, NULL);
	fd = fs_open_regular(c->stage->root_fd, path);
	if (fd < 0)
		return -1;
	/* The beginning is enough for a file that isn't an image. */
	n = pread(fd, head, sizeof(head), 0);
	if (n > 0 && image_kind_of(head, (size_t)n) != IMAGE_NONE)
		return fs_read_all(fd, b);
	return n < 0 ? -1 : buf_add(b, head, (size_t)n);
}

static bool
attach_has(const struct event *to, const char *path)
{
	EV_EACH(&to->user_message, images, it)
		if (ev_is(it->path, path))
			return true;
	return false;
}

/* Read this file if it is an image: 1 if so, 0 if not, -1 with a message.
 * *none: no such file, but its name is an image's. */
static int
attach_path(struct core *c, const char *path, struct event *to, bool *none,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(ATTACH_READ_MAX);
	bool named = attach_named_image(path);
	int rc = 0;

	if (attach_has(to, path))
		return 1;
	if (policy_hides(c->policy, path))
		return !named ? 0 : err_set(e, ATTACH_HIDDEN, path);
	if (attach_read(c, path, &b) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			*none = true;
		else if (named && b.full)
			rc = err_set(e, "@%s is too large to be sent", path);
		else if (named)
			rc = err_sys(e, "@%s cannot be read", path);
	} else if (named || image_kind_of(b.p, b.len) != IMAGE_NONE)
		rc = attach_add(c, path, &b, to, e) < 0 ? -1 : 1;
	return rc;
}

/* An image outside the project, which the user has allowed. */
static int
attach_allowed(struct core *c, const char *path, const cJSON *allowed,
    struct event *to, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(ATTACH_READ_MAX);
	AUTO_CLOSE int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = -1;

	if (attach_has(to, path))
		return 1;
	if (!json_has(allowed, path))
		return err_set(e, ATTACH_NOT_INSIDE, path);
	if (policy_hides(c->policy, path + 1))
		return err_set(e, ATTACH_HIDDEN, path);
	fd = fs_open_regular(top, path + 1);
	if (fd < 0 || fs_read_all(fd, &b) < 0)
		return err_sys(e, "@%s cannot be read", path);
	return attach_add(c, path, &b, to, e) < 0 ? -1 : 1;
}

/* From the project's root, else from where commands start. */
static int
attach_one(struct core *c, const char *word, struct event *to, bool *none,
    struct err *e)
{
	const char *const from[] = { c->root, c->cwd };
	bool outside = true;
	size_t i;
	int rc;

	*none = false;
	for (i = 0; i < MEM_COUNT(from); i++) {
		AUTO_FREE char *path = fs_inside(c->root, from[i], word);

		if (path == NULL)
			continue;
		outside = false;
		*none = false;
		rc = attach_path(c, path, to, none, e);
		if (!*none)
			return rc;
	}
	if (outside && attach_named_image(word))
		return err_set(e, word[0] == '/' && access(word, F_OK) < 0 ?
		    "@%s: no such file" : ATTACH_NOT_INSIDE, word);
	return 0;
}

/* Try the word as it is, then without punctuation at its end. */
static int
attach_try(struct core *c, char *word, bool quoted, const cJSON *allowed,
    struct event *to, struct err *e)
{
	AUTO_FREE char *real = attach_outside(word, c->root,
	    json_str(c->start, "home"));
	bool none = false;
	int rc = real != NULL ? attach_allowed(c, real, allowed, to, e) :
	    attach_one(c, word, to, &none, e);
	size_t n = strlen(word);

	while (rc == 0 && none && !quoted && n > 1 &&
	    strchr(".,;:!?", word[n - 1]) != NULL) {
		word[--n] = '\0';
		rc = attach_one(c, word, to, &none, e);
	}
	if (rc == 0 && none && attach_named_image(word))
		rc = err_set(e,
		    "@%s: no such file in the project; leave out the @ if it "
		    "is only a name",
		    word);
	return rc;
}

/* Those that the front end sent. */
static int
attach_sent(struct core *c, const cJSON *sent, struct event *to, struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, sent) {
		struct buf b = BUF_INIT(0);
		AUTO_FREE char *data = json_get_bytes(it, "data", &b.len);

		b.p = data;
		if (data == NULL)
			return err_set(e, "an image has no data");
		if (attach_add(c, json_str_or(it, "name", "image"), &b, to,
		    e) < 0)
			return -1;
	}
	return 0;
}

/*
 * Find the @words that name images of the project, or images outside that the
 * user allowed (`outside` of `with`: paths); add the `images` of `with` ([{name,
 * data}]); `with` may be NULL.
 * They become `images` of a user_message that is being made. -1 with a message
 * if an image was meant and can't be sent: then send nothing. Other words are
 * left alone.
 */
static int
attach_find(struct core *c, const char *text, const cJSON *with,
    struct event *to, struct err *e)
{
	const char *p = text;
	size_t total;
	bool quoted;
	char *word;
	int rc = 0;

	if (c->target.format == NULL || c->context == NULL)
		return 0;
	rc = attach_sent(c, json_array(with, "images"), to, e);
	while (rc >= 0 && (word = attach_word(text, &p, &quoted)) != NULL) {
		if (attach_resource(c, word) == 0)
			rc = attach_try(c, word, quoted, json_array(with,
			    "outside"), to, e);
		free(word);
	}
	total = attach_total(to);
	if (rc >= 0 && total > c->target.format->images.total)
		rc = err_set(e, "the images of this message are too large to "
		    "be sent together: %zu bytes, and %s takes %zu at most",
		    total, c->target.provider, c->target.format->images.total);
	return rc < 0 ? -1 : 0;
}

int
attach_check_all(struct core *c, const char *text, const cJSON *with,
    struct err *e)
{
	AUTO_EVENT struct event found = { 0 };

	return attach_find(c, text, with, &found, e);
}

/* Is this what the file has on disk? */
static bool
attach_is_saved(const struct core *c, const char *path, const char *text)
{
	AUTO_BUF struct buf b = BUF_INIT(ATTACH_READ_MAX);
	AUTO_CLOSE int fd = fs_open_regular(c->stage->root_fd, path);

	return fd >= 0 && fs_read_all(fd, &b) == 0 && b.len == strlen(text) &&
	    memcmp(buf_str(&b), text, b.len) == 0;
}

/* Append the texts of `unsaved`, an array of {path, text}, or NULL: what the
 * user's editor has of files in the project and hasn't saved. Those that are as
 * on disk are left out, and so are secret files. */
static void
attach_unsaved(struct core *c, const cJSON *unsaved, struct buf *b)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, unsaved) {
		const char *text = json_str(it, "text");
		const char *named = json_str_or(it, "path", "");
		AUTO_FREE char *path = fs_inside(c->root, c->root, named);
		AUTO_FREE char *about = NULL;

		if (path == NULL || text == NULL ||
		    policy_hides(c->policy, path) ||
		    attach_is_saved(c, path, text))
			continue;
		about = xasprintf("What the user's editor has of %s, unsaved; "
		    "the file on disk differs", path);
		fence_add(b, about, text, strlen(text), "");
	}
}

/*
 * say: a message, and what the model is told before it.
 */

/* Begin a task: a user's message while no task is running. */
static void
say_begin_task(struct core *c)
{
	c->task.stop = STOP_NONE;
	c->task.go_on = false;
	c->decision.tries = 0;
	c->task.model = MODEL_GOES_ON;
	c->plan.nudged = false;
	c->request.empty = 0;
	c->task.faults &= ~(unsigned)(FAULT_REFUSED | FAULT_KILLED);
	c->clock.task_started_ms = clock_mono_ms();
	PART_EACH(c, p)
		if ((*p)->task != NULL)
			(*p)->task(c);
	FREE_NULL(c->task.summary);
	c->check.due = false;
	if (c->context != NULL) {
		project_context_take(c);
		c->project.environment = ENVIRONMENT_LOOK;
	}
}

static void
say_feedback(struct core *c)
{
	bool ok = c->feedback.words_len == 0;
	AUTO_FREE char *text = feedback_take(c), *masked = NULL;

	if (text == NULL)
		return;
	masked = core_masked(c, text);
	if (!emit_owed_result(c, "done", ok, "refused", masked))
		emit_tell_model(c, masked);
}

void
say_before_turn(struct core *c)
{
	if (c->fold->open.answered > c->fold->open.last[EVENT_USER_MESSAGE] &&
	    c->context != NULL && context_is_answered(recall_context(c)))
		emit_tell_model(c, "[assent] The user has your answer. Go on "
		    "with the task.");
	say_feedback(c);
}

/* Before a message of the user: a task runs, and the model learns what it has to
 * know first; the result of the call that ended the last task is `open` while a
 * proposal is, or `ended`. */
static void
say_tell(struct core *c, bool feedback, const char *open, const char *ended)
{
	if (!task_runs(c))
		say_begin_task(c);
	if (feedback)
		say_feedback(c);
	(void)emit_owed_result(c, "done", true, NULL,
	    c->fold->proposal != NULL ? open : ended);
	PART_EACH(c, p)
		if ((*p)->tell != NULL)
			(*p)->tell(c);
}

static void
say_go_on(struct core *c)
{
	/* A message while a proposal is open: the model may continue. */
	c->task.go_on = true;
	c->task.model = c->question.model = MODEL_GOES_ON;
	core_soon(c);
}

void
say_question(struct core *c, const char *text, struct ev_question *about,
    const char *decided, const char *client)
{
	AUTO_FREE char *told = NULL, *masked = core_masked(c, text);

	say_tell(c, false, "not reviewed yet: the user has a question first",
	    "the task ended; the user has a question");
	EMIT(c, "user", user_message, .text = masked, .client = client,
	    .question = about);
	told = xasprintf("[assent] %s. Answer in plain text. In this turn you "
	    "can read and search; nothing else works.", decided == NULL ?
	    "That change is under review and stays undecided" :
	    strcmp(decided, "no") == 0 ? "The user rejected that change: it is "
	    "no longer staged" : strcmp(decided, "yes") == 0 ? "The user "
	    "accepted that change: it is in their files" : "The user edited "
	    "that change and accepted it so: it is in their files");
	emit_tell_model(c, told);
	core_soon(c);
}

/* Resources of MCP servers, named as @SERVER:URI. */
static void
say_resources(struct core *c, const char *text)
{
	const char *p = text;
	char *word;
	bool quoted;

	while ((word = attach_word(text, &p, &quoted)) != NULL) {
		size_t n = attach_resource(c, word), len = strlen(word);

		while (!quoted && len > 0 && strchr(".,;:!?", word[len - 1]))
			word[--len] = '\0';
		if (n > 0 && len > n + 1) {
			word[n] = '\0';
			mcp_resource_want(c, word, word + n + 1);
		}
		free(word);
	}
}

int
say_message(struct core *c, const char *text, const char *typed,
    const cJSON *with, const char *client, struct err *e)
{
	AUTO_EVENT struct event sent = { 0 };
	struct ev_user_message *m = &sent.user_message;
	AUTO_BUF struct buf whole = BUF_INIT(0);
	AUTO_FREE char *masked = NULL;
	struct ev_custom *named;

	if (text[0] == '\0')
		return 0;
	event_read_as(&sent, EVENT_USER_MESSAGE, with);
	named = m->command;
	*m = (struct ev_user_message){ .command = named, .client = client };
	if (model_needed(c, e) < 0 || attach_find(c, typed, with, &sent,
	    e) < 0)
		return -1;
	buf_adds(&whole, named != NULL && named->text != NULL ? named->text :
	    text);
	buf_adds(&whole, named == NULL ? "" : json_str_or(with, "inputs", ""));
	attach_unsaved(c, json_array(with, "unsaved"), &whole);
	if (named == NULL)
		text = buf_str(&whole);
	say_resources(c, typed);
	if (plan_said(c, text, client)) {
		if (m->images_len == 0)
			return 0;
		/* The answer to the plan had the text; the images need a
		 * message of their own. */
		text = "[assent] The images that were named:";
	}
	say_tell(c, true, "not reviewed yet: the user sent a message first",
	    "the task ended; the user wrote again");
	m->text = text;
	if (named != NULL)
		named->text = masked = core_masked(c, buf_str(&whole));
	EMIT_THIS(c, "user", user_message, m);
	c->models.home_due = true;
	say_go_on(c);
	return 0;
}

/* Client command: take back a message that the model hasn't got. */
static int
say_unqueue(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	struct context *context = recall_context(c);
	int64_t seq = context == NULL || c->question.on != NULL ? 0 :
	    context_queued(context, json_int(command, "message", 0));

	if (seq == 0)
		return err_set(e, "already sent");
	EMIT(c, "user", unqueued, .message = seq, .client = client);
	return 0;
}

/* Can a retry ask the interrupted question again? 0 also if there is none; -1
 * if its hunk is gone or decided. */
static int
say_may_repeat(const struct core *c, struct err *e)
{
	const struct event *left = c->fold->open.left;
	const struct fold_hunk *h;

	if (left != NULL && (fold_find_hunk(c->fold,
	    left->user_message.question->hunk, &h) == NULL || h->decided))
		return err_set(e, "nothing to retry: the hunk of your question "
		    "changed or is decided");
	return 0;
}

int
say_again(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *words = "Please try again.";
	const struct fold_open *o = &c->fold->open;
	struct ev_question *asked = o->left == NULL ? NULL :
	    o->left->user_message.question;
	bool answered;

	(void)command;
	if (c->phase == PHASE_RETRY) {
		retry_now(c);
		return 0;
	}
	if (model_needed(c, e) < 0 || say_may_repeat(c, e) < 0)
		return -1;
	if (strcmp(c->fold->end.outcome, "interrupted") == 0)
		words = "Please continue.";
	answered = c->context != NULL && context_is_answered(recall_context(c));
	say_tell(c, asked == NULL, "not reviewed yet: the user lets you go on",
	    "the task ended; the user lets you go on");
	/* An empty text repeats the request. But if the model has answered,
	 * only new text makes it the model's turn. */
	EMIT(c, "user", user_message, .text = answered ? words : "",
	    .again = true, .client = client, .question = asked);
	c->models.home_due = true;
	if (o->question == NULL)
		say_go_on(c);
	else {
		/* The hunk was not decided meanwhile. */
		c->task.go_on = o->question->user_message.question->goes_on;
		question_open(c, o->question, c->task.go_on ?
		    MODEL_GOES_ON : MODEL_ENDED);
		core_soon(c);
	}
	return 0;
}

/* Client command: a new task, of which the model gets none of the last one. */
static int
say_new_task(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");

	if (text[0] != '\0' && model_needed(c, e) < 0)
		return -1;
	compact_forget(c, client);
	return text[0] == '\0' ? 0 : say_message(c, text, text, NULL, client,
	    e);
}

static const struct core_command say_commands[] = {
	{ "new", IN(PHASE_IDLE), 0, OPEN_QUESTIONS | HAS_REVIEW | HAS_TASK, WITH_ANSWERS,
	    .act = say_new_task },
	{ "retry", IN_ANY, HAS_FAILED, HAS_PLAN_LEFT, NOBODY,
	    .act = say_again },
	{ "unqueue", IN_ANY, 0, 0, NOBODY, .act = say_unqueue },
	{ 0 }
};

const struct core_part say_part = { .commands = say_commands };
