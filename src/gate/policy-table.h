/*
 * The tables of policy.c: patterns as in .gitignore, ignoring case, separated
 * by spaces. The first matching rule gives the reason. `assent doctor
 * --protected` prints them, assent-config(5) lists the rules.
 */
#ifndef ASSENT_GATE_POLICY_TABLE_H
#define ASSENT_GATE_POLICY_TABLE_H

struct policy_row {
	const char	*rule;
	const char	*why;		/* why you review it */
	const char	*globs;
};

/* Rules that aren't fixed patterns. */
enum policy_case {
	POLICY_SECRET, POLICY_OWN_GIT, POLICY_OWN_ASSENT, POLICY_OWN,
	POLICY_USER, POLICY_SHORT,
	POLICY_GIT_LINK, POLICY_OUT_LINK, POLICY_EXECUTABLE, POLICY_MOVE,
};

/* How many of the first rows below are about files that run the programs they
 * name. */
#define POLICY_RUN_ROWS 7

/* clang-format off */
static const struct policy_row policy_protected_rows[] = {
	{ "continuous integration",
	  "runs on a server that holds the project's keys",
	  ".github/ *gitlab-ci*.y*ml .gitlab/ci/ .circleci/ .travis.y*ml "
	  ".ci/ .buildkite/ .drone.* .woodpecker* .forgejo/ .gitea/ "
	  ".builds/ .build.y*ml *Jenkinsfile* .jenkins/ "
	  "azure-pipelines*.y*ml .azure-pipelines/ "
	  "bitbucket-pipelines.y*ml appveyor.y*ml .appveyor.y*ml .cirrus.* "
	  "cloudbuild*.y*ml cloudbuild*.json buildspec*.y*ml .semaphore/ "
	  "codemagic.y*ml .teamcity/ .tekton/ zuul.d/ .zuul.d/ zuul.y*ml "
	  ".zuul.y*ml wercker.y*ml codefresh.y*ml screwdriver.y*ml .prow.y*ml "
	  "bitrise.y*ml .sourcehut.y*ml .onedev-buildspec.y*ml .harness/ "
	  ".vela.y*ml .gocd.y*ml .cds/" },
	{ "hooks",
	  "is run by git, outside the sandbox, at the next commit or checkout",
	  ".husky/ *hooks/ .lefthook/ .lefthook-local/ lefthook*.y*ml "
	  "lefthook*.toml lefthook*.json .lefthook*.y*ml .lefthook*.toml "
	  ".lefthook*.json .pre-commit-config.y*ml .pre-commit-hooks.y*ml "
	  ".overcommit.y*ml .huskyrc* .lintstagedrc* lint-staged.config.* "
	  ".nano-staged.* captainhook.json .simple-git-hooks.* "
	  "simple-git-hooks.* .commitlintrc* commitlint.config.* .gitlint "
	  "hk.pkl prek.toml .rusty-hook.toml grumphp.y*ml cog.toml" },
	{ "shell environment",
	  "is run or read by your shell or debugger in this folder",
	  ".envrc .autoenv* .mise.toml mise.toml .mise/ mise/config*.toml "
	  "mise.*.toml .mise.*.toml .config/mise* .shadowenv.d/ .ondirrc "
	  ".smartcd/ devbox.json devenv.nix devenv.yaml flake.nix shell.nix "
	  ".rtx.toml .tool-versions .nvmrc .node-version .python-version "
	  ".perl-version .php-version .go-version .terraform-version "
	  ".ruby-version .ruby-gemset .java-version .sdkmanrc .rvmrc .bashrc "
	  ".bash_profile .profile .bash_login .bash_logout .bash_aliases "
	  ".zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .mkshrc .shrc "
	  ".login .logout .cshrc .tcshrc config.fish .config/fish/ .xonshrc "
	  ".inputrc .gdbinit .gdbearlyinit .lldbinit .lldbinit-* .tmux.conf "
	  ".tmuxinator.yml .tmuxp.yaml .tmuxp.yml .tmuxp.json .screenrc .ssh/" },
	{ "interpreter's start file",
	  "is run by an interpreter or linter when it starts here",
	  ".Rprofile .Renviron .ghci .ocamlinit .iex.exs .juliarc.jl "
	  ".perldb .ipython/ .jupyter/ .sbtopts .jvmopts pylintrc "
	  ".ycm_extra_conf.py sitecustomize.py usercustomize.py .flake8 "
	  "mypy.ini .mypy.ini .lintr .rubocop.yml .php-cs-fixer* "
	  "phpstan.neon* hie.yaml .erlang .rspec *-gdb.py .credo.exs "
	  ".formatter.exs .solargraph.yml .tern-project" },
	{ "editor's project files",
	  "is run by an editor that opens the project",
	  ".vscode/ .vscode-server/ .idea/ .run/ *.iml *.ipr *.iws .fleet/ "
	  ".zed/ .helix/ .kak/ .kakrc .nova/ .atom/ .devcontainer/ "
	  ".devcontainer.json devcontainer.json .devfile.yaml devfile.yaml "
	  ".bsp/ *.code-workspace *.sublime-project *.sublime-workspace "
	  "*.sublime-settings *.sublime-build .sublime/ .project .classpath "
	  ".cproject .pydevproject .settings/ nbproject/ .kateproject "
	  ".kateproject.* .kdev4/ *.kdev4 *.geany *.pro.user *.xcscheme "
	  ".vimrc _vimrc .vimrc.local .gvimrc .exrc _exrc .nvimrc .nvim.lua "
	  ".vim/ .nvim/ .lvimrc .lvim/ .lnvim.lua .local.vimrc "
	  ".vimspector.json .neoconf.json coc-settings.json .clangd .ccls "
	  ".dir-locals.el .dir-locals-2.el .projectile .emacs .emacs.el "
	  ".emacs.d/ .theia/ .vs/ .idx/ .replit replit.nix .gitpod.yml "
	  ".gitpod.Dockerfile .ruby-lsp/ omnisharp.json tasks.vs.json "
	  "CMakeSettings.json CMakeLists.txt.user" },
	{ "package manager settings",
	  "says where packages come from, or runs with the package manager",
	  ".npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .pnpmfile.js bunfig.toml "
	  ".bunfig.toml pip.conf .pip/ .pypirc .pydistutils.cfg uv.toml "
	  "poetry.toml pdm.toml .pdm.toml .condarc .cargo/ rust-toolchain "
	  "rust-toolchain.toml .bundle/ .gemrc .mvn/ gradle/wrapper/ "
	  "nuget.config .bazelrc .bazeliskrc tools/bazel .buckconfig* "
	  "pants.toml .luarocks/ cabal.config .terraformrc pnpm-workspace.yaml" },
	{ "agents' instructions",
	  "is followed by coding agents, including this one",
	  "AGENTS.md AGENTS.override.md AGENTS.local.md AGENT.md "
	  "CLAUDE.md CLAUDE.local.md "
	  "GEMINI.md QWEN.md GROK.md CODEX.md IFLOW.md KIMI.md CONVENTIONS.md "
	  "replit.md .claude.json .goose/ .grok/ .rovodev/ .zencoder/ "
	  ".tabnine* .codebuddy/ .lingma/ .warp/ .qwen/ .assent/ .agents/ .agent/ .claude/ .codex/ "
	  ".gemini/ .cursor/ .cursorrules .cursorignore .windsurf/ "
	  ".windsurfrules .clinerules .clinerules/ .cline/ .roo/ .roorules* "
	  ".roomodes .openhands/ .factory/ .jules/ .continue/ .aider* "
	  ".amazonq/ .kiro/ .junie/ .opencode/ .opencode.json* opencode.json* "
	  ".crush.json crush.json CRUSH.md WARP.md .trae/ .kilocode/ .augment/ "
	  "SKILL.md .goosehints .mcp.json mcp.json .rules "
	  "copilot-instructions.md *.instructions.md *.prompt.md" },
	{ "git configuration",
	  "says what git runs, ignores and trusts, or how files are encoded",
	  ".git* .lfsconfig .editorconfig" },
	{ "version control",
	  "configures another version control system, or is its data",
	  ".hg/ .hgrc .svn/ .bzr/ .jj/ _darcs/ .pijul/ "
	  ".fslckout _FOSSIL_ .fossil-settings/ .sl/ CVS/ .p4config" },
	{ "lockfile",
	  "selects third-party code that is fetched and run",
	  "*.lock *.lockb package-lock.json npm-shrinkwrap.json pnpm-lock.yaml "
	  "bun.lock go.sum Package.resolved packages.lock.json gradle.lockfile "
	  "conda-lock.yml .terraform.lock.hcl Cartfile.resolved *.bazel.lock "
	  "cabal.project.freeze project.assets.json deno.lock dune.lock/ "
	  "elm-stuff/ .yarn/ .pnp.cjs .pnp.js .pnp.loader.mjs" },
	{ "reviews and bots",
	  "says who must review a change, or what bots may merge",
	  "CODEOWNERS OWNERS OWNERS_ALIASES renovate.json renovate.json5 "
	  ".renovaterc* dependabot.yml dependabot.yaml .mergify.yml "
	  ".mergify/ .kodiak.toml" },
	{ "build",
	  "is run or read by language servers and task runners by themselves",
	  "build.rs build.zig build.zig.zon CMakePresets.json CMakeUserPresets.json "
	  "rust-analyzer.toml .rust-analyzer.toml deno.json deno.jsonc turbo.json turbo.jsonc nx.json lerna.json "
	  "rush.json" },
	{ "tool configuration",
	  "is run, or says what is run, by a tool that starts here",
	  ".*rc .*rc.* .direnv/ *.config.[jt]s *.config.[cm][jt]s" },
	{ "deployment",
	  "runs against your servers",
	  "skaffold.yaml skaffold.yml playbook*.yml playbook*.yaml playbooks/ "
	  "helmfile.yaml helmfile.yml helmfile.d/ Pulumi.yaml Pulumi.*.yaml "
	  "serverless.yml serverless.yaml fly.toml vercel.json netlify.toml "
	  "wrangler.toml wrangler.json wrangler.jsonc deploy.sh ansible.cfg "
	  ".ansible.cfg .ansible/ .ebextensions/ appspec.y*ml Capfile "
	  "config/deploy.y*ml config/deploy.rb render.y*ml heroku.y*ml "
	  "railway.json railway.toml amplify.y*ml firebase.json .chalice/ "
	  ".lagoon.y*ml .platform.app.y*ml .platform/ .upsun/" },
	{ "scripts",
	  "is run directly by people, with their permissions",
	  "/scripts/ install.sh install.ps1 uninstall.sh" },
	{ "authentication",
	  "decides who gets access",
	  "auth/ auth auth[-_.]* *[-_.]auth *[-_.]auth[-_.]* authn "
	  "authn[-_.]* *[-_.]authn *[-_.]authn[-_.]* authz authz[-_.]* "
	  "*[-_.]authz *[-_.]authz[-_.]* oauth oauth[-_.]* *[-_.]oauth "
	  "*[-_.]oauth[-_.]* oauth2 oauth2[-_.]* *[-_.]oauth2 "
	  "*[-_.]oauth2[-_.]* login login[-_.]* *[-_.]login "
	  "*[-_.]login[-_.]* signin signin[-_.]* *[-_.]signin "
	  "*[-_.]signin[-_.]* authenticat* *[-_.]authenticat* authoriz* "
	  "*[-_.]authoriz* authoris* *[-_.]authoris* AuthService* "
	  "AuthController* AuthProvider* AuthMiddleware* AuthHandler* "
	  "AuthManager* AuthGuard* AuthContext* AuthConfig* useAuth.* "
	  "LoginService* LoginController* LoginHandler*" },
	{ "payments",
	  "moves money",
	  "payment* *[-_.]payment* payout* *[-_.]payout* pay pay[-_.]* "
	  "*[-_.]pay *[-_.]pay[-_.]* billing billing[-_.]* *[-_.]billing "
	  "*[-_.]billing[-_.]* stripe stripe[-_.]* *[-_.]stripe "
	  "*[-_.]stripe[-_.]* paypal paypal[-_.]* *[-_.]paypal "
	  "*[-_.]paypal[-_.]* BillingService* BillingController*" },
};

