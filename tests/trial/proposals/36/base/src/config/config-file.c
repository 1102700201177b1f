/*
 * Reads the user's and the project's file and profiles: checks every member against
 * the table, and lets a project only narrow what the user set.
 */

/* What it gets leaves the machine: only encrypted, and without what belongs
 * into headers. */
static int
mcp_url(const cJSON *it, struct err *e)
{
	const char *url = cJSON_IsString(it) ? it->valuestring : "";
	size_t host = 0;

	if (strncmp(url, "https://", 8) == 0)
		host = 8;
	else if (strncmp(url, "http://", 7) == 0)
		host = 7;
	if (host == 0 || url[host] == '\0')
		return err_set(e, "must be a URL that starts with https://");
	if (memchr(url + host, '@', strcspn(url + host, "/?#")) != NULL)
		return err_set(e, "can't contain a name or password, because "
		    "it is recorded; use headers or api_key_command");
	if (host == 7 && !url_is_local(url))
		return err_set(e, "must start with https://: http:// isn't "
		    "encrypted, and only for this machine (localhost)");
	return 0;
}

