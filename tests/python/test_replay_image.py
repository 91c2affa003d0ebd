"""cutproof replay --image: the flash at a place in a trace, raw and as Intel HEX."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

import pytest
from intelhex import IntelHex

from replaying import TORN, Run, Trace, is_operation, run_for_traces, scenario_with, steps_of

STATE, STATE_END = 0x6000, 0x6400
AREAS_END = 0x7000


@pytest.fixture
def claim(cutproof: Run, root: Path, tmp_path: Path) -> Trace:
    return run_for_traces(cutproof, scenario_with(root, tmp_path / "hole.yaml", []))[0]


def image(cutproof: Run, trace: Trace, when: str, path: Path, *options: str) -> bytes:
    given = ["--image", f"{when}={path}", *options]
    told = cutproof("replay", trace.replay_id, trace.scenario, *given)
    assert (told.returncode, told.stderr) == (0, ""), told.stderr
    assert told.stdout.startswith(f"wrote {path}: the flash of ")
    return path.read_bytes()


def changed(before: bytes, after: bytes) -> list[int]:
    """The addresses of the words that differ."""
    return [
        at for at in range(0, len(before), 4) if before[at : at + 4] != after[at : at + 4]
    ]


def test_the_cut_operation_is_between_the_two(
    claim: Trace, cutproof: Run, tmp_path: Path
) -> None:
    [step] = [
        step
        for step in steps_of(cutproof, claim)
        if is_operation(step) and f"a{step['event_index']}" == claim.trace and step["cuts"] == 0
    ]
    before = image(cutproof, claim, "before", tmp_path / "before.bin")
    after = image(cutproof, claim, "after", tmp_path / "after.bin")
    assert len(before) == len(after) == 256 * 1024
    [address] = changed(before, after)
    assert address == STATE + step["address"]
    assert int.from_bytes(before[address : address + 4], "little") == step["old_value"]
    assert int.from_bytes(after[address : address + 4], "little") == step["new_value"]


def test_every_operation_of_a_life(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    """After one event is before the next; each changes what its step says."""
    life = [s for s in steps_of(cutproof, claim) if s.get("cuts") == 1 and is_operation(s)]
    assert [step["kind"] for step in life] == ["program", "erase", "program"]
    last = image(cutproof, claim, "before", tmp_path / "first.bin", "--until", "1:1")
    for step in life:
        until = f"1:{step['event_index']}"
        path = tmp_path / f"{step['event_index']}.bin"
        assert image(cutproof, claim, "before", path, "--until", until) == last
        after = image(cutproof, claim, "after", path, "--until", until, "--force")
        if step["kind"] == "erase":
            assert after[STATE:STATE_END] == b"\xff" * 1024
        else:
            assert after[STATE:][step["address"] :][:4] == step["new_value"].to_bytes(4, "little")
        assert all(STATE <= at < STATE_END for at in changed(last, after))
        last = after


def test_at_the_power_on_it_is_as_delivered(
    claim: Trace, cutproof: Run, tmp_path: Path
) -> None:
    delivered = image(cutproof, claim, "before", tmp_path / "0.bin", "--until", "0:0")
    assert delivered[STATE:STATE_END] == b"\xff" * 1024
    assert delivered[:STATE] == b"\xff" * STATE
    assert image(cutproof, claim, "after", tmp_path / "1.bin", "--until", "0:0") == delivered


def test_intel_hex(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    """Read back by another program it is the same, at the addresses of the part."""
    raw = image(cutproof, claim, "after", tmp_path / "flash.bin")
    image(cutproof, claim, "after", tmp_path / "flash.hex")
    read = IntelHex(str(tmp_path / "flash.hex"))
    assert read.segments() == [(STATE, AREAS_END)]
    assert read.tobinstr(start=STATE, end=AREAS_END - 1) == raw[STATE:AREAS_END]


def test_the_addresses_of_a_part(cutproof: Run, root: Path, tmp_path: Path) -> None:
    """Flash of an STM32 does not begin at 0; the addresses have more than 16 bits."""
    pages_of_2k = [
        ("{part: nrf51822}", "{part: stm32l432kc}"),
        ("dfu:        {at: 0x6800, size: 2KiB}", "dfu: {at: 0x7000, size: 4KiB}"),
        ("at: 0x6400, size: 1KiB", "at: 0x6800, size: 2KiB"),
        ("at: 0x6000, size: 1KiB", "at: 0x6000, size: 2KiB"),
    ]
    path = scenario_with(root, tmp_path / "stm32.yaml", pages_of_2k)
    trace = run_for_traces(cutproof, path)[0]
    raw = image(cutproof, trace, "before", tmp_path / "flash.bin")
    image(cutproof, trace, "before", tmp_path / "flash.hex")
    read = IntelHex(str(tmp_path / "flash.hex"))
    assert read.segments() == [(0x08006000, 0x08008000)]
    assert read.tobinstr(start=0x08006000, end=0x08007FFF) == raw[0x6000:0x8000]


def test_a_torn_erase(cutproof: Run, root: Path, tmp_path: Path) -> None:
    trace = run_for_traces(cutproof, scenario_with(root, tmp_path / "torn.yaml", TORN))[0]
    before = image(cutproof, trace, "before", tmp_path / "before.bin")
    after = image(cutproof, trace, "after", tmp_path / "after.bin")
    assert trace.trace.endswith(".all-but-first-word")
    assert after[STATE : STATE + 4] == before[STATE : STATE + 4] != b"\xff" * 4
    assert after[STATE + 4 : STATE_END] == b"\xff" * 1020 != before[STATE + 4 : STATE_END]


def test_an_external_chip(cutproof: Run, root: Path, tmp_path: Path) -> None:
    scenario = root / "scenarios/faults/external-dies.yaml"
    name = "faults/external-dies[images.new.firmware=good]"
    stale = Trace(f"{name}@00000000:a12", scenario)
    for suffix in ("bin", "hex"):
        path = tmp_path / f"flash.{suffix}"
        told = cutproof(
            "replay", "--force", stale.replay_id, scenario, "--image", f"after={path}"
        )
        assert told.returncode == 0, told.stderr
        assert [line.partition(":")[0] for line in told.stdout.splitlines()] == [
            f"wrote {path}",
            f"wrote {tmp_path}/flash.external.{suffix}",
        ]
    assert len((tmp_path / "flash.external.bin").read_bytes()) == 8 * 1024 * 1024
    read = IntelHex(str(tmp_path / "flash.external.hex"))
    raw = (tmp_path / "flash.external.bin").read_bytes()
    assert read.tobinstr(start=0, end=12 * 1024 - 1) == raw[: 12 * 1024]


# --- refused, and nothing lost


@pytest.mark.parametrize("given", ["flash.bin", "later=flash.bin", "before=", "beforeflash=x", "="])
def test_no_when_or_file(given: str, claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    told = cutproof("replay", claim.replay_id, claim.scenario, "--image", given)
    assert (told.returncode, told.stdout) == (4, "")
    assert "says not when, and into which file" in told.stderr
    assert list(tmp_path.glob("*.bin")) == []


def test_a_file_is_not_overwritten(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    path.write_text("mine\n")
    told = cutproof("replay", claim.replay_id, claim.scenario, "--image", f"after={path}")
    assert (told.returncode, told.stdout) == (4, "")
    assert "exists and is not overwritten" in told.stderr
    assert path.read_text() == "mine\n"
    assert len(image(cutproof, claim, "after", path, "--force")) == 256 * 1024


def test_no_such_folder(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    path = tmp_path / "none/flash.bin"
    told = cutproof("replay", claim.replay_id, claim.scenario, "--image", f"after={path}")
    assert (told.returncode, told.stdout) == (4, "")
    assert f"cannot write '{path}': No such file or directory" in told.stderr


def test_no_device_is_replaced(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    given = f"after={tmp_path}/pipe"
    told = cutproof("replay", claim.replay_id, claim.scenario, "--image", given, "--force")
    assert (told.returncode, told.stdout) == (4, "")
    assert "it is no regular file" in told.stderr
    assert (tmp_path / "pipe").is_fifo()


def test_a_full_disk_leaves_no_half_file(
    claim: Trace, cutproof_path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    told = subprocess.run(
        [cutproof_path, "replay", claim.replay_id, claim.scenario,
         "--image", f"after={folder}/flash.bin"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        restore_signals=False,  # SIGXFSZ stays ignored: the write fails
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert (told.returncode, told.stdout) == (4, ""), told
    assert "cannot write" in told.stderr
    assert list(folder.iterdir()) == []
