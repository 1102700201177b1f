/*
 * seen: records which state of a file the model has seen, so that it can't
 * replace newer content that it doesn't know. A read, and each change by a file
 * tool, counts as seen; the record is the real file's size and times from
 * before the call or, before a resume, the hash of what the gate wrote. A call
 * that replaces or removes a whole file is rejected if the file changed on disk
 * since. An edit isn't, since it finds its place in the current file.
 */
#ifndef ASSENT_CORE_SEEN_H
#define ASSENT_CORE_SEEN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct buf;
struct core;
struct core_call;
struct event;

/* A call begins: record the state of its targets. */
void	seen_begin(struct core *, struct core_call *);
void	seen_release(struct core_call *);
/* The call succeeded: its result records what was seen, without the targets that
 * the file tool's `reply` (or NULL) says it couldn't read. */
void	seen_done(struct core_call *, const cJSON *reply, struct event *result);
/* For the result of a call that writes: which of its targets were changed by
 * somebody else, with a diff where that is short. */
void	seen_note(const struct core *, const struct core_call *, struct buf *);
/* Did someone else change the file since? `path` as the model wrote it. */
bool	seen_is_old(const struct core *, const char *path);

#endif
