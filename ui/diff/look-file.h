/*
 * look-file: opens a proposed file in the editor, to read it.
 */
#ifndef ASSENT_UI_DIFF_LOOK_FILE_H
#define ASSENT_UI_DIFF_LOOK_FILE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "front/action.h"

struct ui;

bool	look_file_key(struct ui *, enum action_id);
void	look_file_line(struct ui *, const cJSON *line);	/* the core's answer */

#endif
