"""The carrier's API."""

from ship.errors import ApiError

TRIES = 3


class Client:
    def __init__(self, transport, sessions):
        self.transport = transport
        self.sessions = sessions

    def call(self, method, path, body=None):
        headers = {"Authorization": "Bearer " + self.sessions.get().token}
        for left in reversed(range(TRIES)):
            try:
                return self.transport(method, path, headers, body)
            except ApiError as e:
                if not e.may_pass or left == 0:
                    raise
