/*
 * review: what the user has seen of each hunk, plan and command, what a key
 * would do to it, when that key may act, and the command that carries it out.
 * The front end has the terminal, the clock and the keys, and reports each
 * frame here. Terms: a byte is seen once a frame that shows it is on the
 * screen; an act is what keys would do, and to what; it stands while the frame
 * on the screen shows it; something came if it may have changed an act and the
 * user's own key didn't cause it. A mark counts at once, but after something came
 * once that has stood for REVIEW_MS. What writes, approves or permits counts once
 * its act has stood for REVIEW_OWN_MS, and no key but moving came meanwhile.
 */
#ifndef ASSENT_REVIEW_REVIEW_H
#define ASSENT_REVIEW_REVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/pathmap.h"
#include "journal/fold.h"
#include "review/alike.h"
#include "review/moved.h"

#define REVIEW_MS	700
#define REVIEW_OWN_MS	300

#define SEEN_SAVED 2	/* a byte's flag: the front end has saved it */
#define SEEN_PRESUMED 4	/* a byte that only review_presume counts */

struct review_mark {
	char		*hunk;		/* id */
	enum fold_mark	 mark;
	char		*word;		/* or NULL */
	char		*edit;		/* as in struct fold_hunk; or NULL */
	size_t		 edit_len;
};

struct review_step {			/* of one key */
	struct review_mark *was, *now;	/* of each hunk, before and after it */
	size_t		 len;
};

/* The bytes of a text that were in frames on the screen; for a limit, the
 * rows. */
struct seen {
	char		*id;		/* hunk id, "plan:3", "ask:ID",
					   "pause:4" */
	unsigned char	*bytes;		/* for each byte: 0, or seen; at least
					   one */
	size_t		 len, count;
	bool		 fresh;		/* some that were seen aren't saved */
	bool		 framed;	/* a row of it was on the screen */
	bool		 answered;	/* a key marked it that is for what
					   isn't seen in full */
	bool		 keep;		/* for the sweep */
	unsigned	 on_way;	/* our marks that the fold doesn't have
					   yet, */
	bool		 rewrites;	/* one sets or ends an edit or reason */
	struct review_mark sent;	/* the last of them */
	void		*cache;		/* what the front end makes of the text
					   of this length; or NULL */
	void		(*cache_free)(void *);
};

/* The answer that a key would give. */
enum review_prompt {
	PROMPT_NOTHING,		/* no key decides */
	PROMPT_PANE,		/* a pane that asks nothing */
	PROMPT_QUIT,
	PROMPT_CONFIRM,		/* a second key is needed */
	PROMPT_ASK, PROMPT_LIMIT, PROMPT_PLAN,
	PROMPT_CHANGES,		/* the list of applied changes */
	PROMPT_DIFF,
	PROMPT_LINES,		/* lines of a hunk are picked */
};

/* The effect of a key, and its object; compared by value. */
struct review_act {
	enum review_prompt prompt;
	int64_t		 of;		/* the question, plan, proposal, ... */
	/* The page that shows it, */
	int		 pane, height;
	size_t		 top;
	unsigned	 contexts;	/* and which keys mean something there */
	/* and the row under its cursor: what it is, and its numbers. */
	int64_t		 row[5];
	unsigned	 marked, picks;	/* of hunks: all marks, and lines that
					   are picked */
	int		 does;		/* what Enter does by its row, or only
					   Y: an action */
	bool		 capital;
};

struct review_row {			/* a row of a frame */
	struct seen	*seen;		/* NULL: freed since */
	size_t		 off, len;
	bool		 first;		/* review_presume set seen->framed */
};

/* A frame that was sent in full. */
struct review_frame {
	int64_t		 at;		/* when a key can be an answer to it */
	struct review_act act;		/* the effect of a key, and whether it
					   counts */
	bool		 came;		/* that came by itself */
	bool		 told;		/* its words count its rows as seen */
	struct review_row *rows;
	size_t		 rows_len;
};

/* The frame drawn last: review_drawn makes it the second or third, review_sent
 * the first again. */
