#include "config.h"

#include "provider/listing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "provider/error.h"
#include "provider/http-handle.h"

#define LISTING_MS	20000
#define LISTING_MAX	((size_t)8 << 20)

struct listing {
	struct loop	*loop;
	struct buf	 head, body;
	int		 code;		/* curl's */
};

static size_t
listing_on_head(char *p, size_t size, size_t n, void *arg)
{
	struct listing *l = arg;

	return buf_add(&l->head, p, size * n) < 0 ? 0 : size * n;
}

static size_t
listing_on_body(char *p, size_t size, size_t n, void *arg)
{
	struct listing *l = arg;

	return buf_add(&l->body, p, size * n) < 0 ? 0 : size * n;
}

static void
listing_done(void *arg, void *easy, int code)
{
	struct listing *l = arg;

	(void)easy;
	l->code = code;
	loop_stop(l->loop, 0);
}

static void
listing_late(void *arg)
{
	struct listing *l = arg;

	l->code = CURLE_OPERATION_TIMEDOUT;
	loop_stop(l->loop, 0);
}

static void
listing_number(cJSON *o, const char *name, const cJSON *it,
    const char *const *names)
{
	int64_t n = 0;

	for (; n <= 0 && *names != NULL; names++)
		n = json_int(it, *names, 0);
	if (n > 0)
		json_add_int(o, name, n);
}

/* "2027-04-01", or seconds since 1970. */
static void
listing_date(cJSON *o, const cJSON *it)
{
	const char *text = json_str(it, "shutdown_date");
	time_t t = (time_t)json_int(it, "shutdown_date", 0);
	char date[16];
	struct tm tm;

	if (text != NULL && strlen(text) >= 10)
		json_set_take(o, "ends", cJSON_CreateString(text));
	else if (t > 0 && gmtime_r(&t, &tm) != NULL &&
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm) > 0)
		json_add_str(o, "ends", date);
}

static cJSON *
listing_read(const char *p, size_t n, struct err *e)
{
	static const char *const windows[] = { "max_input_tokens",
		"inputTokenLimit", "context_length", "context_window",
		"max_model_len", NULL };
	static const char *const outputs[] = { "max_tokens",
		"outputTokenLimit", NULL };
	cJSON *got = json_parse(p, n, JSON_NUL_REPLACE, NULL), *list = NULL;
	const cJSON *from = json_array(got, "data"), *it;

	if (from == NULL)
		from = json_array(got, "models");
	if (from == NULL)
		err_set(e, "the answer is no list of models");
	else
		list = cJSON_CreateArray();
	cJSON_ArrayForEach(it, from) {
		const char *id = json_str(it, "id");
		cJSON *o;

		if (id == NULL)
			id = json_str(it, "name");
		if (id == NULL)
			continue;
		o = cJSON_CreateObject();
		json_add_str(o, "id", strncmp(id, "models/", 7) == 0 ? id + 7 :
		    id);
		listing_number(o, "window", it, windows);
		listing_number(o, "output", it, outputs);
		listing_date(o, it);
		cJSON_AddItemToArray(list, o);
	}
	cJSON_Delete(got);
	return list;
}

cJSON *
listing_ask(const struct call_target *t, struct err *e)
{
	struct listing l = { .loop = loop_new(), .code = CURLE_FAILED_INIT };
	char words[CURL_ERROR_SIZE] = "", *url;
	struct http_ask ask = {
		.key = t->key, .format = t->format, .proxy = t->proxy,
		.ca_file = t->ca_file, .connect_ms = LISTING_MS,
		.words = words, .on_head = listing_on_head,
		.on_body = listing_on_body, .arg = &l,
	};
	struct provider_error why = { .wait_ms = -1 };
	struct curl_slist *lines = NULL;
	cJSON *list = NULL;
	long status = 0;
	CURL *easy;

	buf_init(&l.head, 1 << 18);
	buf_init(&l.body, LISTING_MAX);
	url = http_handle_url(t->base_url, t->format->list_suffix, "");
	ask.url = url;
	easy = http_handle_new(l.loop, &ask, &lines, &why);
	if (why.kind == PROVIDER_OK &&
	    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
	    loop_transfer_add(l.loop, easy, listing_done, &l) == 0) {
		struct loop_timer *late = loop_timer_new(l.loop, LISTING_MS,
		    listing_late, &l);

		(void)loop_run(l.loop);
		if (l.code == CURLE_OPERATION_TIMEDOUT)
			loop_transfer_remove(l.loop, easy);
		else
			loop_timer_free(late);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	}
	if (l.code != CURLE_OK && why.kind == PROVIDER_OK)
		http_handle_error((CURLcode)l.code, words, url, &why);
	else if (why.kind == PROVIDER_OK && status != 200)
		provider_error_from_body(&why, status, buf_str(&l.head),
		    buf_str(&l.body), l.body.len);
	if (why.kind == PROVIDER_OK && status == 200)
		list = listing_read(buf_str(&l.body), l.body.len, e);
	else {
		provider_error_mask(&why, t->key);
		if (status > 0)
			err_set(e, "HTTP status %ld: %s", status, why.message);
		else
			err_set(e, "%s", why.message);
	}
	if (easy != NULL)
		curl_easy_cleanup(easy);
	http_handle_lines_free(lines);
	buf_release(&l.head);
	buf_release(&l.body);
	free(url);
	loop_free(l.loop);
	return list;
}
