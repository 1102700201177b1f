/*
 * stage-product: binaries that a command created and git doesn't track are
 * build products even if no ignore rule matches; so are programs and libraries
 * that the user had built before, or half a build would be proposed and
 * applied. This applies only to new content: if the user's tree already has it
 * under any name, it is a change, because otherwise a command that renames a
 * picture would delete it without adding the new name. A product that is
 * rebuilt with the same content stays one.
 */
#include "config.h"

#include "gate/stage-priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"
#include "gate/filetype.h"

#define PRODUCT_MAX_ENTRIES	((size_t)100000)	/* of the tree,
							   visited */

struct product {
	const char	*path;
	int64_t		 size;
	char		 hash[SHA256_HEX_SIZE];	/* "": not read yet */
	bool		 is_new;	/* it was none, and the user has none */
	bool		 held;		/* by the user's tree */
};

struct product_look {
	struct stage_scan_state *s;
	struct product	*v;		/* by size */
	size_t		 len;
	bool		 any_new;	/* and its position is unknown */
	size_t		 entries;
	struct buf	 path;
};

bool
stage_is_product(const struct stage *st, const char *path)
{
	return pathmap_find(&st->manifest.products, path) != NULL;
}

static void
product_add(struct stage_scan_state *s, const struct stage_id *id)
{
	struct manifest_product *p = pathmap_add(&s->products,
	    buf_str(&s->path), sizeof(*p));

	p->id = *id;
}

bool
stage_product_gone(struct stage_scan_state *s)
{
	const struct stage_id none = { 0 };

	if (!stage_is_product(s->st, buf_str(&s->path)))
		return false;
	product_add(s, &none);
	return true;
}

/* Does it begin like a program or library? If the user has that, it is a
 * product too, built before; a document or database that a command changes is a
 * change. */
static bool
product_is_built(int dirfd, const char *path)
{
	int fd = fs_open_beneath(dirfd, path, O_RDONLY | O_NONBLOCK |
	    O_NOCTTY | O_NOFOLLOW, 0);
	char head[8192];
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	fs_close(fd);
	return n > 0 && memchr(head, '\0', (size_t)n) != NULL &&
	    filetype_is_built(head, (size_t)n);
}

/* If a command made it. */
static bool
product_is_unless_text(struct stage *st, const char *path)
{
	return st->o.product(st->o.policy, path, false) == PRODUCT_BINARY;
}

bool
stage_product_is_real(struct stage *st, const char *path)
{
	return product_is_unless_text(st, path) &&
	    product_is_built(st->root_fd, path);
}

/* A changed file stays a change. A former clean copy is the user's own, and so
 * is a deleted file, and is built again. */
static bool
product_is_change(const struct manifest_entry *m)
{
	return m->during || (m->base.exists && m->after.exists &&
	    !stage_side_equal(&m->base, &m->after));
}

/* Is it the clean copy that we put there? */
static bool
product_is_clean(struct stage *st, const struct manifest_entry *m,
    const struct stage_id *now)
{
	if (!m->after.exists || m->after_id.ino != 0)
		return m->after.exists && stage_id_equal(&m->after_id, now);
	/* No scan has seen it yet. */
	return m->after.size == now->size &&
	    stage_has_staged(st, m->path, &m->after);
}

bool
stage_product_see(struct stage_scan_state *s, int dirfd, const char *name,
    const struct stat *sb)
{
	const char *path = buf_str(&s->path);
	struct stage *st = s->st;
	const struct manifest_product *p = pathmap_find(
	    &st->manifest.products, path);
	const struct manifest_entry *m = manifest_find(&st->manifest, path);
	struct stage_id id;
	struct stat real;

	if (!S_ISREG(sb->st_mode))
		return false;
	stage_id_make(&id, sb);
	if (m != NULL && (product_is_change(m) ||
	    product_is_clean(st, m, &id)))
		return false;
	if (p == NULL && (stage_stat(st->root_fd, path, &real) == 0 ?
	    !product_is_built(st->root_fd, path) : st->view->lost(st, path)))
		return false;
	if (!product_is_unless_text(st, path) ||
	    !((p != NULL && stage_id_holds(&p->id, &id)) ||
	    fs_is_binary(dirfd, name)))
		return false;
	product_add(s, &id);
	return true;
}

/* ---- whose content it is ---- */

static int
product_compare(const void *a, const void *b)
{
	const struct product *x = a, *y = b;

	return x->size < y->size ? -1 : x->size > y->size;
}

/* The first of this size, or NULL. */
static struct product *
product_of_size(const struct product_look *l, int64_t size)
{
	size_t at = MEM_FIRST(l->len, i, l->v[i].size >= size);

	return at < l->len && l->v[at].size == size ? &l->v[at] : NULL;
}

/* The user's tree has this content: mark the products with the same content,
 * but only the new ones unless it is deleted by this change. */
