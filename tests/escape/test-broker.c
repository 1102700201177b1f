/*
 * Level C: what works through the broker, and what it refuses: one script for
 * each, run with each version of landlock that this kernel can be capped to. In
 * a script `ok NAME COMMAND` says whether the command succeeds, `no NAME
 * COMMAND` whether it fails. Needs python3 for sockets and descriptors.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "sandbox/landlock.h"
#include "tests/escape/world.h"

static const char broker_words[] =
    "ok() { n=$1; shift; if \"$@\" >o 2>&1; then echo \"right $n\"; "
    "else echo \"wrong $n: $(tail -n1 o)\"; fi; }\n"
    "no() { n=$1; shift; if \"$@\" >o 2>&1; then echo \"wrong $n\"; "
    "else echo \"right $n\"; fi; }\n"
    "is() { n=$1; if [ \"$2\" = \"$3\" ]; then echo \"right $n\"; "
    "else echo \"wrong $n: $2 is not $3\"; fi; }\n"
    "py() { python3 -c \"$1\" \"$2\" \"$3\"; }\n";

/* %s: the real home. */
static const char broker_files[] =
    "ok chmod chmod 751 hello.txt\n"
    "is mode \"$(stat -c %%a hello.txt)\" 751\n"
    "ok touch touch -d 2001-02-03 hello.txt\n"
    "is time \"$(date -r hello.txt +%%F)\" 2001-02-03\n"
    "ok cp cp -a hello.txt again.txt\n"
    "is 'times of a copy' \"$(date -r again.txt +%%F)\" 2001-02-03\n"
    "ok install install -m 640 hello.txt sub/installed\n"
    "is 'mode of what was installed' \"$(stat -c %%a sub/installed)\" 640\n"
    "ok tar sh -c 'tar cf t.tar hello.txt sub && mkdir out && "
    "tar xpf t.tar -C out'\n"
    "is 'times of an archive' \"$(date -r out/hello.txt +%%F)\" 2001-02-03\n"
    "ok 'group' chgrp $(id -g) hello.txt\n"
    "ln -s hello.txt link; ln -s %s/.ssh/id_rsa away\n"
    "ok 'through a link' chmod 600 link\n"
    "ok 'the times of a link' touch -h -d 2001-02-03 link\n"
    "is 'of the link itself' \"$(stat -c %%y link | cut -c1-10)\" 2001-02-03\n"
    "no 'a link that leads out' chmod 600 away\n"
    "ok 'the link itself' touch -h -d 2001-02-03 away\n"
    "no 'dots' chmod 600 ../../home/u/.ssh/id_rsa\n"
    "no 'the real tree' touch %s/p/hello.txt\n"
    "ok 'its home' sh -c 'touch $HOME/x && chmod 600 $HOME/x'\n"
    "ok 'its tmp' sh -c 'touch $TMPDIR/x && chmod 600 $TMPDIR/x'\n"
    "no 'the folder above' chmod 777 ..\n"
    "ok 'itself' chmod 755 .\n"
    "ok 'by descriptor' py 'import os; f=os.open(\"hello.txt\",0);"
    "os.fchmod(f,0o640); os.utime(f,(1,2)); "
    "assert os.stat(\"hello.txt\").st_mtime==2'\n"
    "ok 'of a file without a name' py 'import os; "
    "f=os.open(\"gone\",os.O_RDWR|os.O_CREAT); os.unlink(\"gone\");"
    "os.fchmod(f,0o640); assert os.fstat(f).st_mode&0o777==0o640'\n"
    "ok 'undumpable' py 'import ctypes,os; ctypes.CDLL(None).prctl(4,0);"
    "os.chmod(\"hello.txt\",0o640)'\n"
    "ok 'by a folder' py 'import os; d=os.open(\"sub\",0);"
    "os.chmod(\"installed\",0o600,dir_fd=d)'\n"
    "ok 'by /proc/self/fd' py 'import os; f=os.open(\"hello.txt\",0);"
    "os.chmod(\"/proc/self/fd/%%d\"%%f,0o611);"
    "assert os.fstat(f).st_mode&0o777==0o611'\n"
    "no 'a folder outside' py 'import os; d=os.open(\"/usr\",0);"
    "os.chmod(\"bin\",0o755,dir_fd=d)'\n"
    "no 'a descriptor outside' py 'import os; d=os.open(\"/usr/bin/env\",0);"
    "os.utime(d)'\n"
    "ok 'from a thread' py 'import os,threading; r=[]\n"
    "def f():\n os.chmod(\"hello.txt\",0o600); r.append(1)\n"
    "t=threading.Thread(target=f); t.start(); t.join(); assert r'\n"
    /* As if the file system had none. */
    "ok 'attributes' py 'import os,errno\n"
    "for f in (lambda: os.setxattr(\"hello.txt\",\"user.a\",b\"b\"),"
    "lambda: os.listxattr(\"hello.txt\"),"
    "lambda: os.listxattr(\"%s/.ssh/id_rsa\")):\n"
    " try: f(); raise SystemExit(1)\n"
    " except OSError as e: assert e.errno==errno.ENOTSUP'\n"
    "ok truncate truncate -s 2 hello.txt\n"
    "is size \"$(cat hello.txt)\" he\n"
    "no 'too large' py 'import os; os.truncate(\"hello.txt\",1<<42)'\n"
    "no 'names of a folder' py 'import fcntl,os; "
    "fcntl.fcntl(os.open(\"/usr/bin\",0),fcntl.F_NOTIFY,fcntl.DN_CREATE)'\n"
    /* Whether or not this kernel knows them. */
    "ok 'a delegation' py 'import fcntl,os,errno\n"
    "try: fcntl.fcntl(os.open(\"/usr/bin\",0),1040,0)\n"
    "except OSError as e: assert e.errno==errno.EACCES\n"
    "else: raise SystemExit(1)'\n"
    "ok 'calls of a file system' py 'import fcntl,os,errno\n"
    "for t in b\"X\\xf5\\xbc\\xcf\":\n"
    " try: fcntl.ioctl(os.open(\"/usr/bin\",0),t<<8|16)\n"
    " except OSError as e: assert e.errno==errno.EOPNOTSUPP\n"
    " else: raise SystemExit(1)'\n"
    "no 'shared memory' touch /dev/shm/assent-broker\n"
    "no '/tmp' touch /tmp/assent-broker\n"
    "ok 'a move within a folder' mv hello.txt moved.txt\n"
    "ok 'a move to another' mv moved.txt sub/moved.txt\n"
    "ok 'git' sh -c 'git init -q r && cd r && echo 1 > f && git add f && "
    "git -c user.name=a -c user.email=b commit -qm 1 && "
    "git checkout -qb x && git gc -q'\n";

