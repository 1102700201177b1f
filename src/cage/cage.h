/*
 * cage: run one tool call in assent-worker and give back what it said.  The
 * worker builds the namespaces, mounts the stage over the project, runs the
 * tool, kills everything below it, and is gone: one short-lived mount a call.
 * The core never enters the cage and reads only pipes.
 *
 * Wire between core and worker (stdin, stdout of assent-worker; argv is bare,
 * the environment is empty): the core writes three messages, each a 4-byte
 * big-endian length and one JSON object, and keeps its end open as long as it
 * wants the call: the end of that stream means the core is gone, and everything
 * is killed.  The first message names this worker's cgroup, {} if it has none,
 * the second is the setup: the worker builds all of the cage but the project.
 * The third is the call, at once or much later: the project is mounted and the
 * tool runs.  The time a call has starts with it.
 * The worker answers with frames, each a 1-byte type, a 4-byte big-endian
 * length and that many bytes (at most CAGE_FRAME_MAX):
 *   'b'  empty, once: from here on the tool may have run
 *   'o'  output of the payload as it comes (stdout and stderr joined)
 *   'r'  JSON, once, last: {"exit":N|null,"signal":N|null,"killed":null|
 *        "timeout"|"disk"|"memory"|"output"|"pids","ms":N,"rung":"A",
 *        "limit":"words","note":"words","kinds":{"memory":"kernel",...}}; or
 *        {"error":"step: what failed","errno":N} if the cage could not be built
 *        (nothing has run then)
 * The worker's end of its stdout is also held by the first process inside, so
 * the end of that stream means that nothing of the call is alive.
 */
#ifndef ASSENT_CAGE_CAGE_H
#define ASSENT_CAGE_CAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

#define CAGE_FRAME_MAX ((size_t)1 << 20)

enum cage_rung {
	CAGE_A,		/* namespaces, overlay of the real tree */
	CAGE_B,		/* namespaces, copied view */
	CAGE_D,		/* the user says: this container is the cage */
	CAGE_NONE,	/* no cage: copied view, a person approves commands */
};
const char *cage_rung_name(enum cage_rung);	/* "A" "B" "D" "none" */

enum cage_view_kind { CAGE_VIEW_OVERLAY, CAGE_VIEW_COPY };

/* Whether root's calls stay root's although the project is a user's: without a
 * mount the copy is reached by its path, and `copy` lies (or is to lie) where
 * that user does not come. The stage must not be that user's then. */
bool	cage_stays_root(enum cage_rung, const char *root, const char *copy);

/* A file that reads as `text` (of `len` bytes) inside, read-only. */
struct cage_cover {
	char	*path;		/* absolute */
	char	*text;
	size_t	 len;
};

/* What is below quota_dir when a command comes, and what counts against the
 * limit of it. Zeroed: nothing is there. */
struct cage_disk {
	int64_t	 bytes, files;	/* that count, with what lies elsewhere */
	int64_t	 free_bytes, free_files;	/* all that is there, less those:
					   a copy of the project is free */
};

struct cgroup;

/* How this project is shown. All strings borrowed for the call's start. */
struct cage_spec {
	enum cage_rung	 rung;
	const char	*root;		/* the project's real path */
	const char	*cwd;		/* below root; commands start there */
	const char	*home;		/* the user's real $HOME, to find
					   toolchains; may be NULL */
	const char	*path;		/* the user's $PATH */
	const char	*upper;		/* overlay: upper folder (stage) */
	const char	*work;		/* overlay: its work folder, made anew;
					   beside upper in one folder */
	const char	*copy;		/* copy: folder shown at root */
	const char	*cage_home;	/* the cage's $HOME, session folder */
	const char	*cage_tmp;	/* the cage's /tmp, session folder */
	const char	*out_dir;	/* whole outputs, shown read-only at
					   CAGE_OUT_DIR; may be NULL */
	const char	*state_dir;	/* assent's own: nothing in it can be
					   read but what is shown of it */
	const char	*quota_dir;	/* watched for size: the stage folder */
	struct cage_disk disk;		/* what is in it already */
	const char *const *masked;	/* paths below root (relative) whose
					   content is hidden; NULL-terminated */
	const char *const *shut;	/* the same for .git below root's own:
					   read-only */
	const struct cage_cover *covers;	/* files that read otherwise */
	size_t		 covers_len;
	const char *const *environment;	/* "NAME=/folder"; NULL-terminated or
					   NULL: given to commands that can see
					   the folder */
	struct cgroup	*cgroup;	/* where limits can be put; NULL: no
					   such place */
	const char *const *toolchains;	/* folders that the user names, shown
					   read-only; NULL-terminated or NULL */
};
#define CAGE_OUT_DIR "/assent/out"

