/*
 * Carries out the decisions of --accept and the like, `decide` and `undo`:
 * sends the commands when the proposal is ready, and checks the results.
 */
#include "config.h"

#include "cmd/headless-int.h"

#include <string.h>

#include "base/json.h"
#include "front/client.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"

#define HEADLESS_NOT_ALL "not everything could be written; the rest is " \
	"proposed again (see assent show)"

/* Give up the choice without a decision, and report why. */
void
headless_choice_failed(struct headless *h, const char *why)
{
	if (h->choice == CHOICE_FAILED)
		return;
	h->choice = CHOICE_FAILED;
	if (h->written > 0)
		cmd_say("%d file%s written, but not all you chose: %s",
		    h->written, h->written == 1 ? " was" : "s were", why);
	else
		cmd_say("nothing was changed: %s", why);
	if (h->o->decide)
		h->left = true;
	else
		headless_send(h, command_of("end"));
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
	else if (!stale_check(&h->stale, &e))
		return false;
	headless_choice_failed(h, e.text);
	return true;
}

/* Remember the files in the proposal, to tell those that are added later. */
static void
headless_keep_chosen(struct headless *h)
{
	const struct fold_proposal *p = h->fold->proposal;
	size_t i;

	for (i = 0; i < p->files_len; i++) {
		pathmap_add(&h->chosen, p->files[i].path, sizeof(char *));
		if (p->files[i].from != NULL)
			pathmap_add(&h->chosen, p->files[i].from,
			    sizeof(char *));
	}
}

/* Count the hunks of files that weren't in the proposal before, for lack of
 * room. */
static int
headless_new_hunks(const struct headless *h)
{
	const struct fold_proposal *p = h->fold->proposal;
	size_t i;
	int n = 0;

	for (i = 0; p != NULL && i < p->files_len; i++)
		if (pathmap_find(&h->chosen, p->files[i].path) == NULL)
			n += (int)p->files[i].hunks_len;
	return n;
}

/* Does the choice leave all of the open hunks open on purpose? If so, print
 * them once and end. */
static bool
headless_left_open(struct headless *h)
{
	AUTO_BUF struct buf b = BUF_INIT(0), room = BUF_INIT(0);
	int n = fold_hunks(h->fold->proposal), new = headless_new_hunks(h);
	bool over = select_left_open(h->fold->proposal, &b);
	/* Parts of a hunk may have been merged again. */
	bool all = n - new <= h->kept_open && h->unwritten == 0 &&
	    (over || new > 0 || select_leaves_rest(h->o->choose));

	if (all && !h->told_open) {
		h->told_open = true;
		if (b.len > 0)
			print_text(stderr, "", "", buf_str(&b));
		if (!over && new > 0)
			buf_addf(&room, " (%d had no room in the earlier "
			    "proposal)", new);
		if (!over)
			print_words(stderr, "open: %d hunk%s%s; assent show "
			    "prints %s", n, n == 1 ? "" : "s", buf_str(&room),
			    n == 1 ? "it" : "them");
		if (h->o->decide)
			h->left = true;
		else
			headless_send(h, command_of("end"));
	}
	return all;
}

/* ---- the check of what is accepted ---- */

/* The marks are drafts until it has passed. True if it runs or has failed. */
static bool
headless_check(struct headless *h, const cJSON *marks)
{
	const cJSON *it;
	bool any = false;

	if (!h->o->check || h->check == CHECK_PASSED)
		return false;
	cJSON_ArrayForEach(it, marks)
		any = any || !json_is(it, "mark", "no");
	if (h->check == CHECK_NOT_RUN && any) {
		headless_send(h, command_marks_held(h->fold->proposal,
		    cJSON_Duplicate(marks, 1)));
		headless_send(h, command_of("evidence"));
		h->check = CHECK_RUNS;
	}
	return any;
}

