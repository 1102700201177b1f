/* See ui-fix.h. */
#include "config.h"

#include "ui-fix.h"

#include "base/json.h"
#include "journal/event.h"
#include "ui/app/decide.h"
#include "ui/keys/keys.h"
#include "ui/panes/confirm.h"

static void
fix_send(void *arg, cJSON *take)
{
	struct fix *f = arg;
	char *s = json_print(take);

	/* It decides nothing, and when it is sent depends on the time. */
	if (strcmp(json_str_or(take, "type", ""), "typing") == 0)
		f->told_typing++;
	else if (strcmp(json_str_or(take, "type", ""), "commands") != 0)
		buf_addf(&f->sent, "%s\n", s);
	free(s);
	cJSON_Delete(take);
}

static void
fix_key(void *arg, const struct key_event *ev)
{
	struct fix *f = arg;

	state_key(&f->ui, ev);
}

void
fix_release(struct fix *f)
{
	keys_free(f->keys);
	state_release(&f->ui);
	buf_release(&f->sent);
	f->keys = NULL;
}

void
fix_init(struct fix *f, int rows, int cols)
{
	static const struct bindings *table;	/* nobody changes it */
	struct err e = ERR_INIT;

	if (table == NULL && (table = bindings_new(NULL, "bindings.c",
	    &e)) == NULL)
		fail_msg("%s", e.text);
	if (f->keys != NULL)
		fix_release(f);
	memset(f, 0, sizeof(*f));
	buf_init(&f->sent, 0);
	f->bindings = table;
	state_init(&f->ui, f->bindings, fix_send, f);
	setenv("ESCDELAY", "25", 1);	/* whatever runs this */
	f->keys = keys_new(fix_key, f);
	f->ui.now = 100000;
	screen_resize(f->ui.screen, rows, cols);
}

void
fix_test(void (*test)(struct fix *f))
{
	static struct fix f;

	memset(&f, 0, sizeof(f));
	test(&f);
	if (f.keys != NULL)
		fix_release(&f);
}

void
fix_start(struct fix *f)
{
	fix_init(f, 24, 80);
	fix_live(f);
}

/* With ' as ", if it has no ". */
static char *
fix_json(const char *text)
{
	char *s = xstrdup(text), *p;

	if (strchr(s, '"') == NULL)
		for (p = s; (p = strchr(p, '\'')) != NULL;)
			*p = '"';
	return s;
}

void
fix_line(struct fix *f, const char *text)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *s = fix_json(text);
	AUTO_JSON cJSON *o = json_parse(s, strlen(s), JSON_NUL_REPLACE, &e);
	AUTO_EVENT struct event l = { 0 };

	if (o == NULL)
		fail_msg("%s: %s", text, e.text);
	event_read(&l, o);
	state_line(&f->ui, &l);
}

/* The first `max` lines of a fixture; how many there were. */
int
fix_load(struct fix *f, const char *name, int from, int max)
{
	const char *src = getenv("srcdir");
	char *path = xasprintf("%s/tests/fixtures/journal/%s",
	    src == NULL ? ".." : src, name), *line = NULL;
	FILE *file = fopen(path, "r");
	size_t cap = 0;
	ssize_t n;
	int i = 0;

	if (file == NULL)
		fail_msg("cannot open %s", path);
	for (; i < max && (n = getline(&line, &cap, file)) > 0; i++) {
		line[n - 1] = '\0';
		if (i >= from)
			fix_line(f, line);
	}
	free(line);
	fclose(file);
	free(path);
	return i;
}

void
fix_written(struct fix *f)
{
	review_sent(&f->ui.review, f->ui.now);
	verdict_settle(&f->ui, f->ui.now);
}

void
fix_draw(struct fix *f)
{
	frame_draw_told(&f->ui, FRAME_ALL);
	fix_written(f);
}

void
fix_wait(struct fix *f, int64_t ms)
{
	f->ui.now += ms;
	keys_tick(f->keys, f->ui.now);
	(void)state_tick(&f->ui);
}

void
fix_stand(struct fix *f)
{
	int i;

	for (i = 0; i < 2; i++) {
		fix_draw(f);
		fix_wait(f, REVIEW_MS);
	}
	fix_draw(f);
}

/* Keys of a person: each on a screen that has stood for some time. */
void
fix_type(struct fix *f, const char *keys)
{
	for (; *keys != '\0'; keys++) {
		fix_stand(f);
		keys_feed(f->keys, keys, 1, f->ui.now);
		fix_draw(f);
	}
	fix_stand(f);
}

void
fix_review(struct fix *f)
{
	int64_t of;

	f->ui.now += 2000;
	fix_stand(f);
	if (f->ui.waits.id != NULL && (f->ui.typing || f->ui.waits.until ==
	    UNTIL_TAB || f->ui.at != f->ui.waits.pane)) {
		fix_type(f, "\t");
		f->ui.now += 2000;
		fix_stand(f);
	}
	if (prompt_now(&f->ui, &of) <= PROMPT_PANE)
		fail_msg("nothing waits");
}

bool
fix_shows(struct fix *f, const char *text)
{
	struct buf b = BUF_INIT(0);
	int y;
	bool found = false;

	fix_draw(f);
	for (y = 0; y < f->ui.screen->rows && !found; y++) {
		buf_clear(&b);
		screen_row(f->ui.screen, y, &b);
		found = strstr(buf_str(&b), text) != NULL;
	}
	buf_release(&b);
	return found;
}

