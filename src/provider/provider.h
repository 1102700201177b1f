/*
 * provider: builds a request from plain messages, reads the bytes of the
 * answer, and returns one reply. A format is a file with a decoder and
 * a writer of requests (NAME.c), and a row in FORMAT_TABLE (dialect.h); HACKING.md
 * lists the rest. Only http.c owns sockets.
 *
 * Sources: the formats' own API documentation, named at the top of each file.
 */
#ifndef ASSENT_PROVIDER_PROVIDER_H
#define ASSENT_PROVIDER_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "provider/dialect.h"

struct decoder;		/* reads one answer; format.h */
struct decoder_ops;
struct loop;
struct http_stream;

/* ---- requests: provider-neutral messages ---- */

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
	bool	 custom;	/* it arrived as the text of its "input"
				   alone */
};

/* All borrowed. */
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
/* The result's text for a format without a failure flag, where the text says
 * that it failed; malloc'ed. */
char	*provider_result_told(const struct message_result *);

struct message {
	enum message_role	 role;
	char			*text;		/* may be NULL */
	struct message_call	*calls;
	size_t			 calls_len;
	struct message_result	*results;
	size_t			 results_len;
	const struct message_image *images;	/* placed before the text */
	size_t			 images_len;
	/*
	 * The provider's own blocks of this assistant message, in the format
	 * `raw_format`; sent back if format and model are still the same,
	 * otherwise rebuilt from text and calls. Borrowed; may be NULL.
	 */
	const cJSON		*raw;
	const char		*raw_format;
	const char		*raw_model;
	/* The history before this answer has changed since: omit thinking bound
	 * to it from `raw`. */
	bool			 unbound;
	/* For an answer: the effort of its request, for models that get it
	 * among the messages; else EFFORT_UNSET. */
	enum effort		 effort;
};

struct tool_schema {
	const char	*name;
	const char	*description;
	const char	*parameters;	/* JSON Schema text of an object */
	bool		 strict;	/* let the service enforce it, if it
					   can */
	const char	*grammar;	/* a Lark grammar for its only string,
					   "input"; NULL: it takes an object */
};

/* Options that can be omitted if a server rejects them. */
enum request_option {
	REQUEST_BINDING = 1 << 0,	/* "block_binding" */
	REQUEST_CACHE_KEY = 1 << 1,
	REQUEST_DISPLAY = 1 << 2,	/* thinking, for display */
	REQUEST_EFFORT = 1 << 3,
	REQUEST_ENCRYPTED = 1 << 4,	/* reasoning, to send back */
	REQUEST_INTERLEAVED = 1 << 5,	/* thinking between calls (budget) */
	REQUEST_MARKERS = 1 << 6,	/* effort among the messages */
	REQUEST_MAX_NAME = 1 << 7,	/* the other name for max_tokens */
	REQUEST_STRICT = 1 << 8,	/* enforced schemas */
	REQUEST_THINKING = 1 << 9,
	REQUEST_USAGE = 1 << 10,
	REQUEST_CUSTOM = 1 << 12,	/* a tool with a grammar */
	REQUEST_CACHE_CONTROL = 1 << 13,
	REQUEST_KEEP = 1 << 14,		/* "clear_thinking": false */
	REQUEST_CACHE_TTL = 1 << 15,	/* a cache for an hour */
	REQUEST_EAGER = 1 << 16,	/* arguments as they are made */
	REQUEST_DIAGNOSTICS = 1 << 17,	/* of the cache */
	/* Not an option: the thinking that the messages send back. */
	REQUEST_SIGNED = 1 << 11,
};
#define REQUEST_OPTIONS 18
/* Each bit's name in journals, the lowest first. */
extern const char *const request_options[REQUEST_OPTIONS];

