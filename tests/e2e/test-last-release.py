#!/usr/bin/env python3
"""What the last release knew: each option, command, setting and /command of it
still works, or one line says what to use instead. Its journals are in
tests/fixtures/journal and sessions."""
import json
import os

import harness

FOLDER = os.path.join(harness.SRC, "tests/fixtures/last-release")


def lines(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
        return f.read().split("\n")[:-1]


def answered(r, words):
    """It is known, or one line says what to use."""
    out = r.stderr.decode()
    assert r.returncode in (0, 2), (words, r)
    if r.returncode == 2:
        assert out.count("\n") == 1 and " was removed; " in out, (words, out)


def test_command_lines(w):
    w.mock([])
    commands = set()
    for line in lines("command-lines"):
        words = line.split()
        if not words[0].startswith("-"):
            commands.add(words[0])
        if line.endswith("="):
            words[-1] += "1"
        answered(w.run(*words, "--help"), words)
    # A command that is gone is no task, however many words follow.
    for command in sorted(commands):
        answered(w.run(command, "one", "two", "three", "--help"), command)


def test_configuration(w):
    with open(os.path.join(FOLDER, "config.json"), encoding="utf-8") as f:
        settings = json.load(f)
    assert len(settings) > 50
    for name, value in settings.items():
        w.mock([], config={name: value})
        answered(w.run("config", "models"), name)


def test_slash_commands(w):
    for name in lines("slash-commands"):
        r = w.run("help", "/" + name)
        assert r.returncode == 0 and b"/" + name.encode() in r.stdout, r


harness.main(globals())
