/*
 * blob-commit: the history of applied changes, as commits on one branch of the
 * session's objects.git, readable with git.
 */
#include "config.h"

#include "store/blob-priv.h"

#include "store/gitlib.h"

/* The index of the last commit, which is returned in *parent (or NULL). */
static int
blob_index_load(struct blob_store *s, git_commit **parent, struct err *e)
{
	git_tree *tree = NULL;
	git_oid id;
	int rc;

	rc = git_reference_name_to_id(&id, s->repo, BLOB_REF);
	if (rc < 0 && rc != GIT_ENOTFOUND)
		return gitlib_error(e, "cannot read the session's history");
	if (rc == 0 && git_commit_lookup(parent, s->repo, &id) < 0)
		return gitlib_error(e, "cannot read the session's history");
	if (s->index != NULL)
		return 0;
	if (git_index_new(&s->index) < 0)
		return gitlib_error(e, "cannot create an index");
	if (*parent == NULL)
		return 0;
	rc = git_commit_tree(&tree, *parent);
	if (rc == 0)
		rc = git_index_read_tree(s->index, tree);
	git_tree_free(tree);
	if (rc < 0) {
		git_index_free(s->index);
		s->index = NULL;
		return gitlib_error(e, "cannot read the session's history");
	}
	return 0;
}

static int
blob_index_apply(struct blob_store *s, const struct blob_entry *b,
    struct err *e)
{
	git_index_entry entry = { .path = b->path, .mode = b->mode };
	const struct blob_id *id;

	if (b->hash == NULL) {
		if (git_index_remove(s->index, b->path, 0) < 0 &&
		    git_index_find(NULL, s->index, b->path) == 0)
			return gitlib_error(e, "cannot record %s", b->path);
		return 0;
	}
	id = blob_find(s, b->hash);
	if (id == NULL)
		return err_set(e, "cannot record %s: its content is not in "
		    "the session's store", b->path);
	git_oid_cpy(&entry.id, &id->oid);
	if (git_index_add(s->index, &entry) < 0)
		return gitlib_error(e, "cannot record %s", b->path);
	return 0;
}

int
blob_commit(struct blob_store *s, const struct blob_entry *v, size_t n,
    const char *message, char id[41], struct err *e)
{
	git_commit *parent = NULL;
	git_signature *who = NULL;
	git_tree *tree = NULL;
	git_oid oid;
	size_t i;
	int rc = -1;

	if (blob_index_load(s, &parent, e) < 0)
		goto out;
	for (i = 0; i < n; i++) {
		if (blob_index_apply(s, &v[i], e) < 0)
			goto out;
	}
	if (git_index_write_tree_to(&oid, s->index, s->repo) < 0 ||
	    git_tree_lookup(&tree, s->repo, &oid) < 0 ||
	    git_signature_now(&who, "assent", "assent@localhost") < 0 ||
	    git_commit_create(&oid, s->repo, BLOB_REF, who, who, "UTF-8",
	    message, tree, parent == NULL ? 0 : 1,
	    (const git_commit **)&parent) < 0) {
		gitlib_error(e, "cannot record the change in the session's "
		    "history");
		goto out;
	}
	git_oid_tostr(id, 41, &oid);
	rc = 0;
out:
	if (rc < 0) {
		/* Half a change must not get into the next commit. */
		git_index_free(s->index);
		s->index = NULL;
	}
	git_tree_free(tree);
	git_signature_free(who);
	git_commit_free(parent);
	return rc;
}
