/* The hunks of an edit turn the old text into the new one. */
#include "config.h"

#include "base/buf.h"
#include "base/lines.h"
#include "base/mem.h"
#include "tests/unit/unit.h"

static const char *
line_after(const char *p)
{
	const char *nl = strchr(p, '\n');

	return nl == NULL ? p + strlen(p) : nl + 1;
}

/* Apply the hunks to a; the texts end with a newline. */
static void
apply(struct buf *out, const char *a, const char *d)
{
	int old, olds, new, news, at = 1;
	const char *end;

	while (*d != '\0') {
		if (sscanf(d, "@@ -%d,%d +%d,%d @@", &old, &olds, &new,
		    &news) != 4)
			fail_msg("no hunk: %s", d);
		for (; at < old + (olds == 0); at++, a = end) {
			end = line_after(a);
			buf_add(out, a, (size_t)(end - a));
		}
		for (d = line_after(d); olds > 0 || news > 0; d = end) {
			end = line_after(d);
			if (*d != '+') {
				assert_true(strncmp(a, d + 1,
				    (size_t)(end - d - 1)) == 0);
				a = line_after(a);
				at++;
				olds--;
			}
			if (*d != '-') {
				buf_add(out, d + 1, (size_t)(end - d - 1));
				news--;
			}
		}
	}
	buf_adds(out, a);
}

static uint32_t seed;

static int
below(int n)
{
	seed = seed * 1103515245 + 12345;
	return (int)(seed >> 16) % n;
}

TEST(test_any)
{
	int round, i, n, change;

	for (round = 0; round < 3000; round++) {
		struct buf a = BUF_INIT(0), b = BUF_INIT(0), d = BUF_INIT(0);
		struct buf back = BUF_INIT(0);

		seed = (uint32_t)round;
		n = below(300);
		change = 2 + below(40);
		for (i = 0; i < n; i++) {
			int word = below(12);

			if (below(change) > 1)
				buf_addf(&b, "%d\n", word);
			buf_addf(&a, "%d\n", word);
			if (below(change) == 0)
				buf_addf(&b, "%d\n", below(12));
		}
		line_diff(&d, buf_str(&a), a.len, buf_str(&b), b.len);
		apply(&back, buf_str(&a), buf_str(&d));
		if (strcmp(buf_str(&back), buf_str(&b)) != 0)
			fail_msg("seed %d", round);
		assert_true((d.len == 0) == (strcmp(buf_str(&a),
		    buf_str(&b)) == 0));
		buf_release(&a);
		buf_release(&b);
		buf_release(&d);
		buf_release(&back);
	}
}
