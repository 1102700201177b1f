/*
 * slash: texts that the user sends by a name, such as "/fix 12": commands,
 * Markdown files of the user's and of the project's, and skills. assent's own
 * commands (front/slash-command.h) never come here.
 *
 * The files are listed each time they are needed, never at the start. One of
 * the project's is a stranger's text: before its first use the user is shown
 * all of it (event `ask`), and the state folder remembers its hash.
 *
 * Another kind of file is a row of slash_places. A prompt of an MCP server is made
 * when it is sent; it is a stranger's, too, and nothing is filled in.
 */
#ifndef ASSENT_CORE_SLASH_H
#define ASSENT_CORE_SLASH_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/front-matter.h"
#include "base/sha.h"

struct core;

struct slash_entry {
	char	*name;			/* "fix", "git:commit" */
	char	*key;			/* equal for names that look alike */
	char	*path;			/* from the project's root, or absolute */
	char	*text;			/* the file's; what is sent begins at
					   front.body */
	struct front_matter front;
	char	 hash[SHA256_HEX_SIZE];	/* of the text */
	bool	 foreign;		/* the project's, or a server's */
	bool	 skill;			/* it is a SKILL.md */
	char	*server;		/* an MCP server's prompt; NULL: a file */
	bool	 seen;			/* not foreign, or the user allowed it */
};

/* Client command `say` with `slash`: 1 if its text begins with such a name, and
 * it is sent, or asked about first; 0: it isn't one, and is a message. -1 with
 * the reason: nothing is sent; also if there is no such name and the command has
 * `unknown`, the reason then. Before the session's first line nothing is sent or
 * recorded: it is the answer alone. */
int	slash_say(struct core *, const cJSON *say, const char *client,
	    struct err *);

#endif
