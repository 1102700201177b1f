"""An sshd of this user's, for their own key, on a port of its own."""

import json
import os
import pwd
import shutil
import socket
import subprocess

import harness

USER = pwd.getpwuid(os.getuid()).pw_name


def program():
    return shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")


def need():
    if program() is None or shutil.which("ssh") is None:
        raise harness.Skip("ssh and sshd are not installed")


class Sshd:
    def __init__(self, w, folder, more=""):
        self.dir = w.path(folder)
        os.makedirs(self.dir)
        for name in ("host", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                            "-f", self.path(name)], check=True)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        w.write("sshd_config", "Port %d\nListenAddress 127.0.0.1\n"
                "HostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\n"
                "PidFile none\nPermitRootLogin yes\nLogLevel VERBOSE\n%s" % (
                    self.port, self.path("host"), self.path("key.pub"), more),
                base=self.dir)
        # The configuration that ssh -F reads.
        self.client = ("Port %d\nHostName 127.0.0.1\nUser %s\nIdentityFile %s\n"
                       "IdentitiesOnly yes\nStrictHostKeyChecking no\n"
                       "UserKnownHostsFile /dev/null\nLogLevel ERROR\n" % (
                           self.port, USER, self.path("key")))
        self.start()

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self):
        with open(self.path("log"), "wb") as log:
            # By its full name, or it refuses to start.
            self.p = subprocess.Popen(
                [program(), "-D", "-e", "-f", self.path("sshd_config")],
                stderr=log)
        harness.wait_until("sshd", lambda: self.p.poll() is not None or
                           "listening" in self.log())

    def check(self, ran):
        """It may refuse to start, or refuse this user."""
        if self.p.poll() is not None or not ran:
            self.stop()
            raise harness.Skip("sshd: " + "; ".join(
                self.log().splitlines()[-3:]))

    def log(self):
        with open(self.path("log")) as f:
            return f.read()

    def stop(self):
        self.p.kill()
        self.p.wait()


class Machine(Sshd):
    """With a home and sessions of its own. Its sshd knows `assent`."""

    def __init__(self, w, name):
        self.w, self.name = w, name
        self.env = dict(w.env, HOME=w.path(name, "home"),
                        XDG_STATE_HOME=w.path(name, "state"))
        os.makedirs(self.env["HOME"])
        w.write("assent", "#!/bin/sh\n%s\nexec '%s' \"$@\"\n" % ("\n".join(
            "export %s='%s'" % x for x in self.env.items() if x[0] != "TERM"),
            harness.ASSENT), 0o755, base=w.path(name, "bin"))
        super().__init__(w, os.path.join(name, "ssh"),
                         "SetEnv PATH=%s:/usr/bin:/bin\n" % w.path(name, "bin"))

    def project(self, name):
        self.w.write("a.txt", "one\n",
                     base=os.path.join(self.env["HOME"], name))
        return os.path.join(self.env["HOME"], name)

    def begin(self, name, task):
        id = self.w.run("--detach", task, env=self.env,
                        cwd=self.project(name)).stdout.decode().strip()
        harness.wait_until("it waits", lambda: id in self.rows())
        return id

    def id(self, name):
        return [x["id"] for x in map(json.loads, self.rows().splitlines())
                if x["project"].endswith("/" + name)][0]

    def rows(self):
        return self.w.run("inbox", "--json", env=self.env).stdout.decode()

    def followers(self):
        """Of the inbox, there."""
        out = subprocess.run(["pgrep", "-f", self.w.path(self.name, "bin") +
                              "|inbox --json --follow"],
                             stdout=subprocess.PIPE).stdout
        return [int(x) for x in out.split() if self.is_ours(x)]

    def is_ours(self, pid):
        """Others may follow an inbox on this machine, too."""
        try:
            with open(b"/proc/%s/environ" % pid, "rb") as f:
                return self.w.root.encode() in f.read()
        except OSError:
            return False


def machines(w, *names, proxy=None):
    """`ssh NAME` reaches each, by the user's own configuration, and through
    this command if one is given."""
    need()
    made = [Machine(w, name) for name in names]
    w.write("config", "".join("Host %s\n%s%s" % (
        m.name, m.client, "" if proxy is None else "ProxyCommand %s\n" % proxy)
                              for m in made), base=w.path("client"))
    w.write("ssh", "#!/bin/sh\nexec /usr/bin/ssh -F '%s' \"$@\"\n" %
            w.path("client", "config"), 0o755, base=w.path("client"))
    w.env["PATH"] = w.path("client") + ":" + w.env["PATH"]
    for m in made:
        m.check(subprocess.run(
            [w.path("client", "ssh"), "-o", "BatchMode=yes", m.name, "assent",
             "--version"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL).returncode == 0)
    return made
