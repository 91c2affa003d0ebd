"""The package as pip installs it: its files, the command, pytest on real scenarios, the types.

scripts/test_package makes the virtual environment that these tests run in.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import cutproof
import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "build/package"
SCRIPTS = Path(sysconfig.get_path("scripts"))
PREFIX = Path(sys.prefix)
MODULES = ["__init__", "__main__", "errors", "log", "program", "pytest_plugin", "rows"]
VERSIONS = ["3.10", "3.13"]  # the oldest and the newest

# A bootloader that erases the first page of ACTIVE at each boot, through the NVMC of the nRF51.
CORE = """\
#include "core/port/mmio.h"
#include "sim/program.h"

static void bootloader(const struct cp_program_board *board) {
    mmio_write32(0x4001E504u, 2);
    mmio_write32(0x4001E508u, board->areas[CP_AREA_ACTIVE].offset_bytes);
    while (!mmio_read32(0x4001E400u)) {
    }
    cp_end_jump();
}

static void application(const struct cp_program_board *board, uint8_t image) {
    (void)board, (void)image;
    cp_end_idle();
}

const struct cp_program cp_program = {
    .abi = CP_PROGRAM_ABI, .name = "eraser", .core_hash = "1",
    .bootloader = bootloader, .application = application, .dfu_mode = application,
};
"""

# What a user's own code may do with the rows; each line has the type that is written.
TYPED = """\
import cutproof
from collections.abc import Iterator

with cutproof.open("run.db") as log:
    names: list[str] = [case.scenario for case in log.cases()]
    verdicts: list[str | None] = [case.verdict for case in log.cases()]
    ids: list[str] = [violation.replay_id for violation in log.violations("x")]
    pages: dict[int, int] = {row.page: row.erases_max for row in log.wear()}
    states: Iterator[cutproof.State] = log.states()
    rows: cutproof.Rows[cutproof.Site] = log.sites(log.case("x"))
    columns: list[str] = rows.columns
"""


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )


def one(pattern: str) -> Path:
    [found] = PLACE.glob(pattern)
    return found


def tracked() -> set[str]:
    """The files of the project, also if they are not committed yet."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


# --- files


def test_the_wheel_has_what_it_should() -> None:
    name = f"cutproof-{cutproof.__version__}"
    wanted = {f"cutproof/{module}.py" for module in MODULES}
    wanted |= {"cutproof/py.typed"}
    wanted |= {f"cutproof/include/{header}" for header in ("core/port/mmio.h", "sim/program.h")}
    wanted |= {f"{name}.data/scripts/{program}" for program in ("cutproof", "cutproof-debug")}
    pages = ["man/man1/cutproof.1", "bash-completion/completions/cutproof",
             "zsh/site-functions/_cutproof", "fish/vendor_completions.d/cutproof.fish"]  # fmt: skip
    wanted |= {f"{name}.data/data/share/{page}" for page in pages}
    about = ["METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"]
    wanted |= {f"{name}.dist-info/{file}" for file in about}
    wheel = one("cutproof-*.whl")
    assert set(zipfile.ZipFile(wheel).namelist()) == wanted
    assert "-py3-none-linux_" in wheel.name


def test_the_source_archive_has_what_it_should() -> None:
    with tarfile.open(one("cutproof-*.tar.gz")) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    wanted = {name for name in tracked() if not name.startswith(".ci/")} | {"PKG-INFO"}
    assert names == wanted
    assert not any(name.startswith(("build/", ".venv/", "third_party/")) for name in names)


def test_one_version() -> None:
    listed = (ROOT / "CMakeLists.txt").read_text()
    [version] = re.findall(r"project\(cutproof VERSION (\S+)", listed)
    assert cutproof.__version__ == metadata.version("cutproof") == version
    assert run(SCRIPTS / "cutproof", "--version").stdout.split() == ["cutproof", version]


def test_the_package_is_the_installed_one() -> None:
    assert Path(cutproof.__file__).is_relative_to(PREFIX)
    assert cutproof.find_program() == SCRIPTS / "cutproof"
    asked = run(sys.executable, "-m", "cutproof", "--include", cwd=PREFIX)
    assert Path(asked.stdout.strip()) == cutproof.include_dir()
    assert run(sys.executable, "-m", "cutproof", "explode", cwd=PREFIX).returncode == 4


