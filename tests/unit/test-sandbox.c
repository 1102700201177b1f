/* The pure parts of the sandbox: requests, limits, the plan of the root; and the
 * launcher, with a first process that the test plays. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/init.h"
#include "sandbox/mount-plan.h"
#include "sandbox/request.h"
#include "sandbox/sys.h"
#include "sandbox/tasks.h"
#include "sandbox/toolchain.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

static const struct sandbox_limits limits = {
	.timeout_ms = 1000, .memory_bytes = 1 << 20,
	.disk_bytes = 100 << 20, .disk_inodes = 10, .output_bytes = 1000,
	.pids = 5, .cpu = 25,
};

static struct sandbox_spec
spec_a(void)
{
	return (struct sandbox_spec){
		.level = SANDBOX_A, .root = "/home/u/p\xff:,",
		    .cwd = "/home/u/p",
		.home = "/home/u", .path = "/usr/bin", .upper = "/s/up",
		.work = "/s/wk", .sandbox_home = "/s/h", .sandbox_tmp = "/s/t",
	};
}

TEST(test_request)
{
	const char *masked[] = { ".env", "a/\xff", NULL };
	struct sandbox_spec s = spec_a();
	struct sandbox_spec r;
	struct err e = ERR_INIT;
	cJSON *args = cJSON_CreateObject();
	size_t n;
	char *text;

	s.masked = masked;
	s.limits = limits;
	s.tool = "bash";
	s.args = args;
	json_add_str(args, "command", "true");
	cJSON_AddNumberToObject(args, "timeout_s", 0.5);
	text = request_encode_setup(&s, &n);
	assert_int_equal(request_decode_setup(text, n, &r, &e), 0);
	free(text);
	text = request_encode_call(&s, &n);
	assert_int_equal(request_decode_call(text, n, &r, &e), 0);
	assert_string_equal(r.root, "/home/u/p\xff:,");
	assert_string_equal(r.tool, "bash");
	assert_null(r.masked[2]);
	assert_string_equal(r.masked[1], "a/\xff");
	assert_string_equal(json_str(r.args, "command"), "true");
	assert_int_equal(r.core_pid, getpid());
	assert_int_equal(r.run_ms, 500);
	assert_true(r.own_timeout);
	/* One flag raises bytes and inodes. */
	assert_int_equal(r.limits.disk_inodes, 10240);
	request_release(&r, true);
	free(text);
	cJSON_Delete(args);
}

/* Every member reaches the worker, and a sandbox prepared without it doesn't
 * fit. */
