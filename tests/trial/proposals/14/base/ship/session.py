"""Signing in to the carrier's API."""

import time
from dataclasses import dataclass

MARGIN_S = 30


@dataclass
class Session:
    user: str
    expires: float
    token: str

    def is_over(self, now):
        return now >= self.expires - MARGIN_S


class Sessions:
    def __init__(self, transport, user, password, clock=time.time):
        self.transport = transport
        self.user, self.password = user, password
        self.clock = clock
        self.session = None

    def get(self):
        if self.session is None or self.session.is_over(self.clock()):
            answer = self.transport("POST", "/session", {}, {
                "user": self.user, "password": self.password})
            self.session = Session(self.user, self.clock() + answer["ttl"],
                                   answer["token"])
        return self.session
