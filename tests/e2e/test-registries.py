"""Registries and git hosts that want a credential: programs in the sandbox use
them, and nothing there has it."""

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile

import harness
import registrylib as lib
from registrylib import KEY, Site, password, row, tried

# Looks for the key in all that the sandbox has; its own text has it backwards.
SEARCH = ("for k in $(echo %s %s | rev); do ps=/proc/[0-9]*; grep -aFlsf <(echo "
          "$k) $ps/environ $ps/cmdline -r $HOME /etc /tmp /.cargo . ||"
          " echo none; done; " % (KEY[::-1], lib.BASIC[::-1]))


def nowhere(w):
    for folder in w.path("state"), w.project:
        for base, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(base, name)
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        data = f.read()
                    assert KEY.encode() not in data, path
                    assert lib.BASIC.encode() not in data, path


def test_told(w):
    """Each program is told where its registry is by a variable or a file."""
    harness.need_namespaces(w)
    s = Site(w)
    own = {"env": {"UV_DEFAULT_INDEX": "http://%s/x/", "PIP_NO_INPUT": "1"}}
    rows = {"a": row(s, "npm/", "npm"), "b": password(s, "py/simple/", "pip"),
            "c": row(s, "x/index/", "cargo"), "e": row(s, "x/", "other", **own),
            "d": row(s, "m2/", "maven", mirror_of="corp"),
            "f": password(s, "group/", "git")}
    text = tried(w, rows, "env; cat /.cargo/config.toml ~/.m2/settings.xml; "
                 "git config --get-regexp 'url.*'; " + SEARCH, code=0)
    for line in (
            "npm_config_registry=http://127.0.0.1:29170/npm/",
            "npm_config_replace_registry_host=always",
            "PIP_INDEX_URL=http://127.0.0.1:29171/py/simple/",
            "PIP_NO_INPUT=1", "GIT_CONFIG_COUNT=6",
            "UV_DEFAULT_INDEX=http://127.0.0.1:29173/x/",
            'registry = "sparse+%s"' % s.url("x/index/"),
            'replace-with = "assent-c-here"',
            'index = "sparse+http://127.0.0.1:29172/x/index/"',
            "<mirror><id>d</id><mirrorOf>corp</mirrorOf><url>"
            "http://127.0.0.1:29174/m2/</url></mirror>",
            "url.http://127.0.0.1:29175/group/.insteadof " + s.url("group/"),
            "url.http://127.0.0.1:29175/group/.insteadof ssh://git@127.0.0.1"
            "/group/", "none\nnone"):
        assert "\n%s\n" % line in "\n" + text, (line, text)
    w.configure("http://127.0.0.1:1/v1", config={"registries": {
        "npm": dict(rows["a"], url="https://npm.example/x/")}})
    r = w.run("try", "env", env={"SITE_KEY": KEY}, code=0)
    assert b"npm_config_replace_registry_host=npm.example\n" in r.stdout, r
    nowhere(w)
    s.close()


