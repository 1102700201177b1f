/*
 * sarif: findings as a SARIF 2.1.0 log (OASIS, Static Analysis Results
 * Interchange Format), which code hosts and editors display at the lines.
 */
#ifndef ASSENT_CMD_SARIF_H
#define ASSENT_CMD_SARIF_H

#include <cjson/cJSON.h>

/* `findings` as in agent_end of assent-journal(5); NULL: none. The caller
 * deletes. */
cJSON	*sarif_make(const cJSON *findings);

#endif
