#include "config.h"

#include "cmd/profile-pick.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cmd/headless/headless.h"
#include "cmd/plain/plain.h"
#include "cmd/setup.h"
#include "ui/app/app.h"

struct profile_pick {
	struct setup	 setup;		/* borrowed but for its config */
	struct app_choice *rows;
	size_t		 n;
};

static char *
profile_pick_about(void *arg, size_t row)
{
	const struct profile_pick *p = arg;
	struct buf b = BUF_INIT(0);

	config_profile_about(p->setup.config, p->rows[row].text, &b);
	return buf_take(&b);
}

static int
profile_pick_compare(const void *a, const void *b)
{
	const struct app_choice *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* A row for each, with the first line about it: the default, then by name. */
static void
profile_pick_rows(struct profile_pick *p)
{
	AUTO_BUF struct buf names = BUF_INIT(0);
	char *save = NULL, *name;
	size_t i;

	config_profile_names(p->setup.config, &names);
	p->rows = xcalloc(names.len + 1, sizeof(*p->rows));
	for (name = strtok_r(names.p, " ", &save); name != NULL;
	    name = strtok_r(NULL, " ", &save))
		p->rows[p->n++].text = xstrdup(name);
	if (p->n > 1)
		qsort(p->rows + 1, p->n - 1, sizeof(*p->rows),
		    profile_pick_compare);
	for (i = 0; i < p->n; i++) {
		p->rows[i].note = profile_pick_about(p, i);
		p->rows[i].note[strcspn(p->rows[i].note, "\n")] = '\0';
	}
}

static void
profile_pick_release(struct profile_pick *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->rows[i].text);
		free(p->rows[i].note);
	}
	free(p->rows);
	config_free(p->setup.config);
}

static int
profile_pick_show(struct profile_pick *p, char **name)
{
	struct app_choices c = { .what = "profiles",
		.about = profile_pick_about, .arg = p };
	size_t row = 0;
	int code;

	profile_pick_rows(p);
	c.rows = p->rows;
	c.len = p->n;
	if ((code = setup_pick(&p->setup, &c, &row)) == 0)
		*name = xstrdup(p->rows[row].text);
	return code;
}

int
profile_pick(const struct setup *s, const struct cmd_args *a, char **name)
{
	AUTO(profile_pick_release) struct profile_pick p = { .setup = *s };
	struct cmd_args others = *a;
	const char *flag = cmd_flag(a, "profile");
	size_t i;
	int code;

	p.setup.config = NULL;
	if (flag == NULL || flag[0] != '\0')
		return 0;
	if (!headless_person() || a->plain || plain_is_needed() ||
	    !app_can_run(NULL))
		return cmd_fail(EXIT_USAGE, "--profile needs a value: NAME");
	/* Any profile lists them: the last flag counts. */
	others.flags = xcalloc(a->flags_len + 1, sizeof(*others.flags));
	for (others.flags_len = i = 0; i < a->flags_len; i++)
		if (strcmp(a->flags[i].setting, "profile") != 0)
			others.flags[others.flags_len++] = a->flags[i];
	code = setup_config(&p.setup, &others, "interactive");
	free(others.flags);
	if (code == 0)
		code = profile_pick_show(&p, name);
	for (i = 0; code == 0 && i < a->flags_len; i++)
		if (strcmp(a->flags[i].setting, "profile") == 0)
			a->flags[i].text = *name;
	return code;
}
