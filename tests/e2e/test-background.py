"""Background commands: a server and a watcher that outlive their call, what later
calls see of them, and that none is left."""

import os
import signal

import harness
from harness import bash, call, calls, done, write
import protocol
from screenlib import Screen

NEEDS_SANDBOX = True
SERVER = "exec python3 -u -m http.server -b 127.0.0.1 8123"
# A command that never ends, and a server that shows its output.
WATCHER = ("shopt -s nullglob; while :; do for f in *.in; do o=out/${f%.in}; "
           "test $f -nt $o && cp $f $o && echo made $o; done; sleep 0.01; "
           "done & " + SERVER)


def fetch(path):
    return ("(exec 3<>/dev/tcp/127.0.0.1/8123 && printf 'GET /%s HTTP/1.0\\r\\n"
            "\\r\\n' >&3 && tail -n 1 <&3) 2>&1" % path)


def until(path, text):
    """A command: wait until the server shows this."""
    return bash("until %s | grep -q %s; do sleep 0.01; done" % (
        fetch(path), text))


def behind(command, **more):
    return call("bash", command=command, background=True, **more)


def read(id="b1", **more):
    return call("background", id=id, **more)


def up(command, text):
    """The first one; the next answer comes once it has printed this."""
    return calls(behind(command), read(wait_for=text))


def run(w, *answers, wrap=(), args=("--approve", "ask")):
    """exec; the texts of the tools' results, without done's; up's are one."""
    m = w.mock(list(answers) + [done()])
    w.result = w.run("exec", "--plan", "skip", *args, "do it", wrap=wrap)
    w.requests = m.requests()
    texts, last = [], ""
    for e in w.events("tool_result"):
        answer = e["id"].rpartition("_")[0] + e["name"]
        if answer == last.replace("bash", "background"):
            texts[-1] += "\n" + e["text"]
        elif e["name"] != "done":
            texts.append(e["text"])
        last = answer
    return texts


def ends(w):
    return ["%s: %s" % (e["background"]["id"], e["background"]["ended"])
            for e in w.events() if "ended" in e.get("background", {})]


# ---- what works ----

def serves(w, wrap=()):
    """A server is read by later commands, sees what is staged, and is gone when
    it was stopped."""
    w.write("a.txt", "real\n")
    got = run(w, up(SERVER, "Serving"), bash(fetch("a.txt")),
              write("a.txt", "staged\n"), bash(fetch("a.txt")), read(),
              read(stop=True), bash(fetch("a.txt")), read("b2"), wrap=wrap)
    assert got[0].startswith("it runs in the background as b1: ") and \
        "localhost, the user's browser one that they open in /background\n" \
        in got[0] and "\nServing" in got[0], got
    assert got[1] == "exit status 0\nreal\n", got
    assert got[3] == "exit status 0\nstaged\n", got
    assert got[4].startswith("b1 runs\n") and \
        got[4].count("GET /a.txt") == 2, got
    assert got[5] == "b1 has ended: stopped by the model\n[nothing new]", got
    assert "onnection refused" in got[6], got
    assert got[7] == "there is no such background command; there are: b1 (" \
        + SERVER + ")", got
    assert ends(w) == ["b1: stopped by the model"]


def test_a_server_answers_later_commands(w):
    harness.need_namespaces(w)
    serves(w)


def test_the_same_on_a_copied_view(w):
    harness.need_namespaces(w)
    sub = os.path.join(w.project, "sub")
    os.mkdir(sub)
    serves(w, harness.with_mount((sub, "size=1m")))


def test_without_namespaces(w):
    """On level C its ports are its own, and the model hears that."""
    wrap = harness.need_level_c(w)
    w.write("a.txt", "real\n")
    got = run(w, up("(%s) & until %s | grep real; do sleep 0.01; done; "
                    "echo w > b.txt; echo written; wait" % (
                        SERVER, fetch("a.txt")), "written"),
              bash(fetch("a.txt")), bash("cat b.txt"), read(stop=True),
              wrap=wrap)
    assert "; on this host its ports answer to nothing but itself\n" in \
        got[0] and "\nreal\n" in got[0], got
    assert "ermission denied" in got[1] or "refused" in got[1], got
    assert got[2] == "exit status 0\nw\n", got