static const struct policy_row policy_protected_cases[] = {
	[POLICY_SECRET] = { "secret",
	  "holds keys or tokens, by its name or its contents", NULL },
	[POLICY_OWN_GIT] = { "your git runs or reads this",
	  "is a hook, or your git's configuration names it", NULL },
	[POLICY_OWN_ASSENT] = { "assent runs or reads this",
	  "is your config.json, or is named there", NULL },
	[POLICY_OWN] = { "your own programs run or read this",
	  "is linked to from your home, or named by PATH, EDITOR and the like",
	  NULL },
	[POLICY_USER] = { "named by your settings or profile",
	  "matches protected, set by you, the project, a profile or the machine",
	  NULL },
	[POLICY_SHORT] = { "short name",
	  "may be another file on systems with short names (GITHUB~1)", NULL },
	[POLICY_GIT_LINK] = { "symbolic link to git's own files",
	  "would redirect writes into .git", NULL },
	[POLICY_OUT_LINK] = { "symbolic link out of the project",
	  "would redirect writes out of the project", NULL },
	[POLICY_EXECUTABLE] = { "executable bit",
	  "makes a file a program", NULL },
	[POLICY_MOVE] = { "half of a protected move",
	  "was moved to or from a protected path", NULL },
};

/* Files that hold keys and tokens. "!" excludes the samples that people
 * commit. */
