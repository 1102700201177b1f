#ifndef FOLD_H
#define FOLD_H

#include <stdio.h>

/* Folds the words of a text into lines of at most `width` bytes. -1: reading
 * or writing failed. */
int	fold(FILE *in, FILE *out, int width);

#endif
