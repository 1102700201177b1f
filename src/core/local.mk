# The agent as a state machine: assent-core.
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	src/core/amend.c src/core/amend.h \
	src/core/around.c src/core/output.c \
	src/core/attach.c src/core/attach.h \
	src/core/context-image.c \
	src/core/image.c src/core/image.h \
	src/core/paths.c src/core/paths.h \
	src/core/brief.c src/core/brief.h \
	src/core/budget.c src/core/budget-clock.c \
	src/core/call.c src/core/call-fault.c src/core/call-fault.h src/core/call-run.c \
	src/core/call-result.c src/core/call-result.h \
	src/core/carry-out.c src/core/clean.c src/core/clean.h src/core/check.c src/core/capture.c src/core/capture.h \
	src/core/changes.c src/core/changes.h \
	src/core/comment.c src/core/core.h \
	src/core/compact.c src/core/compact.h src/core/compact-int.h \
	src/core/compact-command.c \
	src/core/context.c src/core/context.h src/core/context-int.h \
	src/core/context-away.c src/core/context-cut.c src/core/context-held.c \
	src/core/context-tell.c \
	src/core/delta.c src/core/disk.c src/core/disk.h src/core/edit-tools.c src/core/emit.c src/core/evidence.c src/core/evidence-known.c \
	src/core/effort.c src/core/effort.h \
	src/core/failover.c src/core/feedback.c src/core/finding.c \
	src/core/finish.c src/core/foresee.c \
	src/core/undo.c \
	src/core/keep.c \
	src/core/gitcover.c src/core/gitcover.h \
	src/core/hint.c src/core/hint.h \
	src/core/instructions.c src/core/instructions.h \
	src/core/model.c \
	src/core/map.c src/core/map.h \
	src/core/mask.c src/core/mask.h src/core/patch-call.c src/core/plan.c src/core/plan-step.c src/core/plan-step.h src/core/stopped.c src/core/stopped.h src/core/seen.c src/core/seen.h \
	src/core/prompt.c src/core/prompt.h \
	src/core/include.c src/core/propose.c src/core/propose-mark.c \
	src/core/propose-open.c \
	src/core/reasons.c src/core/reasons.h \
	src/core/reviewer.c src/core/reviewer.h \
	src/core/recover.c src/core/recover.h \
	src/core/restage.c src/core/restage.h \
	src/core/resume.c src/core/retry.c src/core/rollback.c \
	src/core/route.c src/core/route.h src/core/rule.c src/core/rule.h \
	src/core/rule-small.c src/core/run.c src/core/run.h \
	src/core/server.c src/core/server.h src/core/server-int.h \
	src/core/server-attach.c src/core/server-present.c src/core/server-said.c \
	src/core/shell.c src/core/shell.h \
	src/core/start.c src/core/start.h src/core/start-settings.c \
	src/core/short-tools.c src/core/text-calls.c \
	src/core/test-first.c \
	src/core/environment.c src/core/environment.h src/core/look.c src/core/look.h \
	src/core/symbols.c src/core/symbols.h src/core/tags.c src/core/tags.h \
	src/core/status.c src/core/step.c src/core/step-soon.c src/core/tally.c src/core/tally.h \
	src/core/tokens.c src/core/tokens.h \
	src/core/turn.c

pkglibexec_PROGRAMS += assent-core
assent_core_SOURCES = src/core/main.c
assent_core_LDADD = libcore.a libpolicy.a libgate.a libpatch.a libprovider.a \
	libdialect.a libsandboxclient.a libtool-table.a libstore.a libjournal.a libloop.a \
	libbase.a $(GIT2_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(BASE_LIBS)
