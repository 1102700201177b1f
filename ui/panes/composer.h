/*
 * composer: text for the model, and command lines: sends, queues and completes
 * it, recalls it from the history, opens it in the editor. Nothing here decides
 * anything.
 */
#ifndef ASSENT_UI_PANES_COMPOSER_H
#define ASSENT_UI_PANES_COMPOSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"
#include "front/slash-command.h"
#include "journal/event.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"

struct complete;
struct draft_file;
struct drafts;
struct input;
struct ui;

extern const struct ui_edit_ops edit_message, edit_summary;
extern const struct ui_part part_composer, part_complete, part_drafts;

/* Handle a key while text is typed; true if it was handled. `a` may be NULL. */
bool	composer_key(struct ui *, const struct action *a, uint32_t key);
/* Typing or pasting changed the text, or the cursor moved. */
void	composer_changed(struct ui *, bool typed);
/* Enter: send the whole input, as a message or a command. */
void	composer_submit(struct ui *, bool interrupt);
/* Carry out "/name rest". True if that is done; else there is a notice, and the
 * text stays. */
bool	composer_command(struct ui *, const struct slash_command *,
	    const char *rest);
/* The prompt before the text; NULL: the usual one. */
const char *composer_prompt(const struct ui *);

/*
 * complete: the list under the status line, while the user types a /command,
 * its word or an @path; files have a preview. It handles Tab, the arrows and
 * Esc, and Enter once a row was chosen with the arrows; it never takes a
 * deciding key, because nothing can be decided while text is typed.
 */

void	complete_close(struct complete *);
/* The input has changed: open, change or close the list. */
void	complete_update(struct ui *);
/* True if the list handles the key. */
bool	complete_key(struct ui *, enum action_id);
/* Number of rows of the list; 0: there is none. */
int	complete_rows(const struct ui *);
void	complete_draw(struct ui *, const struct rect *);

/*
 * draft: texts that were begun and not sent. If the user leaves a text about a
 * hunk, a line, a plan or a limit, it is kept until it is needed again, and
 * moves to the input line for the model when its object is decided or gone. All
 * texts are kept by session, in files that outlive the UI (draft.c).
 */

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
/* Likewise for texts in the list whose object is decided or gone. */
void	draft_settle(struct ui *, bool between);

/* For the session in this folder; opens no file yet. */
struct draft_file *draft_file_new(const char *dir);
void	draft_file_free(struct draft_file *);
/* Load the texts of UIs that have ended; true if there were any. */
bool	draft_file_load(struct draft_file *, struct ui *);
/* Write the current texts if they have changed; no text means no file. If
 * writing fails, the next call tries again. True if any text is kept. */
bool	draft_file_save(struct draft_file *, struct ui *);

void	typing_begin(struct ui *, enum ui_purpose, const char *id);
/* Begin with this text, unless an earlier one was kept. */
void	typing_begin_with(struct ui *, enum ui_purpose, const char *id,
	    const char *text);
/* Return to the panes, or to the message that was interrupted; an unsent text
 * is kept for the next time. */
void	typing_end(struct ui *);


#endif
