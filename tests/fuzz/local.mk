# Parsers of what others wrote, against any bytes.  `make check` links each with
# fuzz-main.c; `make fuzz` with clang's libFuzzer, for FUZZ_SECONDS each.
FUZZ_NAMES = amend select compose decode fold front head hook hunk image json \
	keys schema sse tags v4a
FUZZ_SHARED = tests/fuzz/fuzz.h tests/fuzz/fuzz-git.h
FUZZ_GATE_LIBS = libgate.a libstore.a libbase.a $(BASE_LIBS) $(STORE_LIBS)
FUZZ_CMD_LIBS = libcmd.a librecord.a libgitcmd.a libui.a libclient.a libreview.a libfront.a libconfig.a libdialect.a libpatch.a librpc.a libloop.a libjournal.a \
	libtool-table.a libbase.a $(BASE_LIBS) $(NCURSES_LIBS)
FUZZ_TOOL_LIBS = libtool.a libtool-table.a libbase.a $(BASE_LIBS) \
	$(PCRE2_LIBS)

tests_fuzz_check_amend_SOURCES = tests/fuzz/fuzz-amend.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_amend_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_fuzz_check_amend_LDADD = $(FUZZ_GATE_LIBS)
tests_fuzz_fuzz_amend_SOURCES = tests/fuzz/fuzz-amend.c $(FUZZ_SHARED)
tests_fuzz_fuzz_amend_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_fuzz_fuzz_amend_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_amend_LDADD = $(FUZZ_GATE_LIBS)

tests_fuzz_check_select_SOURCES = tests/fuzz/fuzz-select.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_select_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_select_LDADD = $(FUZZ_CMD_LIBS)
tests_fuzz_fuzz_select_SOURCES = tests/fuzz/fuzz-select.c $(FUZZ_SHARED)
tests_fuzz_fuzz_select_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_select_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_select_LDADD = $(FUZZ_CMD_LIBS)

tests_fuzz_check_compose_SOURCES = tests/fuzz/fuzz-compose.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_compose_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_fuzz_check_compose_LDADD = $(FUZZ_GATE_LIBS)
tests_fuzz_fuzz_compose_SOURCES = tests/fuzz/fuzz-compose.c $(FUZZ_SHARED)
tests_fuzz_fuzz_compose_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_fuzz_fuzz_compose_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_compose_LDADD = $(FUZZ_GATE_LIBS)

tests_fuzz_check_decode_SOURCES = tests/fuzz/fuzz-decode.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_decode_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_decode_LDADD = $(PROVIDER_LIBS)
tests_fuzz_fuzz_decode_SOURCES = tests/fuzz/fuzz-decode.c $(FUZZ_SHARED)
tests_fuzz_fuzz_decode_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_decode_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_decode_LDADD = $(PROVIDER_LIBS)

tests_fuzz_check_fold_SOURCES = tests/fuzz/fuzz-fold.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_fold_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_fold_LDADD = libjournal.a libbase.a $(BASE_LIBS) $(CRYPTO_LIBS)
tests_fuzz_fuzz_fold_SOURCES = tests/fuzz/fuzz-fold.c $(FUZZ_SHARED)
tests_fuzz_fuzz_fold_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_fold_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_fold_LDADD = libjournal.a libbase.a $(BASE_LIBS) $(CRYPTO_LIBS)

tests_fuzz_check_front_SOURCES = tests/fuzz/fuzz-front.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_front_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_front_LDADD = libbase.a $(BASE_LIBS)
tests_fuzz_fuzz_front_SOURCES = tests/fuzz/fuzz-front.c $(FUZZ_SHARED)
tests_fuzz_fuzz_front_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_front_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_front_LDADD = libbase.a $(BASE_LIBS)

