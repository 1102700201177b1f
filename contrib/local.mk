# Completions, from the tables.
bashcompletiondir = $(datadir)/bash-completion/completions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
zshcompletiondir = $(datadir)/zsh/site-functions
nodist_bashcompletion_DATA = contrib/completions/assent
nodist_fishcompletion_DATA = contrib/completions/assent.fish
nodist_zshcompletion_DATA = contrib/completions/_assent
completions = $(nodist_bashcompletion_DATA) $(nodist_fishcompletion_DATA) \
	$(nodist_zshcompletion_DATA)
CLEANFILES += $(completions)
$(completions): assent$(EXEEXT)
	@$(MKDIR_P) contrib/completions
	$(AM_V_GEN)case $@ in *.fish) s=fish ;; */_*) s=zsh ;; *) s=bash ;; \
		esac; ./assent$(EXEEXT) completion $$s >$@.tmp && mv $@.tmp $@

# For regression tests by exec --answers.
dist_pkgdata_SCRIPTS = contrib/compare-output

# Steps on engines that exist.
enginesdir = $(pkgdatadir)/engines
makedir = $(enginesdir)/make
dist_make_DATA = contrib/make/agents.mk contrib/make/README.md
paralleldir = $(enginesdir)/parallel
dist_parallel_SCRIPTS = contrib/parallel/assent-one
dist_parallel_DATA = contrib/parallel/README.md
slurmdir = $(enginesdir)/slurm
dist_slurm_SCRIPTS = contrib/slurm/assent-array
dist_slurm_DATA = contrib/slurm/README.md
swebenchdir = $(enginesdir)/swebench
dist_swebench_SCRIPTS = contrib/swebench/swebench
dist_swebench_DATA = contrib/swebench/README.md
systemddir = $(enginesdir)/systemd
dist_systemd_DATA = contrib/systemd/README.md \
	contrib/systemd/assent-night@.service contrib/systemd/assent-night@.timer
kubernetesdir = $(enginesdir)/kubernetes
dist_kubernetes_DATA = contrib/kubernetes/README.md contrib/kubernetes/job.yaml
githubdir = $(enginesdir)/github
dist_github_DATA = contrib/github/README.md contrib/github/action.yml \
	contrib/github/pull-request contrib/github/run contrib/github/summary \
	contrib/github/workflow.yml

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

# What you have for other agents.
importdir = $(pkgdatadir)/import
dist_import_SCRIPTS = contrib/import/assent-import

# A plugin for Vim and Neovim, and for tmux's status line.
vimdir = $(pkgdatadir)/vim/plugin
dist_vim_DATA = contrib/vim/plugin/assent.vim
tmuxdir = $(pkgdatadir)/tmux
dist_tmux_SCRIPTS = contrib/tmux/assent-status

# Hooks, see assent-config(5).
hook_list = contrib/hooks/format contrib/hooks/licences \
	contrib/hooks/lint contrib/hooks/notify contrib/hooks/secrets \
	contrib/hooks/sign-off contrib/hooks/tests-too
EXTRA_DIST += contrib/hooks/governance.json.in
hooksdir = $(pkgdatadir)/hooks
dist_hooks_SCRIPTS = $(hook_list)
dist_hooks_DATA = contrib/hooks/secrets.rules contrib/hooks/README.md
nodist_hooks_DATA = contrib/hooks/governance.json
CLEANFILES += contrib/hooks/governance.json
contrib/hooks/governance.json: contrib/hooks/governance.json.in
	@$(MKDIR_P) contrib/hooks
	$(AM_V_GEN)sed 's,@hooks@,$(hooksdir),' \
		'$(srcdir)/contrib/hooks/governance.json.in' >$@.tmp && \
		mv $@.tmp $@

# One folder that runs on any Linux.
EXTRA_DIST += contrib/static/build contrib/static/cp932.h \
	contrib/static/install.sh contrib/static/musl.c contrib/static/musl.h \
	contrib/static/spdx

# All that a release page holds, in release/.  It takes long, and it fetches the
# sources of libraries.  PARTS= makes less.
EXTRA_DIST += contrib/release
PARTS = deb x86_64 aarch64
.PHONY: release
release: dist
	'$(srcdir)/contrib/release' $(distdir).tar.gz $(PARTS)

# For packagers; Debian's is in debian/.
EXTRA_DIST += contrib/arch/PKGBUILD contrib/rpm/assent.spec
