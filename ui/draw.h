/* draw: the picture to the terminal. The only file with curses output. */
#ifndef ASSENT_UI_DRAW_H
#define ASSENT_UI_DRAW_H

#include <stdbool.h>

#include "ui/screen.h"
#include "ui/ui.h"

struct draw;
struct tty;

/* The terminal is borrowed. */
struct draw *draw_new(const struct tty *, enum ui_colour);
void	draw_free(struct draw *);
/* Everything is to be sent again, at this size. */
void	draw_reset(struct draw *, int rows, int cols);
/* Send what differs from the last picture; false if nothing did. */
bool	draw_push(struct draw *, const struct screen *);

#endif