tests_fuzz_check_head_SOURCES = tests/fuzz/fuzz-head.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_head_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_head_LDADD = libnet.a libpolicy.a libbase.a $(BASE_LIBS)
tests_fuzz_fuzz_head_SOURCES = tests/fuzz/fuzz-head.c $(FUZZ_SHARED)
tests_fuzz_fuzz_head_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_head_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_head_LDADD = libnet.a libpolicy.a libbase.a $(BASE_LIBS)

tests_fuzz_check_hook_SOURCES = tests/fuzz/fuzz-hook.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_hook_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_hook_LDADD = $(assent_core_LDADD)
tests_fuzz_fuzz_hook_SOURCES = tests/fuzz/fuzz-hook.c $(FUZZ_SHARED)
tests_fuzz_fuzz_hook_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_hook_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_hook_LDADD = $(assent_core_LDADD)

tests_fuzz_check_hunk_SOURCES = tests/fuzz/fuzz-hunk.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_hunk_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_fuzz_check_hunk_LDADD = $(FUZZ_GATE_LIBS)
tests_fuzz_fuzz_hunk_SOURCES = tests/fuzz/fuzz-hunk.c $(FUZZ_SHARED)
tests_fuzz_fuzz_hunk_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_fuzz_fuzz_hunk_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_hunk_LDADD = $(FUZZ_GATE_LIBS)

tests_fuzz_check_image_SOURCES = tests/fuzz/fuzz-image.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_image_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_image_LDADD = $(assent_core_LDADD)
tests_fuzz_fuzz_image_SOURCES = tests/fuzz/fuzz-image.c $(FUZZ_SHARED)
tests_fuzz_fuzz_image_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_image_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_image_LDADD = $(assent_core_LDADD)

tests_fuzz_check_json_SOURCES = tests/fuzz/fuzz-json.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_json_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_json_LDADD = libbase.a $(BASE_LIBS)
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz-json.c $(FUZZ_SHARED)
tests_fuzz_fuzz_json_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_json_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_json_LDADD = libbase.a $(BASE_LIBS)

tests_fuzz_check_keys_SOURCES = tests/fuzz/fuzz-keys.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_keys_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_keys_LDADD = libui.a libclient.a libreview.a libfront.a libbase.a $(BASE_LIBS) $(NCURSES_LIBS)
tests_fuzz_fuzz_keys_SOURCES = tests/fuzz/fuzz-keys.c $(FUZZ_SHARED)
tests_fuzz_fuzz_keys_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_keys_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_keys_LDADD = libui.a libclient.a libreview.a libfront.a libbase.a $(BASE_LIBS) $(NCURSES_LIBS)

tests_fuzz_check_schema_SOURCES = tests/fuzz/fuzz-schema.c tests/fuzz/fuzz-main.c \
	src/core/mcp/mcp-header.c \
	$(FUZZ_SHARED)
tests_fuzz_check_schema_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_schema_LDADD = $(PROVIDER_LIBS)
tests_fuzz_fuzz_schema_SOURCES = tests/fuzz/fuzz-schema.c src/core/mcp/mcp-header.c \
	$(FUZZ_SHARED)
tests_fuzz_fuzz_schema_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_schema_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_schema_LDADD = $(PROVIDER_LIBS)

tests_fuzz_check_sse_SOURCES = tests/fuzz/fuzz-sse.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_sse_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_sse_LDADD = $(PROVIDER_LIBS)
tests_fuzz_fuzz_sse_SOURCES = tests/fuzz/fuzz-sse.c $(FUZZ_SHARED)
tests_fuzz_fuzz_sse_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_sse_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_sse_LDADD = $(PROVIDER_LIBS)

tests_fuzz_check_tags_SOURCES = tests/fuzz/fuzz-tags.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_tags_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_tags_LDADD = $(assent_core_LDADD)
tests_fuzz_fuzz_tags_SOURCES = tests/fuzz/fuzz-tags.c $(FUZZ_SHARED)
tests_fuzz_fuzz_tags_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_tags_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_tags_LDADD = $(assent_core_LDADD)

