# The table alone (the core links this), and the tools (the worker).
noinst_LIBRARIES += libtool-table.a libtool.a
libtool_table_a_SOURCES = \
	src/tool/tool.c src/tool/tool.h \
	src/tool/v4a.c src/tool/v4a.h
# Link with libtool-table.a, libbase.a, $(PCRE2_LIBS) and $(BASE_LIBS).
libtool_a_SOURCES = \
	src/tool/edit-match.c \
	src/tool/impl.h \
	src/tool/tool-run.c \
	src/tool/tool-write.c \
	src/tool/edit-match.h \
	src/tool/tool-search.c \
	src/tool/tool-read.c \
	src/tool/v4a-apply.c
libtool_a_CFLAGS = $(AM_CFLAGS) $(PCRE2_CFLAGS)
