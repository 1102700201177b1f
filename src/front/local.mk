# What the screen and the commands share; no terminal library.
noinst_LIBRARIES += libfront.a
libfront_a_SOURCES = \
	src/front/bindings.c src/front/bindings.h \
	src/front/commit-run.c src/front/commit-run.h \
	src/front/editor.c src/front/editor.h \
	src/front/exit-summary.c src/front/exit-summary.h \
	src/front/history.c src/front/history.h \
	src/front/message.c src/front/message.h \
	src/front/paste-image.c src/front/paste-image.h \
	src/front/plan-markdown.c src/front/plan-markdown.h \
	src/front/print.c src/front/print.h \
	src/front/slash-command.c src/front/slash-command.h
