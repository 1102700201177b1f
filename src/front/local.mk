# What the screen and the commands share; no terminal library.
noinst_LIBRARIES += libfront.a
libfront_a_SOURCES = \
	src/front/action.c src/front/action.h \
	src/front/bindings.c src/front/bindings.h \
	src/front/client.c src/front/client.h \
	src/front/cmd-exit.c src/front/cmd-exit.h \
	src/front/commit-run.c src/front/commit-run.h \
	src/front/data-dir.c src/front/data-dir.h \
	src/front/editor.c src/front/editor.h \
	src/front/exit-summary.c src/front/exit-summary.h \
	src/front/history.c src/front/history.h \
	src/front/key-name.c src/front/key-name.h \
	src/front/log.c src/front/log.h \
	src/front/log-net.c src/front/log-net.h \
	src/front/pager.c src/front/pager.h \
	src/front/plan-markdown.c src/front/plan-markdown.h \
	src/front/print.c src/front/print.h \
	src/front/print-end.c \
	src/front/print-int.h \
	src/front/print-json.c \
	src/front/print-line.c \
	src/front/review.c src/front/review.h \
	src/front/slash-command.c src/front/slash-command.h \
	src/front/stale.c src/front/stale.h
