/* scrub: text without names and secrets. */
#include "config.h"

#include "record/recording.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
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
	bool		 mask;
};

static void
scrub_rule(struct scrub *s, const char *from, const char *to, bool word)
{
	/* Nobody's name, or a word that texts and recordings need. */
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
	GROW(s->v, s->len);
	s->v[s->len++] = (struct scrub_rule){ xstrdup(from), xstrdup(to),
		word };
}

void
scrub_add(struct scrub *s, const char *from, const char *to)
{
	scrub_rule(s, from, to, false);
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

struct scrub *
scrub_new_empty(void)
{
	return xcalloc(1, sizeof(struct scrub));
}

struct scrub *
scrub_new(const char *root, const char *home, const char *const *names,
    size_t n)
{
	struct scrub *s = scrub_new_empty();
	const struct passwd *pw = getpwuid(getuid());
	char host[256] = "";
	size_t i;

	s->mask = true;
	scrub_rule(s, root, RECORDING_ROOT, false);
	scrub_parent(s, root);
	scrub_rule(s, home, "/home/user", false);
	scrub_rule(s, pw == NULL ? NULL : pw->pw_dir, "/home/user", false);
	for (i = 0; i < n; i++)
		scrub_rule(s, names[i], strchr(names[i], '@') == NULL ?
		    "user" : "user@host", true);
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
	return s;
}

void
scrub_free(struct scrub *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->len; i++) {
		free(s->v[i].from);
		free(s->v[i].to);
	}
	free(s->v);
	free(s);
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

	if (s->mask) {
		mask_secrets(&masked, p, n, NULL);
		p = buf_str(&masked);
		n = masked.len;
	}
	for (i = 0; i < n;)
		if ((r = scrub_find(s, p, i, n)) == NULL)
			buf_addc(out, p[i++]);
		else {
			buf_adds(out, r->to);
			i += strlen(r->from);
		}
}

/* The name of a member, unless it is one of ours. */
static void
scrub_key(const struct scrub *s, cJSON *it)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	scrub_text(s, it->string, strlen(it->string), &b);
	cJSON_free(it->string);
	it->string = xstrdup(buf_str(&b));
}

static void
scrub_members(const struct scrub *s, cJSON *o, bool keys)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	cJSON *it, *next;

	if (cJSON_IsString(o)) {
		scrub_text(s, o->valuestring, strlen(o->valuestring), &b);
		cJSON_SetValuestring(o, buf_str(&b));
		return;
	}
	for (it = o == NULL ? NULL : o->child; it != NULL; it = next) {
		size_t n = it->string == NULL ? 0 : strlen(it->string);

		next = it->next;
		if (!keys && n > 4 && strcmp(it->string + n - 4, "_b64") == 0) {
			cJSON_Delete(cJSON_DetachItemViaPointer(o, it));
			continue;
		}
		scrub_members(s, it, keys || (n > 0 &&
		    strcmp(it->string, "args") == 0));
		if (keys && n > 0)
			scrub_key(s, it);
	}
}

void
scrub_json(const struct scrub *s, cJSON *o)
{
	scrub_members(s, o, false);
}
