#include "config.h"

#include "ui/layout/git-commit.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/fold.h"
#include "ui/base/ui-base.h"

bool
git_commit_is_offered(const struct ui *ui)
{
	return ui->commit.in_git && fold_has_uncommitted(ui->fold);
}

void
git_commit_ask(struct ui *ui)
{
	if (ui->fold->changes_len == 0 || ui->fold->session == NULL)
		ui_notice(ui, "nothing was applied in this session");
	else if (ui->commit.running)
		ui_notice(ui, "a commit is being made");
	else
		ui->want_edit = UI_RUN_COMMIT;
}

void
git_commit_line(struct ui *ui, const char *type)
{
	const struct fold *f = ui->fold;
	bool applied = strcmp(type, "applied") == 0;

	if (!f->live || ui->commit.when == UI_COMMIT_NEVER)
		return;
	if (ui->commit.when == UI_COMMIT_DECISION ? applied :
	    f->ended && (applied || strcmp(type, "agent_end") == 0))
		ui->commit.due = fold_has_uncommitted(f);
}

/* The last line that isn't assent's own; malloc'ed, NULL if there is none. */
static char *
git_commit_last(const char *said)
{
	static const char own[] = "assent: ";
	const char *at, *last = NULL;

	for (at = said; *at != '\0'; at += *at == '\n') {
		if (*at != '\n' && strncmp(at, own, strlen(own)) != 0)
			last = at;
		at += strcspn(at, "\n");
	}
	return last == NULL ? NULL : xmemdup(last, strcspn(last, "\n"));
}

bool
git_commit_ran(struct ui *ui, const char *text, size_t len, const char *said)
{
	AUTO_JSON cJSON *o = json_parse(text, len, JSON_NUL_REFUSE, NULL);
	AUTO_FREE char *last = said == NULL ? NULL : git_commit_last(said);
	const char *why = json_str_or(o, "text", "");
	bool failed = json_int(o, "git", 0) != 0;

	ui->commit.running = false;
	if (why[0] == '\0')
		why = "nothing was committed";
	if (said == NULL || json_str(o, "commit") != NULL)
		ui_notice(ui, "%s", why);
	else
		ui_notice(ui, "%s%s%s · /commit tries again", why,
		    failed && last != NULL ? ": " : "",
		    failed && last != NULL ? last : "");
	ui_notice_stay(ui);
	return failed;
}
