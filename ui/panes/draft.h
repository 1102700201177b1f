/*
 * draft: texts that were begun and not sent. If the user leaves a text about a
 * hunk, a line, a plan or a limit, it is kept until it is needed again, and
 * moves to the input line for the model when its object is decided or gone. All
 * texts are kept by session, in files that outlive the UI (draft-file.c).
 */
#ifndef ASSENT_UI_PANES_DRAFT_H
#define ASSENT_UI_PANES_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRAFTS_MAX 64		/* then the oldest is dropped */

struct drafts;
struct input;
struct ui;

void	drafts_release(struct drafts *);
/* Is a text with this purpose kept when the user leaves it? */
bool	draft_is_kept(int purpose);
/* Is there any text that was begun and not sent? */
bool	draft_is_any(const struct ui *);
/* As draft_is_any, but without messages that were sent to the core. */
bool	draft_is_own(const struct ui *);
/* Move the text into the list: the input is as after init. */
void	draft_put(struct drafts *, int purpose, const char *id, struct input *);
/* This message is in the journal: if a UI sent it before it ended, the message
 * is no longer a draft. */
void	draft_arrived(struct ui *, int64_t seq, const char *text);
/* Move the newest text about this object into the input, which is empty; false
 * if there is none. */
bool	draft_take(struct drafts *, int purpose, const char *id,
	    struct input *);
/* A copy of the same text, which stays in the list; malloc'ed, NULL if there is
 * none. */
char	*draft_copy(const struct drafts *, int purpose, const char *id,
	    size_t *len);
/* Is there one? */
bool	draft_waits(const struct drafts *, int purpose, const char *id);
/* Does the object of such a text still exist? */
bool	draft_has_object(const struct ui *, int purpose, const char *id);
/* Append the text to the input line for the model. If the user is typing there
 * (`between`: unless the line is empty), or if it doesn't fit, the text is kept
 * until that line is empty, and this is false. The input is as after init. */
bool	draft_to_line(struct ui *, struct input *, bool between);
/* Likewise with a text from the editor, in one piece. */
bool	draft_text_to_line(struct ui *, const char *text, size_t len);
/* The object of the text is gone: the text moves to the input line for the
 * model, and a notice says so. */
void	draft_astray(struct ui *, const char *text, const char *why);
void	draft_leave(struct ui *, struct input *);
/* Likewise for texts in the list whose object is decided or gone. */
void	draft_settle(struct ui *, bool between);

/* ---- draft-file.c ---- */
struct draft_file;

/* For the session in this folder; opens no file yet. */
struct draft_file *draft_file_new(const char *dir);
void	draft_file_free(struct draft_file *);
/* Load the texts of UIs that have ended; true if there were any. */
bool	draft_file_load(struct draft_file *, struct ui *);
/* Write the current texts if they have changed; no text means no file. If
 * writing fails, the next call tries again. True if any text is kept. */
bool	draft_file_save(struct draft_file *, struct ui *);

#endif
