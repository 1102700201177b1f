/*
 * The file of a proposal, as another machine wrote it: data from elsewhere, of
 * which nothing decides. Its patch is reviewed as any other; what it says about
 * itself is printed as that.
 */
#include "config.h"

#include "cmd/proposal-file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "git/git-run.h"
#include "front/print.h"
#include "git/tree.h"

#define PROPOSAL_NAMES	5	/* named in one message */
#define PROPOSAL_HASH	64

bool
proposal_is_file(const struct buf *b)
{
	size_t i = strspn(buf_str(b), " \t\r\n");

	return i < b->len && b->p[i] == '{';
}

/* In a project, and not of git's own. */
static bool
proposal_path_fits(const char *p)
{
	size_t n;

	if (*p == '\0')
		return false;
	for (; *p != '\0'; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && strncmp(p, "..", 2) == 0) ||
		    (n == 4 && strncasecmp(p, ".git", 4) == 0))
			return false;
		if (p[n] == '/' && p[n + 1] == '\0')
			return false;
	}
	return true;
}

static bool
proposal_side_fits(const cJSON *o, const char *key)
{
	const cJSON *side = json_get(o, key);
	const char *hash = json_str_or(side, "hash", "");
	int64_t mode = json_int(side, "mode", 0);

	return cJSON_IsNull(side) || (cJSON_IsObject(side) &&
	    strlen(hash) == PROPOSAL_HASH &&
	    strspn(hash, "0123456789abcdef") == PROPOSAL_HASH &&
	    (mode == 0100644 || mode == 0100755 || mode == 0120000));
}

/* Each of its files once. */
static int
proposal_check_files(const cJSON *o, struct err *e)
{
	AUTO(pathmap_release) struct pathmap seen = { 0 };
	const cJSON *it;
	size_t n;

	if (json_array(o, "files") == NULL)
		return err_set(e, "it has no list of files");
	cJSON_ArrayForEach(it, json_array(o, "files")) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);

		if (path == NULL || strlen(path) != n ||
		    !proposal_path_fits(path))
			return err_set(e, "it names a file outside a project: "
			    "%.200s", path == NULL ? "?" : path);
		if (pathmap_find(&seen, path) != NULL)
			return err_set(e, "it names %.200s twice", path);
		(void)pathmap_add(&seen, path, sizeof(char *));
		if (!proposal_side_fits(it, "before") ||
		    !proposal_side_fits(it, "after"))
			return err_set(e, "%.200s has no hashes there", path);
	}
	return 0;
}

cJSON *
proposal_parse(const struct buf *b, struct err *e)
{
	cJSON *o = json_parse(buf_str(b), b->len, JSON_NUL_REFUSE, e);
	size_t n;
	AUTO_FREE char *patch = json_get_bytes(o, "patch", &n);
	int64_t version = json_int(o, "version", 0);
	int rc = o == NULL ? -1 : 0;

	if (rc == 0 && !cJSON_IsObject(json_get(o, "base")))
		rc = err_set(e, "it isn't a proposal of assent exec "
		    "--proposal-out");
	else if (rc == 0 && version != PROPOSAL_VERSION)
		rc = err_set(e, "its version is %lld, and this assent reads %d",
		    (long long)version, PROPOSAL_VERSION);
	else if (rc == 0 && patch == NULL)
		rc = err_set(e, "it has no patch");
	if (rc == 0)
		rc = proposal_check_files(o, e);
	if (rc < 0)
		json_drop(&o);
	return o;
}

cJSON *
proposal_expect(const cJSON *proposal, const char *root, struct buf *changed,
    struct err *e)
{
	static const char *const told[] = { "path", "path_b64", "after" };
	const cJSON *files = json_array(proposal, "files"), *it, *side;
	AUTO_JSON cJSON *now = tree_sides_of(root, files, e);
	cJSON *list, *o;
	int n = 0;

