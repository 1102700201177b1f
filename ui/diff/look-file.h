/*
 * look-file: opens the user's own file in the editor.
 */
#ifndef ASSENT_UI_DIFF_LOOK_FILE_H
#define ASSENT_UI_DIFF_LOOK_FILE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"

struct ui;

bool	look_file_key(struct ui *, enum action_id);

#endif
