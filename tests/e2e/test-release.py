"""What a release has: each product is installed in an empty root, plays the demo
and is removed, and nothing of it is left. RELEASE is a folder that `make release`
made; without it the static folder is made from this build, and the rest is skipped."""

import fnmatch
import os
import re
import shutil
import subprocess

import harness

RELEASE = os.environ.get("RELEASE")


def run(*args, code=0, **kw):
    r = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, **kw)
    assert r.returncode == code, (args, r.returncode, r.stdout[-2000:])
    return r.stdout


def make(*args, cwd=harness.BUILD):
    if shutil.which("make") is None:
        raise harness.Skip("make is not installed")
    run("make", "-s", *args, cwd=cwd)


def text(name):
    with open(os.path.join(harness.SRC, name), encoding="utf-8") as f:
        return f.read()


def version():
    v, = re.findall(r"^AC_INIT\(\[assent\], \[(.*)\]\)$", text(
        "configure.ac"), re.M)
    return v


def product(pattern):
    """The release's file of such a name."""
    if not RELEASE:
        raise harness.Skip("RELEASE names no folder of `make release`")
    names = fnmatch.filter(os.listdir(RELEASE), pattern)
    if not names:
        raise harness.Skip("%s has no %s" % (RELEASE, pattern))
    return os.path.abspath(os.path.join(RELEASE, names[0]))


def files(root):
    return [os.path.join(base, n) for base, _, names in os.walk(root)
            for n in names]


def demo(w, program):
    usual = harness.ASSENT
    harness.ASSENT = program
    try:
        r = w.run("demo", code=0)
    finally:
        harness.ASSENT = usual
    assert b"check: sh check.sh passed" in r.stdout, r
    assert b"the sample project's test after this session: passes" in r.stderr, r


def source(w, build):
    """Install what was built; it also runs where it wasn't meant to be."""
    root = w.path("root")
    make("install", "DESTDIR=" + root, cwd=build)
    program, = [f for f in files(root) if f.endswith("/bin/assent")]
    demo(w, program)
    make("uninstall", "DESTDIR=" + root, cwd=build)
    left = files(root) + [d for d, _, _ in os.walk(os.path.dirname(
        os.path.dirname(program))) if os.path.basename(d) == "assent"]
    assert not left, left


def test_this_build(w):
    source(w, harness.BUILD)


@harness.slow
def test_tarball(w):
    tarball = product("assent-%s.tar.gz" % version())
    run("tar", "-xf", tarball, "-C", w.root)
    top = w.path(os.path.basename(tarball)[:-len(".tar.gz")])
    run("./configure", cwd=top)
    make("-j%d" % os.cpu_count(), cwd=top)
    source(w, top)


def test_package(w):
    package = product("assent_*.deb")
    if os.geteuid() != 0 or shutil.which("dpkg") is None:
        raise harness.Skip("only root installs a package, with dpkg")
    root = w.path("root")
    for name in ("info", "updates", "triggers"):
        os.makedirs(os.path.join(root, "var/lib/dpkg", name))
    for name in ("status", "available"):
        w.write("var/lib/dpkg/" + name, "", base=root)
    dpkg = ("dpkg", "--root=" + root, "--log=/dev/null", "--force-depends")
    run(*dpkg, "--install", package)
    demo(w, os.path.join(root, "usr/bin/assent"))
    run(*dpkg, "--purge", "assent")
    left = [f for f in files(root) if not f.startswith(
        os.path.join(root, "var/lib/dpkg/"))]
    assert not left and os.listdir(root) == ["var"], left


def folder(w):
    """The static folder, or one of this build with the same files."""
    if RELEASE:
        run("tar", "-xf", product("*-%s.tar.gz" % os.uname().machine), "-C",
            w.root)
        return w.path("assent")
    top = w.path("assent")
    make("install", "bindir=" + top, "pkglibexecdir=" + top,
         "pkgdatadir=" + os.path.join(top, "share"),
         "mandir=" + os.path.join(top, "man"),
         *("%scompletiondir=%s" % (s, w.path("x"))
           for s in ("bash", "fish", "zsh")))
    shutil.copy(os.path.join(harness.SRC, "contrib/static/install.sh"), top)
    return top


