/*
 * acp: `assent acp`, the agent side of the Agent Client Protocol for editors. A
 * front end like the others: each session has a core, and what the editor allows
 * becomes commands to it. It never asks the client to write a file or to run a
 * command.
 *
 * acp.c has the connection, the sessions and their prompts, acp-ask.c what the
 * client is shown and asked.
 */
#ifndef ASSENT_CMD_ACP_H
#define ASSENT_CMD_ACP_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/pathmap.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "front/bindings.h"
#include "journal/fold.h"

struct acp_read;
struct acp_session;
struct loop;
struct loop_watch;
struct rpc;

#define ACP_NAME_MAX	25		/* of a client in the journal */

struct acp {
	const struct cmd_args	*args;
	struct loop		*loop;
	struct rpc		*rpc;
	struct acp_session	*sessions;
	char			 client[ACP_NAME_MAX];
	bool			 initialized;
	bool			 reads;		/* fs/read_text_file */
};

/* What can be answered, by its protocol's name. */
struct acp_option {
	const char	*id, *name;
	bool		 yes;
	enum action_id	 action;	/* ACTION_NONE: what is asked stays
					   open */
};

/* A question that the client has, or is about to get. It outlives what it is
 * about: a late answer decides nothing. */
struct acp_ask {
	struct acp_session	*session;	/* NULL: out of date */
	char			*call;		/* toolCallId */
	char			*path;		/* of a change, in bytes; or NULL */
	int			 version;	/* of its proposal */
	bool			 fetched;	/* the client was asked */
	const struct acp_option	*options;
};

struct acp_session {
	struct acp_session	*next;
	struct acp		*acp;
	struct client		 client;
	struct loop_watch	*watch;
	struct fold		*fold;
	cJSON			*opens;		/* the request that waits for
						   it, or NULL */
	bool			 is_new;
	bool			 loads;		/* it shows the old lines */
	/* Options: the models that it can choose, and the values that were sent
	 * to it last. */
	char			*models, *told_mode, *told_model;
	cJSON			*prompt;	/* the id of the prompt, or
						   NULL */
	bool			 cancelled;
	bool			 refused;	/* by the model */
	bool			 servers;	/* the client named some; the
						   message about that isn't sent
						   yet */
	char			*error;		/* the last one of this turn */
	char			*said;		/* the model's last text */
	struct buf		 text, thinking; /* sent of the answer that
						    comes */
	/* What was asked, or is answered and not in the journal yet. */
	struct acp_ask		*ask;
	char			*did[REVIEW_WAITS];	/* names */
	int64_t			 did_proposal;
	int			 did_version;
	struct pathmap		 did_files;	/* of that version */
	int			 did_marks;
	bool			 did_decide;
	int			 denied;	/* decisions, by hooks, since the
						   model's last answer */
	bool			 unwritten;	/* so are files of a decision */
	struct pathmap		 calls;		/* struct acp_call: changes that
						   aren't written yet */
	struct pathmap		 shown;		/* the same: open when the
						   session was loaded, and not
						   asked about yet */
	char			*left;		/* what only the screen decides,
						   as last sent */
	/* A message that waits for the client's texts of these files. */
	cJSON			*say, *links;
	struct acp_read		*read;		/* what it is asked for */
	/* The prompt is a command; it has begun a task. */
	bool			 command, works;
	bool			 file;	/* it may be a command of a file */
};

struct acp_call {
	char	*path;		/* must be first; see pathmap.h */
	char	 id[64];
};

void	acp_session_send_take(struct acp_session *, cJSON *);
/* Ends the turn. */
void	acp_session_stop(struct acp_session *, const char *reason);
void	acp_session_cancel(struct acp_session *);

/* acp-ask.c: what the client is shown and asked */

/* Tell the client: {"sessionUpdate":KIND} with these members. */
void	acp_update_take(struct acp_session *, const char *kind, cJSON *update);
/* A sentence of ours, among the model's. */
void	acp_update_say(struct acp_session *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* A line of the core that was folded. */
void	acp_update_line(struct acp_session *, const struct event *);
/* Asks the next question, if there is one. */
void	acp_ask(struct acp_session *);
/* No answer counts any more. */
void	acp_ask_forget(struct acp_session *);
/* These two are callbacks of struct client_ops. */
bool	acp_ask_stands(void *);
void	acp_ask_closed(void *);

#endif
