/*
 * policy-secret: which files of the project are secret, by name or by a token
 * or private key in them. Found by a limited walk that is repeated when a
 * folder has changed; what couldn't be checked counts as secret.
 */

/* "URL" means an address with a password in it; any other word matches in any
 * case. */
static bool
policy_has_word(const char *text, const char *word, size_t n)
	if (n == 3 && memcmp(word, "URL", 3) == 0) {
		for (p = strstr(text, "://"); p != NULL;
		    p = strstr(p + 3, "://")) {
			size_t host = strcspn(p + 3, "@/ \t\r\n\"'");
			const char *colon = memchr(p + 3, ':', host);

			if (p[3 + host] == '@' && colon != NULL)
				return true;
			/* A token can be in place of the user name. */
			if (p[3 + host] == '@' && host >= 20)
				return true;
		}
		return false;
	}
	for (p = text; *p != '\0'; p++) {
		if (strncasecmp(p, word, n) == 0)
			return true;
	}
	return false;
}

/* Does the real file contain a token? Assume so if it can't be checked. */
static bool
policy_has_token(struct policy *p, const char *path, const char *words)
{
	AUTO_BUF struct buf b = BUF_INIT(POLICY_TOKEN_BYTES);
	struct stat st;
	size_t i;
	bool yes = true;
	AUTO_CLOSE int fd =
	    fs_open_beneath(p->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0)
		return errno != ENOENT && errno != ENOTDIR;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_all(fd, &b) == 0) {
		for (i = 0; i < b.len; i++) {
			if (b.p[i] == '\0')
				b.p[i] = '\n';
		}
		for (yes = false; *words != '\0' && !yes;) {
			size_t n = strcspn(words, " ");

			yes = policy_has_word(buf_str(&b), words, n);
			words += n;
			words += strspn(words, " ");
		}
	}
	return yes;
}

/* How many components of `path` are in an ignored folder, itself included. */
static int
policy_ignored_depth(struct policy *p, const char *path)
{
	char *copy = xstrdup(path), *slash;
	int depth = 0;

	for (slash = strchr(copy, '/'); slash != NULL;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (depth > 0 || ignore_match(p->ignore, copy, true))
			depth++;
		*slash = '/';
	}
	free(copy);
	return depth;
}

