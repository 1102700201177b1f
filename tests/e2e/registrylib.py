"""A host on loopback that wants a credential: by TLS, with a request's headers and
all that was asked kept in lists, and git http-backend behind a password."""

import base64
import http.server
import os
import ssl
import subprocess
import threading

import secure

KEY = "tok-0123456789abcdef"
USER = "me"
BASIC = base64.b64encode(("%s:%s" % (USER, KEY)).encode()).decode()


class Site:
    """`pages` has, by path, a type and content, or a function of the request's
    handler. Anything is refused without the key, as bearer or password."""

    def __init__(self, w, pages=(), git=None):
        self.certificates = secure.Certificates(w)
        self.ca = self.certificates.path("ca.pem")
        self.pages = dict(pages)
        self.asked = []         # (method, path, headers)
        self.denied = []
        self.expired = False    # the key, from now on
        self.git = git
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                site.answer(self)

            do_HEAD = do_POST = do_PUT = do_GET

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates.path("good.pem"))
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.at = "127.0.0.1:%d" % self.port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def url(self, path=""):
        return "https://%s/%s" % (self.at, path)

    def answer(self, h):
        self.asked.append((h.command, h.path, h.headers))
        if self.expired or h.headers.get("Authorization") not in (
                "Bearer " + KEY, "Basic " + BASIC):
            self.denied.append(h.path)
            self.send(h, "text/plain", b"denied\n", 401,
                      {"WWW-Authenticate": "Basic realm=\"site\""})
            return
        page = self.pages.get(h.path.split("?")[0])
        if self.git is not None and page is None:
            self.backend(h)
        elif page is None:
            self.send(h, "text/plain", b"none\n", 404)
        elif callable(page):
            page(h)
        else:
            self.send(h, *page)

    def send(self, h, kind, body, status=200, more=()):
        h.send_response(status)
        h.send_header("Content-Type", kind)
        h.send_header("Content-Length", str(len(body)))
        for name, value in dict(more).items():
            h.send_header(name, value)
        h.end_headers()
        if h.command != "HEAD":
            h.wfile.write(body)

    def body(self, h):
        if h.headers.get("Transfer-Encoding") != "chunked":
            return h.rfile.read(int(h.headers.get("Content-Length", 0)))
        data = b""
        while True:
            n = int(h.rfile.readline(), 16)
            data += h.rfile.read(n)
            h.rfile.readline()
            if n == 0:
                return data

    def backend(self, h):
        path, _, query = h.path.partition("?")
        body = self.body(h)
        env = {"GIT_PROJECT_ROOT": self.git, "GIT_HTTP_EXPORT_ALL": "1",
               "PATH_INFO": path, "QUERY_STRING": query,
               "REQUEST_METHOD": h.command, "PATH": os.environ["PATH"],
               "REMOTE_USER": USER, "HOME": self.git,
               "CONTENT_TYPE": h.headers.get("Content-Type", ""),
               "CONTENT_LENGTH": str(len(body)),
               "HTTP_CONTENT_ENCODING": h.headers.get("Content-Encoding", ""),
               "GIT_PROTOCOL": h.headers.get("Git-Protocol", "")}
        out = subprocess.run(["git", "http-backend"], env=env, input=body,
                             stdout=subprocess.PIPE).stdout
        head, _, rest = out.partition(b"\r\n\r\n")
        lines = dict(x.split(": ", 1) for x in head.decode().split("\r\n"))
        status = int(lines.pop("Status", "200 OK").split()[0])
        self.send(h, lines.pop("Content-Type", "text/plain"), rest, status,
                  lines)


def row(site, path, what, **more):
    """A row of `registries`, with a bearer token."""
    return dict({"url": site.url(path), "for": what, "api_key_env": "SITE_KEY",
                 "ca_file": site.ca}, **more)


def password(site, path, what, **more):
    return row(site, path, what, user=USER, **more)


def tried(w, rows, script, code=None, **env):
    """`assent try` of a shell's script: what it printed."""
    w.configure("http://127.0.0.1:1/v1", config={"registries": rows})
    r = w.run("try", "--", "bash", "-c", script, env=dict(
        {"SITE_KEY": KEY}, **env), code=code)
    return (r.stdout + r.stderr).decode()
