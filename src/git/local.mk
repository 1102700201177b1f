# What `assent commit`, `merge`, `pr` and `worktrees` do with the user's git.
noinst_LIBRARIES += libgitcmd.a
libgitcmd_a_SOURCES = \
	src/git/commit-index.c src/git/commit-index.h \
	src/git/commit-message.c src/git/commit-message.h \
	src/git/commit-plan.c src/git/commit-plan.h \
	src/git/commit-select.c src/git/commit-select.h \
	src/git/commit-side.c src/git/commit-side.h \
	src/git/git-follow.c src/git/git-follow.h \
	src/git/git-keys.c src/git/git-keys.h \
	src/git/git-run.c src/git/git-run.h \
	src/git/git-state.c src/git/git-state.h \
	src/git/tree.c src/git/tree.h \
	src/git/worktrees.c src/git/worktrees.h
