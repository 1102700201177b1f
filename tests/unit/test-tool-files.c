#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "sandbox/sandbox.h"
#include "tests/messages.h"
#include "tests/unit/tool-scratch.h"

/* ---- paths ---- */

SCRATCH_TEST(test_paths)
{
	struct scratch *s = *state;
	/* want: NULL if it reads "in", else the kind */
	static const struct {
		const char *path, *sandboxed, *unsandboxed;
	} cases[] = {
		{ "a/in.txt", NULL, NULL },
		{ "./a//in.txt", NULL, NULL },
		{ "a/../a/in.txt", NULL, NULL },
		{ "@/a/in.txt", NULL, NULL },	/* @: the root */
		{ "@/b/../a/in.txt", NULL, NULL },
		{ "../secret.txt", "outside", "outside" },
		{ "a/../../secret.txt", "outside", "outside" },
		{ "@/../secret.txt", "outside", "outside" },
		{ "@2/in.txt", "outside", "outside" },
		{ "/etc/passwd", "outside", "outside" },
		{ "/", "outside", "outside" },
		{ "~/in.txt", "outside", "outside" },
		{ "~", "outside", "outside" },
		{ "a/none.txt", "not_found", "not_found" },
		{ "none/none.txt", "not_found", "not_found" },
		{ "a/in.txt/x", "not_dir", "not_dir" },
		{ "a/in.txt/", "not_dir", "not_dir" },
		{ "link-in", NULL, "denied" },
		{ "link-dir/in.txt", NULL, "denied" },
		{ "link-abs", NULL, "denied" },
		{ "link-out", "denied", "denied" },
		{ "link-out-dir/secret.txt", "denied", "denied" },
		{ "link-out-dir/none.txt", "denied", "denied" },
		{ "link-up", "denied", "denied" },
		{ "link-none", "denied", "denied" },
		{ "link-loop", "denied", "denied" },
		{ "/assent/out/whole", NULL, NULL },
		{ "/assent/out/../out/whole", NULL, NULL },
		{ "/assent/out/../secret.txt", "outside", "outside" },
		{ "/assent/out/up", "denied", "denied" },
		{ "/assent/outer", "outside", "outside" },
		{ "fifo", "not_regular", "not_regular" },
		{ "socket", "not_regular", "not_regular" },
	};
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *abs;
	size_t i;
	int sandboxed, fd;

	assert_string_equal(TOOL_OUT_DIR, SANDBOX_OUT_DIR);
	put(s, "a/in.txt", "in\n");
	put(s, "../out/whole", "in\n");
	abs = fs_join(s->root, "a/in.txt");
	assert_int_equal(symlinkat("a/in.txt", s->root_fd, "link-in"), 0);
	assert_int_equal(symlinkat("a", s->root_fd, "link-dir"), 0);
	assert_int_equal(symlinkat(abs, s->root_fd, "link-abs"), 0);
	assert_int_equal(symlinkat("../secret.txt", s->root_fd, "link-out"), 0);
	assert_int_equal(symlinkat("..", s->root_fd, "link-out-dir"), 0);
	assert_int_equal(symlinkat("/etc/passwd", s->root_fd, "link-up"), 0);
	assert_int_equal(symlinkat("nowhere", s->root_fd, "link-none"), 0);
	assert_int_equal(symlinkat("link-loop", s->root_fd, "link-loop"), 0);
	assert_int_equal(symlinkat("../secret.txt", s->top_fd, "out/up"), 0);
	assert_int_equal(mkfifoat(s->root_fd, "fifo", 0644), 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/project/socket",
	    s->top);
	assert_int_equal(bind(sock, (struct sockaddr *)&sa, sizeof(sa)), 0);
	free(abs);
	abs = fs_join(s->top, "secret.txt");
	fd = open(abs, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fs_write_all(fd, "SECRET\n", 7), 0);
	close(fd);
	free(abs);
	for (sandboxed = 0; sandboxed < 2; sandboxed++) {
		s->env.sandboxed = sandboxed != 0;
		for (i = 0; i < MEM_COUNT(cases); i++) {
			const char *p = cases[i].path;
			const char *kind = sandboxed != 0 ? cases[i].sandboxed :
			    cases[i].unsandboxed;
			char *args = p[0] == '@' ?
			    xasprintf("{\"path\":\"%s%s\"}", s->root, p + 1) :
			    xasprintf("{\"path\":\"%s\"}", p);

			if (kind == NULL)
				assert_string_equal(run_ok(s, "read", args),
				    "in\n");
			else
				has(run_fail(s, "read", args, kind), " ");
			assert_null(strstr(json_str_or(s->reply, "text", ""),
			    "SECRET"));
			free(args);
		}
	}
	has(run_fail(s, "read", "{\"path\":\"a/im.txt\"}", "not_found"),
	    "Similar names: in.txt");
	has(run_fail(s, "read", "{\"path\":\"aa/in.txt\"}", "not_found"),
	    "no folder aa). Similar names: a");
	has(run_fail(s, "read", "{\"path\":\"a/b/c/d.txt\"}", "not_found"),
	    "no folder a/b)");
	s->env.sandboxed = false;
	has(run_fail(s, "read", "{\"path\":\"link-dir/in.txt\"}", "denied"),
	    "link-dir/in.txt goes through the symbolic link link-dir,");
	assert_int_equal(symlinkat("loop", s->root_fd, "a/loop"), 0);
	has(run_fail(s, "read", "{\"path\":\"a/loop/x\"}", "denied"),
	    "the symbolic link a/loop, which leads out of the project or "
	    "can't be followed here");
	s->env.out_dir = NULL;
	run_fail(s, "read", "{\"path\":\"/assent/out/whole\"}", "not_found");
	close(sock);
}

/* A name with plain spaces, quotes and dashes, or with its accents composed, is
 * the file whose name has others, if there is only one. */
