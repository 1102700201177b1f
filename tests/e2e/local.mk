# tests/e2e
# the screen in a real terminal (libvterm), fed from files
if HAVE_VTERM
check_PROGRAMS += tests/e2e/vtdrive tests/e2e/ui-play
tests_e2e_vtdrive_SOURCES = tests/e2e/vtdrive.c
tests_e2e_vtdrive_CPPFLAGS = $(AM_CPPFLAGS) $(VTERM_CFLAGS)
tests_e2e_vtdrive_LDADD = libbase.a $(BASE_LIBS) $(VTERM_LIBS)
tests_e2e_ui_play_SOURCES = tests/e2e/ui-play.c
tests_e2e_ui_play_LDADD = libui.a libjournal.a libbase.a $(BASE_LIBS) \
	$(NCURSES_LIBS) $(CRYPTO_LIBS)
if HAVE_PYTHON3
TESTS += tests/e2e/screen.py tests/e2e/screen-demo.py \
	tests/e2e/test-screen.py tests/e2e/test-accident.py
SLOW_TESTS += tests/e2e/slow-accident.py
endif
endif
EXTRA_DIST += tests/e2e/screenlib.py tests/e2e/test-screen.py \
	tests/e2e/test-accident.py
EXTRA_DIST += tests/e2e/vt.py tests/e2e/screen.py tests/e2e/screen-demo.py

# The programs as their users see them.
EXTRA_DIST += tests/e2e/fake-core.py tests/e2e/test-client.py \
	tests/e2e/test-docs.py
if HAVE_PYTHON3
TESTS += tests/e2e/test-client.py tests/e2e/test-docs.py
endif

# End to end: the real binaries, a real model server on loopback, real git.
E2E_TESTS = tests/e2e/test-attack.py tests/e2e/test-clean-copy.py \
	tests/e2e/test-attach.py tests/e2e/test-demo.py \
	tests/e2e/test-exec.py tests/e2e/test-resume.py tests/e2e/test-try.py \
	tests/e2e/test-try-edges.py tests/e2e/test-rungs.py
EXTRA_DIST += tests/e2e/README.md
EXTRA_DIST += $(E2E_TESTS) tests/e2e/harness.py \
	tests/e2e/mockserver.py tests/e2e/protocol.py
if HAVE_PYTHON3
TESTS += $(E2E_TESTS)
endif
