/*
 * tool-scratch: a project in a scratch folder and the tools run on it, for the
 * tests of the tools.
 */
#ifndef ASSENT_TESTS_TOOL_SCRATCH_H
#define ASSENT_TESTS_TOOL_SCRATCH_H

#include <cjson/cJSON.h>

#include "tool/tool.h"
#include "tests/unit/unit.h"

/* A scratch folder with a project, and something outside it. */
struct scratch {
	char		 top[64];
	char		*root, *out;
	int		 top_fd, root_fd;
	struct tool_env	 env;
	cJSON		*reply;
};

int	scratch_setup(void **state);
int	scratch_teardown(void **state);
#define SCRATCH_TEST(test) TEST_WITH(test, scratch_setup, scratch_teardown)

/* A file in the project, or beside it when the path starts with "../". */
void	put_bytes(struct scratch *, const char *path, const void *, size_t);
void	put(struct scratch *, const char *path, const char *text);
/* Does the file hold exactly these bytes? */
void	check_bytes(struct scratch *, const char *path, const void *, size_t);
void	check_text(struct scratch *, const char *path, const char *text);
/* Run with arguments as JSON; the reply stays in s. The text is borrowed. */
cJSON	*run(struct scratch *, const char *tool, const char *args);
const char *run_ok(struct scratch *, const char *tool, const char *args);
const char *run_fail(struct scratch *, const char *tool, const char *args,
	    const char *kind);
void	has(const char *text, const char *piece);

#endif
