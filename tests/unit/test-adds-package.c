/* Which packages a change's manifests and locks newly name, and what its
 * workflows newly may do: in each format its forms, and changes that nothing is
 * said of. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/diagnose/adds.h"
#include "core/diagnose/language.h"
#include "tests/unit/changed.h"
#include "tests/unit/unit.h"

#define FILES 2

struct change {
	struct {
		const char *path, *old, *new;
	} v[FILES];
	const char *want;
};

/* "3 leftpad 1.0; lock 5 leftpad 1.0" */
static char *
found(const struct change *t)
{
	struct changed changed[FILES];
	struct change_text files[FILES];
	struct adds_founds out;
	struct buf b = BUF_INIT(0);
	size_t n, i;

	for (n = 0; n < FILES && t->v[n].path != NULL; n++)
		files[n] = changed_make(&changed[n], t->v[n].path, t->v[n].old,
		    t->v[n].new, false);
	adds_find(files, n, &out);
	MEM_EACH(&out, v, it)
		buf_addf(&b, "%s%s%d %s", b.len > 0 ? "; " : "", it->file > 0 ?
		    "lock " : "", it->line, it->what);
	adds_founds_release(&out);
	for (i = 0; i < n; i++)
		changed_release(&changed[i]);
	return buf_take(&b);
}

static void
check(const struct change *t, size_t n)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *got = found(&t[i]);

		if (strcmp(got, t[i].want) == 0)
			continue;
		wrong++;
		print_error("%zu, %s:\n%s---\n%sgot \"%s\", not \"%s\"\n", i,
		    t[i].v[0].path, t[i].v[0].old == NULL ? "" : t[i].v[0].old,
		    t[i].v[0].new, got, t[i].want);
	}
	assert_int_equal(wrong, 0);
}

#define JSON(deps) "{\n  \"name\": \"app\",\n  \"dependencies\": {\n" deps \
	"  }\n}\n"
#define LOCK3(more) "{\n  \"name\": \"app\",\n  \"lockfileVersion\": 3,\n" \
	"  \"packages\": {\n    \"\": {\n      \"name\": \"app\",\n" \
	"      \"dependencies\": {\n        \"a\": \"^1.0.0\"\n      }\n" \
	"    },\n    \"node_modules/a\": {\n      \"version\": \"1.0.0\",\n" \
	"      \"resolved\": \"https://r.npm.org/a/-/a-1.0.0.tgz\"\n    }" \
	more "\n  }\n}\n"
#define ENTRY(name, version, host, more) ",\n    \"node_modules/" name \
	"\": {\n      \"version\": \"" version "\",\n      \"resolved\": " \
	"\"https://" host "/" name "/-/" name "-" version ".tgz\"" more \
	"\n    }"
#define A "    \"a\": \"^1.0.0\"\n"
#define SCRIPT ",\n      \"hasInstallScript\": true"