def test_in_a_container_that_refuses_setns(w):
    wrap = harness.need_deny("--no", "setns")
    got = run(w, behind("echo up; sleep 1000"), bash("echo on"), wrap=wrap)
    if harness.level(w, wrap) in "AB":
        assert "answer to nothing but itself" in got[0], got
    assert got[1] == "exit status 0\non\n", got


def test_a_worker_that_is_killed(w):
    """Later commands still reach the server."""
    harness.need_namespaces(w)
    w.write("a.txt", "real\n")
    w.mock([up(SERVER, "Serving"), bash("sleep 1009"), bash(fetch("a.txt")),
            done()])
    p = w.start("exec", "--plan", "skip", "do it")
    harness.wait_until("the command", lambda: harness.running("sleep 1009"))
    pid, above = harness.running("sleep 1009")[0], []
    while pid in harness.children():
        above.append(pid)
        with open("/proc/%d/stat" % pid) as f:
            pid = int(f.read().rpartition(")")[2].split()[1])
    lines = harness.children()
    os.kill([i for i in above if "assent-worker" in lines[i]][-1],
            signal.SIGKILL)
    p.communicate()
    got = [e["text"] for e in w.events("tool_result")]
    assert ": worker: it was killed by signal 9" in got[2], got
    assert got[3] == "exit status 0\nreal\n", got


def test_what_a_watcher_makes_is_staged(w):
    """It sees edits; what it writes is proposed, but for ignored files, which
    commands see, as it does theirs."""
    harness.need_namespaces(w)
    w.git("init", "-q")
    w.write(".gitignore", "*.o\n")
    w.write("out/x", "")
    got = run(w, bash("echo early > out/e.o"), behind(WATCHER),
              until("out/e.o", "early"), write("a.in", "1\n"),
              write("b.o.in", "object\n"), until("out/a", "1"),
              until("out/b.o", "object"),
              bash("test out/b.o -nt b.o.in && cat out/a out/b.o"),
              write("a.in", "2\n"), until("out/a", "2"))
    assert got[7] == "exit status 0\n1\nobject\n", got
    files = {f["path"]: f for f in w.events("proposal")[-1]["files"]}
    assert sorted(files) == ["a.in", "b.o.in", "out/a"], files
    assert files["out/a"]["hunks"][0]["text"] == "+2\n", files
    # It ended with the run.
    assert w.result.returncode == 5 and not ends(w), w.result


def test_both_change_a_file(w):
    """The session's version stays, and the model hears of the other."""
    harness.need_namespaces(w)
    w.write("a.txt", "0\n")
    got = run(w, up(
        "python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", "
        "8123)); print(\"up\", flush=True); c, _ = s.accept(); "
        "print(\"b\", file=open(\"a.txt\", \"w\"), flush=True); c.close(); "
        "s.accept()'", "up"), bash("cat </dev/tcp/127.0.0.1/8123; echo c >a.txt"),
        bash("cat a.txt"))
    assert got[1] == "exit status 0\n", got
    assert got[2].startswith("exit status 0\nc\n"), got
    assert "a.txt: changed by a background command, too" in got[2], got


# ---- its end ----

def test_only_ports_are_shared(w):
    """No socket without a port, through which one could hand over descriptors,
    and no process."""
    harness.need_namespaces(w)
    python = "python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); "
    got = run(w, up(python + "s.bind(\"\\0bg\"); s.listen(); "
                    "print(\"up\", flush=True); s.accept()'", "up"),
              bash(python + "s.connect(\"\\0bg\")' 2>&1 | tail -n 1; "
                   "cat /proc/[0-9]*/comm; ls /proc/self/fd | wc -l"))
    assert "\nup\n" in got[0], got
    assert "not permitted" in got[1] or "refused" in got[1], got
    assert "python3" not in got[1], got


