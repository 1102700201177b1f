/*
 * pythons: the Pythons of the system, which can run a program of ours in a
 * sandbox that shows neither the project nor a home.
 */
#ifndef ASSENT_BASE_PYTHONS_H
#define ASSENT_BASE_PYTHONS_H

/* Those on this PATH, by absolute path and once each, NULL-terminated; none
 * below `not_below`. */
char	**pythons_find(const char *path, const char *not_below);
void	pythons_free(char **);

#endif
