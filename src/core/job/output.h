/*
 * output: what a command printed, as the model and the journal get it: a result
 * with how it ended, with hints why it failed, and without secrets. The event
 * owns what is made for it, and borrows from the worker's result.
 */
#ifndef ASSENT_CORE_OUTPUT_H
#define ASSENT_CORE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha.h"
#include "sandbox/sandbox.h"

struct core;
struct core_calls;
struct event;

/* Begin to keep a call's output (calls.capture), and add to it: the clients get
 * that, too. Of more than 2 MiB, memory keeps start and end, a file all of it,
 * masked. */
void	capture_begin(struct core *);
void	capture_output(void *core, const char *, size_t);
/* It isn't needed any more. */
void	capture_end(struct core_calls *);
/* If the command had weaker limits than the session reported, report that. */
void	output_note_weaker(struct core *, const struct sandbox_result *);
/* The most bytes that the model gets of a call's output: `most`, or what the
 * context has room for. */
size_t	output_cap(const struct core *, size_t most);
/* Output with all known keys masked, about cap bytes of it (tail_only: the last
 * ones), as UTF-8, malloc'ed. What was cut is kept whole in out/, and the event,
 * a tool_result (or NULL), says where; reports what couldn't be kept. */
char	*output_keep(struct core *, const struct buf *, size_t cap,
	    bool tail_only, struct event *);
/* The last line of it that isn't empty, masked; malloc'ed. `cap` as above. */
char	*output_last_line(struct core *, const struct buf *, size_t cap);
/* A command's output (calls.capture), at most about `cap` bytes of it, after
 * `before` and hints, and how it ended. `joined` as in hint_about. */
void	output_result(struct core *, const struct sandbox_result *, size_t cap,
	    bool tail, bool joined, const char *before, struct event *);
/* A command's result: how it ended, then its output. */
void	output_command(struct core *, const char *tool,
	    const char *args_text, const struct sandbox_result *,
	    struct event *);
/* The result of a stopped call: the reason, and a command's output so far. */
void	output_stopped(struct core *, const char *why, bool command,
	    struct event *);
/* The first path in a command line of the user's that is in the home and that the
 * sandbox doesn't show, malloc'ed, or NULL; *folder, malloc'ed, is what has to be
 * shown for it, or NULL: that may not be. */
char	*hidden_find(struct core *, const char *command, const cJSON *args,
	    char **folder);
/* What to say of a program of the project's that is a link to such a path,
 * malloc'ed; NULL: it is none. */
char	*hidden_link(struct core *, const char *word);
/* What to say of a command that can't start, since the sandbox shows no program
 * by this name, or not the one that runs it; malloc'ed, or NULL. */
char	*hidden_command(struct core *, const char *word);
/* What hint_not_shown says about this output. */
const char *output_not_shown(struct core *, const struct sandbox_result *,
	    const struct buf *output);

/* Write bytes to out_dir/<sha256>, fsynced; returns the hash in hex. */
int	capture_keep_out(const char *out_dir, const void *p, size_t n,
	    char hex[SHA256_HEX_SIZE], struct err *);
/* How a program that should go on ended, as a predicate of it: "ended with status
 * 1"; malloc'ed. */
char	*output_ending(const struct sandbox_result *);
/* `why`, with the error that it `printed`; malloc'ed. */
char	*output_error(const struct core *, const char *why,
	    const struct buf *printed);
/* How a command ended: "exit status 1"; malloc'ed. */
char	*output_verdict(const struct sandbox_result *);
/* The result if no sandbox could be built. */
void	output_not_built(const struct sandbox_result *, struct event *);

#endif
