"""A scripted model server on loopback, for tests. It answers

    POST .../chat/completions   as OpenAI Chat Completions (openai-chat)
    POST .../messages           as Anthropic Messages (anthropic)
    POST .../responses          as OpenAI Responses (openai-responses)
    POST ...:streamGenerateContent?alt=sse
                                as the Gemini API (gemini)
    GET  .../models             with the models of the script

The same script serves all formats.  For those in JUDGES it is as strict
about a history as the services are: what does not fit together (a call without
its result, reasoning or a signature that was not given) is a failure.
Requests take the answers in order.  A request beyond the last one gets status
500 and counts as a failure, too; each is said on stderr.

A script is a file with a list of answers, or an object:
    {"answers": [...], "key": "sk-test", "models": ["mock-model"]}
With "pages": {"/props": {...}} these are answered beside the script; [403, {...}] is an error.  With "key", a request without that key (Authorization: Bearer, x-api-key or
x-goog-api-key) gets a 401 and takes no answer.

With "rules", a list of {"if": [...], "not": [...], "answer": {...}}, a request
takes the answer of the first one whose every `if` and no `not` is in its body,
and no other: for many clients at once.

An answer, all members optional:
    "text": "..."           the text; a list gives the pieces to stream it in
    "thinking": "..."       before the text (Anthropic and Gemini: signed;
                            Responses: with its encrypted form)
    "calls": [{"name": "read", "args": {...}, "id": "..."}]
                            tool calls; "args" may be a string, sent as it is;
                            with "input" (text) a custom one, of Responses
    "stop": "..."           the stop word, instead of the one that fits
    "usage": {"input": 10, "output": 5, "cached": 0}
                            (Anthropic: also "write_1h", of the input)
                            Responses: also "thinking", of the output
    "diagnostics": {...}    Anthropic: why the cache missed
    "status": 429, "headers": {...}, "body": {...} or "..."
                            an answer that is no stream (200 works too)
    "garbage": true         status 200, an event stream by name, but noise
    "hangup": true          close before a byte is answered
    "hangup_after": N       close after N bytes of the body
    "stall": true           send all but the end, then nothing, until the client
                            goes away
    "wait_for": "FILE"      do not answer (with "wait_after": N, do not go on
                            after N events) before this file exists, or the
                            client goes away
    "delay_ms": N           between pieces
    "repeat": true          this answer stays for all further requests

Each request is kept as 001.json, 002.json, ... in a folder: method, path,
headers (all, as [name, value]), body (parsed, or null), body_text, answer
(which one it got, from 0, or null).  The file is there before the answer begins.
"""

import http.server
import json
import os
import select
import socket
import sys
import threading
import time

NOISE = b"\x00\x01\xfe\xff<<< this is no event stream >>>\n" * 8


def pieces(text, size=12):
    """Text cut into what a model would stream, or the script's own pieces."""
    if isinstance(text, list):
        return text
    return [text[i:i + size] for i in range(0, len(text), size)]


def args_text(call):
    args = call.get("args", {})
    return args if isinstance(args, str) else json.dumps(args)


class Event(bytes):
    """One whole server-sent event."""


def sse(data, name=None):
    head = "event: %s\n" % name if name else ""
    text = data if isinstance(data, str) else json.dumps(data)
    return Event((head + "data: " + text + "\n\n").encode())


def usage_of(answer):
    usage = answer.get("usage", {})
    return (usage.get("input", 10), usage.get("output", 5),
            usage.get("cached", 0))


def chat_events(answer, number, model):
    """The answer as a Chat Completions stream."""
    base = {"id": "chatcmpl-%d" % number, "object": "chat.completion.chunk",
            "created": 1760000000, "model": model}

    def chunk(delta, finish=None):
        return sse(dict(base, choices=[{
            "index": 0, "delta": delta, "finish_reason": finish}]))

    yield chunk({"role": "assistant", "content": ""})
    for part in pieces(answer.get("thinking", "")):
        yield chunk({"reasoning_content": part})
    for part in pieces(answer.get("text", "")):
        yield chunk({"content": part})
    calls = answer.get("calls", [])
    for i, call in enumerate(calls):
        call_id = call.get("id", "call_%d_%d" % (number, i))
        yield chunk({"tool_calls": [{
            "index": i, "id": call_id, "type": "function",
            "function": {"name": call["name"], "arguments": ""}}]})
        for part in pieces(args_text(call), 24):
            yield chunk({"tool_calls": [{
                "index": i, "function": {"arguments": part}}]})
    yield chunk({}, answer.get("stop", "tool_calls" if calls else "stop"))
    given, made, cached = usage_of(answer)
    yield sse(dict(base, choices=[], usage={
        "prompt_tokens": given, "completion_tokens": made,
        "total_tokens": given + made,
        "prompt_tokens_details": {"cached_tokens": cached}}))
    yield sse("[DONE]")


