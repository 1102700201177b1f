/*
 * Proposal: what a person is asked about, as the JSON that the journal keeps
 * and every front end draws.  It only describes; it decides nothing, and it
 * shows what stands in the blob store, which is what the gate would write.
 */
#include "config.h"

#include "gate/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define PROPOSAL_IGNORED_SOME 20
#define PROPOSAL_HUNK_COST 128		/* of JSON around a hunk's text */
/* Of JSON around a file's name, whose bytes may each become six; and what all
 * files, and all refusals, may cost beside PROPOSAL_TEXT_MAX. */
#define PROPOSAL_FILE_COST 512
#define PROPOSAL_FILES_MAX ((size_t)10 << 20)
#define PROPOSAL_REFUSED_MAX ((size_t)1 << 20)
#define PROPOSAL_REASON_MAX 2000

/*
 * What a command reads to know what to run, by its name: changing one of these
 * changes the judge. "*" matches any beginning.
 */
static const struct proposal_judge {
	const char	*command;
	const char	*files;
} proposal_judges[] = {
	{ "ant", "build.xml" },
	{ "bazel", "BUILD BUILD.bazel WORKSPACE MODULE.bazel *.bzl .bazelrc" },
	{ "bundle", "Gemfile Rakefile .rspec" },
	{ "cargo", "Cargo.toml build.rs" },
	{ "cmake", "CMakeLists.txt *.cmake CMakePresets.json" },
	{ "composer", "composer.json phpunit.xml" },
	{ "ctest", "CMakeLists.txt *.cmake" },
	{ "deno", "deno.json deno.jsonc" },
	{ "dotnet", "*.csproj *.sln Directory.Build.props" },
	{ "go", "go.mod go.work" },
	{ "gradle", "build.gradle build.gradle.kts settings.gradle" },
	{ "gradlew", "build.gradle build.gradle.kts settings.gradle" },
	{ "just", "justfile Justfile .justfile" },
	{ "make", "Makefile makefile GNUmakefile Makefile.am Makefile.in *.mk" },
	{ "meson", "meson.build meson_options.txt" },
	{ "mix", "mix.exs" },
	{ "mvn", "pom.xml" },
	{ "ninja", "build.ninja meson.build CMakeLists.txt" },
	{ "node", "package.json" },
	{ "npm", "package.json .npmrc" },
	{ "npx", "package.json .npmrc" },
	{ "phpunit", "phpunit.xml phpunit.xml.dist" },
	{ "pnpm", "package.json .npmrc" },
	{ "pytest", "pyproject.toml setup.cfg tox.ini pytest.ini conftest.py" },
	{ "python", "pyproject.toml setup.cfg setup.py conftest.py" },
	{ "python3", "pyproject.toml setup.cfg setup.py conftest.py" },
	{ "rake", "Rakefile" },
	{ "rspec", ".rspec Rakefile" },
	{ "swift", "Package.swift" },
	{ "tox", "tox.ini setup.cfg pyproject.toml" },
	{ "yarn", "package.json .yarnrc .yarnrc.yml" },
	{ "zig", "build.zig" },
};

static const char *
proposal_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Is `name` (n bytes) one of the blank-separated patterns? */
static bool
proposal_name_in(const char *patterns, const char *name)
{
	size_t len = strlen(name);

	while (*patterns != '\0') {
		size_t n = strcspn(patterns, " ");

		if (*patterns == '*') {
			if (len >= n - 1 && strncmp(name + len - (n - 1),
			    patterns + 1, n - 1) == 0)
				return true;
		} else if (len == n && strncmp(patterns, name, n) == 0) {
			return true;
		}
		patterns += n;
		patterns += strspn(patterns, " ");
	}
	return false;
}

static bool
proposal_word_names(const char *word, const char *path)
{
	size_t n, len = strlen(path), i;

	for (i = 0; i < MEM_COUNT(proposal_judges); i++)
		if (strcmp(proposal_base(word),
		    proposal_judges[i].command) == 0 &&
		    proposal_name_in(proposal_judges[i].files,
		    proposal_base(path)))
			return true;
	while (strncmp(word, "./", 2) == 0 || strncmp(word, "../", 3) == 0)
		word = strchr(word, '/') + 1;
	n = strlen(word);
	return n > 0 && len >= n && strcmp(path + len - n, word) == 0 &&
	    (len == n || path[len - n - 1] == '/');
}

