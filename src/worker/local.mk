pkglibexec_PROGRAMS += assent-worker
assent_worker_SOURCES = src/worker/assent-worker.c
assent_worker_LDADD = libsandbox.a libtool.a libtool-table.a libbase.a \
	$(PCRE2_LIBS) $(BASE_LIBS) $(SECCOMP_LIBS)
