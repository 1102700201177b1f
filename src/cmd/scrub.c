/* See scrub.h. */
#include "config.h"

#include "cmd/scrub.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/recording.h"
#include "policy/mask.h"

#define SCRUB_WORD_MIN 3	/* a shorter name would be found everywhere */

struct scrub_rule {
	char		*from, *to;
	bool		 word;		/* not within a longer word */
};

struct scrub {
	struct scrub_rule *v;
	size_t		 len;
	bool		 mask;
};

static void
scrub_rule(struct scrub *s, const char *from, const char *to, bool word)
{
	static const char *const usual[] = { "root", "user", "host",
		"localhost", "nobody", "home", "test", "build", "runner", "git",
		"dev", "admin", "ubuntu", "debian" };

	if (from == NULL || strlen(from) < (word ? SCRUB_WORD_MIN : 2) ||
	    (word && MEM_FIND(usual, from) != NULL))
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
		    "user" : strchr(names[i], '<') == NULL ? "user@host" :
		    "user <user@host>", true);
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

static const struct scrub_rule *
scrub_find(const struct scrub *s, const char *p, size_t at, size_t n)
{
	size_t i, len;

	for (i = 0; i < s->len; i++) {
		const struct scrub_rule *r = &s->v[i];

		len = strlen(r->from);
		if (len > n - at || memcmp(p + at, r->from, len) != 0)
			continue;
		/* A folder, and not one whose name is longer. */
		if (at + len < n && scrub_is_word(p[at + len]))
			continue;
		if (r->word && at > 0 && scrub_is_word(p[at - 1]))
			continue;
		return r;
	}
	return NULL;
}

bool
scrub_text(const struct scrub *s, const char *p, size_t n, struct buf *out)
{
	AUTO_BUF struct buf masked = BUF_INIT(0);
	const struct scrub_rule *r;
	bool changed = false;
	size_t i;

	if (s->mask) {
		mask_secrets(&masked, p, n, NULL);
		changed = masked.len != n || (n > 0 &&
		    memcmp(masked.p, p, n) != 0);
		p = buf_str(&masked);
		n = masked.len;
	}
	for (i = 0; i < n;)
		if ((r = scrub_find(s, p, i, n)) == NULL)
			buf_addc(out, p[i++]);
		else {
			buf_adds(out, r->to);
			i += strlen(r->from);
			changed = true;
		}
	return changed;
}

bool
scrub_json(const struct scrub *s, cJSON *o)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool changed = false;
	cJSON *it, *next;

	if (cJSON_IsString(o)) {
		if (!scrub_text(s, o->valuestring, strlen(o->valuestring), &b))
			return false;
		cJSON_SetValuestring(o, buf_str(&b));
		return true;
	}
	for (it = o == NULL ? NULL : o->child; it != NULL; it = next) {
		size_t n = it->string == NULL ? 0 : strlen(it->string);

		next = it->next;
		if (n > 4 && strcmp(it->string + n - 4, "_b64") == 0) {
			cJSON_Delete(cJSON_DetachItemViaPointer(o, it));
			changed = true;
		} else
			changed = scrub_json(s, it) || changed;
	}
	return changed;
}
