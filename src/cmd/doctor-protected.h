/* doctor --protected. */
#ifndef ASSENT_CMD_DOCTOR_PROTECTED_H
#define ASSENT_CMD_DOCTOR_PROTECTED_H

#include "config/config.h"

/* Print the table; 1 if that failed. */
int	doctor_protected(const struct config *);

#endif
