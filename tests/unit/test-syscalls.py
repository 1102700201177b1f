#!/usr/bin/env python3
"""System calls on each kind of machine, as libseccomp and the kernel's headers
number them; an emulator of a program has no filter to try (TAP)."""
import ctypes.util
import os
import re

from tap import check, plan

SRC = os.environ.get('srcdir') or os.path.join(os.path.dirname(
    os.path.abspath(__file__)), '..', '..')
# Its number in linux/audit.h, and the header that has its numbers.
MACHINES = {
    'x86_64': (0xc000003e, ('/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
                            '/usr/include/asm/unistd_64.h')),
    'aarch64': (0xc00000b7, ('/usr/include/asm-generic/unistd.h',)),
}
# Names that the filter has nowhere: the answer is ENOSYS.
UNKNOWN = set('''
    io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents
    io_uring_setup io_uring_enter io_uring_register lookup_dcookie nfsservctl
    remap_file_pages mbind get_mempolicy set_mempolicy set_mempolicy_home_node
    clone3 memfd_secret process_mrelease
    uselib ustat sysfs modify_ldt _sysctl create_module get_kernel_syms
    query_module getpmsg putpmsg afs_syscall tuxcall security epoll_ctl_old
    epoll_wait_old vserver'''.split())
NEWEST = 450    # in Linux 6.1; libseccomp may not know later ones


def text_of(*path):
    with open(os.path.join(SRC, *path), encoding='utf-8') as f:
        return f.read()


def numbers(path):
    """Without the names that only 32-bit machines have."""
    found = dict(re.findall(r'^#define __NR(?:3264)?_(\w+)\s+(\d+)$',
                            text_of(path), re.M))
    if 'arch_specific_syscall' in found:
        found['newfstatat'] = found.pop('fstatat')
        for name in ('sync_file_range2', 'syscalls', 'arch_specific_syscall'):
            found.pop(name, None)
    return {name: int(n) for name, n in found.items()
            if not name.endswith('time64') and int(n) <= NEWEST}


def used():
    """The calls that assent itself makes by number."""
    return {name for base, _, names in os.walk(os.path.join(SRC, 'src'))
            for n in names if n.endswith(('.c', '.h'))
            for name in re.findall(r'\bSYS_([a-z]\w*)', text_of(base, n))}


def main():
    library = ctypes.util.find_library('seccomp')
    named = set(re.findall(r'"([a-z_]\w+)"',
                           text_of('src', 'sandbox', 'filter.c')))
    brokered = set(re.findall(r'^\t\{ (?:\.name = )?"(\w+)"',
                              text_of('src', 'sandbox', 'broker.c'), re.M))
    calls = used()
    assert len(named) > 400 and len(brokered) > 30 and len(calls) > 15
    for machine, (arch, paths) in MACHINES.items():
        path = next((p for p in paths if os.path.exists(p)), None)
        skip = None if path else 'there is no ' + paths[0]
        table = numbers(path) if path else {}
        wrong = []
        for name in sorted(named | brokered) if path and library else ():
            n = ctypes.CDLL(library).seccomp_syscall_resolve_name_arch(
                arch, name.encode())
            if n <= NEWEST and table.get(name, -1) != max(n, -1):
                wrong.append('%s: libseccomp has %d, the kernel %s' % (
                    name, n, table.get(name)))
        check(machine + ': numbers of the filter and the broker', wrong,
              skip if library else 'there is no libseccomp')
        check(machine + ': the kernel has each call that assent makes',
              sorted(calls - set(table)) if path else (), skip)
        check(machine + ': each call is allowed, refused or left out',
              sorted(set(table) - named - UNKNOWN), skip)
    plan()


if __name__ == '__main__':
    main()
