/*
 * journal_verify: check a session's journal without changing it, while its core
 * may be writing: the chain, head, and that the contents of all hashes exist.
 */
#include "config.h"

#include "journal/journal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/chain.h"
#include "journal/linefile.h"
#include "journal/session.h"

struct verify_hash {
	char	 hex[SHA256_HEX_SIZE];
	int64_t	 line;
};

struct verify {
	const char		*dir;
	struct verify_hash	*hashes;
	size_t			 len;
};

static bool
verify_is_hash(const char *s)
{
	return strlen(s) == SHA256_HEX_SIZE - 1 &&
	    strspn(s, "0123456789abcdef") == SHA256_HEX_SIZE - 1;
}

/* A hash, an object with one under `key`, or null. */
static int
verify_add(struct verify *v, int64_t line, const cJSON *value,
    const char *key, struct err *e)
{
	const char *hex = cJSON_IsString(value) ? value->valuestring :
	    json_str(value, key);
	struct verify_hash *h;

	if (hex == NULL)
		return 0;
	if (!verify_is_hash(hex))
		return err_set(e, "line %lld of %s/journal.jsonl has something "
		    "else where a hash belongs", (long long)line, v->dir);
	GROW(v->hashes, v->len);
	h = &v->hashes[v->len++];
	memcpy(h->hex, hex, sizeof(h->hex));
	h->line = line;
	return 0;
}

/* Members that contain hashes; man/assent-journal.5 marks them. */
static int
verify_collect(struct verify *v, int64_t line, const cJSON *event,
    struct err *e)
{
	static const char *const lists[] = { "files", "ops" };
	const cJSON *item;
	size_t i;

	for (i = 0; i < MEM_COUNT(lists); i++)
		cJSON_ArrayForEach(item, json_array(event, lists[i]))
			if (verify_add(v, line, json_get(item, "before"),
			    "hash", e) < 0 ||
			    verify_add(v, line, json_get(item, "after"),
			    "hash", e) < 0)
				return -1;
	if (json_is(event, "type", "user_message"))
		cJSON_ArrayForEach(item, json_array(event, "images"))
			if (verify_add(v, line, item, "hash", e) < 0)
				return -1;
	if (verify_add(v, line, json_get(event, "out"), "sha256", e) < 0)
		return -1;
	return verify_add(v, line, json_get(event, "patch"), "sha256", e);
}

static int
verify_compare(const void *a, const void *b)
{
	const struct verify_hash *x = a, *y = b;
	int c = strcmp(x->hex, y->hex);

	if (c == 0)
		c = x->line < y->line ? -1 : x->line > y->line;
	return c;
}

/* Check each hash once; the error names the first line whose content is
 * missing. */
static int
verify_contents(struct verify *v, bool (*has)(void *, const char *),
    void *arg, struct err *e)
{
	const struct verify_hash *lost = NULL;
	size_t i, missing = 0;

	if (v->len > 0)
		qsort(v->hashes, v->len, sizeof(*v->hashes), verify_compare);
	for (i = 0; i < v->len; i++) {
		if (i > 0 && strcmp(v->hashes[i].hex,
		    v->hashes[i - 1].hex) == 0)
			continue;
		if (has(arg, v->hashes[i].hex))
			continue;
		missing++;
		if (lost == NULL || v->hashes[i].line < lost->line)
			lost = &v->hashes[i];
	}
	if (lost == NULL)
		return 0;
	return err_set(e, "line %lld of %s/journal.jsonl refers to the content "
	    "%s, which is missing or damaged (%zu in all)",
	    (long long)lost->line, v->dir, lost->hex, missing);
}

static int
verify_lines(struct verify *v, int fd, const struct chain *head,
    struct chain *at, struct err *e)
{
	struct err why = ERR_INIT;
	AUTO(linefile_release) struct linefile r = { 0 };
	const char *line;
	cJSON *event;
	size_t n;
	int got, rc = -1;

	linefile_init(&r, fd, 0);
	while ((got = linefile_next(&r, &line, &n, &why)) == LINEFILE_LINE) {
		if (chain_check(at, line, n, NULL, &event, &why) < 0)
			break;
		rc = verify_collect(v, at->seq, event, e);
		cJSON_Delete(event);
		if (rc < 0)
			return rc;
		rc = -1;
		if (at->seq == head->seq && (at->end != head->end ||
		    strcmp(at->h, head->h) != 0)) {
			err_set(e, "line %lld of %s/journal.jsonl isn't the "
			    "one that head names", (long long)at->seq,
			    v->dir);
			return rc;
		}
	}
	if (err_is_set(&why))
		err_set(e, "line %lld of %s/journal.jsonl is damaged: %s",
		    (long long)at->seq + 1, v->dir, why.text);
	else if (got == LINEFILE_TORN && at->seq < head->seq)
		err_set(e, "line %lld of %s/journal.jsonl is torn",
		    (long long)at->seq + 1, v->dir);
	else if (at->seq < head->seq)
		err_set(e, "%s/journal.jsonl ends at line %lld, but head "
		    "names line %lld", v->dir, (long long)at->seq,
		    (long long)head->seq);
	else
		rc = 0;
	return rc;
}

int
journal_verify(const char *dir, bool (*has)(void *arg, const char *hash),
    void *arg, int64_t *lines, struct err *e)
{
	struct verify v = { .dir = dir };
	struct err why = ERR_INIT;
	struct chain head, at;
	AUTO_CLOSE int dirfd = -1, fd = -1;
	int slot, rc = -1;

	memset(&at, 0, sizeof(at));
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0) {
		err_sys(e, "cannot open the session's folder %s", dir);
		goto out;
	}
	if (session_never_began(dirfd)) {
		rc = 0;
		goto out;
	}
	/* Read head before the journal, which can only be ahead of it. */
	if (chain_head_read(dirfd, &head, &slot, &why) < 0) {
		err_set(e, "%s: %s", dir, why.text);
		goto out;
	}
	fd = openat(dirfd, "journal.jsonl", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		err_sys(e, "cannot open %s/journal.jsonl", dir);
		goto out;
	}
	if (verify_lines(&v, fd, &head, &at, e) < 0 ||
	    (has != NULL && verify_contents(&v, has, arg, e) < 0))
		goto out;
	rc = 0;
out:
	if (lines != NULL)
		*lines = at.seq;
	free(v.hashes);
	return rc;
}
