#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attach.h"
#include "base/clock.h"
#include "base/endpoint.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/spawn.h"
#include "base/url.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

/* ---- somebody else in the folder ---- */

int	__real_unlinkat(int, const char *, int);
int	__wrap_unlinkat(int, const char *, int);

/* The target of a symlink that replaces a folder once its removal was
 * refused. */
static const char *swap_to;

int
__wrap_unlinkat(int dirfd_, const char *name, int flags)
{
	int rc = __real_unlinkat(dirfd_, name, flags), saved = errno;

	if (rc < 0 && swap_to != NULL && strcmp(name, "inner") == 0 &&
	    (flags & AT_REMOVEDIR) != 0) {
		assert_int_equal(renameat(dirfd_, name, dirfd_, "old"), 0);
		assert_int_equal(symlinkat(swap_to, dirfd_, name), 0);
		swap_to = NULL;
	}
	errno = saved;
	return rc;
}

/* Nothing happens where a symlink leads that took a folder's place. */
SCRATCH_TEST(test_remove_swapped)
{
	char *dir = *state, *outside = fs_join(dir, "outside");
	char *tree = fs_join(dir, "tree");
	struct stat st;

	scratch_put(dir, "outside/kept", "kept\n");
	scratch_put(dir, "tree/inner/file", "gone\n");
	assert_int_equal(chmod(outside, 0751), 0);
	swap_to = outside;
	(void)fs_remove_tree(AT_FDCWD, tree, NULL);
	assert_null(swap_to);
	assert_int_equal(stat(outside, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
	assert_file(dir, "outside/kept", "kept\n");
	/* Once nobody else is there, it goes. */
	assert_int_equal(fs_remove_tree(AT_FDCWD, tree, NULL), 0);
	free(outside);
	free(tree);
}

/* Trees of the same name are put aside one after the other, and removed together,
 * with what can't be read, and nothing else. */
SCRATCH_TEST(test_remove_aside)
{
	char *dir = *state, *shut = fs_join(dir, "tree/shut");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	scratch_put(dir, ".gone", "kept\n");
	assert_int_equal(fs_put_aside(fd, "tree", NULL), 0);
	assert_false(fs_has_aside(fd));
	scratch_put(dir, "tree/shut/a/b/file", "one\n");
	assert_int_equal(chmod(shut, 0), 0);
	assert_int_equal(fs_put_aside(fd, "tree", NULL), 1);
	assert_int_equal(faccessat(fd, "tree", F_OK, 0), -1);
	scratch_put(dir, "tree/in/file", "two\n");
	assert_int_equal(fs_put_aside(fd, "tree/in", NULL), 1);
	assert_file(dir, ".gone-1/file", "two\n");
	assert_true(fs_has_aside(fd));
	assert_int_equal(fs_remove_aside(fd), 0);
	assert_false(fs_has_aside(fd));
	assert_int_equal(faccessat(fd, "tree", F_OK, 0), 0);
	assert_file(dir, ".gone", "kept\n");
	close(fd);
	free(shut);
}

TEST(test_url)
{
	static const struct { const char *url; bool local; } t[] = {
		{ "http://127.0.0.1:8080/v1", true }, { "http://127.1", true },
		{ "http://localhost/v1", true }, { "http://LOCALHOST:1", true },
		{ "http://[::1]:8080/v1", true }, { "http://[::1]", true },
		{ "http://localhost.example/v1", false },
		{ "http://127.0.0.1.example/v1", false },
		{ "http://[::1].example/v1", false },
		{ "http://0.0.0.0:8080", false }, { "http://10.0.0.1", false },
		{ "http://192.168.1.5:11434", false },
		{ "http://[::ffff:127.0.0.1]", false }, { "http://", false },
		{ "https://api.example", false },
		{ "http://localhost@api.example/", false },
		{ "http://me:word@localhost:1/", true },
	};
	static const struct { const char *url, *host; bool user; } hosts[] = {
		{ "https://api.example:8/v1", "api.example:8/v1", false },
		{ "https://me:a@b@api.example", "api.example", true },
		{ "https://@api.example", "api.example", true },
		{ "https://api.example/@me", "api.example/@me", false },
		{ "https://api.example?a@b", "api.example?a@b", false },
		{ "me@api.example", "api.example", true }, { "", "", false },
		{ "://", "", false },
	};
	char *origin = url_origin("HTTP://Host.Example:8080/v1?Q#f");
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++)
		if (url_is_local(t[i].url) != t[i].local)
			fail_msg("%s", t[i].url);
	for (i = 0; i < MEM_COUNT(hosts); i++)
		if (strcmp(url_host(hosts[i].url), hosts[i].host) != 0 ||
		    url_has_user(hosts[i].url) != hosts[i].user)
			fail_msg("%s", hosts[i].url);
	assert_string_equal(origin, "http://host.example:8080");
	free(origin);
}

#define PEM_BEGIN "-----BEGIN RSA PRIVATE KEY-----\n"
#define PEM_BODY "MIIEpAIBAAKCAQEAx3UbdVNSdRvZ1QbQ4ZyM\n"
#define PEM_CERT "-----BEGIN CERTIFICATE-----\n" PEM_BODY \
	"-----END CERTIFICATE-----\n"

TEST(test_keytext_begins)
{
	static const char *const yes[] = {
		PEM_BEGIN PEM_BODY, "\xef\xbb\xbf\r\n" PEM_BEGIN, PEM_CERT PEM_BEGIN,
		"-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3Blbn",
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
		"-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
		"-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC "
		    "PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\n",
		"Bag Attributes\n    localKeyID: 01\nKey Attributes: <None>\n"
		    PEM_BEGIN,
		"PuTTY-User-Key-File-3: ssh-ed25519\n",
		"# created: 2026\n# public key: age1x\nAGE-SECRET-KEY-1QQ\n",
		"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n",
		"untrusted comment: minisign encrypted secret key\nRWRT",
		"{\n \"type\": \"x\",\n \"private_key\": "
		    "\"-----BEGIN PRIVATE KEY-----\\nMIIE\"}",
	};
	static const char *const no[] = {
		"", "\n", PEM_CERT, "int x;\n" PEM_BEGIN, "# A key\n\nx\n" PEM_BEGIN,
		"-----BEGIN PUBLIC KEY-----\n", "{\"private_key\": null}",
		"age1qq\n", "{}\n", "ssh-ed25519 AAAA me@host\n",
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(yes); i++)
		if (keytext_begins(yes[i], strlen(yes[i]), true) != KEYTEXT_YES)
			fail_msg("%s", yes[i]);
	for (i = 0; i < MEM_COUNT(no); i++)
		if (keytext_begins(no[i], strlen(no[i]), true) != KEYTEXT_NO)
			fail_msg("%s", no[i]);
	assert_int_equal(keytext_begins(PEM_CERT, sizeof(PEM_CERT) - 1, false),
	    KEYTEXT_MORE);
	assert_int_equal(keytext_begins("-----BEGIN RSA PRI", 18, false),
	    KEYTEXT_MORE);
	assert_int_equal(keytext_begins("int x;\nint", 10, false), KEYTEXT_NO);
}

/* Lines with a "!" before them are to be hidden. */
TEST(test_keytext_lines)
{
	static const char *const texts[] = {
		"a: b\n  key: |\n    " PEM_BEGIN "!    " PEM_BODY "!    Zw==\n"
		    "    -----END RSA PRIVATE KEY-----\nc: d\n",
		PEM_BEGIN "Proc-Type: 4,ENCRYPTED\n\n!" PEM_BODY "!\n",
		"if (has(p, \"-----BEGIN PRIVATE KEY-----\"))\n\treturn;\n}\n\n"
		    "int\nmain(void)\n",
		"!\"k\": \"-----BEGIN PRIVATE KEY-----\\nMIIEpAIBAAKCAQEAx3UbdVNS"
		    "dR\\n-----END PRIVATE KEY-----\\n\",\n" PEM_BODY,
		"x = \"-----BEGIN PRIVATE KEY-----\\n\" +\n!  \"MIIEpAIBAAKCAQEA"
		    "x3UbdVNSdRvZ1Qb\\n\" +\n!  \"Zw==\\n\" +\n"
		    "  \"-----END PRIVATE KEY-----\\n\";\ny = 1;\n",
		"!PuTTY-User-Key-File-2: ssh-rsa AAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
		    "!Comment: a b c\n!Private-Lines: 1\n!AAAA\n!Private-MAC: 0\n"
		    "x\n",
		"a AGE-SECRET-KEY-\n!AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQ\n"
		    "x y\n" PEM_BODY,
		PEM_CERT,
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(texts); i++) {
		struct keytext_lines k = { .left = 0 };
		const char *p = texts[i], *nl;

		for (; *p != '\0'; p = nl + 1) {
			bool want = *p == '!';

			nl = strchr(p, '\n');
			if (nl == NULL)
				nl = p + strlen(p) - 1;
			if (keytext_line(&k, p + want, (size_t)(nl - p) - want)
			    != want)
				fail_msg("%zu: %s", i, p);
		}
	}
}

/* The flags of the mapping that an address is in, as the kernel names them. */
static void
base_flags_of(const void *at, char *flags, size_t size)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[512];
	unsigned long from, to;
	bool here = false;

	assert_non_null(f);
	flags[0] = '\0';
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (unsigned long)(uintptr_t)at >= from &&
			    (unsigned long)(uintptr_t)at < to;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(flags, size, "%.*s ", (int)strcspn(line,
			    "\n"), line);
	}
	fclose(f);
}