def test_asked(w):
    """What the row isn't for is refused with a sentence; redirects and addresses
    that lead to the host lead to the row; a redirect elsewhere has no key."""
    harness.need_namespaces(w)
    s = Site(w)

    def echo(h):
        s.send(h, "text/plain", str(h.headers).encode(), 200, {
            "X-Auth": h.headers["Authorization"]})
    s.pages.update({
        "/npm/a": ("application/json", b'"%s"' % s.url("npm/b").encode()),
        "/npm/to": lambda h: s.send(h, "text/plain", b"", 302, {
            "Location": s.url("npm/echo")}),
        "/npm/away": lambda h: s.send(h, "text/plain", b"", 302, {
            "Location": "http://other.example:%d/" % s.port}),
        "/npm/echo": echo, "/py/files/x": ("application/octet-stream", b"file"),
        "/py/simple/x/": ("text/html", b"<a href=\"%s\">" %
                          s.url("py/files/x").encode())})
    rows = {"a": row(s, "npm/", "npm"), "b": password(s, "py/simple/", "pip")}
    text = tried(
        w, rows, "get() { echo; curl -sS \"$@\"; }; n=$npm_config_registry; "
        "p=$PIP_INDEX_URL; get -d x ${n}a; get ${n%npm/}x; get "
        "--path-as-is ${n}../x; get ${n}a; get -iL ${n}to; get -L --proxy '' "
        "--resolve other.example:" + str(s.port) + ":127.0.0.1 ${n}away; get "
        "${p}x/; get $(get ${p}x/ | grep -o 'http[^\"]*'); echo; " + SEARCH)
    for line in ("the key of 127.0.0.1 isn't for POST",
                 "the key of 127.0.0.1 isn't for /x",
                 "the path /npm/../x can be read in two ways",
                 '"%s"' % s.url("npm/b"),
                 "Location: http://127.0.0.1:29170/npm/echo",
                 "Authorization: Bearer [masked by assent]",
                 "<a href=\"http://127.0.0.1:29171/py/files/x\">", "file",
                 "none\nnone"):
        assert "\n%s\n" % line in text.replace("\r", ""), (line, text)
    assert "X-Auth" not in text and "connect to other.example" in text, text
    assert [x[1] for x in s.asked] == [
        "/npm/a", "/npm/to", "/npm/echo", "/npm/away", "/py/simple/x/",
        "/py/simple/x/", "/py/files/x"] and not s.denied, s.asked
    assert [(n["host"], n["allowed_by"]) for n in w.events("net")] == [
        ("127.0.0.1", "key")], w.events("net")
    nowhere(w)
    s.close()


def test_git(w):
    """Clone and fetch, by each address of the host; nothing is pushed."""
    harness.need_namespaces(w)
    folder = w.path("git")
    src, bare = os.path.join(folder, "src"), os.path.join(
        folder, "group", "part.git")
    w.write("a", "one\n", base=src)
    w.git("init", "-q", cwd=src)
    w.git("init", "-q", "--bare", bare, cwd=src)
    w.git("config", "http.receivepack", "true", cwd=bare)
    for text in "one", "two":
        w.write("a", text * 100000, base=src)
        w.git("add", ".", cwd=src)
        w.git("commit", "-qm", text, cwd=src)
        w.git("push", "-q", bare, "HEAD:refs/heads/" + text, cwd=src)
    s = Site(w, git=folder)
    w.write("a.txt", "old\n")
    text = tried(
        w, {"g": password(s, "group/", "git")},
        "git clone -qb one --single-branch %s /tmp/c && cd /tmp/c && "
        "git fetch -q origin two && git log --format=%%s FETCH_HEAD; "
        "git ls-remote git@127.0.0.1:group/part two | cut -f 2; git push origin "
        "HEAD:three; cd - ; git ls-remote %s; %s" % (
            s.url("group/part.git"), s.url("other/part.git"), SEARCH))
    assert "two\none\nrefs/heads/two\n" in text, text
    assert "the key of 127.0.0.1 is for git fetch only" in text, text
    assert "Failed to connect to 127.0.0.1 port %d" % s.port in text, text
    assert "\nnone\n" in text, text
    wrong = tried(w, {"g": password(s, "group/", "git")}, "git ls-remote " +
                  s.url("group/part.git"), SITE_KEY="wrong-password")
    for words in "remote: ", "not connected to %s: " % s.at:
        assert words + "127.0.0.1 doesn't accept the key" in wrong, wrong
    assert len(s.denied) == 1, s.denied
    assert "three" not in w.git("branch", cwd=bare)
    assert {x[1].split("/")[-1] for x in s.asked} == {
        "refs?service=git-upload-pack", "git-upload-pack"}, s.asked
    nowhere(w)
    s.close()


def tar(files):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as t:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            t.addfile(info, io.BytesIO(text.encode()))
    return raw.getvalue()