static const char broker_sockets[] =
    "cat > serve.py <<'P'\n"
    "import socket, sys, threading\n"
    "def serve(family, address, backlog=5):\n"
    "    s = socket.socket(family, socket.SOCK_STREAM)\n"
    "    if family != socket.AF_UNIX:\n"
    "        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
    "    s.bind(address); s.listen(backlog)\n"
    "    def answer():\n"
    "        while True:\n"
    "            c, _ = s.accept(); c.sendall(c.recv(9)); c.close()\n"
    "    threading.Thread(target=answer, daemon=True).start()\n"
    "    return s\n"
    "def ask(family, address):\n"
    "    with socket.socket(family, socket.SOCK_STREAM) as c:\n"
    "        c.connect(address); c.sendall(b'hi')\n"
    "        assert c.recv(9) == b'hi'\n"
    "P\n"
    "ok 'its own server' py 'from serve import *\n"
    "s=serve(2,(\"\",0)); ask(2,(\"127.0.0.1\",s.getsockname()[1]))'\n"
    "ok 'from another process' py 'from serve import *; import subprocess\n"
    "s=serve(2,(\"127.0.0.1\",0)); subprocess.check_call([\"python3\",\"-c\","
    "\"from serve import *; ask(2,(\\\"localhost\\\",%%d))\""
    "%%s.getsockname()[1]])'\n"
    "ok 'IPv6' py 'from serve import *; import os\n"
    "if os.path.exists(\"/proc/self/net/if_inet6\") and "
    "open(\"/proc/self/net/if_inet6\").read():\n"
    " s=serve(10,(\"::\",0)); ask(10,(\"::1\",s.getsockname()[1]));"
    " ask(2,(\"127.0.0.1\",s.getsockname()[1]))'\n"
    "ok 'a free port' py 'from serve import *; import os,socket\n"
    "if os.fork()==0: os._exit(0)\n"
    "a=socket.socket(); a.bind((\"127.0.0.1\",0)); p=a.getsockname()[1];"
    "a.close(); s=serve(2,(\"127.0.0.1\",p)); ask(2,(\"127.0.0.1\",p))'\n"
    "ok 'a closed port' py 'from serve import *\n"
    "s=socket.socket(); s.bind((\"127.0.0.1\",0)); s.listen(); "
    "p=s.getsockname()[1]; s.close()\n"
    "try: ask(2,(\"127.0.0.1\",p))\n"
    "except ConnectionRefusedError: pass\n"
    "else: raise SystemExit(1)'\n"
    "ok 'one try after another' py 'from serve import *\n"
    "a=socket.socket(); a.bind((\"127.0.0.1\",0)); p=a.getsockname()[1];"
    "c=socket.socket()\n"
    "try: c.connect((\"127.0.0.1\",p)); raise SystemExit(1)\n"
    "except ConnectionRefusedError: pass\n"
    "a.close(); s=serve(2,(\"127.0.0.1\",p)); c.connect((\"127.0.0.1\",p))'\n"
    "ok 'without waiting' py 'import asyncio\n"
    "async def main():\n"
    " async def hi(r,w): w.write(await r.read(2)); w.close()\n"
    " s=await asyncio.start_server(hi,\"localhost\",0)\n"
    " p=s.sockets[0].getsockname()[1]\n"
    " for i in range(50):\n"
    "  r,w=await asyncio.open_connection(\"localhost\",p); w.write(b\"hi\")\n"
    "  assert await r.read()==b\"hi\"; w.close()\n"
    "asyncio.run(main())'\n"
    "ok 'a full backlog' py 'from serve import *\n"
    "s=socket.socket(); s.bind((\"127.0.0.1\",0)); s.listen(0)\n"
    "p=s.getsockname()[1]; n=[]\n"
    "def f():\n c=socket.socket(); c.connect((\"127.0.0.1\",p)); "
    "c.getpeername(); n.append(c)\n"
    "t=[threading.Thread(target=f) for i in range(2)]\n"
    "for x in t: x.start()\n"
    "for x in t: s.accept()\n"
    "for x in t: x.join()\n"
    "assert len(n)==2'\n"
    "ok 'a unix socket' py 'from serve import *\n"
    "s=serve(1,\"u\"); ask(1,\"u\"); import os; ask(1,os.path.abspath(\"u\"))'\n"
    "no 'a name without a path' py 'from serve import *; "
    "serve(1,\"\\0assent-broker\")'\n"
    "no 'none' py 'from serve import *; serve(1,\"\")'\n"
    "no 'a name that the kernel chose' py 'import socket\n"
    "s=socket.socket(1); s.setsockopt(1,16,1)\n"
    "try: s.connect(\"\\0assent-nobody\")\n"
    "except OSError: s.listen()'\n"
    "no 'a name of the host' py 'from serve import *; ask(1,\"\\0%s\")'\n"
    "ok 'bound, then connected' py 'from serve import *\n"
    "s=serve(2,(\"127.0.0.1\",0)); c=socket.socket()\n"
    "c.bind((\"127.0.0.1\",0)); c.connect(s.getsockname())\n"
    "c.sendall(b\"hi\"); assert c.recv(9)==b\"hi\"\n"
    "u=serve(1,\"v\"); c=socket.socket(1); c.bind(\"w\"); c.connect(\"v\")\n"
    "c.sendall(b\"hi\"); assert c.recv(9)==b\"hi\"'\n"
    "ok 'a server without a port' py 'import socket\n"
    "s=socket.socket(); s.listen(); a=(\"127.0.0.1\",s.getsockname()[1])\n"
    "socket.create_connection(a).close(); s.listen(9); s.close()\n"
    "try: socket.create_connection(a)\n"
    "except ConnectionRefusedError: pass\n"
    "else: raise SystemExit(1)\n"
    "p=[l.split()[1].split(\":\")[1] for l in open(\"/proc/net/tcp\") "
    "if \":\" in l.split()[1]]\n"
    "assert \"%%04X\"%%a[1] not in p'\n"
    "ok 'two at a port, of which one listens' py 'import socket\n"
    "a=socket.socket(); a.bind((\"\",0)); b=socket.socket()\n"
    "try: b.bind(a.getsockname()); raise SystemExit(1)\n"
    "except OSError: a.listen()'\n"
    "ok 'a pair' py 'import socket,array,os; a,b=socket.socketpair();"
    "r,w=os.pipe(); socket.send_fds(a,[b\"x\"],[r]); "
    "f=socket.recv_fds(b,1,1)[1][0]; os.write(w,b\"y\"); "
    "assert os.read(f,1)==b\"y\"'\n"
    "ok 'several processes' py 'import multiprocessing as m; "
    "p,c=m.Pipe(); x=m.Process(target=c.send,args=(1,)); x.start(); "
    "assert p.recv()==1; x.join()'\n"
    "ok 'names of this host' py 'import socket; "
    "assert socket.getaddrinfo(\"localhost\",80)'\n"
    "no 'the host' py 'from serve import *; ask(2,(\"127.0.0.1\",%d))'\n"
    "no 'the host as 0.0.0.0' py 'from serve import *; ask(2,(\"0.0.0.0\",%d))'\n"
    "no 'the host, IPv4 in IPv6' py 'from serve import *; "
    "ask(10,(\"::ffff:127.0.0.1\",%d))'\n"
    "no 'the host, with the same port elsewhere' py 'from serve import *; "
    "s=serve(2,(\"127.0.0.9\",%d)); ask(2,(\"127.0.0.1\",%d))'\n"
    "no 'a late connection' py 'import socket; s=socket.socket(); "
    "s.setsockopt(6,30,1)'\n"
    "no 'a source route' py 'import socket; s=socket.socket(); "
    "s.setsockopt(0,4,bytes([131,7,4,127,0,0,1,0]))'\n"
    /* IP_ADD_MEMBERSHIP, SOURCE, MCAST_JOIN_GROUP, SOURCE; of IPv6; on lo. */
    "ok 'groups of the network' py 'import errno,socket,struct\n"
    "a=struct.pack(\"=HH4s\",2,0,b\"\\xef\\1\\1\\1\")\n"
    "b=struct.pack(\"=HHI4s\",10,0,0,b\"\\xff\\5\\1\\1\")\n"
    "for f,l,o,x in (2,0,35,a),(2,0,39,a),(2,0,42,a),(2,0,46,a),"
    "(10,0,42,a),(10,41,20,b),(10,41,42,b),(10,41,46,b):\n"
    " x=struct.pack(\"=Q\",1)+x.ljust(128,b\"\\0\")*2\n"
    " try: socket.socket(f).setsockopt(l,o,x); raise SystemExit(1)\n"
    " except OSError as e: assert e.errno==errno.ENOPROTOOPT,e'\n"
    "no 'the host, beside a server for IPv6 alone' py 'from serve import *; "
    "s=socket.socket(10); s.setsockopt(41,26,1); s.bind((\"::\",%d)); "
    "s.listen(); ask(2,(\"127.0.0.1\",%d))'\n"
    /* For :: the kernel would take 127.0.0.1. */
    "no 'the host as ::, from an IPv4 address' py 'from serve import *; "
    "s=socket.socket(10); s.setsockopt(41,26,1); s.bind((\"::1\",%d)); "
    "s.listen(); c=socket.socket(10); c.setsockopt(41,26,0)\n"
    "c.bind((\"::ffff:127.0.0.1\",0)); c.connect((\"::\",%d)); "
    "c.getpeername()'\n"
    "no 'another address' py 'from serve import *; "
    "socket.create_connection((\"192.0.2.1\",80),2)'\n"
    "no 'another device' py 'import socket; s=socket.socket();"
    "s.setsockopt(1,25,b\"\")'\n"
    /* Also where the device isn't there, and so the call fails. */
    "ok 'another device, by the scope of an address' py 'import os,socket\n"
    "if os.path.exists(\"/proc/self/net/if_inet6\") and "
    "open(\"/proc/self/net/if_inet6\").read():\n"
    " s=socket.socket(10)\n"
    " try: s.bind((\"fe80::1\",0,0,4000)); raise SystemExit(1)\n"
    " except OSError: assert s.getsockopt(1,25,16)==b\"lo\\0\"'\n"
    "no 'datagrams' py 'import socket; socket.socket(2,2)'\n"
    "no 'datagrams of unix' py 'import socket; socket.socket(1,2)'\n"
    "no 'a pair of them' py 'import socket; socket.socketpair(1,2)'\n"
    "no 'a socket outside' py 'from serve import *; ask(1,\"%s/s\")'\n"
    "ln -sfn %s/s away\n"
    "no 'through a link' py 'from serve import *; ask(1,\"away\")'\n"
    "no 'a socket made outside' py 'from serve import *; serve(1,\"%s/u\")'\n";

