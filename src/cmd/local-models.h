/*
 * local-models: model servers on this machine.  The core asks them, all at
 * once, by HTTP on 127.0.0.1 and only on the ports in the setting
 * `local_ports`, for their models and context windows.  None is used unless the
 * user chooses it or names its model.  A server that doesn't answer soon counts
 * as absent.
 *
 * Sources: llama.cpp tools/server/README.md (/v1/models, /props); Ollama
 * docs/api.md (/api/tags, /api/show, /api/ps); vLLM's /v1/models
 * (max_model_len); LM Studio's /api/v0/models (loaded_context_length).
 */
#ifndef ASSENT_CMD_LOCAL_MODELS_H
#define ASSENT_CMD_LOCAL_MODELS_H

#include <stdint.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "config/config.h"

/* The servers that answer: [{"name", "port", "models": [...]}], each with at
 * least one model; the caller deletes. NULL: none. */
cJSON	*local_find(const struct config *);
/* A line for each of their models. */
void	local_print(FILE *, const cJSON *found);
/* PROVIDER/MODEL of the only model with this name, with or without its
 * directory,
 * ".gguf" and tag (":latest"); malloc'ed. NULL: none or several. */
char	*local_named(const cJSON *found, const char *name);
/* The context window that this model's server reports, if it is one of these
 * servers; else 0. */
int64_t	local_window(const struct config *, const struct config_model *);

#endif
