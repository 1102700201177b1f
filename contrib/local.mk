# Made by `assent completion`; a test compares them.
bashcompletiondir = $(datadir)/bash-completion/completions
EXTRA_DIST += contrib/assent.bash contrib/github-action.yml
install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	$(INSTALL_DATA) $(srcdir)/contrib/assent.bash \
		'$(DESTDIR)$(bashcompletiondir)/assent'
uninstall-hook:
	rm -f '$(DESTDIR)$(bashcompletiondir)/assent'

# For hosts where AppArmor restricts user namespaces, see assent-security(7).
EXTRA_DIST += contrib/apparmor/assent-worker.in
apparmordir = $(pkgdatadir)/apparmor
nodist_apparmor_DATA = contrib/apparmor/assent-worker
CLEANFILES += contrib/apparmor/assent-worker
contrib/apparmor/assent-worker: contrib/apparmor/assent-worker.in
	@$(MKDIR_P) contrib/apparmor
	$(AM_V_GEN)sed 's,@worker@,$(pkglibexecdir)/assent-worker,' \
		'$(srcdir)/contrib/apparmor/assent-worker.in' >$@.tmp && \
		mv $@.tmp $@
