import sys

from near.find import nearest
from near.places import load


def main(argv, out=sys.stdout):
    """FILE LAT LON [N]"""
    with open(argv[0], encoding="utf-8") as f:
        places = load(f.read())
    n = int(argv[3]) if len(argv) > 3 else 1
    for name in nearest(places, float(argv[1]), float(argv[2]), n):
        print(name, file=out)
