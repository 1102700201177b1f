/*
 * apply-notice: the result of a decision, at once, whatever pane the user looks
 * at.
 */
#ifndef ASSENT_UI_APP_APPLY_NOTICE_H
#define ASSENT_UI_APP_APPLY_NOTICE_H

#include <cjson/cJSON.h>

struct ui;

/* The core sent this line, which is folded already. */
void	apply_notice_line(struct ui *, const cJSON *line);

#endif
