/* Which model the next turn is for, from the journal's lines alone. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/turn/route.h"

static void
line(struct routes *r, const char *text)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(text, strlen(text), JSON_NUL_REFUSE, &e);

	assert_non_null(o);
	route_event(r, o);
	cJSON_Delete(o);
}

#define EXECUTE "{\"type\":\"turn_start\",\"phase\":\"execute\"}"
#define PLAN "{\"type\":\"turn_start\",\"phase\":\"plan\"}"
#define TESTS "{\"type\":\"tool_call\",\"name\":\"run_tests\",\"args\":{}}"
#define SOME "{\"type\":\"tool_call\",\"name\":\"run_tests\",\"args\":" \
	"{\"path\":\"a\"}}"
#define FAILED "{\"type\":\"tool_result\",\"name\":\"run_tests\"," \
	"\"ok\":false,\"error\":\"exit\"}"
#define KILLED "{\"type\":\"tool_result\",\"name\":\"run_tests\"," \
	"\"ok\":false,\"error\":\"killed\"}"
#define PASSED "{\"type\":\"tool_result\",\"name\":\"run_tests\",\"ok\":true}"
#define EVIDENCE "{\"type\":\"evidence\",\"status\":\"done\"," \
	"\"where\":\"stage\",\"exit\":"
#define ESCALATED "{\"type\":\"model\",\"by\":\"core\"," \
	"\"route\":\"escalate\"}"
#define END "{\"type\":\"agent_end\"}"

/* What counts as a run of the success check that failed. */
static void
test_failures(void **state)
{
	static const struct {
		const char *lines[6];
		int failed;	/* of the three that escalate */
	} cases[] = {
		{ { EXECUTE, TESTS, FAILED }, 1 },
		{ { EXECUTE, TESTS, FAILED, TESTS, FAILED,
		    EVIDENCE "1}" }, 3 },
		/* One that passes ends the row. */
		{ { EXECUTE, TESTS, FAILED, TESTS, PASSED }, 0 },
		{ { EXECUTE, TESTS, FAILED, EVIDENCE "0}" }, 0 },
		{ { EXECUTE, TESTS, FAILED, END }, 0 },
		/* A part of it, a kill, and what is only looked at are none. */
		{ { EXECUTE, SOME, FAILED }, 0 },
		{ { EXECUTE, TESTS, FAILED, SOME, PASSED }, 1 },
		{ { EXECUTE, TESTS, KILLED }, 0 },
		{ { EXECUTE, EVIDENCE "1,\"killed\":\"time\"}" }, 0 },
		{ { EXECUTE, EVIDENCE "1}",
		    "{\"type\":\"evidence\",\"status\":\"stale\"}" }, 1 },
		{ { EXECUTE, "{\"type\":\"evidence\",\"status\":\"done\","
		    "\"where\":\"accepted\",\"exit\":1}" }, 0 },
		{ { PLAN, TESTS, FAILED }, 0 },
		{ { TESTS, FAILED }, 0 },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct routes *r = routes_new();

		for (j = 0; j < 6 && cases[i].lines[j] != NULL; j++)
			line(r, cases[i].lines[j]);
		/* As many more as are missing, and not one less. */
		line(r, EXECUTE);
		for (j = (size_t)cases[i].failed; j < 3; j++) {
			if (route_wanted(r, "execute") != ROUTE_EXECUTE)
				break;
			line(r, TESTS);
			line(r, FAILED);
		}
		if (j < 3 || route_wanted(r, "execute") != ROUTE_ESCALATE)
			fail_msg("case %zu: not %d", i, cases[i].failed);
		routes_free(r);
	}
}

/* The phase, and once in a task the one that is to help. */
static void
test_wanted(void **state)
{
	struct routes *r = routes_new();
	int i;

	(void)state;
	assert_int_equal(route_wanted(r, "look"), ROUTE_EXPLORE);
	assert_int_equal(route_wanted(r, "plan"), ROUTE_EXPLORE);
	line(r, PLAN);
	line(r, "{\"type\":\"tool_call\",\"name\":\"read\"}");
	assert_int_equal(route_wanted(r, "plan"), ROUTE_EXPLORE);
	line(r, "{\"type\":\"tool_call\",\"name\":\"plan\"}");
	assert_int_equal(route_wanted(r, "plan"), ROUTE_PLAN);
	assert_int_equal(route_wanted(r, "execute"), ROUTE_EXECUTE);
	line(r, EXECUTE);
	for (i = 0; i < 3; i++) {
		assert_int_equal(route_wanted(r, "execute"), ROUTE_EXECUTE);
		line(r, TESTS);
		line(r, FAILED);
	}
	assert_int_equal(route_wanted(r, "execute"), ROUTE_ESCALATE);
	assert_int_equal(route_wanted(r, "plan"), ROUTE_PLAN);
	line(r, ESCALATED);
	line(r, TESTS);
	line(r, PASSED);
	assert_int_equal(route_wanted(r, "execute"), ROUTE_ESCALATE);
	line(r, END);
	assert_int_equal(route_wanted(r, "execute"), ROUTE_EXECUTE);
	assert_int_equal(route_wanted(r, "plan"), ROUTE_EXPLORE);
	routes_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
