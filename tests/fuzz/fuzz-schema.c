/*
 * A tool's schema of somebody else's, for Gemini: what comes of it is a schema
 * with nothing in it that is refused there, and not much larger.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "provider/gemini.h"

static void
check(const cJSON *o, int depth)
{
	static const char *const known[] = { "anyOf", "description", "enum",
		"format", "items", "maxItems", "maxLength", "maximum",
		"minItems", "minLength", "minimum", "nullable", "pattern",
		"properties", "required", "type" };
	const cJSON *m, *it;
	size_t i;

	FUZZ_CHECK(depth < 64 && cJSON_IsObject(o));
	cJSON_ArrayForEach(m, o) {
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strcmp(known[i], m->string) == 0)
				break;
		FUZZ_CHECK(i < sizeof(known) / sizeof(known[0]));
		if (strcmp(m->string, "properties") == 0 ||
		    strcmp(m->string, "anyOf") == 0)
			cJSON_ArrayForEach(it, m)
				check(it, depth + 1);
		else if (strcmp(m->string, "items") == 0)
			check(m, depth + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct buf in = BUF_INIT(0);
	cJSON *o;

	buf_add(&in, p, size);
	o = gemini_schema(buf_str(&in));
	if (o != NULL)
		check(o, 0);
	cJSON_Delete(o);
	buf_release(&in);
	return 0;
}
