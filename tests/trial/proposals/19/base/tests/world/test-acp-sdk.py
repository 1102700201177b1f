"""`assent acp` with the protocol's own library as the editor's side: it finds
nothing wrong with what assent sends."""

def call(name, **args):
    return {"calls": [{"name": name, "args": args}]}


def test_a_turn_by_the_library(w):
    if not os.path.isdir(SDK):
        raise harness.Skip("there is no ACP library: ./bootstrap engines")
    with open(os.path.join(SDK, "package.json")) as f:
        main = os.path.join(SDK, json.load(f)["main"])
    w.write("a.txt", "one\n")
    w.mock([dict(call("plan", goal="g", steps=[{"title": "s"}],
                      files=["a.txt"]), text="I plan."),
            call("write", path="a.txt", content="two\n"),
            call("read", path="a.txt"), harness.done(1)])
    r = subprocess.run(
        ["node", os.path.join(HERE, "acp-client.mjs"), main, "go",
         harness.ASSENT, "acp", "--plan", "require"], cwd=w.project,
        env=w.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=harness.DEADLINE_S)
    lines = [json.loads(x) for x in r.stdout.splitlines()]
    assert w.read("a.txt") == "two\n"


