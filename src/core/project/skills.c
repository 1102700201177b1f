#include "config.h"

#include "core/project/project.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha.h"
#include "core/core.h"
#include "core/model.h"
#include "core/start.h"
#include "gate/gate.h"
#include "policy/mask.h"
#include "policy/skill.h"

#define SKILLS_NAMED	12	/* names in a note */

/* ---- the user's folders in the sandbox ---- */

static void
skills_hide_take(char ***v, size_t *n, char *path)
{
	GROW_BY(*v, *n, 2);
	(*v)[(*n)++] = path;
	(*v)[*n] = NULL;
}

/* What is secret in this folder, and its repositories, whose configuration may
 * have tokens. */
static void
skills_hide(struct policy *p, const char *folder, char ***v, size_t *n)
{
	const char *const *secret = policy_secrets(p);
	size_t i;

	for (i = 0; secret[i] != NULL; i++)
		skills_hide_take(v, n, fs_join(folder, secret[i]));
	for (i = 0; p->gits != NULL && p->gits[i] != NULL; i++)
		skills_hide_take(v, n, fs_join(folder, p->gits[i]));
	skills_hide_take(v, n, fs_join(folder, ".git"));
}

/* Other folders than before: without those in which it can't be found out what
 * is secret. */
static void
skills_folders_take(struct core *c, char **v)
{
	struct core_sandbox *s = &c->sandbox;
	struct err e = ERR_INIT;
	size_t i, n = 0;

	skills_folders_free(c);
	for (i = 0; v != NULL && v[i] != NULL; i++) {
		struct policy *p = start_policy_of(c, v[i], &e);

		if (p == NULL) {
			free(v[i]);
			continue;
		}
		GROW(s->skill_policies, n);
		s->skill_policies[n] = p;
		v[n++] = v[i];
	}
	if (v != NULL)
		v[n] = NULL;
	s->skills = v;
}

static bool
skills_same(char **a, char **b)
{
	if (a == NULL || b == NULL)
		return a == b;
	for (; *a != NULL && *b != NULL; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return *a == *b;
}

void
skills_folders(struct core *c, struct buf *notes)
{
	struct core_sandbox *s = &c->sandbox;
	AUTO_BUF struct buf unheard = BUF_INIT(0);
	char **v = skill_folders(json_array(c->start, "skills"), c->root,
	    notes == NULL ? &unheard : notes), **hidden = NULL;
	size_t i, n = 0;

	if (skills_same(v, s->skills))
		skill_folders_free(v);
	else
		skills_folders_take(c, v);
	for (i = 0; s->skills != NULL && s->skills[i] != NULL; i++)
		skills_hide(s->skill_policies[i], s->skills[i], &hidden, &n);
	skill_folders_free(s->skills_hidden);
	s->skills_hidden = hidden;
}

void
skills_folders_free(struct core *c)
{
	struct core_sandbox *s = &c->sandbox;
	size_t i;

	for (i = 0; s->skills != NULL && s->skills[i] != NULL; i++)
		policy_free(s->skill_policies[i]);
	FREE_NULL(s->skill_policies);
	skill_folders_free(s->skills);
	skill_folders_free(s->skills_hidden);
	s->skills = s->skills_hidden = NULL;
}

/* ---- what the model gets ---- */

/* Without what looks like a key. */
static void
skills_mask(cJSON *skill, const struct mask_list *secrets)
{
	const char *text = json_str(skill, "description");
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (text == NULL)
		return;
	mask_secrets(&b, text, strlen(text), secrets);
	if (strcmp(buf_str(&b), text) != 0)
		json_set_take(skill, "description",
		    cJSON_CreateString(buf_str(&b)));
}

cJSON *
skills_read(struct core *c)
{
	cJSON *list = skill_list((const char *const *)c->sandbox.skills,
	    c->stage->root_fd, sha256_hex), *it, *next;
	struct mask_list secrets = { 0 };

	model_secrets(c, &secrets);
	for (it = list->child; it != NULL; it = next) {
		next = it->next;
		if (json_is(it, "by", "project") && policy_hides(c->policy,
		    json_str_or(it, "path", "")))
			cJSON_Delete(cJSON_DetachItemViaPointer(list, it));
		else
			skills_mask(it, &secrets);
	}
	mask_list_release(&secrets);
	if (list->child == NULL)
		json_drop(&list);
	return list;
}

/* ---- what the user is told ---- */

static void
skills_note_by(struct core *c, const cJSON *list, const char *by,
    const char *from)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;
	size_t n = 0;

	cJSON_ArrayForEach(it, list)
		if (json_is(it, "by", by) && json_str(it, "why") == NULL &&
		    ++n <= SKILLS_NAMED)
			buf_addf(&b, "%s%s", n == 1 ? "" : ", ",
			    json_str_or(it, "name", "?"));
	if (n > SKILLS_NAMED)
		buf_addf(&b, " and %zu more", n - SKILLS_NAMED);
	if (n > 0)
		emit_note(c, "Skills offered to the model, from %s: %s", from,
		    buf_str(&b));
}

void
skills_note(struct core *c, const cJSON *list)
{
	const cJSON *it;
	size_t not = 0, cut = 0;

	skills_note_by(c, list, "user", "you");
	skills_note_by(c, list, "project", "the project (others wrote them)");
	cJSON_ArrayForEach(it, list) {
		not += json_str(it, "why") != NULL;
		cut += json_int(it, "left_out", 0) > 0 &&
		    json_str(it, "why") == NULL;
	}
	if (not + cut > 0)
		emit_note(c, "Skills that aren't offered: %zu; with their "
		    "description cut: %zu (assent skills says why)", not, cut);
}
