noinst_LIBRARIES += libgate.a
libgate_a_SOURCES = \
	src/gate/gate.h \
	src/gate/hunk.h \
	src/gate/stage.h
libgate_a_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
include src/gate/stage.mk
include src/gate/gate.mk
