# sources of src/provider
noinst_LIBRARIES += libprovider.a libdialect.a
# The tables alone, which the configuration is checked by.
libdialect_a_SOURCES = \
	src/provider/dialect.c src/provider/dialect.h
libprovider_a_SOURCES = \
	src/provider/anthropic.c \
	src/provider/decoder.c src/provider/format.h \
	src/provider/dialect.h \
	src/provider/error.c src/provider/provider.h \
	src/provider/gemini.c \
	src/provider/http.c \
	src/provider/listing.c src/provider/http.h \
	src/provider/openai-chat.c \
	src/provider/openai-responses.c \
	src/provider/schema.c src/provider/schema.h \
	src/provider/provider.c \
	src/provider/sse.c src/provider/sse.h
libprovider_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
# What a program needs that links it.
PROVIDER_LIBS = libprovider.a libdialect.a libloop.a libbase.a $(BASE_LIBS) $(CURL_LIBS)