/* 4096 ports, more than one process can have open: bound, listening, and bound
 * and connected. Those that ended free theirs. */
static const char broker_ports[] =
    "cat > ports.py <<'P'\n"
    "import errno, os, socket, signal, sys\n"
    "total = 0; children = []\n"
    "def take(kind):\n"
    "    n = 0; have = []\n"
    "    while n < (40 if kind == 2 else 900):\n"
    "        s = socket.socket()\n"
    "        try:\n"
    "            if kind != 1: s.bind(('127.0.0.1', 0))\n"
    "            if kind == 2: s.connect(server)\n"
    "            elif kind: s.listen()\n"
    "        except OSError as e:\n"
    "            assert e.errno == errno.EADDRINUSE, e; break\n"
    "        have.append(s); n += 1\n"
    "    return n, have\n"
    "listener = socket.socket(); listener.bind(('127.0.0.1', 0))\n"
    "listener.listen(4096); server = listener.getsockname()\n"
    "for i in range(7):\n"
    "    r, w = os.pipe(); child = os.fork()\n"
    "    if child == 0:\n"
    "        n, have = take(i % 3); os.write(w, b'%d' % n)\n"
    "        signal.pause()\n"
    "    os.close(w); total += int(os.read(r, 9)); children.append(child)\n"
    "print(total, file=sys.stderr)\n"
    "assert 4000 < total < 4096, total\n"
    "for child in children: os.kill(child, 9); os.wait()\n"
    "assert take(1)[0] == 900\n"
    "P\n"
    "ok 'all ports' sh -c 'ulimit -n 4096; python3 ports.py'\n";

