"""Samples, from and to 16-bit PCM."""

import struct


def decode(data):
    """Floats from -1 to 1."""
    n = len(data) // 2
    return [v / 32768 for v in struct.unpack("<%dh" % n, data[:2 * n])]


def encode(samples):
    return struct.pack("<%dh" % len(samples), *(
        max(-32768, min(32767, round(s * 32768))) for s in samples))