TEST(test_request_members)
{
	static const char *const paths[] = { "/a", "/b\xff", NULL };
	static const char *const variables[] = { "JAVA_HOME=/j", NULL };
	static const char *const ends[] = { "127.0.0.1:80", NULL };
	static const char *const devices[] = { "kvm", "dri", NULL };
	static const char *const hidden[] = { ".env", "a/.env", NULL };
	static const char *const shut[] = { "nested/.git", NULL };
	char path[] = "/c", text[] = "x\0y";
	const struct sandbox_cover cover = { path, text, 3 };
	struct sandbox_spec s = spec_a(), r, other;
	AUTO_BUF struct buf key = BUF_INIT(0), now = BUF_INIT(0);
	AUTO_JSON cJSON *encodings = cJSON_CreateObject();
	struct {
		const char	*label;
		void		*at;	/* in `other` */
		size_t		 n;
	} members[] = {
		{ "root", &other.root, sizeof(other.root) },
		{ "home", &other.home, sizeof(other.home) },
		{ "path", &other.path, sizeof(other.path) },
		{ "upper", &other.upper, sizeof(other.upper) },
		{ "work", &other.work, sizeof(other.work) },
		{ "copy", &other.copy, sizeof(other.copy) },
		{ "home", &other.sandbox_home, sizeof(other.sandbox_home) },
		{ "tmp", &other.sandbox_tmp, sizeof(other.sandbox_tmp) },
		{ "out", &other.out_dir, sizeof(other.out_dir) },
		{ "staged", &other.staged, sizeof(other.staged) },
		{ "certificates", &other.certificates,
		  sizeof(other.certificates) },
		{ "state", &other.state_dir, sizeof(other.state_dir) },
		{ "quota", &other.quota_dir, sizeof(other.quota_dir) },
		{ "environment", &other.environment,
		  sizeof(other.environment) },
		{ "toolchains", &other.toolchains, sizeof(other.toolchains) },
		{ "devices", &other.devices, sizeof(other.devices) },
		{ "skills", &other.skills, sizeof(other.skills) },
		{ "skills hidden", &other.skills_hidden,
		  sizeof(other.skills_hidden) },
		{ "encodings", &other.encodings, sizeof(other.encodings) },
		{ "image", &other.image, sizeof(other.image) },
		{ "bare", &other.bare, sizeof(other.bare) },
		{ "stays", &other.stays, sizeof(other.stays) },
		{ "no git", &other.no_git, sizeof(other.no_git) },
		{ "net", &other.net, sizeof(other.net) },
		{ "secret", &other.net_secret, sizeof(other.net_secret) },
		{ "forward", &other.forward, sizeof(other.forward) },
		{ "shares", &other.shares, sizeof(other.shares) },
		{ "joins", &other.joins, sizeof(other.joins) },
		{ "landlock", &other.landlock, sizeof(other.landlock) },
		{ "limits", &other.limits.memory_bytes,
		  sizeof(other.limits) - sizeof(other.limits.timeout_ms) },
	};
	struct err e = ERR_INIT;
	size_t i, n;
	char *doc;

	json_add_str(encodings, "*.txt", "latin1");
	s.copy = "/s/copy";
	s.out_dir = "/s/out";
	s.staged = "/s/staged";
	s.certificates = "/s/c.pem";
	s.state_dir = "/s/state";
	s.quota_dir = "/s/quota";
	s.environment = variables;
	s.toolchains = s.skills = s.skills_hidden = paths;
	s.devices = devices;
	s.encodings = encodings;
	s.image = "/i/1:/i/2";
	s.bare = s.stays = s.no_git = s.net = s.shares = true;
	s.net_secret = "secret";
	s.forward = ends;
	s.joins = 3;
	s.landlock = 4;
	s.limits = limits;
	s.limits.disk_inodes = sandbox_limits_inodes(&limits);
	s.masked = hidden;
	s.shut = shut;
	s.covers = &cover;
	s.covers_len = 1;
	s.disk = (struct sandbox_disk){ 1, 2, 3, 4 };
	s.tool = "bash";
	request_key(&s, &key);
	doc = request_encode_setup(&s, &n);
	assert_int_equal(request_decode_setup(doc, n, &r, &e), 0);
	free(doc);
	request_key(&r, &now);
	assert_int_equal(now.len, key.len);
	assert_memory_equal(now.p, key.p, key.len);
	for (i = 0; i < MEM_COUNT(members); i++) {
		other = s;
		memset(members[i].at, 0, members[i].n);
		buf_clear(&now);
		request_key(&other, &now);
		if (now.len == key.len && memcmp(now.p, key.p, key.len) == 0)
			fail_msg("%s", members[i].label);
	}
	/* A call with another time limit needs no other sandbox. */
	other = s;
	other.limits.timeout_ms++;
	buf_clear(&now);
	request_key(&other, &now);
	assert_memory_equal(now.p, key.p, key.len);
	doc = request_encode_call(&s, &n);
	assert_int_equal(request_decode_call(doc, n, &r, &e), 0);
	free(doc);
	assert_string_equal(r.masked[1], "a/.env");
	assert_string_equal(r.shut[0], "nested/.git");
	assert_int_equal(r.covers_len, 1);
	assert_string_equal(r.covers[0].path, "/c");
	assert_int_equal(r.covers[0].len, 3);
	assert_memory_equal(r.covers[0].text, text, 3);
	assert_memory_equal(&r.disk, &s.disk, sizeof(r.disk));
	assert_string_equal(r.cwd, "/home/u/p");
	assert_int_equal(r.limits.timeout_ms, 1000);
	request_release(&r, true);
	/* Without namespaces none can be shared, joined or kept. */
	other = s;
	other.level = SANDBOX_C;
	doc = request_encode_setup(&other, &n);
	assert_int_equal(request_decode_setup(doc, n, &r, &e), 0);
	free(doc);
	assert_true(r.net && !r.shares && !r.stays && r.joins == 0);
	request_release(&r, true);
}

