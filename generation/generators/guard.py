"""Stands between Citewell and a server that it manages, as a process of its own: `python guard.py STOP_S PROGRAM
ARGUMENT...`

Standard input is a pipe whose other end Citewell alone holds. However Citewell ends, in order or killed, the system
closes that end; then the server's whole process group is asked to end, and killed where it has not after `STOP_S`
seconds. The guard ends with the server, and with its exit status. It needs nothing but the standard library, so that it
is small.
"""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from types import FrameType

CANNOT_RUN = 126
"""As shells say it; beyond 128 stands the number of the signal that killed the program."""
_POLL_S = 0.1


def main(stop_s: float, command: list[str]) -> int:
    signal.signal(signal.SIGTERM, _pass_over)  # is meant for the server, which is in the same group
    try:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be run: {error.strerror}\n")
        return CANNOT_RUN
    while server.poll() is None:
        if select.select([sys.stdin], [], [], _POLL_S)[0]:  # the end of the pipe: nobody writes into it
            _end(server, stop_s)
    return server.returncode if server.returncode >= 0 else 128 - server.returncode


def _end(server: "subprocess.Popen[bytes]", stop_s: float) -> None:
    os.killpg(0, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(stop_s)
    os.killpg(0, signal.SIGKILL)  # the guard, too: its group may have others in it that stay


def _pass_over(_number: int, _frame: FrameType | None) -> None:
    """A handler, because what is ignored would be ignored by the server as well."""


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
