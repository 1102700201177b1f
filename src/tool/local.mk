# The table alone (the core links this), and the tools (the worker).
noinst_LIBRARIES += libtool-table.a
libtool_table_a_SOURCES = src/tool/tool.c src/tool/args.c src/tool/tool.h