struct cage_limits {
	int64_t	 timeout_ms;
	int64_t	 memory_bytes;
	int64_t	 disk_bytes;	/* what may be below quota_dir, of all calls
					   together, in one file or in many */
	int64_t	 disk_inodes;	/* at least one for each 10 KiB of
					   disk_bytes, so that one flag raises
					   both */
	int64_t	 output_bytes;	/* more output than this kills the call */
	int	 pids;
	int	 cpu;		/* percent of one core; 0: all there are */
};
static inline int64_t
cage_limits_inodes(const struct cage_limits *l)
{
	int64_t least = l->disk_bytes / 10240;

	return l->disk_inodes < least ? least : l->disk_inodes;
}
/* strict: 512 MiB, 25 % of one CPU, 50 processes, 2 min; desk: half of the
 * memory, all cores, 512 processes. */
void	cage_limits_strict(struct cage_limits *);
void	cage_limits_desk(struct cage_limits *);
/* What may use no more than one core is put on one CPU for good, so that
 * runtimes and builds size themselves by it. */
static inline bool
cage_limits_pinned(const struct cage_limits *l)
{
	return l->cpu > 0 && l->cpu <= 100;
}

/* By what a limit is kept: not at all, by looking every 20 ms, by the
 * kernel. */
enum cage_held { CAGE_HELD_OFF, CAGE_HELD_SAMPLED, CAGE_HELD_KERNEL };
struct cage_kinds {
	enum cage_held	 memory, cpu, pids, disk;
};
const char *cage_held_name(enum cage_held);	/* "off" "sampled" "kernel" */
/* {"memory":"kernel",...}, both ways; what is unknown is off. */
cJSON	*cage_kinds_json(const struct cage_kinds *);
void	cage_kinds_decode(const cJSON *, struct cage_kinds *);
/* The screen's line, malloc'ed: "cage A · net none · mem 512M kernel · cpu 25%
 * sampled · pids 50 kernel". */
char	*cage_line(enum cage_rung, const struct cage_limits *,
	    const struct cage_kinds *, bool landlock);

struct cage_result {
	bool		 built;		/* false: `error` says which step */
	char		*error;		/* step and errno, malloc'ed, or NULL */
	int		 error_errno;
	int		 exit;		/* -1 if killed */
	int		 signal;	/* 0 if none */
	char		*killed;	/* NULL, or which limit; malloc'ed */
	char		*limit;		/* words: "out of its 512 MiB; --memory
					   raises it"; malloc'ed, or NULL */
	char		*note;		/* words about a limit that it met and
					   lived on; malloc'ed, or NULL */
	struct cage_kinds kinds;	/* what kept its limits */
	int64_t		 ms;
};
void	cage_result_release(struct cage_result *);

struct loop;
struct cage_call;

struct cage_callbacks {
	void	(*output)(void *arg, const char *p, size_t n);
	/* Once, last, never from within cage_call_start. Borrowed result. The
	 * call frees itself afterwards, and every process below it is dead. */
	void	(*done)(void *arg, const struct cage_result *);
};

