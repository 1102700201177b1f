# What goes through, and by whose word: tables that core and front end share.
noinst_LIBRARIES += libpolicy.a
libpolicy_a_SOURCES = \
	src/policy/approve.c src/policy/approve.h \
	src/policy/hook-spec.c src/policy/hook-spec.h \
	src/policy/mask.c src/policy/mask.h \
	src/policy/net-allow.c src/policy/net-allow.h \
	src/policy/price.c src/policy/price.h \
	src/policy/skill.c src/policy/skill.h \
	src/policy/check-guess.c src/policy/check-guess.h \
	src/policy/test-report.c src/policy/test-report.h