/* Clients that are made before any connects, as in a load test; more than the
 * broker holds; and many for a server which doesn't take them. */
static const char broker_clients[] =
    "cat > clients.py <<'P'\n"
    "import errno, os, socket\n"
    "listener = socket.socket(); listener.bind(('127.0.0.1', 0))\n"
    "listener.listen(1); server = listener.getsockname()\n"
    "def many():\n"
    "    all = [socket.socket() for i in range(3000)]\n"
    "    for s in all[:40] + all[-40:]:\n"
    "        s.connect(server); c, _ = listener.accept()\n"
    "        s.sendall(b'hi'); assert c.recv(9) == b'hi'; c.close()\n"
    "    return all\n"
    "def full():\n"
    "    all = []\n"
    "    while len(all) < 2000:\n"
    "        try: all.append(socket.socket())\n"
    "        except OSError as e:\n"
    "            assert e.errno == errno.EMFILE, e; break\n"
    "    return len(all)\n"
    "def child(f):\n"
    "    r, w = os.pipe(); pid = os.fork()\n"
    "    if pid == 0:\n"
    "        os.write(w, b'%d' % f()); os._exit(0)\n"
    "    os.close(w); n = int(os.read(r, 9)); os.wait()\n"
    "    return n\n"
    "all = many()\n"
    "assert 500 < child(full) < 1300\n"
    "all[1000].connect(server); listener.accept()\n"
    "for s in all: s.close()\n"
    "assert child(full) == 2000\n"
    /* One that waits could be taken by a program of the host, once ours
     * doesn't listen any more. */
    "for i in range(40):\n"
    "    s = socket.socket(); s.setblocking(False); all.append(s)\n"
    "    assert s.connect_ex(server) in (errno.EINPROGRESS, "
    "errno.ECONNREFUSED)\n"
    "assert not any(x.split()[2].endswith(':%04X' % server[1]) and "
    "x.split()[3] == '02' for x in open('/proc/self/net/tcp'))\n"
    "P\n"
    "ok 'many clients' sh -c 'ulimit -n 4096; python3 clients.py'\n"
    "ok 'a server that was shut down' py 'import socket; s=socket.socket(); "
    "s.bind((\"127.0.0.1\",0)); s.listen(); s.listen(9); s.shutdown(2)\n"
    "try: s.listen(); raise SystemExit(1)\n"
    "except OSError: pass'\n";

