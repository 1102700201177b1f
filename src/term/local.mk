# Without libvterm a command of `assent try` has no terminal.
if HAVE_VTERM
pkglibexec_PROGRAMS += assent-term
endif
assent_term_SOURCES = src/term/assent-term.c src/term/term-confine.c \
	src/term/term-keys.c src/term/term-keys.h src/term/term-vt.c src/term/term-vt.h src/term/term.h
assent_term_CFLAGS = $(AM_CFLAGS) $(VTERM_CFLAGS) $(SECCOMP_CFLAGS)
assent_term_LDADD = libbase.a $(VTERM_LIBS) $(BASE_LIBS) $(SECCOMP_LIBS)