static const char policy_secret_globs[] =
	".env* *.env !.env.example !.env.*.example !.env.sample "
	"!.env.*.sample !.env.template !.env.dist !.env.defaults "
	"!.env-example !.env-sample !example.env !sample.env "
	"*.pem *.key *.p8 *.p12 *.pfx *.pkcs12 *.jks *.jceks *.bcfks "
	"*.keystore *.keyring *.keypair *.keytab *.kirbi *.pvk *.ppk "
	"*.kdb *.kdbx *.psafe3 *.agilekeychain *.keychain *.keychain-db "
	"*.kwallet wallet.dat UTC--* *.agekey *.age *.bek *.fve "
	"*.ovpn *.tblk *.rdp *.publishsettings .secret *.secrets "
	"*.tfstate *.tfstate.* *.tfvars *.tfvars.json "
	"id_rsa id_rsa.* id_dsa id_dsa.* id_ecdsa id_ecdsa.* id_ecdsa_sk "
	"id_ed25519 id_ed25519.* id_ed25519_sk ssh_host_*_key "
	"deploy_key deploy_key.* deploy-key deploy-key.* *_deploy_key "
	"*-deploy-key !id_*.pub !*deploy[-_]key.pub "
	"secring.* private-keys-v1.d/ .gnupg/ .ssh/ "
	".netrc _netrc .pypirc .git-credentials .pgpass pgpass.conf .my.cnf "
	".mylogin.cnf .boto .s3cfg .smbcredentials .htpasswd htpasswd "
	"proftpdpasswd etc/shadow .dockercfg .dockerconfigjson "
	".docker/config.json **/.*/credentials .azure/accessTokens.json "
	".azure/msal_token_cache.* .config/gcloud/ .config/gh/hosts.yml "
	".config/hub doctl/config.yaml **/.*/token .databrickscfg .tugboat "
	".trc .muttrc .msmtprc .fetchmailrc .purple/accounts.xml "
	"otr.private_key .irssi/config .recon-ng/keys.db key3.db key4.db "
	".kube/config kubeconfig kubeconfig.* .vault-token .vault_pass* "
	".vault-password* service-account*.json auth.json "
	"service_account*.json serviceAccount*.json *firebase-adminsdk*.json "
	"rootkey.csv *accessKeys.csv .secrets .secrets.* secret_token.rb "
	"keystore.properties signing.properties rclone.conf kaggle.json "
	".dev.vars* wp-config.php LocalSettings.php "
	"appsettings.*.json !appsettings.example.json "
	"!appsettings.sample.json !appsettings.template.json "
	"local.settings.json hudson.util.Secret "
	"jenkins.plugins.publish_over_ssh.BapSshPublisherPlugin.xml "
	"sftp-config.json .vscode/sftp.json .ftpconfig .remote-sync.json "
	".idea/WebServers.xml .idea/dataSources.local.xml "
	"recentservers.xml filezilla.xml sitemanager.xml robomongo.json "
	"dbeaver-data-sources.xml .dbeaver-data-sources.xml ventrilo_srv.ini "
	".bash_history .zsh_history .sh_history .mysql_history .psql_history "
	".sqlite_history .rediscli_history .irb_history .python_history "
	".node_repl_history "
	"!*.example !*.sample !*.template !*.pem.example";

