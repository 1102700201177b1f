/* A plan as Markdown and back. */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "front/plan-markdown.h"
#include "tests/unit/unit.h"

static cJSON *
parse(const char *text)
{
	cJSON *o = cJSON_Parse(text);

	assert_non_null(o);
	return o;
}

static uint32_t seed;

static int
below(int n)
{
	seed = seed * 1103515245 + 12345;
	return (int)(seed >> 16) % n;
}

/* A text of pieces that mean something in Markdown or JSON. */
static cJSON *
any_text(bool one_line)
{
	static const char *const pieces[] = {
		"a", "word", " ", "# Goal", "#", "- ", "1. ", "\\", "<!--",
		"-->", "- tools: x", "- paths: y", "\"", ",", "```", "    ",
		"\t", "\x1b[0m", "\xe2\x80\xae", "\xc3\xa9", "<U+202E>",
	};
	struct buf b = BUF_INIT(0);
	int n = 1 + below(6);
	cJSON *s;

	buf_adds(&b, "x");
	while (n-- > 0) {
		if (!one_line && below(3) == 0)
			buf_adds(&b, below(3) == 0 ? "\n\n" : "\n");
		buf_adds(&b, pieces[below(MEM_COUNT(pieces))]);
		if (below(2) == 0)
			buf_adds(&b, "z");
	}
	buf_adds(&b, "x");
	s = cJSON_CreateString(buf_str(&b));
	buf_release(&b);
	return s;
}

static cJSON *
any_list(int most, bool one_line)
{
	cJSON *a = cJSON_CreateArray();
	int n = below(most + 1);

	while (n-- > 0)
		cJSON_AddItemToArray(a, any_text(one_line));
	return a;
}

/* Lines that hold only blanks come back as empty ones. */
static void
blank(cJSON *o)
{
	cJSON *it;
	char *from, *to, *end, *s;

	cJSON_ArrayForEach(it, o)
		blank(it);
	if (!cJSON_IsString(o))
		return;
	s = xstrdup(o->valuestring);
	for (from = to = s; *from != '\0'; from = end) {
		end = from + strcspn(from, "\n");
		if (strspn(from, " \t") < (size_t)(end - from)) {
			memmove(to, from, (size_t)(end - from));
			to += end - from;
		}
		if (*end == '\n')
			*to++ = *end++;
	}
	*to = '\0';
	cJSON_SetValuestring(o, s);
	free(s);
}

/* Whatever the model wrote comes back, if nothing is edited. */
TEST(test_round_trip)
{
	int i, n, line;

	for (i = 0; i < 3000; i++) {
		struct err e = ERR_INIT;
		cJSON *plan = cJSON_CreateObject(), *steps, *back, *step;
		size_t len;
		char *text, *again;

		seed = (uint32_t)i;
		cJSON_AddItemToObject(plan, "goal", any_text(false));
		steps = cJSON_AddArrayToObject(plan, "steps");
		for (n = 1 + below(12); n > 0; n--) {
			step = cJSON_CreateObject();
			cJSON_AddItemToObject(step, "title", any_text(false));
			if (below(2) == 0)
				cJSON_AddItemToObject(step, "paths",
				    any_list(3, false));
			cJSON_AddItemToArray(steps, step);
		}
		cJSON_AddItemToObject(plan, "files", any_list(4, false));
		cJSON_AddItemToObject(plan, "risks", any_list(4, false));
		if (below(2) == 0)
			cJSON_AddItemToObject(plan, "check", any_text(false));
		text = plan_markdown(plan, &len);
		back = plan_markdown_read(text, len, plan, &line, &e);
		if (back == NULL)
			fail_msg("seed %d, line %d: %s\n%s", i, line, e.text,
			    text);
		cJSON_ArrayForEach(step, steps)
			if (json_array(step, "paths") != NULL &&
			    json_array(step, "paths")->child == NULL)
				cJSON_DeleteItemFromObject(step, "paths");
		blank(cJSON_GetObjectItem(plan, "goal"));
		cJSON_ArrayForEach(step, steps)
			blank(cJSON_GetObjectItem(step, "title"));
		blank(cJSON_GetObjectItem(plan, "risks"));
		blank(cJSON_GetObjectItem(plan, "check"));
		free(text);
		text = plan_markdown(plan, &len);
		again = plan_markdown(back, &len);
		if (strcmp(text, again) != 0)
			fail_msg("seed %d:\n%s\n%s\n%s", i, json_print(plan),
			    json_print(back), text);
		cJSON_Delete(back);
		cJSON_Delete(plan);
		free(again);
		free(text);
	}
}

/* A parse error names its line. */
TEST(test_errors)
{
	static const struct {
		const char	*text;
		int		 line;
		const char	*words;
	} cases[] = {
		{ "hello\n", 1, "before the first heading" },
		{ "# Goal\ng\n# Stuff\n", 3, "unknown heading \"Stuff\"" },
		{ "# Goal\ng\n# Goal\nh\n", 3, "there twice" },
		{ "# Goal\ng\n# Steps\n1. a\nloose\n", 5, "outside a list" },
		{ "# Goal\ng\n# Steps\n   - paths: a\n", 4, "to a step" },
		{ "# Goal\ng\n# Steps\n1. a\n   - paths: \"b\n", 5, "quote" },
		{ "# Goal\ng\n# Steps\n1. a\n   - paths: \"b\" c\n", 5,
		    "follows a quoted name" },
		{ "# Goal\ng\n# Steps\n1. a\n# Expected files\nx\n", 6,
		    "outside a list" },
		{ "# Goal\ng\n# Steps\n", 0, "no steps" },
		{ "# Steps\n1. a\n", 0, "no goal" },
		{ "# Goal\ng\n# Steps\n1.\n", 0, "no text" },
		{ "# Goal\ng\n# Steps\n1. a\n<!-- b\n# Risks\n- c -->\n", 5,
		    "no comments" },
		{ "# Goal\ng\n# Steps\n1. a\n<!-- b -->\n", 5, "no comments" },
		{ "# Goal\ng\n<!-- b --> - c\n# Steps\n1. a\n", 3,
		    "no comments" },
		{ "<!-- can't be read: b --> c\n# Goal\ng\n", 1,
		    "no comments" },
		{ "<!-- can't be read: \n# Goal\ng\n", 1, "no comments" },
		{ "# Goal: g\n# Steps\n1. a\n", 1, "after the heading \"Goal\"" },
		{ "# Goal\ng\n# Steps (two)\n1. a\n", 3, "after the heading" },
		{ "# Goal\ng\n# Steps\n1. a\n# Check (make)\n", 5,
		    "after the heading" },
		{ "# Goal\ng\n# Steps\n1. a\n# Check\nmake b\n", 5,
		    "set by --test" },
	};
	cJSON *before = parse("{\"goal\":\"g\",\"steps\":[\"a\"],\"check\":{"
	    "\"command\":\"make a\",\"by\":\"flag\"}}");
	static const char same[] = "# Goal\ng\n# Steps\n1. a\n# Check (set by "
	    "--test; a plan can't change it)\n    make a\n";
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct err e = ERR_INIT;
		int line = -1;

		if (plan_markdown_read(cases[i].text, strlen(cases[i].text),
		    before, &line, &e) != NULL)
			fail_msg("%zu was read", i);
		if (line != cases[i].line || strstr(e.text, cases[i].words) ==
		    NULL)
			fail_msg("%zu: line %d: %s", i, line, e.text);
	}
	assert_true(plan_markdown_is(same, strlen(same), before));
	cJSON_Delete(before);
}
