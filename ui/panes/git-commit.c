#include "config.h"

#include "ui/panes/git-commit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/confirm.h"
#include "ui/panes/ui-base.h"

#define GIT_COMMIT_NAMES	4	/* changes; more are counted */

bool
git_commit_is_offered(const struct ui *ui, const struct fold_change *c)
{
	return ui->in_git && (c == NULL ? commit_run_has_work(ui->fold) :
	    commit_run_lacks(ui->fold, c));
}

static void
git_commit_add(struct ui *ui, int64_t tx)
{
	GROW(ui->commit_changes, ui->commit_changes_len);
	ui->commit_changes[ui->commit_changes_len++] = tx;
}

static bool
git_commit_can(struct ui *ui)
{
	if (ui->fold->changes_len == 0 || ui->fold->session == NULL)
		ui_notice(ui, "nothing was applied in this session");
	else if (ui->commit.pid != 0)
		ui_notice(ui, "a commit is being made");
	else
		return true;
	return false;
}

void
git_commit_ask(struct ui *ui, const struct fold_change *c)
{
	if (!git_commit_can(ui))
		return;
	if (c != NULL && ui->in_git && !commit_run_lacks(ui->fold, c)) {
		ui_notice(ui, "nothing of change %lld is left to commit",
		    (long long)c->tx);
		return;
	}
	ui->want_edit = UI_RUN_COMMIT;
	ui->commit_changes_len = 0;
	if (c != NULL)
		git_commit_add(ui, c->tx);
}

void
git_commit_ask_task(struct ui *ui, const struct fold_change *of)
{
	const struct fold *f = ui->fold;
	const struct fold_change *c;

	if (!git_commit_can(ui))
		return;
	ui->commit_changes_len = 0;
	for (c = f->changes; c < f->changes + f->changes_len; c++)
		if (commit_run_is_of(f, of, c))
			git_commit_add(ui, c->tx);
	if (ui->commit_changes_len > 0)
		ui->want_edit = UI_RUN_COMMIT;
	else
		ui_notice(ui, "nothing of this task is left to commit");
}

/* "change 1", "changes 1 and 4", "these 6 changes": those from `at` to `end`. */
static void
git_commit_names(const struct ui *ui, size_t at, size_t end, struct buf *b)
{
	size_t i;

	if (end - at > GIT_COMMIT_NAMES) {
		buf_addf(b, at == 0 ? "these %zu changes" : "%zu others",
		    end - at);
		return;
	}
	buf_addf(b, "change%s", end - at == 1 ? "" : "s");
	for (i = at; i < end; i++)
		buf_addf(b, "%s%lld", i == at ? " " : i + 1 == end ? " and " :
		    ", ", (long long)ui->commit_changes[i]);
}

/* Lines of others can't be separated from the change's: false if not. */
static bool
git_commit_needs(struct ui *ui, const char *text, size_t len)
{
	AUTO_JSON cJSON *o = json_parse(text, len, JSON_NUL_REFUSE, NULL);
	size_t at = ui->commit_changes_len;
	struct buf b = BUF_INIT(0);
	const cJSON *tx;

	git_commit_names(ui, 0, at, &b);
	cJSON_ArrayForEach(tx, json_array(o, "needs"))
		git_commit_add(ui, (int64_t)tx->valuedouble);
	if (ui->commit_changes_len == at) {
		buf_release(&b);
		return false;
	}
	b.p[0] -= 'a' - 'A';
	buf_adds(&b, at == 1 ? " shares lines with " : " share lines with ");
	git_commit_names(ui, at, ui->commit_changes_len, &b);
	if (ui->commit_changes_len == 2)
		buf_adds(&b, ". Commit both?");
	else
		buf_addf(&b, ". Commit all %zu?", ui->commit_changes_len);
	confirm_ask(ui, ACTION_CHANGES_COMMIT, buf_take(&b));
	return true;
}

bool
git_commit_ran(struct ui *ui, const char *text, size_t len)
{
	bool made, failed;
	AUTO_FREE char *words = commit_run_words(text, len, NULL, &made,
	    &failed);

	if (git_commit_needs(ui, text, len))
		return false;
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