void
headless_checked(struct headless *h, const cJSON *line)
{
	const char *killed = json_str(line, "killed");
	const char *command = json_str_or(line, "command", "?");
	const char *text = json_str_or(line, "text", "");
	int64_t status = json_int(line, "exit", -1);
	AUTO_BUF struct buf why = BUF_INIT(0);

	/* Somebody ended it on another screen. */
	if (json_bool(line, "stopped", false) &&
	    fold_check_is_partial(&h->fold->evidence)) {
		h->check = CHECK_FAILED;
		h->check_code = EXIT_WAITS;
		headless_choice_failed(h, "the success check was ended");
		return;
	}
	if (!json_is(line, "status", "done") ||
	    !json_is(line, "where", "accepted"))
		return;
	if (killed == NULL && status == 0) {
		h->check = CHECK_PASSED;
		print_words(stderr, "check: %s passed", command);
		return;
	}
	h->check = CHECK_FAILED;
	h->check_code = killed == NULL ? EXIT_UNPROVEN :
	    fold_not_run(killed) ? EXIT_WAITS : EXIT_LIMIT;
	if (*text != '\0')
		print_text(stderr, "", "", text);
	if (killed != NULL)
		buf_addf(&why, "the success check didn't end: %s: %s", command,
		    json_str_or(line, "limit", killed));
	else
		buf_addf(&why, "the success check failed: %s, exit %lld",
		    command, (long long)status);
	headless_choice_failed(h, buf_str(&why));
}

void
headless_choose(struct headless *h)
{
	const struct fold_proposal *p = h->fold->proposal;
	struct err e = ERR_INIT;
	cJSON *list;

	if (h->barrier || (h->o->first != NULL && !h->opened) ||
	    (h->o->comments_len > 0 && !h->commented))
		return;
	if (h->choice == CHOICE_OPEN && h->o->decide && h->o->first == NULL &&
	    !h->included && headless_is_stale(h))
		return;
	if (h->choice == CHOICE_OPEN) {
		list = h->o->patch != NULL && select_patch_numbers(
		    h->o->choose, p, h->o->patch, &e) < 0 ? NULL :
		    select_splits(h->o->choose, p, &e);
		if (list == NULL) {
			headless_choice_failed(h, e.text);
			return;
		}
		h->choice = CHOICE_SPLIT;
		h->choice_version = p->version + cJSON_GetArraySize(list);
		headless_send_all(h, list);
	}
	if (h->choice == CHOICE_SPLIT && p->version >= h->choice_version) {
		list = select_marks(h->o->choose, p, &h->kept_open, &e);
		if (list == NULL) {
			headless_choice_failed(h, e.text);
			return;
		}
		if (headless_check(h, list)) {
			cJSON_Delete(list);
			return;
		}
		h->choice = CHOICE_SENT;
		h->choice_version = p->version;
		h->choice_id = p->id;
		headless_keep_chosen(h);
		if (list->child == NULL) {
			cJSON_Delete(list);
			h->code = EXIT_WAITS;
			(void)headless_left_open(h);
			return;
		}
		/* One command with all marks: the core carries out all of them
		 * or none. */
		list = command_decide(p, list);
		json_add_str(list, "say", h->o->feedback);
		headless_send(h, list);
	} else if (h->choice == CHOICE_SENT && p->version > h->choice_version &&
	    !headless_left_open(h))
		headless_choice_failed(h, HEADLESS_NOT_ALL);
}

void
headless_count_applied(struct headless *h, const cJSON *line)
{
	const cJSON *op;

	cJSON_ArrayForEach(op, json_array(line, "ops"))
		if (json_bool(op, "ok", false))
			h->written++;
		else
			h->unwritten++;
}

void
headless_count_decided(struct headless *h, const cJSON *line)
{
	const cJSON *file, *hunk;

	cJSON_ArrayForEach(file, json_array(line, "files"))
		cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
			if (strcmp(json_str_or(hunk, "decision", ""), "no") ==
			    0)
				h->rejected++;
			else
				h->accepted++;
}

/* Without a choice: the user decides the proposal, or it stays open. */
static void
headless_undone(struct headless *h, bool open, bool idle)
{
	if (open && h->o->person)
		return;
	h->left = open || idle;
	h->code = open ? EXIT_WAITS : EXIT_DONE;
}

/* The core answers this after it has done everything sent before. */
static void
headless_barrier(struct headless *h)
{
	headless_send(h, command_int("attach", "from", HEADLESS_NEVER));
	h->barrier = true;
}

