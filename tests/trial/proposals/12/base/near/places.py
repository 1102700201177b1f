"""Places, from GeoJSON."""

import json
import math

EARTH_KM = 6371.0


def load(text):
    """[(name, lat, lon)]"""
    out = []
    for feature in json.loads(text)["features"]:
        lon, lat = feature["geometry"]["coordinates"][:2]
        out.append((feature["properties"]["name"], lat, lon))
    return out


def distance(lat1, lon1, lat2, lon2):
    """In kilometres, on a sphere."""
    a, b = math.radians(lat1), math.radians(lat2)
    h = (math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) *
         math.sin(math.radians(lon2 - lon1) / 2) ** 2)
    return 2 * EARTH_KM * math.asin(math.sqrt(h))
