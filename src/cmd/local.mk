noinst_LIBRARIES += libcmd.a
libcmd_a_SOURCES = \
	src/cmd/acp/acp-ask.c \
	src/cmd/acp/acp.c src/cmd/acp/acp.h \
	src/cmd/admin/cmd-agents.c \
	src/cmd/admin/callback.c src/cmd/admin/callback.h \
	src/cmd/admin/cmd-config.c \
	src/cmd/admin/cmd-doctor.c \
	src/cmd/admin/cmd-login.c \
	src/cmd/admin/cmd-mcp.c \
	src/cmd/admin/cmd-skills.c \
	src/cmd/admin/trial.c src/cmd/admin/trial.h \
	src/cmd/agent.c src/cmd/agent.h \
	src/cmd/cmd.c src/cmd/cmd.h \
	src/cmd/cmd-commit.c src/cmd/cmd-commit.h \
	src/cmd/cmd-completion.c \
	src/cmd/cmd-decide.c \
	src/cmd/cmd-demo.c \
	src/cmd/cmd-exec.c \
	src/cmd/cmd-fork.c \
	src/cmd/cmd-help.c \
	src/cmd/cmd-inbox.c \
	src/cmd/cmd-log.c \
	src/cmd/cmd-ls.c \
	src/cmd/cmd-pr.c \
	src/cmd/cmd-resume.c \
	src/cmd/cmd-review.c \
	src/cmd/cmd-say.c \
	src/cmd/cmd-show.c \
	src/cmd/cmd-stats.c \
	src/cmd/cmd-try.c \
	src/cmd/cmd-undo.c \
	src/cmd/cmd-wait.c \
	src/cmd/exec.c src/cmd/exec.h \
	src/cmd/ask.c src/cmd/ask.h \
	src/cmd/inbox.c src/cmd/inbox.h \
	src/cmd/own-files.c \
	src/cmd/plain.c src/cmd/plain.h \
	src/cmd/plain-ask.c \
	src/cmd/review-send.c \
	src/cmd/select.c src/cmd/select.h \
	src/cmd/session-client.c src/cmd/session-client.h \
	src/cmd/setup.c src/cmd/setup.h \
	src/cmd/setup-processes.c \
	src/cmd/stale.c src/cmd/stale.h

bin_PROGRAMS += assent
assent_SOURCES = src/cmd/assent.c
assent_LDADD = libcmd.a librecord.a libgitcmd.a libui.a libclient.a libreview.a libfront.a libconfig.a libdialect.a libpolicy.a libpatch.a libjournal.a librpc.a libloop.a \
	libtool-table.a libbase.a $(BASE_LIBS) $(NCURSES_LIBS) $(MD4C_LIBS)

# With the commit of a checkout; a tarball has none.
src/cmd/version.h: FORCE
	@$(MKDIR_P) src/cmd
	@commit=`test -e '$(srcdir)/.git' && git -C '$(srcdir)' rev-parse \
	    --short=12 HEAD 2>/dev/null`; \
	echo "#define VERSION_TEXT PACKAGE_VERSION$${commit:+ \" ($$commit)\"}" \
	    >$@.tmp && if cmp -s $@.tmp $@; then rm $@.tmp; else mv $@.tmp $@; fi
FORCE:
src/cmd/assent.$(OBJEXT): src/cmd/version.h
CLEANFILES += src/cmd/version.h
