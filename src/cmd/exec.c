/* See exec.h. */

#include "config.h"

#include "cmd/exec.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "client/client.h"
#include "cmd/ask.h"
#include "cmd/plain.h"
#include "cmd/session-client.h"
#include "cmd/stale.h"
#include "front/message.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

/* What `decide` does, each once the session rests and has done what was sent
 * before. Others begin with STAGE_OPEN. */
enum headless_stage {
	STAGE_FIRST, STAGE_INCLUDE, STAGE_COMMENT,	/* as in the options */
	STAGE_OPEN,			/* the proposal is to be decided */
	STAGE_SPLIT, STAGE_SENT, STAGE_FAILED,		/* what was chosen */
};

/* --accept and the like: what became of what they choose. */
struct headless_choice {
	enum { CHECK_NOT_RUN, CHECK_RUNS, CHECK_PASSED, CHECK_FAILED } check;
	int		 check_code;	/* the exit status if it failed, or
					   nothing is proved */
	enum { PROOF_UNKNOWN, PROOF_RUNS, PROOF_ENDED } proof;
	struct stale	 stale;		/* changed since o->version */
	int		 version;	/* after all splits */
	int64_t		 id;
	int		 kept_open;	/* hunks left open */
	bool		 told_open;	/* the open hunks were printed */
	int		 written, unwritten;	/* files */
	int		 accepted, rejected;	/* hunks decided by it */
	bool		 left_out;	/* a file can't be proposed */
	bool		 carried;	/* the core worked on it */
	char		*why;		/* the last error about it */
};

struct headless {
	struct plain			 plain;		/* the questions; must be
							   first, its functions
							   get this, too */
	struct client			*client;
	const struct headless_options	*o;
	struct headless_result		*r;
	struct fold			*fold;
	FILE				*report;	/* everything but output
							   and diff */
	int				 code;
	/* The proposal printed last. */
	int64_t				 shown_id;
	int				 shown_version;
	char				*asked_command;
	struct buf			 tail;	/* a partial character */
	bool				 midline;	/* the output ended
							   within a line */
	struct pathmap			 printed;	/* files shown
							   already */
	char				*told;		/* files that can't be
							   proposed, as printed
							   last */
	enum headless_stage		 stage;
	struct headless_choice		 choice;
	struct event			*finished;	/* the `applied` line of
							   an interrupted
							   apply */
	struct buf			 untold;	/* errors before
							   `live` */
	bool				 opened;	/* the proposal to decide
							   came */
	bool				 told_ignored;
	bool				 looked;	/* the core was asked
							   for try's changes so
							   far */
};

/* ---- what is printed: the output of commands, proposals as patches, and their
 * results ---- */

#define HEADLESS_IGNORED_NAMES 5

static void
headless_output(struct headless *h, const struct ev_bytes *text)
{
	size_t cut;

	if (text->len == 0)
		return;
	if (h->o->patch) {
		buf_add(&h->tail, text->p, text->len);
		return;
	}
	h->midline = text->p[text->len - 1] != '\n';
	if (!isatty(STDOUT_FILENO)) {
		fwrite(text->p, 1, text->len, stdout);
		return;
	}
	buf_add(&h->tail, text->p, text->len);
	cut = utf8_cut(h->tail.p, h->tail.len, h->tail.len);
	if (cut == 0 && h->tail.len > 4)
		cut = h->tail.len;
	print_foreign(stdout, h->tail.p, cut);
	buf_consume(&h->tail, cut);
}

/* Start a new line: a diff starts in the first column, and so does the text
 * after it. */
static void
headless_line_start(struct headless *h)
{
	if (h->midline)
		fputc('\n', stdout);
	h->midline = false;
}

static void
headless_output_end(struct headless *h)
{
	/* The reasons why a patch doesn't apply. */
	if (h->o->patch && h->tail.len > 0)
		print_text(stderr, "  ", "  ", buf_str(&h->tail));
	else if (h->tail.len > 0)
		print_foreign(stdout, h->tail.p, h->tail.len);
	buf_clear(&h->tail);
	if (isatty(STDOUT_FILENO))
		headless_line_start(h);
}

/* Was this hunk or row printed before? What is open after a decision was. */
static bool
headless_is_printed(struct headless *h, const char *key)
{
	size_t had = h->printed.len;

	pathmap_add(&h->printed, key, sizeof(char *));
	return h->printed.len == had;
}

static void
headless_print_file(struct headless *h, const struct fold_file *f)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool row = fold_is_in_row(f);

	if (row)
		fold_row_text(&b, f);
	else
		buf_addf(&b, "%s %s %u %s %u", f->path,
		    f->before.exists ? f->before.hash : "-", f->before.mode,
		    f->after.exists ? f->after.hash : "-", f->after.mode);
	if (headless_is_printed(h, buf_str(&b)))
		return;
	headless_line_start(h);
	if (row) {
		print_words(h->report, "%s", buf_str(&b));
		return;
	}
	ask_change(stdout, h->report, f, NULL);
}

/* Print files that can't be proposed, even if there are no other changes. */
static void
headless_refused(struct headless *h, const struct ev_proposal *l)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	MEM_EACH(l, refused, it) {
		buf_addf(&b, "%scan't be reviewed: ", b.len > 0 ? "\n" : "");
		fold_add_name(&b, ev_str(it->path, "?"));
		buf_addf(&b, ": %s", it->why);
	}
	if (b.len > 0 && (h->told == NULL || strcmp(h->told, b.p) != 0)) {
		print_text(h->o->decide ? stderr : h->report, "", "", b.p);
		xstrset(&h->told, b.p);
	}
}

