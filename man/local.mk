# files of man
dist_man_MANS += man/assent-journal.5
