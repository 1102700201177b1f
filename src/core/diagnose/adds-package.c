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
#define ADDS_TEXT	100	/* of another name, a version, an address */
/* A name that isn't longer, with none of these, may stand anywhere as a word:
 * "request". */
#define ADDS_WORD	8
#define ADDS_NO_WORD	"-_./@:0123456789"

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
	while (!m->lock && q < end && *q != '#' && *q != '@')
		q++;
	return s.n > 0 && had_not(had, m->of->name, HAD_SOURCE, m->lock ? "" :
	    p->name, (struct part){ s.p, (size_t)(q - s.p) });
}

/* Whose packages are the same. */
static const char *
had_of(const struct package_file *m, const struct change_text *file)
{
	return m->of->value != NULL ? file->path : m->of->name;
}

static void
had_read(struct pathmap *had, const struct package_file *m,
    const struct change_text *file)
{
	struct packages all = { 0 };

	packages_read(m, file->before, &all);
	if (m->lock)
		pathmap_add(had, m->of->name, sizeof(char *));
	EV_EACH(&all, v, p) {
		if (p->name == NULL)
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
	AUTO_BUF struct buf names = BUF_INIT(0);
	struct language_text old, new;
	struct packages all = { 0 };
	size_t many = 0;
	int at = 0;

	packages_read(m, files[i].after, &all);
	language_read(&old, LANGUAGE_NONE, files[i].before);
	language_read(&new, LANGUAGE_NONE, files[i].after);
	language_pair(&old, &new, &files[i]);
	EV_EACH(&all, v, p) {
		int line = added_line(&new, p);
		bool first = line > 0 && had_not(had, had_of(m, &files[i]),
		    HAD_NAME, p->name, none);
		bool runs = line > 0 && p->scripts.n > 0 && had_not(had,
		    m->of->name, HAD_SCRIPTS, p->name, none);
		bool moved = line > 0 && (locked || !m->lock) &&
		    had_not_source(had, m, p);
		AUTO_FREE char *version = added_text(" ", moved ? none :
		    p->version);
		AUTO_FREE char *from = added_text(" from ", moved ? p->source :
		    none);

		if (first && (m->lock || p->indirect) && !runs && !moved) {
			at = many++ == 0 ? line : at;
			buf_addf(&names, "%s%s%s", many > 1 ? ", " : "",
			    p->name, version);
		} else if (first || runs || moved)
			adds_tell_take(out, i, line, kind, xasprintf(
			    "%s%.*s%s%s%s%s", m->of->words == NULL ? "" :
			    m->of->words, ADDS_TEXT, p->name, version, from,
			    first && p->named.n > 0 ? before : "", runs &&
			    p->named.n > 0 ? ", with install scripts" : ""),
			    first && !locked && !moved && p->named.n > 0 &&
			    m->of->value == NULL && (strlen(p->name) >
			    ADDS_WORD || strpbrk(p->name, ADDS_NO_WORD) !=
			    NULL) ?
			    xstrdup(p->name) : NULL);
	}
	if (many == 1)
		adds_tell_take(out, i, at, kind, xasprintf("%.*s%s",
		    ADDS_NAMES, buf_str(&names), before), NULL);
	else if (many > 1)
		adds_tell_take(out, i, at, kind,
		    xasprintf("%zu packages%s: %.*s%s", many, before,
		    ADDS_NAMES, buf_str(&names), names.len > ADDS_NAMES ?
		    "…" : ""), NULL);
	packages_release(&all);
	language_text_release(&old);
	language_text_release(&new);
}

void
adds_packages(const struct change_text *files, size_t n,
    struct adds_founds *out)
{
	AUTO(pathmap_release) struct pathmap had = { 0 };
	const struct package_file *m;
	size_t i, lock;

	for (i = 0; i < n; i++)
		for (m = NULL; files[i].before != NULL &&
		    (m = packages_of(files[i].path, m)) != NULL;)
			had_read(&had, m, &files[i]);
	for (lock = 0; lock < 2; lock++)
		for (i = 0; i < n; i++)
			for (m = NULL; files[i].after != NULL &&
			    (files[i].added || files[i].before != NULL) &&
			    (m = packages_of(files[i].path, m)) != NULL;)
				if (m->lock == lock)
					added_read(&had, files, i, m, out);
}
