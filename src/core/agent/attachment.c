#include "config.h"

#include "core/agent/attachment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attach.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "core/context/context-image.h"
#include "core/kernel/core.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "provider/provider.h"

#define ATTACH_READ_MAX	((size_t)64 << 20)
#define ATTACH_NOT_INSIDE "@%s is not in the project: copy it there to send it, " \
	"or leave out the @"
#define ATTACH_HIDDEN "@%s is hidden from the model as a secret file"

size_t
attach_resource(const struct core *c, const char *word)
{
	size_t n = strcspn(word, ":");
	AUTO_FREE char *name = xmemdup(word, n);

	return word[n] == ':' && json_get(json_get(c->start, "mcp_servers"),
	    name) != NULL ? n : 0;
}

/* The file as the model would see it: its staged version, or the real one. -1
 * with errno. */
static int
attach_read(struct core *c, const char *path, struct buf *b)
{
	const struct fold_file *f = fold_find_file(c->fold, path);
	char head[512];
	ssize_t n;
	AUTO_CLOSE int fd = -1;

	if (f != NULL && f->after.exists && (f->after.mode & S_IFMT) ==
	    S_IFREG && (size_t)f->after.size <= ATTACH_READ_MAX)
		return blob_get(c->blobs, f->after.hash, b, NULL);
	fd = fs_open_regular(c->stage->root_fd, path);
	if (fd < 0)
		return -1;
	/* The beginning is enough for a file that isn't an image. */
	n = pread(fd, head, sizeof(head), 0);
	if (n > 0 && image_kind_of(head, (size_t)n) != IMAGE_NONE)
		return fs_read_all(fd, b);
	return n < 0 ? -1 : buf_add(b, head, (size_t)n);
}

static bool
attach_has(const struct event *to, const char *path)
{
	MEM_EACH(&to->user_message, images, it)
		if (ev_is(it->path, path))
			return true;
	return false;
}

/* Read this file if it is an image: 1 if so, 0 if not, -1 with a message.
 * *none: no such file, but its name is an image's. */
static int
attach_path(struct core *c, const char *path, struct event *to, bool *none,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(ATTACH_READ_MAX);
	bool named = attach_named_image(path);
	int rc = 0;

	if (attach_has(to, path))
		return 1;
	if (policy_hides(c->policy, path))
		return !named ? 0 : err_set(e, ATTACH_HIDDEN, path);
	if (attach_read(c, path, &b) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			*none = true;
		else if (named && b.full)
			rc = err_set(e, "@%s is too large to be sent", path);
		else if (named)
			rc = err_sys(e, "@%s cannot be read", path);
	} else if (named || image_kind_of(b.p, b.len) != IMAGE_NONE)
		rc = attach_add(c, path, &b, to, e) < 0 ? -1 : 1;
	return rc;
}

/* An image outside the project, which the user has allowed. */
static int
attach_allowed(struct core *c, const char *path, const cJSON *allowed,
    struct event *to, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(ATTACH_READ_MAX);
	AUTO_CLOSE int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = -1;

	if (attach_has(to, path))
		return 1;
	if (!json_has(allowed, path))
		return err_set(e, ATTACH_NOT_INSIDE, path);
	if (policy_hides(c->policy, path + 1))
		return err_set(e, ATTACH_HIDDEN, path);
	fd = fs_open_regular(top, path + 1);
	if (fd < 0 || fs_read_all(fd, &b) < 0)
		return err_sys(e, "@%s cannot be read", path);
	return attach_add(c, path, &b, to, e) < 0 ? -1 : 1;
}

/* Attach a file, found from the project's root, or else from where commands
 * start. */
static int
attach_one(struct core *c, const char *word, struct event *to, bool *none,
    struct err *e)
{
	const char *const from[] = { c->root, c->cwd };
	bool outside = true;
	size_t i;
	int rc;

