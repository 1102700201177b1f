#include "config.h"

#include "core/diagnose/packages.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/glob.h"
#include "base/mem.h"
#include "journal/event.h"

static void read_keys(struct package_text *, const char *, const char *);
static void read_lines(struct package_text *, const char *, const char *);
static void read_commands(struct package_text *, const char *, const char *);

static const struct registry
	npm = { .name = "npm", .address = "", .quoted = true },
	pypi = { .name = "pypi", .folds = true },
	crates = { .name = "crates" },
	go = { .name = "go", .has = "/", .folders = true, .address = "=> " },
	maven = { .name = "maven", .has = ":." },
	gems = { .name = "gems", .address = "github: " },
	packagist = { .name = "packagist", .has = "/", .folders = true },
	actions = { .name = "actions", .words = "action ", .has = "/",
		.folders = true },
	images = { .name = "images", .words = "image ", .folders = true },
	permissions = { .name = "permissions", .words = "permission ",
		.value = "write" };

#define WORKFLOWS	".github/workflows/*.yml .github/workflows/*.yaml"
#define CONTAINERS	"Dockerfile* *.dockerfile Containerfile*"
#define COMMANDS	WORKFLOWS " " CONTAINERS " .gitlab-ci.yml *.sh *.bash " \
			"action.yml action.yaml Makefile GNUmakefile *.mk"

#define MANIFEST	PACKAGE_OF_MANIFEST
#define LOCK		PACKAGE_OF_LOCK
#define SUMS		PACKAGE_OF_SUMS

/*
 * How a file's packages are found. With read_keys (JSON, TOML, YAML and the like,
 * Python's arguments) a form is the end of the path of keys to one, or with '/'
 * before it, the whole path; in XML, the element that has its members. N is its
 * name, '*' any key; without N it is the value, or a member of package_fields.
 * What is in a list is its own key. With '!' it is a script that runs at an
 * installation. The first form that fits counts.
 *
 * With read_lines a line begins with one, after one of these words if there are
 * any; of Maven and gems it is the first string after one. The word's end is
 * enough. With read_commands each word after one of these and `install`, `add`,
 * `get` or `i` is one.
 */
static const struct package_file package_files[] = {
	{ "package.json", &npm, read_keys, MANIFEST,
	  "dependencies/N devDependencies/N optionalDependencies/N "
	  "peerDependencies/N overrides/N resolutions/N "
	  "/scripts/preinstall! /scripts/install! /scripts/postinstall! "
	  "/scripts/prepare!" },
	{ "package-lock.json npm-shrinkwrap.json", &npm, read_keys, LOCK,
	  "/packages/N /dependencies/N /dependencies/*/dependencies/N" },
	{ "yarn.lock", &npm, read_keys, LOCK, "/N" },
	{ "pnpm-lock.yaml", &npm, read_keys, LOCK, "/packages/N" },

	{ "requirements*.txt requirements*.in **/requirements/*.txt "
	  "constraints*.txt", &pypi, read_lines, MANIFEST, "" },
	{ "pyproject.toml", &pypi, read_keys, MANIFEST,
	  "dependencies/N dev-dependencies/N optional-dependencies/*/N "
	  "/dependency-groups/*/N /build-system/requires/N "
	  "/tool/uv/sources/N" },
	{ "setup.py setup.cfg", &pypi, read_keys, MANIFEST,
	  "install_requires/N extras_require/*/N setup_requires/N "
	  "tests_require/N" },
	{ "Pipfile", &pypi, read_keys, MANIFEST, "/packages/N /dev-packages/N" },
	{ "Pipfile.lock", &pypi, read_keys, LOCK, "/default/N /develop/N" },
	{ "poetry.lock uv.lock pdm.lock", &pypi, read_keys, LOCK,
	  "/package" },

	{ "Cargo.toml", &crates, read_keys, MANIFEST,
	  "dependencies/N dev-dependencies/N build-dependencies/N "
	  "/patch/*/N" },
	{ "Cargo.lock", &crates, read_keys, LOCK, "/package" },

	{ "go.mod", &go, read_lines, MANIFEST, "require replace" },
	{ "go.sum", &go, read_lines, SUMS, "" },

	{ "pom.xml", &maven, read_keys, MANIFEST,
	  "dependency plugin extension parent" },
	{ "build.gradle settings.gradle build.gradle.kts "
	  "settings.gradle.kts", &maven, read_lines, MANIFEST,
	  "mplementation Only api Api classpath rocessor kapt ksp compile id" },
	{ "libs.versions.toml", &maven, read_keys, MANIFEST,
	  "/libraries/* /plugins/*" },
	{ "gradle.lockfile", &maven, read_lines, LOCK, "" },

	{ "Gemfile gems.rb *.gemspec", &gems, read_lines, MANIFEST,
	  "gem source .add_dependency .add_runtime_dependency "
	  ".add_development_dependency" },
	{ "Gemfile.lock gems.locked", &gems, read_lines, LOCK, "" },

	{ "composer.json", &packagist, read_keys, MANIFEST,
	  "/require/N /require-dev/N" },
	{ "composer.lock", &packagist, read_keys, LOCK,
	  "/packages/* /packages-dev/*" },

	{ WORKFLOWS " action.yml action.yaml", &actions, read_keys, MANIFEST,
	  "uses" },
	{ WORKFLOWS, &permissions, read_keys, MANIFEST, "permissions/N" },
	{ WORKFLOWS " .gitlab-ci.yml docker-compose*.yml docker-compose*.yaml "
	  "compose.yml compose.yaml", &images, read_keys, MANIFEST,
	  "image container image/name" },
	{ CONTAINERS, &images, read_lines, MANIFEST, "FROM" },
	{ COMMANDS, &pypi, read_commands, MANIFEST, "pip pip3 uv poetry pdm" },
	{ COMMANDS, &npm, read_commands, MANIFEST, "npm pnpm yarn bun" },
	{ COMMANDS, &gems, read_commands, MANIFEST, "gem" },
	{ COMMANDS, &crates, read_commands, MANIFEST, "cargo" },
	{ COMMANDS, &go, read_commands, MANIFEST, "go" },
};

