# files of share
# In the build tree the programs find share/ beside them (src/base/self.c).
# In the build tree the programs find share/ beside them (src/base/self.c).
all-local:
	$(AM_V_at)test -e share || $(LN_S) $(abs_top_srcdir)/share share
