# What is staged, and which paths need care: part of libgate.a
libgate_a_SOURCES += \
	src/gate/glob.c src/gate/glob.h \
	src/gate/ignore.c src/gate/ignore.h \
	src/gate/policy.c src/gate/policy-table.h
