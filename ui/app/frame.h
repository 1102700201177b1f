/*
 * frame: draws the screen, and records what a written frame has displayed and
 * asked once it is on the screen. A key decides only about text that was on the
 * screen before it.
 */
#ifndef ASSENT_UI_APP_FRAME_H
#define ASSENT_UI_APP_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct ui;

/* Draw into ui->screen, whose size the caller has set. */
void	frame_draw(struct ui *);
/* Do the rows of hints have room for the whole question? */
bool	frame_has_room(struct ui *);
/* The last frame was sent in full, and is on the screen in time for keys that
 * arrive at `at`. A frame that is drawn over before it was sent has displayed
 * and asked nothing. */
void	frame_sent(struct ui *, int64_t at);
/* Record what the frames up to `now` have displayed and asked as seen and
 * asked. */
void	frame_settle(struct ui *, int64_t now);
/* When frame_settle has something to record; -1: nothing. */
int64_t	frame_settles(const struct ui *);
/* The terminal was another program's: the frames that were sent but not settled
 * will not be seen, and what was on the screen asks nothing any more. */
void	frame_unsend(struct ui *);

#endif
