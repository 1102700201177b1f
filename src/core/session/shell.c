#include "config.h"

#include "core/session/shell.h"

#include <string.h>

void
shell_quote(struct buf *b, const char *word)
{
	static const char safe[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "_-./=:,+@%";

	if (word[0] != '\0' && strspn(word, safe) == strlen(word)) {
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