/* In no core dump, in no child, and not where other memory is. */
TEST(test_secret)
{
	char *s = secret_new("sk-key and more", 6), flags[256];
	char *other = secret_dup(s);
	int status;
	pid_t pid;

	assert_string_equal(s, "sk-key");
	assert_string_equal(other, "sk-key");
	base_flags_of(s, flags, sizeof(flags));
	if (strstr(flags, " me ") != NULL) {	/* qemu-user knows few */
		assert_non_null(strstr(flags, " dd "));
		assert_non_null(strstr(flags, " wf "));
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(s[0] == '\0' && other[0] == '\0' ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(s, "sk-key");
	secret_free(s);
	assert_string_equal(other, "sk-key");
	secret_free(other);
	secret_free(NULL);
	assert_null(secret_dup(NULL));
}

TEST(test_secret_values)
{
	static const struct {
		const char	*name, *value;
		bool		 is;
	} cases[] = {
		{ "Authorization", "letmein", true },
		{ "X-Api-Key", "correct horse", true },
		{ "DB_PASSWORD", "swordfish", true },
		{ "X-Route", "team-route-7781", true },
		{ "DATABASE_URL", "postgres://me:p4ss@db/x", true },
		{ "X-Provider", "openai", false },
		{ "NODE_ENV", "development", false },
		{ "X-Title", "My App 2", false },
		{ "HTTP-Referer", "https://app1.example.com/", false },
		{ "PYTHONPATH", "/usr/lib/python3", false },
		{ "api-version", "2024-10-21", false },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++)
		if (secret_is_value(cases[i].name, cases[i].value) !=
		    cases[i].is)
			fail_msg("%s: %s", cases[i].name, cases[i].value);
}

/* One that closes its output doesn't have all the time for it. */
/* Of a line that was read nothing is left, valid or not. */
TEST(test_lines_are_wiped)
{
	static const char lines[] = "{\"key\": \"sk-one\"}\n"
	    "no JSON: sk-two\n{\"begins\": \"sk-th", rest[] = "ree\"}\n";
	struct lineio *l;
	const char *line;
	size_t n;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fd), 0);
	l = lineio_new_take(fd[0], 1 << 20, 1 << 20);
	assert_int_equal(write(fd[1], lines, sizeof(lines) - 1),
	    sizeof(lines) - 1);
	assert_int_equal(lineio_read(l), 0);
	assert_string_equal(lineio_next(l, &n), "{\"key\": \"sk-one\"}");
	assert_string_equal(lineio_next(l, &n), "no JSON: sk-two");
	assert_null(memmem(l->in.p, l->in.cap, "sk-one", 6));
	assert_null(lineio_next(l, &n));
	assert_null(memmem(l->in.p, l->in.cap, "sk-two", 6));
	assert_int_equal(write(fd[1], rest, sizeof(rest) - 1),
	    sizeof(rest) - 1);
	assert_int_equal(lineio_read(l), 0);
	line = lineio_next(l, &n);
	assert_string_equal(line, "{\"begins\": \"sk-three\"}");
	assert_null(lineio_next(l, &n));
	assert_null(memmem(l->in.p, l->in.cap, "sk-", 3));
	lineio_free(l);
	close(fd[1]);
}