def test_each_has_its_proxy(w):
    """A command that finds its own proxy or another command's needs the
    secret: each connection is recorded and asked about as its own
    command's."""
    harness.need_namespaces(w)
    got = run(w, behind("echo up; sleep 1000"), bash(
        "while read _ at _ is _; do test $is = 0A || continue; "
        "exec 3<>/dev/tcp/127.0.0.1/$((16#${at#*:})); "
        "printf 'CONNECT a.example:443 HTTP/1.1\\r\\n\\r\\n' >&3; "
        "head -n 1 <&3; done </proc/net/tcp"))
    assert got[1].count("HTTP/1.1 407 ") == 2, got
    assert not w.events("net")


def test_the_check_of_what_is_accepted(w):
    """No server of the model's answers it."""
    harness.need_namespaces(w)
    w.mock([up(SERVER, "Serving"), write("a.txt", "x\n"), done()])
    c = protocol.start(w, task="go", plan="skip", test_by="flag", test=
                       "(: </dev/tcp/127.0.0.1/8123) 2>&1 && echo heard")
    c.wait_event("proposal")
    c.send(type="evidence")
    c.wait_event("evidence", lambda e: e.get("where") == "accepted" and
                 e["status"] == "done" and "refused" in e["text"])
    assert "heard" in [e for e in c.event_list("evidence") if
                       e["status"] == "done"][0]["text"]


def test_it_ends_by_itself(w):
    m = w.mock([behind("echo begun; exit 3"),
                behind("until test -e go; do sleep 0.01; done; echo w > b.txt"),
                write("go", ""), dict(bash("cat b.txt"), wait_for="its end"),
                read("b2"), done()])
    c = protocol.start(w, task="go")
    c.wait_event("user_message", lambda e: e.get("background"))
    m.release("its end")
    c.wait_event("proposal")
    got = [e["text"] for e in w.events("tool_result")]
    assert got[0] == "it ended: exit status 3\nbegun\n", got
    assert [e["ok"] for e in w.events("tool_result")][:2] == [False, True]
    assert got[3].startswith("exit status 0\nw\n"), got
    assert got[4] == "b2 has ended: exit status 0\n[nothing new]", got
    assert ends(w) == ["b1: exit status 3", "b2: exit status 0"]
    assert "[assent] Background command b2 (until test -e go; do sleep 0.01; " \
        "done; echo w > b.txt) ended: exit status 0" in repr(m.requests()[-1])


def test_how_many(w):
    got = run(w, calls(*[behind("echo; sleep 1000")] * 5))
    for i, text in enumerate(got[:4]):
        assert text.startswith("it runs in the background as b%d: " % (i + 1))
    assert "4 background commands run" in got[4], got


def test_without_a_sandbox(w):
    w.write("a.txt", "x\n")
    deny = harness.need_none()
    got = run(w, behind("sleep 1000"), wrap=deny)
    assert got[0].startswith("background commands need a sandbox"), got


def test_the_core_dies(w):
    """No process is left (the harness looks), the model hears of it, and what
    had been printed is kept."""
    m = w.mock([behind("echo first; echo second; sleep 1000"), bash("true"),
                {"text": "slow", "stall": True}, done()])
    c = protocol.start(w, task="go")
    c.wait("an answer", lambda: [x for x in c.lines
                                 if x.get("text") == "slow"])
    assert output(w) == b"first\nsecond\n"
    protocol.kill(w, c)
    harness.wait_until("the end", lambda: not harness.running("sleep 1000"))
    c = protocol.resume(w)
    c.wait_event("agent_end")
    assert ends(w) == ["b1: assent ended or was detached, and what the command "
                       "had written since the last step is lost"]
    assert "Background command b1 (echo first" in repr(m.requests()[-1])
    assert kept(w) == b"first\nsecond\n"
    assert not os.path.exists(os.path.join(w.session_dir(), "output-b1"))
    assert w.run("log", "--verify").returncode == 0


