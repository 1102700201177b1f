#include "config.h"

#include "git/pr-host.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* < stands for the base, > for the branch. */
struct pr_host_row {
	const char	*name;		/* or its first label, with a dot */
	bool		 github;
	const char	*page, *base, *after;
};

static const struct pr_host_row pr_hosts[] = {
	{ "bitbucket.org", false, "/pull-requests/new?source=>", "&dest=<", "" },
	{ "codeberg.org", false, "/compare/", "<...", ">" },
	{ "forgejo.", false, "/compare/", "<...", ">" },
	{ "gitea.", false, "/compare/", "<...", ">" },
	{ "gitea.com", false, "/compare/", "<...", ">" },
	{ "github.", true, "/compare/", "<...", ">?expand=1" },
	{ "github.com", true, "/compare/", "<...", ">?expand=1" },
	{ "gitlab.", false, "/-/merge_requests/new?merge_request%5B"
	  "source_branch%5D=>", "&merge_request%5Btarget_branch%5D=<", "" },
	{ "gitlab.com", false, "/-/merge_requests/new?merge_request%5B"
	  "source_branch%5D=>", "&merge_request%5Btarget_branch%5D=<", "" },
};

static const struct pr_host_row *
pr_host_row(const struct pr_host *h)
{
	const struct pr_host_row *r = h->host == NULL ? NULL :
	    MEM_FIND(pr_hosts, h->host);
	AUTO_FREE char *label = NULL;

	if (r != NULL || h->host == NULL || strchr(h->host, '.') == NULL)
		return r;
	label = xmemdup(h->host, strcspn(h->host, ".") + 1);
	return MEM_FIND(pr_hosts, label);
}

/* "host:port/path" or, without a scheme, "host:path". */
static void
pr_host_place(struct pr_host *h, const char *at, bool scheme)
{
	size_t n = strcspn(at, scheme ? ":/" : ":"), i, len;
	const char *path = at + strcspn(at, scheme ? "/" : ":");

	h->host = xmemdup(at, n);
	for (i = 0; i < n; i++)
		h->host[i] = (char)tolower((unsigned char)h->host[i]);
	path += strspn(path, ":/");
	len = strlen(path);
	while (len > 0 && path[len - 1] == '/')
		len--;
	if (len > 4 && strncmp(path + len - 4, ".git", 4) == 0)
		len -= 4;
	h->path = xmemdup(path, len);
}

void
pr_host_read(struct pr_host *h, const char *url)
{
	const char *at = strstr(url, "://"), *rest, *user;

	memset(h, 0, sizeof(*h));
	/* A colon before the first slash: scp's form. */
	if (at == NULL && url[strcspn(url, ":/")] != ':') {
		h->shown = xstrdup(url);
		return;
	}
	rest = at == NULL ? url : at + 3;
	/* The last @ of the authority ends user and password. */
	user = memrchr(rest, '@', at == NULL ? strcspn(rest, ":") :
	    strcspn(rest, "/"));
	/* A user may be a token. */
	h->shown = user != NULL && (strncmp(url, "http", 4) == 0 ||
	    memchr(rest, ':', (size_t)(user - rest)) != NULL) ? xasprintf("%.*s%s", (int)(rest - url), url, user + 1) :
	    xstrdup(url);
	if (at != NULL && strncmp(url, "file:", 5) == 0)
		return;
	pr_host_place(h, user == NULL ? rest : user + 1, at != NULL);
}

void
pr_host_release(struct pr_host *h)
{
	free(h->host);
	free(h->path);
	free(h->shown);
	memset(h, 0, sizeof(*h));
}

enum pr_github
pr_host_github(const struct pr_host *h)
{
	const struct pr_host_row *r = pr_host_row(h);

	return h->host == NULL || (r != NULL && !r->github) ? PR_NO :
	    r == NULL ? PR_MAYBE : PR_YES;
}

/* In an address, as RFC 3986 has it. */
static void
pr_host_add_escaped(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if (isalnum((unsigned char)*s) != 0 ||
		    strchr("-._~/", *s) != NULL)
			buf_addc(b, *s);
		else
			buf_addf(b, "%%%02X", (unsigned char)*s);
}

static void
pr_host_add(struct buf *b, const char *form, const char *base,
    const char *branch)
{
	for (; *form != '\0'; form++)
		if (*form == '<')
			pr_host_add_escaped(b, base);
		else if (*form == '>')
			pr_host_add_escaped(b, branch);
		else
			buf_addc(b, *form);
}

char *
pr_host_compare(const struct pr_host *h, const char *base, const char *branch)
{
	const struct pr_host_row *r = pr_host_row(h);
	struct buf b = BUF_INIT(0);

	if (r == NULL)
		return NULL;
	buf_adds(&b, "https://");
	pr_host_add_escaped(&b, h->host);
	buf_addc(&b, '/');
	pr_host_add_escaped(&b, h->path);
	pr_host_add(&b, r->page, "", branch);
	if (base != NULL)
		pr_host_add(&b, r->base, base, branch);
	pr_host_add(&b, r->after, "", branch);
	return buf_take(&b);
}
