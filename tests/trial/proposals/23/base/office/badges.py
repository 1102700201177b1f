"""Badges."""

from office.store import store


def issue(serial, **values):
    if ('badges', serial) in store:
        raise ValueError("there is badge %s" % serial)
    store['badges', serial] = dict(values, serial=serial, state='new')


def block(serial, **values):
    row = store.get(('badges', serial))
    if row is None:
        raise KeyError("no badge %s" % serial)
    row.update(values, state='block')
    return row


def give_back(serial, **values):
    row = store.get(('badges', serial))
    if row is None:
        raise KeyError("no badge %s" % serial)
    row.update(values, state='give_back')
    return row