TEST(test_spawn_wait)
{
	static const struct {
		const char	*script;
		int		 status;
	} cases[] = {
		{ "echo x; exit 3", 3 << 8 },
		{ "echo x; exec >&-; exec sleep 60", -1 },
		{ "echo x; exec sleep 60", -1 },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		const char *argv[] = { "sh", "-c", cases[i].script, NULL };
		AUTO_BUF struct buf said = BUF_INIT(64);
		AUTO_CLOSE int out = -1;
		pid_t pid;
		int p[2];

		assert_int_equal(pipe2(p, O_CLOEXEC), 0);
		out = p[0];
		pid = spawn_as_user("/bin/sh", argv, "/", NULL,
		    (const int[]){ 0, p[1], 2 });
		close(p[1]);
		assert_int_equal(spawn_wait(pid, out, clock_mono_ms() +
		    (cases[i].status < 0 ? 200 : 60000), &said),
		    cases[i].status);
	}
}

/* A terminal pastes the paths of files that are dropped on it; `%` is the
 * folder. */
TEST(test_attach_pasted)
{
	static const struct { const char *pasted, *want; } cases[] = {
		{ "%/a.png", "@%/a.png " },
		{ "%/b c.PNG\n", "@\"%/b c.PNG\" " },
		{ "'%/b c.PNG' %/a.png ", "@\"%/b c.PNG\" @%/a.png " },
		{ "%/b\\ c.PNG", "@\"%/b c.PNG\" " },
		{ "\"%/b c.PNG\"", "@\"%/b c.PNG\" " },
		{ "file://%/b%20c.PNG\r\nfile://%/a.png",
		  "@\"%/b c.PNG\" @%/a.png " },
		{ "'%/it'\\''s.png'", "@\"%/it's.png\" " },
		{ "%/a.png is wrong", NULL },
		{ "see %/a.png", NULL },
		{ "%/none.png", NULL },
		{ "%/d.png", NULL },		/* a folder */
		{ "%/fifo.png", NULL },
		{ "%/a.txt", NULL },
		{ "%/q\"q.png", NULL },
		{ "a.png", NULL }, { "\\", NULL }, { "'", NULL }, { "", NULL },
	};
	char *dir = scratch_new();
	AUTO_FREE char *fifo = fs_join(dir, "fifo.png");
	size_t i;

	scratch_put(dir, "a.png", "x");
	scratch_put(dir, "b c.PNG", "x");
	scratch_put(dir, "it's.png", "x");
	scratch_put(dir, "q\"q.png", "x");
	scratch_put(dir, "a.txt", "x");
	scratch_put(dir, "d.png/in", "x");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_BUF struct buf text = BUF_INIT(0), want = BUF_INIT(0);
		AUTO_FREE char *got = NULL;
		const char *s;

		for (s = cases[i].pasted; *s != '\0'; s++)
			buf_addf(&text, *s == '%' && s[1] == '/' ? "%s" :
			    "%.1s", *s == '%' && s[1] == '/' ? dir : s);
		for (s = cases[i].want; s != NULL && *s != '\0'; s++)
			buf_addf(&want, *s == '%' ? "%s" : "%.1s", *s == '%' ?
			    dir : s);
		got = attach_pasted(buf_str(&text), text.len);
		if (strcmp(got == NULL ? "" : got, buf_str(&want)) != 0)
			fail_msg("%s: %s", cases[i].pasted, got == NULL ?
			    "none" : got);
	}
	scratch_free(dir);
}

