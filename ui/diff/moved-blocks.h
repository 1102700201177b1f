/*
 * moved-blocks: which removed lines of the proposal were added elsewhere.
 */
#ifndef ASSENT_UI_DIFF_MOVED_BLOCKS_H
#define ASSENT_UI_DIFF_MOVED_BLOCKS_H

struct page;
struct ui;

/* Find the blocks, once for a version of the proposal. */
void	moved_blocks_make(struct ui *);
void	moved_blocks_drop(struct ui *);
/* If a block begins in this line of the hunk, add a note. */
void	moved_blocks_add(struct ui *, struct page *, int file, int hunk,
	    int line);

#endif
