#include "config.h"

#include "git/git-keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct git_key {
	char		*key;
	const char	*users;		/* in the listing, or NULL */
	bool		 repository;	/* the repository sets another */
};

/* By their form, so that another of the kind is covered: all of a section, and
 * all whose name ends so. */
static bool
git_keys_name_program(const char *key)
{
	static const char *const sections[] = { "alias.", "browser.",
	    "difftool.", "filter.", "guitool.", "hook.", "lfs.customtransfer.",
	    "lfs.extension.", "man.", "mergetool.", "pager." };
	static const char *const ends[] = { "askpass", "browser", "cmd",
	    "command", "difffilter", "driver", "editor", "external",
	    "fsmonitor", "gitproxy", "helper", "hook", "hookspath", "httpd",
	    "pager", "program", "receivepack", "textconv", "tunnel",
	    "uploadpack", "vcs" };
	const char *dot = strrchr(key, '.');
	size_t i, n = dot == NULL ? 0 : strlen(dot + 1);

	for (i = 0; i < MEM_COUNT(sections); i++)
		if (strncmp(key, sections[i], strlen(sections[i])) == 0)
			return true;
	for (i = 0; i < MEM_COUNT(ends); i++)
		if (n >= strlen(ends[i]) && strcmp(dot + 1 + n -
		    strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

/* Does its first word, without a shell's quotes, name a program so? */
static bool
git_keys_is_relative(const char *command)
{
	const char *word = command + strspn(command, " \t!\"'");
	size_t n = strcspn(word, "/= \t");

	return n > 0 && word[n] == '/' && word[0] != '~' && word[0] != '$';
}

static bool
git_keys_is_users(const char *scope, const char *value)
{
	return (strcmp(scope, "system") == 0 || strcmp(scope, "global") == 0 ||
	    strcmp(scope, "command") == 0) && !git_keys_is_relative(value);
}

static void
git_keys_add(struct git_keys *k, char *word_take)
{
	GROW_BY(k->words, k->len, 2);
	k->words[k->len++] = xstrdup("-c");
	k->words[k->len++] = word_take;
}

/* With an empty value git runs no program, and forgets those of a list, as
 * credential.helper has; without some it fails. */
static int
git_keys_override(struct git_keys *k, struct git_key *g, struct err *e)
{
	/* -c ends the name there. */
	if (strchr(g->key, '=') != NULL)
		return err_set(e, "the repository's configuration has %.200s, "
		    "which can't be overridden: remove it", g->key);
	git_keys_add(k, xasprintf("%s=", g->key));
	if (g->users != NULL)
		git_keys_add(k, xasprintf("%s=%s", g->key, g->users));
	return 0;
}

int
git_keys_read(struct git_keys *k, const struct buf *listed, struct err *e)
{
	const char *at = buf_str(listed), *end = at + listed->len, *scope;
	void **all;
	size_t i;
	int rc = 0;

	while (at < end) {
		AUTO_FREE char *key = NULL;
		const char *value;
		struct git_key *g;

		scope = at;
		at += strlen(at) + 1;
		if (at >= end)
			return err_set(e, "can't understand what git config "
			    "printed");
		key = xmemdup(at, strcspn(at, "\n"));
		value = at[strlen(key)] == '\n' ? at + strlen(key) + 1 :
		    "true";
		at += strlen(at) + 1;
		if (!git_keys_name_program(key))
			continue;
		g = pathmap_add(&k->found, key, sizeof(*g));
		if (git_keys_is_users(scope, value))
			g->users = value;
		else if (g->users == NULL || strcmp(g->users, value) != 0)
			g->repository = true;
	}
	all = pathmap_list(&k->found);
	for (i = 0; rc == 0 && all[i] != NULL; i++)
		if (((struct git_key *)all[i])->repository)
			rc = git_keys_override(k, all[i], e);
	free(all);
	return rc;
}

bool
git_keys_filter(const struct git_keys *k, const char *name, bool pointer)
{
	static const char *const parts[] = { "process", "smudge" };
	const struct git_key *g;
	size_t i;

	for (i = 0; i < MEM_COUNT(parts); i++) {
		AUTO_FREE char *key = xasprintf("filter.%s.%s", name, parts[i]);

		g = pathmap_find(&k->found, key);
		if (g != NULL && (g->repository || pointer))
			return true;
	}
	return false;
}

void
git_keys_release(struct git_keys *k)
{
	pathmap_release(&k->found);
	xfree_list(k->words, k->len);
	memset(k, 0, sizeof(*k));
}
