#include "config.h"

#include "core/job/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "core/job/hint.h"
#include "core/job/output-file.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/disk.h"
#include "core/kernel/secrets.h"
#include "core/net/network.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "policy/test-report.h"
#include "sandbox/mount-plan.h"
#include "sandbox/sandbox.h"
#include "sandbox/sandbox-limits.h"
#include "sandbox/toolchain.h"
#include "tool/tool.h"

static struct hint_about
output_about(struct core *c, const struct sandbox_result *r,
    const struct buf *output)
{
	struct hint_about a = {
		.exit = r->exit,
		.sandboxed = sandbox_levels[c->sandbox.level].holds,
		.elsewhere = sandbox_levels[c->sandbox.level].brokers,
		.image = c->sandbox.image.layers != NULL,
		/* What was hidden from the call. */
		.masked = (const char *const *)c->policy->secrets,
		.output = buf_str(output), .n = output->len,
		.home = json_str(c->start, "home"), .root = c->root,
	};

	return a;
}

/* A message about a limit that made the command fail without killing it (the
 * kernel refuses a new process, but kills none); malloc'ed, NULL if none. */
static char *
output_limit_hit(struct core *c, const struct sandbox_result *r)
{
	struct hint_about a = output_about(c, r, &c->calls.capture);
	int64_t limit = sandbox_limits_pids(&c->sandbox.limits,
	    &c->sandbox.enforced);
	int64_t most = sandbox_limits_host(RLIMIT_NPROC, limit);

	if (!r->built || r->killed != NULL || r->exit == 0)
		return NULL;
	/* The kernel doesn't count what it refuses, so this is a guess. */
	if (c->sandbox.enforced.pids > ENFORCED_SAMPLED && hint_is_crowded(&a))
		return xasprintf("it seems to have reached its limit of %lld "
		    "processes and threads; %s", (long long)most,
		    most == limit ? "--pids raises it" :
		    "that is the host's limit (ulimit -Hu)");
	return NULL;
}

const char *
output_not_shown(struct core *c, const struct sandbox_result *r,
    const struct buf *output)
{
	struct hint_about a = output_about(c, r, output);

	return hint_not_shown(&a);
}

/* The file in the home that a word of a command line names, or has after "=", if
 * the sandbox doesn't show it; a `command` is looked for on PATH. malloc'ed. */
static char *
hidden_path(const struct toolchain_where *w, const char *word, bool command)
{
	const char *at = word[0] == '/' ? word : strstr(word, "=/");
	AUTO_FREE char *path = at != NULL ? xstrdup(at + (at != word)) :
	    command && strchr(word, '/') == NULL ? host_program(word, w->path,
	    w->root) : NULL;
	char *real = path == NULL ? NULL : fs_realpath(path);

	if (real != NULL && fs_is_below(real, w->home) &&
	    !fs_is_below(real, w->root) && !toolchain_shows(w, real))
		return real;
	free(real);
	return NULL;
}

#define HIDDEN_DEPTH 4
#define HIDDEN_MAX 5000	/* names that are looked at; of more, nothing is offered */

/* Has it no secret file? *left: how many names may be looked at. */
static bool
hidden_is_harmless(struct core *c, int fd_take, int depth, int *left)
{
	AUTO_DIR DIR *d = fs_dir_take(fd_take);
	const struct dirent *de;
	bool yes = d != NULL;

	while (yes && (de = fs_dir_next(&d)) != NULL) {
		yes = (*left)-- > 0 && !policy_hides(c->policy, de->d_name);
		if (yes && depth > 0 && de->d_type == DT_DIR &&
		    strcmp(de->d_name, "node_modules") != 0)
			yes = hidden_is_harmless(c, openat(dirfd(d),
			    de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
			    O_CLOEXEC), depth - 1, left);
	}
	return yes;
}

/* Nothing with a secret file, or that the setting doesn't take. */
static bool
hidden_may_show(struct core *c, const char *home, const char *folder)
{
	const char *own[] = { c->dir, json_str(c->start, "state_dir"), NULL };
	struct err why = ERR_INIT;
	AUTO_FREE char *path = toolchain_resolve(home, own, folder, &why);
	int left = HIDDEN_MAX;

	return path != NULL && hidden_is_harmless(c, open(path, O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC), HIDDEN_DEPTH, &left);
}

