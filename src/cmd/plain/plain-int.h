/* plain-int: what plain.c (the loop, what comes), plain-typed.c (messages and
 * commands), plain-kept.c (those that were not taken), plain-ask.c (what waits), plain-change.c (the changes) and
 * plain-output.c (what the user runs) share; for these only. */
#ifndef ASSENT_CMD_PLAIN_PLAIN_INT_H
#define ASSENT_CMD_PLAIN_PLAIN_INT_H

#include "cmd/plain/plain.h"

#include "base/buf.h"
#include "base/pathmap.h"
#include "journal/fold.h"
#include "front/editor.h"
#include "front/history.h"

enum plain_question {
	PLAIN_NOTHING, PLAIN_PLAN, PLAIN_COMMAND, PLAIN_LIMIT, PLAIN_CHANGE,
	PLAIN_LINES,		/* which lines of the change? */
	PLAIN_CONFIRM,		/* take what was not shown? */
};

struct plain_answer {
	char	*hunk;
	bool	 given;		/* else it was taken back */
};

struct plain {
	struct client	*client;
	struct fold	*fold;
	int		 sig_fd;
	struct buf	 typed;		/* not a whole line yet */
	bool		 live;		/* what was, has been read */
	cJSON		*held;		/* lines to be printed later */
	char		*told;		/* what was last said to wait */
	char		*said;		/* what the model said last, or NULL */
	char		*waits_for;	/* in whose words */
	int		 interrupts;	/* one after the other */
	bool		 own;		/* a command of the user's is running */
	struct buf	 out;		/* its last line, so far */
	size_t		 out_lines;	/* before that */
	size_t		 queued;	/* commands that wait */
	cJSON		*sent;		/* messages that the core may refuse */
	char		*kept;		/* typed and not taken, or NULL */
	bool		 writing;	/* a message, in the editor */
	struct history	 history;
	bool		 ended;		/* the core has said so: it is no death */
	bool		 done;
	enum ui_end	 end;
	int		 code;

	/* ---- plain-ask.c, plain-change.c ---- */
	enum plain_question question;
	char		*about;		/* the waiting that it is about */
	char		*hunk;		/* the change that it is about, */
	char		*text;		/* as it was printed */
	size_t		 text_len;
	bool		 overwrites;	/* newer lines, as was said with it */
	char		*before;	/* the change that was answered before */
	struct pathmap	 answered;	/* of struct plain_answer, by hunk, of
					   this proposal */
	struct pathmap	 printed;	/* ids of what was printed */
	bool		 all;		/* the second key is for all files */
	bool		 few;		/* a letter for each change, as exec and
					   try ask; nothing else */
	bool		 quit;		/* by its letter */
	struct editor	 editor;	/* of the change, while it runs */
	int64_t		 summary_seq;	/* or of this summary; 0: it is not */
	const struct slash_command_models *models;	/* that /model may name */
};

/* ---- plain.c ---- */
void	plain_send_take(struct plain *, cJSON *);
/* A line of ours, also while a question stands. */
void	plain_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- plain-typed.c ---- */
void	plain_read_typed(struct plain *);	/* standard input has something */
void	plain_do_detach(struct plain *);	/* as if it had been typed */
void	plain_do_interrupt(struct plain *);
/* The editor of a summary has ended. */
void	plain_summary_edited(struct plain *, int status);

/* What a line says that was typed, or written. */
void	plain_typed_text(struct plain *, const char *text);

/* ---- plain-kept.c ---- */
void	plain_message(struct plain *, const char *text);	/* to the agent */
/* The core has taken one, or has not. */
void	plain_kept_line(struct plain *, const cJSON *);
void	plain_kept_say(const struct plain *);	/* how it is had again */
void	plain_keep(struct plain *, const char *text);	/* not taken by us */
void	plain_do_again(struct plain *);
void	plain_do_edit(struct plain *);
void	plain_written(struct plain *, int status);	/* the editor's */
void	plain_kept_release(struct plain *);

/* ---- plain-output.c ---- */
/* Print what this line says of the user's own command; true if that is all. */
bool	plain_output(struct plain *, const cJSON *line);

/* ---- plain-ask.c ---- */
/* "diff:17" and so on: what a person is waited for; malloc'ed or NULL. */
char	*plain_waiting(const struct plain *);
/* Ask: what was typed before is dropped, then the words are printed. */
void	plain_prompt(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));
void	plain_set(char **to, const char *text);		/* a copy, or NULL */
void	plain_close(struct plain *);			/* the question */
/* Show what waits, and ask. False if nothing does. */
bool	plain_ask(struct plain *);
/* A line that was typed while a question stood. */
void	plain_answer(struct plain *, const char *line);
/* Is what the question is about still there? Takes it back if not. */
void	plain_ask_check(struct plain *);
void	plain_ask_release(struct plain *);

/* ---- plain-change.c ---- */
/* Changes of the proposal, and those that have an answer, given or sent. */
int	plain_count(const struct plain *, int *answered);
void	plain_ask_changes(struct plain *);	/* the first of them */
/* The letter that a line about a change is, or '?'; *word: the words after it. */
char	plain_letter(const char *line, bool few, const char **word);
void	plain_answer_change(struct plain *, const char *line);
void	plain_answer_lines(struct plain *, const char *line);
void	plain_answer_confirm(struct plain *, const char *line);
/* Is it still the text that the question is about? */
bool	plain_change_stands(struct plain *);
/* The editor of a change has ended. */
void	plain_edited(struct plain *, int status);

#endif
