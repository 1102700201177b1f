"""Puts it together."""

from ship.client import Client
from ship.session import Sessions


def connect(transport, settings):
    return Client(transport, Sessions(transport, settings["user"],
                                      settings["password"]))
