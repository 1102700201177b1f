/*
 * world: a project, a home with things to hide, a session's folders and a
 * worker, all below one temporary folder; and one call at a time in it.  Also
 * the TAP lines, counted over the processes of one test program.
 */
#ifndef ASSENT_TESTS_ESCAPE_WORLD_H
#define ASSENT_TESTS_ESCAPE_WORLD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "sandbox/sandbox.h"

struct world {
	char			*dir, *root, *home, *state, *worker;
	char			*path;		/* $PATH to hand over */
	char			*upper, *work, *copy, *sandbox_home,
	    *sandbox_tmp;
	char			*out;
	char			*mark;		/* in argv of what may be left */
	const char *const	*masked, *const *toolchains,
				*const *environment;
	const char *const	*shut;
	const struct sandbox_cover	*covers;
	size_t			 covers_len;
	struct sandbox_limits	 limits;
	struct cgroup		*cgroup;	/* NULL: limits are sampled */
	struct world_bound	*bound;		/* NULL: none */
	enum sandbox_level		 level;
	const char		*cwd;		/* NULL: root */
	int			 socks[3];	/* listening baits */
	int			 port;
	char			*abstract;
	struct loop		*loop;		/* NULL: one for each call */
	struct sandbox_ready	*ready;		/* for the next call, or NULL; freed
						   with the world */
	bool			 bare, stays;	/* as in sandbox_spec */
	int			 landlock;	/* the same */
	bool			 net;		/* the same; at the socket is who
						   says "served", and hangs up */
	const char		*net_secret;	/* the same */
	int			 net_port;	/* of the last call; 0: none */
	unsigned long		 net_inode;	/* its socket's */
	int			 served;	/* so often */
	/* of the last call */
	struct buf		 output;
	struct sandbox_result	 result;
	/* freed with it */
	char			**kept;
	size_t			 kept_len;
};

/* assent's state directory, below a world's. */
#define WORLD_STATE_DIR "home/u/.local/state/assent"

/* The folder with assent-worker, attempt and hog; borrowed for good. */
void	world_programs(const char *dir);
/* A new folder with them that every user can reach; the caller removes it. */
char	*world_public_programs(void);
/* For this user, in this level. Ends the program if it cannot be made. */
struct world *world_new(enum sandbox_level);
void	world_free(struct world *);
/* A path below dir, valid until the world ends. */
const char *world_path(struct world *, const char *below);

/* Run to its end; output and result are in the world. */
void	world_bash(struct world *, const char *command);
void	world_call(struct world *, const char *tool, const char *args_json);
/* The arguments of world_call for the sandbox, for tests that start calls
 * themselves. */
void	world_spec(struct world *, struct sandbox_spec *);
/* Start a call in such a sandbox, in w->ready if it fits. */
struct sandbox_call *world_start(struct world *, struct loop *,
	    const char *tool, const cJSON *args,
	    const struct sandbox_callbacks *, void *arg);
/* A command under way. */
struct world_command {
	struct loop		*loop;	/* the world's, or its own */
	bool			 own;
	struct sandbox_call	*call;
	struct buf		 output;
	bool			 said;	/* "said", in a line */
	bool			 done, ran;	/* over; to its end */
};
/* Start it; its loop runs until it has said so, or is over. */
void	world_command(struct world *, struct world_command *,
	    const char *command);
void	world_command_end(struct world_command *);
/* Before commands that start processes without end: from now on the world's own
 * limit bounds them, too, so that a failure doesn't take the machine. False,
 * with a line that `what` was skipped: there is none. */
bool	world_bound(struct world *, const char *what);
/* So many processes of a command, with those that watch it, existed at once; -1:
 * nobody knows. */
int64_t	world_unbound(struct world *);
/* Does the output hold this line? */
bool	world_said(const struct world *, const char *line);
/* Processes with our mark in their arguments. */
int	world_marked(const struct world *);
/* Wait until all are gone; false after ten seconds. */
bool	world_wait_gone(const struct world *);
/* The worker that is a child of this process, or -1; *state, which may be NULL,
 * is that of its process ('S': asleep). One that has ended and was not waited
 * for ('Z') only if there is no other. */
pid_t	world_worker_of(pid_t parent);
/* kill(2) of one process. A pid that wasn't found (-1) is refused: for kill(2)
 * it is every process. */
int	world_kill(pid_t, int sig);
pid_t	world_worker_find(pid_t parent, char *state);
/* Wait until this process has no child, also of those that a killed worker left
 * to it. */
bool	world_none_stays(void);
/* An ordinary user, who need not be known to the system. Each test program has
 * another one, whose processes the kernel counts. */
uid_t	world_ordinary(void);
#define ORDINARY world_ordinary()
/* Make the home, with the project, that user's. */
void	world_give(struct world *);
/* `run` in a process of its own, as this user (0: as who we are), and a failure
 * if that does not come to its end. */
pid_t	world_begin_as(uid_t, void (*run)(const char *who), const char *who);
void	world_end_as(pid_t, const char *who);
/* As who we are and, as root, as an ordinary user too: side by side, they share
 * neither folders nor limits. */
void	world_as_each(void (*run)(const char *who));
/* The host's level, its line, and why there is no better one, or NULL; the
 * lines are malloc'ed. */
enum sandbox_level sandbox_probe(const char *worker, const char *root,
	    const char *state_dir, const struct sandbox_limits *,
	    bool container, char **line, char **why);
/* `run` for each of A, B and D that works here, labelled; `what` is skipped for
 * the others. Returns the best level. */
enum sandbox_level world_each_level(const char *who, const char *what,
	    void (*run)(enum sandbox_level));
/* A test program that is only this, as each user. */
_Noreturn void world_main(void (*run)(const char *who));
/* Wait for the children of this process, ten seconds at most: a killed process
 * may take a while to end. */
void	world_reap(void);

/* Content, or NULL. Valid until the world ends. */
const char *world_read(struct world *, const char *path);
void	world_write(const char *path, const char *text);
/* A program, mode 0755. */
void	world_copy(const char *from, const char *to);

/* TAP. `ok` prints the world's last result when it is false. */
void	tap_begin(void);
void	tap_ok(struct world *, bool ok, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
void	tap_skip(const char *what, const char *why);
int	tap_end(void);
/* Prefix of the labels: who and which level. */
void	tap_label(const char *);

#endif
