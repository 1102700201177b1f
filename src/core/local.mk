# The agent as a state machine: assent-core.
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	src/core/background.c src/core/background.h \
	src/core/budget.c src/core/budget.h \
	src/core/call-result.c \
	src/core/call-run.c \
	src/core/call.c src/core/call.h \
	src/core/comment.c src/core/comment.h \
	src/core/compact.c src/core/compact.h \
	src/core/context-int.h \
	src/core/context-size.c \
	src/core/context-transcript.c \
	src/core/context.c src/core/context.h \
	src/core/core.c src/core/core.h \
	src/core/decision.c src/core/decision.h \
	src/core/disk.c src/core/disk.h \
	src/core/driver.c src/core/driver.h \
	src/core/emit.c \
	src/core/evidence.c src/core/evidence.h \
	src/core/fork.c src/core/fork.h \
	src/core/hook-answer.c \
	src/core/hook.c src/core/hook.h \
	src/core/host-program.c \
	src/core/model.c src/core/model.h \
	src/core/paths.c src/core/paths.h \
	src/core/plan.c src/core/plan.h \
	src/core/prompt.c src/core/prompt.h \
	src/core/propose-mark.c \
	src/core/propose.c src/core/propose.h \
	src/core/run.c src/core/run.h \
	src/core/say.c src/core/say.h \
	src/core/seen.c src/core/seen.h \
	src/core/server.c src/core/server.h \
	src/core/slash.c src/core/slash.h \
	src/core/stages.c src/core/stages.h \
	src/core/start.c src/core/start.h \
	src/core/turn.c src/core/turn.h \
	src/core/undeclared.c src/core/undeclared.h \
	src/core/undo.c src/core/undo.h \
	src/core/mcp/mcp-ask.c \
	src/core/mcp/mcp-call.c \
	src/core/mcp/mcp-header.c \
	src/core/mcp/mcp-http.c \
	src/core/mcp/mcp-int.h \
	src/core/mcp/mcp-round.c \
	src/core/mcp/mcp-prompt.c \
	src/core/mcp/mcp-server.c \
	src/core/mcp/mcp-token.c \
	src/core/mcp/mcp-version.c \
	src/core/mcp/mcp.c src/core/mcp/mcp.h \
	src/core/mcp/oauth.c src/core/mcp/oauth.h \
	src/core/net/network.c src/core/net/network.h \
	src/core/project/project.c \
	src/core/project/git-redact.c \
	src/core/project/project.h \
	src/core/project/skills.c \
	src/core/project/tags.c \
	src/core/syntax/syntax.c src/core/syntax/syntax.h

pkglibexec_PROGRAMS += assent-core
assent_core_SOURCES = src/core/assent-core.c
assent_core_LDADD = libcore.a libpolicy.a libgate.a libpatch.a libprovider.a \
	libdialect.a libsandboxclient.a libtool-table.a libstore.a libjournal.a libnet.a librpc.a libloop.a \
	libbase.a $(GIT2_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(BASE_LIBS)
