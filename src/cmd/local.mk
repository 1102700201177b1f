noinst_LIBRARIES += libcmd.a
libcmd_a_SOURCES = \
	src/cmd/acp.c \
	src/cmd/acp-ask.c \
	src/cmd/acp-change.c \
	src/cmd/acp-command.c \
	src/cmd/acp-int.h \
	src/cmd/acp-option.c \
	src/cmd/acp-prompt.c \
	src/cmd/acp-send.c \
	src/cmd/acp-session.c \
	src/cmd/acp-update.c \
	src/cmd/branch.c src/cmd/branch.h \
	src/cmd/clean-session.c src/cmd/clean-session.h \
	src/cmd/clone.c src/cmd/clone.h \
	src/cmd/cmd.c src/cmd/cmd.h \
	src/cmd/cmd-apply.c src/cmd/cmd-apply.h \
	src/cmd/cmd-commit.c \
	src/cmd/cmd-completion.c \
	src/cmd/cmd-config.c \
	src/cmd/cmd-decide.c \
	src/cmd/cmd-demo.c \
	src/cmd/cmd-doctor.c \
	src/cmd/cmd-end.c \
	src/cmd/cmd-exec.c \
	src/cmd/cmd-help.c \
	src/cmd/cmd-hooks.c \
	src/cmd/cmd-log.c \
	src/cmd/cmd-login.c \
	src/cmd/cmd-ls.c src/cmd/cmd-ls.h \
	src/cmd/cmd-mcp.c \
	src/cmd/cmd-merge.c \
	src/cmd/cmd-models.c \
	src/cmd/cmd-pr.c \
	src/cmd/cmd-record.c src/cmd/cmd-record.h \
	src/cmd/cmd-replay.c \
	src/cmd/cmd-resume.c \
	src/cmd/cmd-show.c \
	src/cmd/cmd-stats.c \
	src/cmd/cmd-try.c src/cmd/cmd-try.h \
	src/cmd/cmd-undo.c \
	src/cmd/cmd-worktrees.c \
	src/cmd/commit-journal.c src/cmd/commit-journal.h \
	src/cmd/decide-from.c \
	src/cmd/doctor-protected.c src/cmd/doctor-protected.h \
	src/cmd/exec-estimate.c \
	src/cmd/half-applied.c src/cmd/half-applied.h \
	src/cmd/headless.c src/cmd/headless.h \
	src/cmd/headless-ask.c \
	src/cmd/headless-choice.c \
	src/cmd/headless-int.h \
	src/cmd/headless-print.c \
	src/cmd/hook-test.c src/cmd/hook-test.h \
	src/cmd/insecure-http.c src/cmd/insecure-http.h \
	src/cmd/local-models.c src/cmd/local-models.h \
	src/cmd/log-path.c src/cmd/log-path.h \
	src/cmd/mcp-test.c src/cmd/mcp-test.h \
	src/cmd/model-about.c src/cmd/model-about.h \
	src/cmd/options.c \
	src/cmd/own-files.c src/cmd/own-files.h \
	src/cmd/plain.c src/cmd/plain.h \
	src/cmd/plain-ask.c \
	src/cmd/plain-change.c \
	src/cmd/plain-int.h \
	src/cmd/plain-kept.c \
	src/cmd/plain-move.c \
	src/cmd/plain-output.c \
	src/cmd/plain-typed.c \
	src/cmd/proposal-file.c src/cmd/proposal-file.h \
	src/cmd/proposal-read.c \
	src/cmd/proposal-settle.c \
	src/cmd/sarif.c src/cmd/sarif.h \
	src/cmd/select.c src/cmd/select.h \
	src/cmd/select-comment.c \
	src/cmd/select-int.h \
	src/cmd/select-patch.c \
	src/cmd/select-rules.c \
	src/cmd/session-client.c src/cmd/session-client.h \
	src/cmd/session-pick.c src/cmd/session-pick.h \
	src/cmd/setup.c src/cmd/setup.h \
	src/cmd/step.c src/cmd/step.h \
	src/cmd/step-key.c \
	src/cmd/task-input.c src/cmd/task-input.h \
	src/cmd/trial.c src/cmd/trial.h

bin_PROGRAMS += assent
assent_SOURCES = src/cmd/assent.c
assent_LDADD = libcmd.a librecord.a libgitcmd.a libui.a libfront.a libconfig.a libdialect.a libpolicy.a libpatch.a libjournal.a librpc.a libloop.a \
	libtool-table.a libbase.a $(BASE_LIBS) $(NCURSES_LIBS) $(MD4C_LIBS)
