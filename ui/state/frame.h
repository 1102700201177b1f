/*
 * frame: the picture, and what a frame that was written has shown and asked,
 * once it stands on the screen.  A key decides only what stood there before it.
 */
#ifndef ASSENT_UI_STATE_FRAME_H
#define ASSENT_UI_STATE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct ui;

/* Draw into ui->screen, whose size was set before. */
void	frame_draw(struct ui *);
/* Is there room for all of the question in the rows of hints? */
bool	frame_has_room(const struct ui *);
/* The last frame was sent in full, and stands on the screen in time for keys
 * that come at `at`.  One that is drawn over before it was sent has shown
 * nothing and asked nothing. */
void	frame_sent(struct ui *, int64_t at);
/* Take what the frames up to `now` have shown and asked as shown and asked. True
 * if a decision has become possible by it: what was typed before goes through
 * state_key_old, and another frame shows the keys that are alive now. */
bool	frame_settle(struct ui *, int64_t now);
/* When there is something to settle; -1: nothing. */
int64_t	frame_settles(const struct ui *);
/* What is on its way will not be seen. */
void	frame_unsend(struct ui *);
/* Both at once, where a frame stands on the screen as it is written. */
bool	frame_written(struct ui *);
/* Is a frame on its way that asks what is in front now? Keys are then from
 * before it. */
bool	frame_is_early(const struct ui *);

#endif
