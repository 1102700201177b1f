"""What the tests of assent commit share: a repository of the user's, what an
agent changes in it, and what git says of it afterwards.
"""

def change(text, *lines):
    """These lines in capitals."""
    for n in lines:
        text = text.replace("line %d\n" % n, "LINE %d\n" % n)
    return text


def write(path, text):
    return {"name": "write", "args": {"path": path, "content": text}}


def bash(command):
    return {"name": "bash", "args": {"command": command}}


