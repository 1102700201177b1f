/*
 * Schemas of other people's tools, as they are sent: what services refuse isn't
 * in them, whatever it was, and what can be kept is.
 */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "provider/schema.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

#define MOST	((size_t)16384)
#define TEN	"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9" \
	"\xc3\xa9\xc3\xa9\xc3\xa9"

static cJSON *
parse(const char *text)
{
	cJSON *o = json_parse(text, strlen(text), JSON_NUL_REFUSE, NULL);

	assert_non_null(o);
	return o;
}

static char *
plain(const char *text, size_t most)
{
	AUTO_JSON cJSON *o = parse(text);

	return plain_schema(o, most);
}

TEST(test_cases)
{
	static const struct { const char *about, *in, *out; } cases[] = {
		{ "no object", "7",
		  "{\"type\":\"object\",\"properties\":{}}" },
		{ "a definition, and what is beside it",
		  "{\"properties\":{\"a\":{\"$ref\":\"#/$defs/P\","
		    "\"description\":\"D\"}},\"$defs\":{\"P\":{\"type\":"
		    "\"object\",\"properties\":{\"x\":{\"const\":5}},"
		    "\"additionalProperties\":false}}}",
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		    "\"object\",\"description\":\"D\",\"properties\":{"
		    "\"x\":{\"type\":\"number\",\"enum\":[5]}},"
		    "\"additionalProperties\":false}}}" },
		{ "a default that is cut between letters",
		  "{\"properties\":{\"a\":{\"type\":\"string\",\"default\":\""
		    TEN TEN TEN TEN TEN "\"}}}",
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		    "\"string\",\"description\":\"Default: \\\"" TEN TEN TEN TEN
		    "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		    "\xc3\xa9\xc3\xa9.\"}}}" },
		{ "alternatives of the whole",
		  "{\"type\":\"object\",\"oneOf\":[{\"properties\":{"
		    "\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]},"
		    "{\"properties\":{\"b\":{\"type\":\"integer\"}}}],"
		    "\"properties\":{\"c\":{}},\"required\":[\"c\",\"c\","
		    "\"d\",7]}",
		  "{\"type\":\"object\",\"properties\":{\"c\":{\"type\":"
		    "\"string\"},\"a\":{\"type\":\"string\"},\"b\":{"
		    "\"type\":\"integer\"}},\"required\":[\"c\"]}" },
		{ "several types, null, and alternatives in alternatives",
		  "{\"properties\":{\"a\":{\"type\":[\"string\","
		    "\"number\",\"null\"]},\"b\":{\"anyOf\":[{\"type\":"
		    "[\"boolean\",\"integer\"]},{\"type\":\"null\"}]}}}",
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"anyOf\":"
		    "[{\"type\":\"string\"},{\"type\":\"number\"},{"
		    "\"type\":\"null\"}]},\"b\":{\"anyOf\":[{\"type\":"
		    "\"boolean\"},{\"type\":\"integer\"},{\"type\":"
		    "\"null\"}]}}}" },
		{ "limits, patterns and formats",
		  "{\"properties\":{\"a\":{\"type\":\"string\","
		    "\"minLength\":1,\"maxLength\":1e9,\"pattern\":\"x+\","
		    "\"format\":\"date\"},\"b\":{\"type\":\"integer\","
		    "\"minimum\":0,\"exclusiveMinimum\":true,\"format\":"
		    "\"uint8\",\"pattern\":7},\"c\":{\"type\":\"array\","
		    "\"maxItems\":-1,\"minItems\":0.5,\"items\":[{},{}]}}}",
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		    "\"string\",\"minLength\":1,\"format\":\"date\","
		    "\"description\":\"Pattern: x+\"},\"b\":{\"type\":"
		    "\"integer\",\"minimum\":0},\"c\":{\"type\":\"array\","
		    "\"items\":{\"type\":\"string\"}}}}" },
		{ "values of several kinds, twice, and none",
		  "{\"properties\":{\"a\":{\"enum\":[\"x\",\"x\",1]},"
		    "\"b\":{\"enum\":[]},\"c\":{\"enum\":[true,null]},"
		    "\"d\":{\"type\":\"string\",\"enum\":[\"x\",\"x\"]}}}",
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		    "\"string\",\"description\":\"One of: \\\"x\\\", 1.\"},"
		    "\"b\":{\"type\":\"string\"},\"c\":{\"anyOf\":[{"
		    "\"type\":\"boolean\",\"enum\":[true]},{\"type\":"
		    "\"null\"}]},\"d\":{\"type\":\"string\",\"enum\":"
		    "[\"x\"]}}}" },
		{ "names, and members of any name",
		  "{\"properties\":{\"a b\":{\"type\":\"string\"},\"m\":{"
		    "\"type\":\"object\",\"additionalProperties\":{\"$ref\":"
		    "\"#/nowhere\"}},\"n\":{\"type\":\"object\","
		    "\"patternProperties\":{\"^x\":{}},"
		    "\"additionalProperties\":false}},\"required\":[\"a b\"]}",
		  "{\"type\":\"object\",\"description\":\"Also takes: "
		    "\\\"a b\\\"\",\"properties\":{\"m\":{\"type\":"
		    "\"object\",\"additionalProperties\":{\"type\":"
		    "\"string\"}},\"n\":{\"type\":\"object\"}}}" },
		{ "words of other kinds",
		  "{\"description\":[],\"if\":{},\"not\":{},\"title\":\"T\","
		    "\"properties\":{\"a\":{\"type\":\"file\",\"required\":"
		    "true,\"description\":7},\"b\":{\"type\":\"array\","
		    "\"items\":false}}}",
		  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		    "\"string\"},\"b\":{\"type\":\"array\",\"items\":{"
		    "\"type\":\"string\"}}}}" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_FREE char *text = plain(cases[i].in, MOST);

		if (strcmp(text, cases[i].out) != 0)
			print_error("%s\n", cases[i].about);
		assert_string_equal(text, cases[i].out);
	}
}

/* ---- at random ---- */

static uint64_t seed;

static size_t
any(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

static const char *
any_name(void)
{
	static const char *const names[] = { "a", "b", "c", "d e", "", "properties",
		"$ref", "anyOf", "\xc3\xa9", "type" };

	return names[any(MEM_COUNT(names))];
}

static cJSON *any_schema(unsigned depth);

static cJSON *
any_value(unsigned depth)
{
	static const char *const words[] = { "#", "#/$defs/a", "#/properties/b",
		"#/$defs/c/items", "http://x/y", "string", "null", "object",
		"array", "integer", "date", "^[a-", "#//" };

	switch (any(7)) {
	case 0: return cJSON_CreateNull();
	case 1: return cJSON_CreateBool(any(2) == 0);
	case 2: return cJSON_CreateNumber((double)any(3000) - 10.5);
	case 3: return cJSON_CreateNumber((double)any(2000));
	case 4: return any_schema(depth + 1);
	default: return cJSON_CreateString(words[any(MEM_COUNT(words))]);
	}
}

/* One that means something, most of the time. */
static cJSON *
any_schema(unsigned depth)
{
	static const char *const keys[] = { "type", "$ref", "enum", "const",
		"properties", "required", "items", "prefixItems", "anyOf",
		"oneOf", "allOf", "additionalProperties", "format", "pattern",
		"nullable", "description", "minimum", "maxItems", "minLength",
		"$defs", "not", "patternProperties", "default" };
	cJSON *o = cJSON_CreateObject(), *v;
	size_t n, i, j;

	for (i = any(depth > 6 ? 2 : 6); i > 0; i--) {
		const char *key = keys[any(MEM_COUNT(keys))];
		bool map = strcmp(key, "properties") == 0 ||
		    strcmp(key, "$defs") == 0;
		bool list = strstr("enum required prefixItems anyOf oneOf "
		    "allOf", key) != NULL;

		if (any(10) == 0) {
			v = any_value(depth);
		} else if (map || list) {
			v = map ? cJSON_CreateObject() : cJSON_CreateArray();
			n = depth > 6 ? 0 : any(5);
			for (j = 0; j < n; j++) {
				cJSON *in = any(8) == 0 ? any_value(depth) :
				    strcmp(key, "required") == 0 ?
				    cJSON_CreateString(any_name()) :
				    any_schema(depth + 1);

				if (map)
					json_set_take(v, any_name(), in);
				else
					cJSON_AddItemToArray(v, in);
			}
		} else
			v = strcmp(key, "items") == 0 && depth < 7 ?
			    any_schema(depth + 1) : any_value(depth);
		json_set_take(o, key, v);
	}
	return o;
}

static void
check(const cJSON *o, bool gemini, int depth)
{
	static const char *const types[] = { "array", "boolean", "integer",
		"null", "number", "object", "string" };
	static const char *const keys[] = { "additionalProperties", "anyOf",
		"description", "enum", "format", "items", "maxItems",
		"maxLength", "maximum", "minItems", "minLength", "minimum",
		"nullable", "properties", "required", "type" };
	const cJSON *m, *it, *props = json_get(o, "properties");
	const char *type = json_str(o, "type");

	assert_true(cJSON_IsObject(o) && depth < 24);
	cJSON_ArrayForEach(m, o)
		assert_non_null(MEM_FIND(keys, m->string));
	m = json_array(o, "anyOf");
	if (m != NULL) {
		assert_ptr_equal(o->child->next, NULL);
		assert_true(cJSON_GetArraySize(m) > 1);
		cJSON_ArrayForEach(it, m) {
			assert_null(json_get(it, "anyOf"));
			check(it, gemini, depth + 1);
		}
		return;
	}
	assert_non_null(type);
	assert_non_null(MEM_FIND(types, type));
	assert_true(!gemini || strcmp(type, "null") != 0);
	assert_true((props == NULL && json_get(o, "required") == NULL) ||
	    strcmp(type, "object") == 0);
	cJSON_ArrayForEach(it, props)
		check(it, gemini, depth + 1);
	cJSON_ArrayForEach(it, json_get(o, "required"))
		assert_non_null(json_get(props, it->valuestring));
	m = json_get(o, "enum");
	assert_true(m == NULL || m->child != NULL);
	cJSON_ArrayForEach(it, m)
		assert_true(!gemini || cJSON_IsString(it));
	m = json_get(o, "additionalProperties");
	assert_true(m == NULL || !gemini);
	if (cJSON_IsObject(m))
		check(m, gemini, depth + 1);
	m = json_get(o, "items");
	assert_true((m != NULL) == (strcmp(type, "array") == 0));
	if (m != NULL)
		check(m, gemini, depth + 1);
}

TEST(test_any)
{
	unsigned long long rounds = rounds_of(3000, 100000), i;

	for (i = 0; i < rounds; i++) {
		AUTO_JSON cJSON *in = NULL, *out = NULL, *gemini = NULL;
		AUTO_FREE char *text = NULL, *strict = NULL;
		size_t most = any(2) == 0 ? MOST : 150 + any(2000);

		seed = rounds_seed() + i;
		(void)any(2);
		in = any_schema(0);
		text = plain_schema(in, most);
		assert_true(strlen(text) <= most);
		out = parse(text);
		assert_true(json_is(out, "type", "object"));
		assert_true(cJSON_IsObject(json_get(out, "properties")));
		check(out, false, 0);
		strict = strict_schema(text, true);
		if (strict != NULL)
			cJSON_Delete(parse(strict));
		free(strict);
		strict = json_print(in);
		gemini = plain_schema_gemini(strict);
		if (gemini != NULL)
			check(gemini, true, 0);
	}
}
