#include "config.h"

#include "record/scrub.h"

#include <ctype.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "git/git-run.h"
#include "policy/mask.h"

#define SCRUB_WORD_MIN 3	/* a shorter name would be found everywhere */
#define SCRUB_DIGITS_MIN 5	/* ... in hashes */

struct scrub_rule {
	char		*from, *to;
	bool		 word;		/* a name, not a folder */
};

struct scrub {
	struct scrub_rule *v;
	size_t		 len;
};

static void
scrub_rule(struct scrub *s, const char *from, const char *to, bool word)
{
	/* Ordinary words, or words that texts and recordings need: nobody's
	 * name. */
	static const char *const usual[] = { "admin", "alpine", "answer",
		"app", "apply", "arch", "bash", "build", "builder", "centos",
		"check", "code", "contact", "container", "data", "debian",
		"decide", "deploy", "dev", "developer", "docker", "done",
		"edit", "error", "fedora", "file", "git", "github", "gitlab",
		"glob", "grep", "guest", "hello", "home", "host", "info",
		"jenkins", "linux", "local", "localhost", "mail", "main",
		"mark", "max", "min", "name", "nobody", "node", "note",
		"office", "path", "pi", "plan", "project", "proposal", "read",
		"review", "root", "run", "runner", "say", "server", "service",
		"set", "step", "support", "system", "task", "team", "test",
		"text", "tool", "type", "ubuntu", "undo", "user", "vagrant",
		"web", "will", "work", "write" };
	size_t i;

	if (from == NULL || strlen(from) < (word ? SCRUB_WORD_MIN : 2))
		return;
	for (i = 0; word && i < MEM_COUNT(usual); i++)
		if (strcasecmp(usual[i], from) == 0)
			return;
	*GROW_ADD(s->v, s->len) =
	    (struct scrub_rule){ xstrdup(from), xstrdup(to),
		word };
}

/* Programs name the folder above, too; but not one such as /tmp. */
static void
scrub_parent(struct scrub *s, const char *root)
{
	const char *end = strrchr(root, '/');
	AUTO_FREE char *dir = end == NULL ? NULL :
	    xmemdup(root, (size_t)(end - root));

	if (dir != NULL && strchr(dir + (dir[0] == '/'), '/') != NULL)
		scrub_rule(s, dir, "/home/user", false);
}

/* "name <mail> time zone", as git has it. */
static void
scrub_ident(struct scrub *s, char *ident)
{
	char *mail = ident == NULL ? NULL : strstr(ident, " <");
	AUTO_FREE char *local = NULL;

	if (mail == NULL)
		return;
	*mail = '\0';
	mail += 2;
	mail[strcspn(mail, ">")] = '\0';
	local = xmemdup(mail, strcspn(mail, "@"));
	scrub_rule(s, ident, "user", true);
	scrub_rule(s, mail, strchr(mail, '@') == NULL ? "user" : "user@host",
	    true);
	scrub_rule(s, local, "user", true);
}

struct scrub *
scrub_session(const char *dir, const char *root)
{
	struct scrub *s = xcalloc(1, sizeof(*s));
	AUTO_FREE char *ident = git_run_ask(root, "var", "GIT_AUTHOR_IDENT",
	    NULL, NULL);
	const struct passwd *pw = getpwuid(getuid());
	char host[256] = "";

	scrub_rule(s, root, "/home/user/project", false);
	scrub_parent(s, root);
	scrub_rule(s, getenv("HOME"), "/home/user", false);
	scrub_rule(s, pw == NULL ? NULL : pw->pw_dir, "/home/user", false);
	scrub_ident(s, ident);
	if (pw != NULL && pw->pw_gecos != NULL) {
		AUTO_FREE char *full = xmemdup(pw->pw_gecos,
		    strcspn(pw->pw_gecos, ","));

		scrub_rule(s, full, "user", true);
	}
	scrub_rule(s, pw == NULL ? NULL : pw->pw_name, "user", true);
	scrub_rule(s, getenv("USER"), "user", true);
	scrub_rule(s, getenv("LOGNAME"), "user", true);
	if (gethostname(host, sizeof(host) - 1) == 0) {
		scrub_rule(s, host, "host", true);
		host[strcspn(host, ".")] = '\0';
		scrub_rule(s, host, "host", true);
	}
	/* If there are no namespaces, a command's home and temporary files are
	 * there. */
	scrub_rule(s, dir, "/home/user/session", false);
	return s;
}

void
scrub_free(struct scrub *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->len; i++)
		FREE_ALL(s->v[i].from, s->v[i].to);
	FREE_ALL(s->v, s);
}

static bool
scrub_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Is there one in front, such as that of JSON's \n or of %2F in an address, which
 * ends in a letter? */
static bool
scrub_is_escaped(const char *p, size_t at)
{
	return (at >= 2 && p[at - 2] == '\\' && strchr("nrtbf", p[at - 1]) !=
	    NULL) || (at >= 3 && p[at - 3] == '%' &&
	    isxdigit((unsigned char)p[at - 2]) &&
	    isxdigit((unsigned char)p[at - 1]));
}

/* Does a name begin or end between these two? As in ann_x, annHome, myAnn. */
static bool
scrub_is_edge(char before, char after, size_t len)
{
	unsigned char b = (unsigned char)before, a = (unsigned char)after;

	return !isalnum(b) || !isalnum(a) || (islower(b) && isupper(a)) ||
	    (len >= SCRUB_DIGITS_MIN && (isdigit(b) || isdigit(a)));
}

static bool
scrub_fits(const struct scrub_rule *r, const char *p, size_t at, size_t n)
{
	size_t len = strlen(r->from);

	if (len > n - at)
		return false;
	/* A folder, and not one whose name is longer. */
	if (!r->word)
		return memcmp(p + at, r->from, len) == 0 &&
		    (at + len == n || !scrub_is_word(p[at + len]));
	return strncasecmp(p + at, r->from, len) == 0 &&
	    (at + len == n || scrub_is_edge(p[at + len - 1], p[at + len],
	    len)) && (at == 0 || scrub_is_edge(p[at - 1], p[at], len) ||
	    scrub_is_escaped(p, at));
}

/* The longest. */
static const struct scrub_rule *
scrub_find(const struct scrub *s, const char *p, size_t at, size_t n)
{
	const struct scrub_rule *found = NULL;
	size_t i;

	for (i = 0; i < s->len; i++)
		if (scrub_fits(&s->v[i], p, at, n) && (found == NULL ||
		    strlen(s->v[i].from) > strlen(found->from)))
			found = &s->v[i];
	return found;
}

void
scrub_text(const struct scrub *s, const char *p, size_t n, struct buf *out)
{
	AUTO_BUF struct buf masked = BUF_INIT(0);
	const struct scrub_rule *r;
	size_t i;

	mask_secrets(&masked, p, n, NULL);
	p = buf_str(&masked);
	n = masked.len;
	for (i = 0; i < n;)
		if ((r = scrub_find(s, p, i, n)) == NULL)
			buf_addc(out, p[i++]);
		else {
			buf_adds(out, r->to);
			i += strlen(r->from);
		}
}