def test_the_pages_are_there() -> None:
    man = PREFIX / "share/man/man1/cutproof.1"
    assert ".Dt CUTPROOF 1" in man.read_text()
    for shell, page in (("bash", "bash-completion/completions/cutproof"),
                        ("zsh", "zsh/site-functions/_cutproof"),
                        ("fish", "fish/vendor_completions.d/cutproof.fish")):  # fmt: skip
        printed = run(SCRIPTS / "cutproof", "completion", shell).stdout
        assert printed and (PREFIX / "share" / page).read_text() == printed


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """Without the libraries CMake names their Debian packages, all at once."""
    done = run("env", "PKG_CONFIG_LIBDIR=/nowhere", "cmake", "-S", ROOT, "-B", tmp_path)
    assert done.returncode != 0
    told = " ".join(done.stderr.split())
    wanted = ("libyaml-dev libsqlite3-dev libdw-dev libxxhash-dev libjansson-dev libxml2-dev"
              " zlib1g-dev libncurses-dev libelf-dev")  # fmt: skip
    assert f"These packages are missing: {wanted} On Debian" in told


# --- the command


def test_source_lines_are_known(tmp_path: Path) -> None:
    """They come from the program's own debug information: it must not be stripped."""
    scenario = ROOT / "tests/data/cli/hole.yaml"
    assert run(SCRIPTS / "cutproof", "run", scenario, "--log", tmp_path / "run.db").returncode == 0
    with cutproof.open(tmp_path / "run.db") as log:
        places = {(site.file, site.function) for site in log.sites()}
        assert ("core/src/format_seed.c", "seed_set") in places
        assert log.run.version == cutproof.__version__


# --- pytest


def pytest_in(cwd: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return run(SCRIPTS / "pytest", "-p", "no:cacheprovider", *options, cwd=cwd)


def test_scenarios_with_workers() -> None:
    done = pytest_in(ROOT, "scenarios/holes", "-n", "2", "-v")
    assert done.returncode == 0, done.stdout
    count = len(list((ROOT / "scenarios/holes").glob("*.yaml")))
    assert f" {count} passed in " in done.stdout
    assert done.stdout.count(" AS CLAIMED ") == count


def test_selection() -> None:
    done = pytest_in(ROOT, "scenarios", "-k", "h7 and revert", "-v")
    assert done.returncode == 0, done.stdout
    assert "holes/h7-torn-revert AS CLAIMED" in done.stdout and " 1 passed, " in done.stdout


def test_all_scenarios_are_collected() -> None:
    """As many as the command finds, and none of the project's other YAML."""
    listed = run(SCRIPTS / "cutproof", "list", "scenarios").stdout.splitlines()
    done = pytest_in(ROOT, "scenarios", "--co", "-q")
    assert len(listed) == done.stdout.count(".yaml::") > 100
    assert "no tests collected" in pytest_in(ROOT, "ci", "docs", "--co", "-q").stdout


def test_a_core_of_ones_own_that_fails(tmp_path: Path) -> None:
    """Built with the headers that were installed; --lf runs what it broke, and nothing else."""
    (tmp_path / "core.c").write_text(CORE)
    flags = ["-g", "-O2", "-shared", "-fPIC", "-fno-omit-frame-pointer"]
    include = f"-I{cutproof.include_dir()}"
    built = run("gcc", *flags, include, "core.c", "-o", "core.so", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    (tmp_path / "hole.yaml").write_text((ROOT / "tests/data/cli/hole.yaml").read_text())
    (tmp_path / "test_other.py").write_text("def test_other(): pass\n")
    failed = run(SCRIPTS / "pytest", "--cutproof-core", "core.so", cwd=tmp_path)
    assert failed.returncode == 1 and "1 failed, 1 passed" in failed.stdout
    assert re.search(r"  promise   bootable\n", failed.stdout), failed.stdout
    assert "core.c:" in failed.stdout  # the line that erased
    again = run(SCRIPTS / "pytest", "--lf", "-x", "--durations", "1", cwd=tmp_path)
    assert again.returncode == 0 and " 1 passed in " in again.stdout  # with the real core
    assert "call     hole.yaml::cli/hole" in again.stdout


# --- types


@pytest.mark.parametrize("version", VERSIONS)
def test_types(version: str, tmp_path: Path) -> None:
    """The package, and code that uses it, under mypy --strict."""
    (tmp_path / "user.py").write_text(TYPED)
    options = ["--strict", "--python-version", version, "--cache-dir", PLACE / "mypy"]
    done = run(sys.executable, "-m", "mypy", *options, "-p", "cutproof", "-p", "user", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    count = re.search(r"no issues found in (\d+) source files", done.stdout)
    assert count and int(count[1]) > len(MODULES)


def test_wrong_types_are_found(tmp_path: Path) -> None:
    wrong = TYPED.replace("names: list[str]", "names: list[int]")
    wrong = wrong.replace("log.wear()", "log.ware()")
    (tmp_path / "user.py").write_text(wrong)
    options = ["--strict", "--cache-dir", PLACE / "mypy"]
    done = run(sys.executable, "-m", "mypy", *options, "user.py", cwd=tmp_path)
    assert done.returncode == 1 and "has no attribute \"ware\"" in done.stdout
    assert "Found 2 errors" in done.stdout or "Found 3 errors" in done.stdout
