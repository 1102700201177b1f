/*
 * sandbox: run one tool call in assent-worker and return its result. The worker
 * builds the namespaces, mounts the stage over the project, runs the tool,
 * kills everything below it, and exits: one short-lived mount per call. A worker
 * that stays makes new namespaces for the next call, and mounts again what is
 * that call's own; without namespaces, on level C, it takes the next setup. The core never enters the sandbox and only reads pipes.
 *
 * Wire between core and worker (stdin, a socket, and stdout, a pipe, of
 * assent-worker; argv is bare, the environment is empty): the core writes three
 * messages, each a 4-byte
 * big-endian length and one JSON object, and keeps its end open as long as it
 * needs the call: the end of that stream means the core is gone, and everything
 * is killed. The first message names this worker's cgroup, if it has one, and
 * has what earlier workers sent as 'f'.
 * The second is the setup: the worker builds all of the sandbox but the
 * project. The third is the call, at once or much later: the project is mounted
 * and the tool runs. The call's time limit starts with it. Once it has begun,
 * the worker may send bytes the other way: the number of a listening socket,
 * with the socket (sandbox_callbacks.net). A server's ("serve") stdin and stdout
 * come with the last byte of the call; after that the core sends 'Z', stop all of
 * it, 'T', let it go on, 'L', the ports, and 'K' with a port in 2 bytes, connect to
 * it: for each of these a byte comes the other way (SANDBOX_DIALLED), with the
 * socket. Of a command on a terminal it may send 'Q': SIGTERM to all of it.
 * The worker answers with frames, each a 1-byte type, a 4-byte big-endian
 * length and that many bytes (at most SANDBOX_FRAME_MAX):
 *   'f'  {"key":"...","program":"..."}: the filter that it built, if none of the
 *        first message's has this key; before 'b', while nothing has run
 *   'b'  empty, once: from here on the tool may have run
 *   's'  empty, after the 'r' of a self-test, which comes as soon as it is
 *        known, as an inspection's does: "stays" of that
 *   'n'  empty, last: nothing of the call is left, and the worker takes another
 *        first message, as if it had just been started
 *   'z'  empty: all of it has stopped, after 'Z'
 *   'l'  the TCP ports that it listens on, two bytes each, after 'L'
 *   'o'  output of the payload as it comes (stdout and stderr joined)
 *   'r'  JSON, once, last: {"exit":N|null,"signal":N|null,"killed":null|
 *        "timeout"|"disk"|"memory"|"output"|"pids","ms":N,"level":"A",
 *        "limit":"words","left":"names","enforced":{...}}; or
 *        {"error":"step: what failed","errno":N} if the sandbox could not be
 *        built (nothing has run then). With "stays":true nothing of the call is
 *        alive or mounted, and the next call may be sent
 * The worker's end of its stdout is also held by the first process inside, so
 * the end of that stream means that nothing of the call is alive.
 */
#ifndef ASSENT_SANDBOX_SANDBOX_H
#define ASSENT_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/endpoint.h"
#include "base/err.h"
#include "sandbox/sandbox-limits.h"

struct cgroup;
struct image;
struct loop;
struct sandbox_call;
struct sandbox_ready;
struct sandbox_search;

enum sandbox_view_kind { SANDBOX_VIEW_OVERLAY, SANDBOX_VIEW_COPY };

/* A file that reads as `text` (`len` bytes) inside, read-only. */
struct sandbox_cover {
	char	*path;		/* absolute */
	char	*text;
	size_t	 len;
};

/* The contents of quota_dir when a command starts, and the part of them that
 * counts against its limit. Zeroed: empty. */
struct sandbox_disk {
	int64_t	 bytes, files;	/* counted, including other places */
	int64_t	 free_bytes, free_files;	/* everything there minus the
						   rest: a copy of the project
						   is free */
};

/*
 * One call: how to show this project, what runs there, within which limits. The
 * core fills it once and hands it down; all of it is borrowed until the call has
 * started. The worker decodes its own (request.h).
 */
