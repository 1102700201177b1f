/* See proposal-file.h. */
#include "config.h"

#include "cmd/proposal-file.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/client.h"
#include "git/git-run.h"
#include "front/log.h"
#include "git/tree.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"

static void
proposal_keep(cJSON **to, const cJSON *line)
{
	cJSON_Delete(*to);
	*to = line == NULL ? NULL : cJSON_Duplicate(line, 1);
}

/* Only the last result can be stale. */
static void
proposal_keep_evidence(struct proposal_past *p, const cJSON *line)
{
	bool valid = json_is(line, "status", "valid");

	if (!valid && !json_is(line, "status", "stale"))
		proposal_keep(&p->evidence, line);
	else if (p->evidence != NULL)
		json_set_take(p->evidence, "status",
		    cJSON_CreateString(valid ? "done" : "stale"));
}

int
proposal_past_line(void *arg, const char *line, size_t n, struct err *e)
{
	struct proposal_past *p = arg;
	AUTO_JSON cJSON *o = event_parse(line, n, e);
	enum event_type type = event_type(o);

	if (o == NULL)
		return -1;
	if (p->fold == NULL)
		p->fold = fold_new();
	fold_line(p->fold, o);
	if (type == EVENT_SESSION_START)
		proposal_keep(&p->diff, json_get(json_get(o, "settings"),
		    "diff"));
	else if (type == EVENT_PROPOSAL)
		proposal_keep(&p->line, o);
	else if (type == EVENT_EVIDENCE)
		proposal_keep_evidence(p, o);
	return 0;
}

bool
proposal_past_is_open(const struct proposal_past *p)
{
	return p->fold != NULL && p->fold->proposal != NULL &&
	    p->fold->proposal->files_len > 0;
}

void
proposal_past_release(struct proposal_past *p)
{
	if (p->fold != NULL)
		fold_free(p->fold);
	cJSON_Delete(p->line);
	cJSON_Delete(p->evidence);
	cJSON_Delete(p->diff);
	memset(p, 0, sizeof(*p));
}

void
proposal_evidence(cJSON *o, const cJSON *last)
{
	static const char *const always[] = {
		"status", "command", "check_by", "where", "exit", "words",
		"unproposed",
	}, *const some[] = {
		"signal", "killed", "limit", "met", "text", "out", "ms",
	};
	const cJSON *v;
	cJSON *ev;
	size_t i;

	if (last == NULL) {
		json_add_null(o, "evidence");
		return;
	}
	ev = cJSON_CreateObject();
	for (i = 0; i < MEM_COUNT(always); i++) {
		v = json_get(last, always[i]);
		json_set_take(ev, always[i], v == NULL ? cJSON_CreateNull() :
		    cJSON_Duplicate(v, 1));
	}
	JSON_COPY(ev, last, some);
	if (json_is(last, "status", "done"))
		json_add_bool(ev, "passed", json_int(last, "exit", -1) == 0 &&
		    json_str(last, "killed") == NULL);
	else
		json_add_null(ev, "passed");
	json_set_take(o, "evidence", ev);
}

/* ---- the file ---- */

/* A rename as two files: what its reader compares is each file's content. */
static void
proposal_add_file(cJSON *list, const cJSON *f)
{
	static const char *const told[] = { "path", "path_b64", "from",
		"from_b64", "status", "before", "after", "protected", "judges",
		"reason", "note" };
	cJSON *o = cJSON_CreateObject();

	JSON_COPY(o, f, told);
	if (json_get(f, "from") != NULL) {
		cJSON *old = cJSON_CreateObject();

		json_copy(old, "path", json_get(f, "from"));
		if (json_get(f, "from_b64") != NULL)
			json_copy(old, "path_b64", json_get(f, "from_b64"));
		json_add_str(old, "status", "deleted");
		json_copy(old, "before", json_get(f, "before"));
		json_add_null(old, "after");
		cJSON_AddItemToArray(list, old);
		json_set_take(o, "before", cJSON_CreateNull());
	}
	cJSON_AddItemToArray(list, o);
}