	if (now == NULL)
		return NULL;
	list = cJSON_CreateArray();
	side = now->child;
	cJSON_ArrayForEach(it, files) {
		o = cJSON_CreateObject();
		JSON_COPY(o, it, told);
		if (!tree_side_is(json_get(it, "before"), side)) {
			json_add_bool(o, "any", true);
			if (n++ < PROPOSAL_NAMES)
				buf_addf(changed, "%s%s", n > 1 ? ", " : "",
				    json_str_or(it, "path", "?"));
		}
		cJSON_AddItemToArray(list, o);
		side = side == NULL ? NULL : side->next;
	}
	if (n > PROPOSAL_NAMES)
		buf_addf(changed, " and %d more", n - PROPOSAL_NAMES);
	return list;
}

/* ---- the project ---- */

/* This folder is in a repository with that commit, and where it was there. */
static bool
proposal_has_commit(const cJSON *base, const char *root)
{
	const char *head = json_str_or(base, "head", "");
	struct err e = ERR_INIT;
	AUTO_FREE char *type = NULL, *folder = NULL;

	if (!git_is_hash(head))
		return false;
	type = git_run_ask(root, "cat-file", "-t", head, &e);
	folder = git_run_ask(root, "rev-parse", "--show-prefix", NULL, &e);
	return type != NULL && folder != NULL && strcmp(type, "commit") == 0 &&
	    strcmp(json_str_or(base, "folder", ""), folder) == 0;
}

/* Each of its files is here as it was, or as it becomes: 1; 0 if it only adds
 * files, which says nothing; -1 if one is another. */
static int
proposal_has_files(const cJSON *files, const char *root)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *now = tree_sides_of(root, files, &e);
	const cJSON *it, *side = now == NULL ? NULL : now->child;
	int found = now == NULL ? -1 : 0;

	cJSON_ArrayForEach(it, files) {
		const cJSON *before = json_get(it, "before");

		if (cJSON_IsObject(before) && found >= 0)
			found = tree_side_is(before, side) ||
			    tree_side_is(json_get(it, "after"), side) ? 1 : -1;
		side = side == NULL ? NULL : side->next;
	}
	return found;
}

int
proposal_fits(const cJSON *proposal, const char *root, bool meant,
    struct err *e)
{
	const cJSON *base = json_get(proposal, "base");
	const char *slash = strrchr(root, '/'), *head = json_str(base, "head");
	int has;

	if (proposal_has_commit(base, root) ||
	    (has = proposal_has_files(json_array(proposal, "files"), root)) > 0 ||
	    (head == NULL && (meant || (has == 0 && json_is(proposal,
	    "project", slash == NULL ? root : slash + 1)))))
		return 0;
	if (head != NULL)
		return err_set(e, "it was made in %.100s at %.12s, which %s "
		    "doesn't have; --root DIR says where that is",
		    json_str_or(proposal, "project", "?"), head, root);
	return err_set(e, "it was made in %.100s, and the files of %s aren't "
	    "those; --root DIR says where that is",
	    json_str_or(proposal, "project", "?"), root);
}

/* "make check passed", by the file. */
static void
proposal_say_evidence(const cJSON *ev)
{
	const cJSON *passed = json_get(ev, "passed");

	if (!cJSON_IsObject(ev))
		print_words(stderr, "  no success check");
	else
		print_words(stderr, "  check: %s %s", json_str_or(ev, "command",
		    "?"), cJSON_IsTrue(passed) ? "passed" :
		    cJSON_IsFalse(passed) ? "failed" :
		    "not run on these changes");
}

void
proposal_say(const cJSON *proposal, const char *name, const char *root,
    const struct buf *changed)
{
	struct err e = ERR_INIT;
	const cJSON *base = json_get(proposal, "base");
	AUTO_FREE char *tree = tree_hash_of(root, true, &e);
	const char *session = json_str_or(proposal, "session", "?");

	print_words(stderr, "said by %s (nothing of it is checked here):", name);
	print_words(stderr, "  task: %s", json_str_or(proposal, "task", "?"));
	print_words(stderr, "  by %s, in session %s of %s",
	    json_str_or(proposal, "model", "no model"), session,
	    json_str_or(proposal, "project", "?"));
	proposal_say_evidence(json_get(proposal, "evidence"));
	if (changed->len > 0)
		print_words(stderr, "changed since it was proposed: %s",
		    buf_str(changed));
	else if (tree == NULL || !json_is(base, "tree", tree))
		print_words(stderr, "other files here aren't those it was "
		    "checked with");
}