/* What the members of a package say. */
static const struct {
	const char	*key;
	size_t		 at;
} package_fields[] = {
	{ "artifactId", offsetof(struct package, named) },
	{ "git", offsetof(struct package, source) },
	{ "group", offsetof(struct package, group) },
	{ "groupId", offsetof(struct package, group) },
	{ "hasInstallScript", offsetof(struct package, scripts) },
	{ "id", offsetof(struct package, named) },
	{ "module", offsetof(struct package, named) },
	{ "name", offsetof(struct package, named) },
	{ "package", offsetof(struct package, named) },
	{ "path", offsetof(struct package, source) },
	{ "requiresBuild", offsetof(struct package, scripts) },
	{ "resolved", offsetof(struct package, source) },
	{ "scope", offsetof(struct package, scope) },
	{ "source", offsetof(struct package, source) },
	{ "url", offsetof(struct package, source) },
	{ "version", offsetof(struct package, version) },
};

/* So do addresses in the project begin. */
static const char *const package_owns[] = {
	".", "/", "file:", "link:", "workspace:", "portal:", "catalog:",
};

#define PACKAGE_ENDS	" \t\r\"'()[]{},;=<>!~@:"	/* of a name */

/* Not these: they are test data, or other projects' files. */
static const char package_not[] = "fixtures/ __fixtures__/ testdata/ "
	"test-data/ test_data/ node_modules/ vendor/";

#define PACKAGE_DEPTH	24

struct package_text {
	const struct package_file *of;
	struct packages	*out;
	/* Of open keys; a bracket without a key is its own. */
	struct part	 path[PACKAGE_DEPTH + 1];
	ptrdiff_t	 indents[PACKAGE_DEPTH];	/* -1: it is closed by
							   a bracket */
	size_t		 depth;
	bool		 pins;		/* in what only sets versions */
};

/* ---- paths of keys ---- */

static bool
part_is(struct part a, const char *p, size_t n)
{
	return a.n == n && memcmp(a.p, p, n) == 0;
}

/* After these characters, or after all but these. */
static const char *
part_skip(const char *p, const char *end, const char *chars, bool but)
{
	while (p < end && (*p != '\0' && strchr(chars, *p) != NULL) != but)
		p++;
	return p;
}

/* Do the first n keys of the path end with this form? */
static bool
package_fits(const struct package_text *t, const char *form, size_t len,
    size_t n)
{
	const char *end = form + len, *p;

	for (; end > form + (*form == '/'); end = p > form ? p - 1 : p) {
		for (p = end; p > form && p[-1] != '/'; p--)
			;
		if (n-- == 0 || ((end - p != 1 || (*p != 'N' && *p != '*')) &&
		    !part_is(t->path[n], p, (size_t)(end - p))))
			return false;
	}
	/* A JSON text has a bracket around it. */
	return *form != '/' || n == 0 || (n == 1 && *t->path[0].p == '{');
}

