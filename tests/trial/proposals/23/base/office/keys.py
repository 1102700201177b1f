"""Keys."""

from office.store import store


def hand_out(serial, **values):
    row = store.get(('keys', serial))
    if row is None:
        raise KeyError("no key %s" % serial)
    row.update(values, state='hand_out')
    return row


def lose(serial, **values):
    row = store.get(('keys', serial))
    if row is None:
        raise KeyError("no key %s" % serial)
    del store['keys', serial]
    return row


def take_back(serial, **values):
    row = store.get(('keys', serial), {})
    row.update(values, state='take_back')
    return row