/* The open proposal's files, and their patch. */
static int
proposal_add_files(cJSON *o, const struct proposal_past *p, const char *dir,
    struct err *e)
{
	const char *const args[] = { "patch", dir, NULL };
	cJSON *files = cJSON_CreateArray(), *asked;
	AUTO_JSON cJSON *made = NULL;
	size_t n = 0;
	AUTO_FREE char *patch = NULL;
	const cJSON *it;

	if (proposal_past_is_open(p)) {
		cJSON_ArrayForEach(it, json_array(p->line, "files"))
			proposal_add_file(files, it);
		asked = cJSON_CreateObject();
		json_copy(asked, "files", files);
		if (p->diff != NULL)
			json_copy(asked, "diff", p->diff);
		made = client_ask_core(args, asked, 0, e);
		patch = json_get_bytes(made, "patch", &n);
	}
	json_set_take(o, "files", files);
	json_add_bytes(o, "patch", patch == NULL ? "" : patch, n);
	if (proposal_past_is_open(p) && patch == NULL && !err_is_set(e))
		err_set(e, "the patch can't be made");
	return err_is_set(e) ? -1 : 0;
}

static int
proposal_add_base(cJSON *o, const char *root, struct err *e)
{
	struct err none = ERR_INIT;
	AUTO_FREE char *head = git_run_ask(root, "rev-parse", "HEAD", NULL,
	    &none);
	AUTO_FREE char *tree = tree_hash_of(root, true, e);
	AUTO_FREE char *folder = git_run_ask(root, "rev-parse",
	    "--show-prefix", NULL, &none);
	cJSON *base = cJSON_CreateObject();

	json_add_str(base, "folder", folder == NULL ? "" : folder);
	if (head != NULL)
		json_add_str(base, "head", head);
	else
		json_add_null(base, "head");
	json_add_str(base, "tree", tree);
	json_set_take(o, "base", base);
	return tree == NULL ? -1 : 0;
}

static void
proposal_add_head(cJSON *o, const cJSON *line)
{
	cJSON *head;

	if (line == NULL) {
		json_add_null(o, "journal");
		return;
	}
	head = cJSON_CreateObject();
	json_copy(head, "seq", json_get(line, "seq"));
	json_copy(head, "h", json_get(line, "h"));
	json_set_take(o, "journal", head);
}

cJSON *
proposal_file_make(const char *dir, const char *root, const char *profile,
    struct err *e)
{
	AUTO(proposal_past_release) struct proposal_past p = { 0 };
	cJSON *o = cJSON_CreateObject();
	const char *task, *slash = strrchr(root, '/');

	if (dir != NULL && log_lines(dir, proposal_past_line, &p, NULL, e) < 0)
		goto fail;
	task = p.fold == NULL || p.fold->task.text == NULL ? "" :
	    p.fold->task.text;
	json_add_int(o, "version", PROPOSAL_VERSION);
	if (p.fold != NULL && p.fold->session != NULL)
		json_add_str(o, "session", p.fold->session);
	else
		json_add_null(o, "session");
	json_add_str(o, "project", slash == NULL ? root : slash + 1);
	json_add_strn(o, "task", task, strcspn(task, "\n"));
	json_add_str(o, "profile", profile == NULL ? "code" : profile);
	if (p.fold != NULL && p.fold->model != NULL)
		json_add_str(o, "model", p.fold->model);
	else
		json_add_null(o, "model");
	proposal_add_head(o, proposal_past_is_open(&p) ? p.line : NULL);
	if (proposal_add_base(o, root, e) < 0)
		goto fail;
	proposal_evidence(o, proposal_past_is_open(&p) ? p.evidence : NULL);
	/* It is in the session's folder. */
	cJSON_DeleteItemFromObjectCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(o, "evidence"), "out");
	if (proposal_add_files(o, &p, dir, e) == 0)
		return o;
fail:
	cJSON_Delete(o);
	return NULL;
}
