#include "config.h"

#include "journal/brief.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"

#define BRIEF_MARK "{\"upto\":"
#define BRIEF_MARK_SIZE 192

bool
brief_is_end(int fd, const struct brief *b)
{
	char want[BRIEF_HEX + 16], have[BRIEF_HEX + 16];
	int n = snprintf(want, sizeof(want), ",\"h\":\"%s\"}\n", b->h);

	return b->end >= n && pread(fd, have, (size_t)n,
	    (off_t)b->end - n) == n && memcmp(want, have, (size_t)n) == 0;
}

/* Finds accidental damage only. Each round is a bijection of the sum, and of
 * the 8 bytes it takes in, so damage within 8 such bytes always changes the sum. */
static uint64_t
brief_sum(uint64_t sum, const char *p, size_t n)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	size_t part;
	uint64_t w;

	for (; n > 0; p += part, n -= part) {
		part = n < sizeof(w) ? n : sizeof(w);
		w = part;
		memcpy(&w, p, part);
		sum = (sum ^ w) * odd;
		sum ^= sum >> 32;
	}
	return sum;
}

/* Print the mark that ends `batch`, and add both to b->sum, the checksum of the
 * file so far. Returns the length. */
static size_t
brief_print(struct brief *b, const char *batch, size_t n,
    char mark[BRIEF_MARK_SIZE])
{
	int at = snprintf(mark, BRIEF_MARK_SIZE, BRIEF_MARK "%" PRId64
	    ",\"end\":%" PRId64 ",\"h\":\"%s\"", b->seq, b->end, b->h);

	b->sum = brief_sum(b->sum, batch, n);
	b->sum = brief_sum(b->sum, mark, (size_t)at);
	at += snprintf(mark + at, BRIEF_MARK_SIZE - (size_t)at,
	    ",\"sum\":\"%016" PRIx64 "\"}", b->sum);
	return (size_t)at;
}

void
brief_mark(struct brief *b, struct buf *batch)
{
	char mark[BRIEF_MARK_SIZE];
	size_t n = brief_print(b, buf_str(batch), batch->len, mark);

	buf_add(batch, mark, n);
	buf_addc(batch, '\n');
}

bool
brief_is_mark(const char *line, size_t n)
{
	return n > sizeof(BRIEF_MARK) &&
	    memcmp(line, BRIEF_MARK, sizeof(BRIEF_MARK) - 1) == 0;
}

/* Read the mark that ends this batch into *b; false if it isn't the mark that
 * brief_print() would write. */
static bool
brief_read_mark(struct brief *b, const char *batch, const char *line,
    size_t n)
{
	char mark[BRIEF_MARK_SIZE], again[BRIEF_MARK_SIZE];
	struct brief next = { .sum = b->sum };

	if (n >= sizeof(mark))
		return false;
	memcpy(mark, line, n);
	mark[n] = '\0';
	if (sscanf(mark, BRIEF_MARK "%15" SCNd64 ",\"end\":%15" SCNd64
	    ",\"h\":\"%64[0-9a-f]", &next.seq, &next.end, next.h) != 3 ||
	    brief_print(&next, batch, (size_t)(line - batch), again) != n ||
	    memcmp(again, mark, n) != 0)
		return false;
	*b = next;
	return true;
}

void
brief_load(struct brief *b, int dirfd, int fd, struct buf *text)
{
	const char *batch, *line, *nl, *end;

	memset(b, 0, sizeof(*b));
	text->max = BRIEF_MAX;
	if (fs_read_file(dirfd, BRIEF_FILE, text, NULL) < 0)
		buf_clear(text);
	batch = line = buf_str(text);
	end = batch + text->len;
	while ((nl = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		if (brief_is_mark(line, (size_t)(nl - line))) {
			if (!brief_read_mark(b, batch, line,
			    (size_t)(nl - line)))
				break;
			batch = nl + 1;
		}
		line = nl + 1;
	}
	text->len = (size_t)(batch - buf_str(text));
	if (b->seq == 0 || !brief_is_end(fd, b)) {
		buf_release(text);
		memset(b, 0, sizeof(*b));
	}
}