struct request {
	const char			*model;
	const struct dialect		*dialect;	/* NULL: generic */
	const char			*system;
	const struct tool_schema	*tools;
	size_t				 tools_len;
	/* Messages as serialized once by provider_format.message; joined with
	 * commas in this order. */
	const char *const		*messages;
	size_t				 messages_len;
	/* How many of the first ones were the whole of an earlier request:
	 * formats that mark cache points also mark their end. */
	size_t				 stable_len;
	int64_t				 max_tokens;	/* output tokens; > 0 */
	/* The same for all requests of a conversation, to keep them on one
	 * cache; NULL: none. */
	const char			*conversation;
	/* The user takes minutes between requests: ask for a longer-lived
	 * cache, for models that need asking (facts.cache_ask). */
	bool				 long_cache;
	/* The id of the answer before, for services that say why their cache
	 * missed; NULL: none. */
	const char			*previous;
	/* The tools stay in the request (the conversation has calls of them,
	 * and caches depend on them), but none may be called. */
	bool				 no_calls;
	/* The model's row of the model table; NULL if it has none. */
	const struct model_facts	*facts;
	/* If the model supports it. For an unknown model, in this format's
	 * usual form. */
	enum effort			 effort;
	unsigned			 without;	/* request_options */
	/* The URL has the model, though the format's doesn't: as on Vertex AI. */
	bool				 in_path;
};

/* ---- replies ---- */

enum reply_stop {
	REPLY_END, REPLY_TOOL_CALLS, REPLY_MAX_TOKENS, REPLY_STOP_SEQUENCE,
	REPLY_REFUSAL, REPLY_CONTENT_FILTER, REPLY_CONTEXT_FULL, REPLY_PAUSE,
	REPLY_ERROR, REPLY_TRUNCATED,
};
/* "end", "tool_calls", ...: as in man/assent-journal.5. */
extern const char *const provider_stop_names[];

enum provider_error_kind {
	PROVIDER_OK, PROVIDER_RATE_LIMIT, PROVIDER_OVERLOADED, PROVIDER_SERVER,
	PROVIDER_TIMEOUT, PROVIDER_QUOTA, PROVIDER_AUTH, PROVIDER_NOT_FOUND,
	PROVIDER_CONTEXT_FULL, PROVIDER_INVALID_REQUEST, PROVIDER_TOO_LARGE,
	PROVIDER_MALFORMED_CALL, PROVIDER_CONFLICT, PROVIDER_TRUNCATED,
	PROVIDER_CONNECT,	/* refused, unknown host, or hung up early */
	PROVIDER_TLS,		/* its certificate failed verification */
	PROVIDER_PROTOCOL,	/* the data isn't in the format */
};
extern const char *const provider_error_names[];

struct provider_error {
	enum provider_error_kind kind;
	bool	 retry;		/* a retry may help */
	int64_t	 wait_ms;	/* the server asked for this wait; -1 if not */
	long	 status;	/* HTTP status, 0 if none */
	bool	 keyless;	/* the request went out without a key */
	bool	 refused;	/* nothing listens at the local address */
	int64_t	 window;	/* the model's window in tokens, if the error
				   names it; 0: unknown */
	int64_t	 output;	/* the longest answer, likewise */
	char	 message[512];	/* the server's message, truncated, UTF-8 */
	char	 request_id[80];
};

struct reply_call {
	char	*id;		/* never empty */
	char	*name;
	char	*arguments;	/* text as sent; "{}" if empty */
	cJSON	*args;		/* parsed object, or NULL */
	char	*args_error;	/* why args is NULL */
	bool	 complete;	/* false: cut off; never run it */
	bool	 custom;	/* the service sent the text of its "input";
				   arguments was made from it */
};

/* -1: unknown. */
struct usage {
	int64_t	 input;		/* whole prompt, including cached and cache
				   writes */
	int64_t	 cached;
	int64_t	 cache_write;
	int64_t	 output;	/* including reasoning */
	int64_t	 reasoning;
	int64_t	 write_1h;	/* part of cache_write, cached for an hour */
	int64_t	 missed;	/* about so many weren't cached because */
	char	 miss[40];	/* of this, in the provider's word; "" */
};
#define USAGE_UNKNOWN	((struct usage){ -1, -1, -1, -1, -1, -1, -1, "" })

