#!/usr/bin/env python3
"""Screens as pictures: the cells of a terminal as SVG, and as PNG where
rsvg-convert is at hand.

    picture.py [--light] FILE... [DIR]    FILE.LOOK.svg of each FILE, into DIR

FILE has golden screens with their colours, as test-screens.py writes them: for
each look, after "# LOOK", each row after a bar, below it a letter for each
cell, and at the end what the letters stand for:
"=LETTER FOREGROUND BACKGROUND ATTRIBUTES".  A colour is "-"
(the terminal's own), one of 256, or #rrggbb; attributes are b(old),
u(nderlined), i(talic), r(eversed), or "-".
"""
import os
import shutil
import string
import subprocess
import sys
import unicodedata
from xml.sax.saxutils import escape

PLAIN = ("-", "-", "-")
LETTERS = string.ascii_letters + string.digits

WIDTH, HEIGHT, SIZE, MARGIN = 8.43, 18, 14, 10
FONT = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
# The terminal's own colours: text, background, and the first sixteen.
DARK = ("#d4d4d4", "#1b1b1d", (
    "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc",
    "#11a8cd", "#e5e5e5", "#666666", "#f14c4c", "#23d18b", "#f5f543",
    "#3b8eea", "#d670d6", "#29b8db", "#ffffff"))
LIGHT = ("#24292f", "#ffffff", (
    "#000000", "#cd3131", "#00803a", "#8a6d00", "#0451a5", "#bc05bc",
    "#0b7a94", "#555555", "#666666", "#cd3131", "#14833b", "#8a6d00",
    "#0451a5", "#bc05bc", "#0b7a94", "#a5a5a5"))


def width(text):
    return sum(0 if unicodedata.combining(c) or c == "\u200d" else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


class Picture:
    """Rows of parts (column, cells, look, text)."""

    def __init__(self, cols, rows, cursor=None):
        self.cols, self.rows, self.cursor = cols, rows, cursor

    def row(self, y):
        return "".join(part[3] for part in self.rows[y]).rstrip()

    def text(self):
        """As a golden screen."""
        letters = {PLAIN: " "}
        out = []
        for y, row in enumerate(self.rows):
            looks = ""
            for _, cells, look, _ in row:
                looks += letters.setdefault(
                    look, LETTERS[len(letters) - 1]) * cells
            out.append("|" + self.row(y))
            if looks.strip():
                out.append("." + looks.rstrip())
        out += ["=%s %s %s %s" % ((letter,) + look)
                for look, letter in letters.items() if look != PLAIN]
        if self.cursor:
            out.append("@%d %d" % self.cursor)
        return "".join(line + "\n" for line in out)

    def svg(self, theme=DARK):
        w = self.cols * WIDTH + 2 * MARGIN
        h = len(self.rows) * HEIGHT + 2 * MARGIN
        out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" '
               'height="%.0f" viewBox="0 0 %.2f %.0f" font-family="%s" '
               'font-size="%d">' % (w, h, w, h, FONT, SIZE),
               '<rect width="100%%" height="100%%" rx="6" fill="%s"/>' %
               theme[1]]
        for y, row in enumerate(self.rows):
            for part in row:
                if "r" in part[2][2] or part[2][1] != "-":
                    out.append(rect(part[0], y, part[1],
                                    colours(part[2], theme)[1]))
        if self.cursor:
            out.append(rect(self.cursor[1], self.cursor[0], 1,
                            theme[0], 0.6))
        for y, row in enumerate(self.rows):
            out.append('<g xml:space="preserve">')
            for part in row:
                out += words(part, y, theme)
            out.append("</g>")
        return "\n".join(out + ["</svg>", ""])


