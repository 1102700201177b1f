# What the screen and the commands share; no terminal library.
noinst_LIBRARIES += libfront.a
libfront_a_SOURCES = \
	src/front/action.c src/front/action.h \
	src/front/bindings.c src/front/bindings.h \
	src/front/editor.c src/front/editor.h \
	src/front/commit-run.c src/front/commit-run.h \
	src/front/exit-summary.c src/front/exit-summary.h \
	src/front/history.c src/front/history.h \
	src/front/key-name.c src/front/key-name.h \
	src/front/plan-markdown.c src/front/plan-markdown.h \
	src/front/slash-command.c src/front/slash-command.h
