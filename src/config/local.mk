noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = \
	src/config/comments.c \
	src/config/config.c src/config/config.h \
	src/config/file.c \
	src/config/internal.h \
	src/config/key.c \
	src/config/key-command.c \
	src/config/local.c \
	src/config/model.c \
	src/config/model-table.c \
	src/config/profile.c \
	src/config/project.c \
	src/config/reach.c \
	src/config/route.c \
	src/config/settings.c \
	src/config/start.c \
	src/sandbox/sandbox-limits.c src/sandbox/sandbox-limits.h
