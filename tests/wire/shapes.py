"""Is a request what its provider publishes?  The table is shapes.json, whose
`about` says how it is to be read.
"""

import json
import os
import re

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "shapes.json"), encoding="utf-8") as f:
    SHAPES = json.load(f)

TYPES = {"string": str, "boolean": bool, "integer": int, "number": (int, float),
         "object": dict}
BASIC = re.compile(r"(string|integer|number)(?: (-?\d*)\.\.(-?\d*))?$")
LIST = re.compile(r"(.*)\[(?:(\d+)\.\.)?\]$", re.S)


class Wrong(Exception):
    pass


def within(value, low, high, at):
    size = len(value) if isinstance(value, str) else value
    if (low and size < int(low)) or (high and size > int(high)):
        raise Wrong("%s: %r is not in %s..%s" % (at, size, low, high))


def check_object(table, shape, value, at):
    if not isinstance(value, dict):
        raise Wrong("%s: no object" % at)
    for name in shape:
        if name.endswith("!") and name[:-1] not in value:
            raise Wrong("%s: %s is missing" % (at, name[:-1]))
    for name, inner in value.items():
        kind = shape.get(name, shape.get(name + "!"))
        if kind is None:
            raise Wrong("%s: %s is not in tests/wire/shapes.json" %
                        (at, name))
        check(table, kind, inner, "%s.%s" % (at, name))


def check_one(table, kind, value, at):
    m = LIST.match(kind)
    if m:
        if not isinstance(value, list) or len(value) < int(m.group(2) or 0):
            raise Wrong("%s: no list of %s" % (at, kind))
        for i, inner in enumerate(value):
            check(table, m.group(1), inner, "%s[%d]" % (at, i))
        return
    if kind.startswith("{"):
        if not isinstance(value, dict):
            raise Wrong("%s: no object" % at)
        for name, inner in value.items():
            check(table, kind[1:-1], inner, "%s.%s" % (at, name))
        return
    if kind.startswith("'"):
        word = True if kind == "'true'" else kind[1:-1]
        if value != word or isinstance(value, bool) != isinstance(word, bool):
            raise Wrong("%s: %r is not %s" % (at, value, kind))
        return
    if kind == "any":
        return
    if kind == "null":
        if value is not None:
            raise Wrong("%s: %r is not null" % (at, value))
        return
    m = BASIC.match(kind)
    basic = TYPES.get(m.group(1) if m else kind)
    if basic is not None:
        if not isinstance(value, basic) or (
                isinstance(value, bool) and basic is not bool):
            raise Wrong("%s: %r is no %s" % (at, value, kind))
        if m and (m.group(2) or m.group(3)):
            within(value, m.group(2), m.group(3), at)
        return
    check(table, table[kind], value, at)


def is_meant(table, kind, value):
    """Do the words fit by which the objects of a list differ?"""
    shape = table.get(kind)
    if not isinstance(shape, dict) or not isinstance(value, dict):
        return False
    named = [n for n in ("type", "role") if n + "!" in shape]
    return bool(named) and all(
        "'%s'" % value.get(n) in shape[n + "!"].split("|") for n in named)


def check(table, kind, value, at):
    """Raise Wrong if value is not of this kind; for alternatives with the
    complaint of the intended one, else of the one that got furthest."""
    if isinstance(kind, dict):
        check_object(table, kind, value, at)
        return
    worst, most = None, (-1, -1)
    for one in kind.split("|"):
        try:
            check_one(table, one, value, at)
            return
        except Wrong as e:
            rank = (is_meant(table, one, value), len(str(e).split(":")[0]))
            if rank > most:
                worst, most = e, rank
    raise worst


def wrong(fmt, body):
    """Why this body is no request of this format, or None."""
    try:
        check(SHAPES[fmt], "Request", body, "request")
    except Wrong as e:
        return "%s: %s" % (fmt, e)
    return None
