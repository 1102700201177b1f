# What is staged, and which paths need care: part of libgate.a
libgate_a_SOURCES += \
	src/gate/policy.c \
	src/gate/policy-int.h \
	src/gate/policy-secret.c \
	src/gate/policy-table.h \
	src/gate/manifest.c src/gate/manifest.h \
	src/gate/stage.c src/gate/stage.h \
	src/gate/stage-scan.c \
	src/gate/stage-copy.c src/gate/stage-priv.h \
	src/gate/stage-file.c \
	src/gate/stage-overlay.c \
	src/gate/stage-time.c \
	src/gate/stage-usage.c