/*
 * Start `tool` with `args` (a JSON object as the model gave it, already checked
 * against the tool's schema). For bash and run_tests, output is the command's;
 * for the file tools it is one JSON object, tool.h's reply. Two more names are
 * not the model's: "argv" {"argv":[...]} runs a program without a shell, and
 * "selftest" is the probe's.
 */
struct cage_call *cage_call_start(struct loop *, const char *worker_path,
	    const struct cage_spec *, const struct cage_limits *,
	    const char *tool, const cJSON *args,
	    const struct cage_callbacks *, void *arg);
/* Kill everything; no callback comes after this. */
void	cage_call_cancel(struct cage_call *);

/*
 * A cage prepared ahead: a worker that has built all but the project's mount
 * and sleeps until a call comes. It shows no state of the project: what changes
 * before the call is in it. NULL if it cannot be had now. One at a time is
 * enough.
 */
struct cage_ready;
struct cage_ready *cage_prepare(struct loop *, const char *worker_path,
	    const struct cage_spec *, const struct cage_limits *);
/* Is it alive, and would it serve such a call? cwd, masked and timeout_ms are
 * the call's. NULL is fine and serves none. */
bool	cage_ready_fits(const struct cage_ready *, const struct cage_spec *,
	    const struct cage_limits *);
/* NULL is fine. Waits until nothing of it is left. */
void	cage_ready_free(struct cage_ready *);
/*
 * As cage_call_start, in *ready if that fits; in a new cage if it does not, or
 * turns out not to work before anything has run in it. *ready is NULL
 * afterwards.
 */
struct cage_call *cage_call_start_in(struct cage_ready **ready, struct loop *,
	    const char *worker_path, const struct cage_spec *,
	    const struct cage_limits *, const char *tool, const cJSON *args,
	    const struct cage_callbacks *, void *arg);

/* What to look for a cage with. */
struct cage_ask {
	const char	*worker;	/* path of assent-worker */
	const char	*root;		/* the project */
	const char	*state_dir;	/* where stages will live */
	const char	*control;	/* the session's socket, which must be
					   out of reach; NULL: there is none */
	const struct cage_limits *limits;
	bool		 container;	/* --cage container: D, A is not tried */
	struct cgroup	*cgroup;	/* as in cage_spec */
};

/* A rung that does not hold here: the step that failed, and what helps. */
struct cage_refusal {
	enum cage_rung	 rung;
	char		*step;		/* "overlay: cannot mount it: ..." */
	int		 sys;		/* its errno, or 0 */
	char		*help;		/* on this very host; NULL: nothing */
};

struct cage_found {
	enum cage_rung	 rung;
	char		*line;		/* for the screen, see cage_line */
	struct cage_kinds kinds;	/* what kept the limits there */
	struct cage_refusal refusals[CAGE_NONE + 1];	/* best rung first */
	size_t		 refusals_len;
	char		*open;		/* D, none: what a command can reach,
					   in words; NULL: nothing that was
					   tried */
};

/*
 * Try the rungs in order on this host, each with the self-test payload in a
 * whole cage, and find the best that holds. It runs whole calls, blocking,
 * before the loop.
 */
void	cage_find(const struct cage_ask *, struct cage_found *);
void	cage_found_release(struct cage_found *);
/* The first refusal with what helps, in one line; malloc'ed, or NULL. */
char	*cage_found_why(const struct cage_found *);
/* "A", "B", "D", "none"; -1 for anything else. */
int	cage_rung_find(const char *name);
/* 0, or -1 with the sentence that says why the host gives less than this. */
int	cage_found_check(const struct cage_found *, enum cage_rung least,
	    struct err *);

/* As cage_find, for who needs no more than the rung and two lines, malloc'ed;
 * *why may be NULL. */
enum cage_rung cage_probe(const char *worker_path, const char *root,
	    const char *state_dir, const struct cage_limits *,
	    bool container, char **line, char **why);

#endif
