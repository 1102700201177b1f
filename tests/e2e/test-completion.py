"""The completion scripts in the shells themselves: what each offers is what the
help lists, and file names, sessions and words where they belong."""

import os
import pty
import re
import select
import shutil
import subprocess

import harness
from messages import msg


def help_of(w, name):
    """The options and, without a name, the commands of a help."""
    said = w.run("help", name or "--all").stdout.decode()
    # What else the name is follows.
    said = said.split("\nSee man ")[0]
    options = re.findall(r"^  (--[\w-]+)", said, re.M)
    listed = said.split("options:\n")[0] if not name else ""
    return set(options), re.findall(r"^  (\w+)", listed, re.M)


def script(w, shell, name):
    if shutil.which(shell) is None:
        raise harness.Skip(shell + " is not installed")
    r = w.run("completion", shell)
    assert r.returncode == 0 and not r.stderr, r
    w.env["PATH"] = os.path.dirname(harness.ASSENT) + ":" + w.env["PATH"]
    for n in range(2):
        w.write("one two/file %d" % n, "x")
    return w.write(name, r.stdout, base=w.home)


def session(w):
    """One that ls lists."""
    w.mock([{"text": "Hello."}])
    assert w.run("exec", "--plan", "skip", "hi").returncode == 0
    return w.sessions()[0]


def check(w, ask, sid):
    """`ask` has a line and returns the words offered for its last one."""
    top, commands = help_of(w, None)
    assert len(commands) > 20, commands
    for name in [None] + commands:
        want = help_of(w, name)[0]
        line = "assent %s--" % (name + " " if name else "")
        got = set(ask(line))
        assert got == want, (line, got ^ want)
    assert set(ask("assent lo")) == {"log", "login"}
    assert set(ask("assent help lo")) == {"log", "login"}
    assert set(ask("assent --root . lo")) == {"log", "login"}
    assert set(ask("assent completion ")) >= {"bash", "fish", "zsh"}
    assert ask("assent config h") == ["hooks"]
    for command in ("show", "log", "decide"):
        assert [x.strip() for x in ask("assent %s 2" % command)] == [sid]
    for line in ("assent review one", "assent log -- one",
                 "assent config hooks add one", "assent --root one",
                 "assent decide --patch one"):
        got = ask(line)
        assert len(got) == 1 and re.match(r"one\\? two/?$", got[0]), \
            (line, got)
    assert ask("assent --model one") == []
    assert ask("assent config keys one") == []


def test_bash(w):
    path = script(w, "bash", "c.bash")
    sid = session(w)

    def ask(line):
        words = line.split(" ")
        r = subprocess.run(
            ["bash", "--norc", "-c", 'source "$0"; COMP_WORDS=("$@"); '
             'COMP_CWORD=$(($# - 1)); _assent; '
             'printf "%s\\n" "${COMPREPLY[@]}"', path] + words,
            cwd=w.project, env=w.env, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=True)
        # compopt needs a completion under way.
        assert not r.stderr, r
        return [x for x in r.stdout.decode().split("\n") if x]
    check(w, ask, sid)
    # As readline splits it.
    assert ask("assent --root = one") == ["one two"]
    assert set(ask("assent --root =")) == {"one two"}
    assert w.run("completion").stdout == w.run("completion", "bash").stdout
    r = w.run("completion", "tcsh")
    assert r.returncode == 2 and msg.UNKNOWN_SHELL in r.stderr.decode(), r


def test_fish(w):
    path = script(w, "fish", "c.fish")
    sid = session(w)

    def ask(line):
        r = subprocess.run(
            ["fish", "--no-config", "-c", "source $argv[1]; "
             "complete -C $argv[2]", path, line], cwd=w.project, env=w.env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert r.returncode == 0 and not r.stderr, r
        return [x.split("\t")[0] for x in r.stdout.decode().split("\n") if x]
    check(w, ask, sid)


def test_zsh(w):
    path = script(w, "zsh", "site/_assent")
    sid = session(w)
    seen = w.path("seen")
    # compadd is what all of zsh's completion ends in.
    rc = w.write("rc", """
PS1=
fpath=(%s $fpath)
autoload -Uz compinit
compinit -D -u
compadd() {
	if [[ ${@[(I)-O]} == 0 && ${@[(I)-A]} == 0 && ${@[(I)-D]} == 0 ]]; then
		local -a got
		builtin compadd -O got "$@"
		print -rl -- "${(@)got}" >>%s
	fi
	builtin compadd "$@"
}
report() { zle kill-buffer; print -r -- END >>%s; }
zle -N report
bindkey '^Xr' report
bindkey '^Xl' list-choices
LISTMAX=10000
""" % (os.path.dirname(path), seen, seen), base=w.home)
    master, slave = pty.openpty()
    p = subprocess.Popen(["zsh", "-f", "-i"], cwd=w.project, env=w.env,
                         stdin=slave, stdout=slave, stderr=slave,
                         start_new_session=True)
    os.close(slave)

    def type_(keys):
        os.write(master, keys)

    def shown():
        """The file's contents; the terminal has to be read meanwhile."""
        if select.select([master], [], [], 0.02)[0]:
            os.read(master, 65536)
        try:
            return w.read(seen)
        except OSError:
            return ""

    def ask(line):
        if os.path.exists(seen):
            os.unlink(seen)
        type_(line.encode() + b"\x18l\x18r")
        harness.wait_until(line, lambda: "END\n" in shown())
        return sorted({x.rstrip() for x in shown().split("\n")} -
                      {"", "END"})
    try:
        type_(b"source %s\r" % rc.encode())
        check(w, ask, sid)
    finally:
        p.kill()
        p.wait()
        os.close(master)


harness.main(globals())