tests_fuzz_check_v4a_SOURCES = tests/fuzz/fuzz-v4a.c tests/fuzz/fuzz-main.c \
	$(FUZZ_SHARED)
tests_fuzz_check_v4a_CFLAGS = $(AM_CFLAGS)
tests_fuzz_check_v4a_LDADD = $(FUZZ_TOOL_LIBS)
tests_fuzz_fuzz_v4a_SOURCES = tests/fuzz/fuzz-v4a.c $(FUZZ_SHARED)
tests_fuzz_fuzz_v4a_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_v4a_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_v4a_LDADD = $(FUZZ_TOOL_LIBS)

FUZZ_CHECKS = \
	tests/fuzz/check-amend \
	tests/fuzz/check-select \
	tests/fuzz/check-compose tests/fuzz/check-decode \
	tests/fuzz/check-fold tests/fuzz/check-front tests/fuzz/check-head tests/fuzz/check-hook \
	tests/fuzz/check-hunk \
	tests/fuzz/check-image tests/fuzz/check-json \
	tests/fuzz/check-keys \
	tests/fuzz/check-schema tests/fuzz/check-sse \
	tests/fuzz/check-tags tests/fuzz/check-v4a
check_PROGRAMS += $(FUZZ_CHECKS)
TESTS += $(FUZZ_CHECKS)

# Not built but by `make fuzz`, in a build folder of clang's.
EXTRA_PROGRAMS = \
	tests/fuzz/fuzz-amend tests/fuzz/fuzz-select \
	tests/fuzz/fuzz-compose tests/fuzz/fuzz-decode \
	tests/fuzz/fuzz-fold tests/fuzz/fuzz-front tests/fuzz/fuzz-head tests/fuzz/fuzz-hook \
	tests/fuzz/fuzz-hunk \
	tests/fuzz/fuzz-image tests/fuzz/fuzz-json \
	tests/fuzz/fuzz-keys \
	tests/fuzz/fuzz-schema tests/fuzz/fuzz-sse \
	tests/fuzz/fuzz-tags tests/fuzz/fuzz-v4a

FUZZ_SECONDS = 60
FUZZ_FLAGS = -g -O1 -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
.PHONY: fuzz fuzz-programs
fuzz-programs: $(EXTRA_PROGRAMS)
# What is found stands in fuzz-build/NAME; what failed, beside it.
fuzz:
	@mkdir -p fuzz-build && cd fuzz-build && src='$(abs_top_srcdir)' && \
	if ! echo 'int LLVMFuzzerTestOneInput(void); int \
	    LLVMFuzzerTestOneInput(void) { return 0; }' | \
	    clang -fsanitize=fuzzer -x c -o probe - 2>probe.log; then \
		echo 'make fuzz: clang with libFuzzer is needed (on Debian:' \
		    'clang and libclang-rt-dev)'; exit 1; \
	fi && \
	{ test -f Makefile || $$src/configure CC=clang \
	    CFLAGS='$(FUZZ_FLAGS)' LDFLAGS='-fsanitize=address,undefined' \
	    >configure.log; } && \
	$(MAKE) $(AM_MAKEFLAGS) fuzz-programs && \
	for name in $(FUZZ_NAMES); do \
		mkdir -p $$name && \
		tests/fuzz/fuzz-$$name -max_total_time=$(FUZZ_SECONDS) \
		    -max_len=4096 -timeout=20 -artifact_prefix=$$name. \
		    -print_final_stats=1 -rss_limit_mb=1024 \
		    $$name $$src/tests/fuzz/corpus/$$name >$$name.log 2>&1 || \
		    { tail -n 40 $$name.log; exit 1; }; \
		echo "$$name:" `sed -n 's/^stat::number_of_exec[a-z_]*: *//p' \
		    $$name.log` inputs; \
	done
EXTRA_DIST += tests/fuzz/corpus