TEST(test_npm)
{
	static const struct change t[] = {
		{ { { "package.json", JSON(A),
		      JSON("    \"a\": \"^1.0.0\",\n"
		      "    \"leftpad2\": \"^1.0.1\"\n") } },
		  "5 leftpad2 ^1.0.1" },
		{ { { "package.json", JSON(A),
		      JSON("    \"a\": \"^1.0.0\",\n"
		      "    \"leftpad2\": \"^1.0.1\"\n") },
		    { "package-lock.json", LOCK3(""),
		      LOCK3(ENTRY("leftpad2", "1.0.1", "r.npm.org", "")) } },
		  "5 leftpad2 ^1.0.1, not in your lock file before" },
		/* Only the lock: one, many, one with scripts, one from
		 * elsewhere. */
		{ { { "package-lock.json", LOCK3(""),
		      LOCK3(ENTRY("leftpad2", "1.0.1", "r.npm.org", "")) } },
		  "15 leftpad2 1.0.1, not in your lock file before" },
		{ { { "package-lock.json", LOCK3(""),
		      LOCK3(ENTRY("b", "1.0.1", "r.npm.org", "")
		      ENTRY("c", "1.0.2", "r.npm.org", SCRIPT)
		      ENTRY("a/node_modules/@x/d", "1.0.1", "r.npm.org", "")
		      ENTRY("e", "1.0.1", "h.evil.org", "")) } },
		  "15 2 packages, not in your lock file before: b 1.0.1, @x/d "
		  "1.0.1; "
		  "19 c 1.0.2, not in your lock file before, with install "
		  "scripts; 28 e from https://h.evil.org/e/-/e-1.0.1.tgz, not "
		  "in your lock file before" },
		/* A known one gets scripts, or another host. */
		{ { { "package-lock.json", LOCK3(""), "{\"packages\": {\n"
		      "\"node_modules/a\": {\"version\": \"1.0.1\",\n"
		      "\"hasInstallScript\": true}}}\n" } },
		  "2 a 1.0.1, with install scripts" },
		{ { { "package-lock.json", LOCK3(""), "{\"packages\": {\n"
		      "\"node_modules/a\": {\"version\": \"1.0.1\",\n"
		      "\"resolved\": \"https://h.org/a.tgz\"}}}\n" } },
		  "2 a from https://h.org/a.tgz" },
		/* All in one line, and the first version of locks. */
		{ { { "package.json", "{\"dependencies\":{\"a\":\"1\"}}",
		      "{\"dependencies\":{\"a\":\"2\",\"b\":\"1\"}}" } },
		  "1 b 1" },
		{ { { "package-lock.json", "{\n \"dependencies\": {\n"
		      "  \"a\": {\n   \"version\": \"1.0.0\"\n  }\n }\n}\n",
		      "{\n \"dependencies\": {\n  \"a\": {\n   \"version\": "
		      "\"1.0.0\",\n   \"dependencies\": {\n    \"b\": {\n"
		      "     \"version\": \"2.0.0\"\n    }\n   }\n  }\n }\n}\n" } },
		  "6 b 2.0.0, not in your lock file before" },
		/* Another source. */
		{ { { "package.json", JSON(A),
		      JSON("    \"a\": \"git+https://h.org/u/a#v1\"\n") } },
		  "4 host h.org; 4 a from git+https://h.org/u/a#v1" },
		{ { { "package.json", JSON(A), JSON("    \"a\": \"u/a\"\n") } },
		  "4 a from u/a" },
		{ { { "package.json", JSON(A),
		      JSON("    \"a\": \"npm:evil@1.0.0\"\n") } },
		  "4 a from npm:evil@1.0.0" },
		{ { { "package.json",
		      JSON("    \"a\": \"git+https://h.org/u/a#v1\"\n"),
		      JSON("    \"a\": \"git+https://h.org/u/a#v2\"\n") } },
		  "" },
		/* Spelled otherwise. */
		{ { { "package.json", JSON(A),
		      JSON("    \"\\u0061\": \"^1.0.0\"\n") } },
		  "4 \\u0061 ^1.0.0" },
		/* What runs at an installation. */
		{ { { "package.json", "{\n \"scripts\": {\n  \"test\": \"x\"\n"
		      " }\n}\n", "{\n \"scripts\": {\n  \"test\": \"x\",\n"
		      "  \"package\": \"y\",\n  \"postinstall\": \"z\"\n }\n}\n"
		      } }, "5 an install script" },
		{ { { "yarn.lock", "a@^1.0.0:\n  version \"1.0.0\"\n"
		      "  resolved \"https://r.org/a/-/a-1.0.0.tgz#0\"\n",
		      "a@^1.0.0:\n  version \"1.0.0\"\n  resolved "
		      "\"https://r.org/a/-/a-1.0.0.tgz#0\"\n"
		      "\n\"@x/b.c@^1\", \"@x/b.c@^1.1\":\n  version \"1.1.1\"\n"
		      "  resolved \"https://r.org/@x/b.c/-/b.c-1.1.1.tgz#0\"\n"
		      "  dependencies:\n    d.e \"^2.0.0\"\n"
		      "\nd.e@^2.0.0:\n  version \"2.0.1\"\n" } },
		  "5 2 packages, not in your lock file before: @x/b.c ^1, d.e "
		  "2.0.1" },
		{ { { "yarn.lock", "\"a@npm:^1.0.0\":\n  version: 1.0.0\n"
		      "  resolution: \"a@npm:1.0.0\"\n"
		      "\n\"app@workspace:.\":\n  version: 0.0.0\n",
		      "\"a@npm:^1.0.0\":\n  version: 1.0.1\n  resolution: "
		      "\"a@npm:1.0.1\"\n\n\"b@npm:^2, b@npm:^2.1\":\n"
		      "  version: 2.1.0\n  resolution: \"b@npm:2.1.0\"\n"
		      "\n\"c@workspace:packages/c\":\n  version: 0.0.0\n" } },
		  "5 b 2.1.0, not in your lock file before" },
		{ { { "pnpm-lock.yaml", "lockfileVersion: '9.0'\n\npackages:\n"
		      "\n  a@1.0.0:\n    resolution: {integrity: sha512-x==}\n"
		      "\nsnapshots:\n\n  a@1.0.0: {}\n",
		      "lockfileVersion: '9.0'\n\npackages:\n"
		      "\n  a@1.0.1:\n    resolution: {integrity: sha512-x==}\n"
		      "    deprecated: this package is old\n"
		      "\n  '@x/b.c@1.1.0':\n"
		      "    resolution: {integrity: sha512-y==}\n"
		      "    engines: {node: '>=4'}\n    requiresBuild: true\n"
		      "\nsnapshots:\n\n  a@1.0.1: {}\n\n  '@x/b.c@1.1.0':\n"
		      "    dependencies:\n      a: 1.0.1\n" } },
		  "9 @x/b.c 1.1.0, not in your lock file before, with install "
		  "scripts" },
		/* Not JSON. */
		{ { { "package.json", JSON(A), "{\"dependencies\": {; < ]\n"
		      "\"b\": \"1\"" } }, "" },
		/* A bump, another order, another group, a comment. */
		{ { { "package.json", JSON("    \"b\": \"1\",\n" A),
		      JSON("    \"a\": \"^2.0.0\"\n  },\n"
		      "  \"devDependencies\": {\n    \"b\": \"1\"\n") } }, "" },
		{ { { "package-lock.json", LOCK3(""),
		      "{\"packages\": {\"\": {\"name\": \"app\"},\n"
		      "\"packages/x\": {\n"
		      "\"version\": \"1.0.0\"}, \"node_modules/x\": {\n"
		      "\"resolved\": \"packages/x\", \"link\": true}}}\n" } },
		  "" },
		{ { { "test/fixtures/package.json", JSON(A), JSON("\"b\": \"1\"")
		    } }, "" },
	};

	check(t, MEM_COUNT(t));
}