static void
headless_comment(struct headless *h, bool open)
{
	struct err e = ERR_INIT;
	cJSON *list, *o;

	h->commented = true;
	if (!open) {
		headless_choice_failed(h, "the session has no open proposal");
		return;
	}
	if (!h->included && headless_is_stale(h))
		return;
	list = select_comments(h->o->comments, h->o->comments_len,
	    h->fold->proposal, &e);
	if (list == NULL) {
		headless_choice_failed(h, e.text);
		return;
	}
	/* A question is asked with what was chosen, too. */
	cJSON_ArrayForEach(o, list)
		json_add_bool(o, "hold", true);
	headless_send_all(h, list);
	headless_barrier(h);
}

/* More hunks join the proposal, and only then the choice's numbers apply. */
static void
headless_include(struct headless *h)
{
	if (h->o->version != 0 && headless_is_stale(h))
		return;
	h->included = true;
	headless_send_all(h, cJSON_Duplicate(h->o->include, 1));
	headless_barrier(h);
}

/* For `decide`: is the choice carried out, and the session idle? */
void
headless_decided(struct headless *h)
{
	const struct fold *f = h->fold;
	bool open = f->proposal != NULL && f->proposal->files_len > 0;
	bool idle = f->state != NULL && strcmp(f->state, "idle") == 0;
	bool waiting = f->state != NULL && strcmp(f->state, "waiting") == 0;

	if (h->o->first != NULL && !h->begun && (idle || waiting)) {
		/* The choice is for the proposal that we request, not for this
		 * one. */
		if (open) {
			headless_choice_failed(h, "decide the open proposal "
			    "first (see assent show)");
			return;
		}
		h->begun = true;
		headless_send(h, cJSON_Duplicate(h->o->first, 1));
		return;
	}
	if (h->o->include != NULL && !h->included && (idle || waiting)) {
		headless_include(h);
		return;
	}
	if (h->barrier)
		return;
	/* The interrupted apply is recovered, and there is nothing else to
	 * decide. */
	if (h->o->recovered && h->choice == CHOICE_OPEN && h->live &&
	    (idle || waiting) && (!open || (h->o->choose == NULL &&
	    !h->o->person))) {
		h->left = true;
		h->code = open ? EXIT_WAITS : EXIT_DONE;
		return;
	}
	if (h->o->comments_len > 0 && !h->commented && (idle || waiting)) {
		headless_comment(h, open);
		return;
	}
	if ((h->included || h->commented) && h->o->choose == NULL &&
	    h->choice == CHOICE_OPEN) {
		h->left = true;
		h->code = open ? EXIT_WAITS : EXIT_DONE;
		return;
	}
	h->opened = h->opened || (open && (h->o->first == NULL ||
	    (h->begun && f->proposal->undo != 0)));
	if (h->begun && !h->opened)
		return;
	if ((h->begun || h->o->person) && h->opened &&
	    h->o->choose == NULL) {
		headless_undone(h, open, idle);
		return;
	}
	if (h->choice == CHOICE_OPEN && (idle || waiting) && !open) {
		headless_choice_failed(h, idle ? "the session has no open "
		    "proposal" : "the session isn't waiting for a decision on "
		    "a proposal; see assent resume");
		return;
	}
	if (h->choice != CHOICE_SENT || (!idle && !waiting))
		return;
	if (open && f->proposal->version <= h->choice_version &&
	    f->proposal->id == h->choice_id) {
		/* The session has finished without a new proposal. */
		if (h->carried)
			headless_choice_failed(h, h->why != NULL ? h->why :
			    "can't carry out the decision; see assent log");
		return;
	}
	h->left = true;
	h->code = open ? EXIT_WAITS : h->r->end != NULL ? h->code : EXIT_DONE;
	if (open && f->proposal->id == h->choice_id && !headless_left_open(h))
		headless_choice_failed(h, HEADLESS_NOT_ALL);
}

/* The exit status: EXIT_WAITS if hunks were only rejected, or if a file can't
 * be proposed. */
int
headless_chosen(const struct headless *h)
{
	bool ends = h->code == EXIT_DONE || json_is(h->r->end,
	    "outcome", "refused");

	if (!ends || h->o->first != NULL)
		return h->code;
	if (h->left_out || json_bool(h->r->end, "left_out", false)) {
		cmd_say("decided as chosen, except files that can't be "
		    "proposed");
		return EXIT_WAITS;
	}
	return h->rejected > 0 && h->accepted == 0 && h->written == 0 ?
	    EXIT_WAITS : h->code;
}
