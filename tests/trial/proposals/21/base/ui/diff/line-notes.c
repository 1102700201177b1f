/*
 * Notes at a line of the diff: a block that moved, a name that mixes scripts or
 * only looks like ASCII, findings of the model, of hooks and of checkers.
 */

/* The hunk's removed and added lines. */
static void
moved_cut(const struct fold_hunk *h, int file, int hunk,
    struct moved_lines *old, struct moved_lines *new, size_t *run)
	int before = h->old_start + (h->old_lines == 0);
	int after = h->new_start + (h->new_lines == 0);
	struct moved_line at = { .file = file, .hunk = hunk };
	char last = ' ';

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		at.line++;
		if (*p != last)
			at.run = ++*run;
		last = *p;
		at.number = *p == '-' ? before : after;
		if (*p == '-')
	}
}