/* Secret only if they contain one of the words. */
static const struct {
	const char	*globs;
	const char	*words;		/* separated by spaces */
	const char	*beside;	/* and there is a file with this name in
					   the same folder; NULL: any */
} policy_token_rows[] = {
	{ ".npmrc .yarnrc", "_auth _password", NULL },
	{ ".yarnrc.yml", "npmauthtoken npmauthident", NULL },
	{ "gradle.properties", "password", NULL },
	{ "settings.xml", "<password> <passphrase>", NULL },
	{ "wg*.conf", "PrivateKey", NULL },
	{ ".sentryclirc sentry.properties", "token", NULL },
	{ "pip.conf .condarc .gemrc nuget.config .cargo/config "
	  ".cargo/config.toml .cargo/credentials*",
	  "URL token password api_key", NULL },
	/* A repository's, whose folder isn't called .git. */
	{ "config config.worktree", "URL api-key api_key apikey authorization "
	  "cookie extraheader password pwd secret smtppass token", "HEAD" },
};

static const char policy_test_globs[] =
	"test/ tests/ testing/ __tests__/ __mocks__/ spec/ specs/ testdata/ "
	"test-data/ test_data/ fixtures/ __snapshots__/ e2e/ cypress/ "
	"test.* tests.* *_test.* *_tests.* *-test.* *-tests.* test_*.* "
	"test-*.* *.test.* *.tests.* *.spec.* *_spec.* Test*.java *Test.java "
	"*Tests.java *TestCase.java *IT.java *Test.kt "
	"*Tests.cs *Test.cs *Test.php *Tests.swift *Spec.scala *Spec.hs "
	"*_test *.bats *.snap conftest.py pytest.ini .pytest.ini tox.ini "
	"noxfile.py jest.config.* vitest.config.* karma.conf.* .mocharc* .rspec "
	"phpunit.xml* check_*.c t/ expected/ expected.txt expected.out "
	"*.expected golden/ goldens/ *.golden *.approved.* *.verified.*";