def npm_package(s, name):
    data = tar({"package/package.json": json.dumps(
        {"name": name, "version": "1.0.0"}), "package/index.js": "1"})
    path = "npm/%s/-/%s-1.0.0.tgz" % (name, name.split("/")[-1])
    s.pages["/" + path] = ("application/octet-stream", data)
    s.pages["/npm/" + name.replace("/", "%2f")] = (
        "application/json", json.dumps({
            "name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {
                "1.0.0": {"name": name, "version": "1.0.0", "dist": {
                    "tarball": s.url(path), "integrity": "sha512-" +
                    base64.b64encode(hashlib.sha512(
                        data).digest()).decode()}}}}).encode())


def test_npm(w):
    """npm install writes the lock file that it writes outside, and npm ci reads
    it."""
    npm(w, "registry", ["thing", "@corp/part"], {})


def test_npm_scope(w):
    """The same with a registry of a scope, as the project names it."""
    npm(w, "@corp:registry", ["@corp/part"], {
        "scope": "@corp", "others": "https://other.example/"})


def npm(w, setting, names, more_of_row):
    harness.need_namespaces(w)
    if shutil.which("npm", path="/usr/bin") is None:
        raise harness.Skip("there is no npm in /usr/bin")
    s = Site(w)
    for name in names:
        npm_package(s, name)
    w.write(".npmrc", "%s=%s\n" % (setting, s.url("npm/")))
    w.write(".gitignore", "node_modules\n")
    w.write("package.json", json.dumps({
        "name": "x", "version": "1.0.0",
        "dependencies": {name: "^1.0.0" for name in names}}))
    w.repository()
    more = {"npm_config_%s" % k: v for k, v in (
        ("audit", "false"), ("fund", "false"), ("cafile", s.ca),
        ("omit_lockfile_registry_resolved", "false"), ("fetch_retries", "0"),
        ("cache", w.path("cache")), ("globalconfig", w.path("none")),
        ("userconfig", w.write("npmrc", "//%s/npm/:_authToken=%s\n" % (
            s.at, KEY), base=w.root)))}
    subprocess.run(["npm", "install"], cwd=w.project, env=dict(w.env, **more),
                   check=True, stdout=subprocess.DEVNULL)
    lock = w.read("package-lock.json")
    assert lock.count(s.at) == len(names), lock
    shutil.move(os.path.join(w.project, "package-lock.json"),
                os.path.join(w.project, "outside.json"))
    shutil.rmtree(os.path.join(w.project, "node_modules"))
    text = tried(
        w, {"corp": row(s, "npm/", "npm", **more_of_row)},
        "npm install --no-fund && cmp package-lock.json outside.json && rm -r "
        "node_modules ~/.npm && npm ci --no-fund && ls node_modules "
        "node_modules/@corp && echo fine", code=5)
    assert "\npart\nfine\n" in text, text
    assert not s.denied, s.denied
    os.unlink(w.path("npmrc"))
    nowhere(w)
    s.close()


