/* peer-int: shared by the files of the other agent. */
#ifndef ASSENT_CORE_ACP_PEER_INT_H
#define ASSENT_CORE_ACP_PEER_INT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "core/acp/peer.h"
#include "core/job/lasting.h"

#define PEER_PLANS	"plan"	/* the name of a planning mode */
#define PEER_TEXT_MAX	((size_t)1 << 20)	/* of one message */

/* A tool call of the agent's, in the prompt that runs. */
struct peer_call {
	char		*theirs;	/* the id that it gave it: any text */
	char		*id;		/* ours */
	char		*kind, *title;
	char		*input;		/* JSON; or NULL */
	struct buf	 text;		/* what it showed */
	int64_t		 began_ms;
	bool		 begun, ended;	/* in the journal */
	bool		 asked;		/* for permission, which the rule gave */
};

/* A message to it. */
struct peer_said {
	int64_t		 seq;
	bool		 user;		/* the user's */
	char		*text;
	struct event	*message;	/* its line, which has images; or NULL */
};

/* A question of the agent's that waits for the user. */
struct peer_ask {
	cJSON		*rpc;		/* the id of its request */
	cJSON		*options;
	char		*text;		/* its own words */
	char		*id;		/* of our question; NULL: not asked yet */
};

struct peer {
	struct core	*core;
	const char	*name;		/* in the start object */
	enum {
		PEER_NONE,		/* no process */
		PEER_STARTS,
		PEER_STANDS,		/* all of it stands still */
		PEER_WORKS,		/* on a prompt */
		PEER_ENDS,		/* the prompt has; it is being stopped */
	}		 state;
	bool		 parks;		/* the same, but only for a plan's answer */
	struct lasting	 run;
	struct loop_timer *timer;	/* then it is killed */
	char		*failed;	/* why it didn't start; or NULL */

	/* What it says of itself. */
	bool		 loads, resumes, images;
	char		*conversation;	/* its id of it; or NULL */
	bool		 known;		/* it was told where it works */
	bool		 lost;		/* there was another one before */
	char		*mode, *first;	/* now, and at its start; or NULL */
	char		*option;	/* of its configuration that they are; or
					   NULL */
	cJSON		*modes;		/* their ids */
	cJSON		*commands;

	/* What it hasn't heard; the first `sent` are in the prompt. */
	struct peer_said *said;
	size_t		 said_len, sent;
	char		*ran;		/* the user's own command */

	/* The prompt. */
	peer_end_cb	*ended;
	struct buf	 text, thought;	/* not in the journal yet */
	char		*message;	/* whose text came last: its id */
	struct peer_call	*calls;
	size_t		 calls_len;
	struct peer_ask	*asks;
	size_t		 asks_len;
	size_t		 leaves;	/* the call that asks to leave its planning
					   mode, from 1; or 0 */
	cJSON		*plan;		/* to be approved; the first of `asks` is
					   that question */
	size_t		 bytes;		/* that it sent */
	char		*stop;		/* peer_stop's `why`; or NULL */
	char		*broke;		/* why it failed; or NULL */
	struct peer_end	 end;
	int64_t		 used;		/* tokens, as told last; or 0 */
	int64_t		 told, paid;	/* for the conversation so far, in this
					   prompt, and before it; -1: unknown */
	bool		 declined;	/* it was told of one that nobody
					   answered */
};

/* peer: its process and its conversation */

/* Kill it; nothing that waits is called. */
void	peer_drop(struct peer *);
/* What it says about modes. */
void	peer_modes(struct peer *, const cJSON *result);

/* peer-prompt: a prompt */

/* All of it stands still, or has ended: the prompt is over. */
void	peer_over(struct peer *);
void	peer_prompt_free(struct peer *);

/* peer-update: what it tells */

void	peer_heard(void *peer, const char *method, const cJSON *params);
/* It has sent one more message in its prompt, and has so many. */
void	update_count(struct peer *);
/* The call of these parameters, which is in the journal now; or NULL: there are
 * too many. */
struct peer_call *update_call(struct peer *, const cJSON *call, bool begins);
/* What it said so far becomes a message; `stop` as in assistant_message. */
void	update_say(struct peer *, const struct ev_call *call,
	    const char *stop, bool broken);
/* A call has ended. */
void	update_end(struct peer *, struct peer_call *, bool ok,
	    struct event *);

/* peer-permit: what it asks */

void	peer_asked(void *peer, const cJSON *id, const char *method,
	    const cJSON *params);
/* The user's answer. */
bool	peer_answer(struct core *, const cJSON *command, const char *client);
/* More was told of a call: it may be the plan. */
void	permit_shown(struct peer *);
/* The plan is decided: its question is answered. False: it isn't by the plan as it
 * was shown, and the agent has to hear why. */
bool	permit_plan(struct peer *);
/* No answer will come to any: it is told so. */
void	permit_drop(struct peer *);
/* The same without a word or a record. */
void	permit_free(struct peer *);

#endif