/* A command left only ignored files: print them once, with the option that
 * proposes them. */
static void
headless_only_ignored(struct headless *h, const struct ev_proposal *l)
{
	if (l->ignored == 0 || l->products_len == 0 || !h->o->command ||
	    h->shown_id != 0 || h->told_ignored)
		return;
	h->told_ignored = true;
	print_words(h->report,
	    "%lld ignored file%s, such as %s (to propose it: --include PATH)",
	    (long long)l->ignored, l->ignored == 1 ? "" : "s",
	    ev_str(l->products[0].path, "?"));
}

static void
headless_proposal(struct headless *h, const struct event *l)
{
	const struct fold_proposal *p = h->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	if (p == NULL || p->files_len == 0) {
		headless_refused(h, &l->proposal);
		headless_only_ignored(h, &l->proposal);
		return;
	}
	if (p->id == h->shown_id && p->version == h->shown_version)
		return;
	h->shown_id = p->id;
	h->shown_version = p->version;
	/* A batch of exec would read all sessions in each of them. */
	if (h->o->command)
		session_also(h->fold);
	if (!h->o->command && !h->o->screen)
		print_line(h->report, h->fold, l, 0);
	/* The user sees each change with its question. */
	for (i = 0; i < p->files_len && !h->o->person &&
	    h->stage <= STAGE_OPEN; i++)
		headless_print_file(h, &p->files[i]);
	if (!h->o->person && h->stage <= STAGE_OPEN &&
	    (select_left_open(p, &b), b.len > 0))
		print_text(h->report, "", "", b.p);
	buf_clear(&b);
	headless_refused(h, &l->proposal);
	fold_ignored_text(&b, p, HEADLESS_IGNORED_NAMES);
	if (b.len > 0)
		print_words(h->report, "%s", b.p);
}

static void
headless_patch_result(int status)
{
	if (status == 127)
		cmd_say("reading the patch needs git, which isn't installed");
	else if (status != 0)
		cmd_say("nothing was changed: the patch doesn't apply");
}

static void
headless_print_result(struct headless *h, const struct ev_tool_result *r)
{
	const char *note = r->note;
	const char *text = ev_str(r->text, "");
	size_t i;

	headless_output_end(h);
	fflush(stdout);
	if (h->o->patch && r->exit.is)
		headless_patch_result((int)r->exit.n);
	else if (r->limit != NULL || r->killed != NULL)
		cmd_say("the command was stopped: %s", ev_str(r->limit,
		    r->killed));
	else if (r->exit.n != 0)
		cmd_say("the command failed, exit status: %lld",
		    (long long)r->exit.n);
	else if (r->signal.is)
		cmd_say("the command was killed by signal %lld",
		    (long long)r->signal.n);
	else if (!r->exit.is)	/* The rest of it is the output. */
		cmd_say("%.*s", (int)strcspn(text, "\n"), text);
	if (r->met != NULL)
		cmd_say("%s", r->met);
	/* A program wasn't found. */
	if (r->exit.n >= 126 && r->words != NULL)
		cmd_say("%s", r->words);
	/* Print one line per file, with escaped line ends in names. */
	for (; note != NULL && *note != '\0'; note += i + (note[i] != '\0')) {
		i = strcspn(note, "\n");
		print_words(h->report, "note: %.*s", (int)i, note);
	}
}

/* ---- the command's terminal, while it runs ---- */

/* Nothing is printed while it has ours. */
static void
headless_guest_on(struct headless *h, bool on)
{
	if (on)
		guest_show(h->o->guest);
	else
		guest_hide(h->o->guest);
	client_hold(h->client, on);
}

/* What waits is left to the screen. */
static void
headless_to_screen(struct headless *h)
{
	if (guest_is_shown(h->o->guest))
		headless_guest_on(h, false);
	h->r->screen = true;
	client_leave(h->client);
}

static void
headless_guest_line(struct headless *h, const struct event *l)
{
	struct guest *g = h->o->guest;

	if (g == NULL)
		return;
	if (l->type == EVENT_TOOL_CALL && json_get(l->tool_call.args,
	    "terminal") != NULL)
		headless_guest_on(h, true);
	else if (l->type == EVENT_TOOL_RESULT && guest_is_shown(g)) {
		if (h->client->live)
			guest_end(g);
		headless_guest_on(h, false);
		h->r->after_command = true;
	} else if (l->type == EVENT_STAGED)
		guest_changed(g, (int64_t)l->staged.files);
	else if (l->type == EVENT_PROPOSAL && guest_is_shown(g) && h->looked) {
		h->r->looks = true;
		headless_to_screen(h);
	}
}

/* What waits for an answer while the command has the screen, which nothing
 * takes from it; malloc'ed, or NULL. */
static char *
headless_guest_question(const struct headless *h)
{
	const struct fold_ask *ask = &h->fold->ask;
	enum review_wait wait = client_waits(h->client);
	AUTO_FREE char *host = NULL;

	if (wait == REVIEW_LIMIT)
		return xstrdup("a limit was reached");
	if (wait != REVIEW_ASK)
		return NULL;
	if (ask->kind != ASK_HOST)
		return xstrdup(fold_ask_row(ask)->look);
	host = sanitize_dup(ask->command, 0);
	return xasprintf("may it connect to %s?", host);
}

static int
headless_guest_fd(void *arg, short *events)
{
	const struct headless *h = arg;
	int fd = guest_fd(h->o->guest);

	if (fd >= 0)
		*events = guest_events(h->o->guest);
	return fd;
}

static int64_t
headless_guest_due(void *arg)
{
	const struct headless *h = arg;

	return guest_due(h->o->guest);
}

