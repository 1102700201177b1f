"""A model server that sends whatever bytes a test wants, and the session that
has to bear it.  Used by test-server.py and slow-server.py.
"""

import json
import os
import socket
import threading

import harness
import protocol

HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        b"Connection: close\r\n\r\n")
TEXT = "one\ntwo\nthree\n"


class Server:
    """Answers each connection with the next of `answers` (the last one stays):
    a list of byte strings, or a function that takes the socket."""

    def __init__(self, answers):
        self.answers = answers
        self.requests = []
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def url(self, suffix):
        return "http://127.0.0.1:%d%s" % (self.port, suffix)

    def serve(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            with conn:
                try:
                    self.read(conn)
                    at = min(len(self.requests), len(self.answers)) - 1
                    answer = self.answers[at]
                    if callable(answer):
                        answer(conn)
                    else:
                        for part in answer:
                            conn.sendall(part)
                    conn.shutdown(socket.SHUT_WR)
                    while conn.recv(1 << 16):
                        pass
                except OSError:
                    pass

    def read(self, conn):
        data = b""
        while b"\r\n\r\n" not in data:
            got = conn.recv(1 << 16)
            if not got:
                raise OSError("gone")
            data += got
        head, _, body = data.partition(b"\r\n\r\n")
        size = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        while len(body) < size:
            body += conn.recv(1 << 16)
        self.requests.append(head + b"\r\n\r\n" + body)

    def stop(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        self.thread.join()


def chat(delta, finish=None):
    return b"data: " + json.dumps({
        "id": "x", "object": "chat.completion.chunk", "choices": [
            {"index": 0, "delta": delta,
             "finish_reason": finish}]}).encode() + b"\n\n"


def call(name, args, index=0, ident="c1"):
    return chat({"tool_calls": [{
        "index": index, "id": ident, "type": "function",
        "function": {"name": name, "arguments": args}}]})


STOP = chat({}, "stop") + b"data: [DONE]\n\n"
CALLS = chat({}, "tool_calls") + b"data: [DONE]\n\n"
FINISH = [HEAD, call("done", '{"summary":"bye"}'), CALLS]


def flood(part):
    def send(conn):
        conn.sendall(HEAD)
        while True:
            conn.sendall(part)
    return send


def session(w, answers, fmt="openai-chat", **more):
    """Run a headless session against this server; its events."""
    if not os.path.exists(os.path.join(w.project, ".git")):
        w.write("a.txt", TEXT)
        w.repository()
    server = Server(answers)
    w.configure(harness.base_url(server, fmt), fmt)
    before = harness.tree(w.project)
    c = protocol.start(w, task="go", mode="exec", person=False, linger=False,
                       retry_base_ms=1, retry_time_ms=10, **more)
    c.wait_eof()
    c.close()
    server.stop()
    assert harness.tree(w.project) == before, "the project was changed"
    ends = w.events("agent_end")
    assert len(ends) == 1, c.lines[-5:]
    if ends[0]["outcome"] == "provider":
        said = w.events("error")
        assert said and len(said[-1]["text"]) > 20, said
        for word in ("sk-test", "\x1b"):
            assert word not in said[-1]["text"], said
    return ends[0], server
