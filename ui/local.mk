# files of the screen; linked into assent alone
noinst_LIBRARIES += libui.a
libui_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSES_CFLAGS) $(MD4C_CFLAGS)
libui_a_SOURCES = \
	ui/action.c ui/action.h \
	ui/amend.c ui/noise.c ui/offer.c ui/outcome.c \
	ui/around.c ui/comment.c ui/limit.c ui/look.c ui/look.h \
	ui/app.c ui/app-draft.c ui/app-edit.c ui/app-frame.c ui/app-kept.c ui/app-int.h \
	ui/attention.c \
	ui/bindings.c ui/bindings.h \
	ui/command.c ui/command.h \
	ui/complete.c ui/complete.h \
	ui/decide.c \
	ui/diff-hunk.c ui/diff-jump.c ui/diff-page.c ui/diff-spot.c \
	ui/diff-text.c ui/diff-view.c ui/diff.h \
	ui/draft.c ui/draft-file.c ui/draft.h \
	ui/draw.c ui/draw.h \
	ui/editor.c ui/editor.h \
	ui/frame.c \
	ui/help.c \
	ui/history.c ui/history.h \
	ui/input.c ui/input-draw.c ui/input-paste.c ui/input.h \
	ui/keys.c ui/keys-code.c ui/keys-name.c ui/keys.h ui/keys-int.h \
	ui/input.c ui/input-draw.c ui/input-kill.c ui/input-paste.c ui/input.h \
	ui/keys.c ui/keys-name.c ui/keys.h \
	ui/last-words.c ui/last-words.h \
	ui/kept.c ui/kept.h \
	ui/known.c ui/known-term.c ui/known.h \
	ui/layout.c ui/layout.h \
	ui/markdown.c ui/markdown.h ui/markdown-int.h \
	ui/markdown-render.c ui/markdown-table.c \
	ui/pace.c ui/pace.h \
	ui/page.c ui/page-find.c ui/page.h \
	ui/pairs.c ui/pairs.h \
	ui/pane-ask.c \
	ui/pane-changes.c \
	ui/pane-diff.c \
	ui/pane-output.c ui/live.c ui/live.h ui/whole.c ui/whole.h \
	ui/pane-plan.c ui/plan-strip.c \
	ui/pane-transcript.c \
	ui/transcript.c ui/transcript.h ui/transcript-find.c \
	ui/transcript-item.c \
	ui/transcript-look.c \
	ui/pane.c ui/place.c \
	ui/say.c ui/say-history.c ui/say.h \
	ui/plan-edit.c ui/summary-edit.c \
	ui/screen.c ui/screen.h \
	ui/search.c \
	ui/seen.c \
	ui/sendq.c ui/sendq.h \
	ui/state.c ui/state.h ui/typing.c \
	ui/status.c \
	ui/surface.c \
	ui/tty.c ui/tty.h ui/tty-int.h ui/tty-line.c ui/tty-rescue.c ui/tty-type.c \
	ui/ui.h \
	ui/view.c \
	ui/words.c ui/words.h
