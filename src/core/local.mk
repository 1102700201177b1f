# The agent as a state machine: assent-core.
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	src/core/main/clean.c src/core/main/clean.h \
	src/core/main/fork.c src/core/main/fork.h \
	src/core/main/own-changes.c src/core/main/own-changes.h \
	src/core/main/parts.h \
	src/core/main/start-int.h \
	src/core/main/start-sandbox.c \
	src/core/main/start.c src/core/main/start.h \
	src/core/agent/aside.c src/core/agent/aside.h \
	src/core/agent/attachment.c src/core/agent/attachment.h \
	src/core/agent/background.c src/core/agent/background.h \
	src/core/agent/budget.c src/core/agent/budget.h \
	src/core/agent/call-fault.c \
	src/core/agent/call-patch.c \
	src/core/agent/call-run.c \
	src/core/agent/call-tools.c \
	src/core/agent/call.c src/core/agent/call.h \
	src/core/agent/driver.c src/core/agent/driver.h \
	src/core/agent/finish.c src/core/agent/finish.h \
	src/core/agent/hook-int.h \
	src/core/agent/hook-run.c \
	src/core/agent/hook.c src/core/agent/hook.h \
	src/core/agent/plan.c src/core/agent/plan.h \
	src/core/agent/run.c src/core/agent/run.h \
	src/core/agent/say.c src/core/agent/say.h \
	src/core/agent/slash.c src/core/agent/slash.h \
	src/core/agent/terminal.c src/core/agent/terminal.h \
	src/core/agent/turn.c src/core/agent/turn.h \
	src/core/acp/peer-int.h \
	src/core/acp/peer-permit.c \
	src/core/acp/peer-prompt.c \
	src/core/acp/peer-update.c \
	src/core/acp/peer.c src/core/acp/peer.h \
	src/core/mcp/mcp-ask.c \
	src/core/mcp/mcp-call.c \
	src/core/mcp/mcp-header.c \
	src/core/mcp/mcp-http.c \
	src/core/mcp/mcp-int.h \
	src/core/mcp/mcp-prompt.c \
	src/core/mcp/mcp-server.c \
	src/core/mcp/mcp-version.c \
	src/core/mcp/mcp.c src/core/mcp/mcp.h \
	src/core/mcp/oauth.c src/core/mcp/oauth.h \
	src/core/syntax/syntax.c src/core/syntax/syntax.h \
	src/core/proof/baseline.c src/core/proof/baseline.h \
	src/core/proof/mutate.c src/core/proof/mutate.h \
	src/core/proof/notice.c src/core/proof/notice.h \
	src/core/proof/proof-int.h \
	src/core/proof/proof.c src/core/proof/proof.h \
	src/core/review/again.c \
	src/core/review/comment.c src/core/review/comment.h \
	src/core/review/decision.c src/core/review/decision.h \
	src/core/review/evidence.c src/core/review/evidence.h \
	src/core/review/feedback.c src/core/review/feedback.h \
	src/core/review/propose-mark.c \
	src/core/review/propose.c src/core/review/propose.h \
	src/core/review/reading-order.c src/core/review/reading-order.h \
	src/core/review/seen.c src/core/review/seen.h \
	src/core/review/undeclared.c src/core/review/undeclared.h \
	src/core/review/undo.c src/core/review/undo.h \
	src/core/diagnose/diagnose.c src/core/diagnose/diagnose.h \
	src/core/diagnose/adds-form.c src/core/diagnose/adds-form.h \
	src/core/diagnose/adds-host.c src/core/diagnose/adds-int.h \
	src/core/diagnose/adds-name.c \
	src/core/diagnose/adds-package.c src/core/diagnose/adds-package.h \
	src/core/diagnose/adds-search.c src/core/diagnose/adds-search.h \
	src/core/diagnose/adds.c src/core/diagnose/adds.h \
	src/core/diagnose/language.c src/core/diagnose/language.h \
	src/core/diagnose/linter.c src/core/diagnose/linter.h \
	src/core/diagnose/packages.c src/core/diagnose/packages.h \
	src/core/diagnose/weaken-form.c src/core/diagnose/weaken-form.h \
	src/core/diagnose/weaken.c src/core/diagnose/weaken.h \
	src/core/source/source-run.c \
	src/core/source/source.c src/core/source/source.h \
	src/core/project/inspect.c \
	src/core/project/map.c \
	src/core/project/project-int.h \
	src/core/project/project.c src/core/project/project.h \
	src/core/project/skills.c \
	src/core/project/tags.c \
	src/core/context/answers.c src/core/context/answers.h \
	src/core/context/compact.c src/core/context/compact.h \
	src/core/context/context-image.c src/core/context/context-image.h \
	src/core/context/context-int.h \
	src/core/context/context-size.c \
	src/core/context/context-transcript.c \
	src/core/context/context.c src/core/context/context.h \
	src/core/context/model.c src/core/context/model.h \
	src/core/context/prompt.c src/core/context/prompt.h \
	src/core/context/query.c src/core/context/query.h \
	src/core/job/agent-commits.c \
	src/core/job/agent-git.c src/core/job/agent-int.h \
	src/core/job/agent-plan.c src/core/job/agent-plan.h \
	src/core/job/git-redact.c \
	src/core/job/hint.c src/core/job/hint.h \
	src/core/job/job.c src/core/job/job.h \
	src/core/job/lasting.c src/core/job/lasting.h \
	src/core/job/output-file.c src/core/job/output-file.h \
	src/core/job/output.c src/core/job/output.h \
	src/core/job/program.c src/core/job/program.h \
	src/core/stage/changes.c src/core/stage/changes.h \
	src/core/stage/own-copy.c \
	src/core/stage/restage.c \
	src/core/stage/stages.c src/core/stage/stages.h \
	src/core/net/network-int.h \
	src/core/net/network-proxy.c \
	src/core/net/port.c src/core/net/port.h \
	src/core/net/network.c src/core/net/network.h \
	src/core/net/registry.c src/core/net/registry.h \
	src/core/kernel/approval.c \
	src/core/kernel/core.c src/core/kernel/core.h \
	src/core/kernel/dispatch.c \
	src/core/kernel/disk.c src/core/kernel/disk.h \
	src/core/kernel/emit.c \
	src/core/kernel/host-program.c src/core/kernel/host-program.h \
	src/core/kernel/paths.c src/core/kernel/paths.h \
	src/core/kernel/result.c \
	src/core/kernel/secrets.c src/core/kernel/secrets.h \
	src/core/kernel/server-int.h \
	src/core/kernel/server.c src/core/kernel/server.h \
	src/core/kernel/status.c

pkglibexec_PROGRAMS += assent-core
assent_core_SOURCES = src/core/main/assent-core.c
assent_core_LDADD = libcore.a libgitcmd.a libpolicy.a libgate.a libpatch.a libprovider.a \
	libdialect.a libsandboxclient.a libtool-table.a libstore.a libjournal.a libnet.a librpc.a libloop.a \
	libbase.a $(GIT2_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(BASE_LIBS)
