"""Rooms."""

from office.store import store


def add(number, **values):
    if ('rooms', number) in store:
        raise ValueError("there is room %s" % number)
    store['rooms', number] = dict(values, number=number, state='new')


def close(number, **values):
    row = store.get(('rooms', number))
    if row is None:
        raise KeyError("no room %s" % number)
    row.update(values, state='close')
    return row


def open_again(number, **values):
    row = store.get(('rooms', number))
    if row is None:
        raise KeyError("no room %s" % number)
    row.update(values, state='open_again')
    return row
