"""Desks."""

from office.store import store


def add(label, **values):
    if ('desks', label) in store:
        raise ValueError("there is desk %s" % label)
    store['desks', label] = dict(values, label=label, state='new')


def move(label, **values):
    row = store.get(('desks', label))
    if row is None:
        raise KeyError("no desk %s" % label)
    row.update(values, state='move')
    return row


def remove(label, **values):
    row = store.get(('desks', label))
    if row is None:
        raise KeyError("no desk %s" % label)
    del store['desks', label]
    return row
