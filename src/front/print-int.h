/* print-int: what the files of print share. */
#ifndef ASSENT_FRONT_PRINT_INT_H
#define ASSENT_FRONT_PRINT_INT_H

#include "front/print.h"

#define PRINT_MODEL "| "	/* before each line of the model's text */

/* "  label: a, b, c" of an array of strings; nothing for an empty one. */
void	print_list(FILE *, const char *label, const cJSON *array);
/* The auto-approvals. */
void	print_grants(FILE *, const struct fold *);

#endif