def test_list_of_libraries(w):
    """Each library that the static build makes, and what links them, can be in the
    list that it writes."""
    made = re.findall(r"^make_(\w+)\(\)", text("contrib/static/build"), re.M)
    made = {name.replace("_", "-") for name in made} - {"cmocka"}   # for tests
    rows = re.findall(r'^    \("([\w-]+)", "', text("contrib/static/spdx"), re.M)
    assert len(made) > 10 and made | {"gcc", "musl"} == set(rows), (made, rows)


def test_folder(w):
    top = folder(w)
    w.env["HOME"] = w.path("a home")
    root = os.path.join(w.env["HOME"], ".local")
    os.makedirs(os.path.join(root, "bin"))

    def install(*args, code=0):
        return run("sh", *args, code=code, env=w.env)

    said = install(os.path.join(top, "install.sh"))
    bin = os.path.join(root, "bin/assent")
    assert said.startswith("installed assent ") and bin in said, said
    shutil.rmtree(top)
    demo(w, bin)
    page = os.path.join(root, "share/man/man1/assent.1")
    assert os.path.islink(page) and os.path.exists(page)

    # Again, as a new version that lacks a file.
    shutil.copytree(os.path.join(root, "lib/assent"), top)
    old = w.write("old", "", base=os.path.join(root, "lib/assent"))
    install(os.path.join(top, "install.sh"), root)
    assert not os.path.exists(old)
    demo(w, bin)

    installed = os.path.join(root, "lib/assent/install.sh")
    assert installed in said, said
    install(installed, "--remove")
    assert list(os.walk(root)) == [(root, ["bin"], []), (os.path.join(
        root, "bin"), [], [])], list(os.walk(root))

    # What isn't its own, it leaves.
    w.write("bin/assent", "mine", base=root)
    for args in (), ("--remove",):
        install(os.path.join(top, "install.sh"), *args, code=1)
    assert files(root) == [bin], files(root)
    assert open(bin, encoding="utf-8").read() == "mine"


def test_checksums(w):
    product("SHA256SUMS")
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=RELEASE)


def test_release_script(w):
    """The changelog's part, checksums and a signature; what lacks is said."""
    for name in ("gpg", "gpgconf", "sha256sum"):
        if shutil.which(name) is None:
            raise harness.Skip(name + " is not installed")
    w.write("assent-9.8/CHANGELOG.md", "# Changelog\n\n## 9.8\n\nnew\n\n### Part\n"
            "- one\n\n## 9.7\n\nold\n", base=w.root)
    run("tar", "-czf", "assent-9.8.tar.gz", "assent-9.8", cwd=w.root)
    os.mkdir(w.path("gnupg"), 0o700)
    w.env["GNUPGHOME"] = w.path("gnupg")

    def release(*parts, code):
        return run("sh", os.path.join(harness.SRC, "contrib/release"),
                   "assent-9.8.tar.gz", *parts, code=code, cwd=w.root,
                   env=w.env)

    try:
        out = release("deb", code=1)
        assert out.endswith("not made here, for the reasons above: deb "
                            "signature\n"), out
        assert "secret key" in out, out
        run("gpg", "--batch", "--passphrase", "", "--quick-generate-key",
            "release@example.org", "ed25519", "sign", env=w.env)
        release(code=0)
        run("gpg", "--verify", "release/SHA256SUMS.asc", "release/SHA256SUMS",
            cwd=w.root, env=w.env)
    finally:
        run("gpgconf", "--kill", "all", env=w.env)
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=w.path("release"))
    assert sorted(os.listdir(w.path("release"))) == [
        "CHANGES.md", "SHA256SUMS", "SHA256SUMS.asc", "assent-9.8.tar.gz"]
    with open(w.path("release", "CHANGES.md"), encoding="utf-8") as f:
        assert f.read() == "## 9.8\n\nnew\n\n### Part\n- one\n\n"


def test_versions(w):
    """The packages are of the version that the program says."""
    for name, pattern in (
            ("CHANGELOG.md", "## %s\n"), ("contrib/arch/PKGBUILD", "pkgver=%s\n"),
            ("contrib/rpm/assent.spec", "Version:        %s\n"),
            ("contrib/rpm/assent.spec", " - %s-1\n")):
        assert pattern % version() in text(name), (name, version())
    assert text("debian/changelog").startswith("assent (%s-" % version())


harness.main(globals())
