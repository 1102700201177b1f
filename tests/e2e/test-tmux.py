"""contrib/tmux in tmux itself: its status line says how many sessions wait."""

import os
import pty
import select
import shutil
import subprocess

import harness

STATUS = os.path.join(harness.SRC, "contrib", "tmux", "assent-status")


def test_status_line(w):
    if shutil.which("tmux") is None:
        raise harness.Skip("tmux is not installed")
    w.env["ASSENT"] = harness.ASSENT
    w.env["TMUX_TMPDIR"] = w.root
    w.env["SHELL"] = "/bin/sh"
    waits = {"calls": [
        {"name": "write", "args": {"path": "a", "content": "x"}},
        {"name": "done", "args": {"summary": '"waits":true'}}]}
    w.mock([waits, {"text": '"waits":true'}, waits, waits])

    def status(*args):
        return subprocess.run([STATUS] + list(args), env=w.env, cwd="/",
                              stdout=subprocess.PIPE, check=True).stdout
    assert status() == b"" and status(w.project) == b""
    assert w.run("exec", "--plan", "skip", "--approve", "ask",
                 'say "waits":true').returncode == 5
    assert status() == status(w.project) == b"1 waits\n"
    other = w.path("other")
    os.makedirs(other)
    for code in (0, 5):
        assert w.run("exec", "--plan", "skip", "--approve", "ask", "go",
                     cwd=other).returncode == code
    assert status(w.project) == b"1 waits\n"

    # Of all, and of the pane's own project, whose name no shell reads.
    odd = w.path("a$(touch pwned);touch pwned\ntouch pwned")
    os.makedirs(odd)
    assert w.run("exec", "--plan", "skip", "--approve", "ask", "go",
                 cwd=odd).returncode == 5
    conf = w.write("tmux.conf", "set -g status-right "
                   "'#(%s)all #(%s #{pane_id})here'\n"
                   "set -g status-right-length 80\n"
                   "set -g status-interval 1\n" % (STATUS, STATUS),
                   base=w.home)
    master, slave = pty.openpty()
    p = subprocess.Popen(["tmux", "-f", conf, "new-session", "-x", "80"],
                         env=w.env, cwd=odd, stdin=slave, stdout=slave,
                         stderr=slave, start_new_session=True)
    os.close(slave)
    shown = b""

    def there():
        nonlocal shown
        if select.select([master], [], [], 0.02)[0]:
            shown += os.read(master, 65536)
        return b"3 waitall" in shown and b"1 waitshere" in shown
    try:
        harness.wait_until("the status line", there)
    finally:
        subprocess.run(["tmux", "kill-server"], env=w.env)
        p.kill()
        p.wait()
        os.close(master)
    assert not os.path.exists(os.path.join(odd, "pwned"))
    assert not os.path.exists(os.path.join(w.root, "pwned"))


harness.main(globals())
