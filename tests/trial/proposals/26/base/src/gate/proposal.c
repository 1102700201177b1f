/*
 * Proposal: the changes to review, as the JSON that the journal stores and
 * every front end draws. It describes and doesn't decide, and it shows the blob
 * store's contents, which are what the gate would write.
 */

/* Is the name one of the space-separated patterns? */
static bool
test_input_name_in(const char *patterns, const char *name)
{
	AUTO_FREE char *copy = xstrdup(patterns);
	char *rest = copy, *one;
	bool is = false;

	while (!is && (one = strsep(&rest, " ")) != NULL)
		is = fnmatch(one, name, 0) == 0;
	return is;
}

/* Does the command (NULL: none) name this file, or read it to know what to
 * do? */
static bool
test_input_names(const char *command, const char *path)
{
	static const char blanks[] = " \t\r\n;|&()<>{}\"'`$=,";
	char *copy, *p, *save = NULL;
	bool yes = false;

	if (command == NULL)
		return false;
	copy = xstrdup(command);
	for (p = strtok_r(copy, blanks, &save); p != NULL && !yes;
	    p = strtok_r(NULL, blanks, &save))
		yes = test_input_word_names(p, path);
	free(copy);
	return yes;
}

/* The hunks, split if requested; "split" lists which. */
static int
proposal_hunks(struct hunk_list *l, cJSON *o, const struct stage_change *c,
    const struct proposal_about *about, struct err *e)
{
	const cJSON *list = json_array(about->splits, c->path), *id;
	struct gate_split split = { .diff = about->diff };
	const char **ids = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*ids));
	int rc;

	cJSON_ArrayForEach(id, list)
		if (cJSON_IsString(id))
			ids[split.len++] = id->valuestring;
	split.ids = ids;
	rc = gate_hunks(l, about->store, c->path, &c->before, &c->after, &split,
	    NULL, e);
	cJSON_DeleteItemFromObjectCaseSensitive(o, "split");
	if (rc == 0 && split.len > 0)
		json_set_take(o, "split", cJSON_Duplicate(list, 1));
	free(ids);
	return rc;
}

/* The third side of a conflict: the user's changes meanwhile. */
static int
proposal_add_meanwhile(cJSON *o, const struct stage_change *c,
    struct proposal_about *about, struct err *e)
{
	AUTO_BUF struct buf patch = BUF_INIT(PROPOSAL_MEANWHILE_MAX);
	struct err full = ERR_INIT;
	size_t need;

	if (stage_side_equal(&c->was, &c->before) ||
	    about->left < PROPOSAL_MEANWHILE_MAX)
		return 0;
	if (!blob_has(about->store, c->was.hash))
		return 0;
	if (gate_patch(&patch, about->store, c->path, &c->was, &c->before,
	    about->diff, false, &full) < 0 && !patch.full)
		return err_set(e, "%s", full.text);
	json_add_bytes(o, "meanwhile", buf_str(&patch), patch.len);
	need = proposal_bytes_cost(buf_str(&patch), patch.len);
	return 0;
}

/* The entry of a change. For a rename (`from` is not NULL) under the new name:
 * then `c` is from the old file to the new one. */
static cJSON *
proposal_file(const struct stage_change *c, const struct stage_change *from,
    int same, struct proposal_about *about, struct err *e)
{
	cJSON *o = cJSON_CreateObject(), *hunks = cJSON_CreateArray();
	AUTO_BUF struct buf note = BUF_INIT(0);
	mode_t is = from != NULL ? from->is : c->is, lost;
	const char *runs;
	int rc = 0;

	json_add_path(o, "path", c->path);
	json_add_str(o, "status", from != NULL ? "renamed" :
	    proposal_status(c));
	if (from != NULL) {
		json_add_path(o, "from", from->path);
		    "set-user-id bit" : "loses its set-user-id and "
		    "set-group-id bits");
	/* Proposed anyway: written on purpose, or included. */
	if (c->after.exists && ignore_match(about->policy->ignore, c->path,
	    false))
		proposal_note(&note, "ignored by git");
	if (rc == 0)
		rc = proposal_add_protected(o, c, about->policy, about->store,
		    e);
	if (c->after.exists && json_get(o, "protected") == NULL &&
	    (runs = policy_runs_at(about->policy, c->path)) != NULL) {
		proposal_note(&note, "runs at: ");
		buf_adds(&note, runs);
	}
	if (from != NULL && stage_side_equal(&c->before, &c->after))
	return NULL;
}

/* The refused changes, as far as they can be listed; one line covers the
 * `later` changes that didn't fit. */
static cJSON *
proposal_refused(const struct stage_scan *scan, size_t later)
{
	cJSON *v = cJSON_CreateArray();
	size_t left = PROPOSAL_REFUSED_MAX, i;
	char *text;

	for (i = 0; i < scan->refused_len && proposal_pay(&left,
	    scan->refused[i].path); i++)
		proposal_leave_out(v, scan->refused[i].path,
		    scan->refused[i].why);
	if (i < scan->refused_len) {
		text = xasprintf("%zu more that cannot be proposed",
		    scan->refused_len - i);
		proposal_leave_out(v, ".", text);
		free(text);
	}
	if (later > 0) {
		text = xasprintf("%zu more changed files are too many for one "
		    "proposal: they follow once these are decided", later);
		proposal_leave_out(v, ".", text);
		free(text);
	}
	return v;
}

/* Length of the highest folder in `path` that is a build product; 0: none is,
 * and the file counts by itself. */
static size_t
proposal_product_top(struct policy *policy, const char *path,
    enum product_why *why)
{
	char *copy = xstrdup(path), *slash;
	size_t n = 0;

	for (slash = strchr(copy, '/'); slash != NULL && n == 0;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		*why = policy_product(policy, copy, true);
		if (*why != PRODUCT_NOT)
			n = (size_t)(slash - copy);
		*slash = '/';
	}
	free(copy);
	if (n == 0)
		*why = policy_product(policy, path, false);
	return n;
}

/* The build products, which stay staged: a folder of nothing else as one entry,
 * other files one by one. */
static cJSON *
proposal_product(const struct stage_scan *scan, struct policy *policy)
	size_t i, n, k;
	int named = 0;

	policy_hold(policy, true);
	for (i = 0; i < scan->ignored_len && named < PROPOSAL_PRODUCT_MAX;
	    i = k, named++) {
		char *name = scan->ignored[i], *top;

		n = proposal_product_top(policy, name, &why);
		for (k = i + 1; n > 0 && k < scan->ignored_len &&
		    strncmp(scan->ignored[k], name, n + 1) == 0; k++)
			;
		top = n == 0 ? xstrdup(name) : xmemdup(name, n + 1);
		o = cJSON_CreateObject();
		json_add_path(o, "path", top);
		json_add_int(o, "files", (int64_t)(k - i));
		json_add_str(o, "why", whys[why]);
		cJSON_AddItemToArray(v, o);
		free(top);
	}
	policy_hold(policy, false);
	return v;
}

