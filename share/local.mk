# Data that the programs read. Installed below $(pkgdatadir), without share/.
# In the build tree the programs find share/ beside them (src/base/self.c).
all-local:
	$(AM_V_at)test -e share || $(LN_S) $(abs_top_srcdir)/share share
dist_pkgdata_DATA += share/models.json
dist_pkgdata_DATA += share/journal.schema.json share/commands.schema.json