TEST(test_request_refused)
{
	static const struct {
		const char *label, *json, *says;
	} setups[] = {
		{ "not JSON", "{", "" },
		{ "unknown level", "{\"level\":\"Z\"}", "level" },
		{ "no root", "{\"level\":\"A\"}", "root is missing" },
		{ "relative root", "{\"level\":\"A\",\"root\":\"x\"}",
		  MSG_NOT_AN_ABSOLUTE_PATH },
		{ "no upper", "{\"level\":\"A\",\"root\":\"/x\"}",
		  "upper is missing" },
		{ "no copy", "{\"level\":\"D\",\"root\":\"/x\"}",
		  "copy is missing" },
		{ "root is /",
		    "{\"level\":\"B\",\"root\":\"/\",\"copy\":\"/c\","
		  "\"sandbox_home\":\"/h\",\"sandbox_tmp\":\"/t\"}",
		  "cannot be /" },
		{ "no limits", "{\"level\":\"B\",\"root\":\"/x\",\"copy\":"
		  "\"/c\",\"sandbox_home\":\"/h\",\"sandbox_tmp\":\"/t\"}",
		  "limit" },
		{ "the loader's variable", "{\"level\":\"B\",\"root\":\"/x\","
		  "\"copy\":\"/c\",\"sandbox_home\":\"/h\",\"sandbox_tmp\":"
		  "\"/t\",\"environment\":[{\"path\":\"LD_PRELOAD=/x\"}]}",
		  "environment" },
	}, calls[] = {
		{ "not JSON", "[", "" },
		{ "relative cwd", "{\"cwd\":\"x\"}", MSG_NOT_AN_ABSOLUTE_PATH },
		{ "mask climbs",
		  "{\"masked\":[{\"path\":\"a/../../b\"}]}", "masked" },
		{ "mask absolute", "{\"masked\":[{\"path\":\"/b\"}]}",
		  "masked" },
		{ "no time", "{\"tool\":\"bash\"}", "limit" },
		{ "no tool", "{\"timeout_ms\":1}", "no tool" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(setups); i++) {
		struct err e = ERR_INIT;
		struct sandbox_spec r;

		if (request_decode_setup(setups[i].json,
		    strlen(setups[i].json), &r, &e) == 0 ||
		    strstr(e.text, setups[i].says) == NULL)
			fail_msg("%s: %s", setups[i].label, e.text);
		request_release(&r, true);
	}
	for (i = 0; i < MEM_COUNT(calls); i++) {
		struct err e = ERR_INIT;
		struct sandbox_spec r = { .root = xstrdup("/x") };

		if (request_decode_call(calls[i].json, strlen(calls[i].json),
		    &r, &e) == 0 || strstr(e.text, calls[i].says) == NULL)
			fail_msg("%s: %s", calls[i].label, e.text);
		request_release(&r, true);
	}
}

/* ---- the plan ---- */

struct place {
	char	*dir, *root, *home;
};

static void
place_make(struct place *p, const char *below)
{
	char *path = fs_join(p->dir, below);

	assert_int_equal(fs_mkdirs(path, 0755, NULL), 0);
	free(path);
}

static void
place_write(struct place *p, const char *below, const char *text)
{
	char *path = fs_join(p->dir, below);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	close(fd);
	free(path);
}

static int
place_setup(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	p->dir = xstrdup("/tmp/assent-plan-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->root = fs_join(p->dir, "h/p");
	p->home = fs_join(p->dir, "h");
	place_make(p, "h/p");
	*state = p;
	return 0;
}

static int
place_teardown(void **state)
{
	struct place *p = *state;

	assert_int_equal(fs_remove_tree(AT_FDCWD, p->dir, NULL), 0);
	free(p->dir);
	free(p->root);
	free(p->home);
	free(p);
	return 0;
}

static void
place_request(struct place *p, struct sandbox_spec *r, char *path)
{
	memset(r, 0, sizeof(*r));
	r->level = SANDBOX_A;
	r->root = r->cwd = p->root;
	r->home = p->home;
	r->path = path;
	r->sandbox_home = (char *)(uintptr_t)"/s/home";
	r->sandbox_tmp = (char *)(uintptr_t)"/s/tmp";
}

static const struct mount_plan_step *
plan_find(const struct mount_plan *plan, enum mount_plan_kind kind,
    const char *target)
{
	size_t i;

	for (i = 0; i < plan->len; i++)
		if (plan->steps[i].kind == kind &&
		    strcmp(plan->steps[i].target, target) == 0)
			return &plan->steps[i];
	return NULL;
}

/* Is `below`, a path in the place, named by a step of this kind? */
static bool
plan_has(const struct place *p, const struct mount_plan *plan,
    enum mount_plan_kind kind, const char *below)
{
	char *path = fs_join(p->dir, below);
	bool has = plan_find(plan, kind, path) != NULL;

	free(path);
	return has;
}

static void
place_link(struct place *p, const char *text, const char *below)
{
	char *path = fs_join(p->dir, below);

	assert_int_equal(symlink(text, path), 0);
	free(path);
}

TEST_WITH(test_toolchains, place_setup, place_teardown)
{
	static const struct {
		const char	*below;
		enum mount_plan_kind	 kind;
		bool		 has;
	} cases[] = {
		{ "h/.local/bin", MOUNT_PLAN_SHIELD, true },
		/* the targets of symlinks */
		{ "h/.local/share/zig", MOUNT_PLAN_SHIELD, true },
		{ "h/.cargo", MOUNT_PLAN_SHIELD, true },
		{ "h/opt/node", MOUNT_PLAN_SHIELD, true },
		{ "h/.local/share", MOUNT_PLAN_SHIELD, false },
		{ "h/.local/share/other", MOUNT_PLAN_SHIELD, false },
		{ "h/.local/share/keyrings", MOUNT_PLAN_SHIELD, false },
		{ "h/.ssh", MOUNT_PLAN_SHIELD, false },
		/* a symlink of the project counts for nothing */
		{ "h/.local/share/hidden", MOUNT_PLAN_SHIELD, false },
		/* nor does one on the way of a symlink of the user */
		{ "h/.local/share/diary", MOUNT_PLAN_SHIELD, false },
		{ "h/opt/vault", MOUNT_PLAN_SHIELD, false },
		{ "h/bin", MOUNT_PLAN_SHIELD, false },
		/* named by the user */
		{ "h/sw", MOUNT_PLAN_SHIELD, true },
		{ "h/sw/.npmrc", MOUNT_PLAN_MASK, true },
		{ "h/sw/readme", MOUNT_PLAN_MASK, false },
		/* credentials */
		{ "h/.cargo/credentials.toml", MOUNT_PLAN_MASK, true },
		{ "h/.cargo/config.toml", MOUNT_PLAN_MASK, true },
		{ "h/.nvm/versions/node/v1/etc/npmrc", MOUNT_PLAN_MASK, true },
		{ "h/.nvm/versions/node/v2/etc/npmrc", MOUNT_PLAN_MASK, false },
		/* caches */
		{ "h/.cargo/registry", MOUNT_PLAN_CACHE, true },
		{ "h/.cache/pip", MOUNT_PLAN_CACHE, true },
		{ "h/.cache/chromium", MOUNT_PLAN_CACHE, false },
		{ "h/.cache", MOUNT_PLAN_CACHE, false },
		{ "h/.cache/huggingface/token", MOUNT_PLAN_MASK, true },
		{ "h/.npm/_cacache", MOUNT_PLAN_CACHE, false },
	};
	struct place *p = *state;
	char *more[2] = { fs_join(p->home, "sw"), NULL };
	struct sandbox_spec r;
	struct mount_plan plan;
	char *path;
	size_t i;

	place_make(p, "h/.local/bin");
	place_make(p, "h/.local/share/zig/0.13");
	place_make(p, "h/.local/share/other");
	place_make(p, "h/.local/share/hidden");
	place_make(p, "h/.local/share/keyrings");
	place_make(p, "h/.ssh");
	place_make(p, "h/opt/node/bin");
	place_make(p, "h/sw");
	place_make(p, "h/p/tools");
	place_make(p, "h/.cargo/bin");
	place_make(p, "h/.cargo/registry");
	place_make(p, "h/.cache/pip");
	place_make(p, "h/.cache/chromium");
	place_make(p, "h/.cache/huggingface");
	place_make(p, "h/.nvm/versions/node/v1/etc");
	place_make(p, "h/.nvm/versions/node/v2/etc");
	place_write(p, "h/.local/share/zig/0.13/zig", "");
	place_write(p, "h/.local/share/hidden/x", "");
	place_write(p, "h/.local/share/keyrings/x", "");
	place_write(p, "h/.cargo/bin/cargo", "");
	place_write(p, "h/.cargo/config.toml", "[registry]\ntoken = \"x\"\n");
	place_write(p, "h/.ssh/tool", "");
	place_write(p, "h/sw/.npmrc", "");
	place_write(p, "h/sw/readme", "");
	place_write(p, "h/.nvm/versions/node/v1/etc/npmrc", "//r/:_authToken=x");
	place_write(p, "h/.nvm/versions/node/v2/etc/npmrc", "fund=false\n");
	place_link(p, "../share/zig/0.13/zig", "h/.local/bin/zig");
	place_link(p, "../../.cargo/bin/cargo", "h/.local/bin/cargo");
	place_link(p, "../../.ssh/tool", "h/.local/bin/tool");
	place_link(p, "../share/keyrings/x", "h/.local/bin/keys");
	place_link(p, "../nowhere", "h/.local/bin/broken");
	place_link(p, "../../.local/share/hidden/x", "h/p/tools/x");
	place_make(p, "h/.local/share/diary");
	place_write(p, "h/.local/share/diary/x", "");
	place_make(p, "h/opt/vault");
	place_write(p, "h/opt/vault/x", "");
	place_link(p, "../../.local/share/diary/x", "h/p/tools/y");
	place_link(p, "../../opt/vault", "h/p/tools/dir");
	place_link(p, "../../p/tools/y", "h/.local/bin/y");
	place_link(p, "../../p/./tools/dir/x", "h/.local/bin/z");
	place_link(p, "p/tools", "h/bin");
	path = xasprintf("%s/.local/bin:%s/opt/node/bin:%s/tools:%s/.nvm/"
	    "versions/node/v1/bin:%s/bin:/usr/bin", p->home, p->home, p->root,
	    p->home, p->home);
	place_request(p, &r, path);
	r.toolchains = (const char *const *)more;
	mount_plan_build(&r, &plan);
	for (i = 0; i < MEM_COUNT(cases); i++)
		if (plan_has(p, &plan, cases[i].kind, cases[i].below) !=
		    cases[i].has)
			fail_msg("%s: %s", cases[i].below, cases[i].has ?
			    "missing" : "shown");
	mount_plan_release(&plan);
	free(more[0]);
	free(path);
}

TEST_WITH(test_toolchain_resolve, place_setup, place_teardown)
{
	static const struct {
		const char	*label, *text, *gives;	/* below the place */
	} cases[] = {
		{ "below the home", "sw/zig", "h/sw/zig" },
		{ "with a tilde", "~/sw/zig/", "h/sw/zig" },
		{ "dots", "sw/../sw/zig", "h/sw/zig" },
		{ "the home", "~", NULL },
		{ "the home, with a slash", "~/", NULL },
		{ "the home, by dots", "sw/..", NULL },
		{ "above the home", "..", NULL },
		{ "/", "/", NULL },
		{ "keys", ".ssh", NULL },
		{ "below keys", ".gnupg/private", NULL },
		{ "above keys", ".config", NULL },
		{ "keys, by dots", "sw/../.aws", NULL },
		{ "a symlink to keys", "sw/link", NULL },
		{ "assent's own", "state/assent", NULL },
		{ "above assent's own", "state", NULL },
		{ "system", "/etc/ssl", NULL },
		{ "proc", "/proc/self", NULL },
	};
	struct place *p = *state;
	char *own = fs_join(p->home, "state/assent");
	const char *const owns[] = { own, NULL };
	size_t i;

	place_make(p, "h/.ssh");
	place_make(p, "h/sw");
	place_link(p, "../.ssh", "h/sw/link");
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct err e = ERR_INIT;
		char *got = toolchain_resolve(p->home, owns, cases[i].text,
		    &e);
		char *want = cases[i].gives == NULL ? NULL :
		    fs_join(p->dir, cases[i].gives);

		if ((got == NULL) != (want == NULL) ||
		    (got != NULL && strcmp(got, want) != 0) ||
		    (got == NULL && e.text[0] == '\0'))
			fail_msg("%s: %s", cases[i].label,
			    got == NULL ? e.text : got);
		free(got);
		free(want);
	}
	free(own);
}

TEST_WITH(test_gitlink, place_setup, place_teardown)
{
	struct place *p = *state;
	char *text, *common, *own = NULL, *git;

	/* None, a folder, nonsense. */
	assert_null(gitlink_find(p->root, NULL));
	place_write(p, "h/p/.git", "gitdir: ../other/.git/worktrees/p\n");
	assert_null(gitlink_find(p->root, NULL));
	place_make(p, "h/other/.git/worktrees/p");
	place_make(p, "h/other/.git/objects");
	place_make(p, "h/other/.git/refs");
	place_write(p, "h/other/.git/worktrees/p/HEAD", "x\n");
	place_write(p, "h/other/.git/worktrees/p/commondir", "../..\n");
	place_write(p, "h/other/.git/HEAD", "x\n");
	/* It does not point back: somebody else's repository. */
	assert_null(gitlink_find(p->root, NULL));
	place_write(p, "h/other/.git/worktrees/p/gitdir", "/elsewhere/.git\n");
	assert_null(gitlink_find(p->root, NULL));
	text = xasprintf("%s/.git\n", p->root);
	place_write(p, "h/other/.git/worktrees/p/gitdir", text);
	free(text);
	git = gitlink_find(p->root, &own);
	common = fs_join(p->dir, "h/other/.git");
	assert_string_equal(git, common);
	assert_string_equal(own + strlen(common), "/worktrees/p");
	free(common);
	free(git);
	free(own);
	/* A folder that came with the project, and names somebody else's. */
	place_write(p, "h/p/.git", "gitdir: ../gd\n");
	place_make(p, "h/gd");
	place_write(p, "h/gd/HEAD", "x\n");
	place_write(p, "h/gd/gitdir", "../p/.git\n");
	place_write(p, "h/gd/commondir", "../other/.git\n");
	assert_null(gitlink_find(p->root, NULL));
}

/* ---- the launcher ---- */

pid_t	__wrap_ns_clone(int *, int, bool *, bool, struct err *);
int	__wrap_root_open_trees(struct root *, struct err *);
_Noreturn void __wrap_init_run(struct init *);

pid_t
__wrap_ns_clone(int *pidfd, int cgroup, bool *born, bool joined, struct err *e)
{
	pid_t pid = fork();

	*born = false;
	if (pid > 0)
		*pidfd = sys_pidfd_open(pid);
	return pid;
}

int
__wrap_root_open_trees(struct root *root, struct err *e)
{
	return 0;
}

/* A call that succeeds, and no sandbox for the next. The output ends only when
 * the launcher has heard of that. */
_Noreturn void
__wrap_init_run(struct init *in)
{
	struct report m = { 0 };
	int unread = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (m.kind != 'C' || m.value == 0)
		assert_int_equal(report_receive(in->report_fd, &m), 0);
	(void)report_send_value(in->report_fd, 'B', 0);
	(void)report_send_value(in->report_fd, 'S', 0);
	(void)report_send_value(in->report_fd, 'N', 0);
	(void)report_send_value(in->report_fd, 'E', ENOSPC);
	while (unread > 0 && ioctl(in->report_fd, SIOCOUTQ, &unread) == 0)
		(void)sched_yield();
	close(m.fds[0]);
	for (;;)
		(void)pause();
}

static void
launch_tell(int fd, char *text_take, size_t n)
{
	const uint32_t head = htonl((uint32_t)n);

	assert_int_equal(fs_write_all(fd, &head, sizeof(head)), 0);
	assert_int_equal(fs_write_all(fd, text_take, n), 0);
	free(text_take);
}

/* The launcher's report about its call. */
static cJSON *
launch_result(int fd)
{
	AUTO_FREE char *text = NULL;
	unsigned char head[5] = { 0 };
	size_t n = 0;

	while (head[0] != 'r') {
		free(text);
		assert_int_equal(recv(fd, head, 5, MSG_WAITALL), 5);
		n = (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
		text = xmalloc(n + 1);
		assert_int_equal(recv(fd, text, n, MSG_WAITALL), n);
	}
	return json_parse(text, n, JSON_NUL_REPLACE, NULL);
}

/* A worker that stays ends with a call after which it has no sandbox for the
 * next one; the call has succeeded all the same. */
TEST_WITH(test_no_next_sandbox, place_setup, place_teardown)
{
	struct place *p = *state;
	struct sandbox_spec s = { .level = SANDBOX_B, .root = p->root,
	    .copy = p->dir, .sandbox_home = p->dir, .sandbox_tmp = p->dir,
	    .stays = true, .limits = limits, .tool = "bash" };
	AUTO_JSON cJSON *r = NULL;
	int pair[2];
	size_t n;
	char *text;
	pid_t pid;

	s.limits.timeout_ms = INT32_MAX;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		dup2(pair[1], STDIN_FILENO);
		dup2(pair[1], STDOUT_FILENO);
		_exit(launch_run());
	}
	close(pair[1]);
	text = request_encode_leaf(NULL, NULL, &n);
	launch_tell(pair[0], text, n);
	text = request_encode_setup(&s, &n);
	launch_tell(pair[0], text, n);
	text = request_encode_call(&s, &n);
	launch_tell(pair[0], text, n);
	r = launch_result(pair[0]);
	close(pair[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_null(json_get(r, "stays"));
	assert_int_equal(json_int(r, "exit", -1), 0);
}
