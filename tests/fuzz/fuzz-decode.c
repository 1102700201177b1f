/*
 * A provider's answer: however it is cut the same reply comes out, a broken one
 * has no call that may run, and what would be sent back for it is JSON.
 *
 * Input: the format, the size of the pieces, then the stream.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "base/mem.h"
#include "provider/provider.h"

static const char *const formats[] = { "anthropic", "gemini", "openai-chat",
	"openai-responses" };

static void
on_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct buf *out = arg;

	FUZZ_CHECK(n > 0);
	if (kind == DELTA_THINKING)
		buf_add(out, text, n);
}

static struct reply *
decode(const struct provider_format *f, const struct fuzz_input *in,
    size_t piece, struct buf *thinking)
{
	struct decoder *d = decoder_new(f, on_delta, thinking);
	const uint8_t *p = in->p;
	size_t left = in->len;

	while (left > 0) {
		size_t n = piece == 0 || piece > left ? left : piece;
		char *copy = malloc(n);

		FUZZ_CHECK(copy != NULL);
		memcpy(copy, p, n);
		decoder_feed(d, copy, n);
		free(copy);
		p += n;
		left -= n;
	}
	return decoder_end_free(d);
}

static void
check_same(const struct reply *a, const struct reply *b)
{
	size_t i;

	FUZZ_CHECK(a->stop == b->stop && a->error.kind == b->error.kind);
	FUZZ_CHECK(strcmp(a->text, b->text) == 0);
	FUZZ_CHECK(strcmp(a->refusal, b->refusal) == 0);
	FUZZ_CHECK(a->usage.input == b->usage.input);
	FUZZ_CHECK(a->usage.output == b->usage.output);
	FUZZ_CHECK(a->calls_len == b->calls_len);
	FUZZ_CHECK((a->raw == NULL) == (b->raw == NULL));
	for (i = 0; i < a->calls_len; i++) {
		FUZZ_CHECK(strcmp(a->calls[i].name, b->calls[i].name) == 0);
		FUZZ_CHECK(strcmp(a->calls[i].arguments,
		    b->calls[i].arguments) == 0);
		FUZZ_CHECK(a->calls[i].complete == b->calls[i].complete);
	}
}

static void
check_calls(const struct reply *r)
{
	bool broken = r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED;
	size_t i;

	FUZZ_CHECK(broken == (r->error.kind != PROVIDER_OK));
	FUZZ_CHECK(!broken || r->raw == NULL);
	for (i = 0; i < r->calls_len; i++) {
		FUZZ_CHECK(r->calls[i].id[0] != '\0');
		FUZZ_CHECK(!broken || r->calls[i].args == NULL);
		FUZZ_CHECK((r->calls[i].args == NULL) ==
		    (r->calls[i].args_error != NULL));
	}
}

static void
check_echo(const struct provider_format *f, const struct reply *r,
    const char *model)
{
	struct message m = { .role = MESSAGE_ASSISTANT, .text = r->text,
		.raw = r->raw, .raw_format = f->name, .raw_model = "m" };
	struct buf out = BUF_INIT(0);
	cJSON *o;
	size_t i;

	m.calls_len = r->calls_len;
	m.calls = calloc(r->calls_len + 1, sizeof(*m.calls));
	FUZZ_CHECK(m.calls != NULL);
	for (i = 0; i < r->calls_len; i++)
		m.calls[i] = (struct message_call) { r->calls[i].id,
			r->calls[i].name, r->calls[i].arguments,
			r->calls[i].custom };
	buf_addc(&out, '[');
	f->message(&out, &m, model, NULL);
	buf_addc(&out, ']');
	o = json_parse(out.p, out.len, JSON_NUL_REPLACE, NULL);
	FUZZ_CHECK(o != NULL && o->child != NULL);
	cJSON_Delete(o);
	buf_release(&out);
	free(m.calls);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	const struct provider_format *f = provider_format_find(
	    formats[fuzz_byte(&in) % MEM_COUNT(formats)]);
	size_t piece = 1 + fuzz_byte(&in) % 16;
	struct buf thinking = BUF_INIT(0), again = BUF_INIT(0);
	struct reply *whole = decode(f, &in, 0, &thinking);
	struct reply *pieces = decode(f, &in, piece, &again);

	check_same(whole, pieces);
	FUZZ_CHECK(fuzz_same(&thinking, &again));
	/* Only Anthropic's can begin anew, which takes back what was shown. */
	FUZZ_CHECK(strcmp(f->name, "anthropic") == 0 ||
	    strcmp(buf_str(&thinking), whole->thinking) == 0);
	check_calls(whole);
	check_echo(f, whole, "m");
	check_echo(f, whole, "other");
	reply_free(whole);
	reply_free(pieces);
	buf_release(&thinking);
	buf_release(&again);
	return 0;
}
