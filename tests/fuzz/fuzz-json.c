/*
 * The reader of foreign JSON: what it takes can be printed and is read again as
 * the same, has only valid UTF-8, and arguments of tools have no NUL.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "base/utf8.h"

static void
check_node(const cJSON *o, int depth)
{
	const cJSON *c;

	FUZZ_CHECK(depth <= JSON_MAX_DEPTH);
	if (o->string != NULL)
		FUZZ_CHECK(utf8_is_valid(o->string, strlen(o->string)));
	if (cJSON_IsString(o))
		FUZZ_CHECK(utf8_is_valid(o->valuestring,
		    strlen(o->valuestring)));
	cJSON_ArrayForEach(c, o)
		check_node(c, depth + 1);
}

static void
check_tree(const uint8_t *p, size_t size, enum json_nul nul)
{
	/* Without a NUL behind it. */
	char *in = malloc(size + (size == 0));
	struct err e = ERR_INIT;
	cJSON *o, *again;
	char *text, *twice;

	FUZZ_CHECK(in != NULL);
	memcpy(in, p, size);
	o = json_parse(in, size, nul, &e);
	if (o == NULL) {
		FUZZ_CHECK(err_is_set(&e));
		free(in);
		return;
	}
	check_node(o, 0);
	text = json_print(o);
	again = json_parse(text, strlen(text), JSON_NUL_REFUSE, &e);
	FUZZ_CHECK(again != NULL);
	twice = json_print(again);
	FUZZ_CHECK(strcmp(text, twice) == 0);
	free(text);
	free(twice);
	cJSON_Delete(again);
	cJSON_Delete(o);
	free(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	check_tree(p, size, JSON_NUL_REPLACE);
	check_tree(p, size, JSON_NUL_REFUSE);
	return 0;
}
