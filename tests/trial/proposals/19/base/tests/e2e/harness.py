"""What the end-to-end tests stand on: a world of its own for each test (home,
state, configuration, project, model server), the real binaries, and a
subreaper that fails a test which leaves a process behind.  Nothing sleeps:
wait_until polls a condition up to a deadline.

def write(path, text):
    return call("write", path=path, content=text)


