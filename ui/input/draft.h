/*
 * draft: texts that were begun and not sent.  A word about a hunk, a line, a
 * plan or a limit that is left is kept for the next time it is asked for, and
 * goes to the line for the model when that is decided or gone; all of it is kept
 * by session, in files that outlive the screen (draft-file.c).
 */
#ifndef ASSENT_UI_INPUT_DRAFT_H
#define ASSENT_UI_INPUT_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRAFTS_MAX 64		/* then the oldest goes */

struct drafts;
struct input;
struct ui;

void	drafts_release(struct drafts *);
/* Is such a text kept when it is left? */
bool	draft_is_kept(int purpose);
/* Is there anything that was begun and not sent? */
bool	draft_is_any(const struct ui *);
/* The same, but for messages that the core was handed. */
bool	draft_is_own(const struct ui *);
/* The text moves into the list: the input is as after init. */
void	draft_put(struct drafts *, int purpose, const char *id, struct input *);
/* Such a message stands in the journal: one that a screen had sent before it
 * left is no draft any more. */
void	draft_arrived(struct ui *, int64_t seq, const char *text);
/* The newest about this moves into the input, which is empty; false if there is
 * none. */
bool	draft_take(struct drafts *, int purpose, const char *id,
	    struct input *);
/* The same text, which stays there; NULL if there is none, else malloc'ed. */
char	*draft_copy(const struct drafts *, int purpose, const char *id,
	    size_t *len);
/* Is there still what such a text is about? */
bool	draft_has_object(const struct ui *, int purpose, const char *id);
/* To the end of the line for the model; not into what is being typed there
 * (`between`: but into an empty line), nor where it does not fit: then it is
 * kept until that line is empty, and this is false. The input is as after init. */
bool	draft_to_line(struct ui *, struct input *, bool between);
/* The same with a text that was written in the editor, as one piece. */
bool	draft_text_to_line(struct ui *, const char *text, size_t len);
/* What was written has nothing to go to any more: it goes to that line, and a
 * notice says so. */
void	draft_astray(struct ui *, const char *text, const char *why);
void	draft_leave(struct ui *, struct input *);
/* The same for those in the list whose object is decided or gone. */
void	draft_settle(struct ui *, bool between);

/* ---- draft-file.c ---- */
struct draft_file;

/* Of the session in this folder; nothing is opened yet. */
struct draft_file *draft_file_new(const char *dir);
void	draft_file_free(struct draft_file *);
/* What screens that are gone have left; true if there was something. */
bool	draft_file_load(struct draft_file *, struct ui *);
/* Write what is begun now if it has changed; nothing is no file.  One that cannot
 * be written is tried again the next time. True if something is kept. */
bool	draft_file_save(struct draft_file *, struct ui *);

#endif
