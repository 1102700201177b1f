/*
 * cases: what is tried, and what must come of it on each level.  One row a
 * case;
 * the table in assent-security(7) is printed from it, and test-escape asserts
 * it, what is open as well as what is held.
 */
#ifndef ASSENT_TESTS_ESCAPE_CASES_H
#define ASSENT_TESTS_ESCAPE_CASES_H

#include <stdbool.h>
#include <stddef.h>

enum escape_kind {
	ESCAPE_TRY,	/* `how`: a word for attempt; many share one call */
	ESCAPE_CALL,	/* `how`: a bash command, with a call of its own */
	ESCAPE_TEST,	/* `how`: "FILE:TEXT", the test that asserts it */
};

#define ESCAPE_LEVELS	5	/* A, B, C, D, none: as enum sandbox_level */

#define ESCAPE_TOUCHES	(1u << 0)	/* where it is allowed, it changes the
					   host: it gets a call of its own */
#define ESCAPE_SHORT	(1u << 1)	/* runs into a short timeout */
#define ESCAPE_KERNEL	(1u << 2)	/* with limits kept by the kernel, where
					   a cgroup can be had */
#define ESCAPE_SAMPLED	(1u << 3)	/* refused only where memory is
					   sampled; counted elsewhere */
#define ESCAPE_X86	(1u << 4)	/* for this machine's calls only */
#define ESCAPE_BOMB	(1u << 5)	/* below a limit of the test's own, too */

/*
 * `says`: the answers of the kernel that are right, separated by spaces; NULL
 * where the case has no meaning. With "+" before it an answer means that the
 * level does not stop this. "X|Y": X where the command runs as root, Y where it
 * runs as an ordinary user. In `how`: %h home, %p the project's real path, %s
 * a session's folder, %n and %u TCP and UDP port, %a name of an abstract
 * socket, %q of a message queue, %m id of shared memory, %y a key for some, %i
 * the core's pid, %v the pid of another program of the same user, %k a word to
 * be found in the arguments of what is left behind.
 */
struct escape_case {
	const char		*id;
	const char		*title;
	enum escape_kind	 kind;
	const char		*how;
	const char		*says[ESCAPE_LEVELS];
	unsigned		 flags;
};

extern const struct escape_case escape_cases[];
extern const size_t escape_cases_len;

const struct escape_case *escape_find(const char *id);
/* The list for this level and user, without the other's; "" for an empty one.
 * Valid until the next call. */
const char *escape_says(const struct escape_case *, int level, bool root);
/* Is `answer` in that list, and is it one that means open? */
bool	escape_is_right(const char *says, const char *answer, bool *open);
/* "held", "open", "root" (open for root only), "user", or "-". */
const char *escape_word(const struct escape_case *, int level);

#endif
