/*
 * The messages of commits that the agent made. Its .git is hostile: git reads it
 * in a sandbox of its own, read-only, with nothing of the project, no network and
 * little time. What it prints is foreign text.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "core/job/agent-int.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/stage/stages.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "sandbox/sandbox.h"

#define COMMITS_DIR	"commits"	/* the stage's folder */
#define COMMITS_MS	5000
#define COMMITS_MEMORY	((int64_t)1 << 30)
#define COMMITS_MOST	20
#define COMMITS_BYTES	((size_t)8 << 10)	/* of all messages */

/* Masked, and without what a terminal acts on. */
static const char *
commits_text(const struct core *c, struct event *e, const char *text, size_t n)
{
	AUTO_BUF struct buf masked = BUF_INIT(0), clean = BUF_INIT(0);

	core_mask(c, &masked, text, n);
	sanitize_add(&clean, buf_str(&masked), masked.len, SANITIZE_LINES);
	while (clean.len > 0 && strchr(" \n", clean.p[clean.len - 1]) != NULL)
		clean.p[--clean.len] = '\0';
	return ev_text(e, buf_str(&clean));
}

/* Has the task's last line the same? */
static bool
commits_are_known(const struct fold *f, const struct ev_commits *x)
{
	const struct event *had = f->commits;
	size_t i = 0;

	if (had == NULL || had->seq < f->task.id ||
	    had->commits.messages_len != x->messages_len)
		return false;
	while (i < x->messages_len && ev_is(x->messages[i],
	    had->commits.messages[i]))
		i++;
	return i == x->messages_len;
}

static void
commits_ended(struct core *c, struct job *was, const struct sandbox_result *r)
{
	AUTO_EVENT struct event e = { .type = EVENT_COMMITS };
	struct ev_commits *x = &e.commits;
	const char *p = buf_str(&was->out), *end = p + was->out.len, *to;

	x->messages = ev_alloc(&e, COMMITS_MOST * sizeof(*x->messages));
	for (; r != NULL && r->exit == 0 && p < end &&
	    x->messages_len < COMMITS_MOST; p = to + 1) {
		to = memchr(p, '\0', (size_t)(end - p));
		to = to == NULL ? end : to;
		x->messages[x->messages_len++] = commits_text(c, &e, p,
		    (size_t)(to - p));
	}
	if (x->messages_len > 0 && !commits_are_known(c->fold, x)) {
		EMIT_THIS(c, "core", commits, x);
		emit_note(c, "%s made %zu commit%s: " AGENT_COMMITS,
		    agent_name(c), x->messages_len, x->messages_len == 1 ? "" :
		    "s");
	}
	stages_drop(c, &c->agent->commits, COMMITS_DIR);
	core_soon(c);
}

/* git says them, the oldest first: of commits on any branch that are newer than the
 * task. */
static cJSON *
commits_args(const struct core *c, const struct agent_git *g)
{
	AUTO_FREE char *dir = xasprintf("--git-dir=%s/.git", c->root);
	AUTO_FREE char *tree = xasprintf("--work-tree=%s", c->root);
	AUTO_FREE char *most = xasprintf("--max-count=%d", COMMITS_MOST);
	AUTO_FREE char *since = xasprintf("--since=@%lld", (long long)c->agent->since);
	AUTO_FREE char *old = xasprintf("^%s", g->old);
	const char *const argv[] = { "git", dir, tree, "--no-replace-objects",
		"log", "-z", "--reverse", "--topo-order", "--no-merges",
		"--no-show-signature", "--no-notes", "--encoding=UTF-8",
		"--format=%B", most, since, "--exclude=refs/stash", "--all",
		old };
	cJSON *o = cJSON_CreateObject();

	json_set_take(o, "argv", cJSON_CreateStringArray(argv,
	    (int)MEM_COUNT(argv) - (g->old[0] == '\0')));
	return o;
}

static int
commits_start(struct core *c, struct err *e)
{
	struct agent *a = c->agent;
	AUTO_JSON cJSON *args = commits_args(c, &a->git);
	struct program_plan plan = { .whole = true, .ended = commits_ended,
		.first = COMMITS_BYTES };
	struct sandbox_spec *s = &plan.spec;

	/* Nothing is copied for its own view, which stays empty. */
	(void)stages_remove(c, COMMITS_DIR, NULL);
	a->commits = stages_open_as(c, COMMITS_DIR, SANDBOX_VIEW_OVERLAY, e);
	if (a->commits == NULL ||
	    mkdirat(a->commits->staged_fd, ".git", 0755) < 0)
		return -1;
	stage_fill_spec(a->commits, s);
	s->worker = c->worker;
	s->level = SANDBOX_B;
	s->root = s->cwd = c->root;
	s->copy = a->commits->staged_path;
	s->path = json_str_or(c->start, "path", "/usr/bin:/bin");
	s->state_dir = c->state_dir;
	s->cgroup = c->sandbox.cgroup;
	s->git = a->git.dir;
	s->git_objects = a->git.objects;
	s->no_git = s->reads = true;
	s->limits = c->sandbox.limits;
	s->limits.timeout_ms = COMMITS_MS;
	s->limits.memory_bytes = MIN(s->limits.memory_bytes, COMMITS_MEMORY);
	s->limits.disk_bytes = 1 << 20;
	s->io_take[0] = s->io_take[1] = -1;
	s->tool = "serve";
	s->args = args;
	return job_start(&a->reading, &plan, e);
}

bool
agent_commits(struct core *c)
{
	struct agent *a = c->agent;
	struct err e = ERR_INIT;

	if (a->due && a->git.dir != NULL && commits_start(c, &e) < 0) {
		emit_note(c, "the messages of %s's commits can't be read: %s",
		    agent_name(c), e.text);
		stages_drop(c, &a->commits, COMMITS_DIR);
	}
	a->due = false;
	return a->reading.call != NULL;
}
