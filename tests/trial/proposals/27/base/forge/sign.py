"""Signatures of deliveries: "sha256=HEX" of the body."""

import hashlib
import hmac


class BadSignature(Exception):
    pass


def signature(body, secret):
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def verify(body, given, secret):
    if not hmac.compare_digest(signature(body, secret), given or ""):
        raise BadSignature()
