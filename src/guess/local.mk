# Without libuchardet no encoding is guessed.
if HAVE_UCHARDET
pkglibexec_PROGRAMS += assent-guess
assent_guess_SOURCES = src/guess/assent-guess.c
assent_guess_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS) $(UCHARDET_CFLAGS)
assent_guess_LDADD = libbase.a $(BASE_LIBS) $(SECCOMP_LIBS) $(UCHARDET_LIBS)
endif
