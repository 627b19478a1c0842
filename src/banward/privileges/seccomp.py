"""Forbids system calls that reading logs never needs, through ``libseccomp.so.2`` (seccomp(2)).

A list of what is forbidden, not of what is allowed: Python and libc change what they call. What
is forbidden fails with EPERM.
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

__all__ = ["forbid_calls"]

_LIBRARY: Final = "libseccomp.so.2"
_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_MASKED_EQUAL: Final = 7
_CLONE_THREAD: Final = 0x00010000

_FORBIDDEN: Final = """
execve execveat fork vfork ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd
kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal
socket connect bind listen accept accept4
mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr
setns unshare bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff
add_key request_key keyctl open_by_handle_at name_to_handle_at quotactl acct syslog
settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname
setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset
creat link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir
mknod mknodat truncate chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat
setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr utime utimes utimensat futimesat
personality iopl ioperm modify_ldt vhangup
"""


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


# Calls that are forbidden with some arguments: name, argument, mask, value.
_PARTLY: Final = (
    ("clone", 0, _CLONE_THREAD, 0),  # a process, not a thread
    ("open", 1, os.O_ACCMODE, os.O_WRONLY),
    ("open", 1, os.O_ACCMODE, os.O_RDWR),
    ("openat", 2, os.O_ACCMODE, os.O_WRONLY),
    ("openat", 2, os.O_ACCMODE, os.O_RDWR),
)
# Without these, libc goes back to ``clone`` and ``openat``, whose arguments can be looked at.
_MISSING: Final = ("clone3", "openat2")


def forbid_calls() -> None:
    """Forbid the calls for this process from now on.

    Raises:
        OSError: the library is missing, or the kernel refuses.
    """
    library = ctypes.CDLL(_LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = (ctypes.c_uint32,)
    context = ctypes.c_void_p(library.seccomp_init(_ALLOW))
    try:
        for name in _FORBIDDEN.split():
            _forbid(library, context, name, errno.EPERM)
        for name in _MISSING:
            _forbid(library, context, name, errno.ENOSYS)
        for name, argument, mask, value in _PARTLY:
            rule = _Comparison(argument, _MASKED_EQUAL, mask, value)
            _forbid(library, context, name, errno.EPERM, rule)
        _check(library.seccomp_load(context))
    finally:
        library.seccomp_release(context)


def _forbid(
    library: ctypes.CDLL, context: ctypes.c_void_p, name: str, number: int, *rules: _Comparison
) -> None:
    call = library.seccomp_syscall_resolve_name(name.encode())
    if call < 0:
        return  # this machine, or this library, has no such call
    array = (_Comparison * len(rules))(*rules) if rules else None
    action = ctypes.c_uint32(_ERRNO | number)
    _check(library.seccomp_rule_add_array(context, action, call, len(rules), array))


def _check(result: int) -> None:
    if result < 0:
        raise OSError(-result, os.strerror(-result))