static const char broker_processes[] =
    "ok 'its child' sh -c 'sleep 60 & kill $!; wait $!; [ $? -eq 143 ]'\n"
    "ok 'its group' py 'import os,subprocess; "
    "p=subprocess.Popen([\"sleep\",\"60\"],start_new_session=True); "
    "os.killpg(p.pid,15); assert p.wait()==-15'\n"
    "ok 'itself' sh -c 'sh -c \"kill -9 \\$\\$\"; [ $? -eq 137 ]'\n"
    "ok 'a thread' py 'import signal,threading,os; "
    "signal.signal(10,lambda *a:None); "
    "signal.pthread_kill(threading.get_ident(),10)'\n"
    "ok 'killed first' test $(cat /proc/self/oom_score_adj) -ge 500\n"
    "no 'the host' kill -0 %d\n"
    "no 'the host by group' kill -0 -- -%d\n"
    "ok 'abort' sh -c 'python3 -c \"import os; os.abort()\"; "
    "[ $? -eq 134 ]'\n";

/* Even if not all can be killed at once, it doesn't get more than its limit;
 * less if the kernel counts the user's other processes, too. The end of the
 * call ends the rest. */
static const char broker_forks[] =
    "ok 'as many processes as it may have' py 'import os,signal; n=0\n"
    "try:\n"
    " while n<300:\n"
    "  if os.fork()==0: signal.pause()\n"
    "  n+=1\n"
    "except BlockingIOError: pass\n"
    "assert 0<n<100,n'\n";

/* The call's own /dev, as programs expect it. %s: a terminal of the host's, and
 * the real home. */
