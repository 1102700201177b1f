/*
 * kept-caches: with the setting cache_keep, what commands cached (the tools of
 * sandbox/cachedir.h) is there again in the project's next session. It
 * lies in the state folder, in caches/HASH of the project's path, a folder a
 * cache, and is moved into the sandbox's home when a session begins, and back
 * when its core ends. One session at a time has it, and a lock on that folder.
 */
#ifndef ASSENT_CORE_KEPT_CACHES_H
#define ASSENT_CORE_KEPT_CACHES_H

struct core;
struct stage_usage;

/* Once the staged copy and its level are known; a note says what came. Ends
 * workers that are prepared. Those that don't fit into half of the disk limit
 * and of its files, the ones that changed longest ago, stay where they are. */
void	kept_caches_take(struct core *);
/* When no process of a command is left. Those that don't fit are removed. */
void	kept_caches_put(struct core *);
/* Remove what isn't in a session; adds it to what was freed. */
void	kept_caches_clear(struct core *, struct stage_usage *);

#endif
