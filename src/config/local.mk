noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = \
	src/config/config.c src/config/settings.h \
	src/config/config-agent.c \
	src/config/config-file.c \
	src/config/config-int.h \
	src/config/config-model.c \
	src/config/config-registry.c \
	src/config/key.c \
	src/config/settings.c \
	src/sandbox/sandbox-limits.c src/sandbox/sandbox-limits.h
