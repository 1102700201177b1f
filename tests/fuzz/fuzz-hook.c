/*
 * Output of a hook: a text or findings, within their limits, and nothing else.
 * Input: its standard output; the first byte says whether it objects.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "base/utf8.h"
#include "core/agent/hook.h"
#include "journal/event.h"

static void
check_text(const char *text, size_t max)
{
	if (text != NULL) {
		FUZZ_CHECK(strlen(text) <= max);
		FUZZ_CHECK(utf8_is_valid(text, strlen(text)));
	}
}

static void
check_finding(const struct ev_finding *f)
{
	FUZZ_CHECK(f->path_bytes != NULL && f->path_bytes[0] != '\0');
	FUZZ_CHECK(f->line >= 0 && f->line <= 100000000);
	FUZZ_CHECK(ev_is(f->severity, "error") ||
	    ev_is(f->severity, "warning") || ev_is(f->severity, "note"));
	FUZZ_CHECK(f->message != NULL);
	check_text(f->message, 2000);
	check_text(f->rule, 2000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct err e = ERR_INIT;
	AUTO_EVENT struct event a = { 0 };
	bool objects = size > 0 && bytes[0] % 2 != 0;
	int rc = hook_answer_read(&a, objects, (const char *)bytes, size, &e);

	FUZZ_CHECK((rc < 0) == (e.text[0] != '\0'));
	FUZZ_CHECK((objects ? a.hook.context : a.hook.reason) == NULL);
	check_text(a.hook.reason, 2000);
	check_text(a.hook.context, (size_t)16 << 10);
	FUZZ_CHECK(a.hook.findings_len <= HOOK_FINDINGS_MAX);
	FUZZ_CHECK(a.hook.dropped >= 0);
	MEM_EACH(&a.hook, findings, f)
		check_finding(f);
	return 0;
}