static void
headless_guest_ready(void *arg)
{
	const struct headless *h = arg;

	guest_ready(h->o->guest);
}

static void
headless_print_try(struct headless *h, const struct event *l)
{
	if (l->type == EVENT_TOOL_RESULT)
		headless_print_result(h, &l->tool_result);
	else if (l->type != EVENT_ASSISTANT_MESSAGE &&
	    l->type != EVENT_PLAN && l->type != EVENT_TOOL_CALL &&
	    l->type != EVENT_USER_MESSAGE)
		print_line(h->report, h->fold, l, 0);
}

/* ---- the decisions of --accept and the like, `decide` and `undo`: the commands
 * when the proposal is ready, and what came of them ---- */


#define HEADLESS_NOT_ALL "not everything could be written; the rest is " \
	"proposed again (see assent show)"

static void
headless_send(struct headless *h, cJSON *o)
{
	(void)client_send(h->client, o);
}

/* Are the lines old ones of the session, which nobody waits for? */
static bool
headless_is_past(const struct headless *h)
{
	return (h->o->decide || h->o->resumed) && !h->client->live;
}

/* It is over for us, or with its task. */
static void
headless_end(struct headless *h)
{
	if (h->o->decide)
		client_leave(h->client);
	else
		headless_send(h, command_of("end"));
}

/* Say what this command has done to the files, and why it did no more. */
static void
headless_say_done(struct headless *h, const char *why)
{
	const char *id = h->r->session;
	struct half_applied half = { 0 };
	struct err e = ERR_INIT;

	/* The core has ended between the files and the line about them. */
	if (h->fold->begun.change != NULL && id != NULL && session_ends(id))
		(void)half_applied_look(id, &half, &e);
	if (h->choice.written > 0)
		cmd_say("%d file%s written; %s", h->choice.written,
		    h->choice.written == 1 ? " was" : "s were", why);
	else if (half.written > 0)
		cmd_say("session %s %s: %s", id, half.words, why);
	else if (h->finished != NULL &&
	    ev_is(h->finished->applied.recovered, "undo"))
		cmd_say("the files of the interrupted apply were restored, "
		    "and nothing else was changed: %s", why);
	else if (h->client->unread)
		cmd_say("it isn't known what was changed (see assent log): %s",
		    why);
	else
		cmd_say("nothing was changed: %s", why);
}

/* Give up the choice without a decision, and report why. */
static void
headless_choice_failed(struct headless *h, const char *why)
{
	if (h->stage == STAGE_FAILED)
		return;
	h->stage = STAGE_FAILED;
	headless_say_done(h, why);
	headless_end(h);
}

static void
headless_send_all(struct headless *h, cJSON *list_take)
{
	cJSON *o;

	while ((o = cJSON_DetachItemFromArray(list_take, 0)) != NULL)
		headless_send(h, o);
	cJSON_Delete(list_take);
}

/* Is this a different proposal from the one that the choice is for? Then the
 * choice fails. */
static bool
headless_is_stale(struct headless *h)
{
	struct err e = ERR_INIT;

	if (h->o->version == 0)
		err_set(&e, "the session had no proposal when this "
		    "command began; it has one now: see assent show");
	else if (!stale_check(&h->choice.stale, &e))
		return false;
	headless_choice_failed(h, e.text);
	return true;
}

/* Is what was chosen done, so that the rest is open on purpose, or was proposed
 * since? If so, print that once and end. */
static bool
headless_left_open(struct headless *h)
{
	AUTO_BUF struct buf b = BUF_INIT(0), since = BUF_INIT(0);
	int n = fold_hunks(h->fold->proposal), new = n - h->choice.kept_open;
	bool over = select_left_open(h->fold->proposal, &b);
	/* Parts of a hunk may have been merged again. */
	bool all = h->choice.unwritten == 0 && (new <= 0 ||
	    (h->choice.accepted > 0 ? h->choice.written > 0 :
	    h->choice.rejected > 0));

	if (all && !h->choice.told_open) {
		h->choice.told_open = true;
		if (b.len > 0)
			print_text(stderr, "", "", buf_str(&b));
		if (!over && new > 0)
			buf_addf(&since, " (%d not in the proposal that you "
			    "decided)", new);
		if (!over)
			print_words(stderr, "open: %d hunk%s%s; assent show "
			    "prints %s", n, n == 1 ? "" : "s", buf_str(&since),
			    n == 1 ? "it" : "them");
		headless_end(h);
	}
	return all;
}

/* ---- the check of what is accepted ---- */

/* How many hunks. */
static size_t
headless_accepts(const cJSON *marks)
{
	const cJSON *it;
	size_t n = 0;

	cJSON_ArrayForEach(it, marks)
		n += !json_is(it, "mark", "no");
	return n;
}

/* Is the proof of your tests still to come, or was it stopped? */
static bool
headless_awaits_proof(const struct headless *h)
{
	const char *status = h->fold->proofs[FOLD_YOUR_TESTS].status;

	return status == NULL || ev_is(status, "running") ||
	    ev_is(status, "stopped");
}