static struct package *
package_add(struct package_text *t, struct part named, const char *owner)
{
	struct packages *all = t->out;

	GROW(all->v, all->v_len);
	all->v[all->v_len] = (struct package){ .named = named,
		.owner = owner, .pins = t->pins };
	return &all->v[all->v_len++];
}

/* A value of a package, or of its member `key`. */
static void
package_value(struct package_text *t, struct part of, const struct part *key,
    bool names, struct part value)
{
	struct packages *all = t->out;
	struct package *p = all->v_len > 0 ? &all->v[all->v_len - 1] : NULL;
	size_t i;

	/* npm's lock names the project, too. */
	if (names && of.n == 0)
		return;
	if (p == NULL || p->owner != of.p)
		p = package_add(t, (struct part){ of.p, names ? of.n : 0 },
		    of.p);
	if (key == NULL && value.p != of.p)
		*(!names ? &p->named : memchr(value.p, '/', value.n) != NULL ||
		    memchr(value.p, ':', value.n) != NULL ? &p->source :
		    &p->version) = value;
	for (i = 0; key != NULL && i < MEM_COUNT(package_fields); i++)
		if (part_is(*key, package_fields[i].key,
		    strlen(package_fields[i].key)))
			*(struct part *)((char *)p + package_fields[i].at) =
			    value;
}

/* A key, with a value or without one yet. */
static void
package_key(struct package_text *t, struct part key, struct part value)
{
	size_t n = t->depth + 1, len;
	const char *form;

	if (t->depth >= PACKAGE_DEPTH)
		return;
	t->path[t->depth] = key;
	MEM_EACH_WORD(form, len, t->of->forms) {
		bool names = form[len - 1] == 'N';

		if (form[len - 1] == '!' && package_fits(t, form, len - 1, n))
			package_add(t, (struct part){ key.p, 0 },
			    key.p)->scripts = value;
		else if (package_fits(t, form, len, n))
			package_value(t, key, NULL, names, value);
		else if (n > 1 && package_fits(t, form, len, n - 1))
			package_value(t, t->path[n - 2], &key, names, value);
		else
			continue;
		return;
	}
}

static void
package_open(struct package_text *t, struct part key, ptrdiff_t indent)
{
	package_key(t, key, (struct part){ key.p, 0 });
	if (t->depth < PACKAGE_DEPTH)
		t->indents[t->depth] = indent;
	t->depth++;
}

/* ---- texts ---- */

/* The string or word at *p, which goes on after it. */
static struct part
package_word(const char **p, const char *end, const char *ends)
{
	const char *from = *p, *q;
	char quote[] = { *from, *from, *from, '\n', '\0' };

	if (*from != '"' && *from != '\'') {
		*p = part_skip(from, end, ends, true);
		return (struct part){ from, (size_t)(*p - from) };
	}
	if (end - from > 3 && memcmp(from, quote, 3) == 0) {
		q = memmem(from + 3, (size_t)(end - from - 3), quote, 3);
		*p = q == NULL ? end : q + 3;
		return (struct part){ from, 0 };
	}
	q = part_skip(from + 1, end, quote, true);
	while (q < end && *q == *from && q[-1] == '\\')
		q = part_skip(q + 1, end, quote, true);
	*p = q + (q < end && *q == *from);
	return (struct part){ from + 1, (size_t)(q - from - 1) };
}

/* A table's name, such as [a.'b'.c], opens its keys. */
static const char *
read_header(struct package_text *t, const char *p, const char *end)
{
	const char *to = mem_line_end(p, end);

	t->depth = 0;
	while ((p = part_skip(p, to, "[. \t", false)) < to && *p != ']')
		package_open(t, package_word(&p, to, "]. \t"), -1);
	return to;
}

/* An element's name, and its text if it has one. */
static const char *
read_tag(struct package_text *t, const char *p, const char *end)
{
	const char *q = part_skip(p, end, "> \t\r\n", true);
	bool closes = p[1] == '/';
	struct part key = { p + 1 + closes, (size_t)(q - p) - 1 - closes };
	struct part value;

	if (mem_starts(p, end, "<!--")) {
		q = memmem(p, (size_t)(end - p), "-->", 3);
		return q == NULL ? end : q;
	}
	p = part_skip(part_skip(q, end, ">", true), end, "> \t\r\n", false);
	if (part_is(key, "dependencyManagement", 20))
		t->pins = !closes;
	if (closes && t->depth > 0 && part_is(t->path[0], key.p, key.n))
		t->depth = 0;
	if (p == end || closes)
		return p;
	value = package_word(&p, end, "< \t\r\n");
	if (value.n > 0)
		package_key(t, key, value);
	else {
		t->depth = 0;
		package_open(t, key, -1);
	}
	return p;
}