def test_on_the_screen(w):
    m = w.mock([calls(behind("sleep 1000"), behind("sleep 2000")),
                {"text": "They run."}, {"text": "Ok."}])
    with Screen(w, "--plan", "skip", "go") as t:
        t.need("They run.")
        t.need("2 in the background: /background")
        # The model is told otherwise.
        t.need("runs in the background as b2")
        t.need("/background shows its output and stops it")
        t.need("in the sandbox: /background opens one for your browser")
        assert "the tool background" not in t.text(), t.text()
        assert b" [2 in the background] go" in w.run("ls").stdout
        t.see("/status\r", "in the background: b1 sleep 1000, b2 sleep 2000")
        t.see("/context\r", " · tool results ")
        t.see("/stop\r", "type to search")
        t.see("2000\x18", "b2 stopped by the user")
        t.see("\x07", "(sleep 2000) ended: stopped by the user")
        t.need("1 in the background")
        t.see("/stop\r", "(sleep 1000) ended: stopped by the user")
        t.need("nothing changed · ready   ")
        assert b"background" not in w.run("ls").stdout
        t.see("/stop b1\r", "b1 has ended; in the background: none")
        assert not harness.running("sleep 1000")
        t.see("and now?\r", "Ok.")
        t.end()
    assert "[assent] Background command b1 (sleep 1000) ended: stopped by the " \
        "user" in repr(m.requests()[-1])


def test_it_is_waited_for(w):
    """For a text that it prints, or for its end, up to a limit; the user's
    interrupt ends the call and not the command."""
    w.mock([
        calls(behind("echo begun; until test -e go; do sleep 0.01; done; "
                     "echo so far; until test -e end; do sleep 0.01; done; "
                     "exit 3"),
              read(wait_for="never", timeout_s=1), read(wait_for="begun"),
              write("go", ""), read(wait_for="so far")),
        calls(write("end", ""), read(wait_for="end"),
              read(wait_for="more"), read("b2", wait_for="end")),
        calls(behind("echo two; sleep 1000"), read("b2", wait_for="end")),
        {"text": "Go on?"}, {"text": "slow", "stall": True}])
    c = protocol.start(w, task="go")
    c.wait_event("tool_call", lambda e: e["turn"] == 3 and
                 e["name"] == "background")
    c.send(type="interrupt")
    c.wait_event("agent_end")
    got = [e for e in w.events("tool_result") if e["name"] == "background"]
    texts = [e["text"] for e in got]
    assert texts[0] == "b1 runs: what you waited for didn't happen in 1 s\n" \
        "[nothing new]", texts
    assert texts[1] == "b1 runs\n[nothing new]", texts
    assert texts[2] == "b1 runs\nso far\n", texts
    assert texts[3] == "b1 has ended: exit status 3\n[nothing new]", texts
    assert texts[4] == "b1 has ended: exit status 3\n[nothing new]", texts
    assert texts[5].startswith("there is no such background command"), texts
    assert [e["ok"] for e in got] == [True] * 5 + [False] * 2, got
    assert got[6]["error"] == "interrupted", got
    assert ends(w) == ["b1: exit status 3"], ends(w)

def test_the_user_reads_it(w):
    """Also what the model has read already."""
    w.mock([calls(behind("echo first; sleep 1000")), calls(read()), done()])
    with Screen(w, "--plan", "skip", "go") as t:
        t.need("1 in the background")
        t.need("nothing changed")
        t.need(" ready")
        t.see("/output b1\r", "b1 printed last:")
        t.see("/output b7\r", "none of this name; in the background: b1")
        t.see("\x03/output\r", "b1 printed last:")
        t.see("\x03/stop\r", "ended: stopped by the user")
        t.see("\x03/output\r", "[3 output]")
        t.end()
    assert "b1 printed last:\nfirst" in [
        e["text"] for e in w.events("note")], w.events("note")


# ---- the list ----

def output(w, id="b1"):
    """All that is kept of it in the session's folder while it runs."""
    path = os.path.join(w.session_dir(), "output-" + id)
    with open(path, "rb") as f:
        return f.read()


