"""The ARM engine: what is flashed, executed, against the host build and against mistakes.

The firmware is that of boards/, built here as a user builds it.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Run, runner

ROOT = Path(__file__).resolve().parents[2]
BOARDS = ("nrf52840-small", "nrf52840-small-journal")
# What a build of the firmware needs.
TREES = ("core", "boards", "scripts", "CMakeLists.txt", "CMakePresets.json")

HAND_OVER = "core/firmware/hand_over.S"


@pytest.fixture(scope="session")
def boards(root: Path) -> Path:
    build(root, *BOARDS, "nrf52840-seed")
    return root / "boards"


def build(tree: Path, *names: str) -> None:
    done = subprocess.run([tree / "scripts/firmware", *names], cwd=tree, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def explored(cutproof: Run, scenario: Path, engine: str, *more: str) -> list[dict[str, object]]:
    done = cutproof("run", scenario, "--engine", engine, "--format", "json", *more)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in lines if line["type"] == "case"]


COUNTS = ("verdict", "states", "operations", "cuts_deepest")


def hashes(log: Path) -> set[tuple[str, str]]:
    """What identifies each state that a run has reached, and its case."""
    with closing(sqlite3.connect(log)) as rows:
        query = "select c.scenario, s.hash from states s join cases c on c.id = s.case_id"
        return set(rows.execute(query))


@pytest.mark.parametrize("name", ["nrf52840-small", "nrf52840-small/torn", "nrf52840-seed"])
def test_the_same_as_the_host_build(
    cutproof: Run, boards: Path, tmp_path: Path, name: str
) -> None:
    """Three searches of their own: one by one, and in step, where each operation is compared."""
    scenario = boards / f"{name}.yaml"
    host, arm, both = (
        explored(cutproof, scenario, engine, "--log", f"{engine}.db")
        for engine in ("fast", "arm", "both")
    )
    assert len(host) == len(arm) == len(both) > 0
    for one, other, together in zip(host, arm, both, strict=True):
        counts = {count: one[count] for count in COUNTS if count in one}
        assert counts["verdict"] == "PROVED"
        assert {count: other[count] for count in counts} == counts
        assert {count: together[count] for count in counts} == counts
        assert "ARM code" in str(other["bound"])
        assert "host build and ARM code in step" in str(together["bound"])
        assert len({str(line["hash"]) for line in (one, other, together)}) == 3
    states = hashes(tmp_path / "fast.db")
    assert len(states) == sum(int(str(case["states"])) for case in host)
    assert states == hashes(tmp_path / "arm.db") == hashes(tmp_path / "both.db")


@pytest.mark.parametrize(
    "core", ["record_before_copy", "no_ready_poll", "last_chunk_lost", "erase_twice"]
)
def test_a_host_build_that_differs_is_told(
    cutproof: Run, root: Path, boards: Path, core: str
) -> None:
    library = Path(cutproof("doctor").args[0]).parent / "cores" / f"{core}.so"
    scenario = boards / "nrf52840-small.yaml"
    done = cutproof("run", scenario, "--engine", "both", "--core", library)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the programs differ" in done.stdout
    replay = re.search(r"cutproof (replay .*)$", done.stdout, re.M)
    assert replay and "--engine both" in replay[1] and "--core" in replay[1]


# --- firmware with a mistake


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Path:
    """A copy of all that the firmware is built of."""
    for name in TREES:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def run_in(tree: Path, cutproof: Run, *arguments: str) -> subprocess.CompletedProcess[str]:
    return runner(Path(cutproof("doctor").args[0]), tree)(*arguments)


def test_a_violation_of_the_elf_and_its_replay(cutproof: Run, root: Path, tree: Path) -> None:
    """A core that records a step before its copy: the ELF of it loses an image."""
    patch = root / "tests/faulty/record_before_copy.patch"
    subprocess.run(["patch", "-p1", "--fuzz=0", "-i", patch], cwd=tree, check=True,
                   capture_output=True)
    build(tree, "nrf52840-small")
    done = run_in(tree, cutproof, "run", "boards/nrf52840-small.yaml", "--engine", "arm")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "violates" in done.stdout and "core/src/" in done.stdout
    replay = re.search(r"cutproof replay '([^']*)' --engine arm", done.stdout)
    assert replay, done.stdout
    again = run_in(tree, cutproof, "replay", replay[1], "boards/nrf52840-small.yaml", "--engine",
                   "arm")
    assert again.returncode == 1, again.stdout + again.stderr
    assert "bootable" in again.stdout or "violat" in again.stdout
    # The host build has no such mistake, so the two come apart.
    done = run_in(tree, cutproof, "run", "boards/nrf52840-small.yaml", "--engine", "both")
    assert done.returncode == 1 and "the programs differ" in done.stdout


@pytest.mark.parametrize(
    ("line", "instead", "says"),
    [
        ("    str     r0, [r4]\n#else", "    nop\n#else", "VTOR"),
        ("    msr     msp, r1\n", "    nop\n", "the stack pointer"),
        ("    cpsie   i\n", "    nop\n", "PRIMASK"),
        ("    bx      r2\n", "    adds    r2, #8\n    bx      r2\n", "the program counter"),
    ],
)
def test_a_hand_over_that_is_wrong(
    cutproof: Run, tree: Path, line: str, instead: str, says: str
) -> None:
    text = (tree / HAND_OVER).read_text()
    assert text.count(line) == 1
    (tree / HAND_OVER).write_text(text.replace(line, instead))
    build(tree, "nrf52840-small")
    done = run_in(tree, cutproof, "run", "boards/nrf52840-small.yaml", "--engine", "arm")
    assert done.returncode == 1
    assert f"the application is started with {says}" in done.stdout


def test_a_store_of_bytes_is_a_fault(cutproof: Run, tree: Path) -> None:
    """What a driver does to a register is what its instructions do, not what its source means."""
    driver = tree / "core/port/nrf/nvmc.c"
    text = driver.read_text()
    store = "mmio_write32(address + done_bytes, cp_port_load32(bytes + done_bytes));"
    assert text.count(store) == 1
    driver.write_text(text.replace(store, "mmio_write8(address + done_bytes, bytes[done_bytes]);"))
    build(tree, "nrf52840-small")
    done = run_in(tree, cutproof, "run", "boards/nrf52840-small.yaml", "--engine", "arm")
    assert done.returncode == 1
    assert "only whole words can be stored" in done.stdout


# --- what is refused


def test_firmware_of_another_layout(cutproof: Run, boards: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "other.yaml"
    text = (boards / "nrf52840-small.yaml").read_text()
    scenario.write_text(
        text.replace("../build", f"{boards.parent}/build").replace("buffer: 64B", "buffer: 128B")
    )
    assert scenario.read_text() != text
    done = cutproof("run", scenario, "--engine", "arm")
    assert done.returncode == 4
    assert "the scenario says buffer_size_bytes=128, the firmware says" in done.stderr
    assert "scripts/boards" in done.stderr
    assert cutproof("run", scenario).returncode == 0  # the host build has any layout


def test_firmware_that_is_none(cutproof: Run, boards: Path, tmp_path: Path, root: Path) -> None:
    text = (boards / "nrf52840-small.yaml").read_text().replace("../build", f"{root}/build")
    scenario = tmp_path / "wrong.yaml"
    elf = re.search(r"bootloader: (\S*bootloader\.elf)", text)
    assert elf
    for path, says in (("nowhere.elf", "there is no such file"),
                       (str(root / "README.md"), "no ELF"),
                       (str(root / "build/cutproof"), "no ELF for ARM")):
        scenario.write_text(text.replace(elf[1], path))
        done = cutproof("run", scenario, "--engine", "arm")
        assert done.returncode == 4 and says in done.stderr, done.stderr
    scenario.write_text(re.sub(r"^firmware:.*\n", "", text, flags=re.M))
    done = cutproof("run", scenario, "--engine", "both")
    assert done.returncode == 4 and "names no firmware" in done.stderr
    done = cutproof("run", boards / "nrf52840-small.yaml", "--engine", "arm", "--core", "x.so")
    assert done.returncode == 4 and "--core cannot be given" in done.stderr


def test_a_stripped_elf_says_nothing(cutproof: Run, tree: Path) -> None:
    build(tree, "nrf52840-small")
    elf = tree / "build/firmware/nrf52840-small/bootloader.elf"
    subprocess.run(["arm-none-eabi-strip", elf], check=True)
    done = run_in(tree, cutproof, "run", "boards/nrf52840-small.yaml", "--engine", "arm")
    assert done.returncode == 4 and "no symbols" in done.stderr


# --- what else is told


def test_which_instructions_were_executed(
    cutproof: Run, boards: Path, tmp_path: Path, root: Path
) -> None:
    listed = tmp_path / "executed.txt"
    scenario = boards / "nrf52840-small.yaml"
    done = cutproof("run", scenario, "--engine", "arm", "--executed", listed)
    assert done.returncode == 0
    elf = root / "build/firmware/nrf52840-small/bootloader.elf"
    symbols = subprocess.run(["arm-none-eabi-nm", elf], check=True, capture_output=True,
                             text=True).stdout
    address = {name: int(value, 16) & ~1 for value, name in
               re.findall(r"^(\w+) \w (\w+)$", symbols, re.M)}
    lines = {Path(line.split()[0]).name: {int(word, 16) for word in line.split()[1:]}
             for line in listed.read_text().splitlines()}
    executed = lines["bootloader.elf"]
    assert {address["cp_firmware_reset"], address["cp_boot_prepare"]} <= executed
    assert address["cp_firmware_nmi"] not in executed
    assert lines["demo-prover-1.elf"] and lines["demo-prover-2.elf"]


def test_the_log_has_source_lines(cutproof: Run, boards: Path, tmp_path: Path) -> None:
    log = tmp_path / "run.db"
    done = cutproof("run", boards / "nrf52840-small.yaml", "--engine", "arm", "--log", log)
    assert done.returncode == 0
    found = subprocess.run(["sqlite3", log, "SELECT DISTINCT file, function FROM sites"],
                           check=True, capture_output=True, text=True).stdout
    assert "core/src/boot.c|copy_" in found and "?" not in found
    engine = subprocess.run(["sqlite3", log, "SELECT engine FROM run"], check=True,
                            capture_output=True, text=True).stdout
    assert engine == "arm\n"


# --- every part


EVERY_BOARD = sorted(path.parent.name for path in (ROOT / "boards").glob("*/layout.h"))
STATES = 250  # of each: the whole update without a cut, and so many cuts
STATES_SIGNED = 60  # each start of the CPU may check two signatures


@pytest.mark.parametrize("name", EVERY_BOARD)
def test_every_board_in_step(cutproof: Run, root: Path, name: str) -> None:
    """Each driver's machine code on its controller. boards/ as a whole takes minutes."""
    build(root, name)
    states = STATES_SIGNED if name.endswith("-signed") else STATES
    done = cutproof("run", root / "boards" / f"{name}.yaml", "--engine", "both", "--max-states",
                    str(states), "--format", "json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    found = [line for line in lines if line["type"] == "case"]
    assert done.returncode in (0, 6) and found, done.stdout + done.stderr  # 6: the budget
    for line in found:
        is_enough = line["verdict"] == "BOUNDED" and int(str(line["states"])) >= states
        assert is_enough or line["verdict"] == "PROVED"
        assert "host build and ARM code in step" in line["bound"]


# --- what a run can be besides one search


@pytest.mark.parametrize("engine", ["arm", "both"])
def test_parts_and_going_on(cutproof: Run, boards: Path, tmp_path: Path, engine: str) -> None:
    scenario = boards / "nrf52840-small.yaml"
    whole = explored(cutproof, scenario, engine)[0]["states"]
    for part in (1, 2):
        done = cutproof("run", scenario, "--engine", engine, "--shard", f"{part}/2", "--log",
                        tmp_path / f"{part}.db")
        assert done.returncode == 0, done.stdout
    done = cutproof("merge", "--log", tmp_path / "all.db", tmp_path / "1.db", tmp_path / "2.db",
                    "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["states"] == whole

    log = tmp_path / "short.db"
    done = cutproof("run", scenario, "--engine", engine, "--max-states", "20000", "--log", log)
    assert done.returncode == 6
    done = cutproof("run", "--resume", log, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["states"] == whole


def test_a_replay_from_the_log(cutproof: Run, boards: Path, tmp_path: Path) -> None:
    """The files that a scenario names are found from where it was."""
    log = tmp_path / "run.db"
    case = explored(cutproof, boards / "nrf52840-small.yaml", "arm", "--log", str(log))[0]
    name = f"{case['name']}@{case['hash']}:a100,a5"
    done = cutproof("replay", name, "--log", log, "--engine", "arm")
    assert done.returncode == 0, done.stdout + done.stderr
    host = cutproof("replay", name, "--log", log, "--force")
    operations = [line.split("  core/")[0] for line in done.stdout.splitlines() if "erase" in line]
    assert operations
    assert operations == [line.split("  core/")[0] for line in host.stdout.splitlines()
                          if "erase" in line]
