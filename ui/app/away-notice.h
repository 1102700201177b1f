/*
 * away-notice: what has happened in the session since the user's last key in it,
 * when a screen is opened again.
 */
#ifndef ASSENT_UI_APP_AWAY_NOTICE_H
#define ASSENT_UI_APP_AWAY_NOTICE_H

#include <stdint.h>

struct ui;

/* All lines are folded. `seq`: the journal's last line at that key; 0: unknown. */
void	away_notice(struct ui *, int64_t seq);
/* Before a frame: while the notice stays, it has what was folded since. */
void	away_notice_update(struct ui *);

#endif
