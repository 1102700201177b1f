/* Keys are parsed once; lookups compare numbers. */
#include "config.h"

#include "front/bindings.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/near.h"
#include "front/key-name.h"

struct binding {
	char		*words;		/* the keys' names, as shown */
	char		 first[KEY_NAME_SIZE];
	uint32_t	*keys;
	size_t		 len;
	bool		 own;		/* set by the user */
};

struct bindings {
	struct binding	*of;		/* one for each row of the table */
};

static int
binding_check(const struct action *a, uint32_t key, const char *word, size_t n,
    struct err *e)
{
	if (key == 0)
		return err_set(e,
		    "\"%.*s\" is not a key (y, C-f, Alt-Enter, PageDown, Space, "
		    "...)",
		    (int)n, word);
	/* A plain character other than a space can't be part of a cut escape
	 * sequence that went unnoticed, and isn't pressed by leaning on the
	 * keyboard. */
	if ((a->flags & ACTION_DECIDES) != 0 && (key <= ' ' || key >= 0x7f))
		return err_set(e,
		    "\"%.*s\" can't decide; use a plain character", (int)n,
		    word);
	if ((a->contexts & (ACTION_CTX_INPUT | ACTION_CTX_PICK)) != 0 &&
	    key >= ' ' && key < 0x110000 && key != 0x7f)
		return err_set(e, "\"%.*s\" is a typing key", (int)n, word);
	return 0;
}

/* The names of its keys, as shown. */
static void
binding_name(struct binding *b)
{
	struct buf words = BUF_INIT(0);
	char name[KEY_NAME_SIZE];
	size_t i;

	b->first[0] = '\0';
	for (i = 0; i < b->len; i++) {
		key_name_text(b->keys[i], name);
		if (i == 0)
			memcpy(b->first, name, sizeof(name));
		buf_addf(&words, "%s%s", i == 0 ? "" : " ", name);
	}
	FREE_SET(b->words, buf_take(&words));
}

static int
binding_set(struct binding *b, const struct action *a, const char *words,
    struct err *e)
{
	const char *p = words + strspn(words, " ");
	uint32_t key;
	size_t n;

	b->len = 0;
	for (; *p != '\0'; p += n, p += strspn(p, " ")) {
		n = strcspn(p, " ");
		key = key_name_parse(p, n);
		if (binding_check(a, key, p, n, e) < 0)
			return -1;
		GROW(b->keys, b->len);
		b->keys[b->len++] = key;
	}
	binding_name(b);
	return 0;
}

static bool
binding_has(const struct binding *b, uint32_t key)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if (b->keys[i] == key)
			return true;
	return false;
}

static int
bindings_set(struct bindings *b, const cJSON *item, struct err *e)
{
	struct near near = NEAR_INIT(item->string);
	size_t i;

	for (i = 0; i < action_table_len; i++) {
		if (strcmp(action_table[i].name, item->string) == 0)
			break;
		near_try(&near, action_table[i].name);
	}
	if (i == action_table_len && near.known != NULL)
		return err_set(e,
		    "no such action; did you mean \"%s\"? (assent config "
		    "keys lists them)",
		    near.known);
	if (i == action_table_len)
		return err_set(e, "no such action (assent config keys lists "
		    "them)");
	if (!cJSON_IsString(item))
		return err_set(e, "must be a string of keys, such as \"j "
		    "Down\"");
	if (binding_set(&b->of[i], &action_table[i], item->valuestring, e) < 0)
		return -1;
	b->of[i].own = true;
	if (b->of[i].len == 0 && (action_table[i].flags & ACTION_NEEDED) != 0)
		return err_set(e, "needs a key");
	return 0;
}

/* Would one key mean both actions?  While a proposal is shown, its keys come
 * first and then those of the panes; a key of the user's for scrolling must not
 * decide there. */
static bool
bindings_clash(const struct bindings *b, size_t i, size_t j)
{
	const struct action *x = &action_table[i], *y = &action_table[j];
	unsigned both = x->contexts | y->contexts;

	if ((x->contexts & y->contexts) != 0)
		return true;
	return (b->of[i].own || b->of[j].own) &&
	    ((x->flags | y->flags) & ACTION_DECIDES) != 0 &&
	    (both & ACTION_CTX_PANE) != 0 && (both & (ACTION_CTX_DIFF |
	    ACTION_CTX_FILES | ACTION_CTX_LINES | ACTION_CTX_PLAN |
	    ACTION_CTX_ASK | ACTION_CTX_NET | ACTION_CTX_PAUSE)) != 0;
}

static int
bindings_conflict(const struct bindings *b, struct err *e)
{
	size_t i, j, k;

	for (i = 0; i < action_table_len; i++)
		for (k = 0; k < b->of[i].len; k++)
			for (j = i + 1; j < action_table_len; j++) {
				char name[KEY_NAME_SIZE];

				if (!bindings_clash(b, i, j) ||
				    !binding_has(&b->of[j], b->of[i].keys[k]))
					continue;
				key_name_text(b->of[i].keys[k], name);
				return err_set(e,
				    "%s is bound to both %s and %s: change one "
				    "of them",
				    name, action_table[i].name,
				    action_table[j].name);
			}
	return 0;
}

static void
binding_drop(struct binding *b, uint32_t key)
{
	size_t i, n = 0;

	for (i = 0; i < b->len; i++)
		if (b->keys[i] != key)
			b->keys[n++] = b->keys[i];
	b->len = n;
	binding_name(b);
}