def colour(c, own, theme):
    if c == "-":
        return own
    if c.startswith("#"):
        return c
    n = int(c)
    if n < 16:
        return theme[2][n]
    if n >= 232:
        return "#" + "%02x" % (8 + 10 * (n - 232)) * 3
    return "#%02x%02x%02x" % tuple(
        0 if k == 0 else 55 + 40 * k
        for k in ((n - 16) // 36, (n - 16) // 6 % 6, (n - 16) % 6))


def colours(look, theme):
    fg = colour(look[0], theme[0], theme)
    bg = colour(look[1], theme[1], theme)
    return (bg, fg) if "r" in look[2] else (fg, bg)


def rect(x, y, cells, fill, opacity=None):
    return ('<rect x="%.2f" y="%d" width="%.2f" height="%d" fill="%s"%s/>' %
            (MARGIN + x * WIDTH, MARGIN + y * HEIGHT, cells * WIDTH, HEIGHT,
             fill, "" if opacity is None else ' opacity="%s"' % opacity))


def words(part, y, theme):
    x, cells, look, text = part
    text, fg = text.rstrip(), colours(look, theme)[0]
    if "u" in look[2]:
        yield ('<rect x="%.2f" y="%d" width="%.2f" height="1" fill="%s"/>' %
               (MARGIN + x * WIDTH, MARGIN + (y + 1) * HEIGHT - 1,
                cells * WIDTH, fg))
    if not text:
        return
    skip = len(text) - len(text.lstrip())
    x, text = x + skip, text[skip:]
    style = "".join((
        ' font-weight="bold"' if "b" in look[2] else "",
        ' font-style="italic"' if "i" in look[2] else ""))
    yield ('<text x="%.2f" y="%.1f" textLength="%.2f" fill="%s"%s>%s</text>' %
           (MARGIN + x * WIDTH, MARGIN + (y + 0.74) * HEIGHT,
            width(text) * WIDTH, fg, style, escape(text)))


def joined(letters):
    """The parts of a row of letters and their looks."""
    row, x = [], 0
    for c, look in letters:
        n = width(c)
        if row and (n == 0 or row[-1][2] == look):
            row[-1][1] += n
            row[-1][3] += c
        else:
            row.append([x, n, look, c])
        x += n
    return [tuple(part) for part in row]


def seen(parts):
    """The letters of a row. Of a blank only what can be seen counts: the rest
    depends on what stood there before."""
    for _, cells, look, text in parts:
        for c in text.ljust(len(text) + cells - width(text)):
            yield c, look if c != " " or set("ur") & set(look[2]) else (
                "-", look[1], "-")


def of_terminal(t):
    """Draw the screen of a vt.Terminal."""
    _, rows, cols, y, x = t.ask("cells").split()
    p = Picture(int(cols), [[] for _ in range(int(rows))],
                (int(y), int(x)) if int(y) >= 0 else None)
    while True:
        line = t.p.stdout.readline().decode()[:-1]
        if line == "ok":
            p.rows = [joined(seen(row)) for row in p.rows]
            return p
        at, x, cells, fg, bg, attributes, text = line.split(" ", 6)
        p.rows[int(at)].append((int(x), int(cells), (fg, bg, attributes),
                                text))


def split(text, looks, legend):
    """The letters of a row of a golden screen."""
    x = 0
    looks = looks.ljust(width(text))
    for c in text.ljust(len(text) + len(looks) - width(text)):
        yield c, legend[looks[min(x, len(looks) - 1)]]
        x += width(c)


def of_text(text, cols):
    """A golden screen."""
    rows, legend, cursor = [], {" ": PLAIN}, None
    for line in text.splitlines():
        kind, rest = line[0], line[1:]
        if kind == "|":
            rows.append([rest, ""])
        elif kind == ".":
            rows[-1][1] = rest
        elif kind == "=":
            letter, *look = rest.split()
            legend[letter] = tuple(look)
        else:
            cursor = tuple(int(n) for n in rest.split())
    return Picture(cols, [joined(split(t, looks, legend))
                          for t, looks in rows], cursor)


def looks_of(text):
    """The golden screens in a file: (look, its text)."""
    for part in ("\n" + text).split("\n# ")[1:]:
        look, screen = part.split("\n", 1)
        yield look, screen.rstrip("\n") + "\n"


def write(p, path, theme=DARK):
    """path.svg, and path.png."""
    with open(path + ".svg", "w") as f:
        f.write(p.svg(theme))
    if shutil.which("rsvg-convert"):
        subprocess.run(["rsvg-convert", "-o", path + ".png", path + ".svg"],
                       check=True)


def main(args):
    theme = LIGHT if "--light" in args else DARK
    files = [a for a in args if not a.startswith("-")]
    to = files.pop() if files and os.path.isdir(files[-1]) else "."
    for path in files:
        name = os.path.splitext(os.path.basename(path))[0]
        with open(path) as f:
            screens = list(looks_of(f.read()))
        for look, text in screens:
            cols = max(width(line) - 1 for line in text.splitlines()
                       if line[0] in "|.")
            write(of_text(text, cols), os.path.join(to, name + "." + look),
                  theme)


if __name__ == "__main__":
    main(sys.argv[1:])
