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
#include "core/model.h"

static void
line(struct routes *r, const char *text)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(text, strlen(text), JSON_NUL_REFUSE, &e);

	assert_non_null(o);
	route_event(r, o);
	cJSON_Delete(o);
}

/* The phase; a task explores until it has begun a plan. */
static void
test_wanted(void **state)
{
	struct routes *r = routes_new();

	(void)state;
	assert_int_equal(route_wanted(r, "look"), ROUTE_EXPLORE);
	assert_int_equal(route_wanted(r, "plan"), ROUTE_EXPLORE);
	line(r, "{\"type\":\"turn_start\",\"phase\":\"plan\"}");
	line(r, "{\"type\":\"tool_call\",\"name\":\"read\"}");
	assert_int_equal(route_wanted(r, "plan"), ROUTE_EXPLORE);
	line(r, "{\"type\":\"tool_call\",\"name\":\"plan\"}");
	assert_int_equal(route_wanted(r, "plan"), ROUTE_PLAN);
	assert_int_equal(route_wanted(r, "execute"), ROUTE_EXECUTE);
	line(r, "{\"type\":\"agent_end\"}");
	assert_int_equal(route_wanted(r, "plan"), ROUTE_EXPLORE);
	routes_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