static const char broker_devices[] =
    "cat > dev.py <<'P'\n"
    "import ctypes, errno, os, pty, subprocess, threading\n"
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "shm = '/dev/shm/'\n"
    "made = os.O_RDWR | os.O_CREAT | os.O_EXCL\n"
    "def rw(path, flags=os.O_RDWR): return os.open(path, flags, 0o664)\n"
    "def fails(code, f, *a):\n"
    "    try: f(*a)\n"
    "    except OSError as e: assert e.errno == code, e\n"
    "    else: raise SystemExit('it worked')\n"
    "def folder():\n"
    "    tmp = os.environ['TMPDIR']\n"
    "    return [tmp + '/' + x for x in os.listdir(tmp) if x[:5] == '.shm.']\n"
    /* IN_CREATE; who counts the disk's use opens folders. */
    "def watch(fd, path, events=0x100):\n"
    "    rc = libc.inotify_add_watch(fd, path.encode(), events)\n"
    "    if rc < 0: raise OSError(ctypes.get_errno(), path)\n"
    "def events(fd):\n"
    "    os.set_blocking(fd, False)\n"
    "    return os.read(fd, 999)\n"
    "def watchers():\n"
    "    all = []\n"
    "    while len(all) < 200:\n"
    "        fd = libc.inotify_init()\n"
    "        if fd < 0: break\n"
    "        all.append(fd)\n"
    "    for fd in all: os.close(fd)\n"
    "    return len(all)\n"
    /* The user's others may have some now, and the kernel frees them late. */
    "def can_have(n):\n"
    "    while (have := watchers()) != n: assert have < n\n"
    "def terminals():\n"
    "    all = []\n"
    "    try:\n"
    "        while len(all) < 200: all.append(rw('/dev/ptmx'))\n"
    "    except OSError as e: assert e.errno == errno.ENOSPC, e\n"
    "    for fd in all: os.close(fd)\n"
    "    return len(all)\n"
    "P\n"
    "ok 'a terminal' py 'from dev import *; m,s=pty.openpty()\n"
    "n=os.ttyname(s); t=rw(n); os.close(t)\n"
    "os.write(m,b\"x\\n\"); assert os.read(s,9)==b\"x\\n\"; os.close(s)\n"
    "os.read(m,9); fails(errno.EIO,os.read,m,9)'\n"
    "ok 'its other end sees that it was closed' py 'from dev import *\n"
    "m,s=pty.openpty(); os.close(m); assert os.read(s,9)==b\"\"'\n"
    "ok 'the terminal of a program' py 'from dev import *; pid,m=pty.fork()\n"
    "if pid==0: os.execvp(\"sh\",[\"sh\",\"-c\",\"tty; echo yes >/dev/tty\"])\n"
    "assert os.read(m,99).startswith(b\"/dev/pts/\"); os.waitpid(pid,0)'\n"
    "ok script script -qec 'test -t 0 && test -t 1' /dev/null\n"
    "no 'a message of bash' sh -c 'bash -ic : 2>&1 | grep denied'\n"
    "ok tmux sh -c '! command -v tmux || { tmux new -d && tmux kill-server; }'\n"
    "ok 'sixteen terminals' py 'from dev import *\n"
    "assert terminals()==16; assert terminals()==16'\n"
    "ok 'a terminal of the host' py 'from dev import *\n"
    "fails(errno.ENOENT,rw,\"%s\")'\n"
    "ok 'a terminal whose master is closed' py 'from dev import *\n"
    "m,s=pty.openpty(); n=os.ttyname(s); os.close(m); fails(errno.ENOENT,rw,n)'\n"
    "ok 'locks and pools' py 'from multiprocessing import *\n"
    "if __name__==\"__main__\":\n"
    " Lock(); Array(\"i\",9)[1]=1\n"
    " with Pool(2) as p: assert p.map(abs,[-1,2])==[1,2]'\n"
    "ok 'shared memory' py 'from multiprocessing.shared_memory import *\n"
    "a=SharedMemory(create=True,size=9); a.buf[0]=7; b=SharedMemory(a.name)\n"
    "assert b.buf[0]==7; b.close(); a.close(); a.unlink()'\n"
    "ok 'a semaphore' py 'from dev import *; l=ctypes.CDLL(None)\n"
    "l.sem_open.restype=ctypes.c_void_p\n"
    "assert l.sem_open(b\"/s\",os.O_CREAT|os.O_EXCL,0o600,1)\n"
    "assert l.sem_open(b\"/s\",0); assert l.sem_unlink(b\"/s\")==0\n"
    "assert not l.sem_open(b\"/s\",0)'\n"
    "ok 'its files' py 'from dev import *; os.umask(0o27)\n"
    "f=rw(shm+\"a\",made); os.write(f,b\"hi\"); os.link(shm+\"a\",shm+\"b\")\n"
    "assert os.fstat(f).st_mode&0o777==0o640\n"
    "fails(errno.EEXIST,rw,shm+\"a\",made); os.rename(shm+\"b\",shm+\"c\")\n"
    "rw(shm+\"c\",os.O_RDWR|os.O_TRUNC); assert os.fstat(f).st_size==0\n"
    "os.unlink(shm+\"c\"); fails(errno.ENOENT,rw,shm+\"c\")'\n"
    "ok 'its folder' py 'from dev import *; (d,)=folder()\n"
    "os.symlink(\"/etc/passwd\",d+\"/link\"); os.mkfifo(d+\"/fifo\")\n"
    "os.symlink(\"/\",d+\"/top\"); fails(errno.ELOOP,rw,shm+\"link\")\n"
    "fails(errno.EACCES,rw,shm+\"fifo\")\n"
    "for n in \"../x\",\"top/x\",\".\",\"..\",\"\": \n"
    " try: rw(shm+n,made); raise SystemExit(n)\n"
    " except OSError: pass\n"
    "m=os.path.dirname(d)+\"/mine\"; os.rename(d,m)\n"
    "rw(shm+\"still\",made); assert os.path.exists(m+\"/still\")'\n"
    "no 'out of its folder' ln /dev/shm/a a\n"
    "ok 'a name that changes' py 'from dev import *\n"
    "a=b\"/dev/null\"; b=b\"%s/.ssh/id_rsa\"; p=ctypes.create_string_buffer(b)\n"
    "end=False\n"
    "def turn():\n"
    " while not end: p.value=a; p.value=b\n"
    "t=threading.Thread(target=turn); t.start()\n"
    "for i in range(300):\n"
    " f=libc.open(p,os.O_RDWR)\n"
    " if f>=0: assert os.fstat(f).st_rdev!=0; os.close(f)\n"
    "end=True; t.join()'\n"
    "ok 'watches' py 'from dev import *; a=libc.inotify_init1(os.O_CLOEXEC)\n"
    "b=libc.inotify_init(); watch(a,\".\"); watch(b,\"dev.py\",0x20)\n"
    "open(\"new\",\"w\").close(); assert b\"new\" in events(a)\n"
    "open(\"dev.py\").read(); assert b\"new\" not in events(b)\n"
    "os.set_inheritable(b,True)\n"
    "subprocess.check_call([\"python3\",\"-c\",\"from dev import *; "
    "watch(%%d,\\\".\\\")\"%%b],close_fds=False)\n"
    "fails(errno.EACCES,watch,a,\"/usr/bin\"); fails(errno.EACCES,watch,a,\"/\")\n"
    "fails(errno.EINVAL,watch,0,\".\"); fails(errno.EBADF,watch,99,\".\")\n"
    "libc.inotify_rm_watch(a,1); fails(errno.EINVAL,watch,a,\".\")'\n"
    "ok 'many watches, then another instance' py 'from dev import *\n"
    "a=libc.inotify_init(); t=os.environ[\"TMPDIR\"]+\"/\"\n"
    "for i in range(300): os.mkdir(t+str(i)); watch(a,t+str(i))\n"
    "os.mkdir(t+\"0/new\"); assert b\"new\" in events(a)\n"
    "os.dup(a); os.close(a); b=libc.inotify_init(); assert a==b; watch(b,t+\"1\")\n"
    "os.mkdir(t+\"1/new\"); assert b\"new\" in events(b)'\n"
    "ok 'as many watchers as a call may have' py 'from dev import *\n"
    "can_have(64); can_have(64)'\n"
    "ok 'also where the broker sees none of them' py 'from dev import *\n"
    "import socket\n"
    "l=[libc.inotify_init() for i in range(30)]\n"
    "for fd in l: libc.inotify_rm_watch(fd,1)\n"
    "a,b=socket.socketpair()\n"
    "for i in range(30):\n"
    " fd=libc.inotify_init(); socket.send_fds(a,[b\"x\"],[fd]); os.close(fd)\n"
    "can_have(4); b.close(); can_have(34)'\n";

