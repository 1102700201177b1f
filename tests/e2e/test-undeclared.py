"""A file that isn't UTF-8 and whose encoding nobody declared: the user hears once
how to say it; what they say counts at once and later."""

import json
import os

import harness
from harness import call, done

TEXT = "[設定]\n名前=山田太郎\n; これはコメントです\n"
SAYS = " is not UTF-8, and nothing declares its encoding. "
READ = call("read", path="legacy/a.ini")


def looks(path, rule):
    return path + SAYS + "If you know it: " + rule % "NAME"


def begin(w, answers):
    harness.need_sandbox(w)
    w.clean_project()
    for path in ("legacy/a.ini", "b.ini", "c"):
        w.write(path, TEXT.encode("shift_jis"))
    w.write("d.e f", bytes(range(1, 256)))
    w.write(".gitattributes", "e.ini working-tree-encoding=UTF-16LE\n")
    w.write("e.ini", TEXT.encode("shift_jis"))
    return w.mock(answers, config={"plan": "skip"})


def notes(w):
    return [e["text"] for e in w.events("note") if SAYS in e["text"] or
            "but not converted" in e["text"]]


def results(w):
    return [e["text"] for e in w.events("tool_result") if e["name"] == "read"]


def raw(w, name):
    with open(os.path.join(w.project, name), "rb") as f:
        return f.read()


def test_exec_says_so(w):
    """Once for a pattern; the model sees bytes."""
    begin(w, [READ, call("read", paths=["b.ini", "c"]),
              call("read", path="d.e f"), call("read", path="e.ini"),
              done()])
    r = w.run("exec", "look")
    rule = 'put "encodings": {"%s": "%%s"} into your config.json'
    assert sorted(notes(w)) == [
        '"d.e f"' + SAYS + "If you know it: " + rule % "PATTERN" % "NAME",
        looks("c", rule % "c"),
        next(s for s in notes(w) if s.startswith(
            "e.ini is declared as UTF-16LE (.gitattributes:1), but not "
            "converted: ") and s.endswith(
                looks("", rule % "e.ini")[len(SAYS):])),
        looks("legacy/a.ini", rule % "*.ini"),
    ], notes(w)
    assert r.stdout.count(SAYS[:20].encode()) == 3, r.stdout
    assert "\\x96\\xBC" in results(w)[0], results(w)
    assert not os.path.exists(w.path("config", "assent", "saved.json"))


def test_the_user_says_it(w):
    """It counts from the next tool call on, also in later sessions."""
    begin(w, [call("edit", path="legacy/a.ini", old_string="=", new_string="："),
              done(), READ, call("edit", path="legacy/a.ini", old_string="太郎",
                                 new_string="花子"), done(),
              READ, done(), READ, done()])
    code, seen = harness.on_terminal(w, [
        (b"If ", b"/encoding *.ini\n"),
        (b"needs a pattern and a name", b"/encoding *.ini UTF-7\n"),
        (b"gives ASCII bytes another meaning", b"/encoding *.ini SHIFT_JIS\n"),
        (b"*.ini: in SHIFT_JIS", b"go on\n"), (b"Enter", b"/end\n")],
        "--plain", "look")
    assert notes(w) == [looks("legacy/a.ini", "/encoding *.ini %s "
                               "(or a narrower pattern)")], notes(w)
    assert "not UTF-8" in w.events("tool_result")[0]["text"]
    read, = results(w)
    assert read.startswith(TEXT) and "SHIFT_JIS" in read, read
    assert "The user says that files of the pattern *.ini are in" in read, read
    with open(w.path("config", "assent", "saved.json")) as f:
        assert json.load(f) == {"projects": {w.project: {"encodings": {
            "*.ini": "SHIFT_JIS"}}}}
    file, = w.events("proposal")[-1]["files"]
    assert "花子" in json.dumps(file, ensure_ascii=False), file
    harness.on_terminal(w, [(b"continues it", b"again\n"),
                            (b"(version 2)", b"/end\n")], "resume", "--plain")
    assert "花子" in results(w)[-1], results(w)
    w.run("exec", "look")
    assert results(w)[0].startswith(TEXT), results(w)


