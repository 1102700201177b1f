"""An sshd of this user's, for their own key, on a port of its own."""

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
        # What ssh -F reads of it.
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