enum review_frame_state {
	FRAME_SENT,
	FRAME_DRAWN,		/* it may still be drawn over */
	FRAME_DRAWN_CAME,	/* the same, and something had come before it */
};

/* Things that wait for the user. */
enum review_wait {
	REVIEW_NOTHING, REVIEW_ASK, REVIEW_LIMIT, REVIEW_PLAN, REVIEW_DIFF,
	REVIEW_WAITS,
};

/* News since the user last looked. A hunk is known if the user had seen all of
 * it, or decided it, in an earlier version or an earlier proposal of the
 * session: with the same path and the same text, context included
 * (gate/hunk.c). */
struct review_news {
	bool		 on;		/* hunks that are known are hidden */
	bool		 split;		/* the user has split a hunk */
	uint64_t	*known;		/* hunks, by hash */
	size_t		 known_len, known_room;
	/* how this version differs from the one before: hunks, and the texts
	 * of comments on the gone ones that weren't sent */
	size_t		 added, gone;
	char		**unsent;
	size_t		 unsent_len;
};

struct review {
	const struct fold *fold;	/* borrowed */
	const char	*left_out;	/* why marks of the last command were
					   left out; NULL: none was */
	/* in sight */
	struct pathmap	 seen;		/* by id */
	bool		 fresh;		/* some of it isn't saved */
	int64_t		 swept;		/* the fold's seq when records of gone
					   texts were last freed */
	struct review_row *rows;	/* of the frame that is drawn: it
					   begins with none */
	size_t		 rows_len;
	struct review_row *presumed;	/* until review_recall */
	size_t		 presumed_len;
	bool		 told;		/* the words of the frame that is drawn
					   count its rows as seen */
	struct review_frame *frames;	/* not settled yet; oldest first */
	size_t		 frames_len;
	/* when a key counts */
	struct review_act drawn, stands; /* its effect in the last frame, and in
					   the one on the screen */
	bool		 came;		/* something came by itself since the
					   last frame, and may have changed what
					   a key would do */
	enum review_frame_state last;
	int64_t		 came_until;	/* no mark counts before this, since
					   something came; 0: it does */
	int64_t		 counts_at;	/* the same of what writes, approves or
					   permits */
	/* marks */
	unsigned	 marked;	/* counts the changes of the proposal
					   and of the marks in it */
	struct review_step *steps;	/* since the last decision */
	size_t		 steps_len, step_at;
	struct review_news news;
	struct alike	 alike;		/* see review_alike_make() */
	struct moved	 moved;		/* see review_moved() */
	/* questions and proposals */
	bool		 waits[REVIEW_WAITS];
	int		 waiting;	/* how many wait */
	enum review_wait first;		/* of them: what stops the agent before
					   what may not */
};

void	review_release(struct review *);

/* ---- review.c: what was on the screen ---- */

struct seen *seen_find(const struct review *, const char *id);
/* Find or create the record; if the text's length has changed, it starts again:
 * unseen text never counts as seen. */
struct seen *seen_get(struct review *, const char *id, size_t len);
bool	seen_is_full(const struct seen *);
/* These bytes were seen. */
void	seen_count(struct seen *, size_t off, size_t len);
/* How many lines of the text were not seen in full. */
int	seen_missing_lines(const struct seen *, const char *text, size_t len);

void	review_row(struct review *, struct seen *, size_t off, size_t len);
/* A frame is drawn. What a key would do; PROMPT_NOTHING also if not all of the
 * question was drawn. */
void	review_drawn(struct review *, struct review_act);
/* Until review_recall, count the rows of the frame that is drawn as seen: it is
 * drawn again with the words that are right once it is on the screen. No key is
 * judged meanwhile. False: it has no news, or what came before it must settle
 * first. */
bool	review_presume(struct review *);
/* Take that back; true if the second drawing has the same rows. */
bool	review_recall(struct review *);
/* It was sent in full. Keys read later than `at` can answer it. */
void	review_sent(struct review *, int64_t at);
/* How much was seen for the first time. */
enum review_saw {
	REVIEW_SAW_NOTHING,
	REVIEW_SAW_TOLD,	/* some, and the frame's words say so */
	REVIEW_SAW_MORE,
	REVIEW_SAW_ALL,		/* of a text: the frame that calls it unseen
				   must be drawn again */
};