static void
read_keys(struct package_text *t, const char *p, const char *end)
{
	const char *line = p, *q;
	struct part key = { 0 }, word;
	ptrdiff_t indent = 0;
	size_t open = 0;

	while (p < end) {
		bool quoted = *p == '"' || *p == '\'';
		bool opens = *p == '{' || *p == '[';
		bool closes = open > 0 && (*p == '}' || *p == ']');

		if (*p == '#' || (*p == ';' && open == 0))
			p = mem_line_end(p, end);
		else if (opens && p == line && open == 0 && *p == '[')
			p = read_header(t, p, end);
		else if (*p == '<' && p + 1 < end && !isspace((unsigned char)
		    p[1]) && !isdigit((unsigned char)p[1]) && p[1] != '=')
			p = read_tag(t, p, end);
		else if (*p == '\n') {
			/* Its value is in the lines below. */
			if (open == 0 && key.n > 0)
				package_open(t, key, indent);
			key.n = open == 0 ? 0 : key.n;
			line = ++p;
			indent = part_skip(p, end, " \t", false) - p;
		} else if (strchr("{}[],", *p) != NULL) {
			if (opens)
				package_open(t, key.n > 0 ? key :
				    (struct part){ p, 1 }, -1);
			t->depth -= closes;
			open += opens;
			open -= closes;
			key.n = 0;
			p++;
		} else if (strchr(" \t\r:=;", *p) != NULL)
			p++;
		else {
			while (open == 0 && t->depth > 0 &&
			    t->depth <= PACKAGE_DEPTH &&
			    t->indents[t->depth - 1] >= indent)
				t->depth--;
			word = package_word(&p, end, key.n > 0 ?
			    " \t\r\n,{}[]\"'" : " \t\r\n,:={}[]#;\"'");
			q = part_skip(p, end, " \t", false);
			if (q < end && key.n == 0 && (*q == ':' || *q == '=' ||
			    (*q == '"' && !quoted))) {
				key = word;
				/* TOML: name.workspace = true */
				if (*q == '=' && q > p && !quoted)
					key.n = (size_t)(part_skip(key.p, p,
					    ".", true) - key.p);
				continue;
			}
			/* In a list a word is a variable. */
			if (key.n > 0 || open == 0 || quoted)
				package_key(t, key.n > 0 ? key : word, word);
			if (key.n > 0 && open == 0 && !quoted)
				p = mem_line_end(p, end);
			key.n = 0;
		}
	}
}

/* The length of the word at `p` if it ends like one of the forms, else 0. */
static size_t
package_lead(const char *forms, const char *p, const char *end)
{
	size_t len = (size_t)(part_skip(p, end, " \t(\"'", true) - p), n;

	MEM_EACH_WORD(forms, n, forms)
		if (len >= n && memcmp(p + len - n, forms, n) == 0)
			return len;
	return 0;
}

static void
read_lines(struct package_text *t, const char *p, const char *end)
{
	bool leads = *t->of->forms != '\0' && t->of->of != &go;
	bool calls = leads && t->of->of != &images;
	const char *to, *q;
	size_t n;

	for (; p < end; p = mem_line_after(p, end)) {
		to = mem_line_end(p, end);
		q = memmem(p, (size_t)(to - p), " #", 2);
		to = q == NULL ? to : q;
		p = part_skip(p, to, " \t", false);
		n = package_lead(t->of->forms, p, to);
		q = part_skip(p + n, to, calls ? "\"'" : " \t", calls);
		while (leads && mem_starts(q, to, "--"))
			q = part_skip(part_skip(q, to, " ", true), to, " ",
			    false);
		if (q < to && (!leads || n > 0))
			package_add(t, (struct part){ q + calls,
			    (size_t)(to - q) - calls }, q)->indirect =
			    memmem(q, (size_t)(to - q), "// indirect", 11) !=
			    NULL;
	}
}

