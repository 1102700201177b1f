#!/usr/bin/env python3
"""An agent for tests, which speaks the Agent Client Protocol on stdio:
acp-agent.py MODE... It has no model: a prompt's line `DO [[STEP, ARGUMENT...],
...]` says what it does (agentlib.do makes one), a function below for each step.
Any other prompt it answers with the prompt. What it got is in ~/heard.jsonl,
its sessions in ~/sessions.json. The modes take things away or add them."""

import json
import os
import queue
import subprocess
import sys
import threading
import time

MODES = sys.argv[1:]
HOME = os.environ["HOME"]
OPTIONS = (("yes", "Yes", "allow_once"), ("always", "Always", "allow_always"),
           ("no", "No", "reject_once"))
PLANS = (("default", "Default"), ("plan", "Plan mode"))
COMMANDS = ({"name": "greet", "description": "Say hello to somebody",
             "input": {"hint": "name"}},
            {"name": "plan", "description": "The agent's own /plan"})


class Cancelled(Exception):
    pass


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Agent:
    def __init__(self):
        self.got = queue.Queue()
        self.lock = threading.Lock()
        self.cancelled = threading.Event()
        self.answers = {}
        self.last = -1  # ids of both sides overlap, as those of real agents
        self.calls = 0
        self.id = self.request = None
        self.mode = "default"
        self.stop = "end_turn"
        self.usage = self.after = None
        threading.Thread(target=self.listen, daemon=True).start()

    # ---- messages ----

    def listen(self):
        """Cancel is heard at once, whatever a step does; the rest in order."""
        for line in sys.stdin:
            if not line.strip():
                continue
            with open(os.path.join(HOME, "heard.jsonl"), "a") as f:
                f.write(line)
            m = json.loads(line)
            if m.get("method") == "session/prompt":
                self.cancelled.clear()
            if m.get("method") == "session/cancel":
                self.cancelled.set()
            if m.get("method") != "session/cancel" or "deaf" not in MODES:
                self.got.put(m)
        self.got.put(None)

    def raw(self, text):
        with self.lock:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def send(self, **o):
        self.raw(json.dumps(dict(o, jsonrpc="2.0")))

    def update(self, what, **o):
        self.send(method="session/update", params={
            "sessionId": self.id, "update": dict(o, sessionUpdate=what)})

    def ask(self, method, **params):
        """A request to the client; its answer, {"result": } or {"error": }.
        While it stands, session/cancel ends the prompt."""
        self.last += 1
        self.send(id=self.last, method=method, params=dict(
            params, sessionId=self.id))
        later = []
        while True:
            m = self.got.get()
            if m is None:
                sys.exit(0)
            if m.get("method") == "session/cancel":
                raise Cancelled
            if m.get("id") == self.last and "method" not in m:
                break
            later.append(m)
        for x in later:
            self.got.put(x)
        return m

    # ---- sessions ----

    def sessions(self, add=None):
        path = os.path.join(HOME, "sessions.json")
        try:
            with open(path) as f:
                all_ = json.load(f)
        except FileNotFoundError:
            all_ = {}
        if add is not None:
            all_.setdefault(self.id, []).extend(add)
            with open(path + ".new", "w") as f:
                json.dump(all_, f)
            os.rename(path + ".new", path)
        return all_

    def opened(self):
        if "no-modes" in MODES:
            return {}
        return {"modes": {"currentModeId": self.mode, "availableModes": [
            {"id": i, "name": n} for i, n in PLANS]}}

    def initialize(self, protocolVersion, **_):
        if "dies-at-once" in MODES:
            sys.exit("can't find my database")
        can = {"loadSession": "load" in MODES, "promptCapabilities": {
            "image": "images" in MODES, "embeddedContext": "embeds" in MODES}}
        if "resume" in MODES:
            can["sessionCapabilities"] = {"resume": {}}
        return {"protocolVersion": 7 if "version" in MODES else
                min(protocolVersion, 1), "agentCapabilities": can,
                "agentInfo": {"name": "small", "version": "1"},
                "authMethods": [{"id": "sign-in", "name": "Sign in"}]
                if "sign-in" in MODES else []}

    def authenticate(self, methodId):
        """What a browser would do; a test has none."""
        with open(os.path.join(HOME, "signed-in"), "w") as f:
            f.write(methodId)
        return {}

    def new(self, cwd, mcpServers):
        if "sign-in" in MODES and not os.path.exists(
                os.path.join(HOME, "signed-in")):
            raise Refused(-32000, "Authentication required")
        os.chdir(cwd)
        self.id = "s-%d-%d" % (len(self.sessions()), os.getpid())
        self.sessions(add=[])
        return dict(self.opened(), sessionId=self.id)

    def load(self, sessionId, cwd, mcpServers):
        old = self.sessions().get(sessionId)
        if old is None or "forgets" in MODES:
            raise Refused(-32002, "no such session")
        os.chdir(cwd)
        self.id = sessionId
        return old

    def load_session(self, **params):
        for text in self.load(**params):
            self.update("user_message_chunk", content={
                "type": "text", "text": text})
            self.update("agent_message_chunk", content={
                "type": "text", "text": "I did that."})
        return self.opened()

    def resume_session(self, **params):
        self.load(**params)
        return self.opened()

    def set_mode(self, sessionId, modeId):
        if modeId not in dict(PLANS) or "no-modes" in MODES:
            raise Refused(-32602, "no such mode")
        self.mode = modeId
        return {}

    # ---- what a prompt does ----

    def prompt(self, sessionId, prompt):
        self.stop = "end_turn"
        self.usage = self.after = None
        text = "\n".join(b.get("text") or b.get("uri") or b["type"]
                         for b in prompt)
        self.sessions(add=[text])
        steps = [x for x in text.splitlines() if x.startswith("DO ")]
        if text.startswith("/greet"):
            self.do_say("Hello%s!" % text.splitlines()[0][len("/greet"):])
        elif not steps:
            self.do_say("You said: " + text)
        try:
            for name, *args in json.loads(steps[-1][3:]) if steps else ():
                if self.cancelled.is_set():
                    raise Cancelled
                getattr(self, "do_" + name)(*args)
        except Cancelled:
            self.stop = "cancelled"
        o = {"stopReason": self.stop}
        if self.usage is not None:
            o["usage"] = self.usage
        return o

    def do_say(self, text, message=None):
        self.update("agent_message_chunk", messageId=message, content={
            "type": "text", "text": text})

    def do_think(self, text):
        self.update("agent_thought_chunk", content={
            "type": "text", "text": text})

    def do_tell(self, path):
        """The text of a file in its place."""
        with open(path) as f:
            self.do_say(f.read())

    def begin(self, kind, title, id_=None, **more):
        """First only that there is a call: its arguments aren't complete."""
        self.calls += 1
        id_ = id_ or "call-%d" % self.calls
        self.update("tool_call", toolCallId=id_, title="Preparing", kind=kind,
                    status="pending", rawInput={}, content=[])
        self.update("tool_call_update", toolCallId=id_, title=title,
                    status="in_progress", **more)
        return id_

    def end(self, id_, ok=True, *content):
        self.update("tool_call_update", toolCallId=id_, content=list(content),
                    status="completed" if ok else "failed")

    def do_edit(self, path, text, id_=None):
        """Write a file; in plan mode, too: it's the sandbox that holds."""
        try:
            with open(path) as f:
                old = f.read()
        except OSError:
            old = None
        diff = {"type": "diff", "path": os.path.abspath(path), "oldText": old,
                "newText": text}
        id_ = self.begin("edit", "Edit " + path, id_, content=[diff],
                         locations=[{"path": os.path.abspath(path)}])
        try:
            if os.path.dirname(path):
                os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write(text)
            self.end(id_, True, diff)
        except OSError as e:
            self.end(id_, False, {"type": "content", "content": {
                "type": "text", "text": str(e)}})
            self.do_say("can't write %s: %s\n" % (path, e.strerror))

    def do_run(self, command):
        id_ = self.begin("execute", command, rawInput={"command": command})
        p = subprocess.run(["/bin/sh", "-c", command], text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
        self.end(id_, p.returncode == 0, {"type": "content", "content": {
            "type": "text", "text": p.stdout}})
        self.do_say("`%s`: exit %d: %s\n" % (command, p.returncode, p.stdout))

    def do_start(self, command):
        """A process that it leaves running."""
        subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def do_commit(self, message):
        self.do_run("git add -A && git -c user.name=a -c user.email=a@b "
                    "commit -qm '%s'" % message)

    def do_permit(self, kind, title, options=OPTIONS, **more):
        """Ask; say what came. True: allowed."""
        self.calls += 1
        m = self.ask("session/request_permission", toolCall=dict({
            "toolCallId": "call-%d" % self.calls, "title": title,
            "kind": kind}, **more), options=[
                {"optionId": i, "name": n, "kind": k} for i, n, k in options])
        got = m.get("result", {}).get("outcome", m.get("error"))
        self.do_say("%s: %s\n" % (title, got.get("optionId") or
                                  got.get("outcome") or got))
        if got.get("outcome") == "cancelled":
            raise Cancelled
        ok = any(i == got.get("optionId") and k.startswith("allow")
                 for i, n, k in options)
        self.end("call-%d" % self.calls, ok)
        return ok

    def do_leave_plan(self, plan):
        """As Claude Code does: the mode ends if the plan is approved; else the
        prompt ends."""
        if self.do_permit("switch_mode", "Approve Plan", (
                ("exit-plan-default", "Yes, manually approve edits",
                 "allow_once"),
                ("exit-plan-auto", "Yes, and use auto mode", "allow_always"),
                ("reject", "No, keep planning", "reject_once")), content=[
                    {"type": "content", "content": {
                        "type": "text", "text": plan}}]):
            self.mode = "default"
            self.update("current_mode_update", currentModeId=self.mode)
        else:
            raise Cancelled

    def do_ask_about(self, *parts):
        """With a text of these parts wherever a question has one."""
        text = "".join(parts)
        self.do_permit("other", "Use %s?" % text, (
            ("a", "Use " + text, "allow_once"), ("b", "Another", "allow_once"),
            ("n", "No", "reject_once")), content=[{
                "type": "content", "content": {
                    "type": "text", "text": "It is %s." % text}}])

    def do_plan_about(self, *parts):
        text = "".join(parts)
        self.do_leave_plan("# Use %s\n\n1. send %s\n" % (text, text))

    def do_plan(self, *entries):
        self.update("plan", entries=[
            {"content": c, "priority": "medium", "status": s}
            for c, s in entries])

    def do_usage(self, used, size=200000, amount=None):
        o = {"used": used, "size": size}
        if amount is not None:
            o["cost"] = {"amount": amount, "currency": "USD"}
        self.update("usage_update", **o)

    def do_tokens(self, in_, out):
        """As claude-agent-acp tells them: with the prompt's end."""
        self.usage = {"inputTokens": in_, "outputTokens": out,
                      "totalTokens": in_ + out}

    def do_answer(self):
        """The prompt's end; that it's over follows as always."""
        self.send(id=self.request, result={"stopReason": "end_turn"})

    def do_stop(self, reason):
        self.stop = reason

    def do_hang(self):
        """Until it is cancelled; for ever in the mode `deaf`."""
        if "deaf" in MODES:
            while True:
                time.sleep(1000)
        self.cancelled.wait()
        raise Cancelled

    def do_crash(self):
        print("my last words", file=sys.stderr, flush=True)
        os._exit(7)

    def do_fail(self, message):
        raise Refused(-32603, message)

    def do_request(self, method, params):
        """Of the client; the answer in words."""
        m = self.ask(method, **params)
        self.do_say("%s: %s\n" % (method, json.dumps(
            m.get("result", m.get("error")))))

    def do_raw(self, o):
        """Any message as it is; a text: any line."""
        self.raw(o if isinstance(o, str) else json.dumps(o).replace(
            "SESSION", self.id))

    def do_flood(self, megabytes):
        line = "x" * 65000
        for _ in range(megabytes * 16):
            if self.cancelled.is_set():
                raise Cancelled
            self.do_say(line)

    def do_line(self, megabytes):
        """One line that is as long."""
        self.raw('"' + "x" * (megabytes << 20))

    def do_hoard(self, calls):
        """A long plan, and calls that never begin, with 2 MB of arguments
        each."""
        self.update("plan", entries=[{}] * 98000)
        for i in range(calls):
            self.update("tool_call", toolCallId="hoard-%d" % i, kind="read",
                        rawInput={"text": "x" * 2000000}, status="pending")

    def do_late(self, text):
        """More after the prompt's end."""
        self.after = text

    # ---- the loop ----

    METHODS = {"initialize": initialize, "authenticate": authenticate,
               "session/new": new, "session/load": load_session,
               "session/resume": resume_session, "session/prompt": prompt,
               "session/set_mode": set_mode}

    def answer(self, m):
        if m["method"] in MODES:
            return      # it never answers this
        self.request = m["id"]
        try:
            if m["method"] not in self.METHODS:
                raise Refused(-32601, "no method " + m["method"])
            got = self.METHODS[m["method"]](self, **m["params"])
            self.send(id=m["id"], result=got)
        except Refused as e:
            self.send(id=m["id"], error={"code": e.code, "message": str(e)})
        if m["method"] in ("session/new", "session/load", "session/resume") \
                and self.id is not None:
            self.update("available_commands_update",
                        availableCommands=COMMANDS)
        if self.after is not None:
            self.do_say(self.after)
            self.after = None

    def run(self):
        while True:
            m = self.got.get()
            if m is None:
                return
            if "id" in m and "method" in m:
                self.answer(m)


Agent().run()