/* --require-proof: true if it can't be sent, or not yet. */
static bool
headless_is_unproven(struct headless *h, const cJSON *marks)
{
	size_t accepted = headless_accepts(marks);
	const char *why = h->o->require_proof && accepted > 0 ?
	    fold_unproven(h->fold, accepted) : NULL;
	AUTO_FREE char *text = NULL;
	cJSON *o;

	if (why == NULL)
		return false;
	if (h->choice.proof == PROOF_UNKNOWN && h->o->decide &&
	    !h->fold->evidence.running && headless_awaits_proof(h)) {
		h->choice.proof = PROOF_RUNS;
		print_words(stderr, "running the check with your tests as they "
		    "are");
		o = command_of("evidence");
		json_add_bool(o, "prove", true);
		headless_send(h, o);
	}
	if (h->choice.proof == PROOF_RUNS || h->fold->evidence.running)
		return true;
	h->choice.check_code = EXIT_WAITS;
	text = xasprintf("--require-proof: %s", why);
	headless_choice_failed(h, text);
	return true;
}

/* The marks are drafts until it has passed. True if it runs or has failed. */
static bool
headless_check(struct headless *h, const cJSON *marks)
{
	bool any = headless_accepts(marks) > 0;

	if (!h->o->check || h->choice.check == CHECK_PASSED)
		return false;
	if (h->choice.check == CHECK_NOT_RUN && any) {
		headless_send(h, command_marks(h->fold->proposal,
		    COMMAND_MARKS, cJSON_Duplicate(marks, 1)));
		headless_send(h, command_of("evidence"));
		h->choice.check = CHECK_RUNS;
	}
	return any;
}

/* An `evidence` line: may the choice be sent? */
static void
headless_checked(struct headless *h, const struct ev_evidence *x)
{
	AUTO_BUF struct buf why = BUF_INIT(0);

	/* Somebody ended it on another screen. */
	if (x->stopped && h->fold->evidence.partial) {
		h->choice.check = CHECK_FAILED;
		h->choice.check_code = EXIT_WAITS;
		headless_choice_failed(h, "the check was ended");
		return;
	}
	if (!ev_is(x->status, "done") || !ev_is(x->where, "accepted"))
		return;
	if (x->killed == NULL && ev_int(x->exit, -1) == 0) {
		h->choice.check = CHECK_PASSED;
		print_words(stderr, "check: %s passed", x->command);
		return;
	}
	h->choice.check = CHECK_FAILED;
	h->choice.check_code = x->killed == NULL ? EXIT_UNPROVEN :
	    fold_not_run(x->killed) ? EXIT_WAITS : EXIT_LIMIT;
	if (ev_str(x->text, "")[0] != '\0')
		print_text(stderr, "  ", "  ", x->text);
	if (x->killed != NULL)
		buf_addf(&why, "the check didn't end: %s: %s",
		    x->command, ev_str(x->limit, x->killed));
	else
		buf_addf(&why, "the check failed: %s, exit %lld",
		    x->command, (long long)(x->signal.is ? 128 + x->signal.n :
		    ev_int(x->exit, -1)));
	headless_choice_failed(h, buf_str(&why));
}

/* A proposal waits: split, then mark. */
static void
headless_choose(struct headless *h)
{
	const struct fold_proposal *p = h->fold->proposal;
	struct err e = ERR_INIT;
	cJSON *list;

	if (h->stage < STAGE_OPEN || !client_is_synced(h->client) ||
	    (h->o->first != NULL && !h->opened))
		return;
	if (h->stage == STAGE_OPEN && h->o->decide && h->o->first == NULL &&
	    h->o->include == NULL && headless_is_stale(h))
		return;
	if (h->stage == STAGE_OPEN) {
		list = select_splits(h->o->choose, p, &e);
		if (list == NULL) {
			headless_choice_failed(h, e.text);
			return;
		}
		h->stage = STAGE_SPLIT;
		h->choice.version = p->version + cJSON_GetArraySize(list);
		headless_send_all(h, list);
	}
	/* Meanwhile the check ran. */
	if (h->stage == STAGE_SPLIT && p->version > h->choice.version)
		headless_choice_failed(h, "the changes are new; look at them "
		    "again");
	if (h->stage == STAGE_SPLIT && p->version == h->choice.version) {
		list = select_marks(h->o->choose, p, &h->choice.kept_open, &e);
		if (list == NULL) {
			headless_choice_failed(h, e.text);
			return;
		}
		if (headless_is_unproven(h, list) || headless_check(h, list)) {
			cJSON_Delete(list);
			return;
		}
		h->stage = STAGE_SENT;
		h->choice.version = p->version;
		h->choice.id = p->id;
		if (list->child == NULL) {
			cJSON_Delete(list);
			h->code = EXIT_WAITS;
			(void)headless_left_open(h);
			return;
		}
		/* One command with all marks: the core carries out all of them
		 * or none. */
		list = command_marks(p, COMMAND_DECISION, list);
		json_add_str(list, "say", h->o->feedback);
		headless_send(h, list);
	} else if (h->stage == STAGE_SENT && p->id == h->choice.id &&
	    p->version > h->choice.version && !headless_left_open(h))
		headless_choice_failed(h, HEADLESS_NOT_ALL);
}

/* An `applied` line of the choice. */
static void
headless_count_applied(struct headless *h, const struct ev_applied *l)
{
	MEM_EACH(l, ops, op) {
		h->choice.written += op->ok;
		h->choice.unwritten += !op->ok;
	}
}

/* Add how many hunks a decision accepts and rejects. */
static void
headless_count(const struct ev_decision *l, int *accepted, int *rejected)
{
	MEM_EACH(l, files, f)
		MEM_EACH(f, hunks, h)
			++*(ev_is(h->decision, "no") ? rejected : accepted);
}