#define PROJECT(deps) "[project]\nname = \"app\"\ndependencies = [\n" deps \
	"]\n"

TEST(test_pypi)
{
	static const struct change t[] = {
		{ { { "requirements.txt", "requests==2.0\n",
		      "# see https://h.org\nrequests==2.1  # https://h.org/x\n"
		      "-r other.txt\nreqeusts[socks] >= 2.0 ; python_version"
		      " < \"3.8\"\nflask_x==1.0 \\\n    --hash=sha256:0\n" } },
		  "4 reqeusts >= 2.0; 5 flask-x 1.0" },
		{ { { "requirements/dev.txt", "a==2.0\n",
		      "--extra-index-url https://h.org/simple\n"
		      "a @ git+https://h.org/u/a@v1\n"
		      "git+https://h.org/u/b#egg=b\n" } },
		  "1 packages from https://h.org/simple; "
		  "2 a from git+https://h.org/u/a@v1; "
		  "3 packages from git+https://h.org/u/b#egg=b" },
		{ { { "requirements.txt", "Flask_Login==2.0\n",
		      "flask-login==2.1\n" } }, "" },
		{ { { "pyproject.toml", PROJECT("  \"a>=1\",\n"),
		      PROJECT("  \"a>=1\", # b\n  \"b ~= 2.0\",\n") } },
		  "5 b ~= 2.0" },
		{ { { "pyproject.toml", PROJECT(""),
		      PROJECT("") "[dependency-groups]\n"
		      "dev = [\"c>=1\", {include-group = \"x\"}]\n"
		      "[tool.poetry.dependencies]\npython = \"^3.8\"\n"
		      "d = {version = \"^1\", extras = [\"x\"]}\n"
		      "[tool.poetry.group.dev.dependencies]\n"
		      "e = {git = \"https://h.org/e\"}\n"
		      "[tool.ruff]\nselect = [\"E\", \"F\"]\n" } },
		  "6 c >=1; 8 python ^3.8; 9 d ^1; 11 host h.org; "
		  "11 e from https://h.org/e" },
		{ { { "setup.py", "setup(\n    name='app',\n"
		      "    install_requires=['a'],\n)\n",
		      "\"\"\"[\n\"\"\"\nsetup(\n    name='app',\n"
		      "    install_requires=[\n        'a',\n        'b>=1',\n"
		      "    ],\n    extras_require={'x': ['c']},\n"
		      "    python_requires='>=3.8')\n" } },
		  "7 b >=1; 9 c" },
		{ { { "setup.cfg", "[options]\ninstall_requires =\n    a\n",
		      "[options]\ninstall_requires =\n    a; python_version > '3'"
		      "\n    b>=1\n    c[x] ~= 2\n[options.extras_require]\n"
		      "x =\n    d==1.0\n" } },
		  "4 b 1; 5 c; 8 d 1.0" },
		/* It is no package there, but not new. */
		{ { { "pyproject.toml", PROJECT(""),
		      PROJECT("  \"a-b>=1\",\n  \"c-d>=1\",\n") },
		    { "setup.py", "from a-b import x\n", "" } },
		  "5 c-d >=1" },
		{ { { "Pipfile", "[packages]\na = \"*\"\n",
		      "[packages]\na = \"*\"\nb = \"*\"\n" },
		    { "Pipfile.lock", "{\"default\": {\"a\": {\"version\": "
		      "\"==1.0\"}}}", "{\"default\": {\"a\": {\"version\": "
		      "\"==1.0\"},\n\"b\": {\"version\": \"==2.0\"},\n"
		      "\"c\": {\"version\": \"==3.0\"}}}" } },
		  "3 b, not in your lock file before; "
		  "lock 3 c 3.0, not in your lock file before" },
		{ { { "poetry.lock", "[[package]]\nname = \"a\"\n"
		      "version = \"1.0\"\n",
		      "[[package]]\nname = \"a\"\nversion = \"1.1\"\n\n"
		      "[package.dependencies]\nb = \"*\"\n\n"
		      "[[package]]\nname = \"b\"\nversion = \"2.0\"\n" } },
		  "9 b 2.0, not in your lock file before" },
		{ { { "uv.lock", "[[package]]\nname = \"a\"\n"
		      "version = \"1.0\"\n",
		      "[[package]]\nname = \"a\"\nversion = \"1.0\"\n"
		      "source = { registry = \"https://p.org/simple\" }\n"
		      "dependencies = [\n    { name = \"b\" },\n]\n"
		      "sdist = { url = \"https://h.org/a.tgz\", size = 1 }\n\n"
		      "[[package]]\nname = \"b\"\nversion = \"2.0\"\n" } },
		  "11 b 2.0, not in your lock file before" },
		/* Moved, from where it isn't read as a package; and a name that
		 * only looks like one of another kind of file. */
		{ { { "setup.cfg", "[options]\n",
		      "[options]\ninstall_requires =\n    pytz\n" },
		    { "setup.py", "needs = ['pytz>=1']\nsetup(x=needs)\n",
		      "setup()\n" } }, "" },
		{ { { "setup.cfg", "[options]\n",
		      "[options]\ninstall_requires =\n    request\n" },
		    { "a.py", "request = 1\n", "request = 2\n" } },
		  "3 request" },
	};

	check(t, MEM_COUNT(t));
}

