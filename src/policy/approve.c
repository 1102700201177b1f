#include "config.h"

#include "policy/approve.h"

#include <string.h>

#include "base/mem.h"

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)

/* clang-format off */
const struct approve approve_table[] = {
	{ "ask", APPROVE_AT_STEP, true, NULL, false, false, APPROVE_ANY,
	  NULL, "you review after each step of the plan" },
	{ "each", APPROVE_AT_STEP | APPROVE_AT_TURN, true, NULL, false, false,
	  APPROVE_SCREEN | APPROVE_EXEC, NULL,
	  "you review after each turn of the model" },
	{ "later", 0, false, NULL, false, false,
	  APPROVE_SCREEN | APPROVE_EXEC, NULL,
	  "you review every change at the end" },
	{ "reviewer", APPROVE_AT_STEP, true, "reviewer", false, false,
	  APPROVE_SCREEN | APPROVE_EXEC,
	  "small edits that a second model also accepts",
	  "small changes are written if a model approves them" },
	{ "small", APPROVE_AT_STEP, true, "small", false, false,
	  APPROVE_SCREEN | APPROVE_EXEC,
	  "small edits (" NUMBER(APPROVE_SMALL_FILE) " lines a file, "
	  NUMBER(APPROVE_SMALL_SESSION) " lines in the session; never tests, "
	  "build or protected files)",
	  "small changes are written without you" },
	{ "yes", 0, false, "yes", true, true, APPROVE_EXEC | APPROVE_TRY,
	  "every change except to protected paths",
	  "changes are written without you" },
};
/* clang-format on */
const size_t approve_table_len = MEM_COUNT(approve_table);

const struct approve *
approve_find(const char *name)
{
	return MEM_FIND_IN(approve_table, approve_table_len, name);
}

void
approve_names(struct buf *b, unsigned where, const char *between)
{
	const char *sep = "";
	size_t i;

	for (i = 0; i < approve_table_len; i++) {
		if ((approve_table[i].where & where) == 0)
			continue;
		buf_addf(b, "%s%s", sep, approve_table[i].name);
		sep = between;
	}
}

void
approve_words(struct buf *b, const struct approve *a, unsigned where)
{
	if (a->rule != NULL)
		buf_addf(b, "accepts %s; you review the rest ", a->scope);
	else
		buf_adds(b, "you review ");
	/* A command without a model has no steps. */
	if (where == APPROVE_TRY) {
		buf_adds(b, "at the end");
		return;
	}
	buf_adds(b, a->opens & APPROVE_AT_TURN ?
	    "after each turn that changed something and at the end" :
	    a->opens & APPROVE_AT_STEP ?
	    "after each plan step and at the end" :
	    "at the end");
	buf_adds(b, a->waits ? "; the model waits" :
	    a->at_end ? "" : " or on request; the model continues");
}
