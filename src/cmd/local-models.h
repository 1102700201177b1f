/*
 * local-models: model servers on this machine.  The core asks them by HTTP on
 * 127.0.0.1,
 * all at once, on the ports of the setting `local_ports` and nowhere else, which
 * models they have and how large their windows are.  None is used unless a person
 * says so or names its model.  One that doesn't answer soon is not there.
 *
 * Sources: llama.cpp tools/server/README.md (/v1/models, /props); Ollama
 * docs/api.md (/api/tags, /api/show, /api/ps); vLLM's /v1/models
 * (max_model_len); LM Studio's /api/v0/models (loaded_context_length).
 */
#ifndef ASSENT_CMD_LOCAL_MODELS_H
#define ASSENT_CMD_LOCAL_MODELS_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "config/config.h"

/* Those that answer: [{"name", "port", "models": [...]}], at least one model
 * each; the caller deletes. NULL: none does. */
cJSON	*local_find(const struct config *);
/* PROVIDER/MODEL of the one model among those found whose name this is, with or
 * without its folder, ".gguf" and tag (":latest"); malloc'ed. NULL: none or
 * several have it. */
char	*local_named(const cJSON *found, const char *name);
/* The window that the server of this model has, if it is one of them and says
 * it; else 0. */
int64_t	local_window(const struct config *, const struct config_model *);

#endif
