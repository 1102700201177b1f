"""Fetches by name."""

from fetchq.cache import Cache
from fetchq.stats import Stats


class Fetcher:
    def __init__(self, load, keep_s=60):
        self.load = load
        self.cache = Cache(keep_s)
        self.stats = Stats()

    def fetch(self, name):
        self.stats.add("asked")
        return self.cache.get(name, self.make)

    def make(self, name):
        self.stats.add("loaded")
        return self.load(name)
