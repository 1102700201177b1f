/*
 * Chooses the model, its server and its key: from --model and "model", else
 * from the available keys (key.c) and share/models.json.
 */

/* A provider from the user's file. */
static int
model_from_file(const struct config *c, const cJSON *p,
    struct config_model *m, struct err *e)
	AUTO_FREE char *from = NULL;
	int rc;

	m->format = xstrdup(json_str(p, "format"));
	m->dialect = xstrdup_null(json_str(p, "dialect"));
	m->headers = cJSON_Duplicate(json_get(p, "headers"), 1);
	if (strcmp(m->format, "replay") == 0) {
		m->base_url = xstrdup("");
		m->replay_dir = dir[0] == '~' && dir[1] == '/' && home != NULL ?
		    fs_join(home, dir + 2) : fs_realpath(dir);
		if (m->replay_dir == NULL)
			return err_sys(e, "%s: providers.%s.dir: can't find "
			    "%s", c->path, m->provider, dir);
	return rc < 0 ? -1 : config_key(c, p, m, e);
}

