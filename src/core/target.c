#include "config.h"

#include "core/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "provider/provider.h"

/* The format of a recording's answers. */
static int
target_replay_format(struct core_target *t, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	AUTO_FREE char *p = fs_join(t->replay_dir == NULL ? "" : t->replay_dir,
	    "recording.json");
	AUTO_JSON cJSON *rec = NULL;
	int rc = -1;

	if (fs_read_file(AT_FDCWD, p, &b, e) < 0)
		return rc;
	rec = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, e);
	t->format = provider_format_find(json_str_or(rec, "format", ""));
	if (t->format == NULL)
		err_set(e, "%s names no known format", p);
	else
		rc = 0;
	return rc;
}

int
target_read(struct core_target *t, const cJSON *m, struct err *e)
{
	const char *format = json_str_or(m, "format", "");
	const struct dialect *dialect;
	struct err why = ERR_INIT;

	memset(t, 0, sizeof(*t));
	t->dialect = dialect_of(NULL);
	t->provider = xstrdup(json_str_or(m, "provider", "model"));
	t->base_url = xstrdup(json_str_or(m, "base_url", ""));
	t->key_env = xstrdup_null(json_str(m, "key_env"));
	t->replay_dir = xstrdup_null(json_str(m, "replay_dir"));
	t->key_from = xstrdup_null(json_str(m, "key_from"));
	t->ca_file = xstrdup_null(json_str(m, "ca_file"));
	t->replay_paced = json_bool(m, "replay_paced", false);
	t->priced = price_read(json_get(m, "price"), &t->price);
	t->window = json_int(m, "window", 0);
	facts_read(&t->facts, json_get(m, "facts"));
	t->model = xstrdup(json_str_or(m, "name", ""));
	if (strcmp(format, "replay") == 0)
		return target_replay_format(t, e);
	t->format = provider_format_find(format);
	if (t->format == NULL)
		return err_set(e, "provider \"%s\" has the unknown format "
		    "\"%s\"", t->provider, format);
	dialect = dialect_read(json_str(m, "dialect"), t->base_url, &why);
	if (dialect == NULL)
		return err_set(e, "provider \"%s\": dialect: %s",
		    t->provider, why.text);
	t->dialect = dialect;
	return 0;
}

static void
target_forget_key(struct core_target *t)
{
	secret_free(t->key);
	t->key = NULL;
}

void
target_set_key(struct core_target *t, const char *key)
{
	target_forget_key(t);
	t->key = secret_dup(key);
}

void
target_release(struct core_target *t)
{
	target_forget_key(t);
	free(t->provider);
	free(t->model);
	free(t->base_url);
	free(t->key_env);
	free(t->key_from);
	free(t->replay_dir);
	free(t->ca_file);
	memset(t, 0, sizeof(*t));
}

void
target_place_release(struct model_place *p)
{
	target_release(&p->target);
	json_drop(&p->model);
}
