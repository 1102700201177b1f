#include "config.h"

#include "core/diagnose/adds-package.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/diagnose/adds.h"
#include "core/diagnose/language.h"
#include "core/diagnose/packages.h"
#include "journal/event.h"

#define ADDS_NAMES	160	/* bytes of names in a row of many packages */
#define ADDS_TARGET	4000	/* of names that are looked for together */
#define ADDS_TEXT	100	/* of another name, a version, an address */

/* What the texts before had, and what was told. The key of a lock that was
 * there before is its registry's name. */
enum had {
	HAD_NAME = 'n',	/* of a package */
	HAD_SCRIPTS = 's',
	HAD_SOURCE = 'f'
};

static const struct part none = { "", 0 };

/* Add it. True: it wasn't there. */
static bool
had_not(struct pathmap *had, const char *of, enum had what, const char *name,
    struct part more)
{
	AUTO_FREE char *key = xasprintf("%s %c %s %.*s", of, (char)what, name,
	    (int)more.n, more.p);
	size_t len = had->len;

	pathmap_add(had, key, sizeof(char *));
	return had->len > len;
}

/* An address without what is about a version; in a lock, which has one for each
 * package, only its host. */
static bool
had_not_source(struct pathmap *had, const struct package_file *m,
    const struct package *p)
{
	struct part s = p->source;
	const char *end = s.p + s.n, *q = memmem(s.p, s.n, "://", 3);

	for (q = q == NULL ? s.p : q + 3; q < end && *q != '/'; q++)
		;
	while (!packages_locked(m) && q < end && *q != '#' && *q != '@')
		q++;
	return s.n > 0 && had_not(had, m->of->name, HAD_SOURCE,
	    packages_locked(m) ? "" : p->name,
	    (struct part){ s.p, (size_t)(q - s.p) });
}

/* Whose packages are the same. */
static const char *
had_of(const struct package_file *m, const struct change_text *file)
{
	return m->of->value != NULL ? file->path : m->of->name;
}

/* What a file's text names; of a new manifest, what is the project's own. */
static void
had_read(struct pathmap *had, const struct package_file *m,
    const struct change_text *file, bool new)
{
	struct packages all = { 0 };

	packages_read(m, new ? file->after : file->before, &all);
	if (packages_locked(m) && !new)
		pathmap_add(had, m->of->name, sizeof(char *));
	MEM_EACH(&all, v, p) {
		if (p->name == NULL || (new && (!p->own ||
		    packages_locked(m))))
			continue;
		had_not(had, had_of(m, file), HAD_NAME, p->name, none);
		if (p->scripts.n > 0)
			had_not(had, m->of->name, HAD_SCRIPTS, p->name, none);
		had_not_source(had, m, p);
	}
	packages_release(&all);
}

/* ---- what is new ---- */

/* The first line of a package that changed, from 1; 0: none did. */
static int
added_line(const struct language_text *text, const struct package *p)
{
	const struct part at[] = { p->named, p->group, p->source, p->scripts,
		p->version };
	size_t i, k;

	for (i = 0; i < MEM_COUNT(at) && p->name != NULL; i++) {
		k = MEM_FIRST(text->v_len, l, text->v[l].text > at[i].p);
		if (at[i].p != NULL && k > 0 && text->v[k - 1].hunk != 0)
			return (int)k;
	}
	return 0;
}

/* " from ADDRESS", cut; empty if there is none. */
static char *
added_text(const char *before, struct part text)
{
	return xasprintf("%s%.*s", text.n > 0 ? before : "", (int)(text.n <
	    ADDS_TEXT ? text.n : ADDS_TEXT), text.p);
}

static void
added_read(struct pathmap *had, const struct change_text *files, size_t i,
    const struct package_file *m, struct adds_founds *out)
{
	enum adds_kind kind = m->of->words == NULL ? ADDS_PACKAGE :
	    ADDS_WORKFLOW;
	bool locked = pathmap_find(had, m->of->name) != NULL;
	const char *before = locked ? ", not in your lock file before" : "";
	AUTO_BUF struct buf names = BUF_INIT(0), target = BUF_INIT(0);
	struct language_text old, new;
	struct packages all = { 0 };
	char *one = NULL;	/* what all of them are looked for by */
	size_t many = 0;
	int at = 0;

	packages_read(m, files[i].after, &all);
	language_read(&old, LANGUAGE_NONE, files[i].before);
	language_read(&new, LANGUAGE_NONE, files[i].after);
	language_pair(&old, &new, &files[i]);
	MEM_EACH(&all, v, p) {
		int line = p->own ? 0 : added_line(&new, p);
		bool first = line > 0 && had_not(had, had_of(m, &files[i]),
		    HAD_NAME, p->name, none);
		bool runs = line > 0 && p->scripts.n > 0 && had_not(had,
		    m->of->name, HAD_SCRIPTS, p->name, none);
		bool moved = line > 0 && (locked || !packages_locked(m)) &&
		    had_not_source(had, m, p);
		AUTO_FREE char *version = added_text(" ", moved ? none :
		    p->version);
		AUTO_FREE char *from = added_text(" from ", moved ? p->source :
		    none);

		if (first && (packages_locked(m) || p->indirect) && !runs &&
		    !moved) {
			at = many++ == 0 ? line : at;
			buf_addf(&names, "%s%s%s", many > 1 ? ", " : "",
			    p->name, version);
			if (many == 1)
				one = package_target(m, p);
			buf_addf(&target, " %s", p->name);
		} else if (first || runs || moved)
			adds_tell_take(out, i, line, kind, xasprintf(
			    "%s%.*s%s%s%s%s", m->of->words == NULL ? "" :
			    m->of->words, ADDS_TEXT, p->name, version, from,
			    first && p->named.n > 0 ? before : "", runs &&
			    p->named.n > 0 ? ", with install scripts" : ""),
			    first && !moved && p->named.n > 0 &&
			    m->of->value == NULL ? package_target(m, p) : NULL);
	}
	FREE_SET(one, target.len > ADDS_TARGET || one == NULL ? NULL :
	    xasprintf("%s%s", one, buf_str(&target)));
	if (many == 1)
		adds_tell_take(out, i, at, kind, xasprintf("%.*s%s",
		    ADDS_NAMES, buf_str(&names), before), one);
	else if (many > 1)
		adds_tell_take(out, i, at, kind,
		    xasprintf("%zu packages%s: %.*s%s", many, before,
		    ADDS_NAMES, buf_str(&names), names.len > ADDS_NAMES ?
		    "…" : ""), one);
	packages_release(&all);
	language_text_release(&old);
	language_text_release(&new);
}

void
adds_packages(const struct change_text *files, size_t n,
    struct adds_founds *out)
{
	AUTO(pathmap_release) struct pathmap had = { 0 };
	static const enum package_is told[] = { PACKAGE_OF_MANIFEST,
		PACKAGE_OF_LOCK };
	const struct package_file *m;
	size_t i, lock;

	for (i = 0; i < n; i++)
		for (m = NULL; (m = packages_of(files[i].path, m)) != NULL;) {
			if (files[i].before != NULL)
				had_read(&had, m, &files[i], false);
			if (files[i].after != NULL)
				had_read(&had, m, &files[i], true);
		}
	for (lock = 0; lock < MEM_COUNT(told); lock++)
		for (i = 0; i < n; i++)
			for (m = NULL; files[i].after != NULL &&
			    (files[i].added || files[i].before != NULL) &&
			    (m = packages_of(files[i].path, m)) != NULL;)
				if (m->is == told[lock])
					added_read(&had, files, i, m, out);
}
