/*
 * The front matter of a file: its values are text, and the body is the rest of
 * it.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/front-matter.h"
#include "base/mem.h"
#include "base/utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	AUTO_FREE char *text = xmemdup(bytes, size);
	struct front_matter f;
	struct err e = ERR_INIT;
	int rc = front_matter_parse(&f, text, size, &e);
	size_t i, n = 0;

	FUZZ_CHECK((rc < 0) == err_is_set(&e));
	FUZZ_CHECK(f.body <= size);
	for (i = 0; i < f.nfields; i++) {
		FUZZ_CHECK(f.fields[i].key[0] != '\0');
		FUZZ_CHECK(front_matter_get(&f, f.fields[i].key) != NULL);
		FUZZ_CHECK(utf8_is_valid(f.fields[i].value,
		    strlen(f.fields[i].value)));
		n += strlen(f.fields[i].key);
	}
	FUZZ_CHECK(n <= f.body);
	front_matter_release(&f);
	return 0;
}
