"""Every faulty driver is caught, by the promise it breaks, in a case the real core passes.

A patch of tests/faulty/drivers/ says in its first line what the driver gets wrong, and
in its second line who notices: `catch: PROMISE CASE`.
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
        raise ValueError("the second line is not `catch: PROMISE CASE`")
    if match[1] not in PROMISES:
        raise ValueError(f"there is no promise '{match[1]}'")
    return Catch(match[1], match[2])


def known_case(name: str, cases: set[str]) -> str:
    """The name; ValueError if no case has it. A scenario with a matrix has several cases."""
    if name not in cases:
        meant = sorted(case for case in cases if case.startswith(name + "["))
        raise ValueError(f"there is no case '{name}'" + (f", but {', '.join(meant)}" * bool(meant)))
    return name


@pytest.fixture(scope="session")
def cases(root: Path, cutproof_session: Run) -> set[str]:
    listed = cutproof_session("list", root / "scenarios", "--format", "json")
    assert listed.returncode == 0, listed.stderr
    return {json.loads(line)["name"] for line in listed.stdout.splitlines()}


@pytest.fixture(scope="session")
def ends_as_expected(root: Path, cutproof_session: Run) -> Callable[[str], str]:
    """What is wrong with a case under the real core, or "". Each case is run once."""
    known: dict[str, str] = {}

    def run(case: str) -> str:
        if case not in known:
            log = f"real-{len(known)}.db"
            ended = cutproof_session(
                "run", root / "scenarios", "--case", case, "--log", log, timeout=300
            )
            known[case] = ended.stdout + ended.stderr if ended.returncode else ""
        return known[case]

    return run


def test_there_are_faulty_drivers() -> None:
    assert len(PATCHES) >= 2


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_faulty_driver_is_caught(
    patch: Path,
    root: Path,
    tmp_path: Path,
    cases: set[str],
    ends_as_expected: Callable[[str], str],
    cutproof_path: Path,
    cutproof: Run,
) -> None:
    text = patch.read_text(encoding="utf-8")
    patched = re.findall(r"^--- a/(\S+)", text, re.MULTILINE)
    assert any(re.fullmatch(r"core/port/.*\.c", file) for file in patched), "patches no driver"
    catch = catch_of(text)
    known_case(catch.case, cases)
    assert core_path(cutproof_path, patch.stem).is_file(), "not built; run scripts/build"
    assert ends_as_expected(catch.case) == ""
    expect_caught(patch.stem, catch, root / "scenarios", cutproof_path, cutproof, tmp_path)


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


def test_a_case_that_does_not_exist_is_found(cases: set[str]) -> None:
    assert known_case("seed/request-completes", cases)
    with pytest.raises(ValueError, match="no case 'seed/nowhere'$"):
        known_case("seed/nowhere", cases)
    with pytest.raises(ValueError, match=r"but .*seed/external-dfu\[images.new.firmware=bad\]"):
        known_case("seed/external-dfu", cases)


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
    root: Path,
    tmp_path: Path,
    cutproof_path: Path,
    cutproof: Run,
) -> None:
    catch = Catch(promise, "seed/request-completes")
    with pytest.raises(AssertionError, match=message):
        expect_caught(name, catch, root / "scenarios", cutproof_path, cutproof, tmp_path)
