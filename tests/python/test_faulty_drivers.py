"""Every faulty driver is caught, by the promise it breaks, in a case the real core passes.

A patch of tests/faulty/drivers/ says in its first line what the driver gets wrong, and
in its second line who notices: `catch: PROMISE NAME`, of a case or of a scenario. Of a
scenario with a matrix one case at least has to notice.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Callable

import pytest
from conftest import Run
from faulty import PROMISES, Catch, core_path, expect_caught

PATCHES = sorted((Path(__file__).resolve().parents[1] / "faulty/drivers").glob("*.patch"))


def catch_of(text: str) -> Catch:
    """What a patch says of itself; ValueError if it says nothing, or nothing that can be."""
    about, _, rest = text.partition("\n")
    if not about.strip() or about.startswith(("catch:", "---", "diff ")):
        raise ValueError("the first line does not say what the driver gets wrong")
    match = re.fullmatch(r"catch: (\S+) (\S+)", rest.partition("\n")[0])
    if not match:
        raise ValueError("the second line is not `catch: PROMISE NAME`")
    if match[1] not in PROMISES:
        raise ValueError(f"there is no promise '{match[1]}'")
    return Catch(match[1], match[2])


def arguments_for(name: str, files: dict[str, str]) -> list[str]:
    """What `cutproof run` is told to run that case, or the cases of that scenario."""
    if name in files:
        return [files[name], "--case", name]
    found = {file for case, file in files.items() if case.startswith(name + "[")}
    if not found:
        raise ValueError(f"there is no case and no scenario '{name}'")
    return sorted(found)


@pytest.fixture(scope="session")
def files(root: Path, cutproof_session: Run) -> dict[str, str]:
    """The file of each case."""
    listed = cutproof_session("list", root / "scenarios", "--format", "json")
    assert listed.returncode == 0, listed.stderr
    cases = [json.loads(line) for line in listed.stdout.splitlines()]
    return {case["name"]: case["file"] for case in cases}


@pytest.fixture(scope="session")
def wrong_with_the_real_core(
    files: dict[str, str], cutproof_session: Run
) -> Callable[[str], str]:
    """What is not as expected in a case or scenario, or "". Each is run once."""
    known: dict[str, str] = {}

    def run(name: str) -> str:
        if name not in known:
            log = f"real-{len(known)}.db"
            ended = cutproof_session("run", *arguments_for(name, files), "--log", log, timeout=300)
            known[name] = ended.stdout + ended.stderr if ended.returncode else ""
        return known[name]

    return run


def test_there_are_faulty_drivers() -> None:
    assert len(PATCHES) >= 2


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_faulty_driver_is_caught(
    patch: Path,
    tmp_path: Path,
    files: dict[str, str],
    wrong_with_the_real_core: Callable[[str], str],
    cutproof_path: Path,
    cutproof: Run,
) -> None:
    text = patch.read_text(encoding="utf-8")
    patched = re.findall(r"^--- a/(\S+)", text, re.MULTILINE)
    assert any(re.fullmatch(r"core/port/.*\.c", file) for file in patched), "patches no driver"
    promise, name = catch_of(text)
    arguments = arguments_for(name, files)
    assert core_path(cutproof_path, patch.stem).is_file(), "not built; run scripts/build"
    assert wrong_with_the_real_core(name) == ""
    expect_caught(patch.stem, promise, arguments, cutproof_path, cutproof, tmp_path)


# --- what would not be noticed otherwise


def test_a_patch_is_read() -> None:
    text = "It forgets.\ncatch: resumes seed/a[b.c=d]\n--- a/core/port/nrf/nvmc.c\n"
    assert catch_of(text) == Catch("resumes", "seed/a[b.c=d]")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "catch: resumes seed/a\n--- a/core/port/nrf/nvmc.c\n",
        "--- a/core/port/nrf/nvmc.c\ncatch: resumes seed/a\n",
        "It forgets.\n--- a/core/port/nrf/nvmc.c\ncatch: resumes seed/a\n",
        "It forgets.\ncatch: resumes\n",
        "It forgets.\ncatch: resumes seed/a seed/b\n",
        "It forgets.\ncatch: no-such-promise seed/a\n",
    ],
)
def test_a_wrong_patch_is_found(text: str) -> None:
    with pytest.raises(ValueError):
        catch_of(text)


def test_a_scenario_that_does_not_exist_is_found() -> None:
    files = {"seed/a": "a.yaml", "seed/b[c.d=1]": "b.yaml", "seed/b[c.d=2]": "b.yaml"}
    assert arguments_for("seed/a", files) == ["a.yaml", "--case", "seed/a"]
    assert arguments_for("seed/b[c.d=2]", files) == ["b.yaml", "--case", "seed/b[c.d=2]"]
    assert arguments_for("seed/b", files) == ["b.yaml"]
    for name in ("seed", "seed/", "b", "seed/c", "seed/b[c.d=3]"):
        with pytest.raises(ValueError):
            arguments_for(name, files)


@pytest.mark.parametrize(
    "name, promise, message",
    [
        ("nvmc_erase_not_awaited", "trial-happens", "legal-flash-use"),  # another promise
        ("chokes_on_some_words", "resumes", "assert 0 == 1"),  # none
    ],
)
def test_a_driver_that_is_not_caught_is_found(
    name: str,
    promise: str,
    message: str,
    files: dict[str, str],
    tmp_path: Path,
    cutproof_path: Path,
    cutproof: Run,
) -> None:
    arguments = arguments_for("seed/request-completes", files)
    with pytest.raises(AssertionError, match=message):
        expect_caught(name, promise, arguments, cutproof_path, cutproof, tmp_path)
