# The agent as a state machine: assent-core.
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	src/core/budget.c src/core/budget.h \
	src/core/budget-clock.c src/core/budget-clock.h \
	src/core/disk.c src/core/disk.h \
	src/core/task-stats.c src/core/task-stats.h \
	src/core/call.c src/core/call.h \
	src/core/call-answer.c src/core/call-answer.h \
	src/core/call-fault.c src/core/call-fault.h \
	src/core/call-hint.c src/core/call-hint.h \
	src/core/call-result.c src/core/call-result.h \
	src/core/call-run.c src/core/call-run.h \
	src/core/call-sandbox.c src/core/call-sandbox.h \
	src/core/call-tools.c src/core/call-tools.h \
	src/core/capture.c src/core/capture.h \
	src/core/edit-tools.c src/core/edit-tools.h \
	src/core/finding.c src/core/finding.h \
	src/core/hint.c src/core/hint.h \
	src/core/host-program.c src/core/host-program.h \
	src/core/patch-call.c src/core/patch-call.h \
	src/core/run.c src/core/run.h \
	src/core/run-int.h \
	src/core/run-queue.c \
	src/core/seen.c src/core/seen.h \
	src/core/stopped.c src/core/stopped.h \
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
	src/core/attach.c src/core/attach.h \
	src/core/compact.c src/core/compact.h \
	src/core/compact-command.c \
	src/core/compact-int.h \
	src/core/compact-room.c \
	src/core/compact-state.c \
	src/core/context.c src/core/context.h \
	src/core/context-cut.c \
	src/core/context-image.c \
	src/core/context-int.h \
	src/core/context-pending.c \
	src/core/context-size.c \
	src/core/context-transcript.c \
	src/core/context-truncate.c \
	src/core/context-wait.c \
	src/core/recall.c src/core/recall.h \
	src/core/image.c src/core/image.h \
	src/core/core.c src/core/core.h \
	src/core/hook.c src/core/hook.h src/core/hook-int.h \
	src/core/hook-apply.c src/core/hook-apply.h \
	src/core/hook-review.c src/core/hook-review.h \
	src/core/hook-answer.c src/core/hook-answer.h \
	src/core/hook-queue.c src/core/hook-run.c \
	src/core/hook-session.c src/core/hook-session.h \
	src/core/hook-tool.c src/core/hook-tool.h \
	src/core/net/network.c src/core/net/network.h \
	src/core/net/network-ask.c src/core/net/network-int.h \
	src/core/net/network-server.c \
	src/core/net/network-host.c src/core/net/network-host.h \
	src/core/net/proxy-channel.c src/core/net/proxy-channel.h \
	src/core/phase.c src/core/phase.h src/core/core-parts.h \
	src/core/allow.c src/core/allow.h \
	src/core/project/environment.c src/core/project/environment.h \
	src/core/project/git-redact.c src/core/project/git-redact.h \
	src/core/project/inspect.c src/core/project/inspect.h \
	src/core/project/instructions.c src/core/project/instructions.h \
	src/core/project/map.c src/core/project/map.h \
	src/core/project/project-context.c src/core/project/project-context.h \
	src/core/project/symbols.c src/core/project/symbols.h \
	src/core/project/tags.c src/core/project/tags.h \
	src/core/project/tree-hash.c src/core/project/tree-hash.h \
	src/core/changes.c src/core/changes.h \
	src/core/check.c src/core/check.h \
	src/core/clean.c src/core/clean.h \
	src/core/committing.c src/core/committing.h \
	src/core/comment.c src/core/comment.h \
	src/core/comment-carry.c src/core/comment-carry.h \
	src/core/decision.c src/core/decision.h \
	src/core/decision-int.h \
	src/core/decision-lines.c \
	src/core/decision-settle.c \
	src/core/evidence.c src/core/evidence.h \
	src/core/evidence-known.c src/core/evidence-known.h \
	src/core/feedback.c src/core/feedback.h \
	src/core/include.c src/core/include.h \
	src/core/marks-restore.c src/core/marks-restore.h \
	src/core/plan.c src/core/plan.h \
	src/core/question-ask.c src/core/question-ask.h \
	src/core/question.c src/core/question.h \
	src/core/plan-step.c src/core/plan-step.h \
	src/core/propose.c src/core/propose.h \
	src/core/propose-mark.c src/core/propose-mark.h \
	src/core/propose-open.c src/core/propose-open.h \
	src/core/reasons.c src/core/reasons.h \
	src/core/reviewer.c src/core/reviewer.h \
	src/core/rollback.c src/core/rollback.h \
	src/core/rule.c src/core/rule.h \
	src/core/rule-small.c \
	src/core/test-first.c src/core/test-first.h \
	src/core/undo-part.c src/core/undo-part.h \
	src/core/undo.c src/core/undo.h \
	src/core/brief-write.c src/core/brief-write.h \
	src/core/delta.c src/core/delta.h \
	src/core/dispatch.c \
	src/core/hunk-context.c src/core/hunk-context.h \
	src/core/output.c src/core/output.h \
	src/core/paths.c src/core/paths.h \
	src/core/server.c src/core/server.h \
	src/core/server-attach.c \
	src/core/server-int.h \
	src/core/server-present.c \
	src/core/driver.c src/core/driver.h \
	src/core/emit.c src/core/emit.h \
	src/core/finish.c src/core/finish.h \
	src/core/kept-caches.c src/core/kept-caches.h \
	src/core/prompt.c src/core/prompt.h \
	src/core/recover.c src/core/recover.h \
	src/core/restage.c src/core/restage.h \
	src/core/resume.c src/core/resume-int.h \
	src/core/resume-line.c \
	src/core/resume-settings.c \
	src/core/say.c src/core/say.h \
	src/core/set.c src/core/set.h \
	src/core/stages.c src/core/stages.h \
	src/core/start.c src/core/start.h \
	src/core/start-settings.c \
	src/core/status.c src/core/status.h \
	src/core/syntax/lexer.c src/core/syntax/lexer.h \
	src/core/syntax/lexer-script.c \
	src/core/syntax/syntax.c src/core/syntax/syntax.h \
	src/core/syntax/spans.c src/core/syntax/spans.h \
	src/core/amend.c src/core/amend.h \
	src/core/effort.c src/core/effort.h \
	src/core/failover.c src/core/failover.h \
	src/core/given.c src/core/given.h \
	src/core/model.c src/core/model.h \
	src/core/retry.c src/core/retry.h \
	src/core/route.c src/core/route.h \
	src/core/target.c src/core/target.h \
	src/core/tokens.c src/core/tokens.h \
	src/core/turn.c src/core/turn.h \
	src/core/turn-ask.c src/core/turn-ask.h \
	src/core/turn-asked.c src/core/turn-asked.h \
	src/core/turn-body.c src/core/turn-body.h

pkglibexec_PROGRAMS += assent-core
assent_core_SOURCES = src/core/assent-core.c
assent_core_LDADD = libcore.a libpolicy.a libgate.a libpatch.a libprovider.a \
	libdialect.a libsandboxclient.a libtool-table.a libstore.a libjournal.a libnet.a librpc.a libloop.a \
	libbase.a $(GIT2_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(BASE_LIBS)