/* JSON is printed as cJSON would, which is slow. */
/* Too much data is refused, and the buffer still works. */
TEST(test_buf_full)
{
	AUTO_BUF struct buf b = BUF_INIT(4);

	assert_int_equal(buf_adds(&b, "abc"), 0);
	assert_int_equal(buf_adds(&b, "de"), -1);
	assert_string_equal(buf_str(&b), "abc");
	assert_int_equal(buf_addf(&b, "%d", 12), -1);
	assert_string_equal(buf_str(&b), "abc");
	assert_true(b.full);
	buf_clear(&b);
	assert_false(b.full);
	assert_int_equal(buf_addf(&b, "%d", 1234), 0);
	assert_string_equal(buf_str(&b), "1234");
}

/* Which part of a text is meant. */
TEST(test_buf_part)
{
	static const struct {
		const char *text;
		size_t from, to;
		const char *want;
	} cases[] = {
		{ "one\ntwo\nthree\n", 4, 8, "lines 2-2 of 3" },
		{ "one\ntwo\nthree\n", 0, 14, "lines 1-3 of 3" },
		{ "one\ntwo\nthree", 1, 9, "lines 1-3 of 3" },
		{ "one\ntwo\nthree", 8, 13, "bytes 9-13 of 13" },
		{ "one two", 2, 5, "bytes 3-5 of 7" },
		{ "\n\n\n", 1, 2, "lines 2-2 of 3" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		buf_add_part(&b, cases[i].text, strlen(cases[i].text),
		    cases[i].from, cases[i].to);
		assert_string_equal(buf_str(&b), cases[i].want);
	}
}

TEST(test_json_print)
{
	static const char text[] = "{\"\":[],\"a\\\"b\":{},\"n\":[0,-1,2147483647,"
	    "-2147483648,2147483648,9007199254740992,0.1,-2.5e-7,1e300],\"s\":"
	    "[\"\",\"\\\\ / \\b\\f\\n\\r\\t\\u0001\\u001f\x7f \xc3\xa4\","
	    "\"plain text, long enough\\n\"],\"b\":[true,false,null,[[{}]]]}";
	AUTO_JSON cJSON *o = json_parse(text, strlen(text), JSON_OWN, NULL);
	AUTO_FREE char *want = cJSON_PrintUnformatted(o), *got = json_print(o);
	AUTO_BUF struct buf small = BUF_INIT(40);

	assert_non_null(o);
	assert_string_equal(got, want);
	/* A text that is too long for a buffer isn't added in part. */
	buf_adds(&small, "1:");
	json_append(&small, o);
	assert_true(small.full);
	assert_string_equal(buf_str(&small), "1:");
}

/* Each session has its address, and none has one that others use. */
TEST(test_endpoint_own)
{
	char last[ENDPOINT_TEXT] = "", text[ENDPOINT_TEXT], name[32];
	struct endpoint at, same;
	int i;

	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "20261128-192%03d-%04x", i % 1000,
		    i);
		endpoint_own(&at, name);
		at.four.sin_port = htons(65535);
		endpoint_text(&at, text);
		assert_int_equal(endpoint_parse(&same, text, NULL), 0);
		assert_memory_equal(&same.four, &at.four, sizeof(at.four));
		assert_int_not_equal(strncmp(text, "127.0.", 6), 0);
		assert_int_not_equal(ntohl(at.four.sin_addr.s_addr) & 0xff, 0);
		assert_int_not_equal(ntohl(at.four.sin_addr.s_addr) & 0xff,
		    0xff);
		assert_string_not_equal(text, last);
		memcpy(last, text, sizeof(last));
	}
}
