# Data that the programs read. Installed below $(pkgdatadir), without share/.
# In the build tree the programs find share/ beside them (src/base/spawn.c src/base/spawn.h).
all-local:
	$(AM_V_at)test -e share || $(LN_S) $(abs_top_srcdir)/share share
dist_pkgdata_DATA += share/agents.json share/models.json share/prices.json
dist_pkgdata_DATA += share/journal.schema.json share/commands.schema.json \
	share/output.schema.json

# assent demo: a sample project with a failing test, and the model's answers.
demoprojectdir = $(pkgdatadir)/demo/project
dist_demoproject_DATA = \
	share/demo/project/CHANGES \
	share/demo/project/README
dist_demoproject_SCRIPTS = share/demo/project/check.sh
demolibdir = $(pkgdatadir)/demo/project/lib
dist_demolib_DATA = share/demo/project/lib/hms.sh
demodir = $(pkgdatadir)/demo
dist_demo_DATA = share/demo/answers.jsonl
EXTRA_DIST += share/demo/answers.py
promptsdir = $(pkgdatadir)/prompts
dist_prompts_DATA = share/prompts/compact.md share/prompts/edit.md \
	share/prompts/memory.md share/prompts/plan.md share/prompts/review.md \
	share/prompts/system.md
familydir = $(pkgdatadir)/prompts/family
dist_family_DATA = share/prompts/family/claude.md \
	share/prompts/family/gemini.md share/prompts/family/gpt.md
profilesdir = $(pkgdatadir)/profiles
dist_profiles_DATA = \
	share/profiles/bugfix.json share/profiles/bugfix.md \
	share/profiles/deps.json share/profiles/deps.md \
	share/profiles/docs.json share/profiles/docs.md \
	share/profiles/migrate.json share/profiles/migrate.md \
	share/profiles/review.json share/profiles/review.md \
	share/profiles/tests.json share/profiles/tests.md
