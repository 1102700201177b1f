#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"
#include "tool/tool.h"

TEST(test_args)
{
	/* want: NULL for accepted, else what the sentence must hold */
	static const struct {
		const char *tool, *args, *want;
	} cases[] = {
		{ "read", "{\"path\":\"a\"}", NULL },
		{ "read", "{\"path\":\"a\",\"from\":1,\"lines\":2}", NULL },
		{ "read", "{\"path\":\"a\",\"from\":3.0}", NULL },
		{ "write", "{}",
		    "\"path\" is missing. It takes: path, "
		    "content" },
		{ "read", "{\"ranges\":[{\"path\":\"a\",\"to\":1}]}",
		    "unknown argument \"ranges[0].to\"" },
		{ "read", "{\"path\":\"\"}", MSG_MUST_NOT_BE_EMPTY },
		{ "read", "{\"path\":\"a\",\"from\":\"7\"}",
		    "\"from\" must be a whole number, without quotes, "
		    "not \"7\"" },
		{ "read", "{\"path\":\"a\",\"from\":1.5}", "whole number" },
		{ "read", "{\"path\":\"a\",\"from\":1e300}", "whole number" },
		{ "read", "{\"file_path\":\"a\"}",
		    "unknown argument \"file_path\" (did you mean \"path\"?)." },
		{ "grep", "{\"pattern\":\"x\",\"aaa\":1,\"globs\":1,\"-n\":1}",
		    "grep: unknown argument \"aaa\", \"globs\" (did you mean "
		    "\"glob\"?). It takes: pattern, " },
		{ "read", "{\"path\":\"a\",\"zzzz\":1}",
		    "unknown argument \"zzzz\". It takes: path (optional), "
		    "from "
		    "(optional), lines (optional)" },
		{ "read", "{\"path\":\"a\",\"path\":\"b\"}", "given twice" },
		{ "read", "\"a\"", "the arguments must be an object" },
		{ "read", "null", "the arguments must be an object, not null" },
		{ "run_tests", "{\"x\":1}", "It takes: path (optional)" },
		{ "edit",
		    "{\"path\":\"a\",\"old_string\":\"\","
		    "\"new_string\":\"\"}",
		    NULL },
		{ "edit",
		    "{\"path\":\"a\",\"old_string\":\"\","
		    "\"new_string\":\"\",\"replace_all\":\"true\"}",
		    "true or false, without quotes" },
		{ "grep", "{\"pattern\":\"x\",\"context\":0}", NULL },
		{ "grep", "{\"pattern\":\"x\",\"max\":0}", "at least 1" },
		{ "write", "{\"path\":\"a\",\"content\":\"\",\"reason\":\"\"}",
		    NULL },
		{ "plan",
		    "{\"goal\":\"g\",\"steps\":[{\"title\":\"t\"}],"
		    "\"files\":[]}",
		    NULL },
		{ "plan",
		    "{\"goal\":\"g\",\"steps\":[{\"title\":\"t\"},"
		    "{\"name\":\"t\"}],\"files\":[]}",
		    "unknown argument \"steps[1].name\"" },
		{ "plan", "{\"goal\":\"g\",\"steps\":[{\"title\":\"\"}]}",
		    "\"steps[0].title\" must not be empty" },
		{ "finding", "{\"path\":\"a\",\"line\":1,\"severity\":\"x\","
		    "\"message\":\"m\"}", "must be one of error, warning" },
		{ "plan",
		    "{\"goal\":\"g\",\"steps\":[{\"title\":\"t\"}],"
		    "\"files\":[1]}",
		    "\"files[0]\" must be a string" },
		{ "step_done", "{\"step\":0}", "at least 1" },
		/* An argument without effect is accepted, but not one that may
		 * have one. */
		{ "bash", "{\"command\":\"ls\",\"description\":\"List\"}",
		    NULL },
		{ "bash", "{\"description\":\"List\"}",
		    "\"command\" is missing" },
		{ "glob", "{\"pattern\":\"*\",\"limit\":5}", NULL },
		{ "bash", "{\"command\":\"ls\",\"workdir\":\"lib\"}",
		    "unknown argument \"workdir\"" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct err e = ERR_INIT;
		cJSON *args = json_parse(cases[i].args,
		    strlen(cases[i].args), JSON_NUL_REFUSE, &e);
		int rc;

		assert_non_null(args);
		rc = tool_check_args(tool_find(cases[i].tool), args, &e);
		if (cases[i].want == NULL && rc != 0)
			fail_msg("%s %s: %s", cases[i].tool, cases[i].args,
			    e.text);
		if (cases[i].want != NULL && (rc == 0 ||
		    strstr(e.text, cases[i].want) == NULL))
			fail_msg("%s %s: got '%s'", cases[i].tool,
			    cases[i].args, e.text);
		cJSON_Delete(args);
	}
}

/* Lists that came in another shape. */
TEST(test_args_mend)
{
	static const struct {
		const char *tool, *args, *want;
	} cases[] = {
		{ "edit", "{\"edits\":{\"old_string\":\"a\"}}",
		    "{\"edits\":[{\"old_string\":\"a\"}]}" },
		{ "edit", "{\"edits\":\"[{\\\"old_string\\\":1}]\"}",
		    "{\"edits\":[{\"old_string\":1}]}" },
		{ "edit", "{\"edits\":\"{\\\"old_string\\\":1}\"}",
		    "{\"edits\":[{\"old_string\":1}]}" },
		{ "edit", "{\"edits\":\"[1\"}", "{\"edits\":\"[1\"}" },
		{ "edit", "{\"edits\":7,\"old_string\":\"[1]\"}",
		    "{\"edits\":7,\"old_string\":\"[1]\"}" },
		{ "read", "{\"paths\":\"a.c\"}", "{\"paths\":[\"a.c\"]}" },
		{ "apply_patch", "{\"patch\":\"x\"}", "{\"input\":\"x\"}" },
		{ "plan", "{\"files\":\"a.c\"}", "{\"files\":[\"a.c\"]}" },
		{ "plan", "{\"files\":\"[\\\"a.c\\\"]\"}",
		    "{\"files\":[\"a.c\"]}" },
		{ "plan", "{\"files\":{\"a\":1}}", "{\"files\":{\"a\":1}}" },
		{ "read", "{\"from\":\"5\"}", "{\"from\":5}" },
		{ "read", "{\"ranges\":{\"from\":\"5\"}}",
		    "{\"ranges\":[{\"from\":5}]}" },
		{ "read", "{\"from\":\"5 lines\",\"path\":\"5\"}",
		    "{\"from\":\"5 lines\",\"path\":\"5\"}" },
		{ "read", "{\"from\":\"true\",\"lines\":\"1.5\"}",
		    "{\"from\":\"true\",\"lines\":\"1.5\"}" },
		{ "bash", "{\"background\":\"false\"}",
		    "{\"background\":false}" },
		{ "edit", "{\"edits\":[{\"replace_all\":\"true\"}]}",
		    "{\"edits\":[{\"replace_all\":true}]}" },
		/* Names of other agents. */
		{ "read", "{\"file_path\":\"a\",\"offset\":0,"
		    "\"limit\":\"9\"}",
		    "{\"path\":\"a\",\"lines\":9,\"from\":1}" },
		{ "read", "{\"start_line\":5,\"end_line\":\"7\"}",
		    "{\"from\":5,\"lines\":3}" },
		{ "read", "{\"offset\":5,\"from\":7}",
		    "{\"offset\":5,\"from\":7}" },
		{ "edit", "{\"edits\":[{\"oldText\":\"a\","
		    "\"new_str\":\"b\"}]}", "{\"edits\":[{\"new_string\":"
		    "\"b\",\"old_string\":\"a\"}]}" },
		{ "write", "{\"contents\":\"\"}", "{\"content\":\"\"}" },
		{ "bash", "{\"cmd\":\"ls\",\"timeout\":5}",
		    "{\"command\":\"ls\",\"timeout_s\":5}" },
		{ "bash", "{\"timeout\":120000}", "{\"timeout_s\":120}" },
		{ "bash", "{\"timeout_ms\":50}", "{\"timeout_s\":1}" },
		{ "bash", "{\"timeout_ms\":1e300}",
		    "{\"timeout_s\":1000000000}" },
		{ "bash", "{\"run_in_background\":\"true\"}",
		    "{\"background\":true}" },
		{ "grep", "{\"include\":\"*.c\",\"-i\":true,"
		    "\"head_limit\":5,\"output_mode\":\"count\"}",
		    "{\"ignore_case\":true,\"max\":5,\"glob\":\"*.c\","
		    "\"files\":true}" },
		{ "grep", "{\"output_mode\":\"content\"}",
		    "{\"files\":false}" },
		{ "glob", "{\"limit\":5}", "{\"limit\":5}" },
		{ "read", "{\"view_range\":[3,9],\"file\":\"a\"}",
		    "{\"path\":\"a\",\"from\":3,\"lines\":7}" },
		{ "read", "{\"view_range\":[3,-1]}", "{\"from\":3}" },
		{ "read", "{\"view_range\":3}", "{\"view_range\":3}" },
		{ "bash", "{\"command\":[\"ls\",\"a b\"],\"cwd\":\"c d\"}",
		    "{\"command\":\"cd 'c d' || exit; ls 'a b'\"}" },
		{ "bash", "{\"cmd\":[\"bash\",\"-lc\",\"a|b\"]}",
		    "{\"command\":\"a|b\"}" },
		{ "bash", "{\"command\":[1],\"workdir\":\"a\"}",
		    "{\"command\":[1],\"workdir\":\"a\"}" },
		/* Nearly right names, of a text that only explains. */
		{ "edit", "{\"reasn\":\"typo\",\"old_strin\":\"a\"}",
		    "{\"reason\":\"typo\",\"old_strin\":\"a\"}" },
		{ "bash", "{\"descripton\":\"x\"}",
		    "{\"description\":\"x\"}" },
		{ "write", "{\"resaon\":5,\"reasons\":\"a\","
		    "\"reason\":\"b\",\"reasoning\":\"c\"}",
		    "{\"resaon\":5,\"reasons\":\"a\","
		    "\"reason\":\"b\",\"reasoning\":\"c\"}" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		cJSON *args = json_parse(cases[i].args,
		    strlen(cases[i].args), JSON_NUL_REFUSE, NULL);
		char *text;

		assert_non_null(args);
		tool_mend_args(tool_find(cases[i].tool),
		    tool_schema(tool_find(cases[i].tool)), args);
		text = json_print(args);
		assert_string_equal(text, cases[i].want);
		free(text);
		cJSON_Delete(args);
	}
}
