/*
 * The two transports: HTTP against a small server on the same loop, which sends
 * what it is told in pieces and hangs up where it is told; and replay from
 * folders made here.  Nothing waits on a clock but for a deadline that fails.
 */
#include "config.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "provider/provider.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

TEST(test_http_idle)
{
	static const struct answer answer = { OK_STREAM CHAT_TEXT("Hi"), 0,
		true };
	assert_non_null(strstr(r.reply->error.message, "not a byte for 50 ms"));
	run_release(&r);
	server_stop(&s);
	loop_free(loop);
}

int
main(void)
{
	static const char *const proxies[] = { "http_proxy", "https_proxy",
		"all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY",
		"NO_PROXY" };
	size_t i;

	/* Loopback is not to be reached through somebody's proxy. */
	for (i = 0; i < MEM_COUNT(proxies); i++)
		unsetenv(proxies[i]);
	signal(SIGPIPE, SIG_IGN);
	return unit_run();
}