SCRATCH_TEST(test_names_alike)
{
	struct scratch *s = *state;
	int sandboxed;

	for (sandboxed = 0; sandboxed < 2; sandboxed++) {
		s->env.sandboxed = sandboxed != 0;
		put(s, "p\xc2\xa0q/Shot 1.01\xe2\x80\xaf" "AM.txt", "am\n");
		put(s, "Abscha\xcc\x88tzung.md", "ja\n");
		has(run_ok(s, "read", "{\"path\":\"p q/Shot 1.01 AM.txt\"}"),
		    "am\n\n[p q/Shot 1.01 AM.txt is p\xc2\xa0q/Shot 1.01\xe2"
		    "\x80\xaf" "AM.txt: the two differ only in special "
		    "spaces");
		has(run_ok(s, "edit", "{\"path\":\"Absch\xc3\xa4tzung.md\","
		    "\"old_string\":\"ja\",\"new_string\":\"nein\"}"),
		    "tzung.md is Abscha\xcc\x88tzung.md");
		check_text(s, "Abscha\xcc\x88tzung.md", "nein\n");
		has(run_ok(s, "apply_patch", "{\"input\":\"*** Begin Patch\\n"
		    "*** Update File: Absch\xc3\xa4tzung.md\\n-nein\\n+ja\\n"
		    "*** Update File: Abscha\xcc\x88tzung.md\\n ja\\n+gut\\n"
		    "*** End Patch\"}"), "is Abscha");
		check_text(s, "Abscha\xcc\x88tzung.md", "ja\ngut\n");
		has(run_ok(s, "grep", "{\"pattern\":\"a\",\"path\":\"p q\"}"),
		    "[p q is p\xc2\xa0q: ");
		has(run_ok(s, "glob", "{\"pattern\":\"*1.01 AM*\"}"),
		    "p\xc2\xa0q/Shot 1.01\xe2\x80\xaf" "AM.txt\n");
		/* A new one may be meant. */
		has(run_ok(s, "write", "{\"path\":\"Absch\xc3\xa4tzung.md\","
		    "\"content\":\"x\"}"), "is new, and looks like Abscha");
		check_text(s, "Abscha\xcc\x88tzung.md", "ja\ngut\n");
		/* The name itself comes first; of two, none is meant. */
		assert_string_equal(run_ok(s, "read", "{\"path\":\"Absch\xc3"
		    "\xa4tzung.md\"}"), "x\n[no newline at the end of the "
		    "file]");
		put(s, "p\xc2\xa0q/Shot 1.01\xc2\xa0" "AM.txt", "am\n");
		run_fail(s, "read", "{\"path\":\"p q/Shot 1.01 AM.txt\"}",
		    "not_found");
		assert_int_equal(unlinkat(s->root_fd, "Absch\xc3\xa4tzung.md",
		    0), 0);
		assert_int_equal(unlinkat(s->root_fd, "p\xc2\xa0q/Shot 1.01"
		    "\xc2\xa0" "AM.txt", 0), 0);
	}
}

/* No tool that writes may leave the project, whatever is in the way. */
SCRATCH_TEST(test_write_refusals)
{
	struct scratch *s = *state;
	static const struct {
		const char *path, *kind;
	} cases[] = {
		{ "../x", "outside" },
		{ "/tmp/x", "outside" },
		{ "/assent/out/x", "outside" },
		{ "link-out", "denied" },
		{ "link-out-dir/x", "denied" },
		{ "link-out-dir/new/x", "denied" },
		{ "link-none", "denied" },
		{ ".git/hooks/pre-commit", "denied" },
		{ "sub/.git/config", "denied" },
		{ ".GIT/config", "denied" },
		{ "link-git/config", "denied" },
		{ "fifo", "not_regular" },
		{ "dir", "is_dir" },
		{ "dir/", "is_dir" },
		{ "new/", "is_dir" },
		{ ".", "is_dir" },
		{ "file/x", "not_dir" },
		{ "readonly", "denied" },
	};
	struct buf b = BUF_INIT(0);
	size_t i;
	int sandboxed;

	put(s, "../victim", "safe\n");
	put(s, "file", "x\n");
	put(s, "readonly", "x\n");
	put(s, ".git/config", "[core]\n");
	assert_int_equal(fchmodat(s->root_fd, "readonly", 0444, 0), 0);
	assert_int_equal(mkdirat(s->root_fd, "dir", 0755), 0);
	assert_int_equal(symlinkat("../victim", s->root_fd, "link-out"), 0);
	assert_int_equal(symlinkat("..", s->root_fd, "link-out-dir"), 0);
	assert_int_equal(symlinkat("nowhere", s->root_fd, "link-none"), 0);
	assert_int_equal(symlinkat(".git", s->root_fd, "link-git"), 0);
	assert_int_equal(mkfifoat(s->root_fd, "fifo", 0644), 0);
	for (sandboxed = 0; sandboxed < 2; sandboxed++) {
		s->env.sandboxed = sandboxed != 0;
		for (i = 0; i < MEM_COUNT(cases); i++) {
			char *args = xasprintf(
			    "{\"path\":\"%s\",\"content\":\"evil\\n\"}",
			    cases[i].path);

			run_fail(s, "write", args, cases[i].kind);
			free(args);
		}
		run_fail(s, "edit", "{\"path\":\"link-out\",\"old_string\":"
		    "\"safe\",\"new_string\":\"evil\"}", "denied");
		run_fail(s, "edit", "{\"path\":\".git/config\",\"old_string\":"
		    "\"core\",\"new_string\":\"evil\"}", "denied");
	}
	assert_int_equal(fs_read_file(s->top_fd, "victim", &b, NULL), 0);
	assert_string_equal(buf_str(&b), "safe\n");
	buf_release(&b);
	check_text(s, "readonly", "x\n");
	check_text(s, ".git/config", "[core]\n");
	assert_int_equal(faccessat(s->top_fd, "x", F_OK, 0), -1);
	assert_int_equal(faccessat(s->top_fd, "new", F_OK, 0), -1);
	assert_int_equal(faccessat(s->root_fd, "nowhere", F_OK, 0), -1);
}

/* ---- write ---- */

