#include "config.h"

#include "git/gh.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define GH_EXIT_CANCEL	2	/* gh help exit-codes */
#define GH_EXIT_AUTH	4

/* What helps, by what gh says; the first row that fits. It ends an error of the
 * server's with "(HTTP 404)". */
static const struct gh_row {
	const char	*says;
	enum gh_end	 end;
	const char	*way;
} gh_rows[] = {
	{ "rate limit", GH_FAILED, "try again later; gh api rate_limit says "
	    "when" },
	{ "HTTP 401", GH_FAILED, "gh auth login" },
	{ "HTTP 404", GH_REFUSED, "it isn't there, or your login may not see "
	    "it: gh auth status" },
	{ "HTTP 422", GH_REFUSED, "the server doesn't accept this" },
	{ "HTTP 5", GH_FAILED, "try again later" },
	{ "error connecting", GH_FAILED, "is there a network?" },
	{ "no pull requests found", GH_REFUSED, "assent pr opens one" },
	{ "", GH_FAILED, "gh auth status says whether you are logged in, gh "
	    "repo set-default which repository is meant" },
};

bool
gh_is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n < 10 && s[n] == '\0';
}

/* Append why a request isn't valid: {"message":"Validation Failed",
 * "errors":[{"message":"..."}]}, or texts. */
static void
gh_add_why(struct buf *b, const struct buf *out)
{
	AUTO_JSON cJSON *o = json_parse(buf_str(out), out->len,
	    JSON_NUL_REPLACE, NULL);
	const cJSON *it;
	const char *why;

	cJSON_ArrayForEach(it, json_array(o, "errors"))
		if ((why = cJSON_IsString(it) ? it->valuestring :
		    json_str(it, "message")) != NULL)
			buf_addf(b, ": %.200s", why);
}

enum gh_end
gh_ended(int status, const struct buf *out, const struct buf *said,
    struct err *e)
{
	AUTO_BUF struct buf words = BUF_INIT(0);
	const struct gh_row *r = gh_rows;

	if (status <= 0)
		return status == 0 ? GH_DONE : GH_FAILED;
	if (status == 128 + SIGALRM || out->len == out->max) {
		if (out->len == out->max)
			err_set(e, "gh printed more than %zu MB", out->max >>
			    20);
		else
			err_set(e, "gh had no answer after %u seconds",
			    GH_SECONDS);
		return GH_FAILED;
	}
	if (status > 128 || status == GH_EXIT_CANCEL) {
		err_set(e, "interrupted");
		return GH_INTERRUPTED;
	}
	while (strstr(buf_str(said), r->says) == NULL)
		r++;
	buf_addf(&words, "%.*s", (int)strcspn(buf_str(said), "\n"),
	    buf_str(said));
	if (r->end == GH_REFUSED)
		gh_add_why(&words, out);
	err_set(e, "gh failed (exit %d)%s%.500s; %s", status, words.len > 0 ?
	    ": " : "", buf_str(&words), status == GH_EXIT_AUTH ?
	    "gh auth login logs in, gh auth status says where you are" : r->way);
	return r->end;
}

enum gh_end
gh_run(const char *dir, const char *const *args, const struct buf *in,
    struct buf *out, struct err *e)
{
	AUTO_BUF struct buf said = BUF_INIT(GH_SAID_MAX);
	const struct git_run g = { .dir = dir, .trusts_repo = true,
		.program = "gh", .in = in, .out = out, .said = &said,
		.seconds = GH_SECONDS };
	int status = git_run_shown(&g, args, -1, e);

	return gh_ended(status, out, &said, e);
}

cJSON *
gh_json(const char *dir, const char *const *args, const struct buf *in,
    struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(GH_OUT_MAX);
	struct err why = ERR_INIT;
	cJSON *o;

	if (gh_run(dir, args, in, &out, e) != GH_DONE)
		return NULL;
	o = json_parse(buf_str(&out), out.len, JSON_NUL_REPLACE, &why);
	if (o == NULL)
		err_set(e, "can't understand what gh printed: %s", why.text);
	return o;
}

cJSON *
gh_graphql(const char *dir, const char *host, const char *query,
    const char *id, const char *after, struct err *e)
{
	const char *const args[] = { "api", "graphql", "--hostname", host,
		"--input", "-", NULL };
	AUTO_JSON cJSON *ask = cJSON_CreateObject(), *answer = NULL;
	AUTO_BUF struct buf in = BUF_INIT(0);
	cJSON *variables = cJSON_AddObjectToObject(ask, "variables");

	json_add_str(ask, "query", query);
	json_add_str(variables, "id", id);
	json_add_str(variables, "after", after);
	json_append(&in, ask);
	if ((answer = gh_json(dir, args, &in, e)) == NULL)
		return NULL;
	return cJSON_DetachItemFromObjectCaseSensitive(answer, "data");
}
