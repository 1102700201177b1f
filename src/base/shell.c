#include "config.h"

#include "base/shell.h"

#include <string.h>

bool
shell_is_word(const char *s)
{
	/* No "=": the first word of a command would be an assignment. */
	return s[0] != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,+@%")] == '\0';
}

void
shell_quote(struct buf *b, const char *word)
{
	if (shell_is_word(word)) {
		buf_adds(b, word);
		return;
	}
	buf_addc(b, '\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			buf_adds(b, "'\\''");
		else
			buf_addc(b, *word);
	}
	buf_addc(b, '\'');
}

char *
shell_fill(const char *command, const char *mark, const char *value)
{
	struct buf b = BUF_INIT(0);
	const char *p;

	while ((p = strstr(command, mark)) != NULL) {
		buf_add(&b, command, (size_t)(p - command));
		if (value[0] != '\0')
			shell_quote(&b, value);
		command = p + strlen(mark);
	}
	buf_adds(&b, command);
	return buf_take(&b);
}
