/* config skills: lists skills, and what is wrong with them. */

#include "config.h"

#include "cmd/cmd.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/setup.h"
#include "front/print.h"
#include "policy/skill.h"

/* False: it isn't offered as it is written. */
static bool
skills_print(const cJSON *it)
{
	const char *fault = json_str(it, "fault"), *why = json_str(it, "why");
	const char *tools = json_str(it, "tools");
	const char *text = json_str_or(it, "description", "");
	int64_t cut = json_int(it, "left_out", 0);

	print_words(stdout, "  %s  %s  %lld bytes", json_str_or(it, "name", "?"),
	    json_str_or(it, "path", "?"), (long long)json_int(it, "bytes", 0));
	if (cut > 0)
		print_words(stdout, "    %s [%lld bytes are cut]", text,
		    (long long)cut);
	else if (text[0] != '\0')
		print_words(stdout, "    %s", text);
	if (why != NULL)
		print_words(stdout, "    not offered: %s", why);
	if (fault != NULL)
		print_words(stdout, "    wrong: %s", fault);
	if (tools != NULL)
		print_words(stdout, "    allowed-tools, which has no effect: %s",
		    tools);
	return fault == NULL && cut == 0 &&
	    (why == NULL || strcmp(why, SKILL_MANUAL) == 0);
}

/* True: all of them are in order. */
static bool
skills_print_by(const cJSON *list, const char *by, const char *title)
{
	const cJSON *it = json_find(list, "by", by);
	bool ok = true;

	if (it != NULL)
		print_words(stdout, "%s:", title);
	for (; it != NULL; it = it->next)
		if (json_is(it, "by", by))
			ok = skills_print(it) && ok;
	return ok;
}

int
config_print_skills(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_JSON cJSON *o = cJSON_CreateObject(), *list = NULL;
	AUTO_BUF struct buf notes = BUF_INIT(0);
	AUTO_CLOSE int root = -1;
	char **folders;
	int code;
	bool ok;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "interactive")) != 0)
		return code;
	root = open(s.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	config_skills(o, s.config, getenv("HOME"));
	folders = skill_folders(json_array(o, "skills"), s.root, &notes);
	list = skill_list((const char *const *)folders, root, NULL);
	skill_folders_free(folders);
	if (notes.len > 0)
		cmd_say("%.*s", (int)notes.len - 1, buf_str(&notes));
	ok = skills_print_by(list, "user", "Yours");
	ok = skills_print_by(list, "project",
	    "The project's, which others wrote") && ok;
	if (list->child == NULL)
		cmd_say("no skills: they are folders with a " SKILL_FILE
		    ", in ~/.agents/skills or the project's .agents/skills");
	return ok && notes.len == 0 ? EXIT_DONE : EXIT_ERROR;
}
