# tests/e2e
# the screen in a real terminal (libvterm), fed from files
if HAVE_VTERM
check_PROGRAMS += tests/e2e/vtdrive tests/e2e/ui-play
if HAVE_PYTHON3
TESTS += tests/e2e/test-screen-layout.py
endif
tests_e2e_vtdrive_SOURCES = tests/e2e/vtdrive.c tests/e2e/vtdrive-cells.c \
	tests/e2e/vtdrive-idle.c tests/e2e/vtdrive.h
tests_e2e_vtdrive_CPPFLAGS = $(AM_CPPFLAGS) $(VTERM_CFLAGS)
tests_e2e_vtdrive_LDADD = libbase.a $(BASE_LIBS) $(VTERM_LIBS)
tests_e2e_ui_play_SOURCES = tests/e2e/ui-play.c
tests_e2e_ui_play_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=ioctl -Wl,--wrap=poll \
	-Wl,--wrap=clock_mono_ms -Wl,--wrap=setupterm
tests_e2e_ui_play_LDADD = libui.a libclient.a libreview.a libfront.a libpolicy.a libpatch.a libjournal.a libbase.a $(BASE_LIBS) \
	$(NCURSES_LIBS) $(MD4C_LIBS) $(CRYPTO_LIBS)
if HAVE_PYTHON3
TESTS += tests/e2e/test-undo-screen.py tests/e2e/test-again.py
TESTS += tests/e2e/test-screen-input.py tests/e2e/test-screen-run.py
TESTS += tests/e2e/screen-demo.py tests/e2e/test-tutorial.py \
	tests/e2e/test-screen.py tests/e2e/test-accident.py \
	tests/e2e/test-screen-diff.py tests/e2e/test-screen-commit.py
TESTS += tests/e2e/test-screen-leave.py tests/e2e/test-ssh.py \
	tests/e2e/test-seen.py tests/e2e/test-reading.py \
	tests/e2e/test-screen-widths.py \
	tests/e2e/test-screen-hostile.py
TESTS += tests/e2e/test-screen-slow.py tests/e2e/test-screen-retry.py \
	tests/e2e/test-screen-stall.py
SLOW_TESTS += tests/e2e/slow-large.py \
	tests/e2e/slow-long.py tests/e2e/slow-tasks.py \
	tests/e2e/test-accident.py tests/e2e/test-screen-diff.py
endif
endif
EXTRA_DIST += tests/e2e/long.py tests/e2e/slow-long.py
EXTRA_DIST += tests/e2e/test-undo-screen.py tests/e2e/test-again.py
EXTRA_DIST += tests/e2e/test-screen-input.py tests/e2e/test-screen-run.py
EXTRA_DIST += tests/e2e/test-screen-diff.py tests/e2e/test-screen-commit.py
EXTRA_DIST += tests/e2e/test-screen-leave.py tests/e2e/test-ssh.py \
	tests/e2e/test-seen.py tests/e2e/test-reading.py \
	tests/e2e/test-screen-widths.py \
	tests/e2e/hostile.py tests/e2e/test-screen-hostile.py
EXTRA_DIST += tests/messages.h tests/e2e/messages.py
EXTRA_DIST += tests/e2e/screenlib.py tests/e2e/test-screen.py \
	tests/e2e/test-accident.py
EXTRA_DIST += tests/e2e/vt.py tests/e2e/screen.py tests/e2e/screen-demo.py \
	tests/e2e/test-tutorial.py
EXTRA_DIST += tests/e2e/line.py tests/e2e/test-screen-slow.py \
	tests/e2e/test-screen-stall.py

# The screen at some sizes, as text, beside what it was when somebody looked.
check_PROGRAMS += tests/e2e/ui-shot
tests_e2e_ui_shot_SOURCES = tests/e2e/ui-shot.c
tests_e2e_ui_shot_LDADD = libui.a libclient.a libreview.a libfront.a libpolicy.a libpatch.a libjournal.a libbase.a $(BASE_LIBS) \
	$(NCURSES_LIBS) $(MD4C_LIBS) $(CRYPTO_LIBS)
