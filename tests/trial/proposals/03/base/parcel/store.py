"""Rows of the tables, in memory, each with the time of its last change."""
from datetime import datetime


class Row:
    def __init__(self, key, **values):
        self.key = key
        self.created = datetime.utcnow()
        self.changed = self.created
        self.__dict__.update(values)


class Table:
    def __init__(self):
        self.rows = {}

    def add(self, key, **values):
        if key in self.rows:
            raise KeyError('%s is there already' % key)
        self.rows[key] = Row(key, **values)
        return self.rows[key]

    def get(self, key):
        return self.rows.get(key)

    def save(self, row):
        row.changed = datetime.utcnow()
        self.rows[row.key] = row

    def older_than(self, age):
        limit = datetime.utcnow() - age
        return [r for r in self.rows.values() if r.changed < limit]

    def remove(self, row):
        self.rows.pop(row.key, None)
