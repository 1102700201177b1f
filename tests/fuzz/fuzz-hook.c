/*
 * What a hook printed: it can object and say what it found, within its limits,
 * and nothing else.
 *
 * Input: its standard output.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "base/utf8.h"
#include "core/hook.h"

static void
check_text(const char *text, size_t max)
{
	if (text != NULL) {
		FUZZ_CHECK(strlen(text) <= max);
		FUZZ_CHECK(utf8_is_valid(text, strlen(text)));
	}
}

static void
check_finding(const cJSON *f)
{
	int64_t line = json_int(f, "line", -1);
	size_t n = 0;
	char *path = json_get_bytes(f, "path", &n);

	FUZZ_CHECK(path != NULL && n > 0 && strlen(path) == n);
	FUZZ_CHECK(line >= 0 && line <= 100000000);
	FUZZ_CHECK(json_is(f, "severity", "error") ||
	    json_is(f, "severity", "warning") || json_is(f, "severity", "note"));
	FUZZ_CHECK(json_str(f, "message") != NULL);
	check_text(json_str(f, "message"), 2000);
	check_text(json_str(f, "rule"), 2000);
	free(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct err e = ERR_INIT;
	struct hook_answer a;
	const cJSON *it;
	int rc = hook_answer_read(&a, (const char *)bytes, size, &e);

	FUZZ_CHECK((rc < 0) == (e.text[0] != '\0'));
	FUZZ_CHECK(a.decision <= HOOK_DENY);
	FUZZ_CHECK(a.decision < HOOK_DECISIONS);
	check_text(a.reason, 2000);
	check_text(a.context, (size_t)16 << 10);
	FUZZ_CHECK(cJSON_GetArraySize(a.findings) <= HOOK_FINDINGS_MAX);
	FUZZ_CHECK(a.dropped >= 0);
	if (rc == 0)
		cJSON_ArrayForEach(it, a.findings)
			check_finding(it);
	hook_answer_release(&a);
	return 0;
}
