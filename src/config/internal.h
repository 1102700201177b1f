/* What config.c shares with model.c and start.c; no one else looks inside. */
#ifndef ASSENT_CONFIG_INTERNAL_H
#define ASSENT_CONFIG_INTERNAL_H

#include "config/config.h"

struct config {
	char			*mode;
	char			*path;		/* user's file, or NULL */
	char			*models;	/* path of the list, or NULL */
	bool			 has_file;
	const char *const	*env;		/* borrowed */
	cJSON			*values;	/* name -> canonical value */
	cJSON			*origins;	/* name -> where from */
	cJSON			*providers;	/* name -> object, checked */
	cJSON			*project_text;	/* string, or NULL */
	cJSON			*most;		/* a project's limits where the
						   user named none: they lower
						   the preset's, never raise */
	bool			 test_from_flag;
};

/* The variable's value, NULL if unset or empty. */
const char *config_env(const struct config *, const char *name);

#endif