/* Are all of the host's files shown, or none? */
static bool
hidden_is_none(const struct core *c)
{
	return json_str(c->start, "home") == NULL ||
	    !sandbox_levels[c->sandbox.level].holds ||
	    c->sandbox.image.layers != NULL;
}

/* The folder to show for such a path, malloc'ed; NULL: that may not be. */
static char *
hidden_folder(struct core *c, const char *path)
{
	const char *home = json_str_or(c->start, "home", "");
	char *folder = toolchain_folder(fs_is_below(path, home) ? home : "",
	    path);

	if (folder != NULL && (fs_is_below(c->root, folder) ||
	    !hidden_may_show(c, home, folder)))
		FREE_NULL(folder);
	return folder;
}

/* What a program loads lies beside its bin, if that isn't all of ~/.local. */
static void
hidden_widen(const struct core *c, char *folder)
{
	const char *home = json_str_or(c->start, "home", "");
	size_t n = folder == NULL ? 0 : strlen(folder);
	char *top;

	if (n < 5 || strcmp(folder + n - 4, "/bin") != 0)
		return;
	top = folder + (fs_is_below(folder, home) ? strlen(home) : 0);
	if (strchr(top + 1, '/') < folder + n - 4)
		folder[n - 4] = '\0';
}

char *
hidden_find(struct core *c, const char *command, const cJSON *args,
    char **folder)
{
	const struct toolchain_where w = {
		.home = json_str(c->start, "home"), .root = c->root,
		.path = json_str_or(c->start, "path", ""),
		.more = (const char *const *)c->sandbox.toolchains,
	};
	bool shown = hidden_is_none(c);
	char *path = shown ? NULL : hidden_path(&w, command, true);
	const cJSON *it;

	cJSON_ArrayForEach(it, args)
		if (path == NULL && !shown)
			path = hidden_path(&w, it->valuestring, false);
	*folder = path == NULL ? NULL : hidden_folder(c, path);
	return path;
}

char *
hidden_link(struct core *c, const char *word)
{
	AUTO_FREE char *full = fs_join(c->cwd, word), *real = NULL;
	AUTO_FREE char *folder = NULL, *name = sanitize_dup(word, 0);

	if (strchr(word, '/') != NULL && word[0] != '/')
		real = hidden_find(c, full, NULL, &folder);
	hidden_widen(c, folder);
	return real == NULL ? NULL : xasprintf("%.200s is a link to %s, which "
	    "the sandbox doesn't show: the user can add %s to the setting "
	    "\"toolchains\"", name, real, folder == NULL ? "its folder" :
	    folder);
}

/* The program that a word names on this machine, if the sandbox shows none by
 * this name; malloc'ed. Else NULL, and *seen is the one that it shows, or
 * NULL. */
static char *
hidden_program(const struct core *c, const struct mount_plan *plan,
    const char *word, char **seen)
{
	bool is_path = strchr(word, '/') != NULL;
	const char *at = is_path ? "/" : json_str_or(c->start, "path", "");
	char *hidden = NULL;
	size_t n;

	for (*seen = NULL; *at != '\0' && *seen == NULL; at += n + (at[n] ==
	    ':')) {
		AUTO_FREE char *dir = xmemdup(at, n = strcspn(at, ":"));
		AUTO_FREE char *full = is_path ? fs_normalize(c->cwd, word) :
		    host_program(word, dir, NULL);
		char *real = full == NULL ? NULL : fs_realpath(full);

		if (real != NULL && mount_plan_shows(plan, real) &&
		    mount_plan_shows(plan, full))
			*seen = real;
		else if (hidden == NULL)
			hidden = real;
		else
			free(real);
	}
	if (*seen != NULL)
		FREE_NULL(hidden);
	return hidden;
}

#define SCRIPT_HEAD 256

/* The program that runs a script: the one that env is to find, too; malloc'ed.
 * NULL: it is no script. */
static char *
script_program(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char head[SCRIPT_HEAD], *save = NULL, *word;
	ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof(head) - 1);

	head[MAX(n, 0)] = '\0';
	head[strcspn(head, "\n")] = '\0';
	if (strncmp(head, "#!", 2) != 0)
		return NULL;
	word = strtok_r(head + 2, " \t", &save);
	if (word != NULL && strcmp(basename(word), "env") == 0)
		do
			word = strtok_r(NULL, " \t", &save);
		while (word != NULL && (word[0] == '-' ||
		    strchr(word, '=') != NULL));
	return xstrdup_null(word);
}

