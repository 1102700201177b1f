# agents.mk: steps of assent exec as targets of GNU make. See README.md.
#
#     include agents.mk
#     find.task = tasks/find.md
#     fix.task = tasks/fix.md
#     fix.flags = --test 'make check'
#     $(call agent,find)
#     $(call agent,fix,find)
#
# `make -j4 agents` then runs what isn't done.

ASSENT ?= assent
AGENTS ?= agents
AGENTS_FLAGS ?= --approve yes
# What the steps after it get of a report.
AGENTS_TAKE ?= cat

# NAME.VARIABLE, else that of all steps with this last component.
agent-of = $(or $($(2).$(1)),$($(notdir $(2)).$(1)))
# The project: NAME.root, else the folder in NAME.
agent-root = $(or $(call agent-of,root,$(1)),$(patsubst %/,%,$(dir $(1))))
# The files that are inputs.
agent-files = $(foreach i,$(call agent-of,inputs,$(1)),$(if $(findstring \
	=@,$(i)),$(lastword $(subst =@, ,$(i)))))

define agent-rule
$(AGENTS)/$(1).done: $(patsubst %,$(AGENTS)/%.done,$(2)) \
		$(call agent-of,task,$(1)) $(call agent-files,$(1))
	@mkdir -p '$$(@D)' && echo '*' >'$(AGENTS)/.gitignore'
	$(ASSENT) exec --name '$(1)' --root '$(call agent-root,$(1))' \
		--task-file '$(call agent-of,task,$(1))' \
		$(foreach d,$(2),--input '$(notdir $(d))=@$(AGENTS)/$(d).input') \
		$(foreach i,$(call agent-of,inputs,$(1)),--input '$(i)') \
		--output '$(AGENTS)/$(1).json' \
		--patch-out '$(AGENTS)/$(1).patch' \
		$(AGENTS_FLAGS) $(call agent-of,flags,$(1)) \
		</dev/null >>'$(AGENTS)/$(1).log'
	@$$(AGENTS_TAKE) <'$(AGENTS)/$(1).json' >'$(AGENTS)/$(1).input'
	@touch '$$@'
agents: $(AGENTS)/$(1).done
# make -t runs only this.
$(if $(findstring t,$(firstword -$(MAKEFLAGS))),$(shell mkdir -p '$(dir \
	$(AGENTS)/$(1))' && echo '*' >'$(AGENTS)/.gitignore'))
endef
# A folder's name, as of $(wildcard), is no text of a makefile or a shell.
agent-hash := \#
agent-marks = $$ ' " ` : ; % = & | < > \ ( ) $(agent-hash)
agent-odd = $(strip $(foreach c,$(agent-marks),$(findstring $(c),$(1))))
agent = $(if $(call agent-odd,$(1) $(2)),$(error agent: the name $(1) has one \
	of $(agent-marks)))$(eval $(call agent-rule,$(strip $(1)),$(strip $(2))))

.PHONY: agents
agents:
