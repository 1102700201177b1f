/*
 * Parts of a hunk, or an edited hunk: splits a hunk, picks single lines, opens
 * its text in the editor. Decisions are sent through decide.c; an edit that
 * doesn't apply is kept and comes back into the editor with the reason.
 */

/* The text after the reason that was added the last time. */
static const char *
hunk_edit_after_why(const char *text, size_t len)
{
	static const char reason[] = "# " HUNK_EDIT_WHY;
	const char *nl;

	if (len < sizeof(reason) || memcmp(text, reason, sizeof(reason) - 1)
	    != 0)
		return text;
	nl = memchr(text, '\n', len);
	return nl == NULL ? text + len : nl + 1;
}

static bool
hunk_edit_is_empty(const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (*p != '#' && *p != '\n' && strncmp(p, "@@ ", 3) != 0)
			return false;
		p = nl == NULL ? end : nl + 1;
	}
	return true;
}

