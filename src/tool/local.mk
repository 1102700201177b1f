# The table alone (the core links this), and the tools (the worker).
noinst_LIBRARIES += libtool-table.a libtool.a
libtool_table_a_SOURCES = src/tool/tool.c src/tool/args.c src/tool/tool.h \
	src/tool/targets.c src/tool/v4a.c src/tool/v4a.h
# Link with libtool-table.a, libbase.a, $(PCRE2_LIBS) and $(BASE_LIBS).
libtool_a_SOURCES = \
	src/tool/apply-patch.c src/tool/v4a-apply.c src/tool/v4a-find.c src/tool/v4a-find.h \
	src/tool/v4a-indent.c src/tool/v4a-indent.h \
	src/tool/edit.c src/tool/edit.h \
	src/tool/edit-match.c \
	src/tool/edit-near.c \
	src/tool/edit-norm.c \
	src/tool/file.c \
	src/tool/glob.c \
	src/tool/grep.c \
	src/tool/ignore.c src/tool/ignore.h \
	src/tool/impl.h \
	src/tool/path.c \
	src/tool/pattern.c src/tool/pattern.h \
	src/tool/read.c \
	src/tool/show.c \
	src/tool/together.c \
	src/tool/tool-run.c \
	src/tool/walk.c src/tool/walk.h \
	src/tool/write.c
libtool_a_CFLAGS = $(AM_CFLAGS) $(PCRE2_CFLAGS)
