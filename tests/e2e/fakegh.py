"""A stand-in for gh and the server behind it: what `gh help` and GitHub's documents
of REST and GraphQL say of the few calls that assent makes. The server's state is a
JSON file; GH_DO makes a call fail as gh does.
"""

import fcntl
import json
import os
import re
import signal
import sys
import time
import traceback

PULL = {"headRefOid": "1" * 40, "url": "https://github.com/o/r/pull/7", "id": "PR_kwDO7", "state": "OPEN"}

# What gh prints, and its exit status.
FAILS = {
    "login": ("To get started with GitHub CLI, please run:  gh auth login\n", 4, ""),
    "401": ("gh: Bad credentials (HTTP 401)\n", 1, {"message": "Bad credentials"}),
    "404": ("gh: Not Found (HTTP 404)\n", 1, {"message": "Not Found"}),
    "422": ("gh: Validation Failed (HTTP 422)\n", 1, {
        "message": "Validation Failed", "errors": [{
            "resource": "PullRequestReview", "code": "custom", "field": "user_id",
            "message": "user_id can only have one pending review per pull request"}]}),
    "rate": ("gh: API rate limit exceeded for user ID 1. (HTTP 403)\n", 1,
             {"message": "API rate limit exceeded for user ID 1."}),
    "502": ("gh: HTTP 502\n", 1, "<html>"),
    "network": ("error connecting to api.github.com\ncheck your internet connection"
                " or https://githubstatus.com\n", 1, ""),
    "hostile": ("gh: \x1b[2Jassent: sent \u202e(HTTP 418)\n", 1, ""),
    "garbage": ("", 0, "{\"data\": [\x1b[2J"),
    "empty": ("", 0, {"data": {"node": None}}),
    # The address is fine, but then the server gives no list, nor a page's end.
    "nothing": ("", 0, PULL),
    "nulls": ("", 0, dict(PULL, data={"node": {"reviewThreads": {"nodes": None}}})),
    "endless": ("", 0, dict(PULL, data={"node": {"reviewThreads": {
        "pageInfo": {"hasNextPage": True, "endCursor": None}, "nodes": []}}})),
}


def install(w, **state):
    """gh in the PATH of w, and its server."""
    path = w.path("github.json")
    state = dict({"url": "https://github.com/o/r/pull/7", "id": "PR_kwDO7",
                  "state": "OPEN", "head": "0" * 40, "viewer": "me", "next": 5000000000,
                  "base": "work", "threads": [], "reviews": [], "calls": [], "diff": ""}, **state)
    with open(path, "w") as f:
        json.dump(state, f)
    w.write("bin/gh", "#!%s\nimport sys\nsys.path.insert(0, %r)\nimport fakegh\n"
            "fakegh.main(%r)\n" % (sys.executable, os.path.dirname(__file__), path),
            0o755, base=w.path())
    w.env["PATH"] = w.path("bin") + ":" + w.env["PATH"]


def server(w, change=None):
    """Its state; `change` changes it first."""
    with open(w.path("github.json"), "r+") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        state = json.load(f)
        if change is not None:
            change(state)
            f.seek(0)
            f.truncate()
            json.dump(state, f)
    return state


def thread(n, path, line, *comments, resolved=False, outdated=False, state="SUBMITTED",
           hunk="@@ -1,3 +1,3 @@\n context\n-old\n+new"):
    """As a GraphQL node; a comment is (login, body)."""
    return {"id": "PRRT_kwDO%d" % n, "isResolved": resolved, "isOutdated": outdated,
            "path": path, "line": None if outdated else line, "originalLine": line,
            "comments": [{"fullDatabaseId": str(3000000000 + 1000 * n + i),
                          "body": body, "state": state, "diffHunk": hunk,
                          "author": None if login is None else {"login": login}}
                         for i, (login, body) in enumerate(comments)]}


def page(nodes, query, member, after):
    """One page of a connection, of as many as the query asks for."""
    first = int(re.search(r"%s\(first:(\d+)" % member, query).group(1))
    at = int(after or 0)
    return {"pageInfo": {"hasNextPage": at + first < len(nodes),
                         "endCursor": str(at + first)},
            "nodes": nodes[at:at + first]}


def comments(state, t, query, after):
    nodes = [dict(c, viewerDidAuthor=(c["author"] or {}).get("login") == state["viewer"])
             for c in t["comments"]]
    return page(nodes, query, "comments", after)


