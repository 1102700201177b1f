#include "config.h"

#include "core/project/project.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/stage/stages.h"
#include "gate/gate.h"
#include "policy/skill.h"

/* ---- the user's folders in the sandbox ---- */

static void
skills_hide_take(char ***v, size_t *n, char *path)
{
	GROW_BY(*v, *n, 2);
	(*v)[(*n)++] = path;
	(*v)[*n] = NULL;
}

/* Secret files in a folder, and its repositories, whose configuration may have
 * tokens. */
static void
skills_hide_folder(struct policy *p, const char *folder, char ***v, size_t *n)
{
	const char *const *secret = policy_secrets(p);
	size_t i;

	for (i = 0; secret[i] != NULL; i++)
		skills_hide_take(v, n, fs_join(folder, secret[i]));
	for (i = 0; p->gits != NULL && p->gits[i] != NULL; i++)
		skills_hide_take(v, n, fs_join(folder, p->gits[i]));
	skills_hide_take(v, n, fs_join(folder, ".git"));
}

/* Find what is secret in them, for calls from now on. */
static void
skills_hide(struct core *c)
{
	struct core_sandbox *s = &c->sandbox;
	size_t i, n = 0;

	skill_folders_free(s->skills_hidden);
	s->skills_hidden = NULL;
	for (i = 0; s->skills != NULL && s->skills[i] != NULL; i++)
		skills_hide_folder(s->skill_policies[i], s->skills[i],
		    &s->skills_hidden, &n);
}

void
skills_folders(struct core *c)
{
	struct core_sandbox *s = &c->sandbox;
	AUTO_BUF struct buf notes = BUF_INIT(0);
	struct err e = ERR_INIT;
	size_t i, n = 0;

	s->skills = skill_folders(json_array(c->start, "skills"), c->root,
	    &notes);
	for (i = 0; s->skills != NULL && s->skills[i] != NULL; i++) {
		struct policy *p = stages_policy(c, s->skills[i], &e);

		/* The folder's secrets are unknown, so it is left out. */
		if (p == NULL) {
			free(s->skills[i]);
			continue;
		}
		GROW(s->skill_policies, n);
		s->skill_policies[n] = p;
		s->skills[n++] = s->skills[i];
	}
	if (s->skills != NULL)
		s->skills[n] = NULL;
	skills_hide(c);
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

/* Mask secrets in the skill. */
static void
skills_mask(const struct core *c, cJSON *skill)
{
	const char *text = json_str(skill, "description");
	AUTO_FREE char *masked = text == NULL ? NULL : core_masked(c, text);

	if (masked != NULL)
		json_set_take(skill, "description",
		    cJSON_CreateString(masked));
}

void
skills_read(struct core *c, cJSON *line)
{
	cJSON *list = skill_list((const char *const *)c->sandbox.skills,
	    c->stage->root_fd, sha256_hex), *it, *next;

	skills_hide(c);
	for (it = list->child; it != NULL; it = next) {
		next = it->next;
		if (json_is(it, "by", "project") && policy_hides(c->policy,
		    json_str_or(it, "path", "")))
			cJSON_Delete(cJSON_DetachItemViaPointer(list, it));
		else
			skills_mask(c, it);
	}
	if (list->child != NULL)
		json_set_take(line, "skills", list);
	else
		cJSON_Delete(list);
}

/* ---- what the user is told ---- */

void
skills_note(struct core *c, const struct ev_skill *list, size_t n)
{
	size_t yours = 0, theirs = 0, cut = 0;
	const struct ev_skill *it;

	for (it = list; it < list + n; it++) {
		yours += it->why == NULL && ev_is(it->by, "user");
		theirs += it->why == NULL && ev_is(it->by, "project");
		cut += it->why != NULL || it->left_out > 0;
	}
	emit_note(c, "Skills offered to the model: %zu of yours, %zu of the "
	    "project, which others wrote; left out or cut: %zu (assent "
	    "config skills lists them)", yours, theirs, cut);
}
