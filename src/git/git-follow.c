#include "config.h"

#include "git/git-follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "git/git-run.h"

/* Author's time and address, subject; the hash last. */
#define FOLLOW_FORMAT	"--format=%at %ae%n%s%n%H"
#define FOLLOW_SLACK	86400	/* s: clocks differ */

/* Ends the line at `at`; the next one. */
static char *
follow_line(char *at)
{
	at += strcspn(at, "\n");
	if (*at != '\0')
		*at++ = '\0';
	return at;
}

/* The one commit of the log with this author and time; of several, the one with
 * this subject. NULL: there is none, or it isn't clear. */
static const char *
follow_match(char *log, const char *who, const char *subject)
{
	const char *any = NULL, *same = NULL;
	size_t anys = 0, sames = 0;
	char *at = log;

	while (*at != '\0') {
		char *is_by = at, *says = follow_line(is_by);
		char *hash = follow_line(says);

		at = follow_line(hash);
		if (strcmp(is_by, who) != 0)
			continue;
		any = hash;
		anys++;
		if (strcmp(says, subject) == 0) {
			same = hash;
			sames++;
		}
	}
	return sames == 1 ? same : anys == 1 ? any : NULL;
}

static void
follow_find(const struct git_follow *f, struct git_followed *c)
{
	const char *ancestor[] = { "merge-base", "--is-ancestor",
		"--end-of-options", c->commit, "HEAD", NULL };
	const char *one[] = { "log", "-1", "--no-show-signature", FOLLOW_FORMAT,
		"--end-of-options", c->commit, "--", NULL };
	const char *all[] = { "log", "--no-show-signature", NULL, FOLLOW_FORMAT,
		"HEAD", "--", NULL };
	AUTO_BUF struct buf was = BUF_INIT(0), log = BUF_INIT(0);
	AUTO_FREE char *age = NULL;
	struct git_run g = { .dir = f->dir };
	const char *now;
	char *subject;

	c->end = FOLLOW_GONE;
	if (!git_is_hash(c->commit))
		return;
	if (git_run(&g, ancestor, NULL, NULL) == 0) {
		c->end = FOLLOW_HERE;
		return;
	}
	g.out = &was;
	if (git_run(&g, one, NULL, NULL) != 0 || was.len == 0)
		return;
	c->end = FOLLOW_ELSEWHERE;
	/* It was committed after it was written. */
	all[2] = age = xasprintf("--max-age=%lld", strtoll(was.p,
	    NULL, 10) - FOLLOW_SLACK);
	g.out = &log;
	if (git_run(&g, all, NULL, NULL) != 0 || log.len == 0)
		return;
	(void)buf_str(&log);
	subject = follow_line(was.p);
	(void)follow_line(subject);
	if ((now = follow_match(log.p, was.p, subject)) == NULL)
		return;
	c->now = xstrdup(now);
	c->end = FOLLOW_MOVED;
}

const struct git_followed *
git_follow(struct git_follow *f, const char *commit)
{
	struct git_followed *c;
	size_t i;

	for (i = f->len; i-- > 0;)
		if (strcmp(f->v[i].commit, commit) == 0)
			return &f->v[i];
	GROW(f->v, f->len);
	c = &f->v[f->len++];
	*c = (struct git_followed){ .commit = xstrdup(commit) };
	follow_find(f, c);
	return c;
}

bool
git_follow_is_here(struct git_follow *f, const char *commit)
{
	return commit != NULL && git_follow(f, commit)->end <= FOLLOW_MOVED;
}

void
git_follow_release(struct git_follow *f)
{
	size_t i;

	for (i = 0; i < f->len; i++) {
		free(f->v[i].commit);
		free(f->v[i].now);
	}
	free(f->v);
	f->v = NULL;
	f->len = 0;
}
