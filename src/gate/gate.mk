# hunks, proposals, composing and applying: part of libgate.a
libgate_a_SOURCES += \
	src/gate/apply.c \
	src/gate/apply-commit.c \
	src/gate/apply.h \
	src/gate/compose.c \
	src/gate/hunk.c src/gate/hunk.h \
	src/gate/patch.c src/gate/patch.h \
	src/gate/proposal.c \
	src/gate/rename.c \
	src/gate/reverse.c \
	src/gate/test-input.c
# The front end writes patches too, and links no libgit2.
noinst_LIBRARIES += libpatch.a
libpatch_a_SOURCES = \
	src/gate/patch.c src/gate/patch.h
libpatch_a_CFLAGS = $(AM_CFLAGS)
