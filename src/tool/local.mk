# The table alone (the core links this), and the tools (the worker).
noinst_LIBRARIES += libtool-table.a libtool.a
libtool_table_a_SOURCES = \
	src/tool/tool.c src/tool/tool.h \
	src/tool/tool-args.c \
	src/tool/tool-targets.c \
	src/tool/v4a.c src/tool/v4a.h
# Link with libtool-table.a, libbase.a, $(PCRE2_LIBS) and $(BASE_LIBS).
libtool_a_SOURCES = \
	src/tool/edit-match.c \
	src/tool/edit-near.c \
	src/tool/edit-norm.c \
	src/tool/gitignore.c src/tool/gitignore.h \
	src/tool/impl.h \
	src/tool/path.c \
	src/tool/show.c \
	src/tool/tool-apply-patch.c \
	src/tool/tool-edit.c src/tool/tool-edit.h \
	src/tool/tool-file.c \
	src/tool/tool-glob.c \
	src/tool/tool-grep.c \
	src/tool/tool-parallel.c \
	src/tool/tool-read.c \
	src/tool/tool-run.c \
	src/tool/tool-write.c \
	src/tool/v4a-apply.c \
	src/tool/v4a-find.c src/tool/v4a-find.h \
	src/tool/v4a-indent.c src/tool/v4a-indent.h \
	src/tool/walk.c src/tool/walk.h
libtool_a_CFLAGS = $(AM_CFLAGS) $(PCRE2_CFLAGS)
