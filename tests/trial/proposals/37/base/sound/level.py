"""How loud it is."""

import math


def rms(samples):
    if not samples:
        return 0.0
    return math.sqrt(sum(s * s for s in samples) / len(samples))


def decibel(samples):
    """Of full scale; -inf for silence."""
    level = rms(samples)
    return 20 * math.log10(level) if level > 0 else -math.inf
