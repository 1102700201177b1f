/*
 * packages: what a manifest or a lock names, by its form; and by the same means
 * which actions, images and permissions a workflow or a container has. Read the
 * tables in packages.c; what they don't know names none. Pure; takes time in
 * proportion to the text.
 */
#ifndef ASSENT_CORE_PACKAGES_H
#define ASSENT_CORE_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct package_text;

/* A part of a text. */
struct part {
	const char	*p;
	size_t		 n;
};

struct package {
	char		*name;		/* as its tool compares names; NULL: it
					   is none */
	struct part	 version;	/* n 0: none is said, */
	struct part	 source;	/* but for the usual registry */
	struct part	 scripts;	/* n > 0: it has some that run when it
					   is installed */
	bool		 indirect;	/* only other packages need it */
	bool		 own;		/* it is in the project itself */
	bool		 pins;		/* only a version, if something needs
					   it; but an import is needed */
	struct part	 scope;
	/* Where it stands; n 0: it is only a script of the project's. */
	struct part	 named, group;
	const char	*owner;		/* of its members */
};
struct packages { struct package *v; size_t v_len; };

/* Packages of one tool, or of those that share names. */
struct registry {
	const char	*name;
	const char	*words;		/* before a name; NULL: none */
	const char	*has;		/* names have one of these; NULL: any */
	bool		 folders;	/* names have '/' */
	const char	*address;	/* comes before an address that has no
					   "://"; "": nothing does; NULL: there
					   are none */
	bool		 folds;		/* '-', '_' and '.' are the same, and
					   small and capital letters */
	const char	*value;		/* only those with it count, each file
					   on its own; NULL: all do */
	bool		 quoted;	/* they are so in manifests */
};

enum package_is {
	PACKAGE_OF_MANIFEST,
	PACKAGE_OF_LOCK,
	PACKAGE_OF_SUMS		/* a lock's, also of what nothing takes in */
};

struct package_file {
	const char	*files;		/* patterns of names, between spaces */
	const struct registry *of;
	void		(*read)(struct package_text *, const char *p,
			    const char *end);
	enum package_is	 is;
	const char	*forms;		/* where in it packages are */
};

static inline bool
packages_locked(const struct package_file *m)
{
	return m->is >= PACKAGE_OF_LOCK;
}

#define INSTALL_SCRIPT	"an install script"	/* the name of what isn't a
						   package, but has scripts */

/* The next row of a file, or with NULL the first; NULL: there is none, or it is
 * test data. */
const struct package_file *packages_of(const char *path,
	    const struct package_file *after);
/* A struct glob_word by which other files of the project that name packages are
 * searched for one: as it is written, with its group. To be freed. */
char	*package_target(const struct package_file *, const struct package *);
/* Add its packages, which borrow from the text. */
void	packages_read(const struct package_file *, const struct buf *,
	    struct packages *);
void	packages_release(struct packages *);

#endif