def messages_events(answer, number, model):
    """The answer as a Messages stream."""
    index = 0
    given, made, cached = usage_of(answer)
    hour = answer.get("usage", {}).get("write_1h", 0)

    def event(kind, **members):
        return sse(dict({"type": kind}, **members), kind)

    def delta(kind, **members):
        return event("content_block_delta", index=index,
                     delta=dict({"type": kind}, **members))

    yield event("message_start", message={
        "diagnostics": answer.get("diagnostics"),
        "id": "msg_%d" % number, "type": "message", "role": "assistant",
        "model": model, "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {
            "input_tokens": given - cached - hour, "output_tokens": 1,
            "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": hour,
            "cache_creation": {"ephemeral_5m_input_tokens": 0,
                               "ephemeral_1h_input_tokens": hour}}})
    yield event("ping")
    if answer.get("thinking"):
        yield event("content_block_start", index=index, content_block={
            "type": "thinking", "thinking": "", "signature": ""})
        for part in pieces(answer["thinking"]):
            yield delta("thinking_delta", thinking=part)
        yield delta("signature_delta", signature=answer.get(
            "signature", "sig-%d==" % number))
        yield event("content_block_stop", index=index)
        index += 1
    if answer.get("text"):
        yield event("content_block_start", index=index,
                    content_block={"type": "text", "text": ""})
        for part in pieces(answer["text"]):
            yield delta("text_delta", text=part)
        yield event("content_block_stop", index=index)
        index += 1
    calls = answer.get("calls", [])
    for i, call in enumerate(calls):
        yield event("content_block_start", index=index, content_block={
            "type": "tool_use",
            "id": call.get("id", "toolu_%d_%d" % (number, i)),
            "name": call["name"], "input": {}})
        for part in [""] + pieces(args_text(call), 24):
            yield delta("input_json_delta", partial_json=part)
        yield event("content_block_stop", index=index)
        index += 1
    yield event("message_delta", delta={
        "stop_reason": answer.get("stop", "tool_use" if calls else "end_turn"),
        "stop_sequence": None}, usage={"output_tokens": made})
    yield event("message_stop")


def responses_events(answer, number, model):
    """The answer as a Responses stream."""
    output = []
    calls = answer.get("calls", [])
    given, made, cached = usage_of(answer)
    sequence = [0]

    def event(kind, **members):
        members = dict({"type": kind, "sequence_number": sequence[0]},
                       **members)
        sequence[0] += 1
        return sse(members, kind)

    def whole(status):
        return {"id": "resp_%d" % number, "object": "response",
                "model": model, "status": status, "store": False,
                "error": None, "incomplete_details": None, "output": output,
                "usage": {
                    "input_tokens": given,
                    "input_tokens_details": {"cached_tokens": cached},
                    "output_tokens": made,
                    "output_tokens_details": {"reasoning_tokens": answer.get(
                        "usage", {}).get("thinking", 0)},
                    "total_tokens": given + made}}

    def item(begun, kind, member, parts, done, **where):
        where["output_index"] = len(output)
        yield event("response.output_item.added",
                    output_index=len(output), item=begun)
        for part in parts:
            yield event("response." + kind + ".delta", item_id=begun["id"],
                        delta=part, **where)
        yield event("response." + kind + ".done", item_id=begun["id"],
                    **dict(where, **{member: "".join(parts)}))
        yield event("response.output_item.done",
                    output_index=len(output), item=done)
        output.append(done)

    yield event("response.created", response=dict(
        whole("in_progress"), usage=None))
    if answer.get("thinking"):
        begun = {"id": "rs_%d" % number, "type": "reasoning", "summary": [],
                 "encrypted_content": "partial"}
        yield from item(begun, "reasoning_summary_text", "text",
                        pieces(answer["thinking"]),
                        dict(begun, encrypted_content="sealed-%d==" % number,
                             summary=[{"type": "summary_text",
                                       "text": answer["thinking"]}]),
                        summary_index=0)
    if answer.get("text"):
        parts = pieces(answer["text"])
        begun = {"id": "msg_%d" % number, "type": "message",
                 "role": "assistant", "status": "in_progress", "content": []}
        yield from item(begun, "output_text", "text", parts,
                        dict(begun, status="completed", content=[{
                            "type": "output_text", "annotations": [],
                            "logprobs": [],
                            "text": "".join(parts)}]), content_index=0)
    for i, call in enumerate(calls):
        if "input" in call:
            begun = {"id": "ctc_%d_%d" % (number, i),
                     "type": "custom_tool_call", "status": "in_progress",
                     "input": "", "name": call["name"],
                     "call_id": call.get("id", "call_%d_%d" % (number, i))}
            yield from item(begun, "custom_tool_call_input", "input",
                            pieces(call["input"], 24),
                            dict(begun, status="completed",
                                 input=call["input"]))
            continue
        begun = {"id": "fc_%d_%d" % (number, i), "type": "function_call",
                 "status": "in_progress", "arguments": "",
                 "call_id": call.get("id", "call_%d_%d" % (number, i)),
                 "name": call["name"]}
        yield from item(begun, "function_call_arguments", "arguments",
                        pieces(args_text(call), 24),
                        dict(begun, status="completed",
                             arguments=args_text(call)))
    stop = answer.get("stop", "completed")
    yield event("response." + stop, response=whole(stop))


