/*
 * provider: build a request from plain messages, be fed the bytes of the
 * answer, give back one reply.  A format is one file and one row in
 * provider_formats[].  Nothing here owns a socket: http.c and replay.c are the
 * two transports, and both feed the same decoders.
 *
 * Sources: the formats' own API documents, named at the top of each file.
 */
#ifndef ASSENT_PROVIDER_PROVIDER_H
#define ASSENT_PROVIDER_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "provider/facts.h"

/* ---- what goes out: provider-neutral messages ---- */

enum message_role {
	MESSAGE_USER,		/* images[], text */
	MESSAGE_ASSISTANT,	/* text, calls[], raw */
	MESSAGE_TOOL_RESULTS,	/* results[], then optionally images[] and text
				   (user's) */
};

struct message_call {
	char	*id;
	char	*name;
	char	*arguments;	/* JSON text of an object, always valid */
	bool	 custom;	/* it came as the text of its "input" alone */
};

/* Borrowed, all of it. */
struct message_image {
	const char	*type;		/* "image/png", "image/jpeg" */
	const char	*data;		/* base64 */
};

struct message_result {
	char	*id;		/* of the call */
	char	*name;
	char	*text;
	bool	 ok;
	bool	 custom;	/* as its call is */
};
/* Its text, for a format that has no mark for failure: then the words say it.
 * malloc'ed. */
char	*message_result_told(const struct message_result *);

struct message {
	enum message_role	 role;
	char			*text;		/* may be NULL */
	struct message_call	*calls;
	size_t			 calls_len;
	struct message_result	*results;
	size_t			 results_len;
	const struct message_image *images;	/* they stand before the text */
	size_t			 images_len;
	/*
	 * The provider's own blocks of this assistant message, in the format
	 * `raw_format`; sent back exactly when the format and model are the
	 * same as now, else rebuilt from text and calls. Borrowed; may be NULL.
	 */
	const cJSON		*raw;
	const char		*raw_format;
	const char		*raw_model;
	/* The history before this answer is not the one that it was given to:
	 * thinking that is bound to that is left out of `raw`. */
	bool			 unbound;
	/* An answer: the effort that it was asked with, for a model that is
	 * told so in its place; else EFFORT_UNSET. */
	enum effort		 effort;
};

struct tool_schema {
	const char	*name;
	const char	*description;
	const char	*parameters;	/* JSON Schema text of an object */
	bool		 strict;	/* let the service keep to it, where one
					   promises that */
	const char	*grammar;	/* of its one string "input", in Lark; NULL:
					   it takes an object alone */
};

struct dialect;		/* dialect.h: what a server makes of a format */

/* What can be left out of a request, where a server refuses it. */
enum request_option {
	REQUEST_BINDING = 1 << 0,	/* "block_binding" */
	REQUEST_CACHE_KEY = 1 << 1,
	REQUEST_DISPLAY = 1 << 2,	/* thinking, to be shown */
	REQUEST_EFFORT = 1 << 3,
	REQUEST_ENCRYPTED = 1 << 4,	/* reasoning, to be given back */
	REQUEST_INTERLEAVED = 1 << 5,	/* thinking between calls (budget) */
	REQUEST_MARKERS = 1 << 6,	/* effort among the messages */
	REQUEST_MAX_NAME = 1 << 7,	/* which of two names max_tokens has */
	REQUEST_STRICT = 1 << 8,	/* schemas are kept to */
	REQUEST_THINKING = 1 << 9,
	REQUEST_USAGE = 1 << 10,
	REQUEST_CUSTOM = 1 << 12,	/* a tool with a grammar */
	REQUEST_CACHE_CONTROL = 1 << 13,
	REQUEST_KEEP = 1 << 14,		/* "clear_thinking": false */
	REQUEST_CACHE_TTL = 1 << 15,	/* a cache that lives for an hour */
	/* Not an option: the thinking that the messages give back. */
	REQUEST_SIGNED = 1 << 11,
};
/* The name of the lowest bit, as journals have it; NULL: there is none. */
const char *request_option_name(unsigned bits);
/* 0: there is none of that name. */
unsigned request_option_find(const char *name);

