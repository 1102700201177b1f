/*
 * cage: run one tool call in assent-worker and give back what it said.  The
 * worker builds the namespaces, mounts the stage over the project, runs the
 * tool, kills everything below it, and is gone: one short-lived mount a call.
 * The core never enters the cage and reads only pipes.
 *
 * Wire between core and worker (stdin, stdout of assent-worker; argv is bare,
 * the environment is empty): the core writes a 4-byte big-endian length and one
 * JSON object, and keeps its end open as long as it wants the call: the end of
 * that stream means the core is gone, and everything is killed.  The worker
 * answers with frames, each a 1-byte type, a 4-byte big-endian length and that
 * many bytes (at most CAGE_FRAME_MAX):
 *   'o'  output of the payload as it comes (stdout and stderr joined)
 *   'r'  JSON, once, last: {"exit":N|null,"signal":N|null,"killed":null|
 *        "timeout"|"disk"|"memory"|"output"|"pids","ms":N,"rung":"A",
 *        "limit":"words"}; or {"error":"step: what failed","errno":N} if the
 *        cage could not be built (nothing has run then)
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
	const char	*quota_dir;	/* watched for size: the stage folder */
	const char *const *masked;	/* paths below root (relative) whose
					   content is hidden; NULL-terminated */
};
#define CAGE_OUT_DIR "/assent/out"

struct cage_limits {
	int64_t	 timeout_ms;
	int64_t	 memory_bytes;	/* enforced by the sampling watchdog now */
	int64_t	 disk_bytes;	/* a call may write at most this below
					   quota_dir, in one file or in many */
	int64_t	 disk_inodes;	/* at least one for each 10 KiB of
					   disk_bytes, so that one flag raises
					   both */
	int64_t	 output_bytes;	/* more output than this kills the call */
	int	 pids;
	int	 cpus;		/* 0: all; 1: one pinned CPU */
};
/* strict: 512 MiB, one CPU, 50 processes, 2 min; desk: half of the memory,
 * all cores, 512 processes. */
void	cage_limits_strict(struct cage_limits *);
void	cage_limits_desk(struct cage_limits *);

struct cage_result {
	bool		 built;		/* false: `error` says which step */
	char		*error;		/* step and errno, malloc'ed, or NULL */
	int		 error_errno;
	int		 exit;		/* -1 if killed */
	int		 signal;	/* 0 if none */
	char		*killed;	/* NULL, or which limit; malloc'ed */
	char		*limit;		/* words: "out of its 512 MiB; --memory
					   raises it"; malloc'ed, or NULL */
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
 * Try the rungs in order on this host, each with the self-test payload, and
 * give the best that holds (it runs whole calls, blocking, before the loop).
 * `state_dir` is where stages will live. `forced` is CAGE_D when the user said
 * --cage container. *line gets a malloc'ed screen line such as
 * "cage A · net none · mem 512M sampled · cpu 1 pinned · pids 50 kernel";
 * *why (malloc'ed, or NULL) names the step that kept it from a better rung, its
 * errno and what helps.
 */
enum cage_rung cage_probe(const char *worker_path, const char *root,
	    const char *state_dir, const struct cage_limits *,
	    bool container, char **line, char **why);

#endif