struct sandbox_spec {
	/* the setup, of which a sandbox is built ahead */
	enum sandbox_level	 level;
	const char	*root;		/* the project's real path */
	const char	*alias;		/* by which the user knows it: a link
					   there leads commands to root; or
					   NULL */
	const char	*home;		/* the user's real $HOME, to find
					   toolchains; may be NULL */
	const char	*path;		/* the user's $PATH */
	const char	*upper;		/* overlay: upper folder (stage) */
	const char	*work;		/* overlay: its work folder, recreated;
					   in the same folder as upper */
	const char	*copy;		/* copy: folder shown at root */
	const char	*sandbox_home;	/* the sandbox's $HOME, session folder */
	const char	*sandbox_tmp;	/* the sandbox's /tmp, session folder */
	const char	*out_dir;	/* complete outputs, shown read-only at
					   SANDBOX_OUT_DIR; may be NULL */
	const char	*staged;	/* the folder (as upper or copy) of
					   another copy, shown read-only
					   at SANDBOX_STAGED_DIR, or at its own
					   path where nothing is mounted; or
					   NULL. A worker that doesn't stay */
	const char	*certificates;	/* a file, shown read-only to commands,
					   whose variables name it; or NULL */
	const char	*state_dir;	/* assent's own: unreadable except for
					   the parts that are shown */
	const char	*quota_dir;	/* watched for size: the stage folder */
	const char *const *environment;	/* "NAME=/folder"; NULL-terminated or
					   NULL: set for commands that can see
					   the folder */
	const char *const *toolchains;	/* folders listed by the user, shown
					   read-only; NULL-terminated or NULL */
	const char *const *devices;	/* names in the user's setting `devices`
					   (devices.h): shown to commands;
					   NULL-terminated or NULL */
	const char *const *skills;	/* the user's folders of skills, real
					   paths: shown read-only to the file
					   tools, too; NULL-terminated or NULL */
	const char *const *skills_hidden; /* files and folders in them whose
					   content is hidden; the same */
	const cJSON	*encodings;	/* the user's setting, for the file
					   tools; or NULL */
	const char	*image;		/* A, B: the layers of an image (image.h)
					   that is shown instead of the host's
					   system; or NULL. `path` and
					   `environment` are its own then */
	int64_t		 room;		/* for the answer of a file tool, in
					   bytes; 0: enough */
	bool		 bare;		/* for the file tools: nothing but the
					   project and the complete outputs is
					   shown */
	bool		 stays;		/* A, B: after a call the worker waits
					   for the next; each has namespaces of
					   its own, but bare ones share that of
					   the network */
	bool		 no_git;	/* show nothing of .git: the masks over
					   its credentials last for one call,
					   not for hours */
	const char	*git;		/* A, B: a folder that is shown, writable,
					   as the project's .git; or NULL */
	const char	*git_objects;	/* with it: of the real one, shown
					   read-only at SANDBOX_GIT_OBJECTS */
	bool		 net;		/* A, B, C: make a socket at which
					   commands find the proxy, and hand it
					   to net() */
	const char	*net_secret;	/* C: what they say to it, since others
					   find it, too; NULL */
	const char *const *forward;	/* A, B: endpoints (base/endpoint.h) at
					   which commands find services, each a
					   socket likewise; NULL-terminated or
					   NULL */
	const char *const *settings;	/* A, B: "NAME=VALUE", a variable for
					   commands, or "/PATH=TEXT" and
					   "~/PATH=TEXT", a file there, unless
					   something else is; NULL-terminated or
					   NULL */
	bool		 shares;	/* A, B, of a "serve": hand the namespaces of
					   its users and its network to net() */
	int64_t		 joins;		/* A, B: use those of this number
					   (sandbox_share) instead of new ones;
					   0 */
	int64_t		 landlock;	/* for tests: use at most this version;
					   0: the kernel's */
	struct sandbox_limits limits;	/* timeout_ms: the call's */

	/* the call */
	const char	*cwd;		/* below root; commands start there */
	const char *const *masked;	/* paths below root (relative) whose
					   content is hidden; NULL-terminated */
	const char *const *shut;	/* each .git below root's own (relative):
					   read-only; NULL-terminated */
	const struct sandbox_cover *covers;	/* files with other contents */
	size_t		 covers_len;
	struct sandbox_disk disk;	/* the contents of quota_dir */
	bool		 reads;		/* the project is shown read-only, as to
					   a tool that only reads */
	bool		 low;		/* it leaves the processor to others */
	/* What runs. For bash and run_tests, output is the command's; for the
	 * file tools and for "words" it is one JSON object, the reply in tool.h.
	 * Four more names are for our own use: "argv" {"argv":[...],"input":text,
	 * "terminal":{"rows":N,"cols":N}} runs a program without a shell, on a
	 * terminal of its own if one is asked for, whose other end goes to net();
	 * "inspect" is inspection_run's (payload.c), "selftest" is the probe's, and
	 * "serve" {"argv":[...],"env":{NAME:text}} runs a program that serves,
	 * in a call that lasts, so not one that `stays`; its output() gets its
	 * stderr, or, without io_take, its stdout, too. */
	const char	*tool;
	const cJSON	*args;		/* as the model gave them, already
					   checked against the tool's schema */

	/* the core's side: not sent */
	const char	*worker;	/* path of assent-worker */
	struct cgroup	*cgroup;	/* where limits can be set; NULL:
					   nowhere */
	int		 io_take[2];	/* "serve": its stdin and stdout, ends of
					   pipes, which carry no descriptors; or
					   -1 */

