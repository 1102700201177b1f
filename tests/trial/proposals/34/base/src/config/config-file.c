/*
 * Reads the user's and the project's file and profiles: checks every member against
 * the table, and lets a project only narrow what the user set.
 */

static int
config_provider(const cJSON *p, const char *file, struct err *e)
{
	const cJSON *it;
	if (format == NULL)
		return err_set(e, "%s: %sformat: missing; must be "
		    FORMAT_NAMES, file, prefix);
	if (!config_format_ok(format))
		return err_set(e, "%s: %sformat: must be " FORMAT_NAMES
		    ", not \"%.40s\"", file, prefix, format);
	if (strcmp(format, "replay") == 0 && json_str(p, "dir") == NULL)
		return err_set(e, "%s: %sdir: missing; must be the "
		    "recording's directory", file, prefix);
	if (strcmp(format, "replay") != 0 && json_str(p, "base_url") == NULL)
		return err_set(e, "%s: %sbase_url: missing; must be the "
		    "server's URL", file, prefix);
	return config_dialect(json_str(p, "dialect"), format, file, prefix, e);
}

