/*
 * doctor --protected: prints the table of protected paths with their reasons.
 * It is the table that the gate uses.
 */
#include "config.h"

#include "cmd/doctor-protected.h"

#include <stdio.h>

#include "base/mem.h"
#include "front/print.h"
#include "gate/policy-table.h"

static void
protected_row(const char *rule, const char *why)
{
	print_words(stdout, "%s", rule);
	print_words(stdout, "  %s", why);
}

int
doctor_protected(const struct config *c)
{
	const cJSON *it;
	size_t i;

	printf("Changes to these paths are never auto-approved; with "
	    "--allow-protected GLOB, --approve yes accepts some.\n\n");
	for (i = 0; i < MEM_COUNT(policy_protected_rows); i++) {
		protected_row(policy_protected_rows[i].rule,
		    policy_protected_rows[i].why);
		print_words(stdout, "    %s", policy_protected_rows[i].globs);
	}
	for (i = 0; i < MEM_COUNT(policy_protected_cases); i++) {
		protected_row(policy_protected_cases[i].rule,
		    policy_protected_cases[i].why);
		if (i == POLICY_SECRET)
			print_words(stdout, "    %s", policy_secret_globs);
		if (i != POLICY_USER)
			continue;
		cJSON_ArrayForEach(it, config_list(c, "protected"))
			print_words(stdout, "    %s", it->valuestring);
	}
	return fflush(stdout) != 0;
}