EXTRA_DIST += tests/e2e/test-screen-layout.py tests/e2e/test-screens.py \
	tests/e2e/picture.py tests/fixtures/screens tests/fixtures/pictures
if HAVE_PYTHON3
TESTS += tests/e2e/test-screens.py
endif

# Each format of providers, against a server that is as strict as they are.
EXTRA_DIST += tests/e2e/test-formats.py tests/e2e/test-patch.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-formats.py tests/e2e/test-patch.py
endif

# The core, whose clock the tests put forward.
check_PROGRAMS += tests/e2e/core-clock
tests_e2e_core_clock_SOURCES = src/core/main/assent-core.c tests/e2e/core-clock.c
tests_e2e_core_clock_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_e2e_core_clock_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_mono_ms \
	-Wl,--wrap=clock_wall_ms \
	-Wl,--wrap=curl_multi_poll
tests_e2e_core_clock_LDADD = $(assent_core_LDADD)

# The way to a model's server.
EXTRA_DIST += tests/e2e/secure.py tests/e2e/test-transport.py \
	tests/e2e/test-login.py tests/e2e/test-retry.py tests/e2e/test-failover.py tests/e2e/test-route.py \
	tests/e2e/test-effort.py \
	tests/e2e/test-screen-retry.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-transport.py tests/e2e/test-login.py \
	tests/e2e/test-retry.py tests/e2e/test-failover.py tests/e2e/test-route.py \
	tests/e2e/test-effort.py
endif

# The user's hooks.
EXTRA_DIST += tests/e2e/test-diagnose.py
TESTS += tests/e2e/test-diagnose.py
EXTRA_DIST += tests/e2e/test-contrib-hooks.py tests/e2e/test-hooks.py \
	tests/e2e/test-hooks-levels.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-contrib-hooks.py tests/e2e/test-hooks.py \
	tests/e2e/test-hooks-levels.py
endif

# The shells' completions; each option and exit status of commands for scripts.
EXTRA_DIST += tests/e2e/test-last-release.py tests/fixtures/last-release
EXTRA_DIST += tests/e2e/test-completion.py tests/e2e/test-contract.py tests/e2e/test-help.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-last-release.py
TESTS += tests/e2e/test-completion.py tests/e2e/test-contract.py tests/e2e/test-help.py
endif

# contrib in the programs that it is for.
EXTRA_DIST += tests/e2e/test-tmux.py tests/e2e/test-vim.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-tmux.py tests/e2e/test-vim.py
endif

# Sessions without a screen, and stored ones.
EXTRA_DIST += tests/e2e/sshlib.py tests/e2e/test-inbox.py \
	tests/e2e/slow-inbox.py \
	tests/e2e/test-inbox-hosts.py tests/e2e/test-leave.py tests/e2e/test-ls.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-inbox.py \
	tests/e2e/test-inbox-hosts.py tests/e2e/test-leave.py tests/e2e/test-ls.py
SLOW_TESTS += tests/e2e/slow-inbox.py
endif

# The check when the model says it is done.
EXTRA_DIST += tests/e2e/test-check.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-check.py
endif

# Model servers on this machine.
EXTRA_DIST += tests/e2e/test-local.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-local.py
endif

# A session without a model, until one is named.
EXTRA_DIST += tests/e2e/test-no-model.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-no-model.py
endif

# What the user has for other agents.
EXTRA_DIST += tests/e2e/test-import.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-import.py
endif

# Images in a message.
EXTRA_DIST += tests/e2e/test-images.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-images.py
endif

# What goes through without a key, and by whose word.
EXTRA_DIST += tests/e2e/test-own-files.py tests/e2e/test-policy.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-own-files.py tests/e2e/test-policy.py
endif

# Which command of a client works when.
EXTRA_DIST += tests/e2e/test-commands.py tests/e2e/slow-commands.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-commands.py
SLOW_TESTS += tests/e2e/slow-commands.py
endif

