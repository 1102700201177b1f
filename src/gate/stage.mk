# What is staged, and which paths need care: part of libgate.a
libgate_a_SOURCES += \
	src/gate/policy/policy.c \
	src/gate/policy/policy-int.h \
	src/gate/policy/policy-key.c \
	src/gate/policy/policy-name.c \
	src/gate/policy/policy-secret.c \
	src/gate/policy/policy-table.h \
	src/gate/policy/ignore.c src/gate/policy/ignore.h \
	src/gate/stage/manifest.c src/gate/stage/manifest.h \
	src/gate/policy/product.c src/gate/policy/product.h \
	src/gate/stage/stage.c \
	src/gate/stage/stage-boot.c \
	src/gate/stage/stage-bound.c \
	src/gate/stage/stage-copy.c src/gate/stage/stage-copy.h \
	src/gate/stage/stage-copy-file.c \
	src/gate/stage/stage-copy-index.c \
	src/gate/stage/stage-digest.c \
	src/gate/stage/stage-file.c \
	src/gate/stage/stage-merge.c \
	src/gate/stage/stage-overlay.c \
	src/gate/stage/stage-priv.h \
	src/gate/stage/stage-product.c \
	src/gate/stage/stage-restore.c \
	src/gate/stage/stage-scan.c \
	src/gate/stage/stage-time.c \
	src/gate/stage/stage-unhide.c \
	src/gate/stage/stage-usage.c
