/* A hook's output: text, or findings, and what is neither. */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "core/agent/hook.h"
#include "journal/event.h"
#include "tests/unit/unit.h"

TEST(test_texts)
{
	static const struct { const char *printed, *text; } t[] = {
		{ "", NULL },
		{ " \r\n\t\n", NULL },
		{ "not on Friday\n", "not on Friday" },
		{ "a\nb", "a\nb" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "[]", "[]" },
		{ "{", "{" },
		/* A text that speaks for the user has no effect. */
		{ "{\"accept\":true}", "{\"accept\":true}" },
		{ "{\"findings\":[]}", NULL },
	};
	size_t i;
	int objects;

	for (i = 0; i < MEM_COUNT(t); i++)
		for (objects = 0; objects < 2; objects++) {
			struct err e = ERR_INIT;
			AUTO_EVENT struct event a = { 0 };
			const char *is;

			if (hook_answer_read(&a, objects, t[i].printed,
			    strlen(t[i].printed), &e) < 0)
				fail_msg("%s: %s", t[i].printed, e.text);
			is = objects ? a.hook.reason : a.hook.context;
			assert_int_equal(is == NULL, t[i].text == NULL);
			if (is != NULL)
				assert_string_equal(is, t[i].text);
			assert_null(objects ? a.hook.context : a.hook.reason);
			assert_int_equal(a.hook.findings_len, 0);
		}
}

TEST(test_no_answers)
{
	static const struct { const char *text, *why; } t[] = {
		{ "{\"findings\":{}}", "no list" },
		{ "{\"findings\":[1]}", "a finding without" },
		{ "{\"findings\":[]} {}", "findings aren't JSON" },
		{ "{\"findings\":[{\"file\":\"a\"}]}", "a finding without" },
		{ "{\"findings\":[{\"text\":\"a\"}]}", "a finding without" },
		/* What earlier versions read. */
		{ "{\"decision\":\"allow\"}", "JSON with \"decision\"" },
		{ "{\"findings\":[],\"reason\":1}", "JSON with \"reason\"" },
		{ "{\"context\":\"a\"}", "JSON with \"context\"" },
		{ "{\"version\":\"2.1.0\",\"runs\":[]}", "only with "
		    "\"findings\"" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct err e = ERR_INIT;
		AUTO_EVENT struct event a = { 0 };

		if (hook_answer_read(&a, false, t[i].text, strlen(t[i].text),
		    &e) == 0 || strstr(e.text, t[i].why) == NULL)
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
		char *got;

		if (hook_answer_read(&a, false, t[i].text,
		    strlen(t[i].text), &e) < 0)
			fail_msg("%s: %s", t[i].text, e.text);
		assert_int_equal(a.hook.findings_len, 1);
		got = finding(&a.hook.findings[0]);
		assert_string_equal(got, t[i].want);
		free(got);
	}
}
