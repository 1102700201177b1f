/* pr-host: where a remote is, and the page on which a person opens a pull
 * request there. */
#ifndef ASSENT_GIT_PR_HOST_H
#define ASSENT_GIT_PR_HOST_H

struct pr_host {
	char	*host;			/* NULL: a folder */
	char	*path;			/* owner/name, without .git */
	char	*shown;			/* the address without a password */
};

/* A remote's address, in each of git's forms. */
void	pr_host_read(struct pr_host *, const char *url);
void	pr_host_release(struct pr_host *);
/* Is it a GitHub? PR_MAYBE: no kind of host is known there. */
enum pr_github { PR_NO, PR_MAYBE, PR_YES };
enum pr_github pr_host_github(const struct pr_host *);
/* That page, for the branch into `base` (NULL: the host's default); malloc'ed.
 * NULL: the host isn't known. */
char	*pr_host_compare(const struct pr_host *, const char *base,
	    const char *branch);

#endif
