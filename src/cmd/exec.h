/*
 * exec: runs a session without the UI, for exec, try and demo: prints its
 * lines, asks the user on a terminal, passes signals on, and returns the
 * session's exit code. exec.c has the loop and the decisions of the command
 * line, exec-print.c what is printed.
 */
#ifndef ASSENT_CMD_EXEC_H
#define ASSENT_CMD_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/pathmap.h"
#include "cmd/plain.h"
#include "cmd/proposal-file.h"
#include "cmd/select.h"
#include "front/client.h"
#include "journal/event.h"
#include "journal/fold.h"

struct headless_options {
	bool	 json;		/* journal lines on stdout, nothing else */
	bool	 command;	/* try: output and diff on stdout, everything
				   else on stderr */
	const struct buf *patch; /* the command is ours and applies it: print
				   only its failure; or NULL */
	bool	 person;	/* there is a terminal for questions */
	bool	 screen;	/* with the full-screen UI: leave them to it */
	bool	 recovered;	/* the core dealt with an interrupted apply
				   when it started; decide only */
	bool	 resumed;	/* the session's old lines are of an earlier
				   run */
	bool	 decide;	/* only until `choose` is carried out; the
				   session may continue without us */
	const cJSON *first;	/* a command that creates the proposal; decide
				   only, may be NULL */
	cJSON	*include;	/* commands that add build products to the
				   proposal; decide only, may be NULL */
	const char *const *comments;	/* "FILE:LINE TEXT", sent before the
					   decision; decide only */
	size_t	 comments_len;
	int64_t	 proposal;	/* the one that `choose` is for; decide only */
	int	 version;	/* its version; 0: there was none */
	const struct select *choose;	/* answers for the user, or NULL */
	bool	 check;		/* the session's success check must pass on what
				   `choose` accepts, before it is written */
	const char *feedback;	/* the user's comment on it, for the
				   model; or NULL */
	/* Gets each line of the core instead of printing it; or NULL. */
	void	(*watch)(void *arg, const cJSON *line);
	void	*watch_arg;
	/* The session began; or NULL. */
	void	(*begun)(void *arg, const char *session);
	void	*begun_arg;
	/* Hunks of this session were written to the user's files; or NULL. */
	void	(*applied)(void *arg, const char *session);
	void	*applied_arg;
};

struct headless_result {
	cJSON	*end;		/* the agent_end line, or NULL */
	char	*session, *dir;	/* NULL if it didn't start */
	char	*error;		/* the reason then, or NULL */
	char	*failed;	/* the session's last error, or NULL */
	bool	 interrupted;	/* by a signal to us */
	bool	 screen;	/* something waits for cmd_review(), and the
				   client is still connected */
};

/* Runs until the core exits; releases the client. */
int	headless_run(struct client *, const struct headless_options *,
	    struct headless_result *);
void	headless_result_release(struct headless_result *);
/* Are stdin and stdout a terminal? */
bool	headless_person(void);

/* ---- of exec.c and exec-print.c alone ---- */

struct headless {
	struct client			*client;
	const struct headless_options	*o;
	struct headless_result		*r;
	struct fold			*fold;
	FILE				*report;	/* everything but output
							   and diff */
	int				 sig_fd;
	int				 interrupts;
	bool				 interrupted;	/* we interrupted the
							   task */
	bool				 refused;
	int				 code;
	/* The proposal printed last. */
	int64_t				 shown_id;
	int				 shown_version;
	struct plain			 plain;		/* the questions */
	char				*asked_command;
	struct buf			 tail;	/* a partial character */
	bool				 midline;	/* the output ended
							   within a line */
	struct pathmap			 printed;	/* files shown
							   already */
	char				*told;		/* files that can't be
							   proposed, as printed
							   last */
	/* The state of --accept and the like. */
	enum { CHOICE_OPEN, CHOICE_SPLIT, CHOICE_SENT, CHOICE_FAILED } choice;
	enum { CHECK_NOT_RUN, CHECK_RUNS, CHECK_PASSED, CHECK_FAILED } check;
	int				 check_code;	/* the exit status if
							   it failed */
	struct stale			 stale;	/* changed since o->version */
	int				 choice_version; /* the version after
							    all splits */
	int64_t				 choice_id;
	struct pathmap			 chosen;	/* the files in its
							   proposal */
	int				 kept_open;	/* hunks left open */
	bool				 told_open;	/* the open hunks were
							   printed */
	int				 written;	/* files written for the
							   choice */
	int				 unwritten;	/* files not written */
	cJSON				*finished;	/* the `applied` line of
							   an interrupted
							   apply */
	struct buf			 untold;	/* errors before
							   `live` */
	int				 accepted, rejected;	/* hunks decided
								   by it */
	bool				 left_out;	/* a file can't be
							   proposed */
	bool				 begun;		/* o->first was sent */
	bool				 opened;	/* and its proposal
							   came */
	bool				 left;		/* nothing more to
							   print */
	bool				 told_products;
	bool				 included;	/* o->include was
							   sent */
	bool				 commented;	/* o->comments were
							   sent */
	bool				 barrier;	/* the core still works
							   on what was sent */
	bool				 carried;	/* the core worked on
							   the choice */
	char				*why;		/* the last error about
							   it */
	bool				 live;		/* the journal's old
							   lines were read */
	int				 looks;		/* checks of a silent
							   core */
	int64_t				 stop_ms;	/* when to leave after
							   SIGTERM; 0: none */
	bool				 progress;	/* on stderr, too */
	bool				 stuck;		/* the core doesn't
							   answer */
};
/* The output of `try`'s command: every byte, but no partial characters on a
 * terminal. */
void	headless_output(struct headless *, const cJSON *line);
void	headless_output_end(struct headless *);
/* A proposal line: prints what is new in the open proposal. */
void	headless_proposal(struct headless *, const cJSON *);
/* `try` has no model: prints only what its command and the gate did. */
void	headless_print_try(struct headless *, const cJSON *, enum event_type type);

/*
 * review: asks questions on a terminal, each answered by a line, and prints
 * changes before their questions.  plain-ask.c chooses the next change and
 * handles the letters.
 */

/* A line answers the prompt that was printed in full before the line's first
 * byte was read. So this, which prints each prompt, ignores what was typed
 * before it, and says so. */
void	review_prompt(FILE *, const char *text);
/* Ask for one line on standard error; malloc'ed; NULL at the end of input. */
char	*review_line(const char *question);
/* Ask for what can't be taken back: only a capital Y means yes; after a small one
 * the question stays open. */
#define REVIEW_CAPITAL "a capital Y confirms, anything else doesn't:"
bool	review_yes(const char *question);
/* May this, which was printed, be added to the file? `yes`: --yes says so. */
bool	review_add(bool yes, const char *what, const char *to);

/* Print what is special about the file, and how it changed on disk since. */
void	review_notes(FILE *, const struct fold_file *);
void	review_meanwhile(FILE *, const struct fold_file *);
/* Print hunk i of the file as a patch, with the details of the file. */
void	review_show(FILE *, const struct fold_file *, size_t i);
/* What a patch doesn't say of a file without lines: why, and its contents. */
void	review_add_whole(struct buf *, const struct fold_file *);
/* Does that fit on the terminal, and so many rows beside it? */
bool	review_fits(const struct fold_file *, size_t i, int around);

#endif
