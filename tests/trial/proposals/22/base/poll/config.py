"""Settings, from a file of lines "name = value"."""

DEFAULTS = {
    "url": "http://localhost:8080/",
    "connect_timeout": 5,       # seconds
    "read_timeout": 30,
    "interval": 60,
    "give_up": 300,
}


class Config:
    def __init__(self, **values):
        for name, value in dict(DEFAULTS, **values).items():
            setattr(self, name, value)


def load(lines):
    values = {}
    for line in lines:
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, eq, value = (part.strip() for part in line.partition("="))
        if not eq or name not in DEFAULTS:
            raise ValueError("unknown line: " + line)
        values[name] = value if name == "url" else int(value)
    return Config(**values)
