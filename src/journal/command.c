/*
 * What a front end says about a proposal, in one place for all of them: the
 * screen, plain lines, questions on a terminal, scripts.
 */
#include "config.h"

#include "journal/command.h"

cJSON *
command_about(const struct fold_proposal *p, const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	json_add_int(o, "proposal", p->id);
	json_add_int(o, "version", p->version);
	return o;
}

cJSON *
command_hunk(const struct fold_proposal *p, const char *type, const char *hunk)
{
	cJSON *o = command_about(p, type);

	json_add_str(o, "hunk", hunk);
	return o;
}

cJSON *
command_mark(const struct fold_proposal *p, const char *hunk, const char *mark,
    bool seen, const char *word)
{
	cJSON *o = command_hunk(p, "mark", hunk);

	json_add_str(o, "mark", mark);
	json_add_bool(o, "seen", seen);
	if (word != NULL && *word != '\0')
		json_add_str(o, "word", word);
	return o;
}