static const char broker_left[] =
    "ok 'something is left' py 'from dev import *; rw(shm+\"left\",made)\n"
    "os.makedirs(folder()[0]+\"/a/b\")'\n";
static const char broker_left_not[] =
    "ok 'nothing of another call' py 'from dev import *; assert not folder()\n"
    "fails(errno.ENOENT,rw,shm+\"left\")'\n";

/* The script's lines, each with its verdict. */
static void
broker_script(struct world *w, const char *script)
{
	char *all = xasprintf("%s%s", broker_words, script);
	char *text, *line, *save;
	int lines = 0;

	world_bash(w, all);
	text = xstrdup(buf_str(&w->output));
	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save), lines++)
		tap_ok(NULL, strncmp(line, "right ", 6) == 0, "%s", line);
	tap_ok(lines > 0 ? NULL : w, lines > 0 && w->result.exit == 0,
	    "the script came to its end");
	free(text);
	free(all);
}

static void
broker_open_devices(struct world *w)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	AUTO_FREE char *script = NULL;

	if (master < 0 || unlockpt(master) < 0)
		abort();
	script = xasprintf(broker_devices, ptsname(master), w->home);
	broker_script(w, script);
	broker_script(w, broker_left);
	broker_script(w, broker_left_not);
	close(master);
}

