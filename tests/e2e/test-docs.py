#!/usr/bin/env python3
"""The manual, the completion and the help say the same as the tables; what the
documents for who works on the source name is there."""
import fnmatch
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ["builddir"]
SRC = os.environ["srcdir"]
number = 0
failed = 0


def ok(cond, label, detail=""):
    global number, failed
    number += 1
    failed += not cond
    for line in [] if cond else str(detail).splitlines():
        print("# " + line)
    print("%s %d - %s" % ("ok" if cond else "not ok", number, label))


def skip(label, why):
    global number
    number += 1
    print("ok %d - %s # SKIP %s" % (number, label, why))


def text(*path):
    with open(os.path.join(SRC, *path), encoding="utf-8") as f:
        return f.read()


def assent(*args):
    """Without a configuration."""
    env = dict(os.environ, XDG_CONFIG_HOME=os.path.join(BUILD, "no-config"))
    return subprocess.run([os.path.join(BUILD, "assent"), *args], check=True,
                          env=env, stdout=subprocess.PIPE, text=True).stdout


def check_dialects(config):
    """The manual's table of dialects is that of the source; their names."""
    source = text("src", "provider", "dialect.c")
    rows = re.findall(r'^\{ (\.name = .*?) \},$', source, re.M | re.S)
    ok(len(rows) > 8, "dialect.c was read")
    names = []
    for row in rows:
        def has(what):
            return ".%s = true" % what in row
        name = re.search(r'\.name = "([^"]+)"', row).group(1)
        limit = "max_completion_tokens" if ".max_tokens = NEW" in row else \
            "max_tokens" if ".max_tokens = OLD" in row else "by the model"
        role = re.search(r'\.system_role = "(\w+)"', row).group(1)
        back = "always" if has("fill_reasoning") else \
            "yes" if has("echo_reasoning") else "no"
        line = ".It Cm %s Ta %s Ta %s Ta %s Ta %s\n" % (
            name, limit, role, back,
            "yes" if has("include_usage") else "no")
        ok(line in config, "assent-config(5) has the row of the dialect " +
           name, "must be: " + line)
        names.append(name)
    return names


def source_files():
    """{name: [paths]} of the sources."""
    found = {}
    for top in ("src", "ui", "tests", "share", "man", "contrib"):
        for folder, dirs, names in os.walk(os.path.join(SRC, top)):
            dirs[:] = [d for d in dirs if d != "__pycache__"]
            for name in names:
                found.setdefault(name, []).append(os.path.join(folder, name))
    return found


def named_file(word, files):
    """The file that a word of a document names: by its path in the source, its
    path below src, or its name alone; with or without its ending."""
    for path in (word, os.path.join("src", word)):
        for end in ("", ".[ch]"):
            hits = glob.glob(os.path.join(SRC, path + end))
            if hits:
                return hits
    if "/" in word:
        return []
    return files.get(word) or [p for name in files for p in files[name]
                               if fnmatch.fnmatch(name, word)]


def check_names(doc, files, words):
    """Each file, test and function that the document names is there, and where
    it says in which file something is, it is in that file."""
    said = text(doc)
    lost = []
    count = 0
    for quoted in re.findall(r"`([^`\n]+)`", said):
        for word in quoted.split():
            word = word.rstrip(".,;:").replace("NAME", "*")
            if re.match(r"[-./\w*]+$", word) is None or \
                    re.match(r"(\.|build/|/|tests/fuzz/check-)", word) or \
                    re.search("[A-Z]{2}", word) and word[0].islower():
                continue        # no name of ours, or one to be filled in
            if re.search(r"\w/\w|\.(c|h|py|json|mk|[157])$", word):
                # A file that the programs create is named in their source.
                there = named_file(word, files) or word in words
            elif word.startswith("test-"):
                there = named_file(word + ".c", files) or \
                    named_file(word + ".py", files)
            elif re.match(r"[a-z0-9]+(_[a-z0-9]+)+$", word):
                there = word in words or word == "noun_verb"
            else:
                continue
            count += 1
            if not there:
                lost.append(word)
    for name, word in re.findall(
            r"`(\w+)(?:\(\)|\[\])?`(?: of)? \(`([\w/.-]+\.[ch])`", said) + [
                (f, w) for w, f in re.findall(
                    r"`([\w/.-]+\.[ch])` `(\w+)`:", said)]:
        count += 1
        if not any(re.search(r"\b%s\b" % name, text(path))
                   for path in named_file(word, files)):
            lost.append("%s in %s" % (name, word))
    ok(count > 50, doc + " was read", count)
    ok(not lost, "what %s names is there" % doc, "\n".join(lost))


