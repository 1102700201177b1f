/*
 * model-about: the models that /model offers, and what is known about each.
 */
#ifndef ASSENT_CMD_MODEL_ABOUT_H
#define ASSENT_CMD_MODEL_ABOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* For struct slash_command_models; `arg` is a struct setup. Neither runs a key
 * command. */
void	model_about_offer(void *arg, struct buf *);
void	model_about(void *arg, const char *name, struct buf *);
/* "1M", "128k"; "?" if unknown. Returns `to`. */
const char *model_about_count(int64_t n, char *to, size_t size);

#endif