/* A program of the host gets the number of a terminal that the command has
 * closed. */
static void
broker_terminal_number(struct world *w)
{
	struct world_command c;
	int master = -1, go, tries = 0;
	char *name;

	world_command(w, &c, "mkfifo go; python3 -c 'import os,pty\n"
	    "m,s=pty.openpty(); n=os.ttyname(s); os.close(s); os.close(m)\n"
	    "print(n+\" said\",flush=True); open(\"go\").readline()\n"
	    "try: os.open(n,os.O_RDWR); print(\"open\")\n"
	    "except OSError as e: print(\"refused\")'");
	(void)loop_run(c.loop);
	name = xstrdup(buf_str(&c.output));
	name[strcspn(name, " ")] = '\0';
	/* Or another program of the host takes it meanwhile. */
	while (tries++ < 99 && access(name, F_OK) != 0) {
		fs_close(master);
		master = posix_openpt(O_RDWR | O_NOCTTY);
	}
	tap_ok(NULL, access(name, F_OK) == 0 && (master < 0 ||
	    unlockpt(master) == 0),
	    "a program of the host has the terminal %s", name);
	go = open(world_path(w, "state/copy/go"), O_RDWR | O_CLOEXEC);
	tap_ok(NULL, go >= 0 && write(go, "\n", 1) == 1,
	    "the command goes on");
	(void)loop_run(c.loop);
	tap_ok(NULL, strstr(buf_str(&c.output), "refused\n") != NULL,
	    "the command, which had it before, can't open it");
	fs_close(go);
	fs_close(master);
	world_command_end(&c);
	free(name);
}

/* Opening, running and forking, which a build does all the time, never go to
 * the broker: what does is a few calls for each file that is linked. */
static void
broker_make(struct world *w)
{
	broker_script(w, "for f in a b c; do echo \"int $f(void) { return 1; }\" "
	    "> $f.c; done; echo 'int main(void) { return 0; }' > main.c\n"
	    "printf 'main: main.o a.o b.o c.o\\n\\t$(CC) -o $@ $^\\n' "
	    "> Makefile\n"
	    "ok make make -s\nok run ./main\nok 'make again' make -q\n"
	    "ok 'nothing to do' make -s\n");
	tap_ok(w, w->result.brokered <= 8,
	    "the broker performed %lld calls of a build",
	    (long long)w->result.brokered);
}

static void
broker_on(const char *who, int landlock)
{
	struct world *w = world_new(SANDBOX_C);
	char label[64];
	char *script;
	int p = w->port;

	snprintf(label, sizeof(label), "%s, landlock %d", who, landlock);
	tap_label(label);
	w->landlock = landlock;
	w->limits.timeout_ms = 600000;
	script = xasprintf(broker_files, w->home, w->home, w->home);
	broker_script(w, script);
	free(script);
	tap_ok(w, w->result.brokered > 10 && w->result.brokered < 2000,
	    "the broker performed a few calls: %lld",
	    (long long)w->result.brokered);
	world_call(w, "inspect", "{\"ctags\":[\"chmod\",\"644\","
	    "\"sub/installed\"]}");
	tap_ok(w, w->result.exit == 1, "a call that reads changes no mode");
	if (landlock == 1 || landlock == landlock_version(NULL)) {
		script = xasprintf(broker_sockets, w->abstract, p, p, p, p, p, p,
		    p, p, p, w->root, w->root, w->root);
		broker_script(w, script);
		free(script);
		broker_open_devices(w);
	}
	if (landlock == landlock_version(NULL)) {
		broker_terminal_number(w);
		broker_script(w, broker_ports);
		broker_script(w, broker_clients);
		broker_make(w);
	}
	/* A group from outside of this namespace has no number here. */
	if (getpgrp() == 0)
		(void)setpgid(0, 0);
	script = xasprintf(broker_processes, (int)getpid(), (int)getpgrp());
	broker_script(w, script);
	free(script);
	if (landlock < 6)
		broker_script(w, broker_forks);
	world_free(w);
}

static void
broker_as(const char *who)
{
	int v;

	for (v = 1; v <= landlock_version(NULL); v++)
		if (v <= 3 || v >= 6)
			broker_on(who, v);
}

int
main(void)
{
	if (landlock_version(NULL) == 0) {
		printf("1..0 # SKIP this kernel has no landlock\n");
		return 0;
	}
	world_main(broker_as);
}