TEST(test_crates)
{
	static const struct change t[] = {
		{ { { "Cargo.toml", "[dependencies]\na = \"1\"\n",
		      "[dependencies]\na = \"2\" # b\n"
		      "b = { version = \"1.2\", features = [\"x\"] }\n"
		      "c.workspace = true\n"
		      "d = { path = \"../d\" }\n"
		      "e = { package = \"evil\", version = \"1\" }\n"
		      "[target.'cfg(unix)'.dev-dependencies.f]\n"
		      "git = \"https://h.org/f\"\n"
		      "[features]\nx = [\"y\"]\n" } },
		  "3 b 1.2; 4 c; 6 evil 1; 7 f from https://h.org/f; "
		  "8 host h.org" },
		{ { { "Cargo.lock", "[[package]]\nname = \"app\"\n"
		      "version = \"0.1.0\"\n\n[[package]]\nname = \"a\"\n"
		      "version = \"1.0.0\"\nsource = \"registry+https://r.org\"\n",
		      "[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n"
		      "dependencies = [\n \"a\",\n]\n\n[[package]]\n"
		      "name = \"a\"\nversion = \"1.0.0\"\n"
		      "source = \"registry+https://r.org\"\n\n[[package]]\n"
		      "name = \"b\"\nversion = \"1.0.0\"\n"
		      "source = \"registry+https://r.org\"\n\n[[package]]\n"
		      "name = \"c\"\nversion = \"0.1.0\"\n" } },
		  "14 b 1.0.0, not in your lock file before" },
		/* Of the project: as its lock had it, as its own manifest. */
		{ { { "Cargo.toml", "[dependencies]\na = \"1\"\n",
		      "[dependencies]\na = \"1\"\n"
		      "b.workspace = true\nc.workspace = true\nd = \"1\"\n" },
		    { "Cargo.lock", "[[package]]\nname = \"b\"\n",
		      "[[package]]\nname = \"b\"\n[[package]]\n"
		      "name = \"d\"\n" } },
		  "4 c, not in your lock file before; "
		  "5 d 1, not in your lock file before" },
		{ { { "c/Cargo.toml", "[dependencies]\n",
		      "[dependencies]\nd.workspace = true\n" },
		    { "Cargo.toml", "[workspace.dependencies]\n",
		      "[workspace.dependencies]\n"
		      "d = { path = \"d\" }\n" } }, "" },
		{ { { "Cargo.lock", "[[package]]\nname = \"a\"\n"
		      "version = \"1.0.0\"\nsource = \"registry+https://r.org\"\n",
		      "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n"
		      "source = \"git+https://r.org/u/a#0\"\n" } },
		  "4 a from git+https://r.org/u/a#0" },
	};

	check(t, MEM_COUNT(t));
}

