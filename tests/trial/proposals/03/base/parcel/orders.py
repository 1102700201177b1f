"""Orders, and what happened to them."""
from datetime import datetime, timedelta

from parcel.store import Table

STATES = ('open', 'packed', 'sent', 'delivered', 'cancelled')
LATE = timedelta(days=3)


class Orders:
    def __init__(self):
        self.table = Table()

    def place(self, number, items):
        order = self.table.add(number, items=list(items), state='open',
                               history=[])
        order.history.append((datetime.utcnow(), 'open'))
        return order

    def move(self, number, state):
        order = self.table.get(number)
        if STATES.index(state) <= STATES.index(order.state):
            raise ValueError('%s: %s after %s' % (number, state, order.state))
        order.state = state
        order.history.append((datetime.utcnow(), state))
        self.table.save(order)

    def late(self):
        limit = datetime.utcnow() - LATE
        return sorted(o.key for o in self.table.rows.values()
                      if o.state in ('open', 'packed') and o.created < limit)

    def stamp(self, number, state):
        """When it came into that state, or None."""
        for when, what in self.table.get(number).history:
            if what == state:
                return when
        return None
