# files of man
dist_man_MANS += man/assent.1 man/assent-config.5 man/assent-journal.5 \
	man/assent-security.7 man/assent-tutorial.7