TEST(test_go)
{
	static const struct change t[] = {
		{ { { "go.mod", "module h.org/u/app\n\ngo 1.21\n\n"
		      "require h.org/u/a v1.0.0\n",
		      "module h.org/u/app\n\ngo 1.22.1\n\ntoolchain go1.22.1\n"
		      "\nrequire (\n\th.org/u/a v1.1.0\n\th.org/u/b v1.0.1\n"
		      "\th.org/u/c v1.0.0 // indirect\n"
		      "\th.org/u/d v1.0.0 // indirect\n)\n" },
		    { "go.sum", "h.org/u/a v1.0.0 h1:x=\n"
		      "h.org/u/a v1.0.0/go.mod h1:x=\n",
		      "h.org/u/a v1.1.0 h1:x=\n"
		      "h.org/u/b v1.0.1 h1:x=\nh.org/u/b v1.0.1/go.mod h1:x=\n"
		      "h.org/u/c v1.0.0 h1:x=\nh.org/u/e v1.0.0/go.mod h1:x=\n"
		    } },
		  "9 h.org/u/b v1.0.1, not in your lock file before; "
		  "10 2 packages, not in your lock file before: h.org/u/c "
		  "v1.0.0, h.org/u/d v1.0.0" },
		{ { { "go.mod", "module h.org/u/app\nrequire h.org/u/a v1.0.0\n",
		      "module h.org/u/app\nrequire h.org/u/a v1.0.0\n"
		      "replace h.org/u/a => h.org/evil/a v1.0.0\n"
		      "replace h.org/u/b => ../b\n" } },
		  "3 h.org/u/a from h.org/evil/a" },
	};

	check(t, MEM_COUNT(t));
}

#define POM(deps) "<?xml version=\"1.0\"?>\n<project>\n" \
	"  <groupId>org.me</groupId>\n  <artifactId>app</artifactId>\n" \
	"  <dependencies>\n" deps "  </dependencies>\n</project>\n"
#define DEP(group, name, more) "    <dependency>\n      <groupId>" group \
	"</groupId>\n      <artifactId>" name "</artifactId>\n" more \
	"      <version>1.0</version>\n    </dependency>\n"

