/*
 * project: what the model gets about the project: its environment,
 * instructions, folders and main names.
 */
#ifndef ASSENT_CORE_PROJECT_PROJECT_H
#define ASSENT_CORE_PROJECT_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "sandbox/sandbox.h"

struct core;
struct ev_project;
struct ev_skill;
struct tags;

/*
 * environment: tells the model about its environment: system, date, folders,
 * sandbox, check, git, toolchains. It is a message of the conversation
 * instead of a part of the system prompt, so that caches survive midnight and a
 * new branch. Git and the toolchains are inspected in the sandbox
 * (inspect_before_turn), before each task; told again is what has changed, or all
 * of it if a summary has removed the message.
 */

/* Inspect the project for this message, which is about to be said; nothing if
 * another thing is under way. */
void	inspect_begin(struct core *, const char *words);
/* Does one run for which the request doesn't wait? */
bool	inspect_goes_on(const struct core *);
/* Stop that one; what it looks for is still unknown. */
void	inspect_end(struct core *);

/*
 * instructions: the user's own, and the project's instructions for agents:
 * AGENTS.md (AGENTS.override.md, AGENTS.local.md), else CLAUDE.md with the
 * files it imports as @path, else GEMINI.md, and .assent/memory.md. Those
 * from the root down to where commands start are part of the project context
 * (below). Those of another folder are sent when a file below it is
 * read or edited, and again after a summary has removed the message.
 */

/* The model read or changed this file, named as in the call: send the
 * instructions of its folders that the model doesn't have yet. */
void	instructions_below(struct core *, const char *path);

/*
 * skills: the user's and the project's (policy/skill.h). The sandbox shows the
 * user's folders read-only, without the files that would be secret in a project.
 */

/* Find the user's folders, once. */
void	skills_folders(struct core *);
void	skills_folders_free(struct core *);
/* Add to the `project` line: skill_list with keys masked. */
void	skills_read(struct core *, cJSON *line);
void	skills_note(struct core *, const struct ev_skill *, size_t n);

/*
 * tags: the main names that a project's files define, in a few lines, with
 * those related to the task first. It reads the plain output of universal ctags
 * (NAME TAB FILE TAB LINE;" TAB KIND [TAB KIND-OF-SCOPE:SCOPE]) about files that
 * anyone may have written: a line of another form, or about a file that wasn't
 * requested, is skipped.
 * The same files, words and output give the same text.
 *
 * Source of the format: ctags(1) and tags(5) of universal-ctags.
 */

/* `task`: text that files and names are ranked by. */
struct tags *tags_new(const char *task);
void	tags_free(struct tags *);	/* NULL is fine */
/* The same files, for this task. */
struct tags *tags_copy(const struct tags *, const char *task);
/* Add a file that may be searched, the nearer ones first. */
void	tags_add(struct tags *, const char *path);
/*
 * Rank the added files, once, and choose as many as allowed: at most `files`,
 * with paths of at most `bytes`; each is added to argv (NULL: nowhere) with "./"
 * before it. Returns how many.
 */
size_t	tags_choose(struct tags *, size_t files, size_t bytes, cJSON *argv);
/* Read the output for the chosen files, each named by its path with "./" before
 * it, once: "src/a.c: name name (and 2 more)", one line per file, at most `max`
 * bytes; malloc'ed, "" if there are none. */
char	*tags_text(struct tags *, const char *p, size_t n, size_t max);

/* ---- the map of the folders ---- */

/* Is this path (relative to the root) left out? */
typedef bool (*map_skip)(void *arg, const char *path, bool is_dir);

/* A file: its open folder, its name there, its path. */
typedef void (*map_found)(void *arg, int dir, const char *name,
	    const char *path);

/* Describe the folder `root` in at most `max` bytes, nearer folders first;
 * malloc'ed, "" if it is empty. Reads a limited number of entries. `found`, if
 * it isn't NULL, is called for each file at any depth. */
char	*map_make(int root, map_skip, void *arg, size_t max, map_found found,
	    void *found_arg);

/* A task begins: read the context again, and journal it if it differs from the
 * last line. The map stays as first read, until a new conversation starts
 * (project.due). */
void	project_context_take(struct core *);
/* The last `project` line; empty before the first. */
const struct ev_project *project_known(const struct core *);

#endif
