/*
 * Input of a terminal: whatever it is, nothing that decides comes out of an
 * escape sequence or out of a paste, also when it is cut anywhere by a pause.
 * Input: a byte of options, then pieces; FUZZ_END is a pause.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "front/bindings.h"
#include "ui/keys/keys.h"

static struct bindings *all;	/* the keys of the table */

struct seen {
	size_t	 bytes;		/* of keys and pastes */
	size_t	 decisions;
};

static void
on_key(void *arg, const struct key_event *ev)
{
	struct seen *s = arg;
	char name[KEY_NAME_SIZE];
	unsigned bit;

	if (ev->key == 0) {
		FUZZ_CHECK(ev->text != NULL || ev->len == 0);
		s->bytes += ev->len;
		return;
	}
	s->bytes++;
	key_name_text(ev->key, name);
	FUZZ_CHECK(memchr(name, '\0', sizeof(name)) != NULL);
	for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1) {
		const struct action *a = bindings_find(all, bit, ev->key);

		if (a != NULL && (a->flags & ACTION_DECIDES) != 0) {
			/* A plain character that was typed. */
			FUZZ_CHECK(ev->key < 0x7f);
			s->decisions++;
			break;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	struct seen s = { 0 };
	uint8_t ways = fuzz_byte(&in);
	struct keys *k = keys_new(on_key, &s);
	int64_t now = 1000, until;
	struct buf part;
	size_t fed = 0, esc = 0, i;

	if (all == NULL)
		all = bindings_new(NULL, "", NULL);
	FUZZ_CHECK(all != NULL);
	while (in.len > 0) {
		fuzz_part(&in, &part);
		fed += part.len;
		for (i = 0; i < part.len; i++)
			esc += part.p[i] == 033;
		if ((ways & 2) != 0) {
			for (i = 0; i < part.len; i++)
				keys_feed(k, part.p + i, 1, now);
		} else {
			keys_feed(k, buf_str(&part), part.len, now);
		}
		buf_release(&part);
		until = keys_deadline(k);
		now = until >= 0 && (ways & 4) != 0 ? until : now + 7;
		keys_tick(k, now);
	}
	now += 10 * KEYS_WAIT_MS;
	keys_tick(k, now);
	keys_tick(k, now + 10 * KEYS_WAIT_MS);
	FUZZ_CHECK(keys_deadline(k) < 0);
	/* Nothing comes out that did not go in. */
	FUZZ_CHECK(s.bytes <= fed);
	FUZZ_CHECK(s.decisions <= fed - esc);
	keys_free(k);
	return 0;
}
