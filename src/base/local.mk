noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/attach.c src/base/attach.h \
	src/base/b64.c src/base/b64.h \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/dotgit.c src/base/dotgit.h \
	src/base/encoding.c src/base/encoding.h \
	src/base/endpoint.c src/base/endpoint.h \
	src/base/err.c src/base/err.h \
	src/base/fdpass.c src/base/fdpass.h \
	src/base/front-matter.c src/base/front-matter.h \
	src/base/quote.c src/base/quote.h \
	src/base/fs.c src/base/fs.h \
	src/base/glob.c src/base/glob.h \
	src/base/hash.h \
	src/base/json.c src/base/json.h \
	src/base/secret.c src/base/secret.h \
	src/base/lineio.c src/base/lineio.h \
	src/base/sanitize.c src/base/sanitize.h \
	src/base/mem.c src/base/mem.h \
	src/base/money.c src/base/money.h \
	src/base/near.c src/base/near.h \
	src/base/pathmap.c src/base/pathmap.h \
	src/base/spawn.c src/base/spawn.h \
	src/base/line-diff.c src/base/line-diff.h \
	src/base/url.c src/base/url.h \
	src/base/utf8.c src/base/utf8.h
