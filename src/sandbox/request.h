/*
 * request: what the core asks of one worker, as JSON.  Encoded in the core,
 * decoded in the worker; the two sides sit together here so that they cannot
 * drift apart.  Paths are bytes and need not be UTF-8.
 */
#ifndef ASSENT_SANDBOX_REQUEST_H
#define ASSENT_SANDBOX_REQUEST_H

#include <stddef.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "sandbox/sandbox.h"

#define REQUEST_MAX ((size_t)96 << 20)

/*
 * Three messages. The leaf is the worker's own cgroup, with what earlier workers
 * found out (frame 'f'). The setup says what the
 * sandbox is made of, so that it can be
 * built ahead; the call says what runs in it. Two calls with the same setup may
 * use the same prepared sandbox.
 */
struct cgroup_leaf;

struct request {
	/* of the setup */
	enum sandbox_level		 level;
	char			*root, *home, *path;
	char			*upper, *work, *copy;
	char			*sandbox_home, *sandbox_tmp, *out_dir,
	    *staged, *quota_dir;
	char			*state_dir, *certificates;
	char			**environment;	/* "NAME=/folder"; the same */
	char			**toolchains;	/* absolute; NULL-terminated */
	char			**skills;	/* the same */
	char			**skills_hidden;	/* the same */
	char			*image;		/* see sandbox_spec; may be
						   NULL */
	cJSON			*encodings;	/* the same */
	struct sandbox_limits	 limits;	/* timeout_ms: of the call */
	pid_t			 core_pid;
	int			 landlock;	/* see sandbox_spec */
	bool			 bare, stays, net;	/* see sandbox_spec */
	bool			 no_git;	/* the same */
	bool			 shares;	/* the same */
	int			 joins;		/* the same */
	char			*net_secret;	/* the same; may be NULL */
	char			**forward;	/* the same; NULL-terminated */
	/* of the call */
	char			*cwd;
	char			**masked;	/* relative; NULL-terminated */
	char			**shut;		/* the same */
	struct sandbox_cover	*covers;
	size_t			 covers_len;
	struct sandbox_disk	 disk;
	int64_t			 room;		/* see sandbox_spec */
	char			*tool;
	bool			 is_command;	/* it runs a program, rather
						   than a function of ours */
	bool			 is_server;	/* "serve" */
	int64_t			 run_ms;	/* its time limit: the
						   sandbox's, or the call's own,
						   smaller timeout_s */
	bool			 own_timeout;
	bool			 reads;		/* it changes nothing; set
						   inside */
	const cJSON		*args;		/* part of doc */
	cJSON			*doc;
};

/* malloc'ed text of *n bytes. */
char	*request_encode_leaf(const struct cgroup_leaf *, const cJSON *filters,
	    size_t *n);
char	*request_encode_setup(const struct sandbox_spec *,
	    const struct sandbox_limits *, size_t *n);
char	*request_encode_call(const struct sandbox_spec *,
	    const struct sandbox_limits *, const char *tool, const cJSON *args,
	    size_t *n);
/* 0, or -1 when a member that the level needs is missing or not absolute. The
 * setup comes first, and once; release after either, also when it failed. A
 * worker that stays decodes one call after another, each released alone. */
int	request_decode_leaf(const char *p, size_t n, struct cgroup_leaf *,
	    cJSON **filters, struct err *);
int	request_decode_setup(const char *p, size_t n, struct request *,
	    struct err *);
int	request_decode_call(const char *p, size_t n, struct request *,
	    struct err *);
/* All of it, or of the call alone. */
void	request_release(struct request *, bool all);

#endif