def graphql(state, asked):
    query, v = asked["query"], asked["variables"]
    if v["id"] == state["id"] and "reviewThreads" in query:
        found = page(state["threads"], query, "reviewThreads", v.get("after"))
        found["nodes"] = [dict(t, comments=comments(state, t, query, None))
                          for t in found["nodes"]]
        return {"headRefOid": state["head"], "reviewThreads": found}
    if v["id"] == state["id"]:
        nodes = [dict(r, viewerDidAuthor=r["author"]["login"] == state["viewer"])
                 for r in state["reviews"]]
        return {"headRefOid": state["head"],
                "reviews": page(nodes, query, "reviews", v.get("after"))}
    for t in state["threads"]:
        if t["id"] == v["id"]:
            return {"comments": comments(state, t, query, v.get("after"))}
    return None


def post(state, path, sent):
    """The answer of a POST; None: 404."""
    m = re.fullmatch(r"repos/o/r/pulls/7/comments/(\d+)/replies", path)
    if m:
        for t in state["threads"]:
            if t["comments"] and t["comments"][0]["fullDatabaseId"] == m.group(1):
                state["next"] += 1
                t["comments"].append({
                    "fullDatabaseId": str(state["next"]), "body": sent["body"],
                    "state": "SUBMITTED", "diffHunk": "",
                    "author": {"login": state["viewer"]}})
                return {"html_url": "%s#discussion_r%d" % (state["url"], state["next"])}
    if path == "repos/o/r/pulls/7/reviews":
        state["next"] += 1
        state["reviews"].append(dict(sent, author={"login": state["viewer"]}))
        return {"html_url": "%s#pullrequestreview-%d" % (state["url"], state["next"])}
    return None


def fail(name):
    said, status, printed = FAILS[name]
    sys.stdout.write(printed if isinstance(printed, str) else json.dumps(printed))
    sys.stderr.write(said)
    sys.stdout.flush()
    os._exit(status)


def misbehave(do, path):
    if do in FAILS:
        fail(do)
    if do == "hang":
        # As a program in Go, for which SIGALRM isn't the end.
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        open(path + ".hangs", "w").close()
        time.sleep(1000)
    if do == "big":
        try:
            for _ in range(80):
                os.write(1, b" " * (1 << 20))
        except OSError:
            # So ends a program in Go.
            sys.stderr.write("SIGXFSZ: file size limit exceeded\n")
            os._exit(2)


def main(path):
    try:
        run(path)
    except Exception:
        with open(path + ".failed", "w") as f:
            traceback.print_exc(file=f)
        raise


def run(path):
    argv = sys.argv[1:]
    options = dict(zip(argv, argv[1:]))
    sent = sys.stdin.read()
    with open(path, "r+") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        state = json.load(f)
        state["calls"].append({"argv": argv, "stdin": sent, "env": sorted(
            k for k in os.environ if k.startswith(("GH_", "CLICOLOR")))})
        posts = options.get("--method") == "POST"
        do, only = (os.environ.get("GH_DO", "") + "@").split("@")[:2]
        if do.startswith("kill-"):
            only, do = "post", do
        if do and (not only or (only == "post") == posts):
            if do == "kill-before" and posts:
                os.kill(os.getppid(), signal.SIGKILL)
                os._exit(1)
            misbehave(do, path)
        where = next((a for a in argv if a.startswith("repos/")), "")
        answer, text = None, None
        if argv[:2] == ["auth", "status"]:
            text = ""
        elif argv[:2] == ["pr", "view"]:
            if not state["url"]:
                sys.stderr.write("no pull requests found for branch \"work\"\n")
                sys.exit(1)
            if options.get("--jq") == ".baseRefName":
                text = state["base"] + "\n"
            answer = {"id": state["id"], "url": state["url"], "state": state["state"],
                      "headRefOid": state["head"]}
        elif argv[:2] == ["api", "graphql"]:
            answer = {"data": {"node": graphql(state, json.loads(sent))}}
        elif posts:
            answer = post(state, where, json.loads(sent))
            text = None if answer is None else answer["html_url"] + "\n"
        elif options.get("--header", "").endswith("diff"):
            text = state["diff"]
        elif options.get("--jq") == ".head.sha":
            text = state["head"] + "\n"
        f.seek(0)
        f.truncate()
        json.dump(state, f)
        f.flush()
    if do == "kill-after" and posts:
        os.kill(os.getppid(), signal.SIGKILL)
        os._exit(1)
    if answer is None and text is None:
        fail("404")
    sys.stdout.write(json.dumps(answer) if text is None else text)