def test_pip(w):
    """pip installs from an index whose links have the host's address."""
    harness.need_namespaces(w)
    if subprocess.run(["/usr/bin/python3", "-m", "pip", "--version"],
                      stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode != 0:
        raise harness.Skip("/usr/bin/python3 has no pip")
    raw, name = io.BytesIO(), "part-1.0-py3-none-any.whl"
    with zipfile.ZipFile(raw, "w") as z:
        for path, text in (
                ("part.py", "x = 'fetched'\n"), ("part-1.0.dist-info/RECORD", ""),
                ("part-1.0.dist-info/METADATA",
                 "Metadata-Version: 2.1\nName: part\nVersion: 1.0\n"),
                ("part-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: t\n"
                 "Root-Is-Purelib: true\nTag: py3-none-any\n")):
            z.writestr(path, text)
    s = Site(w)
    s.pages["/py/files/" + name] = ("application/octet-stream", raw.getvalue())
    s.pages["/py/simple/part/"] = ("text/html", (
        '<!DOCTYPE html><a href="%s#sha256=%s">%s</a>' % (
            s.url("py/files/" + name),
            hashlib.sha256(raw.getvalue()).hexdigest(), name)).encode())
    w.write("a.txt", "old\n")
    text = tried(w, {"corp": password(s, "py/simple/", "pip")},
                 "/usr/bin/python3 -m pip install -q --target /tmp/x part; cd "
                 "/tmp/x && /usr/bin/python3 -c 'import part; print(part.x)'")
    assert text.startswith("fetched\n") or "\nfetched\n" in text, text
    assert not s.denied, s.denied
    s.close()


def test_model(w):
    """The model's commands and those in the background have them, and the check
    does; the core masks a key that is printed."""
    harness.need_namespaces(w)
    s = Site(w, {"/npm/a": ("text/plain", b"got it\n")})
    w.write("a.txt", "old\n")
    w.mock([{"calls": [
        {"name": "bash", "args": {"command": "curl -sS ${npm_config_registry}a;"
                                  " echo %s | rev" % KEY[::-1]}},
        {"name": "bash", "args": {"command": "curl -sS ${npm_config_registry}a "
                                  "&& echo new >b.txt"}}]},
            harness.done()],
           config={"registries": {"corp": row(s, "npm/", "npm")},
                   "plan": "skip", "test": "curl -sSf ${npm_config_registry}a"})
    w.run("exec", "--approve", "yes", "go", env={"SITE_KEY": KEY}, code=0)
    assert w.events("session_start")[0]["sandbox"]["forward"] == ["127.0.0.1"]
    first = w.events("tool_result")[0]["text"]
    assert "got it\n[masked" in first, first
    assert [x[1] for x in s.asked] == ["/npm/a"] * 3, s.asked
    nowhere(w)
    w.verify()
    s.close()


def test_expires(w):
    """A key that the registry takes no more: the user and the model read that."""
    harness.need_namespaces(w)

    def once(h):
        s.expired = True
        s.send(h, "text/plain", b"got it\n")
    s = Site(w, {"/npm/a": once})
    get = harness.bash("curl -sS ${npm_config_registry}a")
    w.mock([get, get, harness.done()], config={
        "registries": {"corp": row(s, "npm/", "npm")}, "plan": "skip"})
    w.run("exec", "go", env={"SITE_KEY": KEY}, code=0)
    words = "127.0.0.1 doesn't accept the key of registries (401)"
    assert ["got it" in e["text"] for e in w.events("tool_result")[:2]] == [
        True, False] and words in w.events("tool_result")[1]["text"]
    assert [n.get("refused") for n in w.events("net")] == [None, None, words]
    s.close()


def test_missing(w):
    """Without its key a row isn't there; without namespaces none is. Both are
    said, and doctor says where a key comes from."""
    harness.need_namespaces(w)
    w.write("a.txt", "old\n")
    rows = {"corp": {"url": "https://npm.example/x/", "for": "npm",
                     "api_key_env": "SITE_KEY"},
            "none": {"url": "https://npm.example/x/", "for": "other"}}
    for key, words in (("", "registries.corp isn't there for commands: its key "
                        "is missing"),
                       ("short", "the key of npm.example doesn't have 8 to")):
        text = tried(w, rows, "echo ${npm_config_registry-unset}", SITE_KEY=key)
        assert words in text and "unset\n" in text, text
    assert "registries.none: set api_key_env, api_key_file or " \
        "api_key_command" in text, text
    rows["none"]["api_key_command"] = "exit 9"
    w.configure("http://127.0.0.1:1/v1", config={"registries": rows})
    said = w.run("doctor", "--all").stdout.decode()
    assert "registry    registries.corp: SITE_KEY isn't set\n" in said, said
    assert "registry    none: https://npm.example/x/, for other, the key from " \
        "the command exit\n" in said, said
    if os.access(harness.DENY, os.X_OK) and harness.level(w, (
            harness.DENY,)) == "C":
        text = w.run("try", "env", wrap=(harness.DENY,),
                     env={"SITE_KEY": KEY}).stderr.decode()
        assert "registries have no effect on level C" in text, text


harness.main(globals())