# Limits on a task.
EXTRA_DIST += tests/e2e/test-background.py tests/e2e/test-btw.py tests/e2e/test-budget.py tests/e2e/test-money.py \
	tests/e2e/test-same-numbers.py tests/e2e/test-stats.py \
	tests/fixtures/sessions/compaction.jsonl \
	tests/fixtures/sessions/edited.jsonl \
	tests/fixtures/sessions/fork.jsonl \
	tests/fixtures/sessions/half-undo.jsonl \
	tests/fixtures/sessions/killed.jsonl \
	tests/fixtures/sessions/merged.jsonl \
	tests/fixtures/sessions/refused.jsonl \
	tests/fixtures/sessions/reviewer.jsonl \
	tests/fixtures/sessions/rollback.jsonl \
	tests/fixtures/sessions/two-sessions.jsonl \
	tests/fixtures/sessions/undo.jsonl \
	tests/fixtures/sessions/worktree.jsonl
if HAVE_PYTHON3
TESTS += tests/e2e/test-background.py tests/e2e/test-btw.py tests/e2e/test-budget.py tests/e2e/test-money.py \
	tests/e2e/test-same-numbers.py tests/e2e/test-stats.py
endif

# The answers of a journal, and two runs compared.
EXTRA_DIST += tests/e2e/test-answers.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-answers.py
endif

# The programs as their users see them.
EXTRA_DIST += tests/e2e/test-docs.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-docs.py
endif

EXTRA_DIST += tests/e2e/slow-self.py
if HAVE_PYTHON3
SLOW_TESTS += tests/e2e/slow-self.py
endif

# A window smaller than the work.
EXTRA_DIST += tests/e2e/test-compact.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-compact.py
endif

# assent review of commits, ranges, branches and pull requests.
EXTRA_DIST += tests/e2e/test-review-range.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-review-range.py
endif

# A second look at small changes.
EXTRA_DIST += tests/e2e/test-reviewer.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-reviewer.py
endif

# The terminal of a command in the sandbox.
EXTRA_DIST += tests/e2e/test-term.py tests/e2e/test-try-terminal.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-term.py tests/e2e/test-try-terminal.py
endif

# What the model is told of a project, and kinds of work.
EXTRA_DIST += tests/e2e/test-symbols.py tests/e2e/test-colours.py \
	tests/e2e/test-first-request.py
EXTRA_DIST += tests/e2e/test-project.py tests/e2e/test-profile.py tests/e2e/test-skills.py \
	tests/e2e/test-agents.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-symbols.py tests/e2e/test-colours.py \
	tests/e2e/test-first-request.py
TESTS += tests/e2e/test-project.py tests/e2e/test-profile.py tests/e2e/test-skills.py \
	tests/e2e/test-agents.py
endif

# End to end: the real binaries, a real model server on loopback, real git.
E2E_TESTS = tests/e2e/test-attack.py tests/e2e/test-limits.py \
	tests/e2e/test-try-edges.py tests/e2e/test-hosts.py \
	tests/e2e/test-brokered.py \
	tests/e2e/test-misbehaviour.py tests/e2e/test-run.py \
	tests/e2e/test-kinds.py \
	tests/e2e/test-plain.py tests/e2e/test-rows.py \
	tests/e2e/test-slash.py tests/e2e/test-hostile-project.py \
	tests/e2e/test-diff.py \
	tests/e2e/test-decide.py tests/e2e/test-review.py tests/e2e/test-review-find.py tests/e2e/test-told.py \
	tests/e2e/test-choose.py tests/e2e/test-ignored.py \
	tests/e2e/test-builds-any.py \
	tests/e2e/test-rename.py \
	tests/e2e/test-undo.py tests/e2e/test-commit.py \
	tests/e2e/test-commit-as-git.py tests/e2e/test-commit-part.py \
	tests/e2e/test-commit-any.py tests/e2e/test-commit-note.py \
	tests/e2e/test-changed-on-disk.py tests/e2e/test-clean-copy.py \
	tests/e2e/test-attach.py tests/e2e/test-demo.py \
	tests/e2e/test-prepare.py \
	tests/e2e/test-live.py tests/e2e/test-scan.py \
	tests/e2e/test-exec.py tests/e2e/test-branch.py tests/e2e/test-worktrees.py tests/e2e/test-repository.py tests/e2e/test-pr.py tests/e2e/test-review-send.py tests/e2e/test-log-md.py tests/e2e/test-fork.py tests/e2e/test-resume.py tests/e2e/test-try.py \
	tests/e2e/test-levels.py tests/e2e/test-image.py \
	tests/e2e/test-toolchains.py \
	tests/e2e/test-undeclared.py
