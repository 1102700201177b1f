"""`assent help WORD`: what each word of the tables is, and the closest to one
that isn't there."""

import re

import harness


def told(w, *words):
    return w.run("help", *words, code=0).stdout.decode()


def flat(text):
    return " ".join(text.split())


def table(path, name, row, least=10):
    """The names in this table of a source."""
    with open("%s/%s" % (harness.SRC, path)) as f:
        text = f.read().split(name + "[] = {")[1].split("\n};")[0]
    names = re.findall(row, text, re.M)
    assert len(names) >= least, (path, names)
    return names


def test_each_word_of_the_tables(w):
    words = {
        "option (": table("src/cmd/cmd.c", "cmd_options",
                          r'^\t\{ "([\w-]+)"'),
        "setting (": table("src/config/settings.c", "setting_table",
                           r'^\t\{ "(\w+)"') +
                     table("src/config/settings.c", "setting_providers",
                           r'^\t"(\w+)"'),
        "key (": table("src/front/bindings.c", "action_table",
                       r'^\t\{ ACTION_\w+, "([\w-]+)"'),
        "slash command (": table("src/front/slash-command.c",
                                 "slash_command_table",
                                 r'^\t\{ SLASH_COMMAND_\w+, "(\w+)"'),
        "in other programs": table("src/front/slash-command.c",
                                   "slash_command_others",
                                   r'^\t\{ "([\w-]+)"') +
                             table("src/cmd/cmd.c", "cmd_others",
                                   r'^\t\{ "([\w-]+)"'),
        "removed": table("src/cmd/cmd.c", "cmd_gone",
                         r'^\t\{ "(?:[a-z]+ )?(?:--)?([\w-]+)"', 2),
        "exit status (": table("src/cmd/cmd-help.c", "help_exits",
                               r'^\t\{ "(\d+)"'),
    }
    # One letter alone is an option of getopt's.
    asked = sorted({x for names in words.values() for x in names
                    if not re.fullmatch("-.", x)} - {"--help", "--version"})
    answers = {x: told(w, x) for x in asked}
    for kind, names in words.items():
        for x in names:
            if x in answers:
                assert "\n" + kind in "\n" + answers[x], (kind, x, answers[x])
    for x, text in answers.items():
        assert max(map(len, text.splitlines())) <= 80, text


def test_all_answers(w):
    text = flat(told(w, "approve"))
    assert "--approve WHEN when you review" in text, text
    assert "ask you review after each plan step" in text, text
    assert "approve ask|small|yes" in text and "default: ask" in text, text
    text = flat(told(w, "commit"))
    assert text.startswith("usage: assent commit"), text
    assert "--commit WHEN commit what" in text and "/commit [TITLE] make a" in text
    # However it is written.
    assert told(w, "max-cost") == told(w, "--max-cost") == \
        told(w, "max_cost") == told(w, "MAX-COST")
    assert "/mode MODE" in told(w, "/mode")
    assert "here it is /mode" in told(w, "permissions")
    assert "here it is assent resume" in told(w, "--continue")
    assert "!COMMAND" in told(w, "!")
    text = flat(told(w, "exit"))
    assert "/exit" in text and "5 something waits for your review" in text
    assert "reached a limit" in flat(told(w, "4"))
    assert "the provider failed" in told(w, "6")


def test_keys_are_yours(w):
    assert "accept this hunk" in flat(told(w, "y"))
    assert "(input: input-editor)" in flat(told(w, "C-g"))
    w.configure("http://127.0.0.1:1", config={"keys": {"hunk-accept": "Q"}})
    assert "accept this hunk" not in flat(told(w, "y"))
    assert " Q accept this hunk" in flat(told(w, "Q"))
    assert " Q accept this hunk" in flat(told(w, "hunk-accept"))
    # A mistake there is named, and hides no help.
    w.write(w.path("config", "assent", "config.json"), "{")
    r = w.run("help", "y", code=0)
    assert b"config.json" in r.stderr and b"hunk-accept" in r.stdout, r


def test_unknown(w):
    for word, near in (("aprove", "approve"), ("max-csot", "max-cost"),
                       ("permisions", "permissions"), ("exce", "exec")):
        r = w.run("help", word, code=2)
        assert not r.stdout, r
        assert 'did you mean "%s"?' % near in r.stderr.decode(), r
    r = w.run("help", "zzzzzz", code=2)
    assert r.stderr == b'assent: no help on "zzzzzz" (see assent help ' \
        b'--all, man assent)\n', r


def test_exit_statuses_are_those_of_the_manual(w):
    with open(harness.SRC + "/man/assent.1") as f:
        page = f.read().split(".Sh EXIT STATUS\n")[1].split("\n.El")[0]
    items = dict(re.findall(r"^\.It (\d+)\n((?:(?!\.It ).*\n?)+)", page, re.M))
    said = told(w, "exit").split("EXIT STATUS):\n")[1]
    rows = dict(re.findall(r"^  (\d+) +(\S.*(?:\n {8,}.*)*)", said, re.M))
    assert set(rows) == set(items), (rows, items)
    for code, text in rows.items():
        want = flat(re.sub(r"^\.Cm ", "", items[code], flags=re.M))
        want = want.replace(" :", ":").lower()
        assert want.startswith(flat(text).lower()), (code, want, text)


harness.main(globals())
