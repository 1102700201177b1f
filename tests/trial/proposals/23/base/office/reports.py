"""What is asked for often."""

from office.store import store


def person_of(serial):
    row = store.get(("badges", serial))
    if row is None:
        raise KeyError("no badge %s" % serial)
    person = store.get(("people", row["person"]))
    if person is None:
        raise KeyError("no person %s" % row["person"])
    return person


def desk_of(name):
    """None: they have none."""
    return store.get(("desks", store.get(("people", name), {}).get("desk")))


def is_open(number):
    row = store.get(("rooms", number))
    if row is None:
        raise KeyError("no room %s" % number)
    return row["state"] != "close"
