# hunks, proposals, composing and applying: part of libgate.a
libgate_a_SOURCES += \
	src/gate/apply.c \
	src/gate/apply-commit.c \
	src/gate/apply-plain.c \
	src/gate/apply-recover.c \
	src/gate/apply-tx.c src/gate/apply-tx.h \
	src/gate/worktree.c src/gate/worktree.h \
	src/gate/compose.c \
	src/gate/hunk.c \
	src/gate/hunk-cost.c \
	src/gate/hunk-place.c \
	src/gate/hunk-cut.c \
	src/gate/hunk-function.c \
	src/gate/hunk-text.c src/gate/hunk-text.h \
	src/gate/overwrite.c \
	src/gate/patch.c src/gate/patch.h \
	src/gate/patch-binary.c src/gate/patch-binary.h \
	src/gate/proposal.c \
	src/gate/reason.c src/gate/reason.h \
	src/gate/rename.c src/gate/rename.h \
	src/gate/reverse.c \
	src/gate/filetype.c src/gate/filetype.h \
	src/gate/index-hide.c src/gate/index-hide.h \
	src/gate/test-input.c src/gate/test-input.h
# The front end writes patches too, and links no libgit2.
noinst_LIBRARIES += libpatch.a
libpatch_a_SOURCES = \
	src/gate/diff-line.c src/gate/diff-line.h \
	src/gate/hunk-text.c src/gate/hunk-text.h \
	src/gate/patch.c src/gate/patch.h
libpatch_a_CFLAGS = $(AM_CFLAGS)
