/*
 * headless: drive a session without the screen, for exec, try and demo: print
 * its lines, ask a person at a terminal what must be asked, pass signals on,
 * and give the session's exit code.
 */
#ifndef ASSENT_CMD_HEADLESS_HEADLESS_H
#define ASSENT_CMD_HEADLESS_HEADLESS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "cmd/select/select.h"
#include "cmd/client.h"

struct headless_options {
	bool	 json;		/* journal lines on stdout, nothing else */
	bool	 command;	/* try: its output and the diff on stdout, all
				   else on stderr */
	bool	 patch;		/* the command is ours and puts a patch on the
				   stage: only its failure is of interest */
	bool	 person;	/* there is a terminal to ask at */
	bool	 recovered;	/* an interrupted apply was dealt with as the
				   core began; decide only */
	bool	 decide;	/* only until what choose says is carried out:
				   the session may go on without us */
	const cJSON *first;	/* a command that makes the proposal; decide
				   only, may be NULL */
	cJSON	*include;	/* commands that add to the proposal; the same */
	const char *const *comments;	/* "FILE:LINE TEXT", before anything is
					   decided; the same */
	size_t	 comments_len;
	int64_t	 proposal;	/* that it is about */
	int	 version;	/* of the proposal that it is about; decide only */
	const struct select *choose;	/* answers in a person's place, or
					   NULL */
	const char *word;	/* with what choose refuses, or NULL */
	/* Gets each line of the core, and nothing is printed; or NULL. */
	void	(*watch)(void *arg, const cJSON *line);
	void	*watch_arg;
};

struct headless_result {
	cJSON	*end;		/* the agent_end line, or NULL */
	char	*session, *dir;	/* or NULL if it never began */
	char	*error;		/* why it did not, or NULL */
};

/* Runs until the core is gone; the client is released. */
int	headless_run(struct client *, const struct headless_options *,
	    struct headless_result *);
void	headless_result_release(struct headless_result *);
/* stdin and stdout are a terminal. */
bool	headless_person(void);

#endif