/* Send what comes before the choice. */
static void
headless_prepare(struct headless *h, bool open)
{
	const struct headless_options *o = h->o;
	enum headless_stage now = h->stage++;
	struct err e = ERR_INIT;
	cJSON *list = NULL, *it;

	if (now == STAGE_FIRST && o->first != NULL) {
		/* The choice is for the proposal that we request, not for this
		 * one. */
		h->choice.id = open ? h->fold->proposal->id : 0;
		h->choice.version = open ? h->fold->proposal->version : 0;
		list = cJSON_CreateArray();
		cJSON_AddItemToArray(list, cJSON_Duplicate(o->first, 1));
	} else if (now == STAGE_INCLUDE && o->include != NULL) {
		/* More hunks join it, and only then the choice's numbers
		 * apply. */
		if (o->version == 0 || !headless_is_stale(h))
			list = cJSON_Duplicate(o->include, 1);
	} else if (now == STAGE_COMMENT && o->comments_len > 0) {
		if (!open)
			err_set(&e, "the session has nothing to review");
		else if (o->include != NULL || !headless_is_stale(h))
			list = select_comments(o->comments, o->comments_len,
			    h->fold, &e);
		/* A question is asked with what was chosen, too. */
		cJSON_ArrayForEach(it, list)
			json_add_bool(it, "hold", true);
	}
	if (err_is_set(&e)) {
		headless_choice_failed(h, e.text);
		cJSON_Delete(list);
	} else if (list != NULL) {
		headless_send_all(h, list);
		client_sync(h->client);
	}
}

/* Say what waits instead of a proposal. */
static const char *
headless_other(const struct headless *h, bool idle)
{
	switch (client_waits(h->client)) {
	case REVIEW_PLAN:
		return "a plan needs your approval: assent show prints it, "
		    "--plan decides it";
	case REVIEW_LIMIT:
		return "the task is paused at a limit: use --limit";
	default:
		return idle ? "the session has nothing to review" :
		    "the session isn't waiting for a decision on a proposal; "
		    "see assent resume";
	}
}

/* Did the core end the interrupted undo, and write all of it? */
static bool
headless_has_undone(const struct headless *h)
{
	const struct ev_applied *a = h->finished == NULL ? NULL :
	    &h->finished->applied;

	if (h->o->undoes == 0 || a == NULL || a->undoes != h->o->undoes)
		return false;
	MEM_EACH(a, ops, op)
		if (!op->ok)
			return false;
	return true;
}

static void
headless_say_undone(const struct headless *h)
{
	bool redo;
	int64_t number = fold_change_named(h->fold, h->o->undoes, &redo);

	cmd_say("the %s of change %lld is finished", redo ? "redo" : "undo",
	    (long long)number);
}

/* Leave, with `decide`, once the choice is carried out and the session is
 * idle. */
static void
headless_decided(struct headless *h)
{
	const struct headless_options *o = h->o;
	const struct fold *f = h->fold;
	bool open = f->proposal != NULL && f->proposal->files_len > 0;
	bool idle = fold_is_idle(f), rests = idle || fold_waits(f);

	if (h->stage == STAGE_FIRST && rests && client_is_synced(h->client) &&
	    headless_has_undone(h)) {
		headless_say_undone(h);
		h->stage = STAGE_SENT;
		h->code = open && f->proposal->undo != 0 ? EXIT_WAITS :
		    EXIT_DONE;
		client_leave(h->client);
	}
	while (h->stage < STAGE_OPEN && rests && client_is_synced(h->client))
		headless_prepare(h, open);
	if (h->stage < STAGE_OPEN || h->stage == STAGE_FAILED ||
	    !client_is_synced(h->client))
		return;
	h->opened = h->opened || (open && (o->first == NULL ||
	    (f->proposal->undo != 0 && (f->proposal->id != h->choice.id ||
	    f->proposal->version != h->choice.version))));
	/* What was open before the undo is open again. */
	open = open && (o->first == NULL || f->proposal->undo != 0);
	if (o->first != NULL && !h->opened)
		return;
	/* The user decides the proposal, or it stays open. */
	if (o->choose == NULL && (h->opened || !o->person)) {
		if (open && o->person)
			return;
		h->code = open ? EXIT_WAITS : EXIT_DONE;
		if (open || idle || !h->opened)
			client_leave(h->client);
		return;
	}
	/* An interrupted apply is recovered, which may be all. */
	if (h->stage == STAGE_OPEN && rests && !open && o->recovered) {
		h->code = EXIT_DONE;
		client_leave(h->client);
		return;
	}
	if (h->stage < STAGE_SENT && rests && !open) {
		headless_choice_failed(h, headless_other(h, idle));
		return;
	}
	if (h->stage != STAGE_SENT || !rests)
		return;
	if (open && f->proposal->version <= h->choice.version &&
	    f->proposal->id == h->choice.id) {
		/* The session has finished without a new proposal. */
		if (h->choice.carried)
			headless_choice_failed(h, h->choice.why != NULL ?
			    h->choice.why : "can't carry out the decision; "
			    "see assent log");
		return;
	}
	client_leave(h->client);
	h->code = open ? EXIT_WAITS : h->r->end != NULL ? h->code : EXIT_DONE;
	if (open && f->proposal->id == h->choice.id && !headless_left_open(h))
		headless_choice_failed(h, HEADLESS_NOT_ALL);
}

/* The exit status: EXIT_WAITS if hunks were only rejected, or if a file can't
 * be proposed. */
static int
headless_chosen(const struct headless *h)
{
	const struct ev_agent_end *end = headless_end_of(h->r);

	if ((h->code != EXIT_DONE && !ev_is(end->outcome, "refused")) ||
	    h->o->first != NULL)
		return h->code;
	if (h->choice.left_out || end->left_out) {
		cmd_say("decided as chosen, except files that can't be "
		    "reviewed");
		return EXIT_WAITS;
	}
	return h->choice.rejected > 0 && h->choice.accepted == 0 &&
	    h->choice.written == 0 ? EXIT_WAITS : h->code;
}

