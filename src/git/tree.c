/* See tree.h. */
#include "config.h"

#include "git/tree.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/client.h"
#include "git/git-run.h"

char *
tree_hash_of(const char *root, bool git, struct err *e)
{
	static const char *const list[] = { "ls-files", "-z", "-co",
		"--exclude-standard", NULL };
	const char *const args[] = { "tree", root, NULL };
	AUTO_BUF struct buf names = BUF_INIT(0), b = BUF_INIT(4096);
	const struct git_run g = { .dir = root, .out = &names };
	AUTO_CLOSE int in = memfd_create("assent-names", MFD_CLOEXEC),
	    out = memfd_create("assent-core", MFD_CLOEXEC);
	AUTO_JSON cJSON *o = NULL;

	if (git && git_run(&g, list, NULL, NULL) != 0)
		buf_clear(&names);
	if (in < 0 || out < 0 || fs_write_all(in, buf_str(&names),
	    names.len) < 0 || lseek(in, 0, SEEK_SET) < 0)
		err_sys(e, "can't create a file in memory");
	else if (client_run_core(args, in, out, e) == 0 &&
	    lseek(out, 0, SEEK_SET) == 0 && fs_read_all(out, &b) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, e);
	if (json_str(o, "hash") == NULL && !err_is_set(e))
		err_set(e, "the files of %s can't be read", root);
	return xstrdup_null(json_str(o, "hash"));
}

cJSON *
tree_sides_of(const char *root, const cJSON *files, struct err *e)
{
	static const char *const named[] = { "path", "path_b64" };
	const char *const args[] = { "sides", root, NULL };
	cJSON *asked = cJSON_CreateObject(), *list = cJSON_CreateArray(), *o;
	const cJSON *it;

	json_set_take(asked, "files", list);
	cJSON_ArrayForEach(it, files) {
		o = cJSON_CreateObject();
		JSON_COPY(o, it, named);
		cJSON_AddItemToArray(list, o);
	}
	o = client_ask_core(args, asked, 0, e);
	list = cJSON_DetachItemFromObjectCaseSensitive(o, "sides");
	cJSON_Delete(o);
	if (list == NULL && !err_is_set(e))
		err_set(e, "the files of %s can't be read", root);
	return list;
}

bool
tree_side_is(const cJSON *a, const cJSON *b)
{
	return cJSON_IsObject(a) && cJSON_IsObject(b) ?
	    json_str(a, "hash") != NULL &&
	    json_is(b, "hash", json_str(a, "hash")) &&
	    json_int(a, "mode", 0) == json_int(b, "mode", 0) :
	    !cJSON_IsObject(a) && !cJSON_IsObject(b);
}

bool
tree_has(const char *root, const cJSON *files)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *now = files == NULL || files->child == NULL ? NULL :
	    tree_sides_of(root, files, &e);
	const cJSON *it, *side = now == NULL ? NULL : now->child;

	if (now == NULL)
		return false;
	cJSON_ArrayForEach(it, files) {
		if (!tree_side_is(json_get(it, "after"), side))
			return false;
		side = side == NULL ? NULL : side->next;
	}
	return true;
}
