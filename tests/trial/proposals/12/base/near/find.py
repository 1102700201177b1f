"""What is near."""

from near.places import distance


def nearest(places, lat, lon, n=1):
    """Names of the n nearest ones."""
    return [name for name, _, _ in sorted(
        places, key=lambda p: distance(lat, lon, p[1], p[2]))[:n]]


def within(places, south, west, north, east):
    """Names in a box."""
    return [name for name, lat, lon in places
            if south <= lat <= north and west <= lon <= east]
