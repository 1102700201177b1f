# sources of src/provider
noinst_LIBRARIES += libprovider.a libdialect.a
# The tables alone, which the configuration is checked by.
libdialect_a_SOURCES = \
	src/provider/dialect.c src/provider/dialect.h \
	src/provider/facts.c src/provider/facts.h
libprovider_a_SOURCES = \
	src/provider/anthropic.c src/provider/anthropic.h \
	src/provider/anthropic-request.c \
	src/provider/decoder.c src/provider/decoder.h \
	src/provider/dialect.h \
	src/provider/error.c src/provider/error.h \
	src/provider/format.h src/provider/format-table.h \
	src/provider/gemini.c src/provider/gemini.h \
	src/provider/gemini-request.c \
	src/provider/http.c \
	src/provider/http-stream.c src/provider/http-stream.h \
	src/provider/http-handle.c src/provider/http-warm.c src/provider/http-handle.h \
	src/provider/listing.c src/provider/listing.h \
	src/provider/openai-chat.c src/provider/openai-chat.h \
	src/provider/openai-chat-calls.c src/provider/openai-chat-calls.h \
	src/provider/openai-chat-request.c \
	src/provider/openai-responses.c src/provider/openai-responses.h \
	src/provider/openai-responses-items.c \
	src/provider/openai-responses-items.h \
	src/provider/openai-responses-request.c \
	src/provider/plain-schema.c src/provider/plain-schema.h \
	src/provider/provider.c src/provider/provider.h \
	src/provider/provider-call.c src/provider/provider-call.h \
	src/provider/replay.c \
	src/provider/reply.c src/provider/reply.h \
	src/provider/sse.c src/provider/sse.h \
	src/provider/strict-schema.c src/provider/strict-schema.h
libprovider_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
# What a program needs that links it.
PROVIDER_LIBS = libprovider.a libdialect.a libloop.a libbase.a $(BASE_LIBS) $(CURL_LIBS)
