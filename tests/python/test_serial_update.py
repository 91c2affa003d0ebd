"""scripts/serial_update, against a device that is played here; and its frames against zlib's CRC.

test_qemu_microbit.py has it with the real firmware.
"""

from __future__ import annotations

import os
import pty
import socket
import struct
import subprocess
import sys
import threading
import tty
import zlib
from pathlib import Path
from typing import Callable

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/serial_update"
IMAGE = bytes(range(256)) * 8
CHUNK = 256
BASIS, PRIME = 0xCBF29CE484222325, 0x100000001B3
BOOT, SWAP, REVERT = 0, 1, 2


def frame(kind: bytes, payload: bytes) -> bytes:
    body = kind + struct.pack("<H", len(payload)) + payload
    return b"\x7e" + body + struct.pack("<I", zlib.crc32(body))


def check_value(data: bytes) -> int:
    digest = BASIS
    for byte in data:
        digest = (digest ^ byte) * PRIME % 2**64
    return digest ^ BASIS


class Device:
    """The device's side of a descriptor."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.asked: list[int] = []

    def say(self, kind: bytes, *words: int) -> None:
        os.write(self.fd, frame(kind, struct.pack(f"<{len(words)}I", *words)))

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = os.read(self.fd, size - len(data))
            assert piece
            data += piece
        return data

    def hear(self) -> tuple[bytes, bytes]:
        assert self.exactly(1) == b"\x7e"
        head = self.exactly(3)
        payload = self.exactly(struct.unpack("<H", head[1:])[0])
        assert self.exactly(4) == struct.pack("<I", zlib.crc32(head + payload))
        return head[:1], payload

    def begin(self, version: int, state: int) -> None:
        self.say(b"H", version, 65536)
        self.say(b"N", 8, state)

    def take_offer(self) -> None:
        self.say(b"W", 1)
        kind, payload = self.hear()
        assert kind == b"O"
        assert struct.unpack("<IQ", payload) == (len(IMAGE), check_value(IMAGE))

    def fetch(self, offsets: list[int]) -> None:
        self.say(b"N", 0, 0)
        for offset in offsets:
            self.say(b"R", offset, CHUNK)
            kind, payload = self.hear()
            assert kind == b"D" and struct.unpack("<I", payload[:4]) == (offset,)
            assert payload[4:] == IMAGE[offset : offset + CHUNK]
        self.say(b"N", 1, 0)
        self.say(b"N", 3, 0)


EVERY_CHUNK = list(range(0, len(IMAGE), CHUNK))


def good(device: Device) -> None:
    device.begin(1, BOOT)
    device.take_offer()
    device.fetch(EVERY_CHUNK[3:] + EVERY_CHUNK[:3])  # in whatever order it likes
    device.begin(2, SWAP)
    device.say(b"N", 5, 0)


def bad(device: Device) -> None:
    device.begin(1, BOOT)
    device.take_offer()
    device.fetch(EVERY_CHUNK)
    device.begin(2, SWAP)
    device.begin(1, REVERT)


def same(device: Device) -> None:
    device.begin(2, BOOT)
    device.take_offer()
    device.say(b"S", 2)


def resumed(device: Device) -> None:
    device.begin(1, BOOT)
    device.take_offer()
    device.say(b"R", 0, CHUNK)
    device.hear()
    device.begin(1, BOOT)  # after a power loss
    device.take_offer()
    device.fetch(EVERY_CHUNK[4:])
    device.begin(2, SWAP)
    device.say(b"N", 5, 0)


def hidden(device: Device) -> None:
    """The power fails between the confirmation and the word of it."""
    device.begin(1, BOOT)
    device.take_offer()
    device.fetch(EVERY_CHUNK)
    device.begin(2, SWAP)
    device.begin(2, BOOT)
    device.take_offer()
    device.say(b"S", 2)


def noisy(device: Device) -> None:
    """What is damaged, and what is no frame at all, is passed over."""
    os.write(device.fd, b"\x7e\x7e garbage \x00" + frame(b"N", bytes(8))[:-1])
    damaged = bytearray(frame(b"R", struct.pack("<II", 0, CHUNK)))
    damaged[5] ^= 1
    os.write(device.fd, bytes(damaged) + b"\x7eH\xff\xff")
    good(device)


def run(port: str, image: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, port, image, *more], capture_output=True,
                          text=True, check=False, timeout=30)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.bin"
    path.write_bytes(IMAGE)
    return path


def play(fd: int, life: Callable[[Device], None]) -> threading.Thread:
    thread = threading.Thread(target=life, args=(Device(fd),), daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "life, code, last",
    [
        (good, 0, "version 2 is confirmed"),
        (bad, 1, "state revert"),
        (same, 0, "version 2 is confirmed"),
        (resumed, 0, "version 2 is confirmed"),
        (hidden, 0, "version 2 is confirmed"),
        (noisy, 0, "version 2 is confirmed"),
    ],
)
def test_over_a_pty(image: Path, life: Callable[[Device], None], code: int, last: str) -> None:
    mine, theirs = pty.openpty()
    tty.setraw(theirs)
    thread = play(mine, life)
    done = run(os.ttyname(theirs), image, "--timeout", "5")
    thread.join(5)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines()[-1] == last
    os.close(mine)
    os.close(theirs)


def test_over_a_socket_that_is_closed_and_opened_again(image: Path, tmp_path: Path) -> None:
    """As that of an emulator that is started anew for each boot."""
    path = tmp_path / "socket"

    def serve() -> None:
        for life in (first, second):
            path.unlink(missing_ok=True)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
                listener.listen()
                with listener.accept()[0] as connection:
                    life(Device(connection.fileno()))

    def first(device: Device) -> None:
        device.begin(1, BOOT)
        device.take_offer()
        device.fetch(EVERY_CHUNK)

    def second(device: Device) -> None:
        device.begin(2, SWAP)
        device.say(b"N", 5, 0)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    while not path.exists():
        pass
    done = run(f"unix:{path}", image, "--timeout", "5")
    assert done.returncode == 0, done.stderr
    assert "download done: 2048 bytes were asked for" in done.stdout
    assert done.stdout.splitlines()[-1] == "version 2 is confirmed"


def test_over_tcp(image: Path) -> None:
    """And what the device says in text is printed as it is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.sendall(b"\x00\xffcutproof demo 1, st")
                connection.sendall(b"ate Boot\r\ncutproof demo 2, state Boot\r\n")
                same(Device(connection.fileno()))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        done = run(f"tcp:127.0.0.1:{listener.getsockname()[1]}", image, "--timeout", "5")
    assert done.returncode == 0, done.stderr
    assert "cutproof demo 2, state Boot" in done.stdout.splitlines()


def test_until(image: Path) -> None:
    mine, theirs = pty.openpty()
    tty.setraw(theirs)
    play(mine, good)
    done = run(os.ttyname(theirs), image, "--until", "request", "--timeout", "5")
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "request returned"


def test_silence(image: Path) -> None:
    mine, theirs = pty.openpty()
    done = run(os.ttyname(theirs), image, "--timeout", "0.2")
    assert done.returncode == 1 and "nothing was heard for 0.2 s" in done.stderr


def test_too_large(tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(70000))
    mine, theirs = pty.openpty()
    tty.setraw(theirs)
    os.write(mine, frame(b"H", struct.pack("<II", 1, 65536)))
    done = run(os.ttyname(theirs), large, "--timeout", "2")
    assert done.returncode == 4 and "70000 bytes, ACTIVE 65536" in done.stderr


def test_no_port(image: Path) -> None:
    done = run("/nowhere/tty", image)
    assert done.returncode == 4 and "nowhere" in done.stderr
