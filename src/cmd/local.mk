noinst_LIBRARIES += libcmd.a
libcmd_a_SOURCES = \
	src/cmd/base/cmd-exit.c src/cmd/base/cmd-exit.h \
	src/cmd/clean-session.c src/cmd/clean-session.h \
	src/cmd/base/client.c src/cmd/base/client.h \
	src/cmd/base/data-dir.c src/cmd/base/data-dir.h \
	src/cmd/cmd.c src/cmd/cmd.h \
	src/cmd/acp/acp.c src/cmd/acp/acp.h src/cmd/acp/acp-int.h \
	src/cmd/acp/acp-ask.c src/cmd/acp/acp-change.c \
	src/cmd/acp/acp-command.c src/cmd/acp/acp-option.c \
	src/cmd/acp/acp-prompt.c src/cmd/acp/acp-send.c \
	src/cmd/acp/acp-session.c src/cmd/acp/acp-update.c \
	src/cmd/cmd-acp.c \
	src/cmd/cmd-apply.c src/cmd/cmd-apply.h \
	src/cmd/clone.c src/cmd/clone.h \
	src/cmd/cmd-resume.c \
	src/cmd/cmd-commit.c \
	src/cmd/cmd-completion.c \
	src/cmd/cmd-decide.c \
	src/cmd/decide-from.c \
	src/cmd/cmd-demo.c \
	src/cmd/cmd-doctor.c \
	src/cmd/cmd-end.c \
	src/cmd/exec-estimate.c \
	src/cmd/branch.c src/cmd/branch.h \
	src/cmd/cmd-exec.c \
	src/cmd/cmd-help.c \
	src/cmd/cmd-hooks.c \
	src/cmd/cmd-config.c \
	src/cmd/cmd-mcp.c \
	src/cmd/mcp-test.c \
	src/cmd/cmd-log.c \
	src/cmd/cmd-login.c \
	src/cmd/cmd-ls.c src/cmd/cmd-ls.h \
	src/cmd/cmd-merge.c \
	src/cmd/cmd-models.c \
	src/cmd/cmd-pr.c src/cmd/pr.h src/cmd/pr-comment.c \
	src/cmd/pr-host.c src/cmd/pr-host.h \
	src/cmd/pr-text.c src/cmd/pr-text.h \
	src/cmd/cmd-record.c src/cmd/record.c src/cmd/record.h \
	src/cmd/recording.c src/cmd/recording.h \
	src/cmd/recording-tree.c src/cmd/recording-tree.h \
	src/cmd/cmd-replay.c src/cmd/replay-run.c src/cmd/replay-run.h \
	src/cmd/replay-answer.c src/cmd/replay-answer.h \
	src/cmd/replay-diff.c src/cmd/replay-diff.h \
	src/cmd/own-files.c src/cmd/own-files.h \
	src/cmd/scrub.c src/cmd/scrub.h \
	src/cmd/cmd-show.c \
	src/cmd/proposal-file.c src/cmd/proposal-file.h \
	src/cmd/proposal-read.c \
	src/cmd/proposal-settle.c \
	src/cmd/tree.c src/cmd/tree.h \
	src/cmd/cmd-stats.c \
	src/cmd/stats.c src/cmd/stats.h \
	src/cmd/cmd-try.c src/cmd/cmd-try.h \
	src/cmd/cmd-undo.c \
	src/cmd/commit-journal.c src/cmd/commit-journal.h \
	src/cmd/commit/commit-choose.c src/cmd/commit/commit-choose.h \
	src/cmd/commit/commit-index.c src/cmd/commit/commit-index.h \
	src/cmd/commit/commit-message.c src/cmd/commit/commit-message.h \
	src/cmd/commit/commit-plan.c src/cmd/commit/commit-plan.h \
	src/cmd/commit/commit-quote.c src/cmd/commit/commit-quote.h \
	src/cmd/commit/commit-select.c src/cmd/commit/commit-select.h \
	src/cmd/commit/commit-blobs.c src/cmd/commit/commit-blobs.h \
	src/cmd/commit/commit-side.c src/cmd/commit/commit-side.h \
	src/cmd/cmd-worktrees.c \
	src/cmd/base/git-follow.c src/cmd/base/git-follow.h \
	src/cmd/hook-test.c src/cmd/hook-test.h \
	src/cmd/trial.c src/cmd/trial.h \
	src/cmd/base/git-keys.c src/cmd/base/git-keys.h \
	src/cmd/base/git-run.c src/cmd/base/git-run.h \
	src/cmd/base/git-state.c src/cmd/base/git-state.h \
	src/cmd/doctor-protected.c src/cmd/doctor-protected.h \
	src/cmd/git-act.c src/cmd/git-act.h \
	src/cmd/half-applied.c src/cmd/half-applied.h \
	src/cmd/headless/headless.c src/cmd/headless/headless.h \
	src/cmd/headless/headless-ask.c \
	src/cmd/headless/headless-choice.c \
	src/cmd/headless/headless-int.h \
	src/cmd/headless/headless-print.c \
	src/cmd/insecure-http.c src/cmd/insecure-http.h \
	src/cmd/local-models.c src/cmd/local-models.h \
	src/cmd/model-about.c src/cmd/model-about.h \
	src/cmd/log.c src/cmd/log.h \
	src/cmd/log-net.c src/cmd/log-net.h \
	src/cmd/log-path.c src/cmd/log-path.h \
	src/cmd/options.c \
	src/cmd/plain/plain.c src/cmd/plain/plain.h \
	src/cmd/plain/plain-ask.c \
	src/cmd/plain/plain-change.c \
	src/cmd/plain/plain-int.h \
	src/cmd/plain/plain-kept.c \
	src/cmd/plain/plain-move.c \
	src/cmd/plain/plain-output.c \
	src/cmd/plain/plain-typed.c \
	src/cmd/base/pager.c src/cmd/base/pager.h \
	src/cmd/base/print.c src/cmd/base/print.h \
	src/cmd/base/print-end.c \
	src/cmd/base/print-int.h \
	src/cmd/base/print-json.c \
	src/cmd/base/print-line.c \
	src/cmd/base/review.c src/cmd/base/review.h \
	src/cmd/sarif.c src/cmd/sarif.h \
	src/cmd/step.c src/cmd/step.h src/cmd/step-key.c \
	src/cmd/task-input.c src/cmd/task-input.h \
	src/cmd/worktrees.c src/cmd/worktrees.h \
	src/cmd/session-pick.c src/cmd/session-pick.h \
	src/cmd/select/select.c src/cmd/select/select.h \
	src/cmd/select/select-comment.c \
	src/cmd/select/select-int.h \
	src/cmd/select/select-patch.c \
	src/cmd/select/select-rules.c \
	src/cmd/provider-models.c src/cmd/provider-models.h \
	src/cmd/session-client.c src/cmd/session-client.h \
	src/cmd/setup.c src/cmd/setup.h \
	src/cmd/base/stale.c src/cmd/base/stale.h

bin_PROGRAMS += assent
assent_SOURCES = src/cmd/assent.c
assent_LDADD = libcmd.a libui.a libfront.a libconfig.a libdialect.a libpolicy.a libpatch.a libjournal.a librpc.a libloop.a \
	libtool-table.a libbase.a $(BASE_LIBS) $(NCURSES_LIBS) $(MD4C_LIBS)
