/* A hook's output as an answer: its members, limits, and invalid answers. */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "core/agent/hook.h"
#include "journal/event.h"
#include "tests/unit/unit.h"

TEST(test_answers)
{
	static const struct {
		const char *text;
		enum hook_decision decision;
		const char *reason, *context;
	} t[] = {
		{ "", HOOK_ALLOW, NULL, NULL },
		{ " \r\n\t\n", HOOK_ALLOW, NULL, NULL },
		{ "{}", HOOK_ALLOW, NULL, NULL },
		{ "{\"decision\":\"allow\"}\n", HOOK_ALLOW, NULL, NULL },
		{ "{\"decision\":\"ask\",\"reason\":null}", HOOK_ASK, NULL, NULL },
		{ "{\"decision\":\"deny\",\"reason\":\"no\"}", HOOK_DENY, "no", NULL },
		{ "{\"reason\":\"\",\"context\":\"a\\nb\"}", HOOK_ALLOW, NULL,
		  "a\nb" },
		{ "{\"more\":[1],\"runs\":{}}", HOOK_ALLOW, NULL, NULL },
		/* An answer that speaks for the user has no such words. */
		{ "{\"accept\":true,\"mark\":\"yes\",\"set\":{}}", HOOK_ALLOW, NULL,
		  NULL },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct err e = ERR_INIT;
		AUTO_EVENT struct event a = { 0 };
		enum hook_decision decision;

		if (hook_answer_read(&a, &decision, t[i].text,
		    strlen(t[i].text), &e) < 0)
			fail_msg("%s: %s", t[i].text, e.text);
		assert_int_equal(decision, t[i].decision);
		assert_int_equal(a.hook.reason == NULL, t[i].reason == NULL);
		assert_int_equal(a.hook.context == NULL,
		    t[i].context == NULL);
		if (a.hook.reason != NULL)
			assert_string_equal(a.hook.reason, t[i].reason);
		if (a.hook.context != NULL)
			assert_string_equal(a.hook.context, t[i].context);
		assert_int_equal(a.hook.findings_len, 0);
	}
}

TEST(test_no_answers)
{
	static const struct { const char *text, *why; } t[] = {
		{ "allow", "isn't JSON" },
		{ "{\"decision\":\"allow\"", "isn't JSON" },
		{ "{} {}", "isn't JSON" },
		{ "[]", "isn't an object" },
		{ "\"deny\"", "isn't an object" },
		{ "null", "isn't an object" },
		{ "{\"decision\":\"yes\"}", "none of allow" },
		{ "{\"decision\":true}", "none of allow" },
		{ "{\"decision\":null}", "none of allow" },
		{ "{\"reason\":1}", "\"reason\" that is no text" },
		{ "{\"context\":[]}", "\"context\" that is no text" },
		{ "{\"findings\":{}}", "no list" },
		{ "{\"findings\":[1]}", "a finding without" },
		{ "{\"findings\":[{\"file\":\"a\"}]}", "a finding without" },
		{ "{\"findings\":[{\"text\":\"a\"}]}", "a finding without" },
		{ "{\"version\":\"2.1.0\",\"runs\":[]}", "print \"findings\"" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct err e = ERR_INIT;
		AUTO_EVENT struct event a = { 0 };
		enum hook_decision decision;

		if (hook_answer_read(&a, &decision, t[i].text,
		    strlen(t[i].text), &e) == 0 ||
		    strstr(e.text, t[i].why) == NULL)
			fail_msg("%s: %s", t[i].text, e.text);
	}
}

/* "path:line severity rule message". */
static char *
finding(const struct ev_finding *f)
{
	return xasprintf("%s:%lld %s %s %s", f->path_bytes,
	    (long long)f->line, f->severity, f->rule == NULL ? "-" : f->rule,
	    f->message);
}

TEST(test_findings)
{
	static const struct { const char *text, *want; } t[] = {
		{ "{\"findings\":[{\"file\":\"a\",\"text\":\"t\"}]}",
		  "a:0 warning - t" },
		{ "{\"findings\":[{\"file\":\"a\",\"text\":\"t\",\"line\":7,"
		  "\"level\":\"error\",\"rule\":\"R\"}]}", "a:7 error R t" },
		{ "{\"findings\":[{\"file\":\"a\",\"text\":\"t\",\"line\":-1,"
		  "\"level\":\"info\"}]}", "a:0 note - t" },
		{ "{\"findings\":[{\"file\":\"a\",\"text\":\"t\",\"line\":1e12,"
		  "\"level\":\"fatal\"}]}", "a:0 warning - t" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct err e = ERR_INIT;
		AUTO_EVENT struct event a = { 0 };
		enum hook_decision decision;
		char *got;

		if (hook_answer_read(&a, &decision, t[i].text,
		    strlen(t[i].text), &e) < 0)
			fail_msg("%s: %s", t[i].text, e.text);
		assert_int_equal(a.hook.findings_len, 1);
		got = finding(&a.hook.findings[0]);
		assert_string_equal(got, t[i].want);
		free(got);
	}
}
