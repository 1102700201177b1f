"""Texts that want to be more than texts, and what a terminal must have been
sent of them: nothing but what curses and we ourselves send.
"""

import hashlib
import json
import re
import unicodedata

# Each has a word behind it that must be seen, whatever it has tried.
STRINGS = (
    "\x1b[2J\x1b[31;5mred", "\x1b]0;owned\x07title", "\x1b]2;owned\x1b\\name",
    "\x1b]8;;http://x.test\x1b\\link\x1b]8;;\x1b\\", "\x1b]52;c;b3duZWQ=\x07clip",
    "\x1bP$qm\x1b\\dcs", "\x1b_apc\x1b\\", "\x1b^pm\x1b\\", "\x1bXsos\x1b\\",
    "\x9b2Jc1", "\x9d0;owned\x9cosc", "\x90q\x9csixel", "\x85nel\x84ind",
    "\x1bcreset", "\x1b(0line", "\x0e\x0fshift", "\x05answer", "\x1b[6nwhere",
    "\x1b[cwho", "\x1b[?1049lout", "\x1b[?2004lpaste", "\x07bell",
    "ab\b\b\bback", "good\rEVIL", "form\x0cfeed\x0btab", "del\x7f\x7f",
    "a\u202ecba\u202c bidi", "\u2066iso\u2069", "\u200e\u200f\u061cmarks",
    "zero\u200bwidth\u2060join\ufeffbom", "soft\u00adhyphen",
    "\U000e0041\U000e0042\U000e007ftags", "\u2028line\u2029para",
    "\u2764\ufe0f\ufe0evs \U000e0100", "\U0001f468\u200d\U0001f469\u200d"
    "\U0001f467\u200d\U0001f466 family", "\U0001f1e9\U0001f1ea flag",
    "\U0001f44d\U0001f3fd skin", "a" + "\u0301" * 200 + "stack",
    "\u4e2d\u6587" * 45 + "wide", "\uff21\uff22 full \u3000space",
    "\uac00\u1100\u1161\u11a8jamo", "\u3164\uffa0\u115f\u2800 blank letters",
    "nb\u00a0sp\u2003em\u2009thin", "\ufffe\uffff\U0010ffffnon",
    "\ue000\U000f0000private", "\u0378unassigned", "t\t\t\t\tabs" + "\t" * 40,
    "\u0e33\u0e49thai \u0bccmarks", "\u05d0\u05d1 \u0627\u0644 rtl",
    "e\u0301 \u00e9 nfd nfc", "%s%n%1000000d", "x" * 300 + "long",
)
ALL = " ".join(STRINGS)
BYTES = (b"\xff\xfe \xc0\x80 \xed\xa0\x80 \xf5\x80\x80\x80 \xe2\x82 nul\0end "
         b"\x9b31m \x80\x81 ") + ALL.encode()

# Members that hold no text for a person.
FIXED = {"type", "t", "prev", "h", "id", "hunk", "hash", "by", "status",
         "state", "kind", "phase", "decision", "mark", "outcome", "op",
         "sha256", "before", "after", "tx", "what", "action", "session",
         "commit", "stop", "split"}


def poison(o, every=False, key=None, n=0):
    """A copy of the line with hostile text in each text; `every`: also in
    strings that never hold any."""
    if isinstance(o, dict):
        return {k: poison(v, every, k, n) for k, v in o.items()}
    if isinstance(o, list):
        return [poison(v, every, key, n) for v in o]
    if not isinstance(o, str) or key in ("type", "seq"):
        return o
    if key in FIXED and not every:
        return o
    if key == "text" and o[:1] in ("+", "-", " "):      # of a hunk
        return "".join(s + (STRINGS[i % len(STRINGS)].replace("\n", "")
                            if s[:1] in "+- " else "") + "\n"
                       for i, s in enumerate(o.splitlines()))
    return o + " " + (STRINGS[(n + len(o)) % len(STRINGS)] if len(ALL) > 4000
                      and key not in ("text", "goal") else ALL)


OURS = re.compile(
    r"\x1b\[[0-9;:]*[HJKmrdGCDABXLMPSTb@]|"
    r"\x1b\[\?(?:1049|2004|2026|1000|1006|25|12|1|7|34|1034|3|5)(?:;(?:25|12|4))*[hl]|"
    r"\x1b\[(?:(?:4|34)[hl]|!p|2[23];\d(?:;\d)?t|\?\d*[ch])|"
    r"\x1b[()*][0AB]|\x1b[=>78ME]|\x1b\]2;assent[^\x00-\x1f\x7f-\x9f]*\x07|"
    r"\x1b\]2;\x07|\x1b\]11;\?\x07|"
    r"\x1b\[(?:<99u|>[15]u|<u|>4(?:;1)?m|20l|\?47[hl]|\?9;1000;[\d;]*l)|"
    r"\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\x1b\]112\x07|[\r\n\b\x0e\x0f\x07]")


def bad_text(text):
    """The text in a terminal's input that should have been escaped; None if
    all is well."""
    marks = 0
    for i, c in enumerate(text):
        cat = unicodedata.category(c)
        cp = ord(c)
        marks = marks + 1 if cat in ("Mn", "Me") else 0
        if (cat in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or marks > 3 or
                (cat == "Zs" and c not in " \u3000") or
                0xfe00 <= cp <= 0xfe0f or 0xe0000 <= cp <= 0xe0fff or
                cp in (0x34f, 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800, 0x7f)):
            return "U+%04X in %r" % (cp, text[max(0, i - 30):i + 30])
    return None


def check(raw, where, newlines="\r\n"):
    """Nothing but ours, and text."""
    text = raw.decode("utf-8")          # or it is not even that
    for word in ("owned\x07", "\x1b]0;", "\x1b]8;", "\x1b]52;c;b3duZWQ",
                 "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1bc", "\x1b[6n",
                 "\x1b[c"):
        assert word not in text, (where, word)
    bad = bad_text(OURS.sub("", text))
    assert bad is None, (where, bad)


def rechain(data, keep=("root", "session", "cwd", "t")):
    """The lines of a journal with hostile text in each string but those in
    `keep`, chained again, as an attacker could write them."""
    def some(o, key, n):
        if isinstance(o, dict):
            return {k: some(v, k, n) for k, v in o.items()}
        if isinstance(o, list):
            return [some(v, key, n) for v in o]
        return o if key in keep else poison(o, True, key, n)

    out, before = [], ""
    for n, line in enumerate(data):
        o = {k: v for k, v in some(json.loads(line), None, n).items()
             if k not in ("prev", "h")}
        o["prev"] = before
        text = json.dumps(o, ensure_ascii=False, separators=(",", ":"))[:-1]
        before = hashlib.sha256(text.encode()).hexdigest()
        out.append('%s,"h":"%s"}\n' % (text, before))
    return out


def lines(path, every=False):
    """A journal, poisoned."""
    out = []
    with open(path, "rb") as f:
        for n, line in enumerate(f):
            o = json.loads(line)
            out.append(json.dumps(poison(o, every, n=n)))
    return out