struct request {
	const char			*model;
	const struct dialect		*dialect;	/* NULL: generic */
	const char			*system;
	const struct tool_schema	*tools;
	size_t				 tools_len;
	/* Messages as provider_format.message serialized each of them, once;
	 * joined with commas in this order. */
	const char *const		*messages;
	size_t				 messages_len;
	/* The first ones of them that were the whole of an earlier request: a
	 * format that marks what is to be cached marks their end, too. */
	size_t				 stable_len;
	int64_t				 max_tokens;	/* of output; > 0 */
	/* The same for all requests of a conversation, so that they meet the
	 * same cache; NULL: none. */
	const char			*conversation;
	/* The user lets minutes pass between requests: a model whose cache is
	 * asked for (facts.cache_ask) is asked for one that lives so long. */
	bool				 long_cache;
	/* The tools stay in the request (the conversation has calls of them,
	 * and caches know them), and none may be called. */
	bool				 no_calls;
	/* What the model table says of the model; NULL: nothing. */
	const struct model_facts	*facts;
	/* Where a model takes it. Of an unknown one, as this format has it. */
	enum effort			 effort;
	unsigned			 without;	/* request_options */
};

/* ---- what comes back ---- */

enum reply_stop {
	REPLY_END, REPLY_TOOL_CALLS, REPLY_MAX_TOKENS, REPLY_STOP_SEQUENCE,
	REPLY_REFUSAL, REPLY_CONTENT_FILTER, REPLY_CONTEXT_FULL, REPLY_PAUSE,
	REPLY_ERROR, REPLY_TRUNCATED,
};
/* "end", "tool_calls", ...: the words of man/assent-journal.5. */
const char *reply_stop_name(enum reply_stop);

enum provider_error_kind {
	PROVIDER_OK, PROVIDER_RATE_LIMIT, PROVIDER_OVERLOADED, PROVIDER_SERVER,
	PROVIDER_TIMEOUT, PROVIDER_QUOTA, PROVIDER_AUTH, PROVIDER_NOT_FOUND,
	PROVIDER_CONTEXT_FULL, PROVIDER_INVALID_REQUEST, PROVIDER_TOO_LARGE,
	PROVIDER_MALFORMED_CALL, PROVIDER_CONFLICT, PROVIDER_TRUNCATED,
	PROVIDER_CONNECT,	/* refused, no name, hung up early */
	PROVIDER_TLS,		/* it could not prove who it is */
	PROVIDER_PROTOCOL,	/* what came is not the format */
};
const char *provider_error_name(enum provider_error_kind);

struct provider_error {
	enum provider_error_kind kind;
	bool	 retry;		/* trying again may help */
	int64_t	 wait_ms;	/* the server asked for this wait; -1 if not */
	long	 status;	/* HTTP status, 0 if none */
	bool	 keyless;	/* the request went out without a key */
	bool	 refused;	/* nothing listens at the local address */
	int64_t	 window;	/* of the model, in tokens, where the error
				   tells it; 0: not told */
	int64_t	 output;	/* the longest answer, in the same way */
	char	 message[512];	/* the server's words, cut, UTF-8 */
	char	 request_id[80];
};

struct reply_call {
	char	*id;		/* never empty */
	char	*name;
	char	*arguments;	/* text as sent; "{}" if empty */
	cJSON	*args;		/* parsed object, or NULL */
	char	*args_error;	/* why args is NULL */
	bool	 complete;	/* false: cut off; never run it */
	bool	 custom;	/* the service sent the text of its "input",
				   of which arguments are made */
};

/* -1: not told. */
struct usage {
	int64_t	 input;		/* whole prompt, cached and cache writes too */
	int64_t	 cached;
	int64_t	 cache_write;
	int64_t	 output;	/* reasoning included */
	int64_t	 reasoning;
	int64_t	 write_1h;	/* of cache_write, for a life of an hour */
};
/* Who does not say which writes live for an hour wrote all of them so, if the
 * request asked for that (of its options: REQUEST_CACHE_TTL). */
void	usage_add_hour(struct usage *, unsigned options);

struct reply {
	char			*text;		/* "" if none */
	char			*thinking;
	char			*refusal;
	struct reply_call	*calls;
	size_t			 calls_len;
	enum reply_stop		 stop;
	char			*stop_raw;	/* may be NULL */
	bool			 stop_unknown;	/* a word not known here */
	struct usage		 usage;
	struct provider_error	 error;
	/* To be kept and given back as message.raw; NULL when text and calls
	 * say it all. It names every call of the reply, so each of them needs
	 * its result. */
	cJSON			*raw;
};
void	reply_free(struct reply *);		/* NULL is fine */

/* ---- a format ---- */

/*
 * Calls are for a progress display only: each opens with "NAME " (after a
 * newline if it is not the first), then comes the JSON of its arguments in
 * pieces.  Only the finished reply says what may be run.
 */
