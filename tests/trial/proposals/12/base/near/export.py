"""Places as GPX."""

from xml.sax.saxutils import escape


def gpx(places):
    rows = ['<wpt lat="%g" lon="%g"><name>%s</name></wpt>' %
            (lat, lon, escape(name)) for name, lat, lon in places]
    return "<gpx>\n%s\n</gpx>\n" % "\n".join(rows)