EXTRA_DIST += tests/e2e/README.md
EXTRA_DIST += $(E2E_TESTS) tests/e2e/harness.py \
	tests/e2e/commitlib.py tests/e2e/mockserver.py tests/e2e/protocol.py
if HAVE_PYTHON3
TESTS += $(E2E_TESTS)
# Of these, what takes long.
SLOW_TESTS += tests/e2e/test-commit.py \
	tests/e2e/test-commit-any.py \
	tests/e2e/test-commit-as-git.py tests/e2e/test-repository.py \
	tests/e2e/test-builds-any.py tests/e2e/test-review.py
endif

# The way out of the sandbox, by itself.
EXTRA_DIST += tests/e2e/test-net-proxy.py tests/e2e/test-net.py \
	tests/e2e/test-forward.py tests/e2e/slow-forward.py \
	tests/e2e/test-port.py tests/e2e/test-agent-plan.py \
	tests/e2e/test-registries.py tests/e2e/registrylib.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-net-proxy.py tests/e2e/test-net.py \
	tests/e2e/test-forward.py tests/e2e/test-port.py \
	tests/e2e/test-agent-plan.py tests/e2e/test-registries.py
SLOW_TESTS += tests/e2e/slow-forward.py
endif

# MCP servers, good ones and bad ones.
EXTRA_DIST += tests/e2e/test-mcp.py tests/e2e/mcp-server.py \
	tests/e2e/mcplib.py tests/e2e/test-mcp-client.py \
	tests/e2e/test-mcp-host.py tests/e2e/test-mcp-http.py \
	tests/e2e/test-mcp-login.py \
	tests/e2e/test-mcp-ask.py tests/e2e/test-mcp-net.py \
	tests/e2e/test-mcp-prompt.py tests/e2e/test-mcp-version.py \
	tests/e2e/mcp-replay.py tests/fixtures/mcp
if HAVE_PYTHON3
TESTS += tests/e2e/test-mcp.py tests/e2e/test-mcp-client.py \
	tests/e2e/test-mcp-host.py tests/e2e/test-mcp-http.py \
	tests/e2e/test-mcp-login.py \
	tests/e2e/test-mcp-ask.py tests/e2e/test-mcp-net.py \
	tests/e2e/test-mcp-prompt.py tests/e2e/test-mcp-version.py
endif

# An editor on `assent acp`, and an agent that speaks the same protocol.
EXTRA_DIST += tests/e2e/test-acp.py tests/e2e/test-together.py \
	tests/e2e/test-agent.py tests/e2e/test-agent-hostile.py \
	tests/e2e/acp-agent.py tests/e2e/agentlib.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-acp.py tests/e2e/test-together.py \
	tests/e2e/test-agent.py tests/e2e/test-agent-hostile.py
endif

# What `make release` makes, installed and removed.
EXTRA_DIST += tests/e2e/test-release.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-release.py
SLOW_TESTS += tests/e2e/test-release.py
endif

# What the report of a task says.
EXTRA_DIST += tests/e2e/test-report.py
EXTRA_DIST += tests/e2e/test-notice.py
EXTRA_DIST += tests/e2e/test-proof.py tests/e2e/test-review-patch.py tests/e2e/test-step.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-report.py
TESTS += tests/e2e/test-notice.py
TESTS += tests/e2e/test-proof.py tests/e2e/test-review-patch.py tests/e2e/test-step.py
SLOW_TESTS += tests/e2e/test-mcp.py tests/e2e/test-notice.py \
	tests/e2e/test-step.py
endif

# Keys and seconds of usual tasks.
.PHONY: tasks
tasks: all
	$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(top_srcdir)/tests/e2e/slow-tasks.py