def gemini_events(answer, number, model):
    """The answer as a Gemini stream."""
    given, made, cached = usage_of(answer)
    calls = answer.get("calls", [])

    def chunk(*parts, **more):
        return sse({"candidates": [dict({"index": 0, "content": {
            "parts": list(parts), "role": "model"}}, **more)],
            "usageMetadata": {
                "promptTokenCount": given, "candidatesTokenCount": made,
                "cachedContentTokenCount": cached,
                "totalTokenCount": given + made},
            "modelVersion": model, "responseId": "r%d" % number})

    for part in pieces(answer.get("thinking", "")):
        yield chunk({"text": part, "thought": True})
    for part in pieces(answer.get("text", "")):
        yield chunk({"text": part})
    for i, call in enumerate(calls):
        o = {"name": call["name"], "args": call.get("args", {})}
        if "id" in call:
            o["id"] = call["id"]
        part = {"functionCall": o}
        if i == 0:
            part["thoughtSignature"] = "c2ln%d==" % number
        yield chunk(part)
    yield chunk({"text": ""}, finishReason=answer.get("stop", "STOP"))


def judge_responses(body):
    """Why the service would not take this request, or None."""
    open_calls, waits = [], None
    if body.get("store") is not False:
        return "store is not false"
    for o in body.get("input", []):
        kind = o.get("type", "message")
        if waits and kind.endswith("_call_output"):
            return "Item '%s' of type 'reasoning' was provided without its " \
                "required following item." % waits
        waits = None
        if kind == "reasoning":
            waits = o.get("id")
            if not o.get("encrypted_content", "").startswith("sealed-"):
                return "The encrypted content could not be verified."
        elif kind in ("function_call", "custom_tool_call"):
            if kind == "function_call":
                json.loads(o["arguments"])
            elif not isinstance(o.get("input"), str):
                return "Missing required parameter: input"
            open_calls.append((kind, o["call_id"]))
        elif kind.endswith("_call_output"):
            call = (kind[:-len("_output")], o["call_id"])
            if call not in open_calls:
                return "No tool call found for %s" % o["call_id"]
            open_calls.remove(call)
        elif o.get("role") == "user" and open_calls:
            break
    if waits:
        return "reasoning at the end of the input"
    return "No tool output found for function call %s." % open_calls[0][1] \
        if open_calls else None


SCHEMA_MEMBERS = {"type", "format", "description", "nullable", "enum",
                  "items", "properties", "required", "minItems", "maxItems",
                  "minLength", "maxLength", "minimum", "maximum", "pattern",
                  "anyOf"}


def judge_schema(o):
    for name in o:
        if name not in SCHEMA_MEMBERS:
            return "Unknown name \"%s\"" % name
    for inner in list(o.get("properties", {}).values()) + \
            o.get("anyOf", []) + ([o["items"]] if "items" in o else []):
        why = judge_schema(inner)
        if why:
            return why
    if o.get("type") == "object" and not o.get("properties"):
        return "properties: should be non-empty for OBJECT type"
    return None