char *
hidden_command(struct core *c, const char *word)
{
	AUTO(mount_plan_release) struct mount_plan plan = { 0 };
	AUTO_FREE char *seen = NULL, *by = NULL, *other = NULL, *path = NULL;
	AUTO_FREE char *folder = NULL;

	if (hidden_is_none(c))
		return NULL;
	program_view(c, &plan);
	path = hidden_program(c, &plan, word, &seen);
	/* The project's files are read in the sandbox only. */
	if (seen != NULL && !fs_is_below(seen, c->root) &&
	    (by = script_program(seen)) != NULL)
		path = hidden_program(c, &plan, by, &other);
	folder = path == NULL ? NULL : hidden_folder(c, path);
	hidden_widen(c, folder);
	return path == NULL ? NULL : xasprintf("%s%s%s%s is not shown in the "
	    "sandbox: %s%s to \"toolchains\" in config.json",
	    by == NULL ? "" : seen, by == NULL ? "" : " needs ", path,
	    by == NULL ? "" : ", which", folder != NULL ? "add " :
	    "put it into a folder of its own, without secrets, and add that",
	    ev_str(folder, ""));
}

/* The link in the project that a shell found no program at: "bash: line 1:
 * .venv/bin/python: No such file or directory". malloc'ed, or NULL. */
static char *
output_link(struct core *c, const struct sandbox_result *r)
{
	const char *out = buf_str(&c->calls.capture);
	const char *end = r->exit != 127 ? NULL : strstr(out,
	    ": No such file or directory"), *from = end;
	AUTO_FREE char *word = NULL;

	while (from != NULL && from > out && strchr(" \n", from[-1]) == NULL)
		from--;
	word = end == NULL ? NULL : xmemdup(from, (size_t)(end - from));
	return word == NULL ? NULL : hidden_link(c, word);
}

/* The notes for the model about why a command failed: `met`, or hints;
 * malloc'ed. `net` gets those to follow its output. */
static char *
output_hints(struct core *c, const struct sandbox_result *r, bool joined,
    const char *met, struct buf *net)
{
	struct hint_about a = output_about(c, r, &c->calls.capture);
	AUTO_FREE char *link = output_link(c, r);
	struct buf b = BUF_INIT(0);

	a.joined = joined;
	a.refused = network_refused(c->network, &a.refused_len);
	a.unreached = network_unreached(c->network);
	/* A limit has its own message. */
	if (met != NULL)
		buf_addf(&b, "(%s)\n", met);
	else if (link != NULL)
		buf_addf(&b, "[assent: %s]\n", link);
	else if (r->killed == NULL) {
		hint_add(&b, &a);
		hint_add_net(net, &a);
	}
	return buf_take(&b);
}

/* ---- a command's output ---- */

/*
 * Output as a terminal would show it. The model gets head and tail, and
 * out/<sha256> the whole; secrets are masked in both.
 */

#define CAPTURE_SENT ((size_t)64 << 10)	/* to clients, at once */
#define CAPTURE_MOST ((size_t)2 << 20)	/* in memory */
#define CAPTURE_HEAD ((size_t)64 << 10)	/* of what is longer */

void
capture_end(struct core_calls *k)
{
	if (k->whole != NULL) {
		output_file_remove(k->whole);
		output_file_release(k->whole);
		FREE_NULL(k->whole);
	}
	buf_release(&k->head);
	buf_release(&k->capture);
}

void
capture_begin(struct core *c)
{
	capture_end(&c->calls);
	c->calls.dropped = 0;
	buf_init(&c->calls.head, CAPTURE_HEAD);
	buf_init(&c->calls.capture,
	    (size_t)c->sandbox.limits.output_bytes + 65536);
}

/* Keep less of it in memory. */
static void
capture_shrink(struct core *c)
{
	AUTO(mask_list_release) struct mask_list secrets = { 0 };
	struct core_calls *k = &c->calls;
	const struct buf middle = { .p = k->capture.p + k->capture.len / 2,
		.len = CAPTURE_HEAD };

	if (k->whole == NULL) {
		AUTO_BUF struct buf masked = BUF_INIT(0);

		core_mask(c, &masked, k->capture.p, k->capture.len);
		buf_add(&k->head, masked.p, utf8_cut(masked.p, masked.len,
		    CAPTURE_HEAD));
		k->whole = xcalloc(1, sizeof(*k->whole));
		output_file_init(k->whole, c, "call", true);
		output_file_add(k->whole, k->capture.p, k->capture.len);
	}
	k->dropped += k->capture.len;
	core_secrets(c, &secrets);
	output_file_cut(&k->capture, k->capture.len / 2 +
	    output_file_place(&middle, &secrets));
	k->dropped -= k->capture.len;
}

