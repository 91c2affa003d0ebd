"""The firmware of the STM32F405 on QEMU's netduinoplus2: a chip whose flash takes nothing.

QEMU has that part's USART, and no controller of its flash: registers read 0, stores to flash are
ignored, and nothing says so. The bootloader has to start the application all the same, and the
first thing that an update stores has to be found missing.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/firmware/stm32f405"
FLASH_SIZE_BYTES = 1 << 20
ACTIVE = 0x20000  # of boards/stm32f405.yaml
TIMEOUT_S = 60.0


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Path]:
    """The serial line of the device, USART2, which QEMU starts with when somebody connects."""
    built = subprocess.run(
        [ROOT / "scripts/firmware", "stm32f405"], capture_output=True, text=True, timeout=600
    )
    assert built.returncode == 0, built.stdout + built.stderr
    flash = bytearray(b"\xff") * FLASH_SIZE_BYTES
    for at, name in ((0, "bootloader"), (ACTIVE, "demo-1-good")):
        image = (FOLDER / f"{name}.bin").read_bytes()
        flash[at : at + len(image)] = image
    (tmp_path / "flash.bin").write_bytes(flash)
    socket = tmp_path / "line"
    command = ["qemu-system-arm", "-M", "netduinoplus2", "-nodefaults", "-display", "none"]
    command += ["-kernel", str(tmp_path / "flash.bin"), "-serial", "null"]
    command += ["-serial", f"unix:{socket},server=on,wait=on"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as qemu:
        end = time.monotonic() + TIMEOUT_S
        while not socket.exists() and time.monotonic() < end:
            time.sleep(0.02)
        yield socket
        qemu.kill()


def test_what_is_not_stored_is_found(line: Path) -> None:
    command = ["timeout", f"{TIMEOUT_S:g}", sys.executable, str(ROOT / "scripts/serial_update")]
    command += [f"unix:{line}", str(FOLDER / "demo-2-good.bin")]
    lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True
    ) as host:
        assert host.stdout
        for text in host.stdout:
            lines.append(text.rstrip())
            if "gives up" in text:
                break
        host.terminate()
    assert "cutproof demo 1, state Boot" in lines
    assert lines[-2:] == ["download begun", "the device gives up with error -4"]  # CP_ERR_FLASH
