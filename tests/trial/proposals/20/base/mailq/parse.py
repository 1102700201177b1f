"""A message: lines "From:", "To:", an empty line, the text."""


class Broken(Exception):
    pass


def parse(data):
    head, empty, text = data.decode("utf-8", "replace").partition("\n\n")
    fields = {}
    for line in head.split("\n"):
        name, colon, value = line.partition(":")
        if not colon:
            raise Broken(line)
        fields[name.strip().lower()] = value.strip()
    if not empty or "from" not in fields or "to" not in fields:
        raise Broken("no sender or receiver")
    return {"from": fields["from"], "to": fields["to"].split(","),
            "text": text}
