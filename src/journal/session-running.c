/* See session-running.h. */
#include "config.h"

#include "journal/session-running.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/session.h"

/* Sessions in one step: less than a millisecond if nothing is read from disk. */
#define SESSION_RUNNING_STEP 32

struct session_running {
	char	*top;		/* the folder of the sessions */
	char	*root;
	char	*last;		/* the latest that is over; or NULL */
	char	**ids;		/* the newest last */
	size_t	 len;
};

/* Ids begin with their time. */
static int
session_running_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct session_running *
session_running_new(const char *root, const char *own)
{
	struct session_running *r = xcalloc(1, sizeof(*r));
	AUTO_FREE char *state = session_state_dir(NULL);
	AUTO_DIR DIR *d = NULL;
	struct dirent *de;

	r->root = xstrdup(root);
	r->top = state == NULL ? NULL : fs_join(state, "sessions");
	d = r->top == NULL ? NULL : fs_opendir(r->top);
	while (d != NULL && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.' || strcmp(de->d_name, own) == 0)
			continue;
		GROW(r->ids, r->len);
		r->ids[r->len++] = xstrdup(de->d_name);
	}
	if (r->len > 0)
		qsort(r->ids, r->len, sizeof(*r->ids),
		    session_running_compare);
	return r;
}

/* Otherwise it may be the last one. */
static bool
session_running_is(struct session_running *r, const char *id)
{
	AUTO_FREE char *dir = fs_join(r->top, id);
	AUTO_JSON cJSON *first = NULL;
	AUTO(session_info_release) struct session_info s = { 0 };
	bool alive = session_is_alive(id);

	if (!alive && r->last != NULL)
		return false;
	first = session_first_line(AT_FDCWD, dir, NULL);
	if (!json_is(first, "root", r->root))
		return false;
	if (alive)
		return json_is(first, "mode", "interactive");
	if (session_look(id, &s) && s.task != NULL)
		r->last = xstrdup(id);
	return false;
}

bool
session_running_step(struct session_running *r, char **id)
{
	int left;

	*id = NULL;
	for (left = SESSION_RUNNING_STEP; r->len > 0 && left > 0; left--) {
		AUTO_FREE char *next = r->ids[--r->len];

		if (session_running_is(r, next)) {
			*id = xstrdup(next);
			return false;
		}
	}
	if (r->len == 0) {
		*id = r->last;
		r->last = NULL;
	}
	return r->len > 0;
}

void
session_running_free(struct session_running *r)
{
	if (r == NULL)
		return;
	while (r->len > 0)
		free(r->ids[--r->len]);
	free(r->ids);
	free(r->last);
	free(r->top);
	free(r->root);
	free(r);
}
