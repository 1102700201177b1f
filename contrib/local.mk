# Made by `assent completion`; a test compares them.
bashcompletiondir = $(datadir)/bash-completion/completions
EXTRA_DIST += contrib/assent.bash contrib/github-action.yml
install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	$(INSTALL_DATA) $(srcdir)/contrib/assent.bash \
		'$(DESTDIR)$(bashcompletiondir)/assent'
uninstall-hook:
	rm -f '$(DESTDIR)$(bashcompletiondir)/assent'
