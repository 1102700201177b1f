"""In and out."""


def fade(samples, rate, ms):
    """The first and last `ms` milliseconds."""
    n = min(rate * ms // 1000, len(samples) // 2)
    out = list(samples)
    for i in range(n):
        out[i] *= i / n
        out[-1 - i] *= i / n
    return out