/* Does the command name this file, or read it to know what to do? */
static bool
proposal_judged_by(const char *command, const char *path)
{
	static const char blanks[] = " \t\r\n;|&()<>{}\"'`$=,";
	char *copy, *p, *save = NULL;
	bool yes = false;

	if (command == NULL)
		return false;
	copy = xstrdup(command);
	for (p = strtok_r(copy, blanks, &save); p != NULL && !yes;
	    p = strtok_r(NULL, blanks, &save))
		yes = proposal_word_names(p, path);
	free(copy);
	return yes;
}

static void
proposal_note(struct buf *note, const char *text)
{
	if (note->len > 0)
		buf_adds(note, "; ");
	buf_adds(note, text);
}

static void
proposal_add_side(cJSON *o, const char *key, const struct stage_side *s)
{
	cJSON *v;

	if (!s->exists) {
		json_add_null(o, key);
		return;
	}
	v = cJSON_CreateObject();
	json_add_str(v, "hash", s->hash);
	json_add_int(v, "mode", s->mode);
	json_add_int(v, "size", s->size);
	json_set_take(o, key, v);
}

static bool
proposal_is_link(const struct stage_side *s)
{
	return s->exists && (s->mode & 0170000) == 0120000;
}

static const char *
proposal_status(const struct stage_change *c)
{
	if (!c->before.exists)
		return "added";
	if (!c->after.exists)
		return "deleted";
	if (proposal_is_link(&c->before) != proposal_is_link(&c->after))
		return "type";
	if (strcmp(c->before.hash, c->after.hash) == 0)
		return "mode";
	return proposal_is_link(&c->after) ? "symlink" : "modified";
}

static cJSON *
proposal_hunk(const struct hunk *h, bool with_text)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "id", h->id);
	json_add_int(o, "old_start", with_text ? h->old_start : 0);
	json_add_int(o, "old_lines", with_text ? h->old_lines : 0);
	json_add_int(o, "new_start", with_text ? h->new_start : 0);
	json_add_int(o, "new_lines", with_text ? h->new_lines : 0);
	json_add_bytes(o, "text", with_text ? h->text : "",
	    with_text ? h->len : 0);
	return o;
}

/* The hunks; where their text does not fit any more, the change as a whole. */
static int
proposal_add_hunks(cJSON *o, const struct stage_change *c,
    struct blob_store *store, size_t *left, struct buf *note, struct err *e)
{
	struct hunk_side b = { c->before.exists, c->before.mode,
		c->before.hash, NULL };
	struct hunk_side a = { c->after.exists, c->after.mode,
		c->after.hash, NULL };
	struct hunk whole = { .kind = HUNK_WHOLE };
	struct hunk_list l;
	cJSON *v = cJSON_CreateArray();
	size_t need = 0, i;
	int rc;

	rc = gate_hunks(&l, store, c->path, &c->before, &c->after, NULL, e);
	for (i = 0; rc == 0 && i < l.len; i++)
		need += l.v[i].len + PROPOSAL_HUNK_COST;
	json_add_bool(o, "binary", l.binary || need > *left);
	if (rc == 0 && need > *left) {
		hunk_whole_id(whole.id, c->path, &b, &a);
		cJSON_AddItemToArray(v, proposal_hunk(&whole, false));
		proposal_note(note, "this proposal is too large to show "
		    "this file's lines: it can be taken or refused whole");
	} else if (rc == 0) {
		*left -= need;
		for (i = 0; i < l.len; i++)
			cJSON_AddItemToArray(v, proposal_hunk(&l.v[i], true));
	}
	hunk_list_release(&l);
	json_set_take(o, "hunks", v);
	return rc;
}

/* The rule that protects it, looked up with the link's target if it is one. */
static int
proposal_add_protected(cJSON *o, const struct stage_change *c,
    struct policy *policy, struct blob_store *store, struct err *e)
{
	struct buf target = BUF_INIT(0);
	int rc = 0;

	if (proposal_is_link(&c->after))
		rc = blob_get(store, c->after.hash, &target, e);
	if (rc == 0)
		json_add_str(o, "protected", policy_protected(policy, c->path,
		    &c->before, &c->after,
		    proposal_is_link(&c->after) ? buf_str(&target) : NULL));
	buf_release(&target);
	return rc;
}