void
capture_output(void *core, const char *p, size_t n)
{
	struct core *c = core;
	struct buf *b = &c->delta.output;

	if (c->calls.whole != NULL)
		output_file_add(c->calls.whole, p, n);
	capture_add(&c->calls.capture, p, n);
	if (c->calls.capture.len > CAPTURE_MOST)
		capture_shrink(c);
	/* try passes all of it through. */
	if (c->mode == MODE_TRY) {
		delta_add(c, b, p, n);
		if (b->len > CAPTURE_SENT)
			delta_flush(c);
		return;
	}
	if (n > CAPTURE_SENT) {
		p += n - CAPTURE_SENT;
		n = CAPTURE_SENT;
	}
	if (b->len + n > CAPTURE_SENT)
		buf_consume(b, b->len + n - CAPTURE_SENT);
	delta_add(c, b, p, n);
}

/* Skip at most `max` characters; *n gets how many there were. */
static const char *
capture_skip(const char *p, const char *end, size_t max, size_t *n)
{
	for (*n = 0; p < end && *n < max; ++*n)
		for (p++; p < end && ((unsigned char)*p & 0xc0) == 0x80; p++)
			continue;
	return p;
}

/* Append one line that was overwritten by carriage returns: from its last part
 * to its first, what is longer than all that was written over it. A part with
 * escape sequences, which may clear the line or take no room, counts only if it
 * is the last one. */
static void
capture_line(struct buf *out, const char *p, const char *end)
{
	const char *cr, *from, *rest;
	size_t known = 0, n;
	bool escapes;

	do {
		cr = memrchr(p, '\r', (size_t)(end - p));
		from = cr == NULL ? p : cr + 1;
		escapes = memchr(from, '\033', (size_t)(end - from)) != NULL;
		if (escapes && known > 0)
			break;
		rest = capture_skip(from, end, known, &n);
		buf_add(out, rest, (size_t)(end - rest));
		(void)capture_skip(rest, end, SIZE_MAX, &n);
		known += n;
		end = cr;
	} while (cr != NULL && !escapes);
}

/* Drop what a later part of its line was written over, after a carriage
 * return. */
static void
capture_overwrite(struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len, *nl, *to;
	struct buf out = BUF_INIT(b->max);

	if (memchr(p, '\r', b->len) == NULL)
		return;
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		to = nl == NULL ? end : nl;
		while (to > p && to[-1] == '\r')
			to--;
		capture_line(&out, p, to);
		if (nl == NULL)
			break;
		/* A line end of two bytes stays one. */
		buf_adds(&out, to < nl ? "\r\n" : "\n");
	}
	buf_release(b);
	*b = out;
}

