/*
 * effect: what sending the marks does, in words.
 */
#ifndef ASSENT_UI_DIFF_EFFECT_H
#define ASSENT_UI_DIFF_EFFECT_H

#include <stdbool.h>
#include <stddef.h>

#include "journal/fold.h"

struct buf;
struct fold_file;
struct fold_hunk;
struct ui;

struct effect { size_t all, yes, no, files, open; };
/* The mark that a hunk would have. */
typedef enum fold_mark effect_mark_cb(const struct ui *,
	    const struct fold_file *, const struct fold_hunk *,
	    const void *arg);
struct effect effect_count(const struct ui *, effect_mark_cb *, const void *);
effect_mark_cb effect_as_marked;	/* the mark that it has */
/* "write 5 of 9" */
void	effect_text(const struct effect *, struct buf *);
/* Has the proposal a model's reader? Not an undo or a try, as in the core's
 * feedback. */
bool	effect_has_model(const struct ui *);
/* Does the model get what is rejected when all is decided? It does if there is a
 * comment or a reason (`more`: one is typed now), or if it is still at work. */
bool	effect_tells(const struct ui *, bool more);
/* Say that all is decided, and what the key that sends the marks does; or that
 * the rest is hidden. */
void	effect_say_all(struct ui *);
/* "2 hunks WHAT · x: write 1 of 3 · u: undo", with `rest` after WHAT: the
 * key that marked wrote nothing. n of 0: without a number. */
void	effect_say_marked(struct ui *, size_t n, const char *what,
	    const char *rest);
/* "Write 7 of 9 hunks in 3 files, reject 2?" */
void	effect_question(const struct effect *, struct buf *);
/* "Undo: puts back 3 hunks in 2 files (a.c, b.c)." */
void	effect_undo(const struct ui *, struct buf *);
/* " Their check passed.", of exactly what would be written; nothing if there
 * is none. `all`: for the key that accepts all, with the keys that run it on
 * that first. */
void	effect_check(const struct ui *, const struct effect *, bool all,
	    struct buf *);

#endif
