import sys

from mailq.queue import Queue


def main(argv, data, out=sys.stdout):
    """put [-u] FOLDER | list FOLDER"""
    command, rest = argv[0], argv[1:]
    urgent = "-u" in rest
    folder = [a for a in rest if a != "-u"][0]
    queue = Queue(folder)
    if command == "put":
        print(queue.put(data, urgent), file=out)
    elif command == "list":
        for name in queue.names():
            print("! " if name.startswith("0") else "  ", name, file=out)
    else:
        return 2
    return 0
