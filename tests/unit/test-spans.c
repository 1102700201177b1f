/* The lexer's answer about a file: offsets that don't fit it are ignored. */
#include "config.h"

#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/syntax/syntax.h"
#include "journal/event.h"
#include "tests/unit/unit.h"

static const char text[] = "int a;\n/* one\n   two */\n\nlast";
#define SIZE (sizeof(text) - 1)
#define END(n) { SIZE, (n), SPANS_END }

struct record {
	uint32_t at, len, class;
};

static void
record_add(struct buf *b, const struct record *r)
{
	const uint32_t two[] = { r->at, r->len };
	size_t i;
	int shift;

	for (i = 0; i < 2; i++)
		for (shift = 24; shift >= 0; shift -= 8)
			buf_addc(b, (char)(two[i] >> shift & 255));
	buf_addc(b, (char)r->class);
}

TEST(test_hostile)
{
	static const struct {
		const char *label;
		struct record v[4];
		size_t n;
	} cases[] = {
		{ "nothing", { { 0, 0, 0 } }, 0 },
		{ "no end", { { 0, 3, SYNTAX_TYPE } }, 1 },
		{ "falling", { { 7, 2, SYNTAX_COMMENT },
		    { 0, 3, SYNTAX_TYPE }, END(2) }, 3 },
		{ "overlapping", { { 0, 3, SYNTAX_TYPE },
		    { 2, 3, SYNTAX_TYPE }, END(2) }, 3 },
		{ "twice", { { 0, 3, SYNTAX_TYPE }, { 0, 3, SYNTAX_TYPE },
		    END(2) }, 3 },
		{ "empty", { { 0, 0, SYNTAX_TYPE }, END(1) }, 2 },
		{ "beyond the end", { { SIZE, 1, SYNTAX_TYPE }, END(1) }, 2 },
		{ "too long", { { 0, SIZE + 1, SYNTAX_TYPE }, END(1) }, 2 },
		{ "it wraps", { { 5, UINT32_MAX, SYNTAX_TYPE }, END(1) }, 2 },
		{ "far", { { UINT32_MAX, 2, SYNTAX_TYPE }, END(1) }, 2 },
		{ "class 0", { { 0, 3, SYNTAX_REST }, END(1) }, 2 },
		{ "unknown class", { { 0, 3, SYNTAX_COUNT }, END(1) }, 2 },
		{ "fewer", { { 0, 3, SYNTAX_TYPE }, END(2) }, 2 },
		{ "many", { { 0, 3, SYNTAX_TYPE }, END(UINT32_MAX) }, 2 },
		{ "another size", { { SIZE + 1, 0, SPANS_END } }, 1 },
	};
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT(0);
	struct spans t;
	const char *p;
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		buf_clear(&b);
		for (k = 0; k < cases[i].n; k++)
			record_add(&b, &cases[i].v[k]);
		p = buf_str(&b);
		memset(&t, 1, sizeof(t));
		if (spans_read(&t, text, SIZE, &p, p + b.len, &e) == 0)
			fail_msg("%s: believed", cases[i].label);
		assert_null(t.v);
		assert_null(t.lines);
	}
	/* Cut off at each byte. */
	buf_clear(&b);
	record_add(&b, &(struct record){ 0, 3, SYNTAX_TYPE });
	record_add(&b, &(struct record)END(1));
	for (i = 0; i < b.len; i++) {
		p = b.p;
		assert_int_equal(spans_read(&t, text, SIZE, &p, p + i, &e),
		    -1);
	}
	buf_release(&b);
}