struct reply {
	char			*id;		/* may be NULL */
	char			*text;		/* "" if none */
	char			*thinking;
	char			*refusal;
	struct reply_call	*calls;
	size_t			 calls_len;
	enum reply_stop		 stop;
	char			*stop_raw;	/* may be NULL */
	bool			 stop_unknown;	/* an unknown word */
	struct usage		 usage;
	struct provider_error	 error;
	/* To keep and send back as message.raw; NULL if text and calls say it
	 * all. It names every call of the reply, so each of them needs a
	 * result. */
	cJSON			*raw;
};
void	reply_free(struct reply *);		/* NULL is fine */
/* If it was declined: "declined to WHAT (PROHIBITED_CONTENT): why", malloc'ed;
 * else NULL. */
char	*reply_declined(const struct reply *, const char *what);
/* Is the text, but for what the model says before it, a call? In a block of code
 * it is one that it tells of. */
bool	reply_text_is_call(const struct reply *);
#define REPLY_CALL_AS_TEXT "it came as text, so the server's template for this " \
	"model doesn't support tools (llama.cpp: --jinja; vLLM: " \
	"--tool-call-parser)"

/* ---- a format ---- */

/*
 * Calls are for progress display only: each starts with "NAME " (after a
 * newline unless it is the first), followed by the JSON of its arguments in
 * pieces. Only the finished reply says what may run.
 */
enum delta_kind {
	DELTA_NONE,		/* nothing to display */
	DELTA_TEXT, DELTA_THINKING, DELTA_CALL,
};
typedef void delta_cb(void *arg, enum delta_kind, const char *text, size_t n);

/* A service's documented limits for images; all take PNG and JPEG. */
struct image_limits {
	size_t	bytes;		/* one file, before base64 */
	size_t	total;		/* all files of a request, likewise */
	int	side;		/* pixels of the longer side; 0: any */
};

struct refusal {
	const char	*words;		/* in an error message */
	unsigned	 options;	/* (request_option) they may refer to */
};

struct provider_format {
	const char	*name;		/* "openai-chat" */
	/* Appended to base_url: "/chat/completions". "{model}" stands for the
	 * model. */
	const char	*url_suffix;
	const char	*list_suffix;	/* the same, for the list of models */
	/* One message as the format's JSON text, or as several items with
	 * commas between them (none around). `model`: the current model. The
	 * dialect is NULL for generic, and only openai-chat has any. */
	void	(*message)(struct buf *out, const struct message *,
		    const char *model, const struct dialect *);
	/* The whole body; returns the options in it. */
	unsigned (*request)(struct buf *out, const struct request *);
	enum effort (*effort)(const struct request *);	/* NULL: facts_effort */
	const char	*auth;		/* how it gets the key: call_target */
	/* Its other header lines ("name: value") for a request with these
	 * options, each added with its NUL; NULL: none. */
	void	(*headers)(struct buf *out, unsigned options);
	const struct decoder_ops *decoder;
	struct image_limits images;
	/* What the words of an error are about, the special ones first; the
	 * last row has none. */
	const struct refusal *refusals;
};

/* The options of the request that this error is about, to retry without, by the
 * first row that matches; 0: none. A match must start at a word boundary: "ttl"
 * is not in "little". */
unsigned provider_refused(const struct provider_format *,
	    const struct provider_error *, unsigned options);

/* delta may be NULL. Ended by decoder_end_free. */
struct decoder *decoder_new(const struct provider_format *, delta_cb *,
	    void *arg);
/* Any split of the bytes gives the same reply. After an error, bytes are
 * ignored. */