def test_the_user_takes_it_back(w):
    """A declaration for this project, or, once, for all; elsewhere it never
    counted."""
    begin(w, [READ, done()] * 4)
    path = w.path("config", "assent", "saved.json")

    def says_text():
        w.run("exec", "look")
        return results(w)[0].startswith(TEXT)

    saved = {"projects": {"/elsewhere": {"encodings": {"*.ini": "cp932"}}}}
    w.write("saved.json", json.dumps(saved), 0o600, os.path.dirname(path))
    assert not says_text()
    saved["projects"][w.project] = {"encodings": {"a.*": "cp932"}}
    saved["encodings"] = {"*.ini": "koi8-r"}
    w.write("saved.json", json.dumps(saved), 0o600, os.path.dirname(path))
    assert says_text()
    harness.on_terminal(w, [
        (b"/help lists", b"/encoding *.ini none\n"),
        (b"*.ini: in what the project", b"/encoding a.* none\n"),
        (b"a.*: in what the project", b"go on\n"), (b"nothing changed", b"/end\n")],
        "--plain")
    assert not results(w)[0].startswith(TEXT), results(w)
    with open(path) as f:
        now = json.load(f)
    assert not now["encodings"] and not now["projects"][w.project][
        "encodings"] and now["projects"]["/elsewhere"], now
    assert not says_text()


def test_a_moved_file_keeps_its_encoding(w):
    """Also under a name for which nothing, or another one, is declared."""
    begin(w, [harness.bash("mv legacy/a.ini 'x [1].txt'; mv b.ini b.ru; "
                           "tr = : <c >new.txt"),
              call("read", path="x [1].txt"), call("read", path="b.ru"),
              call("read", path="new.txt"),
              call("edit", path="x [1].txt", old_string="太郎",
                   new_string="花子"), done()])
    w.write(".gitattributes", "*.ini working-tree-encoding=SHIFT_JIS\n"
            "*.ru working-tree-encoding=KOI8-R\n")
    w.run("exec", "look", "--approve", "yes", code=0)
    got = results(w)
    assert got[0].startswith(TEXT) and got[1].startswith(TEXT), got
    assert not got[2].startswith(TEXT), got
    assert raw(w, "b.ru") == TEXT.encode("shift_jis")
    assert raw(w, "x [1].txt") == TEXT.replace(
        "太郎", "花子").encode("shift_jis")


def test_two_encodings_need_a_person(w):
    """No rule accepts lines that would give a file a second encoding; declared
    during the review, it is proposed again as what it is."""
    begin(w, [harness.bash("printf '\\303\\251\\n' >>b.ini; "
                           "printf 'x\\n' >>c"), done()])
    r = w.run("exec", "--approve", "yes", "look", code=5)
    assert "it would get two encodings" in json.dumps(w.events("proposal")), r
    assert w.read("c").endswith("x\n") and "\u00e9" not in w.read("b.ini")
    harness.on_terminal(w, [
        (b"Enter to see it", b"/encoding b.ini euc-kr\n"),
        (b"(version 3)", b"/end\n")], "resume", "--plain")


def test_what_bytes_hide_needs_a_person(w):
    """No rule accepts UTF-16, nor a character whose second byte acts; the review
    says where, and a script in UTF-16 is shown as bytes."""
    harness.need_sandbox(w)
    w.clean_project()
    script = b"\xff\xfe\nid -u >xy\nexit\n#\0c\0h\0"
    was = {"a.c": "// x\nif (!ok) return 1;\n".encode("shift_jis"),
           "b.c": b"// x\n", "t.sh": "\ufeffecho\n".encode("utf-16-le"),
           "u.txt": "\ufeffx\n".encode("utf-16-le")}
    for path, data in was.items():
        w.write(path, data)
    w.write(".gitattributes", "*.c working-tree-encoding=SHIFT_JIS\n"
            "u.txt working-tree-encoding=UTF-16LE-BOM\n")
    w.mock([call("edit", path="a.c", old_string="x", new_string="表"),
            call("edit", path="b.c", old_string="x", new_string="示"),
            call("edit", path="u.txt", old_string="x", new_string="y"),
            harness.bash("printf '%s' >t.sh" % "".join(
                "\\%03o" % c for c in script)),
            done()], config={"plan": "skip"})
    says = {"a.c": "line 1 ends in a backslash for a program that reads bytes",
            "t.sh": "not converted: what runs such a file reads bytes",
            "u.txt": "encoding UTF-16LE"}
    w.run("exec", "--approve", "yes", "look", code=5)
    for path, data in dict(was, **{"b.c": "// 示\n".encode("shift_jis")}).items():
        with open(os.path.join(w.project, path), "rb") as f:
            assert f.read() == data, path
    files = {f["path"]: f for f in w.events("proposal")[-1]["files"]}
    shown = w.run("show").stderr.decode()
    for path, text in says.items():
        assert text in files[path]["note"] and text in shown, (path, shown)
        assert files[path]["rules"] == dict.fromkeys(
            ("small", "yes"), "a program may read its bytes otherwise")


harness.main(globals())
