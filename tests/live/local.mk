# A server that is no script of ours: not part of `make check`.
EXTRA_DIST += tests/live/check-live.py tests/live/tiny-gguf.py
.PHONY: check-live
check-live: all
	@LLAMA_SERVER='$(LLAMA_SERVER)' LLAMA_KEY='$(LLAMA_KEY)' \
	    srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)' \
	    LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1 \
	    $(PYTHON3) '$(top_srcdir)/tests/live/check-live.py'