/* The words of a command, which goes on after a newline that has '\' before. */
static const char *
read_command(struct package_text *t, const char *p, const char *end)
{
	const char *forms = t->of->forms;

	while ((p = part_skip(p, end, " \t", false)) < end &&
	    strchr(";&|)\r\n", *p) == NULL) {
		struct part word = package_word(&p, end, " \t\r\n;&|)");

		if (part_is(word, "\\", 1))
			p += p < end;
		else if (*word.p != '-' && memmem(word.p, word.n, ".txt", 4) ==
		    NULL && package_lead(forms, word.p, word.p + word.n) == 0)
			package_add(t, word, word.p);
	}
	return p;
}

static void
read_commands(struct package_text *t, const char *p, const char *end)
{
	static const char *const verbs[] = { "install", "add", "get", "i" };
	const char *to, *q;

	for (; p < end; p = mem_line_after(p, end)) {
		to = mem_line_end(p, end);
		p = part_skip(p, to, " \t@", false);
		while (p < to && *p != '#') {
			bool leads = package_lead(t->of->forms, p, to) > 0;
			AUTO_FREE char *verb = NULL;

			p = part_skip(part_skip(p, to, " \t", true), to, " \t",
			    false);
			q = part_skip(p, to, " \t", true);
			verb = xmemdup(p, (size_t)(q - p));
			if (leads && q < to && MEM_FIND(verbs, verb) != NULL)
				p = read_command(t, q, end);
		}
	}
}

/* ---- packages ---- */

/* A version, with what it may differ by; n 0: there is none. */
static struct part
package_version(struct part text)
{
	const char *end = text.p + text.n, *q;
	const char *p = part_skip(text.p, end, text.n > 0 && *text.p == '[' ?
	    "]" : "", text.n > 0 && *text.p == '[');

	p = part_skip(p, end, " \t\"',(@=:]", false);
	q = part_skip(p, end, "<>=~^! v", false);
	if (q == end || !isdigit((unsigned char)*q))
		return (struct part){ p, 0 };
	q = part_skip(q, end, " \t\r\n\"',;()[]{}#/=<>|\\", true);
	return (struct part){ p, (size_t)(q - p) };
}

/* An address in what follows a name; n 0: there is none. */
static struct part
package_address(const struct registry *of, const char *p, const char *end)
{
	const char *q = memmem(p, (size_t)(end - p), "://", 3);

	while (q > p && (isalnum((unsigned char)q[-1]) || q[-1] == '+'))
		q--;
	if (q == NULL && of->address != NULL && *of->address != '\0' &&
	    (q = memmem(p, (size_t)(end - p), of->address,
	    strlen(of->address))) != NULL)
		q += strlen(of->address);
	return q == NULL || q == end ? (struct part){ end, 0 } :
	    package_word(&q, end, " \t\"'),>;");
}

/* The name at `p`, of the kind that the registry has; n 0: it is none, such as
 * a folder. */
static struct part
package_name(const struct registry *of, const char *p, const char *end)
{
	const char *has = of->has == NULL ? "" : of->has, *q, *c;
	bool scope = p < end && *p == '@', found = *has == '\0';
	size_t slashes = 0;

	if (p == end || (!isalnum((unsigned char)*p) && !scope && *p != '\\' &&
	    (unsigned char)*p < 0x80))
		return (struct part){ p, 0 };
	q = part_skip(p + 1, end, PACKAGE_ENDS, true);
	if (q < end && *q == ':' && *has == ':')
		q = part_skip(q + 1, end, PACKAGE_ENDS, true);
	for (c = p; c < q; c++) {
		slashes += *c == '/';
		found = found || (*c != '\0' && strchr(has, *c) != NULL);
	}
	return (struct part){ p, found && (slashes == scope || of->folders) ?
	    (size_t)(q - p) : 0 };
}

/* Is it in the project itself? */
static bool
package_is_own(const struct package_file *m, const struct package *p)
{
	if (p->source.n == 0)
		return (packages_locked(m) && m->of == &crates) || memmem(
		    p->named.p, p->named.n, "@workspace:", 11) != NULL;
	return mem_begins(package_owns, MEM_COUNT(package_owns), p->source.p,
	    p->source.n) || ((packages_locked(m) || m->of->address == NULL) &&
	    memchr(p->source.p, ':', p->source.n) == NULL);
}

/* Does a line name it? Others of its kind of file have no version, or say which
 * ones would do. */
static bool
package_is_sure(const struct package_file *m, const struct package *p)
{
	if (m->read != read_lines || (!packages_locked(m) && m->of != &go &&
	    m->of != &images))
		return true;
	return p->version.n > 0 ? !packages_locked(m) ||
	    isalnum((unsigned char)*p->version.p) : m->of == &go ?
	    p->source.n > 0 : !packages_locked(m) && strchr(p->name, '/') != NULL;
}

