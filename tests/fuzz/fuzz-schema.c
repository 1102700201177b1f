/*
 * A tool's schema by somebody else becomes a schema without anything that
 * services refuse, and not much larger; arguments that also go into HTTP
 * headers are one line each.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <strings.h>

#include "base/json.h"
#include "core/mcp/mcp-int.h"
#include "provider/schema.h"

static void
check(const cJSON *o, int depth)
{
	static const char *const known[] = { "additionalProperties", "anyOf", "description", "enum",
		"format", "items", "maxItems", "maxLength", "maximum",
		"minItems", "minLength", "minimum", "nullable",
		"properties", "required", "type" };
	const cJSON *m, *it;
	size_t i;

	FUZZ_CHECK(depth < 32 && cJSON_IsObject(o));
	FUZZ_CHECK(json_str(o, "type") != NULL ||
	    (json_array(o, "anyOf") != NULL && o->child->next == NULL));
	cJSON_ArrayForEach(m, o) {
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strcmp(known[i], m->string) == 0)
				break;
		FUZZ_CHECK(i < sizeof(known) / sizeof(known[0]));
		if (strcmp(m->string, "properties") == 0 ||
		    strcmp(m->string, "anyOf") == 0)
			cJSON_ArrayForEach(it, m)
				check(it, depth + 1);
		else if (strcmp(m->string, "items") == 0 || (cJSON_IsObject(m) &&
		    strcmp(m->string, "additionalProperties") == 0))
			check(m, depth + 1);
	}
}

/* With the arguments and the name that are in it. */
static void
check_header(const cJSON *schema)
{
	AUTO_JSON cJSON *message = cJSON_CreateObject(), *marked = NULL;
	cJSON *params = cJSON_AddObjectToObject(message, "params");
	struct buf lines = BUF_INIT(0);
	const char *p;
	size_t n;

	json_add_str(message, "method", "tools/call");
	json_add_str(params, "name", json_str(schema, "title"));
	json_copy(params, "arguments", json_get(schema, "arguments"));
	json_add_str(cJSON_AddObjectToObject(params, "_meta"),
	    MCP_META "protocolVersion", MCP_VERSION);
	if (mcp_header_read(schema, &marked))
		mcp_header_add(&lines, message, marked);
	for (p = buf_str(&lines); p < lines.p + lines.len; p += n + 1) {
		n = strlen(p);
		FUZZ_CHECK(strncasecmp(p, "Mcp-", 4) == 0 &&
		    strstr(p, ": ") != NULL && p[n - 1] != ' ');
		FUZZ_CHECK(strspn(p, " !\"#$%&'()*+,-./0123456789:;<=>?@"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz"
		    "{|}~") == n);
	}
	buf_release(&lines);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct buf in = BUF_INIT(0);
	cJSON *o;

	buf_add(&in, p, size);
	o = plain_schema_gemini(buf_str(&in));
	if (o != NULL)
		check(o, 0);
	cJSON_Delete(o);
	o = json_parse(in.p, in.len, JSON_NUL_REPLACE, NULL);
	if (o != NULL) {
		char *text = plain_schema(o, 2000);

		FUZZ_CHECK(strlen(text) <= 2000);
		check_header(o);
		cJSON_Delete(o);
		o = json_parse(text, strlen(text), JSON_NUL_REFUSE, NULL);
		FUZZ_CHECK(json_is(o, "type", "object") &&
		    json_get(o, "properties") != NULL);
		check(o, 0);
		cJSON_Delete(o);
		free(text);
	}
	buf_release(&in);
	return 0;
}