void	decoder_feed(struct decoder *, const char *, size_t);
/* The reply in a body that is the whole answer as JSON; NULL if it isn't. */
struct reply *decoder_whole(const struct provider_format *, const char *,
	    size_t, delta_cb *, void *arg);
/* The answer is complete; later bytes don't matter. */
bool	decoder_is_done(const struct decoder *);
/* The stream ended (eof, cleanly or not): returns the reply, which the caller
 * frees. Frees the decoder; its delta_cb may be called a last time. */
struct reply *decoder_end_free(struct decoder *);

/* NULL if unknown. */
const struct provider_format *provider_format_find(const char *name);

/* In how many ms the service answers again; 0: it doesn't say, or not
 * credibly. */
int64_t	provider_error_wait(const struct provider_error *);
/* The message for the user: provider, status, request id, what to do.
 * malloc'ed. `key_env` is the variable the key would come from. */
char	*provider_error_explain(const struct provider_error *,
	    const char *provider, const char *base_url, const char *key_env);

struct call_target {
	const struct provider_format	*format;
	const char	*base_url;	/* no trailing slash */
	const char	*model;		/* for formats that have it in the URL */
	const char	*path;		/* instead of the format's url_suffix; or
					   NULL */
	const char	*auth;		/* how the key is sent: "bearer", or a
					   header's name; NULL: as the format
					   does */
	const char	*key;		/* NULL: none; never logged */
	unsigned	 options;	/* as `request` returned them */
	const char	*header;	/* an extra one, "name: value"; NULL:
					   none */
	/* The user's own, with secrets: lines, each with its NUL. They replace
	 * ours of the same name; or NULL. */
	const struct buf *headers;
	/* The trusted certificates (PEM); NULL: the system's. */
	const char	*ca_file;
	int64_t		 idle_timeout_ms;
};

struct call_callbacks {
	delta_cb *delta;
	/* Called once, last, never from within call_start; takes over the
	 * reply. Errors of every kind are in reply->error, with stop
	 * REPLY_ERROR or REPLY_TRUNCATED. The call frees itself afterwards. */
	void	(*done)(void *arg, struct reply *);
};

/* A transport's struct begins with this one. There is no callback after it was
 * cancelled. */
struct provider_call {
	void	(*cancel)(struct provider_call *);
};

/*
 * Takes over `body`; copies the target. A single attempt: the caller decides
 * about retries (error.retry, error.wait_ms). Timeouts of 0 or less mean the
 * defaults (15 s to connect, 10 min without a byte). Cancel running calls
 * before loop_free. A process that makes calls must ignore SIGPIPE.
 */
struct provider_call *provider_call_start(struct loop *,
	    const struct call_target *,
	    char *body, const struct call_callbacks *, void *arg);
/*
 * Open the connection ahead of a request, without sending anything, if it takes
 * TLS: *owner, which must be NULL or the last one, is NULL again afterwards;
 * http_stream_free(*owner) ends it. Failures are left to the request.
 */
void	provider_warm(struct loop *, const struct call_target *,
	    struct http_stream **owner);

/*
 * The kind of a failed request. The formats report errors in nearly the same
 * way, and compatible servers mix them, so one table maps words, status and
 * headers to a kind.
 */

/* Fill in all members; the message is printf-like, repaired and truncated. */
void	provider_error_set(struct provider_error *, enum provider_error_kind,
	    bool retry, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
/* From the JSON of an error body or error event; root may be NULL. */
void	provider_error_from_json(struct provider_error *, long status,
	    const char *headers, const cJSON *root);
/* From any body. */
void	provider_error_from_body(struct provider_error *, long status,
	    const char *headers, const char *body, size_t n);
/* Copy a header's value to out; false if it is missing. */
bool	provider_header_get(const char *headers, const char *name, char *out,
	    size_t size);
/* Mask the key wherever it occurs in the message, and the secret values of
 * header lines, each with its NUL. Both may be NULL. */
void	provider_error_mask(struct provider_error *, const char *key,
	    const struct buf *lines);

#endif
