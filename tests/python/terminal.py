"""A terminal of its own for a program, and what is seen on it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import pyte

# As the terminal `linux` sends them, which is the one that pyte knows best.
KEYS = {
    "right": "\x1b[C",
    "left": "\x1b[D",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "home": "\x1b[1~",
    "end": "\x1b[4~",
    "page-up": "\x1b[5~",
    "page-down": "\x1b[6~",
}


class Terminal:
    """Runs a command on a pseudo-terminal of the given size."""

    def __init__(
        self,
        command: list[str | os.PathLike[str]],
        columns: int = 80,
        lines: int = 24,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.master, slave = pty.openpty()
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.output = b""
        self.set_size(columns, lines)
        self.attributes = termios.tcgetattr(slave)
        environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**environment, "TERM": "linux", **(env or {})},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.slave = slave  # kept open, to ask for its state at the end

    def set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        self.set_size(columns, lines)
        self.screen.resize(lines, columns)
        self.process.send_signal(signal.SIGWINCH)

    def drain(self) -> bool:
        """Take what the program has written by now. Was there anything?"""
        if not select.select([self.master], [], [], 0)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # it is gone, and all of its output was read
            return False
        self.output += data
        self.stream.feed(data)
        return bool(data)

    def is_waiting(self) -> bool:
        """Has the program taken all keys, and sleeps?"""
        [unread] = struct.unpack("i", fcntl.ioctl(self.slave, termios.FIONREAD, b"\0" * 4))
        if self.process.poll() is not None:
            return True
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        return unread == 0 and stat.rpartition(")")[2].split()[0] == "S"

    def settle(self, limit_s: float = 20.0) -> None:
        """Take the output until the program has nothing left to do."""
        end = time.monotonic() + limit_s
        looks = 0
        while looks < 3 and time.monotonic() < end:
            looks = 0 if self.drain() or not self.is_waiting() else looks + 1
            time.sleep(0.001)

    def wait_for(self, text: str, limit_s: float = 20.0) -> list[str]:
        """The screen once it shows a text."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            self.settle()
            if any(text in line for line in self.screen.display):
                return self.lines()
        raise AssertionError(f"no {text!r} on the screen:\n" + "\n".join(self.lines()))

    def read_by_program(self) -> int:
        """How many bytes the program has read so far, from whatever."""
        io = Path(f"/proc/{self.process.pid}/io").read_text()
        return int(io.partition("rchar: ")[2].split()[0])

    def type(self, keys: bytes, limit_s: float = 20.0) -> None:
        """Send keys, and wait until the program has read them."""
        end = time.monotonic() + limit_s
        wanted = self.read_by_program() + len(keys)
        os.write(self.master, keys)
        while time.monotonic() < end and self.process.poll() is None:
            if self.read_by_program() >= wanted:
                return
            self.drain()
            time.sleep(0.001)

    def press(self, *keys: str) -> list[str]:
        """Press keys by name or letter; the screen after the last."""
        for key in keys:
            self.type(KEYS.get(key, key).encode())
            if key == "\x1b":
                time.sleep(0.2)  # the program waits for what might follow
            self.settle()
        return self.lines()

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    def finish(self, limit_s: float = 10.0) -> int:
        """Wait for the end; its exit code, negative for a signal."""
        end = time.monotonic() + limit_s
        while self.process.poll() is None and time.monotonic() < end:
            self.drain()
            time.sleep(0.001)
        while self.drain():
            pass
        return self.process.wait(timeout=1)

    def is_restored(self) -> bool:
        """Are the modes of the terminal what they were at the beginning?"""
        return termios.tcgetattr(self.slave) == self.attributes

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)
