/*
 * The project context: instructions, folders and names, which prompts begin
 * with, and the success check that the project suggests.
 */
#include "config.h"

#include "core/project/project.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/context/compact.h"
#include "core/kernel/core.h"
#include "core/project/project-int.h"
#include "journal/event.h"
#include "policy/success-check.h"

#define PROJECT_CONTEXT_SHARE	6	/* limit: a sixth of the window, in
					   tokens */

size_t
project_context_max(const struct core *c)
{
	struct tokens_room room;

	compact_room(c, &c->target, &room);
	return (size_t)(room.prompt / PROJECT_CONTEXT_SHARE) * 3;
}

#define PROJECT_CONTEXT_MAP_MAX	((size_t)1400)

static bool
project_context_skips(void *arg, const char *path, bool is_dir)
{
	struct core *c = arg;
	enum product_why why = policy_product(c->policy, path, is_dir);

	/* Unread files may be binary. */
	return (why != PRODUCT_NOT && why != PRODUCT_BINARY) ||
	    (!is_dir && policy_hides(c->policy, path));
}

size_t
project_map_max(const struct core *c)
{
	return MIN(project_context_max(c) / 4, PROJECT_CONTEXT_MAP_MAX);
}

char *
project_map(struct core *c, map_found found, void *arg)
{
	char *map;

	policy_hold(c->policy, true);
	map = map_make(c->stage->root_fd, project_context_skips, c,
	    project_map_max(c), found, arg);
	policy_hold(c->policy, false);
	return map;
}

const struct ev_project *
project_known(const struct core *c)
{
	static const struct ev_project none;

	return c->project.context == NULL ? &none :
	    &c->project.context->project;
}

static void
project_context_map(struct core *c, struct event *e)
{
	AUTO_FREE char *map = c->project.map != NULL ? c->project.map :
	    project_map(c, NULL, NULL);

	c->project.map = NULL;
	e->project.map = ev_copy(e, map, strlen(map));
	c->project.symbols_due = true;
}

static bool
project_context_same(const struct ev_project *a, const struct ev_project *b)
{
	AUTO_JSON cJSON *one = event_write(EVENT_PROJECT, a);
	AUTO_JSON cJSON *other = event_write(EVENT_PROJECT, b);

	return cJSON_Compare(one, other, 1);
}

/* Tell the user whose instructions the model gets. */
static void
project_context_note_files(struct core *c, const struct ev_project *now,
    const struct ev_project *old, const char *from)
{
	const struct ev_instruction *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (project_context_same(now, old))
		return;
	for (it = now->files; it < now->files + now->files_len; it++) {
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ", it->path);
		if (it->unread)
			buf_adds(&b, " (not read: it is too large, or not "
			    "readable)");
		else if (it->left_out > 0)
			buf_addf(&b, it->newest ?
			    " (without its first %lld bytes: shorten it)" :
			    " (without its last %lld bytes)",
			    (long long)it->left_out);
	}
	if (b.len > 0)
		emit_note(c, "Read for the model, from %s: %s", from,
		    buf_str(&b));
}

/* The screen shows this note in its hints. */
static void
project_context_note_check(struct core *c, const struct ev_guessed_check *k)
{
	AUTO_FREE char *text = xasprintf("No success check is set. %s suggests "
	    "one: \"/check %s\" sets it; an approved plan sets another",
	    k->from, k->command);

	EMIT(c, "core", note, .check = k->command, .text = text);
}

static void
project_context_note(struct core *c, const struct ev_project *now,
    const struct ev_project *old)
{
	project_context_note_files(c, &(struct ev_project){
	    .files = now->user_files, .files_len = now->user_files_len },
	    &(struct ev_project){ .files = old->user_files,
	    .files_len = old->user_files_len }, "you");
	project_context_note_files(c, &(struct ev_project){
	    .files = now->files, .files_len = now->files_len },
	    &(struct ev_project){ .files = old->files,
	    .files_len = old->files_len }, "the project");
	if (now->skills_len > 0 && !project_context_same(&(struct ev_project){
	    .skills = now->skills, .skills_len = now->skills_len },
	    &(struct ev_project){ .skills = old->skills,
	    .skills_len = old->skills_len }))
		skills_note(c, now->skills, now->skills_len);
	if (now->check != NULL && c->person && c->check.command == NULL &&
	    !project_context_same(&(struct ev_project){ .check = now->check },
	    &(struct ev_project){ .check = old->check }))
		project_context_note_check(c, now->check);
}

void
project_context_take(struct core *c)
{
	static const struct ev_project none;
	struct event *old = c->project.context;
	const struct ev_project *had = old == NULL ? &none : &old->project;
	AUTO_JSON cJSON *skills = event_line(EVENT_PROJECT, &none);
	AUTO_EVENT struct event now = { 0 };
	AUTO(instructions_release) struct instructions r = { .core = c,
		.e = &now, .left = instructions_max(c) };
	struct ev_guessed_check guess;
	struct ev_instruction user;

	/* The list of another module, read as a part of the line. */
	skills_read(c, skills);
	event_read(&now, skills);
	instructions_begin(&r, &user);
	if (old == NULL || c->project.due)
		project_context_map(c, &now);
	else {
		now.project.map = had->map;
		now.project.symbols = had->symbols;
	}
	guess.command = success_check_guess(c->stage->root_fd, &guess.from);
	now.project.check = guess.command != NULL ? &guess : NULL;
	c->project.due = false;
	if (old != NULL && project_context_same(&now.project, had))
		return;
	c->project.context = NULL;
	EMIT_THIS(c, "core", project, &now.project);
	project_context_note(c, &now.project, had);
	event_drop(&old);
}

void
project_context_symbols(struct core *c, const char *text)
{
	struct ev_project now = *project_known(c);

	now.symbols = text;
	EMIT_THIS(c, "core", project, &now);
}

static void
project_line(struct core *c, const struct event *e)
{
	instructions_line(c, e);
	if (e->type == EVENT_PROJECT)
		event_keep(&c->project.context, e);
}

static void
project_free(struct core *c)
{
	event_drop(&c->project.context);
	free(c->project.map);
	pathmap_release(&c->project.instructed);
}

const struct core_part project_part = {
	.line = project_line, .lines = OF(EVENT_COMPACTION) |
	    OF(EVENT_USER_MESSAGE) | OF(EVENT_PROJECT),
	.free = project_free,
};
