#include "config.h"

#include "cmd/provider-models.h"

#include "base/json.h"
#include "front/client.h"
#include "cmd/insecure-http.h"

#define MODELS_ANSWER	((size_t)16 << 20)

cJSON *
provider_models(const struct setup *s, const struct config_model *m,
    bool *rejected, struct err *e)
{
	static const char *const args[] = { "models", NULL };
	cJSON *o, *got;

	if (insecure_http_check_model(s, m, e) < 0)
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "format", m->format);
	json_add_str(o, "base_url", m->base_url);
	json_add_str(o, "key", m->key);
	json_copy(o, "headers", m->headers);
	json_add_str(o, "ca_file", m->ca_file);
	got = client_ask_core(args, o, MODELS_ANSWER, e);
	if (rejected != NULL)
		*rejected = json_bool(got, "rejected", false);
	if (got != NULL && json_str(got, "error") != NULL)
		err_set(e, "%s", json_str(got, "error"));
	if (err_is_set(e)) {
		cJSON_Delete(got);
		return NULL;
	}
	return got;
}