	/* the worker's side: not sent */
	pid_t		 core_pid;
	int64_t		 run_ms;	/* the time limit: the sandbox's, or the
					   call's own, smaller timeout_s */
	bool		 own_timeout;
	bool		 is_command;	/* it runs a program, rather than a
					   function of ours */
	bool		 is_server;	/* "serve" */
	bool		 on_terminal;	/* "argv" with one */
};
#define SANDBOX_NS_USER	(1 + ENDPOINT_MAX)
#define SANDBOX_NS_NET	(2 + ENDPOINT_MAX)
#define SANDBOX_DIALLED	(3 + ENDPOINT_MAX)
#define SANDBOX_TERMINAL (4 + ENDPOINT_MAX)
#define SANDBOX_PORTS	16	/* of one command, that are told */
#define SANDBOX_GIT_SETTINGS 3	/* the sandbox's own on A and B, as
				   GIT_CONFIG_COUNT */
#define SANDBOX_OUT_DIR "/assent/out"
#define SANDBOX_STAGED_DIR "/assent/staged"
#define SANDBOX_GIT_DIR "/assent/git"
#define SANDBOX_GIT_OBJECTS "/assent/objects"

struct sandbox_result {
	bool		 built;		/* false: `error` says which step */
	char		*error;		/* step and errno, malloc'ed, or NULL */
	int		 error_errno;
	int		 exit;		/* -1 if killed */
	int		 signal;	/* 0 if none */
	char		*killed;	/* the limit that killed it, or NULL;
					   malloc'ed */
	char		*limit;		/* text: "out of its 512 MiB; --memory
					   raises it"; malloc'ed, or NULL */
	char		*left;		/* programs that were ended with the
					   command; malloc'ed, or NULL */
	struct limit_enforcement enforced;	/* how limits were enforced */
	int64_t		 ms;
	int64_t		 brokered;	/* calls that the broker performed */
};
void	sandbox_result_release(struct sandbox_result *);

struct sandbox_callbacks {
	void	(*output)(void *arg, const char *p, size_t n);
	/* The result, as soon as it is known; of an inspection before its
	 * sandbox is gone. Or NULL. */
	void	(*known)(void *arg, const struct sandbox_result *);
	/* Called once, last, never from within sandbox_call_start. Borrowed
	 * result. The call frees itself afterwards, and every process below it
	 * is dead. A worker that doesn't end after its time limit is killed, and
	 * done() still waits for what is below it: for a process that hangs in
	 * the kernel as long as it hangs, unless the call is cancelled. */
	void	(*done)(void *arg, const struct sandbox_result *);
	/* A listening socket of this call: 0 that of sandbox_spec.net, from 1
	 * those of sandbox_spec.forward; the callee owns it, and closes it at the
	 * call's end. -1: there is no place for it in the sandbox. Of
	 * sandbox_spec.shares: a namespace, SANDBOX_NS_USER, then
	 * SANDBOX_NS_NET. SANDBOX_DIALLED: what sandbox_call_dial asked for, -1:
	 * nobody listens there; to be checked. SANDBOX_TERMINAL: the master of the
	 * command's terminal, before it starts. */
	void	(*net)(void *arg, unsigned which, int fd_take);
	/* After sandbox_call_pause(true): nothing of it runs now. */
	void	(*held)(void *arg);
	/* After sandbox_call_ports; ascending. */
	void	(*ports)(void *arg, const int64_t *ports, size_t n);
};

/* Start it. `ready`: a prepared sandbox, used if it fits, and nothing fails before
 * anything has run in it; then NULL, until a worker that stays is put back there
 * before done(); must last as long as the call. NULL: a new one. `arg` is the
 * callbacks'. */
struct sandbox_call *sandbox_call_start(struct loop *,
	    const struct sandbox_spec *, struct sandbox_ready **ready,
	    const struct sandbox_callbacks *, void *arg);
/* Start a worker's process for the first call; it loads its libraries meanwhile.
 * NULL: end it, if there was no call. */
void	sandbox_worker_ahead(const char *worker_path);
/* Stop all processes of a "serve", or let them go on: while they are stopped,
 * the core may change what they see, and their limits needn't be watched. */
void	sandbox_call_pause(struct sandbox_call *, bool pause);
/* A, B, with sandbox_spec.net: connect to this port inside of a "serve" that has
 * begun, at 127.0.0.1 or ::1; the socket, which may still be connecting, goes to
 * net(). One at a time. */
