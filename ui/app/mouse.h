/* mouse: the wheel and the left button. No key: it answers and ends nothing. */
#ifndef ASSENT_UI_APP_MOUSE_H
#define ASSENT_UI_APP_MOUSE_H

struct key_event;
struct ui;

/* The wheel scrolls the pane below it; a click moves the cursor there. */
void	mouse_event(struct ui *, const struct key_event *);

#endif