SCRATCH_TEST(test_write)
{
	struct scratch *s = *state;
	struct stat st, again;

	has(run_ok(s, "write", "{\"path\":\"new/dir/f\",\"content\":"
	    "\"one\\ntwo\"}"), "Created new/dir/f: 2 lines, 7 bytes. It does "
	    "not end with a newline.");
	assert_string_equal(json_str(s->reply, "path"), "new/dir/f");
	assert_true(json_bool(s->reply, "created", false));
	check_text(s, "new/dir/f", "one\ntwo");
	assert_int_equal(fchmodat(s->root_fd, "new/dir/f", 0750, 0), 0);
	has(run_ok(s, "write", "{\"path\":\"new/dir/f\",\"content\":"
	    "\"three\\r\\n\",\"reason\":\"r\"}"), "Replaced new/dir/f: 1 line");
	check_text(s, "new/dir/f", "three\r\n");
	assert_int_equal(fstatat(s->root_fd, "new/dir/f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	/* The same content again does not touch the file. */
	has(run_ok(s, "write",
		"{\"path\":\"new/dir/f\",\"content\":"
		"\"three\\r\\n\"}"),
	    MSG_NOTHING_WAS_CHANGED);
	assert_int_equal(fstatat(s->root_fd, "new/dir/f", &again, 0), 0);
	assert_int_equal(st.st_ino, again.st_ino);
	assert_int_equal(st.st_mtim.tv_nsec, again.st_mtim.tv_nsec);
	run_ok(s, "write", "{\"path\":\"empty\",\"content\":\"\"}");
	check_text(s, "empty", "");
	/* Through a link that stays inside, the file changes, not the link. */
	assert_int_equal(symlinkat("new/dir/f", s->root_fd, "link"), 0);
	run_ok(s, "write", "{\"path\":\"link\",\"content\":\"four\\n\"}");
	check_text(s, "new/dir/f", "four\r\n");
	assert_int_equal(fstatat(s->root_fd, "link", &st,
	    AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	/* No temporary file is left. */
	assert_string_equal(run_ok(s, "glob", "{\"pattern\":\"*\"}"),
	    "empty\nlink\nnew/dir/f\n");
	run_fail(s, "write", "{\"path\":\"f\"}", "bad_args");
	run_fail(s, "write", "{\"path\":\"f\",\"text\":\"x\"}", "bad_args");
	has(run_ok(s, "write", "{\"path\":\"a\\nb\\u001b[2J\",\"content\":"
	    "\"x\\n\"}"), "Created a\\nb\\x1b[2J: ");
}

/* ---- edit ---- */

SCRATCH_TEST(test_edit)
{
	struct scratch *s = *state;
	struct stat st;

	put(s, "f", "one\ntwo\none\n");
	assert_int_equal(fchmodat(s->root_fd, "f", 0600, 0), 0);
	assert_string_equal(run_ok(s, "edit", "{\"path\":\"f\",\"old_string\":"
	    "\"two\",\"new_string\":\"2\"}"),
	    "Edited f: replaced 1 place (line 2).\n[line 1]\none\n2\none");
	check_text(s, "f", "one\n2\none\n");
	assert_int_equal(fstatat(s->root_fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	has(run_fail(s, "edit", "{\"path\":\"f\",\"old_string\":\"one\","
	    "\"new_string\":\"1\"}", "ambiguous"), "2 times (lines 1, 3)");
	assert_int_equal(json_int(s->reply, "count", 0), 2);
	run_ok(s, "edit", "{\"path\":\"f\",\"old_string\":\"one\","
	    "\"new_string\":\"1\",\"replace_all\":true}");
	check_text(s, "f", "1\n2\n1\n");
	run_fail(s, "edit", "{\"path\":\"f\",\"old_string\":\"2\","
	    "\"new_string\":\"2\"}", "no_change");
	run_fail(s, "edit", "{\"path\":\"f\",\"old_string\":\"\","
	    "\"new_string\":\"2\"}", "empty_old");
	assert_int_equal(json_int(s->reply, "size", 0), 6);
	run_fail(s, "edit", "{\"path\":\"g\",\"old_string\":\"a\","
	    "\"new_string\":\"b\"}", "file_missing");
	run_fail(s, "edit", "{\"path\":\".\",\"old_string\":\"a\","
	    "\"new_string\":\"b\"}", "is_dir");
	put(s, "q", "say(\xe2\x80\x9chi\xe2\x80\x9d)  \nend\n");
	has(run_ok(s, "edit", "{\"path\":\"q\",\"old_string\":\"say(\\\"hi\\\")"
	    "\\nend\",\"new_string\":\"x\"}"), "did not match "
	    "exactly");
	assert_true(json_bool(s->reply, "fuzzy", false));
	check_text(s, "q", "x\n");
	put(s, "m", "int main(void)\n{\n\treturn 0;\n}\n");
	has(run_fail(s, "edit", "{\"path\":\"m\",\"old_string\":\"{\\n    "
	    "return 0;\\n}\",\"new_string\":\"x\"}", "not_found"),
	    "3: \treturn 0;");
	check_text(s, "m", "int main(void)\n{\n\treturn 0;\n}\n");
	put_bytes(s, "bytes", "a\0b\xff one\n", 10);
	run_ok(s, "edit", "{\"path\":\"bytes\",\"old_string\":\"one\","
	    "\"new_string\":\"two\"}");
	check_bytes(s, "bytes", "a\0b\xff two\n", 10);
	put(s, "l1", "gr\xfc\xdf\n");
	has(run_fail(s, "edit",
		"{\"path\":\"l1\",\"old_string\":\"gr\\\\xFC"
		"\\\\xDF\",\"new_string\":\"x\"}",
		"not_found"),
	    MSG_LEAVE_THEM_OUT_OF_OLD);
}

/* The answer shows the new lines and two around them: not all of a long part,
 * nor of many. */
SCRATCH_TEST(test_edit_shown)
{
	struct scratch *s = *state;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *text;
	int i;

	put(s, "f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n");
	assert_string_equal(run_ok(s, "edit", "{\"path\":\"f\",\"edits\":["
	    "{\"old_string\":\"3\\n4\\n\",\"new_string\":\"\"},"
	    "{\"old_string\":\"10\",\"new_string\":\"a\"},"
	    "{\"old_string\":\"13\\n\",\"new_string\":\"13\"}]}"),
	    "Edited f: replaced 3 places (lines 3, 8, 11).\n[line 1]\n1\n2\n"
	    "5\n6\n[line 6]\n8\n9\na\n11\n12\n13");
	put(s, "f", "1\n2\n3\n4\n");
	has(run_ok(s, "apply_patch", "{\"input\":\"*** Begin Patch\\n*** Update "
	    "File: f\\n@@\\n 1\\n+x\\n+y\\n@@\\n 3\\n-4\\n+z\\n"
	    "*** End Patch\\n\"}"), "(lines 1, 5)");
	put(s, "f", "x\ny\nz");
	has(run_ok(s, "edit", "{\"path\":\"f\",\"old_string\":\"y\","
	    "\"new_string\":\"a\\nb\\nc\\nd\\ne\\nf\\ng\\nh\\ni\"}"),
	    "[line 1]\nx\na\nb\nc\nd\n[line 7]\nf\ng\nh\ni\nz");
	/* A new block that ends as the next one does. */
	put(s, "f", "f()\n{\n}\n\ng()\n{\n}\n\nh()\n{\n}\n\ni()\n{\n}\n");
	assert_string_equal(run_ok(s, "edit", "{\"path\":\"f\",\"old_string\":"
	    "\"g()\\n\",\"new_string\":\"x()\\n{\\n}\\n\\ng()\\n\"}"),
	    "Edited f: replaced 1 place (line 5).\n[line 3]\n}\n\nx()\n{\n}\n\n"
	    "g()\n{");
	for (i = 0; i < 1000; i++)
		buf_addf(&b, "word %d\n", i % 7);
	put(s, "f", buf_str(&b));
	text = run_ok(s, "edit", "{\"path\":\"f\",\"old_string\":\"6\","
	    "\"new_string\":\"six\",\"replace_all\":true}");
	assert_true(strlen(text) < 2400);
	has(text, "\n[what changed after line ");
	has(text, " isn't shown]");
	put(s, "f", "key: |\n  -----BEGIN RSA PRIVATE KEY-----\n"
	    "  MIIEpAIBAAKCAQEAx3UbdVNSdRvZ\n  Zw==\n"
	    "  -----END RSA PRIVATE KEY-----\nb: 2\n");
	has(run_ok(s, "edit", "{\"path\":\"f\",\"old_string\":\"b: 2\","
	    "\"new_string\":\"b: 3\"}"), "[line 4]\n[masked by assent]\n"
	    "  -----END RSA PRIVATE KEY-----\nb: 3");
	/* A token is cut nowhere, so that it can be masked. */
	buf_clear(&b);
	buf_adds(&b, "a\n");
	for (i = 0; i < 296; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, " ghp_0123456789abcdefghijklmnopqrstuvwxyz\n");
	put(s, "f", buf_str(&b));
	text = run_ok(s, "edit", "{\"path\":\"f\",\"old_string\":\"a\\n\","
	    "\"new_string\":\"b\\n\"}");
	has(text, "xx [the line goes on]");
	assert_null(strstr(text, "ghp_"));
}

/* ---- read ---- */

SCRATCH_TEST(test_read)
{
	struct scratch *s = *state;
	static const struct {
		const char *label, *bytes;
		size_t n;
		const char *want;
	} cases[] = {
		{ "plain", "a\nb\n", 4, "a\nb\n" },
		{ "empty", "", 0, MSG_READ_FILE_IS_EMPTY },
		{ "no newline", "a\nb", 3,
		    "a\nb\n[no newline at the end of the file]" },
		{ "only newlines", "\n\n", 2, "\n\n" },
		{ "crlf", "a\r\nb\r\n", 6,
		    "a\nb\n[lines end in CRLF, which edit keeps]" },
		{ "mixed", "a\r\nb\n", 5, "a\r\nb\n" },
		{ "bom",
		    "\xef\xbb\xbf"
		    "a\n",
		    5,
		    "a\n[the file starts with a "
		    "byte order mark, which edit keeps]" },
		{ "only bom", "\xef\xbb\xbf", 3,
		    "[the file starts with a byte "
		    "order mark, which edit keeps; no newline at the end of "
		    "the file]" },
		{ "bytes", "gr\xfc\xdf\n", 5,
		    "gr\\xFC\\xDF\n[\\xNN stands for "
		    "a byte that isn't UTF-8; edit can change the text "
		    "around it]" },
		{ "a late escape stays", "\x1b[2J\n", 5, "\x1b[2J\n" },
	};
	char late[70000];
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		put_bytes(s, "f", cases[i].bytes, cases[i].n);
		if (strcmp(run_ok(s, "read", "{\"path\":\"f\"}"),
		    cases[i].want) != 0)
			fail_msg("%s: '%s'", cases[i].label,
			    json_str(s->reply, "text"));
		assert_false(json_bool(s->reply, "cut", true));
	}
	put_bytes(s, "bin", "\x7f" "ELF\0\1\2", 7);
	has(run_fail(s, "read", "{\"path\":\"bin\"}", "binary"), "7 bytes");
	put_bytes(s, "nul", "\0", 1);
	run_fail(s, "read", "{\"path\":\"nul\"}", "binary");
	/* A NUL where the check for binary files doesn't look doesn't end the
	 * text. */
	memset(late, 'a', sizeof(late));
	memcpy(late + sizeof(late) - 6, "\nb\0c\n", 5);
	put_bytes(s, "late", late, sizeof(late) - 1);
	has(run_ok(s, "read", "{\"path\":\"late\",\"from\":2}"), "b\\x00c\n");
	has(run_ok(s, "grep", "{\"pattern\":\"b.c\",\"path\":\"late\"}"),
	    "b\\x00c\n");
}

/* ---- encodings and line ends, in each tool that writes ---- */

#define PATCH(body) "{\"input\":\"*** Begin Patch\\n" body "*** End Patch\"}"

/* `%` is the text that goes in. */
static const struct {
	const char *tool, *args;
} form_calls[] = {
	{ "edit", "{\"path\":\"f\",\"old_string\":\"two\","
	    "\"new_string\":\"%\"}" },
	{ "edit", "{\"path\":\"f\",\"edits\":[{\"old_string\":\"one\","
	    "\"new_string\":\"1\"},{\"old_string\":\"two\","
	    "\"new_string\":\"%\"}]}" },
	{ "write", "{\"path\":\"f\",\"content\":\"one\\n%\\n\"}" },
	{ "apply_patch", PATCH("*** Update File: f\\n-two\\n+%\\n") },
	{ "apply_patch", PATCH("*** Update File: f\\n*** Move to: g\\n"
	    "-two\\n+%\\n") },
	{ "apply_patch", PATCH("*** Add File: f\\n+one\\n+%\\n") },
};

/* malloc'ed. */
static char *
form_args(size_t k, const char *text)
{
	const char *args = form_calls[k].args, *at = strchr(args, '%');

	return xasprintf("%.*s%s%s", (int)(at - args), args, text, at + 1);
}

SCRATCH_TEST(test_encodings)
{
	struct scratch *s = *state;
	static const char *const files[] = {
		"one\ntwo\ngr\xfc\xdf\n",			/* Latin-1 */
		"one\ntwo\n\x93quoted\x94\n",		/* Windows-1252 */
		"one\ntwo\n\x93\xfa\x96\x7b\n",		/* Shift-JIS */
		"one\ntwo\n\xd6\xd0\xce\xc4\n",		/* GBK */
		"one\ntwo\n\x1b$B8l\x1b(B\n",		/* ISO-2022-JP */
	};
	static const char utf8[] = "one\ntwo\ngr\xc3\xbc\xc3\x9f\n";
	static const char *const texts[] = { "\xe2\x80\x94", "sm\xc3\xb6r",
		"\\u65e5\\u672c" };
	size_t i, k, t;

	for (i = 0; i < MEM_COUNT(files); i++)
		for (k = 0; k < MEM_COUNT(form_calls); k++) {
			for (t = 0; t < MEM_COUNT(texts); t++) {
				AUTO_FREE char *args = form_args(k,
				    texts[t]);

				put(s, "f", files[i]);
				has(run_fail(s, form_calls[k].tool, args,
				    "encoding"), MSG_TWO_ENCODINGS);
				check_text(s, "f", files[i]);
				put(s, "f", utf8);
				run_ok(s, form_calls[k].tool, args);
				(void)unlinkat(s->root_fd, "g", 0);
			}
			put(s, "f", files[i]);
			{
				AUTO_FREE char *args = form_args(k,
				    "plain");

				run_ok(s, form_calls[k].tool, args);
			}
			(void)unlinkat(s->root_fd, "g", 0);
		}
	/* A new file, and one that is removed, have no other encoding. */
	put(s, "f", files[0]);
	run_ok(s, "apply_patch", PATCH("*** Delete File: f\\n"));
	run_ok(s, "write", "{\"path\":\"f\",\"content\":\"\\u65e5\"}");
}

SCRATCH_TEST(test_utf16)
{
	struct scratch *s = *state;
	static const struct {
		const char *p;
		size_t n;
	} files[] = {
		{ "a\0b\0\n\0", 6 }, { "\0a\0b\0\n", 6 },
		/* with a mark, but cut off */
		{ "\xff\xfe" "a\0\n", 5 }, { "\xff\xfe\xe5\x65\x2c", 5 },
		{ "\0\0\xfe\xff\0\0", 6 },			/* UTF-32 */
	};
	static const char *const more[] = { "{\"path\":\"f\"}",
		"{\"pattern\":\"a\",\"path\":\"f\"}" };
	size_t i, k;

	for (i = 0; i < MEM_COUNT(files); i++) {
		AUTO_FREE char *first = NULL;

		put_bytes(s, "f", files[i].p, files[i].n);
		for (k = 0; k < MEM_COUNT(form_calls) + 2; k++) {
			bool own = k < MEM_COUNT(form_calls);
			const char *text = run_fail(s, own ?
			    form_calls[k].tool : k % 2 == 0 ? "read" : "grep",
			    own ? form_calls[k].args : more[k % 2], "binary");

			if (first == NULL)
				first = xstrdup(text);
			assert_string_equal(text, first);
			check_bytes(s, "f", files[i].p, files[i].n);
		}
		has(first, i < 2 ? MSG_UTF_16_TEXT : "(byte order mark), but "
		    "not converted: ");
		has(run_ok(s, "grep", "{\"pattern\":\"a\"}"), "1 binary");
	}
}

/* Files in other encodings, as read and grep show them: declared by a mark, by
 * the project or by the user, and one that isn't in the declared encoding. */
SCRATCH_TEST(test_decoded)
{
	struct scratch *s = *state;
	cJSON *user = cJSON_CreateObject();

	json_add_str(user, "*.ini", "shift_jis");
	s->env.encodings = user;
	put_bytes(s, "a.rc", "\xff\xfe" "a\0\xe9\0\r\0\n\0", 10);
	assert_string_equal(run_ok(s, "read", "{\"path\":\"a.rc\"}"),
	    "a\xc3\xa9\n[in UTF-16LE (byte order mark), which edits keep; "
	    "bash gets its bytes; lines end in CRLF, which edit keeps]");
	put(s, "sub/.gitattributes", "*.txt working-tree-encoding=latin1\n");
	put(s, "sub/b.txt", "gr\xfc\xdf\n");
	put(s, "sub/ascii.txt", "plain\n");
	put(s, "sub/c.ini", "x\n\x95\x5c\x8e\xa6\n");
	put(s, "sub/d.txt", "gr\xc3\xbc\xc3\x9f\n");
	put(s, "e.txt", "gr\xfc\xdf\n");
	has(run_ok(s, "read", "{\"path\":\"sub/c.ini\",\"from\":2}"),
	    "\xe8\xa1\xa8\xe7\xa4\xba\n[lines 2-2 of 2; in SHIFT_JIS (user "
	    "settings)");
	assert_string_equal(run_ok(s, "read", "{\"path\":\"sub/ascii.txt\"}"),
	    "plain\n");
	has(run_ok(s, "read", "{\"path\":\"sub/d.txt\"}"), "[declared as "
	    "ISO-8859-1 (sub/.gitattributes:1), but not converted: its bytes "
	    "are UTF-8");
	has(run_ok(s, "read", "{\"path\":\"e.txt\"}"), "gr\\xFC\\xDF");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"\xc3\xbc\xc3\x9f|"
	    "\xe7\xa4\xba$|a\xc3\xa9\"}"),
	    "a.rc\n1:a\xc3\xa9\n"
	    "[a.rc is in UTF-16LE (byte order mark), which edits keep; bash gets "
	    "its bytes]\n"
	    "sub/b.txt\n1:gr\xc3\xbc\xc3\x9f\n"
	    "[sub/b.txt is in ISO-8859-1 (sub/.gitattributes:1), which edits "
	    "keep; bash gets its bytes]\n"
	    "sub/c.ini\n2:\xe8\xa1\xa8\xe7\xa4\xba\n"
	    "[sub/c.ini is in SHIFT_JIS (user settings), which edits keep; "
	    "bash gets its bytes]\n"
	    "sub/d.txt\n1:gr\xc3\xbc\xc3\x9f\n"
	    "[sub/d.txt is declared as ISO-8859-1 (sub/.gitattributes:1), but "
	    "not converted: its bytes are UTF-8]\n");
	has(run_ok(s, "grep", "{\"pattern\":\"\xc3\xbc\",\"path\":\"sub\","
	    "\"glob\":\"b*\"}"), "sub/b.txt\n1:gr\xc3\xbc\xc3\x9f\n[sub/b.txt is in "
	    "ISO-8859-1");
	has(run_ok(s, "grep", "{\"pattern\":\"\xc3\xbc\",\"path\":"
	    "\"sub/b.txt\"}"), "ISO-8859-1");
	s->env.encodings = NULL;
	cJSON_Delete(user);
}

/* A text in this encoding, with its '%' and newlines replaced. */
static void
encoded(struct buf *out, const char *name, const char *form, const char *text,
    const char *eol)
{
	struct encoding c = { .from = "" };
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;

	snprintf(c.name, sizeof(c.name), "%s", name);
	for (; *form != '\0'; form++)
		if (*form == '%' || *form == '\n')
			buf_adds(&b, *form == '%' ? text : eol);
		else
			buf_addc(&b, *form);
	buf_clear(out);
	if (encoding_encode(&c, buf_str(&b), b.len, out, &e) < 0)
		fail_msg("%s", e.text);
}

/* In each encoding, each tool that writes changes what it is to change, and
 * every other byte stays: the mark, CRLF, a missing newline at the end. */
SCRATCH_TEST(test_converts)
{
	struct scratch *s = *state;
	static const struct {
		const char *name, *mark, *text;
	} t[] = {
		{ "SHIFT_JIS", "", "表示 ~ ｱソ" },
		{ "EUC-JP", "", "日本語" },
		{ "UTF-16LE", UTF8_BOM, "Ж😀\u0a0a" },
		{ "UTF-16BE", "", "Ж😀\u0a0d" },
		{ "UTF-32LE", UTF8_BOM, "😀" },
		{ "ISO-8859-1", "", "Größe" },
#ifdef __GLIBC__
		{ "CP932", "", "①㈱表" },
		{ "GBK", "", "中文 測試" },
		{ "GB18030", "", "中😀€" },
		{ "BIG5", "", "功許" },
		{ "EUC-KR", "", "한국어" },
		{ "WINDOWS-1251", "", "Пр№" },
		{ "ISO-8859-15", "", "5 €" },
		{ "KOI8-R", "", "при" },
#endif
	};
	/* The result of each of form_calls; only `write` and an added file are
	 * given whole. */
	static const char *const want[MEM_COUNT(form_calls)] = {
		"one\n%\n%", "1\n%\n%", "one\n%\n", "one\n%\n%",
		"one\n%\n%", "one\n%\n" };
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, k;

	for (i = 0; i < MEM_COUNT(t); i++)
		for (k = 0; k < 2 * MEM_COUNT(form_calls); k++) {
			size_t at = k / 2;
			const char *eol = k % 2 == 0 ? "\n" : "\r\n";
			AUTO_FREE char *args = form_args(at, t[i].text);
			AUTO_FREE char *file = xasprintf("%sone\ntwo\n%%",
			    t[i].mark);
			AUTO_FREE char *now = xasprintf("%s%s", t[i].mark,
			    want[at]);
			AUTO_FREE char *stored = xasprintf("Stored in %s.",
			    t[i].name);
			bool moved = strstr(args, "Move") != NULL;
			cJSON *user = cJSON_CreateObject();

			print_message("# %s %s\n", t[i].name, args);
			if (t[i].mark[0] == '\0')
				json_add_str(user, "*", t[i].name);
			s->env.encodings = user;
			encoded(&b, t[i].name, file, t[i].text, eol);
			put_bytes(s, "f", b.p, b.len);
			has(run_ok(s, form_calls[at].tool, args), stored);
			encoded(&b, t[i].name, now, t[i].text, eol);
			check_bytes(s, moved ? "g" : "f", b.p, b.len);
			s->env.encodings = NULL;
			cJSON_Delete(user);
			(void)unlinkat(s->root_fd, "g", 0);
		}
}

/* Line ends of a new file are those of git's attribute; an old one keeps its. */
SCRATCH_TEST(test_new_line_ends)
{
	struct scratch *s = *state;

	put(s, ".gitattributes", "*.bat text eol=crlf\n*.sh eol=crlf\n"
	    "*.sh eol=lf\n*.bin eol=crlf\n*.bin -text\n"
	    "*.rc eol=crlf working-tree-encoding=UTF-16LE-BOM\n");
	put(s, "sub/.gitattributes", "*.txt eol=crlf\n");
	put(s, "old.bat", "one\n");
	assert_string_equal(run_ok(s, "write", "{\"path\":\"new.bat\","
	    "\"content\":\"one\\r\\ntwo\\n\\n\"}"),
	    "Created new.bat: 3 lines, 12 bytes.");
	check_text(s, "new.bat", "one\r\ntwo\r\n\r\n");
	run_ok(s, "edit", "{\"path\":\"old.bat\",\"old_string\":\"one\","
	    "\"new_string\":\"1\\n2\"}");
	check_text(s, "old.bat", "1\n2\n");
	run_ok(s, "apply_patch", PATCH("*** Add File: a.bat\\n+x\\n"
	    "*** Add File: a.sh\\n+x\\n*** Add File: a.bin\\n+x\\n"
	    "*** Add File: a.rc\\n+x\\n*** Add File: a.txt\\n+x\\n"
	    "*** Add File: sub/a.txt\\n+x\\n"));
	check_text(s, "a.bat", "x\r\n");
	check_text(s, "a.sh", "x\n");
	check_text(s, "a.bin", "x\n");
	check_bytes(s, "a.rc", "\xff\xfex\0\r\0\n", 8);
	check_text(s, "a.txt", "x\n");
	check_text(s, "sub/a.txt", "x\r\n");
	run_ok(s, "edit", "{\"path\":\"a.bat\",\"old_string\":\"x\","
	    "\"new_string\":\"x\\ny\"}");
	check_text(s, "a.bat", "x\r\ny\r\n");
}

/* New files, and those in which something is wrong. */
SCRATCH_TEST(test_declared)
{
	struct scratch *s = *state;
	size_t k;

	put(s, ".gitattributes", "*.rc working-tree-encoding=UTF-16LE-BOM\n"
	    "*.txt working-tree-encoding=SHIFT_JIS\n"
	    "f working-tree-encoding=SHIFT_JIS\n"
	    "*.ru working-tree-encoding=KOI8-R\n");
	put(s, ".editorconfig", "[*.ini]\ncharset = latin1\n[*.bom]\n"
	    "charset = utf-8-bom\n");
	assert_string_equal(run_ok(s, "write", "{\"path\":\"a.rc\","
	    "\"content\":\"é\\n\"}"), "Created a.rc: 1 line, 6 bytes. Stored "
	    "in UTF-16LE.");
	check_bytes(s, "a.rc", "\xff\xfe\xe9\0\n", 6);
	run_ok(s, "write", "{\"path\":\"none.rc\",\"content\":\"\"}");
	check_text(s, "none.rc", "");
	run_ok(s, "write", "{\"path\":\"b.bom\",\"content\":\"x\\n\"}");
	check_text(s, "b.bom", UTF8_BOM "x\n");
	assert_string_equal(run_ok(s, "apply_patch", PATCH(
	    "*** Add File: c.ini\\n+é\\n*** Add File: c.rc\\n+x\\n"
	    "*** Delete File: a.rc\\n*** Add File: a.rc\\n+y\\n"
	    "*** Update File: none.rc\\n@@\\n+z\\n")),
	    "Success. Updated the following files:\nA c.ini\nA c.rc\nD a.rc\n"
	    "A a.rc\nM none.rc (line 1)\nc.ini: Stored in ISO-8859-1.\n"
	    "c.rc: Stored in UTF-16LE.\na.rc: Stored in UTF-16LE.\n"
	    "none.rc: Stored in UTF-16LE.\n==> none.rc <==\n[line 1]\nz");
	check_text(s, "c.ini", "\xe9\n");
	check_bytes(s, "c.rc", "\xff\xfex\0\n", 6);
	check_bytes(s, "a.rc", "\xff\xfey\0\n", 6);
	check_bytes(s, "none.rc", "\xff\xfez\0\n", 6);
	/* Not in the second byte of 表; all of them. */
	put(s, "d.txt", "\x95\\\\\x83\\\n\\\n");
	assert_string_equal(run_ok(s, "edit", "{\"path\":\"d.txt\",\"old_string\":"
	    "\"\\\\\",\"new_string\":\"ソ\",\"replace_all\":true}"),
	    "Edited d.txt: replaced 2 places (lines 1, 2). Stored in "
	    "SHIFT_JIS.\n[line 1]\n表ソソ\nソ");
	check_text(s, "d.txt", "\x95\\\x83\\\x83\\\n\x83\\\n");
	has(run_fail(s, "edit", "{\"path\":\"d.txt\",\"old_string\":\"表ソソソ\","
	    "\"new_string\":\"x\"}", "not_found"), "1: 表ソソ");
	/* ASCII so far */
	put(s, "e.txt", "one\n");
	assert_string_equal(run_ok(s, "edit", "{\"path\":\"e.txt\",\"old_string\":"
	    "\"one\",\"new_string\":\"1\"}"), "Edited e.txt: replaced 1 place "
	    "(line 1).\n[line 1]\n1");
	run_ok(s, "edit", "{\"path\":\"e.txt\",\"old_string\":\"1\","
	    "\"new_string\":\"表\"}");
	check_text(s, "e.txt", "\x95\\\n");
	/* A character that the encoding doesn't have: nothing is written. */
	for (k = 0; k < MEM_COUNT(form_calls); k++) {
		AUTO_FREE char *args = form_args(k, "㈱①");

		put(s, "f", "one\ntwo\n");
		assert_string_equal(run_fail(s, form_calls[k].tool, args,
		    "encoding"), strstr(args, "Move") == NULL ?
		    "f: line 2, character 1: \"㈱\" (U+3231) isn't in SHIFT_JIS, "
		    "but in CP932, which the file may be meant to have. SHIFT_JIS "
		    "is declared by .gitattributes:3. Nothing was changed. Use "
		    "other characters, or tell the user to declare another "
		    "one (/encoding)" :
		    "g: line 2, character 1: \"㈱\" (U+3231) isn't in SHIFT_JIS, "
		    "but in CP932, which the file may be meant to have. SHIFT_JIS "
		    "is declared by .gitattributes:3. Nothing was changed. Use "
		    "other characters, or tell the user to declare another "
		    "one (/encoding)");
		check_text(s, "f", "one\ntwo\n");
		assert_int_equal(faccessat(s->root_fd, "g", F_OK, 0), -1);
	}
	/* Bytes that aren't in the declared encoding. */
	put(s, "f", "one\ntwo\n\x87\x40\n");
	for (k = 0; k < MEM_COUNT(form_calls); k++) {
		AUTO_FREE char *args = form_args(k, "表");

		has(run_fail(s, form_calls[k].tool, args, "encoding"), "changed. "
		    "It is declared as SHIFT_JIS (.gitattributes:3), but not "
		    "converted: line 3: byte 0x87");
	}
	has(run_ok(s, "edit", form_calls[0].args), "(line 2). It is declared as "
	    "SHIFT_JIS (.gitattributes:3), but not converted: line 3: byte 0x87 "
	    "(8 bytes into the file) begins no character of SHIFT_JIS; try "
	    "CP932");
	check_text(s, "f", "one\n%\n\x87\x40\n");
	/* A new name doesn't convert. */
	assert_string_equal(run_ok(s, "apply_patch", PATCH("*** Update File: "
	    "e.txt\\n*** Move to: e.ru\\n*** Update File: a.rc\\n*** Move to: "
	    "a.txt\\n")), "Success. Updated the following files:\nM e.txt -> "
	    "e.ru\nM a.rc -> a.txt\ne.ru keeps its encoding, but under this name "
	    "it is read as KOI8-R.\ne.ru: Stored in SHIFT_JIS.\na.txt: Stored in "
	    "UTF-16LE.");
	check_text(s, "e.ru", "\x95\\\n");
}

SCRATCH_TEST(test_form)
{
	struct scratch *s = *state;
	static const struct {
		const char *file, *want, *said;
	} cases[] = {
		{ "one\r\ntwo\r\n", "one\r\nnew\r\n", "CRLF line endings" },
		{ UTF8_BOM "one\ntwo\n", UTF8_BOM "one\nnew\n",
		    "byte order mark" },
		{ UTF8_BOM "one\r\ntwo\r\n", UTF8_BOM "one\r\nnew\r\n",
		    "byte order mark and CRLF line endings" },
		{ "one\ntwo\n", "one\nnew\n", NULL },
	};
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++)
		for (k = 0; k < MEM_COUNT(form_calls); k++) {
			AUTO_FREE char *args = form_args(k, "new"), *had = NULL;
			bool moved = strstr(args, "Move") != NULL;
			const char *said;

			if (strstr(args, "edits") != NULL)
				continue;
			put(s, "f", cases[i].file);
			said = run_ok(s, form_calls[k].tool, args);
			/* A call with the whole file is told of the kept
			 * form. */
			if (strstr(args, "Add") != NULL ||
			    strcmp(form_calls[k].tool, "write") == 0)
				has(said, cases[i].said == NULL ? "f" :
				    cases[i].said);
			had = xstrdup(said);
			check_text(s, moved ? "g" : "f", cases[i].want);
			if (cases[i].said == NULL)
				assert_null(strstr(had, "keeps"));
			(void)unlinkat(s->root_fd, "g", 0);
		}
	/* CRLF that is given isn't doubled; nor is a mark. */
	put(s, "f", UTF8_BOM "a\r\n");
	run_ok(s, "write", "{\"path\":\"f\",\"content\":"
	    "\"\\ufeffb\\r\\n\"}");
	check_text(s, "f", UTF8_BOM "b\r\n");
	has(run_ok(s, "write", "{\"path\":\"f\",\"content\":\"b\\n\"}"),
	    MSG_NOTHING_WAS_CHANGED);
	run_ok(s, "write", "{\"path\":\"f\",\"content\":\"\"}");
	check_text(s, "f", "");
	/* The patch's first line is found after the mark. */
	put(s, "f", UTF8_BOM "a\nb\n");
	run_ok(s, "apply_patch", PATCH("*** Update File: f\\n-a\\n+A\\n"));
	check_text(s, "f", UTF8_BOM "A\nb\n");
}

SCRATCH_TEST(test_read_several)
{
	struct scratch *s = *state;
	struct buf b = BUF_INIT(0);
	const char *text;
	int i;

	put(s, "a", "1\n2\n3\n4\n");
	put(s, "d/b", "b");
	assert_string_equal(run_ok(s, "read", "{\"paths\":[\"a\",\"d/b\","
	    "\"gone\",\"d\"]}"), "==> a <==\n1\n2\n3\n4\n==> d/b <==\nb\n"
	    "[no newline at the end of the file]\n==> gone <==\n"
	    "[gone does not exist.]\n==> d <==\n"
	    "b (1 byte)\n");
	assert_int_equal(cJSON_GetArraySize(json_get(s->reply, "unread")), 1);
	assert_string_equal(run_ok(s, "read", "{\"path\":\"a\",\"ranges\":["
	    "{\"from\":2,\"lines\":1},{\"from\":4},{\"path\":\"d/b\"}]}"),
	    "==> a from line 2 <==\n2\n[lines 2-2 of 4]\n"
	    "==> a from line 4 <==\n4\n[lines 4-4 of 4]\n==> d/b <==\nb\n"
	    "[no newline at the end of the file]");
	assert_string_equal(run_ok(s, "read", "{\"path\":\"d/b\",\"paths\":["
	    "\"a\"]}"), "==> d/b <==\nb\n[no newline at the end of the "
	    "file]\n==> a <==\n1\n2\n3\n4\n");
	assert_string_equal(run_ok(s, "read", "{\"lines\":1,\"paths\":[\"a\","
	    "\"d/b\"]}"), "==> a <==\n1\n[lines 1-1 of 4]\n==> d/b <==\nb\n[no newline at the end of the file]");
	run_fail(s, "read", "{}", "bad_args");
	run_fail(s, "read", "{\"ranges\":[{\"from\":2}]}", "bad_args");
	has(run_fail(s, "read", "{\"paths\":[\"x\",\"../y\"]}", "not_found"),
	    "outside the project");
	/* Bounded as a whole, and what is left out is named. */
	for (i = 0; i < 8000; i++)
		buf_addf(&b, "line %d\n", i);
	put_bytes(s, "long", b.p, b.len);
	text = run_ok(s, "read", "{\"paths\":[\"a\",\"long\",\"a\",\"d\"]}");
	assert_true(strlen(text) < 51000);
	has(text, "==> a <==\n[not shown: the answer is full; read it "
	    "next]\n==> d <==\n[not shown");
	has(text, " of 8000; continue with from: ");
	/* The same where the context has little room: that is why. */
	s->env.room = 2000;
	text = run_ok(s, "read", "{\"paths\":[\"long\",\"a\"]}");
	has(text, " of 8000; " TOOL_SHARE_FULL "; continue with from: ");
	has(text, "==> a <==\n[not shown: " TOOL_SHARE_FULL "; read it next]");
	has(run_ok(s, "read", "{\"path\":\"long\",\"lines\":3}"),
	    "2\n[lines 1-3 of 8000]");
	s->env.room = 0;
	buf_release(&b);
}

SCRATCH_TEST(test_read_part)
{
	struct scratch *s = *state;
	struct buf b = BUF_INIT(0);
	const char *text;
	int64_t from, i;

	for (i = 1; i <= 100000; i++)
		buf_addf(&b, "line %lld\n", (long long)i);
	put_bytes(s, "f", b.p, b.len);
	assert_string_equal(run_ok(s, "read",
	    "{\"path\":\"f\",\"from\":3,\"lines\":2}"),
	    "line 3\nline 4\n[lines 3-4 of 100000]");
	assert_string_equal(run_ok(s, "read",
	    "{\"path\":\"f\",\"from\":99999}"),
	    "line 99999\nline 100000\n[lines 99999-100000 of 100000]");
	assert_string_equal(run_ok(s, "read",
	    "{\"path\":\"f\",\"from\":100000,\"lines\":5}"),
	    "line 100000\n[lines 100000-100000 of 100000]");
	has(run_fail(s, "read", "{\"path\":\"f\",\"from\":100001}",
	    "bad_args"), "only 100000 lines");
	/* Following the advice gives every line once. */
	for (from = 1; from <= 100000;) {
		char *args = xasprintf("{\"path\":\"f\",\"from\":%lld}",
		    (long long)from);
		int64_t to;

		text = run_ok(s, "read", args);
		assert_true(strlen(text) < 50200);
		assert_int_equal(json_int(s->reply, "from", 0), from);
		to = json_int(s->reply, "to", 0);
		assert_true(to >= from);
		for (i = from; i <= to; i++) {
			char line[32];
			int n = snprintf(line, sizeof(line), "line %lld\n",
			    (long long)i);

			if (strncmp(text, line, (size_t)n) != 0)
				fail_msg("line %lld", (long long)i);
			text += n;
		}
		from = to + 1;
		free(args);
	}
	/* A line longer than the cap; bytes that grow when shown. */
	buf_clear(&b);
	for (i = 0; i < 60000; i++)
		buf_adds(&b, "\xc3\xa9");
	buf_adds(&b, "\nsecond\n");
	put_bytes(s, "long", b.p, b.len);
	text = run_ok(s, "read", "{\"path\":\"long\"}");
	has(text, "[lines 1-1 of 2; line 1 is cut");
	has(text, "continue with from: 2]");
	has(run_ok(s, "read", "{\"path\":\"long\",\"from\":2}"), "second\n");
	buf_clear(&b);
	for (i = 0; i < 49000; i++)
		buf_adds(&b, i % 70 == 69 ? "\n" : "\xfc");
	put_bytes(s, "latin", b.p, b.len);
	text = run_ok(s, "read", "{\"path\":\"latin\"}");
	assert_true(strlen(text) < 50400);
	has(text, "\\xFC\n[lines 1-");
	/* A read that begins in the middle of a private key. */
	buf_clear(&b);
	for (i = 0; i < 3000; i++)
		buf_adds(&b, "one more line before the key\n");
	buf_adds(&b, "-----BEGIN RSA PRIVATE KEY-----\r\n");
	for (i = 0; i < 20; i++)
		buf_adds(&b, "MIIEpAIBAAKCAQEAx3UbdVNSdRvZ\r\n");
	buf_adds(&b, "Zw==\r\n-----END RSA PRIVATE KEY-----\r\nafter\r\n");
	put_bytes(s, "key", b.p, b.len);
	assert_string_equal(run_ok(s, "read",
	    "{\"path\":\"key\",\"from\":3020}"),
	    "[masked by assent]\n[masked by assent]\n[masked by assent]\n"
	    "-----END RSA PRIVATE KEY-----\nafter\n"
	    "[lines 3020-3024 of 3024; lines end in CRLF, which edit keeps]");
	buf_release(&b);
}

/* As who may have no further process: 0 if the replies are these. */
static int
together_alone(const struct scratch *s, const cJSON *calls, const char *want)
{
	const struct rlimit none = { 0, 0 };
	struct buf out = BUF_INIT(BUF_MAX);

	if (setrlimit(RLIMIT_NPROC, &none) < 0 ||
	    (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0) ||
	    fork() >= 0)
		return 2;
	tool_parallel(&s->env, calls, &out);
	return strcmp(buf_str(&out), want) == 0 ? 0 : 1;
}

/* Replies in the calls' order, whatever goes wrong with one of them. */
SCRATCH_TEST(test_together)
{
	struct scratch *s = *state;
	struct buf out = BUF_INIT(BUF_MAX);
	cJSON *calls = cJSON_CreateArray(), *replies;
	char name[16], *args;
	int i, status;
	pid_t pid;

	for (i = 0; i < (int)TOOL_TOGETHER_MOST; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		if (i != 3)
			put(s, name, name);
		args = i == 5 ? xstrdup("{\"name\":\"write\",\"args\":"
		    "{\"path\":\"new\",\"content\":\"x\"}}") :
		    xasprintf("{\"name\":\"read\",\"args\":{\"path\":"
		    "\"%s\"}}", name);
		cJSON_AddItemToArray(calls, cJSON_Parse(args));
		free(args);
	}
	tool_parallel(&s->env, calls, &out);
	replies = cJSON_Parse(buf_str(&out));
	assert_int_equal(cJSON_GetArraySize(replies),
	    cJSON_GetArraySize(calls));
	for (i = 0; i < (int)TOOL_TOGETHER_MOST; i++) {
		const cJSON *r = cJSON_GetArrayItem(replies, i);

		snprintf(name, sizeof(name), "f%d", i);
		if (i == 3)
			assert_string_equal(json_str_or(r, "kind", ""),
			    "not_found");
		else if (i == 5)
			has(json_str_or(r, "error", ""),
			    "write is not read-only");
		else
			has(json_str_or(r, "text", ""), name);
	}
	assert_int_not_equal(faccessat(s->root_fd, "new", F_OK, 0), 0);
	pid = fork();
	if (pid == 0)
		_exit(together_alone(s, calls, buf_str(&out)));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	cJSON_Delete(replies);
	cJSON_Delete(calls);
	buf_release(&out);
}