void	sandbox_call_dial(struct sandbox_call *, int port);
/* Send SIGTERM to all processes of a command on a terminal. */
void	sandbox_call_terminate(struct sandbox_call *);
/* Ask for the TCP ports that processes of a "serve" listen on (A, B). */
void	sandbox_call_ports(struct sandbox_call *);
/* From now on these are the namespaces that a sandbox can join: their number.
 * -1: none are, and the earlier ones end with their last process. While the core
 * has them they don't. */
int	sandbox_share(int user_take, int net_take);
/* Kill everything, to NULL; there is no callback after this. */
void	sandbox_call_cancel(struct sandbox_call **);
/* The result, once it is known; else NULL. Borrowed. *begun: may its tool have
 * run already? What its worker says next can be read from *fd. */
const struct sandbox_result *sandbox_call_result(const struct sandbox_call *,
	    int *fd, bool *begun);

/*
 * A sandbox prepared ahead: a worker that has built everything but the
 * project's mount and sleeps until a call comes. It holds no state of the
 * project: changes before the call are visible. One that is alive and was built
 * for this setup stays (cwd, masked and timeout_ms are the call's), and the call
 * looks whether its folders are still the same; any other is replaced by a new
 * one, or by NULL if that isn't possible now. One of a kind is enough.
 */
void	sandbox_prepare(struct sandbox_ready **, struct loop *,
	    const struct sandbox_spec *);
/* Wait for it in this loop from now on. */
void	sandbox_ready_watch(struct sandbox_ready *, struct loop *);
/* NULL is allowed. Waits until all its processes have ended. */
void	sandbox_ready_free(struct sandbox_ready *);

/* The host on which to find a sandbox. */
struct sandbox_ask {
	const char	*worker;	/* path of assent-worker */
	const char	*root;		/* the project */
	const char	*state_dir;	/* where stages will be */
	const char	*control;	/* the session's socket, which must be
					   unreachable; NULL: none */
	const struct sandbox_limits *limits;
	bool		 container;	/* --sandbox container: D, don't try
					   A */
	const struct image *image;	/* its programs run; A or B. NULL: none */
	struct cgroup	*cgroup;	/* as in sandbox_spec */
	const char *const *devices;	/* likewise */
	const struct sandbox_spec *commands;	/* A: theirs, which stays; the
					   self-test is the first call of their
					   worker. NULL: it has one of its own.
					   Needed for the beginning only */
};

/* A level that doesn't work here: the step that failed, and the remedy. */
struct sandbox_refusal {
	enum sandbox_level	 level;
	char		*step;		/* the step and its error: "overlay:
					   cannot mount it: ..." */
	int		 sys;		/* its errno, or 0 */
	char		*help;		/* the remedy on this host; NULL:
					   unknown */
};

struct sandbox_found {
	enum sandbox_level	 level;
	char		*line;		/* for the screen, see sandbox_line */
	struct limit_enforcement enforced;	/* how limits are enforced */
	struct sandbox_refusal refusals[SANDBOX_NONE + 1];	/* best level first */
	size_t		 refusals_len;
	char		*open;		/* D, none: text on what a command can
					   reach; NULL: nothing that was
					   tried */
	char		*why;		/* it isn't a better level, in one line;
					   without a sandbox also why it isn't
					   C, and the remedies; or NULL */
};

/*
 * Try the levels in order on this host, each with the self-test in a complete
 * sandbox, and find the best that works. The first one begins at once, and runs
 * beside what the caller does until the end, which waits, in a loop of its own.
 * What `ask` names must live until then. sandbox_find_free, at any time, removes
 * the files of the self-test. The end doesn't wait until the sandbox of a
 * self-test that held is gone: sandbox_find_free does.
 */
struct sandbox_search *sandbox_find_begin(const struct sandbox_ask *);
/* Wait so many ms (-1: until something happens) for news of the first one. True:
 * its result is known. Else its next news can be read from *fd; *begun: its worker
 * has built what later workers get from it (frame 'f'). */
bool	sandbox_find_step(struct sandbox_search *, int wait_ms, int *fd,
	    bool *begun);
/* 0, or -1 with a message if the host provides less than `least`. */
int	sandbox_find_end(struct sandbox_search *, enum sandbox_level least,
	    struct sandbox_found *, struct err *);
/* After an end, once nothing of the self-test is left: on A the commands' worker,
 * else NULL. */
struct sandbox_ready *sandbox_find_take(struct sandbox_search *, struct loop *);
void	sandbox_find_free(struct sandbox_search *);	/* NULL is allowed */
void	sandbox_found_release(struct sandbox_found *);

/* The first argument of assent-worker to be the guard of a program without a
 * sandbox; the process id of the one that starts it, the program and its
 * arguments follow. */
#define GUARD_WORD "guard"
/* The worker's name when it only removes what fs_put_aside left in the folder
 * that is its descriptor 0. */
#define REMOVER_WORD "assent-remove"

#endif
