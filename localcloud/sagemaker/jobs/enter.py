"""Start one command inside a job's private ``/opt/ml``; run as a program, or by a fork of
forkserver.py, never imported by a job.

Usage: ``python -I -S enter.py MODE ML_FOLDER PARENT_PID WORKING_DIR COMMAND...``

MODE ``namespace`` makes a user and a mount namespace in which ML_FOLDER *is* ``/opt/ml`` and the
rest of ``/opt`` stays visible; ``plain`` changes nothing. Either way the command dies with the
process that started it (Linux), and replaces this program, so that its process id and its exit
code are the job's. Standard library only: it runs before anything of the job's environment exists.
"""

import ctypes
import os
import signal
import sys

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
CANNOT_ENTER = 125
"""Exit code when the namespace could not be made, or the command could not be started (Docker's
own).
"""


def call(libc: ctypes.CDLL, function: str, *arguments: object) -> None:
    """Call a libc function and turn a non-zero answer into OSError."""
    if getattr(libc, function)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{function}: {os.strerror(error)}")


def bind(libc: ctypes.CDLL, source: str, target: str) -> None:
    call(libc, "mount", source.encode(), target.encode(), None, MS_BIND | MS_REC, None)


def unshare(libc: ctypes.CDLL) -> None:
    """Become root of a new user namespace, with mounts of our own."""
    uid, gid = os.geteuid(), os.getegid()
    call(libc, "unshare", CLONE_NEWUSER | CLONE_NEWNS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    call(libc, "mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)


def mount_opt_ml(libc: ctypes.CDLL, ml_folder: str) -> None:
    """Show ``ml_folder`` as /opt/ml. /opt may hold the interpreter itself, so its entries are
    kept.
    """
    if os.path.isdir("/opt/ml"):
        bind(libc, ml_folder, "/opt/ml")
        return
    staging = ml_folder + ".opt"
    os.makedirs(staging, exist_ok=True)
    call(libc, "mount", b"slipway", staging.encode(), b"tmpfs", 0, b"mode=755")
    for entry in os.scandir("/opt"):
        copy = os.path.join(staging, entry.name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), copy)
            continue
        if entry.is_dir():
            os.mkdir(copy)
        else:
            os.close(os.open(copy, os.O_CREAT | os.O_WRONLY))
        bind(libc, entry.path, copy)
    os.mkdir(os.path.join(staging, "ml"))
    bind(libc, ml_folder, os.path.join(staging, "ml"))
    bind(libc, staging, "/opt")


def die_with(parent: int, libc: ctypes.CDLL) -> None:
    """Ask the kernel to kill this process when the thread that started it ends.

    After unshare, because the change of credentials clears the request (prctl(2)).
    """
    if sys.platform != "linux":
        return
    call(libc, "prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise OSError(f"process {parent}, which wanted it, has ended")


def confine(mode: str, ml_folder: str, parent: int, working_dir: str) -> None:
    """Give this process its ``/opt/ml``, its parent's end and its folder. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if mode == "namespace":
        unshare(libc)
        mount_opt_ml(libc, ml_folder)
    die_with(parent, libc)
    os.chdir(working_dir)


def main(arguments: list[str]) -> None:
    mode, ml_folder, parent, working_dir, *command = arguments
    try:
        confine(mode, ml_folder, int(parent), working_dir)
        os.execvpe(command[0], command, os.environ)
    except OSError as error:
        print(f"cannot start {command[0]!r}: {error}", file=sys.stderr)
        sys.exit(CANNOT_ENTER)


if __name__ == "__main__":
    main(sys.argv[1:])