/* Does the default key of j yield to the user's key of i? If j decides and i is
 * an action of the panes, it doesn't (that is an error): the key would scroll
 * while nothing is open, and do something else, or nothing, during a
 * question. */
static bool
bindings_yields(const struct bindings *b, size_t i, size_t j)
{
	const struct action *x = &action_table[i], *y = &action_table[j];

	return i != j && b->of[i].own && !b->of[j].own &&
	    bindings_clash(b, i, j) && ((x->contexts & y->contexts) != 0 ||
	    (y->flags & ACTION_DECIDES) == 0);
}

/* Without y's default, the same default key of a pane's action would take its
 * place; drop it if that action decides. */
static void
bindings_no_heir(struct bindings *b, const struct action *y, uint32_t key)
{
	const struct action *z;
	size_t i;

	for (i = 0; i < action_table_len; i++) {
		z = &action_table[i];
		if ((z->flags & ACTION_DECIDES) != 0 && !b->of[i].own &&
		    (z->contexts & ACTION_CTX_PANE) != 0 &&
		    (y->contexts & ACTION_CTX_PANE) == 0 &&
		    binding_has(&b->of[i], key))
			binding_drop(&b->of[i], key);
	}
}

/* The user's bindings win: drop another action's default for the same key, even
 * one that came with a newer version. */
static int
bindings_settle(struct bindings *b, struct err *e)
{
	char name[KEY_NAME_SIZE];
	size_t i, j, k;
	uint32_t key;

	for (i = 0; i < action_table_len; i++)
		for (k = 0; b->of[i].own && k < b->of[i].len; k++)
			for (j = 0; j < action_table_len; j++) {
				key = b->of[i].keys[k];
				if (!bindings_yields(b, i, j) ||
				    !binding_has(&b->of[j], key))
					continue;
				binding_drop(&b->of[j], key);
				bindings_no_heir(b, &action_table[j], key);
				if (b->of[j].len > 0 || (action_table[j].flags &
				    ACTION_NEEDED) == 0)
					continue;
				key_name_text(key, name);
				return err_set(e,
				    "%s is bound to %s and is the only key of "
				    "%s, which needs one: change one of them",
				    name, action_table[i].name,
				    action_table[j].name);
			}
	return 0;
}

struct bindings *
bindings_new(const cJSON *keys, const char *from, struct err *e)
{
	struct bindings *b = xcalloc(1, sizeof(*b));
	struct err why = ERR_INIT;
	const cJSON *item;
	size_t i;

	b->of = xcalloc(action_table_len, sizeof(*b->of));
	for (i = 0; i < action_table_len; i++)
		(void)binding_set(&b->of[i], &action_table[i],
		    action_table[i].keys, NULL);
	cJSON_ArrayForEach(item, keys)
		if (bindings_set(b, item, &why) < 0) {
			err_set(e, "%s: keys.%.60s: %s", from, item->string,
			    why.text);
			goto fail;
		}
	if (bindings_settle(b, &why) < 0 || bindings_conflict(b, &why) < 0) {
		err_set(e, "%s: keys: %s", from, why.text);
		goto fail;
	}
	return b;
fail:
	bindings_free(b);
	return NULL;
}

void
bindings_free(struct bindings *b)
{
	size_t i;

	if (b == NULL)
		return;
	for (i = 0; i < action_table_len; i++) {
		free(b->of[i].words);
		free(b->of[i].keys);
	}
	free(b->of);
	free(b);
}

const struct action *
bindings_find(const struct bindings *b, unsigned contexts, uint32_t key)
{
	unsigned bit;
	size_t i;

	for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1) {
		if ((contexts & bit) == 0)
			continue;
		for (i = 0; i < action_table_len; i++)
			if ((action_table[i].contexts & bit) != 0 &&
			    binding_has(&b->of[i], key))
				return &action_table[i];
	}
	return NULL;
}

const char *
bindings_keys(const struct bindings *b, const struct action *a)
{
	return b->of[a - action_table].words;
}

const char *
bindings_first(const struct bindings *b, enum action_id id)
{
	const struct action *a = action_find(id);

	return a == NULL ? "" : b->of[a - action_table].first;
}

size_t
bindings_row(const struct bindings *b, size_t i, struct buf *names,
    struct buf *keys, struct buf *does)
{
	const struct action *a = &action_table[i];
	size_t n = 0;

	if ((a->flags & ACTION_SAME_ROW) != 0)
		return 0;
	do {
		buf_addf(names, "%s%s", n == 0 ? "" : " ", a[n].name);
		buf_addf(does, "%s%s", n == 0 ? "" : " / ", a[n].help);
		if (b->of[i + n].len > 0)
			buf_addf(keys, "%s%s", keys->len == 0 ? "" : " / ",
			    b->of[i + n].words);
		n++;
	} while (i + n < action_table_len &&
	    (a[n].flags & ACTION_SAME_ROW) != 0);
	return n;
}

void
bindings_list(const struct bindings *b, struct buf *out)
{
	size_t i, n;

	for (i = 0; i < action_table_len; i += n) {
		AUTO_BUF struct buf names = BUF_INIT(0), keys = BUF_INIT(0);
		AUTO_BUF struct buf does = BUF_INIT(0), places = BUF_INIT(0);

		n = bindings_row(b, i, &names, &keys, &does);
		action_places(&action_table[i], &places);
		buf_addf(out, "%-18s %-10s %s (%s)\n", keys.len == 0 ? "-" :
		    buf_str(&keys), buf_str(&places), buf_str(&does),
		    buf_str(&names));
	}
}