def check_folders(doc, tops):
    """Each folder of these has its row in the document's table."""
    rows = re.findall(r"^\| `([\w/]+)` \|", text(doc), re.M)
    names = []
    for top in tops:
        inside = [n for n in glob.glob(os.path.join(SRC, top, ""))
                  if any(os.path.isfile(os.path.join(n, f))
                         for f in os.listdir(n))]
        names += [os.path.relpath(n, SRC) for n in inside]
    ok(names, doc + ": there are folders")
    lost = [n for n in sorted(names) if n not in rows and
            os.path.basename(n) != "__pycache__"]
    ok(not lost, "%s has each folder" % doc, "\n".join(lost))


def check_developers():
    files = source_files()
    words = set()
    for name in files:
        if re.search(r"\.([ch]|py|json|mk|md|[157])$", name):
            for path in files[name]:
                words.update(re.findall(r"\w+", text(path)))
                words.update(re.findall(r'"(\w+\.json)"', text(path)))
    for doc in ("ARCHITECTURE.md", "HACKING.md", "tests/README.md"):
        check_names(doc, files, words)
    named = re.findall(r'"(tests/[\w/.-]+):(\w+)"', text("tests/escape/cases.c"))
    lost = [":".join(n) for n in named
            if not re.search(r"(?m)^(def |[A-Z_]*TEST\w*\()?%s\W" % n[1],
                             text(n[0]))]
    ok(named and not lost, "tests of escape's table are there", "\n".join(lost))
    check_folders("ARCHITECTURE.md", ["src/*", "src/*/*", "ui/*", "share", "man", "contrib",
                                      "tests"])
    check_folders("tests/README.md", ["tests/*"])
    rows = text("src/core/job/job.c").split("} job_rows[")[1].split("};")[0]
    lost = [n for n in re.findall(r'"([^"]+)"', rows)
            if "`%s`" % n not in text("ARCHITECTURE.md")]
    ok(not lost and "accepted" in rows, "ARCHITECTURE.md has the copies of jobs", lost)
    rows = re.findall(r"^\| ([^|]+) \| ([^|]*) \|$", text("tests/README.md").split(
        "| promise |")[1], re.M)[1:]
    for promise, tests in rows:
        ok(re.search(r"`(test-|slow-|tests/)", tests), "a test proves: " + promise)
    ok(len(rows) > 20, "tests/README.md has the promises", len(rows))
    # Otherwise `make tags` and `make dist` fail.
    named = {p for name in files if name.endswith(".mk") for mk in files[name]
             for p in re.findall(r"\b(?:src|ui|tests)/[\w/.-]+\.[ch]\b", text(mk))}
    lost = sorted(p for p in named - {"src/cmd/version.h",
                                    "src/sandbox/apparmor-profile.h"}
                  if not os.path.exists(os.path.join(SRC, p)))
    ok(len(named) > 300 and not lost, "each source of the makefiles is there",
       "\n".join(lost))


def check_units():
    """systemd knows all that contrib/systemd says."""
    if shutil.which("systemd-analyze") is None:
        skip("units", "systemd-analyze is not installed")
        return
    with tempfile.TemporaryDirectory() as d:
        os.makedirs(os.path.join(d, "run", "systemd"))
        names = []
        for path in glob.glob(os.path.join(SRC, "contrib/systemd/*@.*")):
            name = os.path.basename(path).replace("@", "@tmp")
            names.append(os.path.join(d, name))
            with open(path) as f, open(os.path.join(
                    d, os.path.basename(path)), "w") as to:
                to.write(f.read().replace("ExecStart=assent", "ExecStart=" +
                                          os.path.join(BUILD, "assent")))
        r = subprocess.run(["systemd-analyze", "--user", "--man=no", "verify"] +
                           names, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True,
                           env=dict(os.environ, HOME=d,
                                    XDG_RUNTIME_DIR=os.path.join(d, "run")))
        ok(len(names) == 2 and r.returncode == 0 and not r.stdout,
           "contrib/systemd", r.stdout)


