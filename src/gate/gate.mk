# hunks, proposals, composing and applying: part of libgate.a
libgate_a_SOURCES += src/gate/hunk.c
