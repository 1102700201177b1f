/*
 * review-file: what the user has seen of the open proposal or plan, where they
 * are in it, and how far the session was at their last key, in the session's
 * folder: so that nothing of it is lost with the UI.
 */
#ifndef ASSENT_UI_DIFF_REVIEW_FILE_H
#define ASSENT_UI_DIFF_REVIEW_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct review_file;
struct ui;

/* For the session in this folder; opens no file yet. */
struct review_file *review_file_new(const char *dir);
void	review_file_free(struct review_file *);
/* Load what was seen, here or at another terminal. `back`: the UI begins: also
 * go to the place, unless the user has gone to the review already. */
void	review_file_load(struct review_file *, struct ui *, bool back);
/* A key came that can be an answer to the screen: somebody was there. Append
 * what was on it. */
void	review_file_key(struct review_file *, struct ui *);
/* After loading, and after such a key, while a plan with this text is open: it is
 * seen if an earlier UI showed all of it; else saved if this one has. */
void	review_file_plan(struct review_file *, struct ui *, const char *text);
/* Somebody is there. */
void	review_file_here(struct review_file *, const struct ui *);
/* The journal's last line when the last key came in any UI, before those of this
 * one; 0: unknown. */
int64_t	review_file_last_key(const struct review_file *);
/* After each key and frame: is there a place to save? */
bool	review_file_look(struct review_file *, const struct ui *);
void	review_file_save(struct review_file *);

#endif
