# hunks, proposals, composing and applying: part of libgate.a
libgate_a_SOURCES += \
	src/gate/apply/apply.c \
	src/gate/apply/apply-commit.c \
	src/gate/apply/apply-plain.c \
	src/gate/apply/apply-recover.c \
	src/gate/apply/apply-tx.c src/gate/apply/apply-tx.h \
	src/gate/apply/worktree.c src/gate/apply/worktree.h \
	src/gate/hunk/compose.c \
	src/gate/hunk/hunk.c \
	src/gate/hunk/hunk-cost.c \
	src/gate/hunk/hunk-place.c \
	src/gate/hunk/hunk-cut.c \
	src/gate/hunk/hunk-function.c \
	src/gate/hunk/hunk-text.c src/gate/hunk/hunk-text.h \
	src/gate/hunk/overwrite.c \
	src/gate/hunk/patch.c src/gate/hunk/patch.h \
	src/gate/hunk/patch-binary.c src/gate/hunk/patch-binary.h \
	src/gate/hunk/proposal.c \
	src/gate/hunk/reason.c src/gate/hunk/reason.h \
	src/gate/hunk/rename.c src/gate/hunk/rename.h \
	src/gate/apply/reverse.c \
	src/gate/policy/filetype.c src/gate/policy/filetype.h \
	src/gate/policy/index-hide.c src/gate/policy/index-hide.h \
	src/gate/policy/test-input.c src/gate/policy/test-input.h
# The front end writes patches too, and links no libgit2.
noinst_LIBRARIES += libpatch.a
libpatch_a_SOURCES = \
	src/gate/hunk/diff-line.c src/gate/hunk/diff-line.h \
	src/gate/hunk/hunk-text.c src/gate/hunk/hunk-text.h \
	src/gate/hunk/patch.c src/gate/hunk/patch.h
libpatch_a_CFLAGS = $(AM_CFLAGS)
