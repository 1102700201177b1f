"""Keeps samples between steps."""

import array


def pack(samples):
    return array.array("d", samples).tobytes()


def unpack(data):
    out = array.array("d")
    out.frombytes(data)
    return list(out)
