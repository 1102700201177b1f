"""People."""

from office.store import store


def add(name, **values):
    if ('people', name) in store:
        raise ValueError("there is person %s" % name)
    store['people', name] = dict(values, name=name, state='new')


def rename(name, **values):
    row = store.get(('people', name))
    if row is None:
        raise KeyError("no person %s" % name)
    row.update(values, state='rename')
    return row


def remove(name, **values):
    row = store.get(('people', name))
    if row is None:
        raise KeyError("no person %s" % name)
    del store['people', name]
    return row
