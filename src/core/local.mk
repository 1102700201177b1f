# The agent as a state machine: assent-core.
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	src/core/budget/budget.c src/core/budget/budget.h \
	src/core/budget/budget-clock.c src/core/budget/budget-clock.h \
	src/core/budget/disk.c src/core/budget/disk.h \
	src/core/budget/task-stats.c src/core/budget/task-stats.h \
	src/core/call/call.c src/core/call/call.h \
	src/core/call/call-answer.c src/core/call/call-answer.h \
	src/core/call/call-fault.c src/core/call/call-fault.h \
	src/core/call/call-hint.c src/core/call/call-hint.h \
	src/core/call/call-result.c src/core/call/call-result.h \
	src/core/call/call-run.c src/core/call/call-run.h \
	src/core/call/call-sandbox.c src/core/call/call-sandbox.h \
	src/core/call/call-tools.c src/core/call/call-tools.h \
	src/core/call/capture.c src/core/call/capture.h \
	src/core/call/edit-tools.c src/core/call/edit-tools.h \
	src/core/call/finding.c src/core/call/finding.h \
	src/core/call/hint.c src/core/call/hint.h \
	src/core/call/host-program.c src/core/call/host-program.h \
	src/core/call/patch-call.c src/core/call/patch-call.h \
	src/core/call/run.c src/core/call/run.h \
	src/core/call/run-int.h \
	src/core/call/run-queue.c \
	src/core/call/seen.c src/core/call/seen.h \
	src/core/call/stopped.c src/core/call/stopped.h \
	src/core/mcp/mcp.c src/core/mcp/mcp.h \
	src/core/mcp/mcp-call.c \
	src/core/mcp/mcp-host.c \
	src/core/mcp/mcp-http.c src/core/mcp/mcp-http.h \
	src/core/mcp/mcp-int.h \
	src/core/mcp/mcp-list.c \
	src/core/mcp/mcp-note.c src/core/mcp/mcp-notice.c \
	src/core/mcp/mcp-part.c src/core/mcp/mcp-resource.c \
	src/core/mcp/mcp-path.c \
	src/core/mcp/mcp-pins.c \
	src/core/mcp/mcp-server.c \
	src/core/mcp/mcp-stage.c \
	src/core/context/attach.c src/core/context/attach.h \
	src/core/context/compact.c src/core/context/compact.h \
	src/core/context/compact-command.c \
	src/core/context/compact-int.h \
	src/core/context/compact-room.c \
	src/core/context/compact-state.c \
	src/core/context/context.c src/core/context/context.h \
	src/core/context/context-cut.c \
	src/core/context/context-image.c \
	src/core/context/context-int.h \
	src/core/context/context-pending.c \
	src/core/context/context-size.c \
	src/core/context/context-transcript.c \
	src/core/context/context-truncate.c \
	src/core/context/context-wait.c \
	src/core/context/recall.c src/core/context/recall.h \
	src/core/context/image.c src/core/context/image.h \
	src/core/core.c src/core/core.h \
	src/core/hook/hook.c src/core/hook/hook.h src/core/hook/hook-int.h \
	src/core/hook/hook-apply.c src/core/hook/hook-apply.h \
	src/core/hook/hook-review.c src/core/hook/hook-review.h \
	src/core/hook/hook-answer.c src/core/hook/hook-answer.h \
	src/core/hook/hook-queue.c src/core/hook/hook-run.c \
	src/core/hook/hook-session.c src/core/hook/hook-session.h \
	src/core/hook/hook-tool.c src/core/hook/hook-tool.h \
	src/core/net/network.c src/core/net/network.h \
	src/core/net/network-ask.c src/core/net/network-int.h \
	src/core/net/network-server.c \
	src/core/net/network-host.c src/core/net/network-host.h \
	src/core/net/proxy-channel.c src/core/net/proxy-channel.h \
	src/core/phase.c src/core/phase.h src/core/core-parts.h \
	src/core/server/allow.c src/core/server/allow.h \
	src/core/project/environment.c src/core/project/environment.h \
	src/core/project/git-redact.c src/core/project/git-redact.h \
	src/core/project/inspect.c src/core/project/inspect.h \
	src/core/project/instructions.c src/core/project/instructions.h \
	src/core/project/map.c src/core/project/map.h \
	src/core/project/project-context.c src/core/project/project-context.h \
	src/core/project/symbols.c src/core/project/symbols.h \
	src/core/project/tags.c src/core/project/tags.h \
	src/core/project/tree-hash.c src/core/project/tree-hash.h \
	src/core/review/changes.c src/core/review/changes.h \
	src/core/review/check.c src/core/review/check.h \
	src/core/review/clean.c src/core/review/clean.h \
	src/core/review/committing.c src/core/review/committing.h \
	src/core/review/comment.c src/core/review/comment.h \
	src/core/review/comment-carry.c src/core/review/comment-carry.h \
	src/core/review/decision.c src/core/review/decision.h \
	src/core/review/decision-int.h \
	src/core/review/decision-lines.c \
	src/core/review/decision-settle.c \
	src/core/review/evidence.c src/core/review/evidence.h \
	src/core/review/evidence-known.c src/core/review/evidence-known.h \
	src/core/review/feedback.c src/core/review/feedback.h \
	src/core/review/include.c src/core/review/include.h \
	src/core/review/marks-restore.c src/core/review/marks-restore.h \
	src/core/review/plan.c src/core/review/plan.h \
	src/core/review/question-ask.c src/core/review/question-ask.h \
	src/core/review/question.c src/core/review/question.h \
	src/core/review/plan-step.c src/core/review/plan-step.h \
	src/core/review/propose.c src/core/review/propose.h \
	src/core/review/propose-mark.c src/core/review/propose-mark.h \
	src/core/review/propose-open.c src/core/review/propose-open.h \
	src/core/review/reasons.c src/core/review/reasons.h \
	src/core/review/reviewer.c src/core/review/reviewer.h \
	src/core/review/rollback.c src/core/review/rollback.h \
	src/core/review/rule.c src/core/review/rule.h \
	src/core/review/rule-small.c \
	src/core/review/test-first.c src/core/review/test-first.h \
	src/core/review/undo-part.c src/core/review/undo-part.h \
	src/core/review/undo.c src/core/review/undo.h \
	src/core/server/brief-write.c src/core/server/brief-write.h \
	src/core/server/delta.c src/core/server/delta.h \
	src/core/server/dispatch.c \
	src/core/server/hunk-context.c src/core/server/hunk-context.h \
	src/core/server/output.c src/core/server/output.h \
	src/core/server/paths.c src/core/server/paths.h \
	src/core/server/server.c src/core/server/server.h \
	src/core/server/server-attach.c \
	src/core/server/server-int.h \
	src/core/server/server-present.c \
	src/core/session/driver.c src/core/session/driver.h \
	src/core/session/driver-soon.c src/core/session/driver-soon.h \
	src/core/session/emit.c src/core/session/emit.h \
	src/core/session/finish.c src/core/session/finish.h \
	src/core/session/kept-caches.c src/core/session/kept-caches.h \
	src/core/session/prompt.c src/core/session/prompt.h \
	src/core/session/recover.c src/core/session/recover.h \
	src/core/session/restage.c src/core/session/restage.h \
	src/core/session/resume.c src/core/session/resume-int.h \
	src/core/session/resume-line.c \
	src/core/session/resume-settings.c \
	src/core/session/say.c src/core/session/say.h \
	src/core/session/set.c src/core/session/set.h \
	src/core/session/stages.c src/core/session/stages.h \
	src/core/session/start.c src/core/session/start.h \
	src/core/session/start-settings.c \
	src/core/session/status.c src/core/session/status.h \
	src/core/syntax/lexer.c src/core/syntax/lexer.h \
	src/core/syntax/lexer-script.c \
	src/core/syntax/syntax.c src/core/syntax/syntax.h \
	src/core/syntax/spans.c src/core/syntax/spans.h \
	src/core/turn/amend.c src/core/turn/amend.h \
	src/core/turn/effort.c src/core/turn/effort.h \
	src/core/turn/failover.c src/core/turn/failover.h \
	src/core/turn/given.c src/core/turn/given.h \
	src/core/turn/model.c src/core/turn/model.h \
	src/core/turn/retry.c src/core/turn/retry.h \
	src/core/turn/route.c src/core/turn/route.h \
	src/core/turn/target.c src/core/turn/target.h \
	src/core/turn/tokens.c src/core/turn/tokens.h \
	src/core/turn/turn.c src/core/turn/turn.h \
	src/core/turn/turn-ask.c src/core/turn/turn-ask.h \
	src/core/turn/turn-asked.c src/core/turn/turn-asked.h \
	src/core/turn/turn-body.c src/core/turn/turn-body.h

pkglibexec_PROGRAMS += assent-core
assent_core_SOURCES = src/core/session/assent-core.c
assent_core_LDADD = libcore.a libpolicy.a libgate.a libpatch.a libprovider.a \
	libdialect.a libsandboxclient.a libtool-table.a libstore.a libjournal.a libnet.a librpc.a libloop.a \
	libbase.a $(GIT2_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(BASE_LIBS)