int
capture_keep_out(const char *out_dir, const void *p, size_t n,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	AUTO_CLOSE int dir = open(out_dir,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	sha256_hex(p, n, hex);
	if (dir < 0)
		return err_sys(e, "cannot open %s", out_dir);
	if (faccessat(dir, hex, F_OK, 0) != 0)
		/* The user's command may read the file in root's session; its
		 * parent folders are closed to all other users. */
		rc = fs_replace(dir, hex, p, n, geteuid() == 0 ? 0644 : 0600,
		    e);
	return rc;
}

#define OUTPUT_TEXT_CAP	((size_t)30 << 10)	/* of output for the model */
#define OUTPUT_TEST_CAP	((size_t)4000)
#define OUTPUT_PASSED_CAP ((size_t)500)

char *
output_verdict(const struct sandbox_result *r)
{
	if (r->error != NULL)
		return xasprintf("its sandbox failed: %s", r->error);
	if (r->killed != NULL)
		return xasprintf("killed (%s): %s", r->killed,
		    r->limit == NULL ? "" : r->limit);
	if (r->signal != 0)
		return xasprintf("killed by signal %d", r->signal);
	return xasprintf("exit status %d", r->exit);
}

void
output_note_weaker(struct core *c, const struct sandbox_result *r)
{
	AUTO_FREE char *text = NULL;

	if (!r->built || c->sandbox.weaker_noted ||
	    !sandbox_limits_enforced_weaker(&r->enforced, &c->sandbox.enforced))
		return;
	c->sandbox.weaker_noted = true;
	text = sandbox_limits_enforced_text(&r->enforced);
	emit_note(c, "the limits of the last command were enforced less "
	    "strictly than when this session began: %s", text);
}

/* Does the call join several commands ("git commit | tail", "curl ...; ls")?
 * In the arguments, which are JSON, a new line is \n. */
static bool
output_is_joined(const char *tool, const char *text)
{
	return strcmp(tool, "bash") == 0 && text != NULL &&
	    (strpbrk(text, "|;\n") != NULL || strstr(text, "\\n") != NULL);
}

size_t
output_cap(const struct core *c, size_t most)
{
	return c->calls.room > 0 && c->calls.room < most ? c->calls.room : most;
}

char *
output_keep(struct core *c, const struct buf *from, size_t cap,
    bool tail_only, struct event *r)
{
	AUTO_BUF struct buf masked = BUF_INIT(0);
	bool is_long = from == &c->calls.capture && c->calls.whole != NULL;
	struct output_file own, *f = is_long ? c->calls.whole : &own;
	const struct buf *start = is_long ? &c->calls.head : &masked;
	struct buf text = BUF_INIT(0);
	struct ev_kept_output *kept;
	size_t head, tail, all;

	core_mask(c, &masked, buf_str(from), from->len);
	if (!is_long && masked.len <= cap) {
		utf8_repair(&text, buf_str(&masked), masked.len);
		return buf_take(&text);
	}
	if (!is_long) {
		output_file_init(f, c, "text", true);
		output_file_write(f, masked.p, masked.len);
	}
	kept = f->room < 0 || output_file_end(f) == NULL || f->room < 0 ?
	    NULL : &f->kept;
	all = kept != NULL ? (size_t)kept->size : masked.len +
	    (is_long ? c->calls.dropped : 0);
	head = tail_only ? 0 : utf8_cut(start->p, start->len, cap / 2);
	tail = MIN(masked.len, tail_only ? cap : cap - cap / 2);
	utf8_repair(&text, start->p, head);
	buf_addf(&text, "\n[... %s%zu of %zu bytes left out",
	    cap == c->calls.room ? TOOL_SHARE_FULL ": " : "", all - head - tail,
	    all);
	if (!is_long) {
		buf_adds(&text, ": ");
		buf_add_part(&text, masked.p, masked.len, head,
		    masked.len - tail);
	}
	if (kept != NULL)
		buf_addf(&text, "; the whole output: read %s/%s",
		    SANDBOX_OUT_DIR, kept->sha256);
	if (kept != NULL && r != NULL) {
		r->tool_result.out = ev_alloc(r, sizeof(*r->tool_result.out));
		*r->tool_result.out = (struct ev_kept_output){
		    ev_text(r, kept->sha256), kept->size };
	}
	buf_adds(&text, " ...]\n");
	utf8_repair(&text, masked.p + masked.len - tail, tail);
	if (!is_long) {
		output_file_remove(f);
		output_file_release(f);
	}
	return buf_take(&text);
}

char *
output_last_line(struct core *c, const struct buf *from, size_t cap)
{
	AUTO_FREE char *text = output_keep(c, from, cap, true, NULL);
	size_t n = strlen(text);
	const char *line;

	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		text[--n] = '\0';
	line = strrchr(text, '\n');
	return xstrdup(line == NULL ? text : line + 1);
}

/* A line about processes that it left; malloc'ed. */
static char *
output_left(const struct sandbox_result *r)
{
	return r->left == NULL ? xstrdup("") : xasprintf("[assent: these "
	    "processes were ended with the command: %s (\"background\" keeps "
	    "one)]\n", r->left);
}

void
output_result(struct core *c, const struct sandbox_result *r, size_t cap,
    bool tail, bool joined, const char *before, struct event *e)
{
	struct ev_tool_result *t = &e->tool_result;
	AUTO_FREE char *met = NULL, *hints = NULL, *words = NULL, *text = NULL;
	AUTO_FREE char *output = NULL;
	AUTO_FREE char *left = output_left(r);
	AUTO_BUF struct buf net = BUF_INIT(0);

	capture_overwrite(&c->calls.capture);
	met = output_limit_hit(c, r);
	hints = output_hints(c, r, joined, met, &net);
	words = test_summary(buf_str(&c->calls.capture), c->calls.capture.len);
	output = output_keep(c, &c->calls.capture, cap, tail, e);
	text = xasprintf("%s%s%s%s%s%s", before, hints, left, output,
	    net.len == 0 || output[0] == '\0' ||
	    output[strlen(output) - 1] == '\n' ? "" : "\n", buf_str(&net));
	output_note_weaker(c, r);
	t->text = ev_text(e, text);
	t->exit = EV_KNOWN(r->exit);
	t->signal = (struct ev_number){ r->signal != 0, r->signal };
	t->killed = r->killed;
	t->limit = r->limit;
	t->ms = r->ms;
	t->met = ev_text(e, met);
	t->words = words != NULL ? ev_text(e, words) :
	    output_not_shown(c, r, &c->calls.capture);
}

/* The result if no sandbox could be built. */
void
output_not_built(const struct sandbox_result *r, struct event *e)
{
	AUTO_FREE char *text = xasprintf("the sandbox could not be built: %s",
	    r->error == NULL ? "unknown" : r->error);

	e->tool_result.error = "sandbox";
	e->tool_result.text = ev_text(e, text);
}

void
output_command(struct core *c, const char *tool, const char *args_text,
    const struct sandbox_result *r, struct event *e)
{
	bool test = strcmp(tool, "run_tests") == 0;
	struct buf *all = &c->calls.capture;
	AUTO_FREE char *verdict = output_verdict(r), *words = NULL;
	AUTO_FREE char *before = NULL;
	size_t cap;

	if (!r->built) {
		output_not_built(r, e);
		return;
	}
	capture_overwrite(all);
	words = test ? test_summary(buf_str(all), all->len) : NULL;
	cap = !test ? OUTPUT_TEXT_CAP : r->exit == 0 ? OUTPUT_PASSED_CAP :
	    OUTPUT_TEST_CAP;
	before = xasprintf("%s%s%s\n", verdict, words == NULL ? "" : ": ",
	    ev_str(words, ""));
	e->tool_result.ok = r->exit == 0;
	e->tool_result.error = r->exit == 0 ? NULL : r->killed != NULL ?
	    "killed" : "exit";
	output_result(c, r, output_cap(c, cap), test,
	    output_is_joined(tool, args_text), before, e);
	if (c->mode == MODE_TRY && (r->killed != NULL ||
	    e->tool_result.met != NULL))
		c->task.faults |= FAULT_KILLED;
}

void
output_stopped(struct core *c, const char *why, bool command,
    struct event *e)
{
	AUTO_FREE char *output = NULL, *text = NULL;

	e->tool_result.error = "interrupted";
	e->tool_result.text = why;
	if (!command)
		return;
	e->tool_result.printed = (int64_t)(c->calls.dropped +
	    c->calls.capture.len);
	capture_overwrite(&c->calls.capture);
	output = output_keep(c, &c->calls.capture,
	    output_cap(c, OUTPUT_TEXT_CAP), false, e);
	text = xasprintf("%s%s%s", why, output[0] == '\0' ? "" : "\n",
	    output);
	e->tool_result.text = ev_text(e, text);
}

char *
output_ending(const struct sandbox_result *r)
{
	return r->error != NULL ? xasprintf("has no sandbox: %s", r->error) :
	    r->killed != NULL ? xasprintf("was killed (%s): %s", r->killed,
	    r->limit == NULL ? "" : r->limit) : r->signal != 0 ?
	    xasprintf("ended by signal %d", r->signal) :
	    xasprintf("ended with status %d", r->exit);
}

/* The first line that speaks of an error, else the first that isn't blank: below
 * it is a stack. */
static const char *
output_error_line(const char *text)
{
	const char *at = strcasestr(text, "error");

	if (at == NULL)
		return text + strspn(text, " \r\n");
	while (at > text && at[-1] != '\n')
		at--;
	return at + strspn(at, " ");
}

#define OUTPUT_ERROR	((size_t)300)	/* of the line with it */

char *
output_error(const struct core *c, const char *why, const struct buf *printed)
{
	AUTO_BUF struct buf shown = BUF_INIT(0);
	const char *line;
	size_t n;

	core_mask(c, &shown, buf_str(printed), printed->len);
	line = output_error_line(buf_str(&shown));
	n = utf8_cut(line, strcspn(line, "\r\n"), OUTPUT_ERROR);
	return n == 0 ? xstrdup(why) : xasprintf("%s. It printed: %.*s", why,
	    (int)n, line);
}
