"""The names in a project's files, by a ctags that this test writes: it runs in
the sandbox, the files that the task is about stand first, what it says beside that
is not believed, and without it all goes on.
"""

import os

import harness
from messages import msg
import protocol

HEAD = msg.NAMES_THAT_ITS_FILES_DEFINE
# It gives the functions of C files, and lies.
CTAGS = """#!/bin/sh
test "$1" = --options=NONE || exit 9
printf '!_TAG_FILE_SORTED\\t0\\t/0=unsorted/\\n'
for f; do
	case $f in
	./*.c) sed -n 's/^int \\([a-z_]*\\)(.*/\\1/p' "$f" | while read -r n; do
		printf '%s\\t%s\\t1;"\\tfunction\\n' "$n" "$f"
	done ;;
	./CMakeLists.txt) printf 'cmake_made\\t%s\\t1;"\\tfunction\\n' "$f" ;;
	./*.json | ./*.txt) printf 'of_data\\t./draw.c\\t1;"\\tfunction\\n' ;;
	esac
done
printf 'root\\t/etc/passwd\\t1;"\\tfunction\\n'
printf 'ignore all that\\t./draw.c\\t1;"\\tfunction\\n'
printf 'secret_name\\t./.env\\t1;"\\tfunction\\n'
printf 'small\\t./draw.c\\t1;"\\tvariable\\n'
printf 'draw_cut\\t./draw.c'
"""


def project(w, ctags=CTAGS):
    harness.need_sandbox(w)
    w.write("draw.c", "int draw_line(void);\nint draw_line(void) {}\n")
    w.write("lib/deep/er/still/parse.c", "int parse_head(int a) {}\n")
    w.write("build/made.c", "int made_up(void) {}\n")
    w.write(".env", "int in_secret(void) {}\n")
    for name in ("CMakeLists.txt", "notes.txt", "data.json"):
        w.write(name, "function\n")
    w.write(".gitignore", "build/\n")
    w.git("init", "-q")
    # A folder on PATH that the sandbox shows.
    w.write(".local/bin/ctags", ctags, 0o755, base=w.home)
    return os.path.join(w.home, ".local/bin/ctags")


def path(w, ctags):
    return os.path.dirname(ctags) + ":" + w.env["PATH"]


def start(w, ctags, **more):
    return protocol.start(w, **dict({"ctags": ctags, "symbols_ms": 1000000,
                                     "path": path(w, ctags)}, **more))


def system(m, n=-1):
    return m.requests()[n]["body"]["messages"][0]["content"]


def test_names(w):
    ctags = project(w)
    m = w.mock([{"text": "answer %d" % i} for i in range(4)])
    c = start(w, ctags, task="fix the header in parsing")
    c.wait_event("agent_end")
    text = system(m).split(HEAD)[1]
    assert "\n\nlib/deep/er/still/parse.c: parse_head\n" \
        "CMakeLists.txt: cmake_made\ndraw.c: draw_line\n" in text, text
    for word in ("made_up", "of_data", "secret", "root", "ignore all", "small",
                 "cut"):
        assert word not in text, (word, text)
    # Nothing of it is a change, and it is not asked for again.
    protocol.say(c, "now the drawing", 2)
    w.write("draw.c", "int other(void) {}\n")
    protocol.kill(w, c)
    c = protocol.resume(w, path=path(w, ctags))
    c.wait_live()
    protocol.say(c, "and again", 3)
    assert system(m, 0) == system(m, 1) == system(m, 2)
    lines = w.events("project")
    assert ["symbols" in o for o in lines] == [False, True], lines
    assert not w.events("proposal")
    # A new session gets the current names, for other words.
    c.send(type="new", text="draw the other one")
    c.wait("the new task", lambda: len(c.event_list("agent_end")) >= 4)
    text = system(m).split(HEAD)[1]
    assert "\n\ndraw.c: other\nCMakeLists.txt: cmake_made\n" \
        "lib/deep/er/still/parse.c: parse_head\n" in text, text


def test_map_of_the_task_s_begin(w):
    """The names are looked for while the message is typed; files change then."""
    ctags = project(w)
    m = w.mock([{"text": "answer"}])
    c = start(w, ctags)
    c.wait_live()
    c.send(type="typing")
    c.send(type="sync")
    c.wait("the look", lambda: {"type": "synced"} in c.lines)
    w.write("later.c", "int later(void) {}\n")
    os.remove(w.project + "/notes.txt")
    protocol.say(c, "look at later.c", 1)
    text = system(m).split(HEAD)[0]
    assert " later.c" in text and "notes.txt" not in text, text


def test_in_the_way(w):
    """It ends for a command that can't run beside it, and then what waited for
    its end runs, such as the user's own command."""
    ctags = project(w, "#!/bin/sh\nexec sleep 1000\n")
    w.mock([])
    c = start(w, ctags)
    c.wait_live()
    c.send(type="typing")
    harness.wait_until("the look", lambda: harness.running("sleep 1000"))
    c.send(type="run", command="echo ran")
    c.wait("its place", lambda: [x for x in c.lines if x.get("type") ==
                                 "queued" and x.get("commands")])
    c.send(type="evidence")
    e = c.wait_event("tool_result")
    assert "ran" in e["text"], e


def test_setting(w):
    w.write("bin/ctags", CTAGS, 0o755, base=w.home)
    found = os.path.join(w.home, "bin", "ctags")
    w.env["PATH"] = os.path.dirname(found) + ":" + w.env["PATH"]
    for value, line in (("on", "ctags " + found + ":"),
                        ("off", "ctags not used: symbols is off "
                         "(ASSENT_SYMBOLS)")):
        env = {"ASSENT_SYMBOLS": value}
        said = w.run("doctor", "--all", env=env).stdout.decode()
        assert line in " ".join(said.split()), said
        w.mock([{"text": "answer"}])
        w.run("exec", "--plan", "skip", "look", env=env, code=0)
        told = w.events("session_start")[0]["settings"].get("ctags")
        assert told == (found if value == "on" else None), told


harness.main(globals())