static void
product_held(struct product_look *l, int64_t size, const char *hash,
    bool stays)
{
	struct stage *st = l->s->st;
	struct product *p = product_of_size(l, size);
	struct stage_side side;
	struct stage_id id;
	const char *why;

	for (; p != NULL && p < l->v + l->len && p->size == size; p++) {
		if (stays && !p->is_new)
			continue;
		if (p->hash[0] == '\0' && !stage_bound_bytes(l->s, size)) {
			p->held = true;	/* unknown; then it is named */
			continue;
		}
		if (p->hash[0] == '\0' && stage_read(st, st->staged_fd,
		    p->path, true, &side, &id, &why, NULL) == STAGE_GOT &&
		    side.exists)
			memcpy(p->hash, side.hash, sizeof(p->hash));
		p->held = p->held || strcmp(p->hash, hash) == 0;
	}
}

/* What was deleted or overwritten may have been renamed. If a binary is deleted
 * and changed on the way, the new one is a change. But what the user had built
 * is rebuilt, and a program was never a document. */
static void
product_look_staged(struct product_look *l)
{
	struct stage *st = l->s->st;
	AUTO_FREE void **v = pathmap_list(&st->manifest.files);
	bool document = false, program = false;
	size_t i;

	for (i = 0; v[i] != NULL; i++) {
		const struct manifest_entry *m = v[i];

		if (m->seen != st->serial || !m->base.exists ||
		    m->base.mode == 0120000 ||
		    stage_side_equal(&m->base, &m->after))
			continue;
		product_held(l, m->base.size, m->base.hash, false);
		if (!l->any_new || m->after.exists || program ||
		    !fs_is_binary(st->root_fd, m->path))
			continue;
		if (!product_is_built(st->root_fd, m->path))
			document = true;
		else if (!product_is_unless_text(st, m->path))
			program = true;
	}
	l->any_new = false;
	for (i = 0; i < l->len; i++) {
		struct product *p = &l->v[i];

		if (p->is_new && !p->held && (program || (document &&
		    !product_is_built(st->staged_fd, p->path))))
			p->held = true;
		l->any_new = l->any_new || (p->is_new && !p->held);
	}
}

/* Takes ownership of fd. */
static void
product_look_dir(struct product_look *l, int fd, int depth)
{
	struct stage *st = l->s->st;
	AUTO_DIR DIR *d = fs_dir_take(fd);
	size_t len = l->path.len;
	struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL &&
	    l->entries < PRODUCT_MAX_ENTRIES) {
		struct stage_side side;
		struct stage_id id;
		struct stat sb;
		const char *why;

		if (dotgit_is_name(de->d_name) ||
		    fstatat(dirfd(d), de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		l->entries++;
		buf_addf(&l->path, "%s%s", len > 0 ? "/" : "", de->d_name);
		if (S_ISDIR(sb.st_mode) && depth < STAGE_MAX_DEPTH) {
			if (!stage_ignores(st, buf_str(&l->path), true))
				product_look_dir(l, openat(dirfd(d),
				    de->d_name, O_RDONLY | O_DIRECTORY |
				    O_NOFOLLOW | O_CLOEXEC), depth + 1);
		} else if (S_ISREG(sb.st_mode) &&
		    product_of_size(l, sb.st_size) != NULL &&
		    stage_read(st, dirfd(d), de->d_name, false, &side, &id,
		    &why, NULL) == STAGE_GOT && side.exists) {
			product_held(l, side.size, side.hash, true);
		}
		l->path.len = len;
		l->path.p[len] = '\0';
	}
}

/* The list of products, marking those whose content the tree has. */
static void
product_look(struct product_look *l, void *const *v)
{
	struct stat real;
	size_t i;

	l->v = xcalloc(l->s->products.len + 1, sizeof(*l->v));
	for (i = 0; v[i] != NULL; i++) {
		const struct manifest_product *m = v[i];
		struct product *p = &l->v[l->len];

		if (m->id.ino == 0)	/* gone */
			continue;
		p->path = m->path;
		p->size = m->id.size;
		p->is_new = !stage_is_product(l->s->st, m->path) &&
		    stage_stat(l->s->st->root_fd, m->path, &real) < 0;
		l->any_new = l->any_new || p->is_new;
		l->len++;
	}
	qsort(l->v, l->len, sizeof(*l->v), product_compare);
	product_look_staged(l);
	if (l->any_new)
		product_look_dir(l, openat(l->s->st->root_fd, ".",
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
	buf_release(&l->path);
}

void
stage_products_end(struct stage_scan_state *s)
{
	AUTO_FREE void **v = pathmap_list(&s->products);
	struct product_look l = { .s = s };
	struct stage *st = s->st;
	struct stat sb;
	size_t i, len;

	if (s->rc == 0 && s->products.len > 0)
		product_look(&l, v);
	for (i = 0; i < l.len && s->rc == 0; i++) {
		const char *path = l.v[i].path;

		if (!stage_scan_push(s, path, &len))
			break;
		if (stage_stat(st->staged_fd, path, &sb) < 0)
			stage_scan_fail(s);
		else if (l.v[i].held)
			stage_scan_add_change(s, &sb);
		else
			stage_ignore(s, &sb);
		stage_scan_pop(s, len);
		/* Its path goes with it. */
		if (l.v[i].held)
			pathmap_remove(&s->products, path);
	}
	free(l.v);
}