/* Count the frames sent up to `now` as displayed. */
enum review_saw review_settle(struct review *, int64_t now);
/* Another program had the terminal: nothing that was sent is on the screen, and
 * the time starts again. */
void	review_unsend(struct review *);

/* Does the screen already show that a key would do this? */
bool	review_still_shows(const struct review *, const struct review_act *);
/* Does a key that marks, or chooses, count; what it would do now? */
bool	review_marks_count(const struct review *, const struct review_act *);
/* Nothing is written, approved or permitted before that. */
void	review_wait(struct review *, int64_t until);
/* The time went by, and nothing that was typed before is still to be read. True
 * if keys that mark begin to count. */
bool	review_tick(struct review *, int64_t now);

/* ---- target.c: what a key is about, and does ---- */

enum review_scope {
	REVIEW_HUNK,	/* this one; else several, of which none is accepted
			   that overwrites newer lines: */
	REVIEW_REST,	/* it and those below it in its file, */
	REVIEW_FILE,	/* all of the file, */
	REVIEW_FOLDER,	/* or of its folder, */
	REVIEW_ALIKE,	/* it and those that make the same change; none that is
			   hidden; */
	REVIEW_ALL,	/* all of the proposal, hidden ones too */
};

struct review_target {
	enum review_scope scope;
	enum fold_mark	 mark;
	const struct fold_file *file;
	const struct fold_hunk *hunk;	/* NULL: of a file or folder */
};

/* The hunks that aren't decided, by their marks. */
struct review_effect { size_t all, yes, no, open, files, /* with a yes */
	    binaries; /* of those that are open: in rows of them */ };

/* The effect of a target. The hunks are those of the fold's proposal; valid
 * while review.marked stays the same. */
struct review_choice {
	const struct fold_hunk **hunks;	/* get the mark */
	size_t		 len;
	size_t		 newer;		/* open ones that overwrite newer
					   lines */
	size_t		 edited, rejected, open; /* others that it names: they
					   stay as they are */
	struct review_effect effect;	/* the marks then */
};

/* NULL: nothing; the marks stay as they are. */
struct review_choice review_choose(const struct review *,
	    const struct review_target *);
void	review_choice_release(struct review_choice *);
/* The marks as they are. */
struct review_effect review_effect(const struct review *);
bool	review_is_open(const struct review *, const struct fold_hunk *);
/* How many of the choice weren't seen in full, and their lines. */
size_t	review_unseen(const struct review *, const struct review_choice *,
	    int *lines);
/* What a write would do with the marks as they are; of an undo without marks, with
 * all of it. */
struct review_write {
	struct review_effect effect;
	size_t		 unread;	/* hunks marked without having been read,
					   and nobody answered that */
	const struct fold_hunk *first;	/* of them, or NULL */
	bool		 capital;	/* only a key for that writes: what is
					   unread, overwrites newer lines, fails
					   the check, is half of something, or
					   was blocked */
};

/* Append it in words for every front end, by these names of the two keys:
 * "Enter writes 3 hunks to 2 files, rejects 1 · check passes with these". */
struct review_write review_write(struct review *, const char *enter,
	    const char *capital, struct buf *);
/* Is it an undo or redo without a mark, which is decided as a whole? */
bool	review_is_undo(const struct review *);
/* Where blocks of lines moved. */
const struct moved *review_moved(struct review *);
/* Facts about the proposal; all false if there is none. */
struct review_facts {
	bool		 has_model;	/* a model gets the result of this
					   review: not for an undo or a try, as
					   in the core's feedback
					   (core/agent/say.c) */
	bool		 tells;		/* the model gets what is rejected when
					   all is decided: there is a comment
					   or a reason, or it is still at
					   work */
	bool		 redoes;	/* it undoes a change, and redoes one by
					   that */
	bool		 check_is_old;	/* it undoes a change, and the check is
					   an earlier task's */
};

