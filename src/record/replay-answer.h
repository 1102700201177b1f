/*
 * replay-answer: a recording's answers as the provider `replay` reads them, a
 * stream of Chat Completions each (provider/replay.c).
 */
#ifndef ASSENT_RECORD_REPLAY_ANSWER_H
#define ASSENT_RECORD_REPLAY_ANSWER_H

#include <cjson/cJSON.h>

#include "base/err.h"

/* Into the new folder `dir`, each held until it is released (from 1). */
int	replay_answer_write(const cJSON *answers, const char *dir,
	    struct err *e);
void	replay_answer_release(const char *dir, int n);

#endif
