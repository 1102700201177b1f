/*
 * attachment: what comes with a message: images that the user names as @FILE, or
 * that the front end sends along, files that an editor hasn't saved, and
 * resources of MCP servers. An image is read once, kept in the session's store,
 * and named by hash in the message's line.
 */
#ifndef ASSENT_CORE_ATTACHMENT_H
#define ASSENT_CORE_ATTACHMENT_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct core;
struct event;

/* The length of NAME if the word is NAME:URI, a resource of the user's MCP
 * server of that name; else 0. */
size_t	attach_resource(const struct core *, const char *word);
/*
 * Find the @words that name images of the project, or images outside that the
 * user allowed (`outside` of `with`: paths); add the `images` of `with` ([{name,
 * data}]); `with` may be NULL.
 * They become `images` of a user_message that is being made. -1 with a message
 * if an image was meant and can't be sent: then send nothing. Other words are
 * left alone.
 */
int	attach_find(struct core *, const char *text, const cJSON *with,
	    struct event *to, struct err *e);
/* Append the texts of `unsaved`, an array of {path, text}, or NULL: what the
 * user's editor has of files in the project and hasn't saved. Those that are as
 * on disk are left out, and so are secret files. */
void	attach_unsaved(struct core *, const cJSON *unsaved, struct buf *b);
/* Can all images be sent that the text names, and those of `with` (see
 * attach_find)? */
int	attach_check_all(struct core *, const char *text, const cJSON *with,
	    struct err *);

#endif
