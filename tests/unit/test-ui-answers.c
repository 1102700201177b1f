/*
 * Each key answers: whatever is pressed in a pane, the screen changes, or a
 * notice says why not.  All keys of the table, in each pane and a handful of
 * states.
 */
#include "config.h"

#include "front/bindings.h"
#include "ui-fix.h"
#include "ui/panes/confirm.h"

struct answers_state {
	const char	*name;
	const char	*fixture;	/* NULL: only what `line` says */
	int		 lines;
	const char	*state;		/* of the core */
	const char	*keys;		/* pressed before the pane's */
	bool		 goes;		/* to each pane, by its key */
};

static const struct answers_state answers_states[] = {
	{ "idle", "demo.jsonl", 1, "idle", "", true },
	{ "running", "demo.jsonl", 10, "model", "", true },
	{ "plan waits", "demo.jsonl", 13, "waiting", "", true },
	{ "plan waits, not gone to", "demo.jsonl", 13, "waiting", "", false },
	{ "review", "demo.jsonl", 33, "waiting", "", true },
	{ "review, not gone to", "demo.jsonl", 33, "waiting", "", false },
	{ "lines", "demo.jsonl", 33, "waiting", "4v", false },
	{ "file row", "demo.jsonl", 33, "waiting", "4g", false },
	{ "marked", "demo.jsonl", 33, "waiting", "4yy", false },
	{ "search", "demo.jsonl", 33, "waiting", "4/csv\r", false },
	{ "limit", "stops.jsonl", 33, "waiting", "\t", false },
	{ "done", "demo.jsonl", 1000, "idle", "", true },
	{ "list", "demo.jsonl", 33, "waiting", ":", false },
};

static const char *const answers_panes[] = { "1", "2", "3", "4", "C" };

static size_t
answers_size(struct fix *f)
{
	return (size_t)f->ui.screen->rows * (size_t)f->ui.screen->cols *
	    sizeof(*f->ui.screen->cells);
}

/* It does something that isn't drawn: a command for the core, which answers;
 * another program; the terminal itself. */
static bool
answers_acts(struct fix *f)
{
	return f->sent.len > 0 || f->ui.want_edit != UI_EDIT_NONE ||
	    f->ui.want.loop != UI_WANT_NONE || f->ui.want.fork != 0 ||
	    f->ui.look.copy != NULL;
}

/* It may stay silent: the user sees why. At the end of a text or a list, a key
 * that scrolls; in an empty text, a key that edits; what is chosen already. */
static bool
answers_may(const struct ui *ui, const struct action *a)
{
	if (a == NULL)	/* a letter, for a list */
		return ui->pick.list != NULL;
	return (confirm_stands(ui) && a->id == ui->confirm.action) ||
	    (a->id >= ACTION_LINE_DOWN && a->id <= ACTION_BOTTOM) ||
	    (a->contexts & (ACTION_CTX_PICK | ACTION_CTX_INPUT)) != 0;
}

static void
answers_load(struct fix *f, const struct answers_state *s, const char *pane)
{
	fix_init(f, 24, 80);
	(void)fix_load(f, s->fixture, 0, s->lines);
	fix_live(f);
	fix_line(f, strcmp(s->state, "idle") == 0 ?
	    "{\"type\":\"status\",\"state\":\"idle\",\"doing\":\"ready\"}" :
	    strcmp(s->state, "model") == 0 ?
	    "{\"type\":\"status\",\"state\":\"model\",\"doing\":\"thinks\"}" :
	    "{\"type\":\"status\",\"state\":\"waiting\",\"doing\":\"waits\"}");
	f->ui.now += 5000;
	fix_draw(f);
	fix_type(f, s->keys);
	if (s->goes)
		fix_type(f, pane);
	buf_clear(&f->sent);
}

static int
answers_press(const struct answers_state *s, const char *pane, uint32_t key,
    const char *name)
{
	struct key_event ev = { .key = key };
	const struct action *a;
	void *before;
	int i, silent = 0;
	struct fix f = { 0 };

	answers_load(&f, s, pane);
	/* Again: to the end of what it goes through, or back. */
	for (i = 0; i < 3 && (ui_contexts(&f.ui) & (ACTION_CTX_PANE |
	    ACTION_CTX_PICK)) != 0 && !answers_acts(&f); i++) {
		fix_type(&f, "\014");	/* no notice */
		f.ui.want.loop = UI_WANT_NONE;
		a = bindings_find(f.bindings, ui_contexts(&f.ui), key);
		before = xmemdup(f.ui.screen->cells, answers_size(&f));
		f.ui.now += 2000;
		state_key(&f.ui, &ev);
		fix_draw(&f);
		if (i > 0 && f.ui.notice != NULL && strstr(f.ui.notice,
		    "not on screen yet") != NULL)
			fail_msg("no code handles %s", a == NULL ? name :
			    a->name);
		if (f.ui.notice != NULL && strstr(f.ui.notice, "(null)") !=
		    NULL)
			fail_msg("no sentence in the row of %s", a == NULL ?
			    name : a->name);
		if (memcmp(before, f.ui.screen->cells, answers_size(&f)) == 0 &&
		    f.ui.notice == NULL && !answers_acts(&f) &&
		    !answers_may(&f.ui, a)) {
			silent++;
			print_message("# %s, pane %s (%d): %s (%s), press %d, "
			    "is silent\n", s->name, s->goes ? pane :
			    "in front", (int)f.ui.at, name, a == NULL ?
			    "no action" : a->name, i + 1);
		}
		free(before);
	}
	fix_release(&f);
	return silent;
}

/* All keys that mean something anywhere. */
static size_t
answers_keys(uint32_t *keys, size_t max)
{
	struct bindings *b = bindings_new(NULL, "", NULL);
	size_t i, k, n = 0, len;
	const char *p;

	for (i = 0; i < action_table_len; i++)
		for (p = bindings_of(b, &action_table[i], NULL); *p != '\0';
		    p += len + (p[len] == ' ')) {
			uint32_t key;

			len = strcspn(p, " ");
			key = key_name_parse(p, len);
			for (k = 0; k < n && keys[k] != key; k++)
				;
			assert_true(n < max);
			if (k == n)
				keys[n++] = key;
		}
	bindings_free(b);
	return n;
}

TEST(test_answers)
{
	uint32_t keys[300];
	size_t n = answers_keys(keys, MEM_COUNT(keys)), i, k, p;
	int silent = 0;

	for (i = 0; i < MEM_COUNT(answers_states); i++)
		for (p = 0; p < MEM_COUNT(answers_panes); p++) {
			if (p > 0 && !answers_states[i].goes)
				break;
			for (k = 0; k < n; k++) {
				char name[KEY_NAME_SIZE];

				key_name_text(keys[k], name);
				silent += answers_press(&answers_states[i],
				    answers_panes[p], keys[k], name);
			}
		}
	if (silent > 0)
		fail_msg("%d keys are silent", silent);
}
