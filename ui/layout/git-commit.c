#include "config.h"

#include "ui/layout/git-commit.h"

#include "base/mem.h"
#include "journal/fold.h"
#include "ui/base/ui-base.h"

bool
git_commit_is_offered(const struct ui *ui, const struct fold_change *c)
{
	return ui->in_git && (c == NULL ? commit_run_has_work(ui->fold) :
	    commit_run_lacks(ui->fold, c));
}

void
git_commit_ask(struct ui *ui, const struct fold_change *c)
{
	if (ui->fold->changes_len == 0 || ui->fold->session == NULL)
		ui_notice(ui, "nothing was applied in this session");
	else if (ui->commit.pid != 0)
		ui_notice(ui, "a commit is being made");
	else if (c != NULL && ui->in_git && !commit_run_lacks(ui->fold, c))
		ui_notice(ui, "nothing of change %lld is left to commit",
		    (long long)c->tx);
	else {
		ui->want_edit = UI_RUN_COMMIT;
		ui->commit_change = c == NULL ? 0 : c->tx;
	}
}

bool
git_commit_ran(struct ui *ui, const char *text, size_t len)
{
	bool made, failed;
	AUTO_FREE char *words = commit_run_words(text, len, NULL, &made,
	    &failed);

	ui_notice(ui, "%s", words);
	ui_notice_stay(ui);
	return failed;
}

bool
git_commit_end(struct ui *ui)
{
	bool made;
	AUTO_FREE char *words = commit_run_end(&ui->commit, &made);

	if (words == NULL)
		return false;
	ui_notice(ui, "%s%s", words, made ? "" : " · /commit tries again");
	ui_notice_stay(ui);
	return true;
}
