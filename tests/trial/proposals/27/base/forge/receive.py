"""Deliveries of the forge, from its HTTP requests to handlers."""

import json

from forge.sign import BadSignature, verify

handlers = {}


def on(event):
    def add(function):
        handlers.setdefault(event, []).append(function)
        return function
    return add


def receive(headers, body, secret):
    """The status of the answer."""
    try:
        verify(body, headers.get("X-Signature"), secret)
    except BadSignature:
        return 403
    event = headers.get("X-Event", "")
    try:
        data = json.loads(body)
    except ValueError:
        return 400
    for handler in handlers.get(event, []):
        handler(data)
    return 200
