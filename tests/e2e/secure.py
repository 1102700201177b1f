"""Servers on loopback that speak TLS, made for one test: certificates by the
openssl program, a model server, and a proxy.  Each runs in threads of the test; what they have
seen is in plain lists.
"""

import os
import shutil
import socket
import ssl
import subprocess
import threading

import harness
import mockserver


def openssl(folder, *args):
    subprocess.run(["openssl"] + list(args), cwd=folder, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Certificates:
    """An authority, and by it: good, expired, other (another name); and alone
    (signed by itself). Each is NAME.pem with key and certificate."""

    def __init__(self, w):
        if shutil.which("openssl") is None:
            raise harness.Skip("there is no openssl program")
        self.dir = w.path("certificates")
        os.makedirs(self.dir)
        self.request("ca")
        openssl(self.dir, "req", "-x509", "-key", "ca.key", "-out", "ca.pem",
                "-days", "30", "-subj", "/CN=assent test authority")
        for name, names, more in (
                ("good", "IP:127.0.0.1,DNS:localhost,DNS:model.test", []),
                ("expired", "IP:127.0.0.1", ["20200101000000Z",
                                             "20200201000000Z"]),
                ("other", "DNS:other.test", [])):
            self.sign(name, names, more)
        self.request("alone")
        openssl(self.dir, "req", "-x509", "-key", "alone.key", "-out",
                "alone.crt", "-days", "30", "-subj", "/CN=alone", "-addext",
                "subjectAltName=IP:127.0.0.1")
        self.join("alone")

    def path(self, name):
        return os.path.join(self.dir, name)

    def request(self, name):
        openssl(self.dir, "genpkey", "-algorithm", "EC", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-out", name + ".key")

    def join(self, name):
        with open(self.path(name + ".pem"), "w") as out:
            for part in (".key", ".crt"):
                with open(self.path(name + part)) as f:
                    out.write(f.read())

    def sign(self, name, names, dates):
        self.request(name)
        with open(self.path("ca.cnf"), "w") as f:
            f.write("[ca]\ndefault_ca = us\n[us]\ndatabase = db\n"
                    "new_certs_dir = .\nserial = serial\ndefault_md = sha256\n"
                    "policy = any\nunique_subject = no\ndefault_days = 30\n"
                    "x509_extensions = ext\n[any]\ncommonName = supplied\n"
                    "[ext]\nsubjectAltName = %s\n" % names)
        open(self.path("db"), "a").close()
        if not os.path.exists(self.path("serial")):
            with open(self.path("serial"), "w") as f:
                f.write("1000\n")
        openssl(self.dir, "req", "-new", "-key", name + ".key", "-subj",
                "/CN=" + name, "-out", name + ".csr")
        openssl(self.dir, "ca", "-batch", "-config", "ca.cnf", "-cert",
                "ca.pem", "-keyfile", "ca.key", "-in", name + ".csr", "-out",
                name + ".crt", "-notext",
                *(["-startdate", dates[0], "-enddate", dates[1]]
                  if dates else []))
        self.join(name)


class Listener:
    """Accepts until it is closed; each connection in a thread of its own."""

    def __init__(self):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.faults = []
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.guarded, args=(conn,),
                             daemon=True).start()

    def guarded(self, conn):
        try:
            self.serve(conn)
        except OSError as e:        # ssl's errors are such, too
            self.faults.append(str(e))
        finally:
            conn.close()

    def close(self):
        """Nobody accepts any longer: else the thread could do so for the next
        server, which gets the same descriptor."""
        self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.sock.close()


def read_head(conn):
    data = b""
    while b"\r\n\r\n" not in data:
        got = conn.recv(65536)
        if not got:
            return None, b""
        data += got
    head, rest = data.split(b"\r\n\r\n", 1)
    return head.decode("latin-1"), rest


def length_of(head):
    for line in head.split("\r\n"):
        if line.lower().startswith("content-length:"):
            return int(line.split(":")[1])
    return 0


class Model(Listener):
    """Answers every request with the same script's answer, by TLS if there is
    a certificate. `answer` may also be a function of the connection and the
    number of the request, which sends what it likes."""

    def __init__(self, answer, pem=None):
        self.answer = answer
        self.requests = []      # (protocol, head or None, body)
        self.opened = 0         # connections, as far as TLS
        self.context = None
        if pem is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(pem)
            # A ticket that meets a closed connection would end a handshake
            # that is whole.
            self.context.num_tickets = 0
            self.context.set_alpn_protocols(["http/1.1"])
        super().__init__()

    def url(self, host="127.0.0.1"):
        return "%s://%s:%d/v1" % ("https" if self.context else "http", host,
                                  self.port)

    def events(self):
        number = len(self.requests)
        return b"".join(mockserver.chat_events(self.answer, number, "m"))

    def serve(self, conn):
        if self.context is not None:
            conn = self.context.wrap_socket(conn, server_side=True)
        self.opened += 1
        with conn:
            self.answer_one(conn)

    def answer_one(self, conn):
        head, body = read_head(conn)
        if head is None:
            return
        while len(body) < length_of(head):
            got = conn.recv(65536)
            if not got:
                return
            body += got
        self.requests.append(("http/1.1", head, body))
        if callable(self.answer):
            self.answer(conn, len(self.requests))
            return
        conn.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                     b"connection: close\r\n\r\n" + self.events())


class Proxy(Listener):
    """CONNECT and absolute addresses; every host is this machine."""

    def __init__(self, refuse=None):
        self.refuse = refuse    # a status line
        self.heads = []
        super().__init__()

    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def serve(self, conn):
        head, rest = read_head(conn)
        if head is None:
            return
        self.heads.append(head)
        if self.refuse:
            conn.sendall(("HTTP/1.1 %s\r\ncontent-length: 0\r\n\r\n" %
                          self.refuse).encode())
            return
        method, where = head.split(" ")[:2]
        if method == "CONNECT":
            port = int(where.rsplit(":", 1)[1])
        else:
            host, path = where.split("://", 1)[1].split("/", 1)
            port = int(host.rsplit(":", 1)[1])
            rest = head.replace(where, "/" + path, 1).encode("latin-1") + \
                b"\r\n\r\n" + rest
        there = socket.create_connection(("127.0.0.1", port))
        if method == "CONNECT":
            conn.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        there.sendall(rest)
        back = threading.Thread(target=pump, args=(there, conn), daemon=True)
        back.start()
        pump(conn, there)
        back.join()
        there.close()


def pump(source, sink):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
