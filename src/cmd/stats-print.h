/* stats-print: figures as lines, as a table, and as CSV. */
#ifndef ASSENT_CMD_STATS_PRINT_H
#define ASSENT_CMD_STATS_PRINT_H

#include "base/buf.h"
#include "cmd/stats-from.h"

/* "3 turns, 1,200 in 300 out, cache 87%, $0.0359" */
void	stats_print_used(struct buf *, const struct stats_sum *);
/* "hunks: 3 accepted (1 edited), 2 rejected" */
void	stats_print_hunks(struct buf *, const struct stats_sum *);
/* Rates and means of all, with bars on a terminal; then a row for each model,
 * profile and week, if there are several. */
void	stats_print_rates(const struct stats *);
/* A line of CSV (RFC 4180); NULL: the names of its columns. */
void	stats_print_csv(const struct stats_run *);

#endif