TEST(test_maven)
{
	static const struct change t[] = {
		{ { { "pom.xml", POM(DEP("org.a", "a", "")),
		      POM(DEP("org.a", "a", "")
		      DEP("org.b", "b", "      <exclusions>\n"
		      "        <exclusion>\n          <groupId>org.c</groupId>\n"
		      "          <artifactId>c</artifactId>\n"
		      "        </exclusion>\n      </exclusions>\n")
		      "    <!--\n" DEP("org.d", "d", "") "    -->\n") } },
		  "13 org.b:b" },
		{ { { "pom.xml", POM(DEP("org.a", "a", "")),
		      POM(DEP("org.evil", "a", "")) } }, "7 org.evil:a 1.0" },
		/* The group had another name; a version is only set; a module
		 * of the project, and what isn't in a dependency. */
		{ { { "pom.xml", "<g>org.a</g>\n" POM(DEP("${g}", "a", "")),
		      POM(DEP("org.a", "a", "")) } }, "" },
		{ { { "pom.xml", POM(DEP("org.a", "a", "")),
		      "<dependencyManagement>\n" DEP("org.b", "b", "")
		      DEP("org.c", "c", "      <scope>import</scope>\n")
		      "</dependencyManagement>\n" } }, "9 org.c:c 1.0" },
		{ { { "b/pom.xml", NULL, "<project>\n  <parent>\n"
		      "    <groupId>org.me</groupId>\n    <artifactId>app"
		      "</artifactId>\n  </parent>\n  <artifactId>app-b"
		      "</artifactId>\n  <name>App: B</name>\n</project>\n" },
		    { "pom.xml", POM(DEP("org.a", "a", "")),
		      POM(DEP("org.a", "a", "")) } }, "" },
		{ { { "build.gradle", "dependencies {\n"
		      "    implementation 'org.a:a:1.0'\n}\n",
		      "plugins {\n    id 'org.p' version '1.0'\n}\n"
		      "dependencies {\n    implementation 'org.a:a:1.1'\n"
		      "    testImplementation(\"org.b:b:$v\")  // x\n"
		      "    api platform(\"org.c:c:2.0\")\n"
		      "    implementation project(':d')\n"
		      "    implementation libs.e\n}\n" } },
		  "2 org.p; 6 org.b:b; 7 org.c:c 2.0" },
		{ { { "gradle/libs.versions.toml", "[libraries]\n",
		      "[versions]\nx = \"1.0\"\n[libraries]\n"
		      "a = { module = \"org.a:a\", version.ref = \"x\" }\n"
		      "b = { version = \"1\", group = \"org.b\", name = \"b\" }\n"
		      "c = \"org.c:c:1.0\"\n[plugins]\n"
		      "d = { id = \"org.d\", version = \"2\" }\n" } },
		  "4 org.a:a; 5 org.b:b 1; 6 org.c:c 1.0; 8 org.d 2" },
		{ { { "gradle.lockfile", "org.a:a:1.0=compileClasspath\n",
		      "org.a:a:1.1=compileClasspath\n"
		      "org.b:b:1.0=compileClasspath\nempty=x\n" } },
		  "2 org.b:b 1.0, not in your lock file before" },
	};

	check(t, MEM_COUNT(t));
}

TEST(test_gems)
{
	static const struct change t[] = {
		{ { { "Gemfile", "source \"https://r.org\"\n\ngem \"a\"\n",
		      "source \"https://r.org\"\nsource 'https://h.org'\n"
		      "gem \"a\", \"~> 2.0\"\ngem 'b', '~> 1.0', require: "
		      "'b/x'\ngem \"c\", github: \"u/c\"\n" },
		    { "Gemfile.lock", "GEM\n  remote: https://r.org/\n  specs:\n"
		      "    a (1.0)\n\nDEPENDENCIES\n  a\n",
		      "GEM\n  remote: https://r.org/\n  specs:\n    a (2.0)\n"
		      "      e (>= 1)\n    b (1.0.1)\n    e (1.2)\n\n"
		      "PLATFORMS\n  x86_64-linux\n\nDEPENDENCIES\n  a (~> 2.0)\n"
		      "\nBUNDLED WITH\n   2.3.1\n" } },
		  "2 packages from https://h.org; 4 b ~> 1.0, not in your lock "
		  "file before; 5 c from u/c, not in your lock file before; "
		  "lock 7 e 1.2, not in your lock file before" },
		{ { { "x.gemspec", "s.add_dependency \"a\"\n",
		      "s.add_dependency(\"a\", \">= 1\")\n"
		      "s.add_development_dependency 'b', '>= 1', '< 3'\n"
		      "s.homepage = 'https://h.org'\n" } },
		  "2 b >= 1" },
	};

	check(t, MEM_COUNT(t));
}