static cJSON *
proposal_file(const struct stage_change *c, struct policy *policy,
    struct blob_store *store, const cJSON *reasons, const char *criterion,
    size_t *left, struct err *e)
{
	cJSON *o = cJSON_CreateObject();
	struct buf note = BUF_INIT(0);
	const char *reason;
	size_t n;

	json_add_path(o, "path", c->path);
	json_add_str(o, "status", proposal_status(c));
	proposal_add_side(o, "before", &c->before);
	proposal_add_side(o, "after", &c->after);
	if (c->moved_under) {
		json_add_bool(o, "moved", true);
		proposal_note(&note, "the file itself changed meanwhile: "
		    "compare before you decide");
	}
	if (proposal_add_protected(o, c, policy, store, e) < 0 ||
	    proposal_add_hunks(o, c, store, left, &note, e) < 0) {
		cJSON_Delete(o);
		buf_release(&note);
		return NULL;
	}
	if (policy_is_test(policy, c->path) ||
	    proposal_judged_by(criterion, c->path))
		json_add_bool(o, "judges", true);
	reason = json_str(reasons, c->path);
	if (reason != NULL && *left >= PROPOSAL_REASON_MAX) {
		n = utf8_cut(reason, strlen(reason), PROPOSAL_REASON_MAX);
		json_add_strn(o, "reason", reason, n);
		*left -= n;
	}
	if (note.len > 0)
		json_add_str(o, "note", note.p);
	buf_release(&note);
	return o;
}

/* Take this name's cost; false if it is too much. */
static bool
proposal_pay(size_t *left, const char *path)
{
	size_t cost = PROPOSAL_FILE_COST + 6 * strlen(path);

	if (cost > *left)
		return false;
	*left -= cost;
	return true;
}

static void
proposal_refuse(cJSON *v, const char *path, const char *why)
{
	cJSON *r = cJSON_CreateObject();

	json_add_path(r, "path", path);
	json_add_str(r, "why", why);
	cJSON_AddItemToArray(v, r);
}

/* What is refused, as far as it can be named; `later` changes that found no
 * room are said in one line. */
static cJSON *
proposal_refused(const struct stage_scan *scan, size_t later)
{
	cJSON *v = cJSON_CreateArray();
	size_t left = PROPOSAL_REFUSED_MAX, i;
	char *text;

	for (i = 0; i < scan->refused_len && proposal_pay(&left,
	    scan->refused[i].path); i++)
		proposal_refuse(v, scan->refused[i].path,
		    scan->refused[i].why);
	if (i < scan->refused_len) {
		text = xasprintf("%zu more that cannot be proposed",
		    scan->refused_len - i);
		proposal_refuse(v, ".", text);
		free(text);
	}
	if (later > 0) {
		text = xasprintf("%zu more changed files are too many for one "
		    "proposal: they come when these are decided", later);
		proposal_refuse(v, ".", text);
		free(text);
	}
	return v;
}

cJSON *
proposal_make(const struct stage_scan *scan, struct policy *policy,
    struct blob_store *store, const cJSON *reasons, const char *criterion,
    struct err *e)
{
	cJSON *o = cJSON_CreateObject(), *v = cJSON_CreateArray();
	size_t left = PROPOSAL_TEXT_MAX, room = PROPOSAL_FILES_MAX, i;

	for (i = 0; i < scan->changes_len && proposal_pay(&room,
	    scan->changes[i].path); i++) {
		cJSON *f = proposal_file(&scan->changes[i], policy, store,
		    reasons, criterion, &left, e);

		if (f == NULL) {
			cJSON_Delete(v);
			cJSON_Delete(o);
			return NULL;
		}
		cJSON_AddItemToArray(v, f);
	}
	json_set_take(o, "files", v);
	json_set_take(o, "refused", proposal_refused(scan,
	    scan->changes_len - i));
	json_add_int(o, "ignored", (int64_t)scan->ignored_len);
	v = cJSON_CreateArray();
	for (i = 0; i < scan->ignored_len && i < PROPOSAL_IGNORED_SOME; i++) {
		struct buf b = BUF_INIT(0);

		json_path_text(&b, scan->ignored[i]);
		cJSON_AddItemToArray(v, cJSON_CreateString(buf_str(&b)));
		buf_release(&b);
	}
	json_set_take(o, "ignored_some", v);
	return o;
}
