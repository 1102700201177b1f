#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"

#define WORD_MAX	4096

/* The next word, 0 at the end; *blank: there was an empty line before it. */
static size_t
word_next(FILE *in, char *word, size_t size, int *blank)
{
	size_t n = 0;
	int c, lines = 0;

	while ((c = getc(in)) != EOF && isspace(c))
		lines += c == '\n';
	*blank = lines > 1;
	for (; c != EOF && !isspace(c); c = getc(in)) {
		if (n == size) {	/* a longer one goes on as another */
			ungetc(c, in);
			return n;
		}
		word[n++] = (char)c;
	}
	if (c != EOF)
		ungetc(c, in);
	return n;
}

int
fold(FILE *in, FILE *out, int width)
{
	char word[WORD_MAX];
	size_t n, at = 0;
	int blank;

	while ((n = word_next(in, word, sizeof(word), &blank)) > 0) {
		if (blank && at > 0) {
			fputs("\n\n", out);
			at = 0;
		} else if (at > 0 && at + 1 + n > (size_t)width) {
			putc('\n', out);
			at = 0;
		} else if (at > 0) {
			putc(' ', out);
			at++;
		}
		fwrite(word, 1, n, out);
		at += n;
	}
	if (at > 0)
		putc('\n', out);
	return ferror(in) || fflush(out) != 0 ? -1 : 0;
}
