/*
 * What was typed in the plain mode and not taken: by the core, or by us.  It
 * cannot be put back into the terminal's line, so it is a command away.
 */
#include "config.h"

#include "cmd/plain/plain-int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"

/* ---- what is on its way to the core ---- */

void
plain_message(struct plain *p, const char *text)
{
	cJSON_AddItemToArray(p->sent, cJSON_CreateString(text));
	plain_send_take(p, command_text("say", "text", text));
}

void
plain_kept_line(struct plain *p, const cJSON *l)
{
	const char *type = json_str_or(l, "type", "");
	bool refused = strcmp(type, "refused") == 0 &&
	    strcmp(json_str_or(l, "to", ""), "say") == 0;
	cJSON *first;

	/* While a plan waits, as what should be different in it. */
	if (!refused && (strcmp(type, "plan") != 0 ||
	    strcmp(json_str_or(l, "status", ""), "returned") != 0) &&
	    (strcmp(type, "user_message") != 0 ||
	    strcmp(json_str_or(l, "by", ""), "user") != 0 ||
	    json_bool(l, "again", false)))
		return;
	first = cJSON_DetachItemFromArray(p->sent, 0);
	if (refused && first != NULL)
		plain_set(&p->kept, first->valuestring);
	cJSON_Delete(first);
}

void
plain_kept_say(const struct plain *p)
{
	if (p->kept != NULL)
		plain_say("what you typed is kept: /again says it to the "
		    "agent, /edit opens it in the editor first");
}

void
plain_keep(struct plain *p, const char *text)
{
	plain_set(&p->kept, text);
	plain_kept_say(p);
}

/* ---- again ---- */

void
plain_do_again(struct plain *p)
{
	char *text = p->kept;

	if (text == NULL) {
		plain_say("nothing is kept: all that you said was taken");
		return;
	}
	p->kept = NULL;
	plain_message(p, text);
	free(text);
}

void
plain_do_edit(struct plain *p)
{
	const char *text = p->kept == NULL ? "" : p->kept;
	struct err e = ERR_INIT;
	size_t len;
	char *s = editor_mark(text, &len);

	fflush(stdout);
	if (editor_start(&p->editor, "message.md", s, len, &e) < 0)
		plain_say("%s", e.text);
	else
		p->writing = true;
	free(s);
}

void
plain_written(struct plain *p, int status)
{
	struct err e = ERR_INIT;
	char *s = NULL;
	struct buf b;
	size_t len;

	p->writing = false;
	if (editor_finish(&p->editor, status, &b, &e) < 0) {
		plain_say("%s", e.text);
		goto out;
	}
	len = b.len;
	s = editor_unmark(buf_str(&b), &len, p->kept == NULL ? "" : p->kept);
	while (len > 0 && (s[len - 1] == '\n' || s[len - 1] == '\r'))
		s[--len] = '\0';
	if (len == 0)
		plain_say("nothing was written: nothing was sent");
	else if (p->kept != NULL && strcmp(s, p->kept) == 0)
		plain_say("it was not changed: nothing was sent; /again says "
		    "it as it is");
	else {
		plain_set(&p->kept, NULL);
		plain_typed_text(p, s);
	}
out:
	free(s);
	buf_release(&b);
}

void
plain_kept_release(struct plain *p)
{
	cJSON_Delete(p->sent);
	free(p->kept);
	history_release(&p->history);
}
