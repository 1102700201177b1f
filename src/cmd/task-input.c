/* See task-input.h. */
#include "config.h"

#include "cmd/task-input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fence.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define TASK_INPUT_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define TASK_INPUT_REST TASK_INPUT_LETTERS "0123456789-"

struct input {
	const char	*name;		/* not terminated */
	size_t		 name_len;
	struct buf	 value;
	bool		 placed;	/* its block is in the text */
};

/* The length of the name that `s` begins with; 0: none. */
static size_t
input_name(const char *s)
{
	return strspn(s, TASK_INPUT_LETTERS) == 0 ? 0 :
	    strspn(s, TASK_INPUT_REST);
}

static struct input *
input_find(struct input *v, size_t len, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (v[i].name_len == n && memcmp(v[i].name, name, n) == 0)
			return &v[i];
	return NULL;
}

static int
input_value(struct input *in, const char *root, const char *from,
    struct err *e)
{
	struct err why = ERR_INIT;
	int n = (int)in->name_len, rc = 0;

	if (from[0] != '@')
		rc = buf_adds(&in->value, from);
	else if (strcmp(from, "@-") == 0) {
		if (fs_read_all(STDIN_FILENO, &in->value) < 0)
			rc = err_sys(&why, "can't read standard input");
	} else if ((rc = fs_check_linked(root, from + 1, &why)) == 0)
		rc = fs_read_file(AT_FDCWD, from + 1, &in->value, &why);
	if (in->value.full)
		return err_set(e, "--input %.*s is too large: the task and its "
		    "inputs may have %zu MB", n, in->name,
		    TASK_MAX_BYTES >> 20);
	if (rc < 0)
		return err_set(e, "--input %.*s: %s", n, in->name, why.text);
	if (memchr(buf_str(&in->value), '\0', in->value.len) != NULL ||
	    !utf8_is_valid(buf_str(&in->value), in->value.len))
		return err_set(e, "--input %.*s isn't UTF-8 text", n, in->name);
	return 0;
}

static int
input_read(struct input *v, size_t *len, const char *root, const char *word,
    bool *stdin_used, struct err *e)
{
	size_t n = input_name(word);
	struct input *in = &v[*len];

	if (n == 0 || word[n] != '=')
		return err_set(e, "--input %.60s: not NAME=VALUE, NAME=@FILE "
		    "or NAME=@- (a name has letters, digits, _ and -)", word);
	if (input_find(v, *len, word, n) != NULL)
		return err_set(e, "--input %.*s is given twice", (int)n, word);
	if (strcmp(word + n, "=@-") == 0) {
		if (*stdin_used)
			return err_set(e, "--input %.*s: standard input is "
			    "read only once", (int)n, word);
		*stdin_used = true;
	}
	*in = (struct input){ .name = word, .name_len = n,
		.value = BUF_INIT(TASK_MAX_BYTES) };
	(*len)++;
	return input_value(in, root, word + n + 1, e);
}

/* Nothing in the value or in the task around it can end the block. */
static void
input_place(struct buf *b, struct input *in, const char *task)
{
	AUTO_FREE char *about = xasprintf("Input \"%.*s\"",
	    (int)in->name_len, in->name);

	fence_add(b, about, buf_str(&in->value), in->value.len,
	    fence_longer(task, FENCE_LEAST));
	in->placed = true;
}

/* The input that `s`, which begins with "{{", names; *n is its length. */
static struct input *
input_named(struct input *v, size_t len, const char *s, size_t *n)
{
	size_t name = input_name(s + 2);

	*n = name + 4;
	return name == 0 || strncmp(s + 2 + name, "}}", 2) != 0 ? NULL :
	    input_find(v, len, s + 2, name);
}

static void
input_expand(struct buf *b, struct input *v, size_t len, const char *task)
{
	const char *s, *from = task;
	struct input *in;
	size_t i, n;

	for (s = task; (s = strstr(s, "{{")) != NULL;) {
		in = input_named(v, len, s, &n);
		if (in == NULL) {
			s++;
			continue;
		}
		buf_add(b, from, (size_t)(s - from));
		from = s += n;
		if (in->placed) {
			buf_addf(b, "[input \"%.*s\", above]",
			    (int)in->name_len, in->name);
			continue;
		}
		input_place(b, in, task);
		/* The block ends its line. */
		if (*from == '\n')
			from = ++s;
	}
	buf_adds(b, from);
	for (i = 0; i < len; i++)
		if (!v[i].placed) {
			buf_adds(b, b->p[b->len - 1] == '\n' ? "\n" : "\n\n");
			input_place(b, &v[i], task);
		}
}

static cJSON *
input_hashes(const struct input *v, size_t len)
{
	cJSON *o = cJSON_CreateObject();
	size_t i;

	for (i = 0; i < len; i++) {
		AUTO_FREE char *name = xmemdup(v[i].name, v[i].name_len);
		AUTO_FREE char *hash = xasprintf("%016llx", (unsigned long long)
		    hash_bytes(HASH_BEGIN, buf_str(&v[i].value),
		    v[i].value.len));

		json_add_str(o, name, hash);
	}
	return o;
}

int
task_input_read(struct task_input *t, const struct cmd_args *a,
    const char *root, struct err *e)
{
	struct input *v = xcalloc(a->inputs.len + 1, sizeof(*v));
	bool stdin_used = cmd_task_is_stdin(a);
	AUTO_BUF struct buf b = BUF_INIT(TASK_MAX_BYTES);
	size_t i, len = 0;
	int rc = 0;

	memset(t, 0, sizeof(*t));
	for (i = 0; rc == 0 && i < a->inputs.len; i++)
		rc = input_read(v, &len, root, a->inputs.v[i], &stdin_used, e);
	if (rc == 0 && a->task_file != NULL)
		rc = fs_check_linked(root, a->task_file, e);
	if (rc == 0)
		rc = cmd_task(a, true, &t->typed, e);
	if (rc == 0 && t->typed != NULL) {
		input_expand(&b, v, len, t->typed);
		if (b.full)
			rc = err_set(e, "the task and its inputs are larger "
			    "than %zu MB", TASK_MAX_BYTES >> 20);
		else
			t->text = buf_take(&b);
	}
	t->inputs = input_hashes(v, len);
	for (i = 0; i < len; i++)
		buf_release(&v[i].value);
	free(v);
	return rc;
}

void
task_input_release(struct task_input *t)
{
	free(t->typed);
	free(t->text);
	cJSON_Delete(t->inputs);
	memset(t, 0, sizeof(*t));
}
