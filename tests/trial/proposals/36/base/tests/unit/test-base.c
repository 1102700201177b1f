#include "config.h"

TEST(test_url)
{
	static const struct { const char *url; bool local; } t[] = {
		{ "http://127.0.0.1:8080/v1", true }, { "http://127.1", true },
		{ "http://127.0.0.1.example/v1", false },
		{ "http://[::1].example/v1", false },
		{ "http://0.0.0.0:8080", false }, { "http://10.0.0.1", false },
		{ "http://192.168.1.5:11434", false },
		{ "http://[::ffff:127.0.0.1]", false }, { "http://", false },
		{ "https://api.example", false },
	};
	char *origin = url_origin("HTTP://Host.Example:8080/v1?Q#f");
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++)
		if (url_is_local(t[i].url) != t[i].local)
			fail_msg("%s", t[i].url);
	assert_string_equal(origin, "http://host.example:8080");
	free(origin);
}

