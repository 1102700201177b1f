"""What is kept over a restart: small JSON files in a folder."""

import json
import os


class Store:
    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name + ".json")

    def load(self, name, default):
        try:
            with open(self.path(name), encoding="utf-8") as f:
                return json.load(f)
        except FileNotFoundError:
            return default

    def save(self, name, value):
        path = self.path(name)
        with open(path + ".new", "w", encoding="utf-8") as f:
            json.dump(value, f)
        os.replace(path + ".new", path)