void
fix_want_shown(struct fix *f, const char *text)
{
	struct buf b = BUF_INIT(0);
	int y;

	if (fix_shows(f, text))
		return;
	for (y = 0; y < f->ui.screen->rows; y++) {
		buf_addf(&b, "# ");
		screen_row(f->ui.screen, y, &b);
		buf_addc(&b, '\n');
	}
	fail_msg("not on the screen: %s\n%s", text, buf_str(&b));
}

void
fix_see(struct fix *f, const char *keys, const char *text)
{
	fix_type(f, keys);
	fix_want_shown(f, text);
}

void
fix_stream(struct fix *f, const char *kind, const char *p, size_t n)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *s = NULL;

	json_add_str(o, "type", "delta");
	json_add_str(o, "kind", kind);
	json_add_bytes(o, "text", p, n);
	s = json_print(o);
	fix_line(f, s);
}

int
fix_searched(struct fix *f)
{
	int n = 0;

	/* Something is due now, and the loop does not sleep. */
	for (; f->ui.search.runs; n++)
		assert_true(n < 1000 && state_deadline(&f->ui) <= f->ui.now &&
		    state_tick(&f->ui));
	fix_draw(f);
	return n;
}

char *
fix_styled(struct fix *f, enum style style)
{
	struct buf b = BUF_INIT(0);
	bool on = false;
	char *s;
	int y, x;

	fix_draw(f);
	for (y = 0; y < f->ui.screen->rows; y++, on = false)
		for (x = 0; x < f->ui.screen->cols; x++) {
			const struct cell *c = screen_cell(f->ui.screen, y,
			    x);

			if (c->style != style) {
				on = false;
				continue;
			}
			if (!on && b.len > 0)
				buf_addc(&b, '|');
			on = true;
			buf_adds(&b, c->text);
		}
	s = xstrdup(buf_str(&b));
	buf_release(&b);
	return s;
}

const char *
fix_ink(struct fix *f, const char *text)
{
	static char ink[64];
	struct buf b = BUF_INIT(0);
	const char *at = NULL, *p;
	size_t i;
	int x = 0, y;

	fix_draw(f);
	for (y = 0; at == NULL && y < f->ui.screen->rows; y++) {
		buf_clear(&b);
		screen_row(f->ui.screen, y, &b);
		at = strstr(buf_str(&b), text);
	}
	assert_non_null(at);
	/* A character each, of one cell. */
	for (p = buf_str(&b); p < at; p++)
		x += (*p & 0xc0) != 0x80;
	for (i = 0; i < strlen(text); i++)
		ink[i] = SYNTAX_LETTERS[screen_cell(f->ui.screen, y - 1,
		    x + (int)i)->ink];
	ink[i] = '\0';
	buf_release(&b);
	return ink;
}

int
fix_count(const struct fix *f, const char *text)
{
	AUTO_FREE char *s = fix_json(text);
	const char *p = buf_str(&f->sent);
	int n = 0;

	while ((p = strstr(p, s)) != NULL) {
		n++;
		p++;
	}
	return n;
}

/* A proposal of one file with n hunks of `lines` added lines. */
void
fix_propose(struct fix *f, int64_t seq, int version, int n, int lines,
    const char *line)
{
	cJSON *o = cJSON_CreateObject(), *files = cJSON_CreateArray();
	cJSON *file = cJSON_CreateObject(), *hunks = cJSON_CreateArray();
	struct buf b = BUF_INIT(0);
	char id[20], *s;
	int i, j;

	json_add_int(o, "seq", seq);
	json_add_str(o, "type", "proposal");
	json_add_str(o, "by", "core");
	json_add_int(o, "proposal", version == 1 ? 0 : 50);
	json_add_int(o, "version", version);
	json_add_bool(o, "final", true);
	json_add_str(file, "path", "a.c");
	json_add_str(file, "status", "modified");
	for (i = 0; i < n; i++) {
		cJSON *h = cJSON_CreateObject();

		snprintf(id, sizeof(id), "%016x", i + 1);
		json_add_str(h, "id", id);
		json_add_int(h, "old_start", i * 100 + 1);
		json_add_int(h, "old_lines", 0);
		json_add_int(h, "new_start", i * 100 + 1);
		json_add_int(h, "new_lines", lines);
		buf_clear(&b);
		for (j = 0; j < lines; j++)
			buf_addf(&b, "+%s %d.%d\n", line, i, j);
		json_add_str(h, "text", buf_str(&b));
		cJSON_AddItemToArray(hunks, h);
	}
	json_set_take(file, "hunks", hunks);
	cJSON_AddItemToArray(files, file);
	json_set_take(o, "files", files);
	s = json_print(o);
	fix_line(f, s);
	free(s);
	cJSON_Delete(o);
	buf_release(&b);
}

void
fix_live(struct fix *f)
{
	fix_line(f, "{\"type\":\"live\"}");
}

void
fix_hunks(struct fix *f, int rows, int cols, int n, int lines)
{
	fix_init(f, rows, cols);
	fix_propose(f, 50, 1, n, lines, "x");
	fix_live(f);
}

void
fix_own_tree(struct fix *f, int n)
{
	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'session_start','by':'core',"
	    "'mode':'review'}");
	fix_propose(f, 50, 1, n, 2, "x");
	fix_live(f);
	fix_review(f);
}

void
fix_demo(struct fix *f, int rows, int cols, int max)
{
	fix_init(f, rows, cols);
	fix_load(f, "demo.jsonl", 0, max);
	fix_live(f);
}

void
fix_escape(struct fix *f)
{
	fix_type(f, "\033");
	f->ui.now += 2000;
	keys_tick(f->keys, f->ui.now);
}
