/* Modes, grants, and what counts towards them. */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/main/parts.h"
#include "core/review/propose.h"
#include "journal/event.h"
#include "policy/approve.h"
#include "tests/unit/unit.h"

static cJSON *
parse(const char *text)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(text, strlen(text), JSON_NUL_REFUSE, &e);

	if (o == NULL)
		fail_msg("%s: %s", text, e.text);
	return o;
}

TEST(test_grants)
{
	static const struct {
		const char *label, *start, *want;	/* texts, "|" between */
	} t[] = {
		{ "nothing", "{\"approve\":\"ask\",\"plan\":\"require\","
		  "\"sandbox\":\"auto\",\"secret\":[\"a\"]}", "" },
		{ "yes by a flag", "{\"approve\":\"yes\",\"hold\":\"adds\","
		  "\"origins\":{\"approve\":\"--approve\"}}",
		  "approve yes (--approve): every change except to "
		  "protected paths, weakened tests, what fails the check and "
		  "more than 3 binaries in a folder, nor what adds something "
		  "(hold adds) at the end of the work; for this run" },
		{ "yes by a file", "{\"approve\":\"yes\",\"origins\":"
		  "{\"approve\":\"/h/config.json\"}}",
		  "approve yes (/h/config.json): every change except to "
		  "protected paths, weakened tests, what fails the check and "
		  "more than 3 binaries in a folder at the end of the work; for this run and "
		  "later ones, unless /h/config.json says otherwise" },
		{ "protected paths need yes", "{\"approve\":\"ask\","
		  "\"allow_protected\":[\"*\"]}", "" },
		{ "two of them", "{\"approve\":\"yes\",\"allow_protected\":"
		  "[\"a/\",\"b%s\"]}",
		  "approve yes: every change except to protected paths, "
		  "weakened tests, what fails the check and more than 3 "
		  "binaries in a folder at the end of the work; for this run|"
		  "allow_protected a/: protected paths matching a/ may "
		  "change; for this run|"
		  "allow_protected b%s: protected paths matching b%s may "
		  "change; for this run" },
		{ "a plan by default", "{\"plan\":\"auto\",\"origins\":"
		  "{\"plan\":\"default\"}}",
		  "plan auto: plans count as approved; for this session "
		  "(the default)" },
		{ "no plan in try", "{\"plan\":\"skip\",\"mode\":\"try\"}",
		  "" },
		{ "a variable", "{\"secret\":[\"a\",\"!x.pem\"],\"origins\":"
		  "{\"secret\":\"ASSENT_SECRET\"}}",
		  "secret !x.pem (ASSENT_SECRET): the model and its "
		  "commands can read x.pem; for this session and later "
		  "ones while ASSENT_SECRET is set" },
		{ "the sandbox", "{\"sandbox\":\"container\"}",
		  "sandbox container: this container is used as the sandbox; for "
		  "this session" },
		{ "rollback", "{\"rollback\":true}",
		  "rollback: this run's changes are undone if they fail the "
		  "check; for this run" },
		{ "hosts", "{\"net_allow\":[{\"entry\":\"a.org\",\"from\":"
		  "\"config\"},{\"entry\":\"b.org:1\",\"from\":\"--net\"},"
		  "{\"entry\":\"c.org\",\"from\":\"profile x\"},{}],"
		  "\"origins\":{\"net_allow\":\"/c.json\"}}",
		  "net_allow a.org (/c.json): commands can connect to a.org "
		  "and send it what they can read; for this session and "
		  "later ones, unless /c.json says otherwise|"
		  "net_allow b.org:1 (--net): commands can connect to b.org:1 "
		  "and send it what they can read; for this session|"
		  "net_allow c.org (profile x): commands can connect to c.org "
		  "and send it what they can read; for this session until "
		  "changed" },
		{ "services", "{\"forward\":[\"unix:/run/x\"]}",
		  "forward unix:/run/x: commands can use the service at "
		  "unix:/run/x as you; for this session" },
		{ "an agent", "{\"agent\":{\"name\":\"x\",\"hosts\":[\"a.org\"],"
		  "\"sign_in\":{\"hosts\":[\"a.org\",\"b.org\"]}}}",
		  "agent x: it and what it runs can connect to a.org, b.org; "
		  "for this session" },
		{ "with a key", "{\"agent\":{\"name\":\"x\",\"key\":{"
		  "\"host\":\"k.org\"}}}", "agent x: it and what it runs can "
		  "connect to k.org; for this session" },
		{ "without hosts", "{\"agent\":{\"name\":\"x\"}}", "" },
		{ "not", "{\"rollback\":false,\"approve\":7,"
		  "\"toolchains\":[1,null]}", "" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		cJSON *start = parse(t[i].start);
		AUTO(grants_release) struct grants list = grant_list(start);
		struct buf b = BUF_INIT(0);
		size_t k;

		for (k = 0; k < list.len; k++)
			buf_addf(&b, "%s%s", b.len > 0 ? "|" : "",
			    list.v[k].text);
		if (strcmp(buf_str(&b), t[i].want) != 0)
			fail_msg("%s: %s", t[i].label, buf_str(&b));
		buf_release(&b);
		cJSON_Delete(start);
	}
}

static void
small_event(struct core *c, const char *rule, const char *path, int n)
{
	struct ev_decided_file file = { .path_bytes = path, .lines = n };
	AUTO_JSON cJSON *o = EVENT_LINE(decision, .rule = rule, .files = &file,
	    .files_len = 1);
	AUTO_EVENT struct event e = { 0 };

	event_read(&e, o);
	rule_part.line(c, &e);
}

/* In slices, under many names, and with a person looking between. */
TEST(test_small)
{
	struct core c = { 0 };
	const struct core_rules *r = &c.rules;

	rule_part.init(&c);
	assert_true(rule_small_allows(r, "a", 50, 0));
	assert_false(rule_small_allows(r, "a", 51, 0));
	assert_true(rule_small_allows(r, "a", 50, 150));
	assert_false(rule_small_allows(r, "a", 50, 151));
	small_event(&c, "small", "a", 30);
	assert_true(rule_small_allows(r, "a", 20, 0));
	assert_false(rule_small_allows(r, "a", 21, 0));
	/* Other rules are no person's look, and do not count. */
	small_event(&c, "yes", "a", 500);
	assert_false(rule_small_allows(r, "a", 21, 0));
	/* A person's word begins the file anew, not the session. */
	small_event(&c, NULL, "a", 0);
	assert_true(rule_small_allows(r, "a", 50, 0));
	small_event(&c, "small", "a", 50);
	small_event(&c, "small", "b", 50);
	small_event(&c, "small", "c", 50);
	small_event(&c, NULL, "a", 0);
	small_event(&c, NULL, "d", 0);
	assert_true(rule_small_allows(r, "d", 20, 0));
	assert_false(rule_small_allows(r, "d", 21, 0));
	assert_false(rule_small_allows(r, "a", 21, 0));
	rule_part.free(&c);
}