def judge_gemini(body):
    """Why the service would not take this request, or None."""
    calls = []
    for tool in body.get("tools", []):
        for f in tool["functionDeclarations"]:
            why = judge_schema(f["parameters"]) if "parameters" in f else None
            if why:
                return "%s: %s" % (f["name"], why)
    for content in body["contents"]:
        parts = content["parts"]
        if not parts:
            return "contents.parts must not be empty"
        answered = [p["functionResponse"] for p in parts
                    if "functionResponse" in p]
        if [(o["name"], o.get("id")) for o in answered] != calls:
            return "Please ensure that the number of function response " \
                "parts is equal to the number of function call parts of " \
                "the function call turn."
        for o in answered:
            if not isinstance(o["response"], dict):
                return "response is no object"
        calls = [(p["functionCall"]["name"], p["functionCall"].get("id"))
                 for p in parts if "functionCall" in p]
        first = [p for p in parts if "functionCall" in p][:1]
        if first and not first[0].get("thoughtSignature", "").startswith(
                ("c2ln", "skip_thought_signature_validator")):
            return "Function call is missing a thought_signature in " \
                "functionCall parts."
        if any(p.get("thought") for p in parts):
            return "a thought was sent back"
    return "the last calls have no results" if calls else None


FORMATS = {
    "/chat/completions": chat_events,
    "/messages": messages_events,
    ":streamRawPredict": messages_events,
    "/responses": responses_events,
    ":streamGenerateContent": gemini_events,
}
JUDGES = {
    "/responses": judge_responses,
    ":streamGenerateContent": judge_gemini,
}


def error_body(path, status, message):
    """An error in the words of the format that was asked."""
    kind = {401: "authentication_error", 400: "invalid_request_error",
            404: "not_found_error"}.get(status, "api_error")
    if ":streamGenerateContent" in path:
        return {"error": {"code": status, "message": message, "status": {
            401: "UNAUTHENTICATED", 400: "INVALID_ARGUMENT",
            404: "NOT_FOUND"}.get(status, "INTERNAL")}}
    if path.endswith("/messages"):
        return {"type": "error", "error": {"type": kind, "message": message}}
    return {"error": {"message": message, "type": kind, "param": None,
                      "code": None}}


class Script:
    """The answers and what became of them; shared by all connections."""

    def __init__(self, path, record):
        with open(path, encoding="utf-8") as f:
            top = json.load(f)
        if isinstance(top, list):
            top = {"answers": top}
        self.folder = os.path.dirname(os.path.abspath(path))
        self.answers = top.get("answers", [])
        self.rules = top.get("rules", [])
        self.key = top.get("key")
        self.models = top.get("models", ["mock-model"])
        self.pages = top.get("pages", {})
        self.record = record
        self.lock = threading.Lock()
        self.requests = 0
        self.next = 0
        self.failed = False

    def look(self, path):
        if self.record is not None:
            with self.lock, open(os.path.join(self.record, "looks"), "a",
                                 encoding="utf-8") as f:
                f.write(path + "\n")

    def fail(self, text):
        self.failed = True
        print("mockserver: " + text, file=sys.stderr, flush=True)

    def take(self, wants_answer, text):
        """The number of this request, and its answer or None."""
        with self.lock:
            self.requests += 1
            for i, rule in enumerate(self.rules if wants_answer else []):
                if all(x in text for x in rule.get("if", [])) and \
                        not any(x in text for x in rule.get("not", [])):
                    return self.requests, i, rule["answer"]
            if not wants_answer or self.next >= len(self.answers):
                return self.requests, None, None
            index = self.next
            if not self.answers[index].get("repeat"):
                self.next += 1
            return self.requests, index, self.answers[index]

    def keep(self, number, request):
        if self.record is None:
            return
        path = os.path.join(self.record, "%03d.json" % number)
        with open(path + ".tmp", "w", encoding="utf-8") as f:
            json.dump(request, f, indent=1)
        os.rename(path + ".tmp", path)


