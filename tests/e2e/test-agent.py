"""`assent --agent`: an agent of others, which speaks the Agent Client Protocol
and runs in the sandbox, on a copy; what it does is reviewed as our model's."""

import importlib
import sys

import agentlib
from agentlib import do
import harness

acp = importlib.import_module("test-acp")


def test_the_agent_of_the_tests(w):
    """An editor gets from it what it gets from `assent acp`."""
    e = acp.Editor(w, agent=[sys.executable, agentlib.PROGRAM],
                   answer=lambda params: params["options"][0]["optionId"])
    e.begin()
    assert e.opened["modes"]["currentModeId"] == "default", e.opened
    e.go(do(["edit", "a/b.txt", "x\n"], ["run", "cat a/b.txt"],
            ["permit", "edit", "Write c.txt"]))
    assert w.read("a/b.txt") == "x\n"
    assert [a["toolCall"]["title"] for a in e.asked] == ["Write c.txt"]
    said = [u["content"]["text"] for u in e.updates
            if u["sessionUpdate"] == "agent_message_chunk"]
    assert said == ["`cat a/b.txt`: exit 0: x\n\n", "Write c.txt: yes\n"], said
    turn = e.prompt_of(do(["hang"]))
    e.send({"method": "session/cancel", "params": {"sessionId": e.id}})
    assert e.result(turn)["stopReason"] == "cancelled"
    e.close()


harness.main(globals())