/*
 * Asks the user on the terminal, unless the command line has the
 * answer, and sends the answer. No question is asked twice.
 */

/* The question was left: what is marked stays so. */
static void
headless_leave(struct headless *h)
{
	plain_close(&h->plain);
	h->plain.quit = false;
	if (h->o->decide)
		h->code = EXIT_WAITS;
	headless_end(h);
}

/* The user wants to see what waits, or else what has changed so far. */
static void
headless_guest_look(struct headless *h)
{
	AUTO_FREE char *question = headless_guest_question(h);

	if (question != NULL) {
		h->r->looks = h->r->asks = true;
		headless_to_screen(h);
		return;
	}
	h->looked = true;
	headless_send(h, command_of("look"));
}

static void
headless_guest_typed(struct headless *h)
{
	enum guest_want want = guest_typed(h->o->guest);

	if (want == GUEST_GONE)
		client_leave(h->client);
	else if (want == GUEST_STOP)
		headless_send(h, command_of("terminate"));
	else if (want == GUEST_LOOK)
		headless_guest_look(h);
}

static bool
headless_types(void *arg)
{
	struct headless *h = arg;

	return guest_is_shown(h->o->guest) || plain_ask_types(&h->plain);
}

/* Reads what the user types at a question, or for the command. */
static void
headless_typed(void *arg)
{
	struct headless *h = arg;

	if (guest_is_shown(h->o->guest))
		headless_guest_typed(h);
	else if (!plain_read_line(&h->plain) || h->plain.quit)
		headless_leave(h);
}

/* Asks the user if something is waiting. */
static void
headless_ask(struct headless *h)
{
	AUTO_FREE char *question = NULL;
	const struct fold *f = h->fold;

	if (headless_is_past(h))
		return;
	if (h->o->decide && h->client->interrupts == 0)
		headless_decided(h);
	/* Nobody can allow the command, or a host. */
	if (h->o->choose != NULL && !h->o->decide && f->ask.id != NULL &&
	    !f->ended && (h->asked_command == NULL ||
	    strcmp(h->asked_command, f->ask.id) != 0)) {
		xstrset(&h->asked_command, f->ask.id);
		headless_send(h, command_answer(f, false, NULL));
	}
	if (h->o->choose != NULL && h->client->interrupts == 0 &&
	    (!f->ended || h->o->decide) && f->proposal != NULL &&
	    f->proposal->files_len > 0 && (fold_waits(f) || fold_is_idle(f))) {
		headless_choose(h);
		return;
	}
	if (guest_is_shown(h->o->guest)) {
		question = headless_guest_question(h);
		guest_waits(h->o->guest, question);
		return;
	}
	/* `decide` can be used on an ended session that has an open proposal
	 * again. */
	if (!h->o->person || h->client->interrupts > 0 ||
	    (h->o->decide ? !h->opened : f->ended) ||
	    h->plain.question != PLAIN_NOTHING ||
	    (!plain_is_news(&h->plain) &&
	    !(h->o->screen && h->o->decide)))
		return;
	if (!h->o->screen) {
		(void)plain_ask(&h->plain);
		return;
	}
	h->r->looks = h->r->asks = guest_is_open(h->o->guest);
	headless_to_screen(h);
}

/*
 * The client without a UI. It has no state of its own: it folds the core's
 * lines, prints them, and asks the user.
 */

#define HEADLESS_FAILED_MAX 20	/* named */

