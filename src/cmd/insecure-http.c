/* See insecure-http.h. */
#include "config.h"

#include "cmd/insecure-http.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/url.h"
#include "front/client.h"

static int
insecure_http_check_key(const struct setup *s, const struct config_model *m,
    const char *url, struct err *e)
{
	const char *allowed = config_str(s->config, "insecure_http");
	AUTO_FREE char *where = NULL;

	if ((m->key == NULL && m->headers == NULL) || url == NULL ||
	    strncmp(url, "http://", 7) != 0 || url_is_local(url) ||
	    (allowed != NULL && strcmp(allowed, "on") == 0))
		return 0;
	where = url_origin(url);
	return err_misuse(e,
	    "%s for %s was not sent to %s: http:// isn't encrypted, "
	    "so others on the network can read it. Use https://, or allow it "
	    "with \"insecure_http\": \"on\" or --insecure-http",
	    m->key != NULL ? "the key" : "a header", m->provider, where);
}

int
insecure_http_check_model(
    const struct setup *s, const struct config_model *m, struct err *e)
{
	return insecure_http_check_key(s, m, m->base_url, e);
}

int
insecure_http_check(struct setup *s, const cJSON *recorded)
{
	struct config_model *m;
	int code = 0, rc;
	size_t i;

	for (i = 0; code == 0 && (m = setup_model_at(s, i)) != NULL; i++) {
		struct err e = ERR_INIT;

		if (recorded == NULL)
			rc = insecure_http_check_model(s, m, &e);
		else
			rc = m->provider == NULL || !json_is(recorded,
			    "provider", m->provider) ? 0 :
			    insecure_http_check_key(s, m, json_str(recorded,
			    "base_url"), &e);
		if (rc == 0)
			continue;
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
		if (s->again) {
			secret_free(m->key);
			m->key = NULL;
			config_model_drop_headers(m);
			code = 0;
		}
	}
	return code;
}