def check_version():
    """A build from a checkout says its commit; one from a tarball doesn't."""
    said = re.fullmatch(r"assent [0-9.]+(?: \(([0-9a-f]{12,40})\))?\n",
                        assent("--version"))
    ok(said, "--version is one line", said)
    git = ["git", "-C", SRC, "cat-file", "-e"]
    if not os.path.exists(os.path.join(SRC, ".git")):
        ok(said and said[1] is None, "--version has no commit")
    elif subprocess.run(git + ["HEAD"], stderr=subprocess.DEVNULL).returncode:
        skip("--version has the commit", "git can't read this checkout")
    else:
        ok(said and said[1] and subprocess.run(
            git + [said[1] + "^{commit}"]).returncode == 0,
           "--version has the commit", assent("--version"))


def tool(folder, name, does):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\n%s\n" % does)
    os.chmod(path, 0o755)


def check_bootstrap():
    """Where nothing can be built, nothing is installed first."""
    with tempfile.TemporaryDirectory() as top:
        place = os.path.join(top, "a b")
        tools = os.path.join(top, "bin")
        mark = os.path.join(top, "installed")
        os.mkdir(place)
        os.mkdir(tools)
        shutil.copy(os.path.join(SRC, "bootstrap"), place)
        tool(tools, "pkg-config", "exit 1")
        tool(tools, "sudo", 'exec "$@"')
        tool(tools, "apt-get", "echo >'%s'" % mark)
        r = subprocess.run(["sh", os.path.join(place, "bootstrap")],
                           env={"PATH": tools + ":" + os.environ["PATH"]},
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        ok(r.returncode == 1 and "without spaces" in r.stdout,
           "bootstrap says where it cannot build", r.stdout)
        ok(not os.path.exists(mark), "and has installed nothing", r.stdout)


def check_lengths():
    """The documents for newcomers stay short; the rest is in the manual."""
    readme = text("README.md")
    words = len(readme.split())
    ok(words <= 750, "README.md has 750 words at most", words)
    lines = readme.splitlines()
    first = "\n".join(lines[:len(lines) // 3])
    ok("./bootstrap demo" in first and "./bootstrap check" in first,
       "README.md says in its first third how to try it and to test it", first)
    lines = len(text("ARCHITECTURE.md").splitlines())
    ok(lines <= 250, "ARCHITECTURE.md has 250 lines at most", lines)
    call = text("ARCHITECTURE.md").split("## A tool call")[1].split("\n## ")[0]
    ok(20 < len(re.findall(r"^\d+\. ", call, re.M)) <= 30,
       "a tool call is followed in 30 steps at most")
    for part in text("CHANGELOG.md").split("\n## ")[1:]:
        lines = part.splitlines()
        ok(len(lines) <= 100, "CHANGELOG.md: %s has 100 lines at most" %
           lines[0], len(lines))


def check_users():
    """What the documents for users name is there. That the program accepts
    their command lines, test-cmd shows."""
    for doc in ("README.md", "INSTALL.md"):
        said = text(doc)
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", said)
        programs = [w[0] for w in re.findall(
            r"(?m)(?:^    |`)((\./(?!assent/)|contrib/)[\w/-]+)", said)]
        lost = [x for x in links + programs
                if not os.path.exists(os.path.join(SRC, x))]
        ok(len(links) > 2 and programs and not lost,
           "what %s names is there" % doc, "\n".join(lost))
        # Its steps; build and install are make's own.
        lost = [x for x in re.findall(r"\./bootstrap (\w+)", said)
                if not re.search(r"\|%s\b" % x, text("bootstrap"))]
        ok(not lost, "bootstrap knows the words of " + doc, lost)
        keys = re.findall(r"^\| `(.)` \|", said, re.M)
        bound = {k for row in assent("config", "keys").splitlines()
                 for k in row[:18].split()}
        lost = set(keys) - bound
        ok(not lost, "the keys of %s do something" % doc, lost)
    needs = dict(re.findall(r"^\| ([\w.-]+)[^|]* \| ([\d.]*) ?\|$",
                            text("INSTALL.md"), re.M))
    rows = dict(re.findall(r"PKG_CHECK_MODULES\(\[\w+\], "
                           r"\[([\w.-]+)(?: >= ([\d.]+))?\]",
                           text("configure.ac")))
    ok(len(rows) > 9 and rows == {k: v for k, v in needs.items() if k in rows},
       "INSTALL.md needs what configure looks for", sorted(rows.items()))


def check_limits(page, config):
    """Facts without a table: the marks of the settings, the limits in the
    manual and in the schema of the start object."""
    marks = {"PROJECT": "P", "EXEC": "E", "PROFILE": "F"}
    for name, row in re.findall(r'^\t\{ "(\w+)", SETTING_(.*?) \},$', text(
            "src", "config", "settings.c"), re.M | re.S):
        want = "".join(", " + m for flag, m in marks.items()
                       if "SETTING_" + flag in row)
        ok(re.search(r"^\.It Cm %s No \([a-z ]+%s\)$" % (name, want), config,
                     re.M), "assent-config(5) has the marks of " + name, want)
    rows = re.findall(r'^\t\{ "(\w+)", "(\w+)",',
                      text("src", "sandbox", "sandbox-limits.c"), re.M)
    part = page.split(".Ss Limits on commands")[1].split("\n.Ss ")[0]
    told = {name.replace("-", "_") for name in
            re.findall(r"^\.It Cm --([\w-]+) Ta", part, re.M)}
    ok(len(rows) > 4 and told == {setting for _, setting in rows},
       "assent(1) has each limit of a command", told)
    hogs = text("tests", "escape", "test-limits.c")
    for member in re.findall(r"LIMIT\((\w+)\),", text(
            "src", "sandbox", "sandbox-limits.c")):
        ok("w->limits.%s = " % member in hogs,
           "test-limits tries the limit " + member)
    schema = json.loads(text("share", "commands.schema.json"))["$defs"]
    found = [o["properties"] for d in schema.values()
             for k, o in d.get("properties", {}).items()
             if k == "limits"]
    ok(len(found) == 1 and all(set(o) == {n for n, _ in rows} for o in found),
       "so has the start object", found)


def main():
    page = text("man", "assent.1")
    config = text("man", "assent-config.5")
    settings = re.findall(r'^\t\{ "(\w+)", SETTING_',
                          text("src", "config", "settings.c"), re.M)
    members = re.findall(r'^\t"(\w+)",$', text(
        "src", "config", "settings.c"), re.M)
    ok(len(settings) > 10 and len(members) > 3, "settings.c was read")
    for name in settings + members:
        ok(re.search(r"^\.It Cm %s\b" % name, config, re.M),
           "assent-config(5) has " + name)
    check_limits(page, config)
    config, models = config.split("\n.Sh MODELS\n")
    documented = re.findall(r"\bCm (\w+)", "\n".join(re.findall(
        r"^\.It (Cm .*)", models.split("\n.Sh ")[0], re.M)))
    table = json.loads(text("share", "models.json"))
    part = config.split("\n.Ss Providers\n")[1].split("\n.Pp\n")[0]
    for row in table["providers"]:
        keys = row.get("key_env", [])
        lost = [word for word in [row["name"]] + (
            [keys] if isinstance(keys, str) else keys)
            if not re.search(r"\b%s\b" % word, part)]
        ok(not lost, "assent-config(5), Providers, has " + row["name"],
           "missing: " + ", ".join(lost))
    used = {k for row in table["models"] for k in row} - {"source"}
    ok(used <= set(documented), "assent-config(5) has each member of a model's "
       "row", sorted(used - set(documented)))
    dialects = check_dialects(config)
    for name in re.findall(r"^\.It Cm ([\w.-]+)", config, re.M):
        ok(name in settings + members + dialects +
           ["exec", "keys", "providers"],
           "assent-config(5): %s is a setting" % name)

    # The modes, and the protected paths with their reasons.
    table = text("src", "policy", "approve.c").split("\n};\n")[0]
    modes = re.findall(r'^\t\{ "(\w+)", ', table, re.M)
    ok(len(modes) == 3, "approve.c was read", modes)
    part = page.split(".It Cm --approve")[1].split("\n.El\n")[0]
    ok(re.findall(r"^\.It Cm (\w+)", part, re.M) == modes,
       "assent(1) has the modes of the table, in its order", part)
    said = assent("exec", "--help").split("\napprove:\n")[1]
    ok(re.findall(r"^  (\w+) ", said, re.M) == modes,
       "so has the help", said)
    said = assent("try", "--help").split("\napprove:\n")[1]
    ok(re.findall(r"^  (\w+) ", said, re.M) == ["ask", "yes"],
       "try takes two of them", said)
    part = config.split(".It Cm approve")[1].split(".It Cm")[0:6]
    ok(all(".Cm %s" % m in config for m in modes),
       "assent-config(5) has the modes", part)
    rows = re.findall(r'\{ "([^"]+)",\s*"([^"]+)",', text(
        "src", "gate", "policy-table.h").split("policy_secret_globs")[0])
    ok(len(rows) > 15, "policy-table.h was read")
    part = config.split(".Ss Protected paths")[1].split("\n.Ss ")[0]
    with tempfile.TemporaryDirectory() as d:
        shown = assent("config", "protected", "--root", d)
    for rule, why in rows:
        ok(".It %s\n" % rule in part and
           why[0].upper() + why[1:] + ".\n" in part,
           "assent-config(5): protected: " + rule)
        ok("\n%s\n  %s\n" % (rule, why) in shown,
           "config protected: " + rule)
    for rule in re.findall(r"^\.It (.+)", part, re.M):
        ok(rule in [r for r, _ in rows],
           "assent-config(5): %s is in the table" % rule)
    ok(".github/" in shown and "id_ed25519" in shown,
       "config protected prints the patterns")

    top = assent("help", "--all")
    commands = re.findall(r"^  (\w+) ", top.split("options:")[0], re.M)
    # `mcp` is the 29th: a sign-in is neither a provider's key nor a setting.
    ok(len(commands) <= 30, "30 commands at most", len(commands))
    ok(sorted(commands) == re.findall(r'^\t\{ "(\w+)", CMD_', text(
        "src", "cmd", "cmd.c").split("cmd_table[]")[1].split("};")[0], re.M),
       "help lists the commands", commands)
    brief = assent("--help")
    ok(brief == assent("help"), "help is --help", brief)
    lines = brief.splitlines()
    ok(len(lines) < 24 and max(len(x) for x in lines) < 80,
       "--help fits on a small terminal", brief)
    ok(set(re.findall(r"^  \w+ .*", brief, re.M)) <= set(top.splitlines()),
       "and its commands are those of help", brief)
    options = set()
    for name in [""] + commands:
        shown = assent("help", name or "--all")
        # What else the name is follows.
        options.update(re.findall(r"^  (--[\w-]+)",
                                  shown.split("\nSee man ")[0], re.M))
        ok(max(len(x) for x in shown.splitlines()) <= 80,
           "help %s has no long line" % name, shown)
        ok(all(x.count("[") == x.count("]") for x in
               shown.split("\n\n")[0].splitlines()),
           "help %s breaks no group" % name, shown)
    for name in commands:
        ok(re.search(r"^\.It Cm %s\b" % name, page, re.M),
           "assent(1) has " + name)
    for name in sorted(options):
        ok(re.search(r"^\.It Cm %s(?![\w-])" % name, page, re.M),
           "assent(1) has " + name)
    for name in re.findall(r"^\.It Cm (--[\w-]+)", page, re.M):
        ok(name in options, "assent(1): %s is an option" % name)
    slash = re.findall(r'^\t\{ SLASH_COMMAND_\w+, "(\w+)"',
                       text("src", "front", "slash-command.c"), re.M)
    told = re.findall(r"/(\w+)", "\n".join(re.findall(
        r"^\.It Cm (/.*)", page, re.M)))
    ok(len(slash) > 20 and sorted(slash) == sorted(told),
       "assent(1) has the slash commands", sorted(set(slash) ^ set(told)))

    check_lengths()
    check_users()
    check_developers()
    check_bootstrap()
    check_units()
    check_version()
    for name in sorted(os.listdir(os.path.join(SRC, "man"))):
        if not re.search(r"\.[1-9]$", name):
            continue
        if shutil.which("mandoc") is None:
            skip(name + " is clean", "mandoc is not installed")
            continue
        r = subprocess.run(["mandoc", "-T", "lint", "-W", "style",
                            os.path.join(SRC, "man", name)],
                           stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True)
        # The pages refer to each other before they are installed.
        said = [s for s in r.stdout.splitlines()
                if "referenced manual not found" not in s]
        ok(not said, name + " is clean", "\n".join(said))
        if shutil.which("groff") is None:
            skip(name + " fits", "groff is not installed")
            continue
        # As Debian's man does in 80 columns; the table of dialects has 86.
        r = subprocess.run(["groff", "-mandoc", "-Tutf8", "-rLL=78n",
                            "-P-cbou", os.path.join(SRC, "man", name)],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           encoding="utf-8")
        wide = [s for s in r.stdout.splitlines() if len(s) > 86]
        ok(r.stdout and not wide, name + " fits in 80 columns",
           "\n".join(wide[:5]))
    print("1..%d" % number)
    return 1 if failed else 0


sys.exit(main())
