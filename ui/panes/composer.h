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

struct draft_file;

extern const struct ui_edit_ops edit_message, edit_plan;
extern const struct ui_part part_composer, part_complete, part_drafts;

/* Handle a key while text is typed; true if it was handled. `a` may be NULL. */
bool	composer_key(struct ui *, const struct action *a, uint32_t key);
/* Typing or pasting changed the text, or the cursor moved. */
void	composer_changed(struct ui *, bool typed);
/* Enter: send the whole input, as a message or a command. */
void	composer_submit(struct ui *, bool interrupt);
/* What is inserted for the path of an image that was dropped on the terminal, to
 * attach it; malloc'ed, NULL: it is none. */
char	*composer_dropped(const struct ui *, const char *p, size_t n);
/* The user allows the image that they were asked about. */
void	composer_allow(struct ui *, const char *path);
/* Carry out "/name rest". True if that is done; else there is a notice, and the
 * text stays. */
bool	composer_command(struct ui *, const struct slash_command *,
	    const char *rest);

/*
 * complete: the list under the status line, while the user types a /command,
 * its word or an @path; files have a preview. It handles the arrows, Esc, Tab,
 * which puts the marked row into the text, and Enter, which then runs a command
 * that needs no more words; it never takes a deciding key, because nothing can be
 * decided while text is typed.
 */

/* The input has changed: open, change or close the list; not `typed`: close it. */
void	complete_update(struct ui *, bool typed);
/* True if the list handles the key, which else closes it. */
bool	complete_key(struct ui *, enum action_id);
/* Number of rows of the list; 0: there is none. */
int	complete_rows(const struct ui *);
/* Before it is drawn there. */
void	complete_place(struct ui *, const struct rect *);
void	complete_draw(const struct ui *, const struct rect *);

/*
 * draft: texts that were begun and not sent. If the user leaves a text about a
 * hunk, a line, a plan or a limit, it is kept until it is needed again, and
 * moves to the input line for the model when its object is decided or gone. All
 * texts of one UI are kept in the session, in a file that outlives it (draft.c).
 */

/* Like draft_is_any, but ignores messages that were sent to the core. */
bool	draft_is_own(const struct ui *);
/* Does the object of such a text still exist? */
bool	draft_has_object(const struct ui *, int purpose, const char *id);
/* Append the text to the input line for the model. If the user is typing there
 * (`between`: unless the line is empty), or if it doesn't fit, the text is kept
 * until that line is empty, and this is false. The input is as after init. */
bool	draft_to_line(struct ui *, struct input *, bool between);
/* The same with a text from the editor, in one piece. */
bool	draft_text_to_line(struct ui *, const char *text, size_t len);
/* A text from the editor that couldn't be sent, or waits for the core's answer:
 * malloc'ed, NULL: there is none; replace it, NULL: drop it. */
char	*draft_text(const struct ui *, enum ui_purpose, const char *id, size_t *len);
void	draft_text_put(struct ui *, enum ui_purpose, const char *id,
	    const char *text, size_t len);
/* The object of the text is gone: the text moves to the input line for the
 * model, and a notice says so. */
void	draft_astray(struct ui *, const char *text, const char *why);
/* For the session in this folder. Loads the texts of UIs that have ended; if the
 * line is empty, the newest message is in it. */
struct draft_file *draft_file_open(const char *dir, struct ui *);
void	draft_file_free(struct draft_file *);
/* Write the current texts if they have changed; no text means no file. If
 * writing fails, the next call tries again. True if any text is kept. */
bool	draft_file_save(struct draft_file *, struct ui *);

/* Is an edit of this plan kept that didn't become its next version? */
bool	plan_edit_waits(const struct ui *);

void	typing_begin(struct ui *, enum ui_purpose, const char *id);
/* Begin with this text, unless an earlier one was kept. */
void	typing_begin_with(struct ui *, enum ui_purpose, const char *id,
	    const char *text);
/* Return to the panes, or to the message that was interrupted; an unsent text
 * is kept for the next time. */
void	typing_end(struct ui *);

#endif