bool
headless_person(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* ---- lines from the core ---- */

/* Is it reported? Not if an earlier run did. */
static bool
headless_tells(const struct headless *h, const struct event *l)
{
	return !h->o->quiet && !headless_is_past(h) && l->seq > h->o->told &&
	    l->type != EVENT_HELLO;
}

/* Print progress on stderr, if it is a terminal and the report isn't printed on
 * one. */
static void
headless_progress(const struct headless *h, const struct event *l)
{
	if (h->o->command || h->o->decide || !isatty(STDERR_FILENO) ||
	    isatty(STDOUT_FILENO))
		return;
	print_line(stderr, h->fold, l, 0);
}

static void
headless_show(void *arg, const struct event *l)
{
	struct headless *h = arg;

	if (!headless_tells(h, l))
		return;
	headless_progress(h, l);
	if (h->o->json)
		return;
	if (l->type == EVENT_PROPOSAL)
		headless_proposal(h, l);
	else if (h->o->command)
		headless_print_try(h, l);
	else
		print_line(h->report, h->fold, l, 0);
}

static void
headless_journal_line(struct headless *h, const struct event *l)
{
	if (l->type == EVENT_APPLIED && h->stage == STAGE_SENT)
		headless_count_applied(h, &l->applied);
	if (l->type == EVENT_DECISION && h->stage == STAGE_SENT)
		headless_count(&l->decision, &h->choice.accepted,
		    &h->choice.rejected);
	if (l->type == EVENT_EVIDENCE && h->choice.check == CHECK_RUNS)
		headless_checked(h, &l->evidence);
	if (l->type == EVENT_PROOF && h->choice.proof == PROOF_RUNS &&
	    !ev_is(l->proof.status, "running") && ev_is(l->proof.which,
	    fold_proof_names[FOLD_YOUR_TESTS]))
		h->choice.proof = PROOF_ENDED;
	if (l->type == EVENT_AGENT_END) {
		event_keep(&h->r->end, l);
		/* It waited only for a screen. */
		if (h->o->screen)
			headless_send(h, command_of("end"));
		h->code = client_exit(l->agent_end.exit);
	}
	if (l->type == EVENT_APPLIED && h->o->applied != NULL)
		h->o->applied(h->o->applied_arg, h->r->session);
}

/* Don't print earlier events of the session, but print errors from starting its
 * core for us. */
static void
headless_untold(struct headless *h, const struct event *l)
{
	if (l->type == EVENT_LIVE && h->untold.len > 0 &&
	    h->client->pid > 0)
		cmd_say("%s", buf_str(&h->untold));
	if (l->type == EVENT_LIVE || (l->type == EVENT_NOTE &&
	    l->note.resumed))
		buf_clear(&h->untold);
	if (l->type == EVENT_ERROR)
		buf_addf(&h->untold, "%s%s", h->untold.len > 0 ? "\n" : "",
		    l->error.text);
}

/* A line that says that something can't be done, or doesn't start. */
static void
headless_refusal(struct headless *h, const struct ev_refused *l)
{
	if (l->exit.is && l->exit.n == 0) {
		cmd_say("%s", l->text);
		client_leave(h->client);
		h->code = EXIT_DONE;
	} else if (h->stage == STAGE_SPLIT ||
	    h->stage == STAGE_SENT ||
	    !client_is_synced(h->client) || (h->o->first != NULL &&
	    h->stage > STAGE_FIRST && !h->opened)) {
		if (h->choice.proof == PROOF_RUNS)
			h->choice.check_code = EXIT_WAITS;
		headless_choice_failed(h, l->text);
	} else if (guest_is_shown(h->o->guest)) {
		h->looked = false;
		guest_say(h->o->guest, l->text);
	} else
		cmd_say("%s", l->text);
	if (h->r->session == NULL) {
		h->code = client_exit(ev_int(l->exit, EXIT_ERROR));
		xstrset(&h->r->error, l->text);
	}
}

/* Before it is folded. */
static void
headless_before(void *arg, const struct event *l)
{
	struct headless *h = arg;
	bool sent = h->stage == STAGE_SENT;

	if (l->type == EVENT_REFUSED)
		headless_refusal(h, &l->refused);
	else if (l->type == EVENT_HELLO) {
		xstrset(&h->r->session, l->hello.session);
		xstrset(&h->r->dir, l->hello.dir);
		if (h->o->begun != NULL && h->r->session != NULL)
			h->o->begun(h->o->begun_arg, h->r->session);
	} else if (l->type == EVENT_ERROR) {
		xstrset(&h->r->failed, l->error.text);
		if (sent)
			xstrset(&h->choice.why, l->error.text);
	} else if (l->type == EVENT_DELTA) {
		if (h->o->command && ev_is(l->delta.kind, "output"))
			headless_output(h, &l->delta.text);
	} else if (l->type == EVENT_STATUS)
		h->choice.carried = h->choice.carried || (sent &&
		    ev_is(l->status.state, "applying"));
	else if (l->type == EVENT_PROPOSAL)
		h->choice.left_out = l->proposal.refused_len > 0;
}

static void
headless_line(void *arg, const struct event *l)
{
	struct headless *h = arg;

	plain_news_line(&h->plain, l);
	headless_guest_line(h, l);
	stale_line(&h->choice.stale, l);
	if (headless_is_past(h) || l->type == EVENT_LIVE)
		headless_untold(h, l);
	/* This also ends an interrupted apply. */
	if (h->o->recovered && !h->client->live && l->type == EVENT_APPLIED) {
		h->choice.written = 0;
		headless_count_applied(h, &l->applied);
		h->choice.unwritten = 0;	/* of a choice */
		event_keep(&h->finished, l);
	}
	if (!headless_is_past(h) && l->seq > 0 && l->type != EVENT_HELLO)
		headless_journal_line(h, l);
	if (h->o->json && headless_tells(h, l))
		print_json(stdout, h->client->text, h->client->text_len);
}

/* ---- the loop ---- */

/* A signal ends a task that we began. A session that another command began goes
 * on; only we leave it. */
static void
headless_stop(struct headless *h, int signo)
{
	h->r->signo = signo;
	if (!h->o->decide) {
		client_stop(h->client, signo);
		return;
	}
	if (h->r->session != NULL && h->client->interrupts == 0)
		cmd_say("session %s goes on without this command",
		    h->r->session);
	h->client->interrupts++;
	h->client->pid = 0;
	client_leave(h->client);
}

static void
headless_signal(void *arg, int signo)
{
	struct headless *h = arg;

	if (signo == SIGWINCH) {
		if (guest_is_shown(h->o->guest))
			guest_resized(h->o->guest);
		return;
	}
	/* Ctrl-C is for the editor while one runs. */
	if (signo == SIGCHLD || (h->plain.editor.pid != 0 &&
	    signo == SIGINT)) {
		plain_edit_end(&h->plain, false);
		return;
	}
	plain_edit_end(&h->plain, true);
	if (h->plain.question != PLAIN_NOTHING)
		fputc('\n', stdout);
	plain_close(&h->plain);
	headless_stop(h, signo);
}

static void
headless_round(void *arg)
{
	struct headless *h = arg;

	/* It may have failed in a print that left nothing to flush. */
	if ((fflush(stdout) != 0 || ferror(stdout)) &&
	    h->client->interrupts == 0) {
		cmd_say("standard output was closed; stopping");
		headless_stop(h, SIGPIPE);
	}
	guest_tick(h->o->guest);
	headless_ask(h);
}

/* Count the files of an interrupted apply that couldn't be finished or
 * undone. */
static int
headless_say_failed(const struct headless *h)
{
	int n = 0;

	if (h->finished == NULL)
		return 0;
	MEM_EACH(&h->finished->applied, ops, op)
		if (ev_is(op->error, "failed") && n++ < HEADLESS_FAILED_MAX)
			cmd_say("%s", op->text);
	if (n > HEADLESS_FAILED_MAX)
		cmd_say("... and %d more", n - HEADLESS_FAILED_MAX);
	return n;
}

/* The exit code, once it is over and the core has gone, `late` or not. */
static int
headless_code(struct headless *h, enum client_end end, bool late)
{
	struct headless_result *r = h->r;

	if (late && r->session != NULL)
		cmd_say("interrupted; continue with assent resume %s",
		    r->session);
	if (end == CLIENT_STUCK) {
		cmd_say("%s", r->error);
		return EXIT_ERROR;
	}
	if (r->interrupted)
		return EXIT_INTERRUPTED;
	if (h->stage == STAGE_FAILED)
		return h->choice.check_code != 0 ? h->choice.check_code :
		    EXIT_ERROR;
	/* Nothing follows the line that ends an undo. */
	if (h->stage == STAGE_SENT && h->code < 0 && h->opened &&
	    h->o->first != NULL && (h->fold->proposal == NULL ||
	    h->fold->proposal->undo == 0))
		h->code = EXIT_DONE;
	if (h->stage == STAGE_SENT && h->code >= 0)
		return headless_chosen(h);
	if (h->code >= 0 || r->screen)
		return h->code;
	cmd_say("%s%s%s", ev_str(r->error, "the session has ended"),
	    r->session == NULL ? " (ASSENT_DEBUG=1 shows its messages)" :
	    "; continue with assent resume ", ev_str(r->session, ""));
	return EXIT_ERROR;
}

/* For a session whose core ended without the line: what its journal says. */
static void
headless_keep_facts(struct headless *h)
{
	struct event e = { .type = EVENT_AGENT_END, .t = "", .by = "" };
	struct ev_agent_end *end = &e.agent_end;
	AUTO_JSON cJSON *by = facts_end(&h->fold->facts, &e);
	AUTO_JSON cJSON *none = cJSON_CreateObject();
	AUTO_FREE const char **wrote = fold_task_wrote(h->fold,
	    &end->modified_files_len);

	end->modified_files = wrote;
	end->worked_ms = h->fold->facts.usage.task.worked_ms;
	end->calls = h->fold->calls == NULL ? none : h->fold->calls;
	event_keep(&h->r->facts, &e);
	event_release(&e);
}

int
headless_run(struct client *c, const struct headless_options *o,
    struct headless_result *r)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD,
		SIGWINCH, 0 };
	static const struct client_ops ops = { .before = headless_before,
		.line = headless_line, .show = headless_show,
		.stands = plain_stands, .closed = plain_closed,
		.round = headless_round, .types = headless_types,
		.typed = headless_typed, .other = headless_guest_fd,
		.ready = headless_guest_ready, .due = headless_guest_due,
		.signals = signals,
		.signal = headless_signal };
	struct headless h = { .client = c, .o = o, .r = r, .code = -1 };
	enum client_end end;
	bool late = false;

	memset(r, 0, sizeof(*r));
	plain_init(&h.plain, c);
	h.fold = h.plain.fold;
	h.stage = o->decide ? STAGE_FIRST : STAGE_OPEN;
	h.choice.stale.id = o->proposal;
	h.choice.stale.version = o->version;
	h.report = o->command ? stderr : stdout;
	client_open(c, h.fold, &ops, &h);
	client_run(c);
	/* The core is gone, or we leave. */
	if (guest_is_shown(o->guest)) {
		guest_end(o->guest);
		headless_guest_on(&h, false);
	}
	/* The last decision may have come together with the end. */
	if (c->end == CLIENT_ENDED && c->interrupts == 0 && o->decide &&
	    o->choose == NULL)
		headless_decided(&h);
	headless_output_end(&h);
	if (h.finished != NULL && h.stage <= STAGE_OPEN && h.code >= 0 &&
	    !o->quiet)
		cmd_say("%d file%s written", h.choice.written,
		    h.choice.written == 1 ? " is" : "s are");
	if (headless_say_failed(&h) > 0 && h.code == EXIT_DONE)
		h.code = EXIT_ERROR;
	end = c->end;
	if (r->end == NULL)
		headless_keep_facts(&h);
	r->interrupted = c->interrupts > 0;
	r->seq = h.fold->seq;
	if (end == CLIENT_STUCK || (h.code < 0 && c->why != NULL))
		xstrset(&r->error, c->why);
	if (r->screen)
		client_unmask(c);
	else
		late = !client_release(c);
	h.code = headless_code(&h, end, late);
	buf_release(&h.tail);
	pathmap_release(&h.printed);
	event_drop(&h.finished);
	buf_release(&h.untold);
	FREE_ALL(h.told, h.choice.why, h.asked_command);
	stale_release(&h.choice.stale);
	plain_release(&h.plain);
	return h.code;
}

void
headless_result_release(struct headless_result *r)
{
	event_drop(&r->end);
	event_drop(&r->facts);
	FREE_ALL(r->session, r->dir, r->error, r->failed);
}

const struct ev_agent_end *
headless_end_of(const struct headless_result *r)
{
	static struct ev_tokens no_tokens = { .in = { true, 0 },
		.out = { true, 0 }, .cached = { true, 0 } };
	static const struct ev_agent_end none = { .tokens = &no_tokens };

	return r->end != NULL ? &r->end->agent_end : r->facts != NULL ?
	    &r->facts->agent_end : &none;
}