def kept(w, id="b1"):
    """And after its end, from the journal."""
    for e in w.events():
        b = e.get("background", {})
        if b.get("id") == id and "out" in b:
            with open(os.path.join(w.session_dir(), "out",
                                   b["out"]["sha256"]), "rb") as f:
                data = f.read()
            assert len(data) == b["out"]["size"], b
            return data


def has_ports(w, wrap=()):
    """Those of its own processes, not another command's in the same
    network."""
    w.write("a.txt", "real\n")
    w.mock([calls(behind(SERVER), behind("sleep 1000"),
                  read(wait_for="Serving")),
            bash(fetch("a.txt")), {"text": "slow", "stall": True}])
    c = protocol.start(w, task="go", wrap=wrap)
    c.wait_event("tool_result", lambda e: "real" in e["text"])
    got = protocol.backgrounds(c)
    assert got["b1"]["ports"] == [8123] and got["b2"]["ports"] == [], got
    assert "GET /a.txt" in got["b1"]["last"] and got["b1"]["ms"] > 0, got
    assert got["b1"]["bytes"] == len(output(w)), got
    c.send(type="stop", id="b1")
    c.wait_event("user_message", lambda e: e.get("background"))
    got = protocol.backgrounds(c)
    assert "ports" not in got["b1"], got
    assert b"GET /a.txt" in kept(w)


def test_the_list_has_its_ports(w):
    harness.need_namespaces(w)
    has_ports(w)


def test_the_same_for_an_ordinary_user(w):
    harness.need_namespaces(w)
    has_ports(w, harness.as_user(w))


def test_without_a_network_of_its_own_no_ports(w):
    wrap = harness.need_level_c(w)
    w.mock([behind("echo up; " + SERVER), {"text": "slow", "stall": True}])
    c = protocol.start(w, task="go", wrap=wrap)
    c.wait_event("tool_result")
    got = protocol.backgrounds(c)
    assert "ports" not in got["b1"] and got["b1"]["last"], got


def test_all_of_it_is_kept(w):
    """20 MB, and the model gets what it always got."""
    w.mock([behind("seq 1 2800000; echo the end"),
            read(wait_for="end"), done()])
    w.run("exec", "--plan", "skip", "go")
    data = kept(w)
    assert data == b"".join(b"%d\n" % i for i in range(1, 2800001)) + \
        b"the end\n", len(data)
    assert len(data) > 19 << 20
    for e in w.events("tool_result"):
        assert len(e["text"]) < 40000, len(e["text"])


def test_output_without_lines(w):
    """It is kept, too, and a secret in it is masked wherever it is cut."""
    token = "ghp_" + "0123456789" * 3
    w.write("say.py", "import sys\nfor i in range(20000):\n"
            "    sys.stdout.write('x' * 37 + ' %s ')\n" % token)
    w.mock([behind("python3 say.py"), read(wait_for="end"), done()])
    w.run("exec", "--plan", "skip", "go")
    data = kept(w)
    assert data == (b"x" * 37 + b" [masked by assent] ") * 20000, (
        len(data), data[:200])


def test_not_more_than_there_is_room_for(w):
    w.mock([behind("echo begun; yes | head -c 9000000; echo; echo end"),
            read(wait_for="end"), done()])
    w.run("exec", "--plan", "skip", "--disk", "16M", "go")
    assert [e for e in w.events("note") if "the whole output was not kept: "
            "outputs may take a quarter of --disk" in e["text"]]
    data = kept(w)
    assert data.startswith(b"begun\ny\n") and len(data) <= 4 << 20, len(data)


def test_what_it_prints_begins_no_row(w):
    """A long last line keeps its indentation in the list."""
    w.mock([calls(behind("printf '%040d forged: %0100d\\n' 7 8; sleep 1000")),
            dict(text="It runs.", wait_for="more")])
    with Screen(w, "--plan", "skip", "go", rows=24, cols=80) as t:
        t.need("1 in the background")
        t.leave()
        t.see("&", "background commands")
        t.need("b1 runs")
        t.need("\u00bb " + "0" * 78)
        assert not [r for r in t.text().split("\n")
                    if r.startswith(("forged", "000"))], t.text()
        t.see("\x1b", "? help")
        w.mocks[-1].release("more")
        t.need("It runs.")
        t.end()


