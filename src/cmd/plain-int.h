/* plain-int: shared only by plain.c (the loop and the core's lines),
 * plain-typed.c (messages and commands), plain-kept.c (rejected ones),
 * plain-ask.c (questions), plain-change.c (changes), plain-move.c (from one
 * change to another) and plain-output.c (the user's own commands). */
#ifndef ASSENT_CMD_PLAIN_INT_H
#define ASSENT_CMD_PLAIN_INT_H

#include "cmd/plain.h"

#include "base/buf.h"
#include "base/pathmap.h"
#include "journal/fold-proposal.h"
#include "front/commit-run.h"
#include "front/editor.h"
#include "front/history.h"

enum plain_question {
	PLAIN_NOTHING, PLAIN_PLAN, PLAIN_COMMAND, PLAIN_LIMIT, PLAIN_CHANGE,
	PLAIN_LINES,		/* which lines of the change? */
	PLAIN_PICKED,		/* accept them, as printed? */
	PLAIN_CONFIRM,		/* accept unseen changes? */
};

struct plain_answer {
	char	*hunk;
	bool	 given;		/* false: undone */
};

struct plain {
	struct client	*client;
	struct fold	*fold;
	const char	*root;		/* as in struct ui_options */
	struct commit_run commit;
	int		 sig_fd;
	struct buf	 typed;		/* an incomplete line */
	bool		 live;		/* past lines have been read */
	cJSON		*held;		/* lines to print later */
	char		*told;		/* what plain_is_news() last saw */
	char		*said;		/* the model's last message, or NULL */
	char		*doing;		/* as the core described it */
	int		 interrupts;	/* one at a time */
	bool		 own;		/* a command of the user is running */
	struct buf	 out;		/* its last line, so far */
	size_t		 out_lines;	/* before that */
	size_t		 queued;	/* queued commands */
	cJSON		*sent;		/* messages the core may still reject */
	char		*kept;		/* rejected message, or NULL */
	bool		 writing;	/* a message, in the editor */
	struct history	 history;
	bool		 ended;		/* the session ended normally */
	bool		 done;
	enum ui_end	 end;
	int		 code;

	/* ---- plain-ask.c, plain-change.c ---- */
	enum plain_question question;
	char		*about;		/* what the question is for */
	char		*hunk;		/* the change of the question, */
	char		*text;		/* as it was printed */
	size_t		 text_len;
	struct buf	 picked;	/* with the picked lines only */
	bool		 overwrites;	/* newer lines shown with it */
	char		*last_answered;	/* id of the change; or NULL */
	char		*after;		/* the next one is the first open one
					   after this; or NULL */
	char		*next;		/* the change to ask about next, as the
					   user chose; or NULL */
	struct pathmap	 answered;	/* of struct plain_answer, by hunk, of
					   this proposal */
	struct pathmap	 printed;	/* ids of changes printed in full */
	bool		 one;		/* the confirmation is for this one, */
	bool		 all;		/* or for all files */
	bool		 quit;		/* by its letter */
	bool		 checks;	/* the success check, by its letter */
	struct editor	 editor;	/* of the change, while it runs */
	int64_t		 summary_seq;	/* or of this summary; or 0 */
	const struct slash_command_models *models;	/* names for /model */
};

/* ---- plain.c ---- */
void	plain_send_take(struct plain *, cJSON *);
/* A line of the core after which what waits is news again. */
void	plain_news_line(struct plain *, const cJSON *);
/* Has the editor ended? `now`: it must, and its text is dropped. */
void	plain_edit_end(struct plain *, bool now);
/* Prints a line of ours, even while a question is open. */
void	plain_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- plain-typed.c ---- */
void	plain_read_typed(struct plain *);	/* standard input is readable */
void	plain_do_detach(struct plain *);	/* as if typed */
/* The editor of a summary has exited. */
void	plain_summary_edited(struct plain *, int status);

/* Handles a typed or edited line. */
void	plain_typed_text(struct plain *, const char *text);

/* ---- plain-kept.c ---- */
void	plain_message(struct plain *, const char *text);	/* to the agent */
/* The core accepted or rejected one. */
void	plain_kept_line(struct plain *, const cJSON *);
void	plain_kept_say(const struct plain *);	/* how to get it back */
void	plain_keep(struct plain *, const char *text);	/* rejected by us */
void	plain_do_again(struct plain *);
void	plain_do_edit(struct plain *);
void	plain_written(struct plain *, int status);	/* from the editor */

/* ---- plain-output.c ---- */
/* Print a line about the user's own command; true if it is done with. */
bool	plain_output(struct plain *, const cJSON *line);

/* ---- plain-ask.c ---- */
void	plain_prompt(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));
void	plain_close(struct plain *);			/* the question */
/* Is it the user's turn? */
bool	plain_is_still(const struct plain *);
/* Does something wait that didn't before? */
bool	plain_is_news(struct plain *);
/* Show what waits, and ask. False if nothing waits. */
bool	plain_ask(struct plain *);
/* A line typed while a question was open. */
void	plain_answer(struct plain *, const char *line);
/* Is the question still valid? Withdraws it if not. */
void	plain_ask_check(struct plain *);
void	plain_ask_release(struct plain *);

/* ---- plain-move.c ---- */
/* Has it been answered, here or on another screen? */
bool	plain_has_answer(const struct plain *, const struct fold_hunk *);
/* The change to ask about: the first without an answer after p->after, else the
 * first of all; NULL if there is none. */
const struct fold_hunk *plain_next(const struct plain *,
	    const struct fold_file **);
/* All changes in order, and how many there are; the caller frees *v. *at: the
 * index of the one with this id, or the count if none is. */
size_t	plain_places(const struct plain *, const char *id, struct fold_at **v,
	    size_t *at);
/* The changes of the proposal, and those with an answer, given or sent. */
int	plain_count(const struct plain *, int *answered);
/* The letters that move to another change: "J" "K" "m" "g". Sets p->next,
 * or says why not. */
void	plain_move(struct plain *, char letter, const char *word);
/* Ask about this change next: after a split, its first part. */
void	plain_continue_at(struct plain *, const struct fold_hunk *);

/* ---- plain-change.c ---- */
void	plain_ask_changes(struct plain *);	/* the first of them */
/* The letter in an answer, or '?'; *word: the text after it. */
char	plain_letter(const char *line, const char **word);
void	plain_answer_change(struct plain *, const char *line);
void	plain_answer_lines(struct plain *, const char *line);
void	plain_answer_picked(struct plain *, const char *line);
void	plain_answer_confirm(struct plain *, const char *line);
/* Is it still the text of the question? */
bool	plain_change_stands(struct plain *);
/* The editor of a change has exited. */
void	plain_edited(struct plain *, int status);

#endif
