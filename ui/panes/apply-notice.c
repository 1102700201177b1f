/*
 * What came of a decision, where it is not what was decided: a file that was
 * not written is said at once, wherever the person looks. The transcript has
 * all of it.
 */
#include "config.h"

#include "ui/state/state.h"

#include <string.h>

#include "base/json.h"

void
apply_notice_line(struct ui *ui, const cJSON *line)
{
	const char *type = json_str_or(line, "type", ""), *first = NULL;
	const cJSON *op;
	int n = 0;

	if (!ui->fold->live)
		return;
	if (strcmp(type, "error") == 0 &&
	    strcmp(json_str_or(line, "kind", ""), "apply") == 0)
		ui_notice(ui, "%s", json_str_or(line, "text", "not written"));
	if (strcmp(type, "applied") != 0)
		return;
	cJSON_ArrayForEach(op, json_array(line, "ops"))
		if (!json_bool(op, "ok", false) && n++ == 0)
			first = json_str_or(op, "text",
			    json_str_or(op, "path", "?"));
	if (n == 1)
		ui_notice(ui, "not written: %s", first);
	else if (n > 1)
		ui_notice(ui, "%d files were not written, one of them: %s", n,
		    first);
}