def hang_up(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script = None

    def log_message(self, *args):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def key_is_right(self):
        key = self.script.key
        return key is None or \
            self.headers.get("authorization") == "Bearer " + key or \
            self.headers.get("x-api-key") == key or \
            self.headers.get("api-key") == key or \
            self.headers.get("x-goog-api-key") == key

    def send_whole(self, status, headers, body):
        data = body if isinstance(body, str) else json.dumps(body)
        data = data.encode()
        self.send_response(status)
        names = {name.lower() for name in headers}
        if "content-type" not in names:
            self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status, message):
        self.send_whole(status, {}, error_body(self.path, status, message))

    def hang_up(self):
        self.wfile.flush()
        hang_up(self.connection)
        self.close_connection = True

    def unmet(self, body):
        for end, judge in JUDGES.items():
            if self.path.split("?")[0].endswith(end):
                why = judge(body)
                if why is not None:
                    return why
        return None

    def wait_for(self, name):
        while not os.path.exists(os.path.join(self.script.folder, name)):
            if select.select([self.connection], [], [], 0.005)[0] and \
                    not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError("the client went away")

    def write_chunk(self, data):
        self.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n")
        self.wfile.flush()

    def body_pieces(self, answer, events):
        if answer.get("garbage"):
            return [NOISE]
        parts = list(events)
        if answer.get("stall"):
            # Neither the finish nor what follows it.
            parts = parts[:-3] if len(parts) > 3 else parts[:1]
        return parts

    def stream(self, answer, number, events):
        self.send_response(answer.get("status", 200))
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("request-id", "req_mock_%d" % number)
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, str(value))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        left = answer.get("hangup_after")
        for i, part in enumerate(self.body_pieces(answer, events)):
            if "wait_for" in answer and i == answer.get("wait_after", 0):
                self.wait_for(answer["wait_for"])
            if left is not None:
                part = part[:left]
                left -= len(part)
            if part:
                self.write_chunk(part)
            if left == 0:
                self.hang_up()
                return
            if answer.get("delay_ms"):
                time.sleep(answer["delay_ms"] / 1000)
        if left is not None:
            self.hang_up()
        elif answer.get("stall"):
            # Until the client hangs up; it has nothing more to say.
            self.connection.recv(1)
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        self.script.look(self.path)
        if self.path in self.script.pages:
            page = self.script.pages[self.path]
            self.send_whole(*([page[0], {}, page[1]] if isinstance(page, list)
                              else [200, {}, page]))
            return
        given = any(self.headers.get(h) for h in (
            "authorization", "x-api-key", "x-goog-api-key"))
        if given and not self.key_is_right():
            self.refuse(401, "invalid API key")
        elif self.path.split("?")[0].endswith("/models"):
            self.send_whole(200, {}, {"object": "list", "data": [
                {"id": m, "object": "model"} for m in self.script.models]})
        else:
            self.refuse(404, "no such page")

    def do_POST(self):
        if self.path in self.script.pages:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.script.look(self.path)
            self.send_whole(200, {}, self.script.pages[self.path])
            return
        size = int(self.headers.get("content-length", 0))
        text = self.rfile.read(size).decode("utf-8", "replace")
        make = None
        for end, function in FORMATS.items():
            if self.path.split("?")[0].endswith(end):
                make = function
        right = self.key_is_right()
        number, index, answer = self.script.take(make is not None and right, text)
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        self.script.keep(number, {
            "method": "POST", "path": self.path,
            "headers": [list(h) for h in self.headers.items()],
            "body": body, "body_text": text, "answer": index})
        try:
            self.answer(make, right, number, answer, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, make, right, number, answer, body):
        if make is None:
            self.refuse(404, "no such page: %s" % self.path)
            return
        if not right:
            self.refuse(401, "invalid API key")
            return
        if not isinstance(body, dict):
            self.script.fail("request %d is not a JSON object" % number)
            self.refuse(400, "the body is not a JSON object")
            return
        if answer is None:
            self.script.fail("request %d: the script has no answer left" %
                             number)
            self.refuse(500, "the script has no answer left")
            return
        why = self.unmet(body)
        if why is not None:
            self.script.fail("request %d: %s" % (number, why))
            self.refuse(400, why)
            return
        if answer.get("hangup"):
            self.hang_up()
            return
        if "body" in answer or ("status" in answer and
                                answer["status"] != 200):
            if "wait_for" in answer:
                self.wait_for(answer["wait_for"])
            self.send_whole(answer.get("status", 200),
                            answer.get("headers", {}), answer.get("body", ""))
            return
        self.stream(answer, number,
                    make(answer, number, body.get("model", "mock-model")))


def hold_port():
    """A socket that keeps a port, and the port: while it is open, connections
    are refused, or get to the server that the test has there; no other program
    is given the port."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    return s, s.getsockname()[1]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        # A client that went away is what some tests are about.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class ScriptedServer(Server):
    """Gives the answers of a script, in threads of its own, until end()."""

    def __init__(self, path, port=0, record=None):
        self.script = Script(path, record)
        self.ended = False
        self.connections = set()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        # Also after end(): tests look at what a server that is gone means.
        self.hold, port = (None, port) if port else hold_port()
        if record:
            os.makedirs(record, exist_ok=True)
        super().__init__(("127.0.0.1", port),
                         type("Scripted", (Handler,), {"script": self.script}))
        self.thread.start()

    def serve(self):
        while not self.ended:
            self.handle_request()

    def end(self):
        """It listens no more, and hangs up."""
        if self.ended:
            return
        self.ended = True
        # This wakes up what waits for a connection.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.server_close()
        for connection in list(self.connections):
            hang_up(connection)

    def process_request(self, request, client_address):
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.connections.discard(request)
        super().shutdown_request(request)
