/* Texts that were begun and not sent; see composer.h. */

static bool
draft_load_slot(struct ui *ui, int dirfd, int slot)
{
	AUTO_FREE char *name = xasprintf(DRAFT_PREFIX "%d", slot);
	if (!draft_read(dirfd, name, &b))
		return false;
	p = buf_str(&b);
	for (end = p + b.len; p < end; p = nl + 1) {
		AUTO_JSON cJSON *o = NULL;

		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl == NULL ? end : nl;
		o = json_parse(p, (size_t)(nl - p), JSON_NUL_REFUSE, NULL);
		if (json_int(o, "version", 0) == DRAFT_VERSION)
			cJSON_ArrayForEach(it, json_array(o, "texts"))
				any = draft_load_one(ui, it) || any;
	}
	return any;
}

/* The edited text with a comment above the line that can't be read. */
static char *
plan_edit_noted(const char *text, size_t *len, const cJSON *now)
{
	const char *p, *end, *stop = text + *len;
	struct err why = ERR_INIT;
	AUTO_JSON cJSON *plan = NULL;
	int at;

	for (p = text; p < stop; p = end) {	/* without earlier ones */
		end = memchr(p, '\n', (size_t)(stop - p));
		end = end == NULL ? stop : end + 1;
		if (strncmp(p, PLAN_MARKDOWN_NOTE,
		    strlen(PLAN_MARKDOWN_NOTE)) != 0)
			buf_add(&b, p, (size_t)(end - p));
	}
	plan = plan_markdown_read(buf_str(&b), b.len, now, &at, &why);
	p = buf_str(&b);
	for (stop = p + b.len; plan == NULL && at > 1 && p < stop; at--) {
		end = memchr(p, '\n', (size_t)(stop - p));
		end = end == NULL ? stop : end + 1;
		buf_add(&noted, p, (size_t)(end - p));
		p = end;
	}
	if (plan == NULL)
		buf_addf(&noted, "%s%s -->\n", PLAN_MARKDOWN_NOTE, why.text);
	buf_add(&noted, p, (size_t)(stop - p));
	return buf_take(&noted);
}

