"""The server."""

from http.server import BaseHTTPRequestHandler

from forge.receive import receive

LARGEST = 1 << 20


class Handler(BaseHTTPRequestHandler):
    secret = b""

    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        if size > LARGEST:
            self.send_error(413)
            return
        status = receive(self.headers, self.rfile.read(size), self.secret)
        self.send_response(status)
        self.end_headers()
