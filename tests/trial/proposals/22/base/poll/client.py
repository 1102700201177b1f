"""One look at the server."""

import socket
from urllib.parse import urlsplit


class Client:
    def __init__(self, config, connect=socket.create_connection):
        self.config = config
        self.connect = connect

    def look(self):
        url = urlsplit(self.config.url)
        with self.connect((url.hostname, url.port or 80),
                          timeout=self.config.connect_timeout) as s:
            s.settimeout(self.config.read_timeout)
            s.sendall(b"GET %s HTTP/1.0\r\n\r\n" %
                      (url.path or "/").encode())
            return s.makefile("rb").read()
