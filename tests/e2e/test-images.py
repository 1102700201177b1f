"""Images that a person names with @ in a message: what is sent in each format,
what is refused before anything is sent, and what goes when there is no room.
"""

import base64
import hashlib
import os
import struct
import zlib

import harness
from messages import msg
from screenlib import Screen

DONE = {"calls": [{"name": "done", "args": {"summary": "seen"}}]}


def png(width=8, height=6, more=0):
    def chunk(name, data):
        return (struct.pack(">I", len(data)) + name + data +
                struct.pack(">I", zlib.crc32(name + data)))
    rows = (b"\0" + b"\x7f" * width) * height
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0,
                                       0)) +
            chunk(b"tEXt", b"Comment\0" + os.urandom(more)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


JPEG = (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" +
        b"\xff\xc0\0\x0b\x08\0\x06\0\x08\1\1\x11\0" + b"\xff\xd9")


def images(fmt, body):
    """(type, content) of each image of the request, in its order."""
    out = []

    def walk(o):
        if isinstance(o, list):
            for it in o:
                walk(it)
        if not isinstance(o, dict):
            return
        url = None
        if fmt == "anthropic" and o.get("type") == "image":
            assert o["source"]["type"] == "base64", o
            out.append((o["source"]["media_type"], o["source"]["data"]))
        elif fmt == "gemini" and "inlineData" in o:
            out.append((o["inlineData"]["mimeType"], o["inlineData"]["data"]))
        elif fmt == "openai-chat" and o.get("type") == "image_url":
            url = o["image_url"]["url"]
        elif fmt == "openai-responses" and o.get("type") == "input_image":
            url = o["image_url"]
        if url is not None:
            assert url.startswith("data:"), url[:40]
            kind, data = url[5:].split(";base64,")
            out.append((kind, data))
        for it in o.values():
            walk(it)

    walk(body)
    return [(kind, base64.b64decode(data, validate=True))
            for kind, data in out]


def whole(w, fmt):
    """By its content, not its name; the journal has its hash and not itself."""
    shot, photo = png(640, 480, 3000), JPEG
    w.write("docs/shot one.png", shot)
    w.write("photo.png", photo)
    w.write("drawing", shot + b" ")
    w.write("notes.txt", "nothing")
    m = w.mock([DONE, DONE], fmt=fmt)
    r = w.run("exec", "--plan", "skip", "compare @\"docs/shot one.png\" with "
              "@photo.png (@drawing), @notes.txt. Mail a@photo.png not, and "
              "@photo.png again.")
    assert r.returncode == 0, (fmt, r.stdout, r.stderr)
    assert b"docs/shot one.png, PNG, 640x480, 4302 bytes" in r.stdout + r.stderr, r
    sent = images(fmt, m.requests()[0]["body"])
    assert sent == [("image/png", shot), ("image/jpeg", photo),
                    ("image/png", shot + b" ")], (
        fmt, [(kind, len(data)) for kind, data in sent])
    said = [e for e in w.events("user_message") if e["by"] == "user"][0]
    assert [(i["path"], i["kind"], i["width"], i["height"], i["size"],
             i["hash"]) for i in said["images"]] == [
        ("docs/shot one.png", "png", 640, 480, len(shot),
         hashlib.sha256(shot).hexdigest()),
        ("photo.png", "jpeg", 8, 6, len(photo),
         hashlib.sha256(photo).hexdigest()),
        ("drawing", "png", 640, 480, len(shot) + 1,
         hashlib.sha256(shot + b" ").hexdigest())], said
    w.verify()


def test_anthropic(w):
    whole(w, "anthropic")


def test_gemini(w):
    whole(w, "gemini")


def test_openai_chat(w):
    whole(w, "openai-chat")


def test_openai_responses(w):
    whole(w, "openai-responses")


def test_refused_before_anything_is_sent(w):
    w.write("small.png", png())
    w.write("page.png", "<html>")
    w.write("cut.png", png()[:20])
    w.write("anim.gif", b"GIF89a" + b"\0" * 20)
    w.write("wide.png", png(9000, 1))
    w.write("heavy.png", png(8, 6, 4000000))
    w.write("secret.pem.png", png())
    w.write(".env.png", png())
    for n in range(11):
        w.write("n%d.png" % n, png(n + 1, 1))
    outside = w.write("out.png", png(), base=w.home)
    w.write(".assent/config.json", '{"secret": [".env.png"]}')
    os.symlink(outside, os.path.join(w.project, "link.png"))
    m = w.mock([DONE], fmt="anthropic")
    for task, words in [
            ("see @page.png", "@page.png can't be sent: not a PNG"),
            ("see @cut.png", msg.IMAGE_IS_DAMAGED),
            ("see @anim.gif", "by its first bytes: GIF image"),
            ("see @gone.png.", "@gone.png: no such file"),
            ("see @/gone.png", "@/gone.png: no such file"),
            ("see @wide.png", "9000 x 1 pixels, and mock takes 8000"),
            ("see @heavy.png", "too large to be sent: 40"),
            ("see @link.png", "@link.png cannot be read"),
            ("see @../../out.png", "@../../out.png is not in the project"),
            ("see @" + outside, msg.NOT_IN_THE_PROJECT),
            ("see @.env.png", msg.HIDDEN_FROM_THE_MODEL),
            (" ".join("@n%d.png" % n for n in range(11)),
             "a message can have 10 images at most")]:
        r = w.run("exec", "--plan", "skip", task)
        assert r.returncode == 2, (task, r)
        assert words.encode() in r.stderr, (task, r.stderr)
        # Of a session that did not begin nothing is kept.
        assert w.sessions() == [], task
    assert m.requests() == []
    w.run("exec", "--plan", "skip", "@page and @small.png", code=0)
    assert len(images("anthropic", m.requests()[0]["body"])) == 1


def test_outside_the_project(w):
    """On the screen, one that is dropped or named there is sent when the user has
    said so, once; never by a link, nor if it is hidden or no file."""
    shot = png()
    path = w.write("Down loads/shot one.png", shot, base=w.home)
    w.write("pem/x.pem.png", shot, base=w.home)
    os.symlink(path, os.path.join(w.home, "link.png"))
    os.mkfifo(os.path.join(w.home, "fifo.png"))
    w.write(".assent/config.json", '{"secret": ["pem/"]}')
    m = w.mock([{"text": "first"}, {"text": "second"}],
               config={"plan": "skip"})
    with Screen(w) as t:
        t.need(" ready")
        t.see("look at", "> look at")
        t.see("\x1b[200~%s\x1b[201~" % path.replace(" ", "\\ "),
              "shot one.png\"")
        t.slow(150)
        t.see("\r", "Y to confirm")
        t.see("n", "not done")
        t.see("\r", "Y to confirm")
        t.see("Y", "Enter to confirm")
        t.see("\r", "first")
        t.see("again @~/link.png\r", "second")
        t.see("@~/pem/x.pem.png\r", "Y to confirm")
        t.see("Y", "Enter to confirm")
        t.see("\r", "secret file")
        t.see("\x03@~/fifo.png\r", "no such file in the project")
        t.see("\x03", "text cleared")
        t.send("\x1b")
        t.end()
    first, second = [q["body"] for q in m.requests()]
    assert images("openai-chat", first) == [("image/png", shot)]
    assert images("openai-chat", second) == [("image/png", shot)] * 2
    said = [e for e in w.events("user_message") if e["by"] == "user"]
    assert said[0]["text"] == 'look at @"%s" ' % path, said
    assert [e["images"][0]["path"] for e in said] == [path, path], said


def test_pasted(w):
    """C-v attaches what the user's program prints, if that is an image; not over
    ssh, not for long, not more than 20 MB."""
    shot = png(more=5000)
    w.write("shot", shot, base=w.home)
    program = w.write("clip", """#!/bin/sh
case $(cat "$HOME/mode") in
ok) cat "$HOME/shot" ;;
text) echo words ;;
none) exit 1 ;;
slow) sleep 100 ;;
huge) cat "$HOME/shot"; head -c 21000000 /dev/zero ;;
esac
""", 0o755, base=w.home)
    m = w.mock([{"text": "seen"}, {"text": "again"}], config={
        "plan": "skip", "paste_image": [program, "-t", "image/png"]})

    def mode(word):
        w.write("mode", word, base=w.home)
    with Screen(w, rows=24, cols=160) as t:
        t.need(" ready")
        t.see("look", "> look")
        for word, said in (("none", "no image on the clipboard"),
                           ("text", "no PNG or JPEG image"),
                           ("slow", "printed no image in 3 s"),
                           ("huge", "larger than 20 MB")):
            mode(word)
            t.see("\x16", said)
        mode("ok")
        t.see("\x16", "pasted-1.png")
        t.see("\r", "seen")
        t.see("two \x16", "pasted-2.png")
        t.see("\r", "again")
        t.send("\x1b")
        t.end()
    first, second = [q["body"] for q in m.requests()]
    assert images("openai-chat", first) == [("image/png", shot)]
    assert images("openai-chat", second) == [("image/png", shot)] * 2
    said = [e for e in w.events("user_message") if e["by"] == "user"]
    assert said[0]["text"] == "look @%s " % os.path.join(
        w.session_dir(), "pasted-1.png"), said
    for env, config, words in (
            ({"SSH_CONNECTION": "::1 1 ::1 22"}, {"paste_image": [program]},
             "over ssh the clipboard is on"),
            ({}, {}, "no program for images"),
            ({}, {"paste_image": ["no-such-program"]}, "isn't installed")):
        w.configure(m.url(), config=config)
        w.env.pop("SSH_CONNECTION", None)
        w.env.update(env)
        with Screen(w, rows=24, cols=160) as t:
            t.need(" ready")
            t.see("\x16", words)
            t.send("\x1b")
            t.end()


def test_outside_the_project_in_plain_lines(w):
    """Asked on the terminal: of the first message before anything starts."""
    path = w.write("x.png", png(), base=w.home)
    m = w.mock([{"text": "first"}, {"text": "second"}],
               config={"plan": "skip"})
    ask = ("Send %s, an image outside the project, to the model? [capital Y, "
           "n]" % path).encode()
    args = ("--plain", "see @~/x.png.")
    code, _ = harness.on_terminal(w, [(ask, b"n\r")], *args)
    assert code == 2 and w.sessions() == []
    code, seen = harness.on_terminal(w, [
        (ask, b"Y\r"), (b"first", b"@%s\r" % path.encode()), (ask, b"n\r"),
        (b"your message is kept", b"/again\r"), (ask, b"Y\r"),
        (b"second", b"\x04")], *args)
    assert code == 0, seen
    assert [len(images("openai-chat", q["body"])) for q in m.requests()] == [
        1, 2]


def test_a_model_without_images(w):
    w.write("a.png", png())
    m = w.mock([DONE], config={"providers": {"mock": {
        "format": "openai-chat", "base_url": "http://127.0.0.1:9/v1",
        "api_key_env": "MOCK_KEY", "dialect": "deepseek"}}})
    r = w.run("exec", "--plan", "skip", "see @a.png", code=2)
    assert b"mock/m takes no images (@a.png)" in r.stderr, r.stderr
    assert m.requests() == []


def test_a_server_that_refuses_images(w):
    """It is retried without them, once, and that is said."""
    w.write("a.png", png())
    m = w.mock([{"status": 400, "body": {"error": {
        "message": "image input is not supported"}}}, DONE])
    r = w.run("exec", "--plan", "skip", "see @a.png", code=0)
    bodies = [q["body"] for q in m.requests()]
    assert [len(images("openai-chat", b)) for b in bodies] == [1, 0]
    assert msg.NO_LONGER_SHOWN in str(bodies[1]["messages"]), bodies[1]
    assert b"m rejects the images (image input is not supported)" in (
        r.stdout + r.stderr), r
    assert [e["images"] for e in w.events("shortened")] == [
        [{"seq": w.events("user_message")[0]["seq"], "path": "a.png"}]]


if __name__ == "__main__":
    harness.main(globals())