enum delta_kind { DELTA_TEXT, DELTA_THINKING, DELTA_CALL };
typedef void delta_cb(void *arg, enum delta_kind, const char *text, size_t n);

/* What a service takes of images, as its own pages say; of all formats the
 * same: PNG and JPEG. */
struct image_limits {
	size_t	bytes;		/* of one file, before base64 */
	size_t	total;		/* of all files in a request, the same */
	int	side;		/* pixels of the longer one; 0: any */
};

struct decoder;		/* one answer being read; decoder.h */

struct provider_format {
	const char	*name;		/* "openai-chat" */
	/* After base_url: "/chat/completions". "{model}" in it is the model. */
	const char	*url_suffix;
	const char	*list_suffix;	/* the same, for the list of models */
	/* One message as the format's JSON text, or as several of its items
	 * with commas between them (no surrounding comma).
	 * `model`: the model now spoken to. The dialect is NULL for generic,
	 * and only openai-chat has any. */
	void	(*message)(struct buf *out, const struct message *,
		    const char *model, const struct dialect *);
	/* The whole body; the options that are in it. */
	unsigned (*request)(struct buf *out, const struct request *);
	/* Header lines for this key ("name: value") and a request with these
	 * options, NUL-terminated, one buf_add each including the NUL. key may
	 * be NULL. */
	void	(*headers)(struct buf *out, const char *key, unsigned options);
	/* delta may be NULL. Ended by decoder_end_free. */
	struct decoder *(*decoder_new)(delta_cb *, void *arg);
	struct image_limits images;
	/* The options, of those in the request, that this error is about: it
	 * may do without them. 0: none. */
	unsigned (*refused)(const struct provider_error *, unsigned options);
};

/* Any cut of the bytes gives the same reply. After an error more bytes are
 * ignored. */
void	decoder_feed(struct decoder *, const char *, size_t);
/* The answer is over; bytes that still come do not matter. */
bool	decoder_is_done(const struct decoder *);
/* The stream ended (eof, well or not): the reply, caller frees. The decoder is
 * freed; its delta_cb may be called a last time. */
struct reply *decoder_end_free(struct decoder *);

/*
 * Sorted by name; NULL if unknown. "replay" is one of them: messages and
 * requests are built as for openai-chat and go nowhere, and the recording
 * itself says what its answers are written in.
 */
const struct provider_format *provider_format_find(const char *name);

/* ---- a call over a transport ---- */

struct loop;
struct provider_call;

struct call_target {
	const struct provider_format	*format;
	const char	*base_url;	/* no trailing slash */
	const char	*model;		/* for formats that have it in the URL */
	const char	*key;		/* NULL: none; never logged */
	unsigned	 options;	/* that `request` has told of */
	const char	*header;	/* one more, "name: value"; NULL: none */
	const char	*replay_dir;	/* not NULL: play this recording */
	size_t		 replay_turn;	/* which answer of it, from 0 */
	bool		 replay_paced;	/* stream it visibly, for a person */
	/* http://, https:// or socks5://HOST:PORT, or "none"; NULL: what the
	 * environment's variables say. */
	const char	*proxy;
	/* The certificates (PEM) that are trusted; NULL: the system's. */
	const char	*ca_file;
	int64_t		 connect_timeout_ms;
	int64_t		 idle_timeout_ms;
};

struct call_callbacks {
	delta_cb *delta;
	/* Once, last, never from within call_start; takes the reply. Errors
	 * of every kind are in reply->error with stop REPLY_ERROR or
	 * REPLY_TRUNCATED. The call frees itself afterwards. */
	void	(*done)(void *arg, struct reply *);
};

/*
 * `body` is taken, the target is copied. One attempt: when to try again is the
 * caller's choice (error.retry, error.wait_ms). Timeouts of 0 or less mean the
 * defaults (20 s to connect, 10 min without a byte). Cancel what is under way
 * before loop_free. A process that makes calls ignores SIGPIPE.
 */
struct provider_call *provider_call_start(struct loop *,
	    const struct call_target *,
	    char *body, const struct call_callbacks *, void *arg);
/* No callback comes after this. */
void	provider_call_cancel(struct provider_call *);

/* The sentence for a person: provider, status, request id, what to do.
 * malloc'ed. `key_env` names the variable the key would come from. */
char	*provider_error_explain(const struct provider_error *,
	    const char *provider, const char *base_url, const char *key_env);

#endif
