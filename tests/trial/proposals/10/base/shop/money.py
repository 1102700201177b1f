"""Amounts are whole cents."""


def percent(cents, rate):
    """So many percent of an amount; rate is in hundredths of a percent."""
    return int(round(cents * rate / 10000))


def show(cents):
    sign = '-' if cents < 0 else ''
    return '%s%d.%02d' % (sign, abs(cents) // 100, abs(cents) % 100)
