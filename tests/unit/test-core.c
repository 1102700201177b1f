#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/capture.h"
#include "core/context.h"
#include "core/mask.h"
#include "core/shell.h"

static void
test_mask(void **state)
{
	static const struct {
		const char	*label, *in, *want;
	} cases[] = {
		{ "nothing", "plain text\n", "plain text\n" },
		{ "own key", "key=swordfish-1", "key=" MASK_TEXT },
		{ "own key inside a word", "xswordfish-1x", "x" MASK_TEXT "x" },
		{ "token", "t ghp_0123456789abcdefghij0123456789AB end",
		    "t " MASK_TEXT " end" },
		{ "short is no token", "ghp_short", "ghp_short" },
		{ "inside a word is no token",
		    "task-sk-0", "task-sk-0" },
		{ "private key", "a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n"
		    "-----END RSA PRIVATE KEY-----\nb",
		    "a\n" MASK_TEXT "\nb" },
		{ "certificate stays", "-----BEGIN CERTIFICATE-----\nMII\n",
		    "-----BEGIN CERTIFICATE-----\nMII\n" },
		{ "private key in a line", "{\"k\":\"-----BEGIN PRIVATE "
		    "KEY-----\\nMII\\n-----END PRIVATE KEY-----\\n\"}",
		    "{\"k\":\"" MASK_TEXT "\\n\"}" },
		{ "begun again and again", "-----BEGIN -----BEGIN -----BEGIN ",
		    "-----BEGIN -----BEGIN -----BEGIN " },
		{ "cut private key", "-----BEGIN PRIVATE KEY-----\nMII",
		    MASK_TEXT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct buf b = BUF_INIT(0);

		mask_secrets(&b, cases[i].in, strlen(cases[i].in),
		    "swordfish-1");
		if (strcmp(buf_str(&b), cases[i].want) != 0)
			fail_msg("%s: got %s", cases[i].label, buf_str(&b));
		buf_release(&b);
	}
}

/* A command's output of many megabytes is masked in one pass. */
static void
test_mask_hostile(void **state)
{
	static const char begin[] = "-----BEGIN ", key[] = "private key ";
	struct buf in = BUF_INIT(0), b = BUF_INIT(0);
	size_t i;

	(void)state;
	for (i = 0; i < 1000000; i++)
		buf_adds(&in, i % 2 == 0 ? begin : key);
	mask_secrets(&b, buf_str(&in), in.len, NULL);
	assert_int_equal(b.len, in.len);
	buf_release(&in);
	buf_release(&b);
}

static void
test_shell(void **state)
{
	struct buf b = BUF_INIT(0);
	char *s;

	(void)state;
	shell_quote(&b, "a b'c");
	assert_string_equal(buf_str(&b), "'a b'\\''c'");
	buf_release(&b);
	s = shell_fill("make check T={path}", "{path}", "x y.c");
	assert_string_equal(s, "make check T='x y.c'");
	free(s);
	s = shell_fill("pytest {path}", "{path}", "");
	assert_string_equal(s, "pytest ");
	free(s);
}

static void
test_capture(void **state)
{
	char dir[] = "/tmp/assent-test-XXXXXX", *path;
	struct capture *c = capture_new(1 << 20);
	struct capture_result r;
	struct err e = ERR_INIT;
	struct buf whole = BUF_INIT(0);
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (i = 0; i < 1000; i++)
		capture_add(c, "0123456789", 10);
	capture_add(c, "swordfish-1", 11);
	assert_int_equal(capture_end(c, dir, "swordfish-1", 100, false, &r,
	    &e), 0);
	assert_true(r.kept);
	assert_non_null(strstr(r.text, r.hash));
	assert_non_null(strstr(r.text, "9918 of 10018"));
	assert_null(strstr(r.text, "swordfish"));
	path = fs_join(dir, r.hash);
	assert_int_equal(fs_read_file(AT_FDCWD, path, &whole, &e), 0);
	assert_null(memmem(whole.p, whole.len, "swordfish", 9));
	assert_int_equal(whole.len, r.size);
	free(path);
	buf_release(&whole);
	capture_result_release(&r);
	capture_free(c);
	assert_int_equal(fs_remove_tree(AT_FDCWD, dir, &e), 0);
}

/* A format that shows the shape of the conversation. */
static void
shape_message(struct buf *out, const struct message *m, const char *model)
{
	size_t i;

	(void)model;
	if (m->role == MESSAGE_USER)
		buf_addf(out, "U(%s)", m->text);
	else if (m->role == MESSAGE_ASSISTANT) {
		buf_addf(out, "A(%s", m->text == NULL ? "" : m->text);
		for (i = 0; i < m->calls_len; i++)
			buf_addf(out, " %s=%s", m->calls[i].id,
			    m->calls[i].arguments);
		buf_addc(out, ')');
	} else {
		buf_adds(out, "R(");
		for (i = 0; i < m->results_len; i++)
			buf_addf(out, "%s%s:%s%s", i > 0 ? " " : "",
			    m->results[i].id, m->results[i].text,
			    m->results[i].ok ? "" : "!");
		buf_addf(out, "%s%s)", m->text == NULL ? "" : " + ",
		    m->text == NULL ? "" : m->text);
	}
}

static void
test_context(void **state)
{
	static const struct provider_format shape = {
		.name = "shape", .message = shape_message,
	};
	static const struct {
		const char	*label;
		const char	*events;	/* one a line */
		const char	*want;
	} cases[] = {
		{ "results wait for each other and hold the user's words",
		    "{\"type\":\"user_message\",\"text\":\"go\"}\n"
		    "{\"type\":\"turn_start\"}\n"
		    "{\"type\":\"assistant_message\",\"text\":\"t\",\"calls\":["
		    "{\"id\":\"1\",\"name\":\"a\",\"arguments\":\"{}\"},"
		    "{\"id\":\"2\",\"name\":\"b\",\"arguments\":\"{}\"}]}\n"
		    "{\"type\":\"tool_result\",\"id\":\"1\",\"ok\":true,"
		    "\"text\":\"x\"}\n"
		    "{\"type\":\"user_message\",\"text\":\"also\"}\n"
		    "{\"type\":\"tool_result\",\"id\":\"2\",\"ok\":false,"
		    "\"text\":\"y\"}\n",
		    "U(go)A(t 1={} 2={})R(1:x 2:y! + also)" },
		{ "words said while the model answers come after the answer",
		    "{\"type\":\"user_message\",\"text\":\"go\"}\n"
		    "{\"type\":\"turn_start\"}\n"
		    "{\"type\":\"user_message\",\"text\":\"more\"}\n"
		    "{\"type\":\"assistant_message\",\"text\":\"t\","
		    "\"calls\":[]}\n",
		    "U(go)A(t)U(more)" },
		{ "a broken answer is not sent back",
		    "{\"type\":\"user_message\",\"text\":\"go\"}\n"
		    "{\"type\":\"turn_start\"}\n"
		    "{\"type\":\"assistant_message\",\"text\":\"half\","
		    "\"calls\":[],\"broken\":true}\n"
		    "{\"type\":\"assistant_message\",\"text\":\"whole\","
		    "\"calls\":[]}\n",
		    "U(go)A(whole)" },
		{ "an unanswered call is answered; cut arguments become {}",
		    "{\"type\":\"assistant_message\",\"text\":\"\",\"calls\":["
		    "{\"id\":\"1\",\"name\":\"a\",\"arguments\":\"{\\\"p\","
		    "\"complete\":false}]}\n",
		    "A( 1={})R(1:not finished: the run was interrupted!)" },
	};
	size_t i, k, n;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct context *c = context_new(&shape, "m");
		struct buf got = BUF_INIT(0);
		const char *p = cases[i].events, *nl;
		const char *const *messages;

		for (; (nl = strchr(p, '\n')) != NULL; p = nl + 1) {
			struct err e = ERR_INIT;
			cJSON *o = json_parse(p, (size_t)(nl - p),
			    JSON_NUL_REFUSE, &e);

			assert_non_null(o);
			context_event(c, o);
			cJSON_Delete(o);
		}
		messages = context_messages(c, &n);
		for (k = 0; k < n; k++)
			buf_adds(&got, messages[k]);
		if (strcmp(buf_str(&got), cases[i].want) != 0)
			fail_msg("%s: got %s", cases[i].label, buf_str(&got));
		buf_release(&got);
		context_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_mask_hostile),
		cmocka_unit_test(test_shell),
		cmocka_unit_test(test_capture),
		cmocka_unit_test(test_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
