/* Which model the next turn is for, from the journal's lines alone. */
#include "config.h"

#include <stdbool.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/model.h"
#include "journal/event.h"
#include "tests/unit/unit.h"

static void
line(struct core *c, const char *text)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(text, strlen(text), JSON_NUL_REFUSE, &e);

	assert_non_null(o);
	model_part.line(c, o, event_type(o));
	cJSON_Delete(o);
}

/* The phase; a task explores until it has begun a plan. */
static void
test_wanted(void **state)
{
	struct core c = { 0 };

	model_part.init(&c);
	assert_int_equal(route_wanted(&c.models, "look"), ROUTE_EXPLORE);
	assert_int_equal(route_wanted(&c.models, "plan"), ROUTE_EXPLORE);
	line(&c, "{\"type\":\"turn_start\",\"phase\":\"plan\"}");
	line(&c, "{\"type\":\"tool_call\",\"name\":\"read\"}");
	assert_int_equal(route_wanted(&c.models, "plan"), ROUTE_EXPLORE);
	line(&c, "{\"type\":\"tool_call\",\"name\":\"plan\"}");
	assert_int_equal(route_wanted(&c.models, "plan"), ROUTE_PLAN);
	assert_int_equal(route_wanted(&c.models, "execute"), ROUTE_EXECUTE);
	line(&c, "{\"type\":\"agent_end\"}");
	assert_int_equal(route_wanted(&c.models, "plan"), ROUTE_EXPLORE);
	model_part.free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