/* Files that run later, and at what: the first matching row counts. */
static const struct {
	const char	*what;
	const char	*globs;
} policy_build_rows[] = {
	{ "make", "Makefile* makefile* GNUmakefile BSDmakefile *.mk *.mak" },
	{ "configure", "*.am *.ac *.m4 configure autogen.sh "
	  "bootstrap.sh" },
	{ "cmake", "CMakeLists.txt *.cmake" },
	{ "meson", "meson.build meson_options.txt meson.options" },
	{ "npm install", "package.json" },
	{ "pip install", "pyproject.toml setup.py setup.cfg "
	  "requirements*.txt Pipfile hatch_build.py versioneer.py" },
	{ "cargo build", "Cargo.toml" },
	{ "go build", "go.mod go.work" },
	{ "mvn", "pom.xml mvnw mvnw.cmd" },
	{ "gradle", "*.gradle *.gradle.kts gradle.properties gradlew "
	  "gradlew.bat buildSrc/ build-logic/" },
	{ "dotnet build", "*.csproj *.fsproj *.vbproj *.vcxproj *.csproj.user "
	  "*.fsproj.user *.vbproj.user *.vcxproj.user *.sln *.props *.targets "
	  "Directory.Build.* global.json dotnet-tools.json" },
	{ "rake", "Rakefile *.rake" },
	{ "bundle install", "Gemfile *.gemspec" },
	{ "composer install", "composer.json" },
	{ "docker build", "Dockerfile* *.dockerfile Containerfile* "
	  "docker-compose* compose.yml compose.yaml" },
	{ "terraform", "*.tf" },
	{ "each start of Python", "*.pth" },
	{ "each start in its folder", "user.clj startup.jl startup.m" },
	{ "a task", "justfile Justfile .justfile Taskfile* gulpfile.* "
	  "Gruntfile.* tasks.py noxfile.py fabfile.py magefile.go magefiles/ "
	  "Procfile Vagrantfile dodo.py manage.py bb.edn pavement.py Jakefile* "
	  "RoboFile.php dangerfile.[jt]s serverless.[jt]s *.conf.[jt]s "
	  "*.setup.[jt]s" },
	{ "a build", "SConstruct SConscript wscript BUILD BUILD.bazel "
	  "WORKSPACE* MODULE.bazel *.bzl *.ninja *.gyp *.gypi *.pro *.pri "
	  "xmake.lua premake*.lua rollup.* webpack.* tsconfig*.json build.xml "
	  "*.sbt /project/**/*.scala project/build.properties mix.exs rebar.config "
	  "stack.yaml *.cabal cabal.project* dune dune-project Package.swift "
	  "*.xcconfig *.pbxproj Podfile Earthfile Tiltfile *.nix Setup.hs "
	  "Setup.lhs Build.PL conanfile.* debian/rules PKGBUILD doc*/conf.py "
	  "doc*/source/conf.py /conf.py ember-cli-build.js gatsby-*.js "
	  "deps/build.jl *.Build.cs *.Target.cs /waf Kbuild build.sc "
	  "build.mill deps.edn "
	  "project.clj config.nims ivy.xml dub.json dub.sdl vcpkg.json "
	  "lakefile.lean lakefile.toml lean-toolchain pubspec.yaml pdm_build.py "
	  "*_build_backend.py Package@swift-*.swift Shakefile.hs "
	  "myocamlbuild.ml /Project.swift Tuist/" },
};