	*none = false;
	for (i = 0; i < MEM_COUNT(from); i++) {
		AUTO_FREE char *path = fs_inside(c->root, from[i], word);

		if (path == NULL)
			continue;
		outside = false;
		*none = false;
		rc = attach_path(c, path, to, none, e);
		if (!*none)
			return rc;
	}
	if (outside && attach_named_image(word))
		return err_set(e, word[0] == '/' && access(word, F_OK) < 0 ?
		    "@%s: no such file" : ATTACH_NOT_INSIDE, word);
	return 0;
}

/* Try the word as it is, then without punctuation at its end. */
static int
attach_try(struct core *c, char *word, bool quoted, const cJSON *allowed,
    struct event *to, struct err *e)
{
	AUTO_FREE char *real = attach_outside(word, c->root,
	    json_str(c->start, "home"));
	bool none = false;
	int rc = real != NULL ? attach_allowed(c, real, allowed, to, e) :
	    attach_one(c, word, to, &none, e);
	size_t n = strlen(word);

	while (rc == 0 && none && !quoted && n > 1 &&
	    strchr(".,;:!?", word[n - 1]) != NULL) {
		word[--n] = '\0';
		rc = attach_one(c, word, to, &none, e);
	}
	if (rc == 0 && none && attach_named_image(word))
		rc = err_set(e,
		    "@%s: no such file in the project; leave out the @ if it "
		    "is only a name",
		    word);
	return rc;
}

/* Add the images that the front end sent. */
static int
attach_sent(struct core *c, const cJSON *sent, struct event *to, struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, sent) {
		struct buf b = BUF_INIT(0);
		AUTO_FREE char *data = json_get_bytes(it, "data", &b.len);

		b.p = data;
		if (data == NULL)
			return err_set(e, "an image has no data");
		if (attach_add(c, json_str_or(it, "name", "image"), &b, to,
		    e) < 0)
			return -1;
	}
	return 0;
}

int
attach_find(struct core *c, const char *text, const cJSON *with,
    struct event *to, struct err *e)
{
	const char *p = text;
	size_t total;
	bool quoted;
	char *word;
	int rc = 0;

	if (c->target.format == NULL || c->context == NULL)
		return 0;
	rc = attach_sent(c, json_array(with, "images"), to, e);
	while (rc >= 0 && (word = attach_word(text, &p, &quoted)) != NULL) {
		if (attach_resource(c, word) == 0)
			rc = attach_try(c, word, quoted, json_array(with,
			    "outside"), to, e);
		free(word);
	}
	total = attach_total(to);
	if (rc >= 0 && total > c->target.format->images.total)
		rc = err_set(e, "the images of this message are too large to "
		    "be sent together: %zu bytes, and %s takes %zu at most",
		    total, c->target.provider, c->target.format->images.total);
	return rc < 0 ? -1 : 0;
}

int
attach_check_all(struct core *c, const char *text, const cJSON *with,
    struct err *e)
{
	AUTO_EVENT struct event found = { 0 };

	return attach_find(c, text, with, &found, e);
}

/* Is this what the file has on disk? */
static bool
attach_is_saved(const struct core *c, const char *path, const char *text)
{
	AUTO_BUF struct buf b = BUF_INIT(ATTACH_READ_MAX);
	AUTO_CLOSE int fd = fs_open_regular(c->stage->root_fd, path);

	return fd >= 0 && fs_read_all(fd, &b) == 0 && b.len == strlen(text) &&
	    memcmp(buf_str(&b), text, b.len) == 0;
}

void
attach_unsaved(struct core *c, const cJSON *unsaved, struct buf *b)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, unsaved) {
		const char *text = json_str(it, "text");
		const char *named = json_str_or(it, "path", "");
		AUTO_FREE char *path = fs_inside(c->root, c->root, named);
		AUTO_FREE char *about = NULL;

		if (path == NULL || text == NULL ||
		    policy_hides(c->policy, path) ||
		    attach_is_saved(c, path, text))
			continue;
		about = xasprintf("What the user's editor has of %s, unsaved; "
		    "the file on disk differs", path);
		fence_add(b, about, text, strlen(text), "");
	}
}
