noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = \
	src/config/comments.c \
	src/config/config.c src/config/config.h \
	src/config/config-mcp.c \
	src/config/config-file.c \
	src/config/config-int.h \
	src/config/config-model.c \
	src/config/config-net.c \
	src/config/config-route.c \
	src/config/config-save.c \
	src/config/endpoint.c \
	src/config/key.c \
	src/config/key-command.c \
	src/config/local-server.c \
	src/config/model-table.c \
	src/config/profile.c \
	src/config/project.c \
	src/config/settings.c \
	src/config/start-object.c \
	src/sandbox/sandbox-limits.c \
	src/sandbox/sandbox-limits.h