def test_attached_again(w):
    """The list is the same, and the output from its beginning on; a core that
    has ended with it leaves the list and the output, too."""
    m = w.mock([behind("echo begun; seq 1 20000; sleep 1000"),
                dict(text="Still here.", wait_for="more")])
    with Screen(w, "--plan", "skip", "go") as t:
        t.need("1 in the background")
        t.leave()
        t.detach()
    with Screen(w, "resume", w.sessions()[-1]) as t:
        t.need("1 in the background")
        t.leave()
        t.see("&", "· 20000")
        t.see("\r", "b1 runs · 108 kB")
        t.see("g", "begun")
        m.release("more")
        t.need(" ready")
        t.detach()
    harness.wait_until("its end", lambda: not harness.running("sleep 1000"))
    with Screen(w, "resume", w.sessions()[-1]) as t:
        t.need("Still here.")
        t.leave()
        t.see("&", "> b1")
        t.need("assent ended or was detached")
        t.see("\r", "20000")
        t.see("g", "begun")
        t.end()


def test_the_list_in_plain_lines(w):
    w.mock([behind("echo begun; sleep 1000"), {"text": "It runs."}])
    w.env.update({"TERM": "dumb"})
    code, seen = harness.on_terminal(w, [
        (b"It runs.", b"/background\n"),
        (b"b1 (echo begun; sleep 1000) runs 0:", b"/stop b1\n"),
        (b"ended: stopped by the user", b"/ps\n"),
        (b"b1 (echo begun; sleep 1000) stopped by the user", b"/end\n")],
        "--plan", "skip", "go")
    assert code == 0 and b"begun" in seen, (code, seen)


def test_a_secret_in_pieces(w):
    """What one answer ends with, and the next begins with."""
    harness.need_namespaces(w)
    token = "ghp_" + "0123456789" * 3
    pieces = ["up\n-----BEGIN PRIVATE KEY-----\nMIIone\n", "MIItwo\n",
              "MIIthree\n-----END PRIVATE KEY-----\nafter\n" + token[:20],
              token[20:] + "\nlast\n"]
    w.write("serve.py", "import socket\n"
            "s = socket.create_server(('127.0.0.1', 8123))\n"
            "print(%r, end='', flush=True)\n"
            "for piece in %r:\n"
            "    c, _ = s.accept()\n"
            "    print(piece, end='', flush=True)\n"
            "    c.close()\n"
            "s.accept()\n" % (pieces[0], pieces[1:]))
    more = [bash("cat </dev/tcp/127.0.0.1/8123"), read()]
    got = run(w, up("exec python3 serve.py", "up"), *(more * 3))
    assert "[masked by assent]" in got[0], got
    assert "MII" not in "".join(got), got
    assert got[2].endswith("\n[masked by assent]"), got
    assert got[4].endswith("\n[masked by assent]\nafter\n"), got
    assert got[6].endswith("\n[masked by assent]\nlast\n"), got


def test_the_user_stops_it(w):
    """While it starts, and later."""
    w.mock([behind("echo begun; until test -e go; do echo; sleep 0.01; done"),
            behind("sleep 1000"), {"text": "slow", "stall": True}])
    c = protocol.start(w, task="go")
    c.wait("its output", lambda: [x for x in c.lines if x.get("kind") ==
                                  "output" and "begun" in x["text"]])
    c.send(type="stop", id="b1")
    c.wait_event("tool_result", lambda e: e["text"].startswith(
        "stopped by the user\nbegun\n"))
    c.wait_event("tool_result", lambda e: "as b2" in e["text"])
    c.send(type="stop", id="b1")
    e = c.wait("a refusal", lambda: [x for x in c.lines
                                     if x.get("type") == "refused"])
    c.send(type="stop", id="b2")
    c.wait_event("user_message", lambda e: e["text"] == "[assent] Background "
                 "command b2 (sleep 1000) ended: stopped by the user")
    assert not harness.running("sleep 1000")


harness.main(globals())