TEST(test_packagist)
{
	static const struct change t[] = {
		{ { { "composer.json", "{\n  \"require\": {\n    \"php\": \">=8\""
		      "\n  }\n}\n", "{\n  \"require\": {\n    \"php\": \">=8\",\n"
		      "    \"ext-json\": \"*\",\n    \"u/a\": \"^1.0 || ^2.0\"\n"
		      "  }\n}\n" } },
		  "5 u/a ^1.0" },
		{ { { "composer.lock", "{\"packages\": [\n"
		      "{\"name\": \"u/a\", \"version\": \"v1.0\"}]}\n",
		      "{\"packages\": [\n{\"name\": \"u/a\", \"version\": "
		      "\"v1.1\", \"require\": {\"php\": \"8\"},\n"
		      "\"authors\": [{\"name\": \"x y\"}]},\n"
		      "{\"name\": \"u/b\", \"version\": \"v2.0\"}]}\n" } },
		  "4 u/b v2.0, not in your lock file before" },
	};

	check(t, MEM_COUNT(t));
}

TEST(test_workflows)
{
	static const struct change t[] = {
		{ { { ".github/workflows/ci.yml", "on: push\npermissions:\n"
		      "  contents: read\njobs:\n  a:\n    steps:\n"
		      "      - uses: u/a@v1\n",
		      "on: push\npermissions:\n  contents: write\n"
		      "  issues: none\njobs:\n  a:\n"
		      "    permissions: {packages: read, id-token: 'write'}\n"
		      "    container: node:20-slim\n    steps:\n"
		      "      - uses: u/a@v2\n      - uses: ./b\n"
		      "      - name: x  # uses: u/d@v1\n"
		      "        uses: u/c/d@0a1b\n      - run: |\n"
		      "          if [ $x ]; then echo contents: write; fi\n" } },
		  "3 permission contents: write; 7 permission id-token: write; "
		  "8 image node 20-slim; 13 action u/c/d 0a1b" },
		{ { { ".github/workflows/ci.yml", "on: push\njobs:\n",
		      "on:\n  pull_request_target:\njobs:\n  a:\n"
		      "    uses: u/a/.github/workflows/b.yml@v1\n"
		      "    secrets: inherit\n  b:\n    env:\n"
		      "      T: ${{ secrets.NPM_TOKEN }}\n" } },
		  "2 runs on pull_request_target; "
		  "5 action u/a/.github/workflows/b.yml v1; 6 all secrets; "
		  "9 reads NPM_TOKEN" },
		{ { { ".github/workflows/ci.yml", "on: push\npermissions: {}\n",
		      "on: push\npermissions: write-all\njobs:\n  a:\n"
		      "    runs-on: [self-hosted, linux]\n" } },
		  "2 permission write-all; 5 self-hosted runner" },
		{ { { "Dockerfile", "FROM --platform=$P golang:1.21 AS a\n"
		      "FROM debian:12\n", "FROM golang:1.22 AS build\n"
		      "RUN x\nFROM build\nFROM --platform=$P u/debian\n"
		      "FROM alpine:3.18\n" } },
		  "4 image u/debian; 5 image alpine 3.18" },
		{ { { "Dockerfile", "RUN pip install celery\n",
		      "RUN pip3 install --no-cache celery -r a.txt \\\n"
		      "    'redis>=5' .[x] && npm install -g u@1\n"
		      "# pip install x\nRUN apt-get install y\n" } },
		  "2 redis >=5; 2 u 1" },
		{ { { "Makefile", "", "all:\n\t@python -m pip install --upgrade "
		      "pip\n\tpip install --index-url https://h.org/s a-b\n" } },
		  "3 host h.org; 3 packages from https://h.org/s; 3 a-b" },
		/* Words that look like ours. */
		{ { { ".github/workflows/a.yml", "", "permissions:\n"
		      "  \"a, adds: b\": write\n" },
		    { "package-lock.json", "{\"packages\": {}}\n",
		      "{\"packages\": {\"node_modules/a-b\": {\n"
		      "\"version\": \"1\", \"resolved\": "
		      "\"https://h.org/ , not\"}}}\n" } },
		  "2 permission a? adds: b: write; lock 1 a-b from "
		  "https://h.org/, not in your lock file before" },
		{ { { "a.sh", "", "npm i -g u@1\nyarn add v\ngit add w\n"
		      "go install h.org/a/b@latest\n" } },
		  "1 u 1; 2 v; 4 h.org/a/b" },
	};

	check(t, MEM_COUNT(t));
}