/* Make the name of a package, and what is said after it. */
static void
package_end(const struct package_file *m, struct package *p)
{
	const char *from = p->named.p, *end = from + p->named.n, *q;
	struct part name, address;
	size_t i;

	while ((q = memmem(from, (size_t)(end - from), "node_modules/", 13)) !=
	    NULL)
		from = q + 13;
	from += from < end && *from == '/';
	name = package_name(m->of, from, end);
	address = package_address(m->of, from, end);
	if (p->named.n == 0)
		p->name = p->scripts.n > 0 ? xstrdup(INSTALL_SCRIPT) : NULL;
	else if (m->of->value != NULL && part_is(p->version, m->of->value,
	    strlen(m->of->value)))
		p->name = xasprintf("%.*s: %s", (int)p->named.n, from,
		    m->of->value);
	else if (p->group.n > 0)
		p->name = xasprintf("%.*s:%.*s", (int)p->group.n, p->group.p,
		    (int)p->named.n, from);
	else if (address.n > 0 && (address.p == from || *from == '-'))
		p->name = xstrdup("packages");
	else if (name.n > 0 && m->of->value == NULL)
		p->name = xmemdup(name.p, name.n);
	if (p->version.n == 0)
		p->version = (struct part){ from + name.n,
		    (size_t)(end - from) - name.n };
	p->version = package_version(p->version);
	if (p->source.n == 0)
		p->source = address;
	if (p->source.n > 0)
		p->source.n = (size_t)(part_skip(p->source.p, p->source.p +
		    p->source.n, " \t\r\n,", true) - p->source.p);
	p->own = p->name != NULL && package_is_own(m, p);
	if (p->name != NULL && ((p->pins && !part_is(p->scope, "import", 6)) ||
	    (!p->own && !package_is_sure(m, p))))
		FREE_NULL(p->name);
	for (i = 0; p->name != NULL && p->named.n > 0 && p->name[i] != '\0';
	    i++)
		/* A comma is ours. */
		p->name[i] = iscntrl((unsigned char)p->name[i]) ||
		    p->name[i] == ',' ? '?' : !m->of->folds ?
		    p->name[i] : strchr("_.", p->name[i]) != NULL ? '-' :
		    (char)tolower((unsigned char)p->name[i]);
}

/* ---- files ---- */

const struct package_file *
packages_of(const char *path, const struct package_file *after)
{
	AUTO(glob_list_free_at) struct glob_list *not = glob_list_new(true);
	size_t i = after == NULL ? 0 : (size_t)(after - package_files) + 1;

	glob_list_add_words(not, package_not);
	for (; i < MEM_COUNT(package_files) && !glob_list_covers(not, path);
	    i++) {
		AUTO(glob_list_free_at) struct glob_list *files =
		    glob_list_new(false);

		glob_list_add_words(files, package_files[i].files);
		if (glob_list_match(files, path, false) == GLOB_YES)
			return &package_files[i];
	}
	return NULL;
}

char *
package_target(const struct package_file *m, const struct package *p)
{
	bool calls = m->read == read_commands;
	const char *quote = m->of->quoted && !calls && !packages_locked(m) ?
	    "\"" : "";
	bool grouped = p->group.n > 0;
	struct buf b = BUF_INIT(0);
	size_t i;

	buf_addf(&b, "%s%.*s%s\t", quote, (int)(grouped ? p->named.n :
	    strlen(p->name)), grouped || m->of->folds ? p->named.p : p->name,
	    quote);
	for (i = 0; i < MEM_COUNT(package_files); i++)
		if (package_files[i].of == m->of && (calls ||
		    package_files[i].read != read_commands))
			buf_addf(&b, " %s", package_files[i].files);
	buf_addf(&b, "\t%.*s", grouped && *p->group.p != '$' ?
	    (int)p->group.n : 0, p->group.p);
	return buf_take(&b);
}

void
packages_read(const struct package_file *m, const struct buf *text,
    struct packages *out)
{
	struct package_text t = { .of = m, .out = out };

	m->read(&t, buf_str(text), buf_str(text) + text->len);
	MEM_EACH(out, v, p)
		package_end(m, p);
}

void
packages_release(struct packages *all)
{
	MEM_EACH(all, v, it)
		free(it->name);
	FREE_NULL(all->v);
	all->v_len = 0;
}