/* Sources and documents, the only files that the rule "small" accepts. Not among
 * them: data, settings, texts without a form (requirements.txt), and what a shell,
 * an editor or a build tool reads. */
static const char policy_source_globs[] =
	"*.c *.cc *.cpp *.cxx *.h *.hh *.hpp *.hxx *.m *.mm *.cs *.fs *.vb "
	"*.java *.kt *.scala *.go *.rs *.zig *.swift *.dart *.py *.pyi *.pyx "
	"*.rb *.php *.pl *.pm *.lua *.r *.R *.jl *.js *.jsx *.mjs *.cjs *.ts "
	"*.tsx *.mts *.cts *.vue *.svelte *.hs *.ml *.mli *.erl *.hrl *.ex "
	"*.clj *.cljs *.cljc *.lisp *.rkt *.elm *.adb *.ads *.pas *.f *.f90 "
	"*.s *.S *.asm *.css *.scss *.less *.html *.md *.markdown *.rst *.adoc "
	"*.tex";
/* Others wrote them, people run them, or a tool looks for them. */
static const char policy_foreign_globs[] =
	".* /bin/ /ci/ /script/ fastlane/ node_modules/ third_party/ vendor/";
/* clang-format on */

/*
 * Patterns as in .gitignore, separated by spaces. Names that people also give
 * to sources count only next to one of the files of `beside` (space-separated;
 * a name with "./" is searched in the folder itself), or are left out.
 */
static const struct {
	const char	*globs;
	const char	*beside;
} policy_cache_rows[] = {
	/* clang-format off */
	/* What a write tool leaves that is killed before it renames its file. */
	{ ".assent-????????????????", NULL },
	{ "__pycache__/ *.pyc *.pyo .pytest_cache/ .mypy_cache/ .ruff_cache/ "
	  ".tox/ .nox/ .hypothesis/ .pytype/ .pyre/ .ipynb_checkpoints/ "
	  ".coverage .coverage.* htmlcov/ *.egg-info/ .eggs/ .venv/", NULL },
	{ "venv/ env/", "./pyvenv.cfg" },
	{ "build/ dist/", "setup.py pyproject.toml build.gradle "
	  "build.gradle.kts pubspec.yaml" },
	{ "node_modules/ .eslintcache .stylelintcache *.tsbuildinfo "
	  ".nyc_output/ .parcel-cache/ .turbo/ .next/ .nuxt/ .svelte-kit/ "
	  ".angular/ .pnpm-store/", NULL },
	{ "dist/ coverage/", "package.json" },
	{ "*.o *.lo *.la *.gcno *.gcda *.gch *.pch *.dSYM/ a.out .libs/ "
	  ".deps/ CMakeFiles/ CMakeCache.txt cmake_install.cmake .ccache/ "
	  ".cache/", NULL },
	{ "build/ build-*/ *-build/ builddir/ cmake-build-*/ _build/ out/",
	  "./CMakeCache.txt ./meson-private" },
	{ "target/", "Cargo.toml pom.xml build.sbt project.clj" },
	{ "*.class .gradle/ .kotlin/ .bloop/ .metals/", NULL },
	{ "dist-newstyle/ .stack-work/ *.hi *.dyn_hi *.dyn_o *.hie", NULL },
	{ "*.cmi *.cmo *.cmx *.cmt *.cmti *.beam", NULL },
	{ "_build/", "dune-project rebar.config mix.exs" },
	{ ".build/", "Package.swift" },
	{ ".lake/", "lakefile.lean lakefile.toml" },
	{ ".zig-cache/ zig-cache/ zig-out/ nimcache/ .dart_tool/ "
	  ".terraform/ .phpunit.result.cache .phpunit.cache/ "
	  ".php-cs-fixer.cache .rspec_status", NULL },
	{ ".DS_Store Thumbs.db *.swp", NULL },
	/* clang-format on */
};

#endif
