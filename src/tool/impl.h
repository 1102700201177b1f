/*
 * impl: shared by the file tools. Each tool is one function tool_<name>() that
 * fills `reply` and returns nothing: a failure is an answer to the model, not
 * an error of the program.
 */
#ifndef ASSENT_TOOL_IMPL_H
#define ASSENT_TOOL_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/encoding.h"
#include "tool/tool.h"

#define TOOL_TEXT_MAX	((size_t)64 << 10)	/* of a reply's text */
#define TOOL_FILE_MAX	((size_t)64 << 20)	/* a file held in memory */
#define TOOL_SHOW_MAX	((size_t)50000)		/* of that, the content */

/* The first failure wins. Always -1. */
int	tool_fail(cJSON *reply, const char *kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Truncates the text at TOOL_TEXT_MAX, with a mark, and adds what path_resolve
 * said. */
void	tool_ok(cJSON *reply, const struct buf *text);

/* The file tools: tool_NAME() of tool-NAME.c. */
#define TOOL_FILES(TOOL) \
	TOOL(apply_patch) \
	TOOL(edit) \
	TOOL(glob) \
	TOOL(grep) \
	TOOL(read) \
	TOOL(write)

/* Bytes of content that an answer may show; and what to say first where it ends
 * because they are too few: "", or why. */
size_t	tool_room(const struct tool_env *);
const char *tool_room_why(const struct tool_env *);

#define TOOL_DECLARE(name) \
	void	tool_##name(const struct tool_env *, const cJSON *args, \
		    cJSON *reply);
TOOL_FILES(TOOL_DECLARE)

/* On one line: control, format and invalid bytes as \n, \xNN, \u{NNNN}. */
void	show_name(struct buf *, const char *p, size_t n);
/* Keeps lines; NUL and invalid bytes as \xNN. Returns how many of these. */
size_t	tool_show_text(struct buf *, const char *p, size_t n);
/* malloc'ed, of at most `max` bytes and a mark. */
char	*show_dup(const char *p, size_t n, size_t max);

struct tool_path {
	int	 base_fd;	/* root, or the folder of outputs */
	bool	 own_fd;	/* we must close base_fd */
	bool	 wants_dir;	/* it ended with a slash */
	char	*rel;		/* below base_fd; "." is the folder itself */
	char	*shown;		/* for messages, escaped */
};

enum path_use {
	PATH_READ,
	PATH_EDIT,	/* not in the outputs, not in .git */
	PATH_WRITE,	/* the same, and it may be new */
};

/* Resolve `given`. 0, or -1 with the reply's failure set. Release it in either
 * case. If there is no such file, but one whose name looks the same, that one is
 * taken (PATH_WRITE: is named), and the reply says so. */
int	path_resolve(struct tool_path *, const struct tool_env *,
	    const char *given, enum path_use, cJSON *reply);
void	path_release(struct tool_path *);
/*
 * The same with a reply. The descriptor, or -1 with the failure set (`missing`: the kind if it
 * doesn't exist).
 */
int	path_open(const struct tool_path *, const char *missing,
	    struct stat *, cJSON *reply);
/* The failure for errno; `doing` as in "cannot <doing> <path>". */
int	path_fail(const struct tool_path *, const char *doing, int error,
	    cJSON *reply);

/* A file's bytes; or its text in UTF-8, without a byte order mark. */
struct file_source {
	int		 fd;
	bool		 converted;
	struct buf	 text;
};

/* The text of these bytes, with the mark that they begin with; or false, and why
 * they are not converted goes into `about`. */
bool	file_decode(const struct encoding *, const struct buf *bytes,
	    struct buf *text, struct buf *about);
/* If the open file `rel`, which begins with these bytes (four are enough), is in
 * another encoding than UTF-8, by what is declared: convert it; *st has the size
 * of its text then. What a reader must know goes into `about`. */
void	file_text(const struct tool_env *, const char *rel, const char *p,
	    size_t n, struct file_source *, struct stat *, struct buf *about);
/* Like pread(2). */
ssize_t	file_pread(const struct file_source *, char *p, size_t n, int64_t at);
void	file_source_release(struct file_source *);
/* No encoding is declared, or one that it isn't in (`about` says so): if these
 * bytes of it aren't UTF-8, the core tells the user ("undeclared": {path,
 * about}). `cut`: they may end in a line. */
void	file_undeclared(const struct tool_path *, const struct buf *,
	    const struct buf *about, bool cut, cJSON *reply);
/* Does it begin as a file that isn't text, or as UTF-16 that isn't converted?
 * Then with a reply the failure is set; `about` is file_text's. */
bool	file_is_binary(const char *p, size_t n, const char *shown, off_t size,
	    const struct buf *about, cJSON *reply);

#endif