struct review_facts review_facts(const struct review *);
/* The check ran with all hunks, and the marks choose some. */
bool	review_is_unchecked(const struct review *);

/* ---- target.c: hunks that make the same change ---- */

/* Look for hunks that make the same change, if that isn't done yet for this
 * version: none of those that need a look of their own, in a protected file, one
 * with weakened tests, a note, another name, kind or mode, and over newer lines of
 * the user's. */
void	review_alike_make(struct review *);
/* The group of this one, from 1; 0: none. */
size_t	review_alike(const struct review *, const struct fold_hunk *);
/* How many hunks a group has, and the one at place i, from 0. */
size_t	review_alike_len(const struct review *, size_t group);
const struct fold_at *review_alike_member(const struct review *, size_t group,
	    size_t i);

/* ---- review.c: what is new since the user looked ---- */

/* Call with a line before it is folded. */
void	review_before(struct review *, const struct event *);
/* The user has seen all of this hunk, in an earlier front end. */
void	review_known(struct review *, const struct fold_hunk *);
/* Is it the same as a hunk that the user rejected before? */
bool	review_was_rejected(const struct review *, const struct fold_hunk *);
/* How many hunks are new, and how many known. */
size_t	review_news_count(const struct review *, size_t *known);
bool	review_hides(const struct review *, const struct fold_hunk *);

/* ---- review.c: the only place that makes the commands of a decision ---- */

/* The hunk's mark as the front end knows it: sent, or in the fold. Borrowed,
 * until the next is sent. */
struct review_mark review_mark_of(const struct review *,
	    const struct fold_hunk *);

/* The commands below count as sent; each is NULL if nothing is to be sent. */

/* The same mark for hunks, with this reason or NULL; `overwrite`: also where it
 * overwrites newer lines; `answered`: the key is for what isn't read. */
cJSON	*review_marks(struct review *, const struct fold_hunk *const *,
	    size_t len, enum fold_mark, const char *word, bool overwrite,
	    bool answered);

struct review_stepped {
	const char	*hunk;		/* id of the first one; NULL: no step */
	size_t		 n;		/* hunks that got another mark */
};

/* Take back the last verdict: each hunk has the mark again that it had before.
 * Or do the next one again that was taken back. Accept no hunk that overwrites
 * newer lines. */
cJSON	*review_step(struct review *, bool back, struct review_stepped *);
/* Is there one? */
bool	review_can_step(const struct review *, bool back);
/* Accept a hunk as edited, or some of its lines. `seen`: the user has seen all of
 * it in an editor; `answered`: as above. */
cJSON	*review_edit(struct review *, const struct fold_hunk *,
	    const char *text, size_t len, bool seen, bool answered);
/* Write what is accepted, and reject what is rejected; open hunks stay open. An
 * undo without marks writes all of it, or (`undoes`) none. */
cJSON	*review_decide(struct review *, bool undoes);
cJSON	*review_plan(const struct review *, const char *action,
	    const char *word, const cJSON *plan);
/* The answer whether the waiting command may run. */
cJSON	*review_answer(const struct review *, bool allow, const char *scope);
enum review_change {
	REVIEW_KNOWN,		/* it has nothing but marks that the front end
				   sent, and shows */
	REVIEW_CHANGED,
	REVIEW_FREED,		/* and the records of texts that no longer exist
				   were freed */
};

/* Call for each line after the fold has it: it may confirm marks that were
 * sent. */
enum review_change review_after(struct review *, const struct event *);

/* ---- target.c: what waits for the user ---- */

/* Note what began to wait, and what no longer does. */
void	review_update_waits(struct review *);
/* The name of what waits, "ask:ID" "pause:…", with which an answer is compared;
 * malloc'ed or NULL. */
char	*review_question(const struct review *);
/* The name of what waits of this kind, "ask:ID" "pause:5" "plan:2" "diff:17";
 * malloc'ed, NULL for REVIEW_NOTHING. */
char	*review_wait_name(const struct review *, enum review_wait);
/* What waits, in words of ours: "a plan to review". */
const char *review_wait_words(const struct review *, enum review_wait);

#endif
