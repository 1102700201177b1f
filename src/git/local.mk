# What `assent commit`, `pr`, `review` and `--worktree` do with the user's git.
noinst_LIBRARIES += libgitcmd.a
libgitcmd_a_SOURCES = \
	src/git/commit.h \
	src/git/commit-files.c \
	src/git/commit-index.c \
	src/git/commit-lines.c \
	src/git/commit-message.c \
	src/git/commit-note.c \
	src/git/commit-plan.c \
	src/git/gh.c src/git/gh.h \
	src/git/git-run-int.h \
	src/git/git-run.c src/git/git-run.h \
	src/git/remote.c src/git/remote.h \
	src/git/review-range.c src/git/review-range.h \
	src/git/git-shown.c \
	src/git/index-file.c src/git/index-file.h \
	src/git/worktrees.c src/git/worktrees.h
