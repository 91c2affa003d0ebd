"""Every faulty core is caught, by the promise it breaks, in a scenario the real core passes.

A faulty core is the real one with a patch of tests/faulty/; tests/CMakeLists.txt
builds it as cores/NAME.so beside the program. tests/faulty/README.md tells what
each one gets wrong.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conftest import Run
from faulty import PROMISES, Catch, core_path, expect_caught, rows

GOOD_OR_BAD = "seed/good-or-bad"
REQUEST = "seed/request-completes"
REVERT = "seed/revert-is-told"
EXTERNAL = "seed/external-dfu[images.new.firmware=bad]"
AS_IT_GOES = "seed/download-as-it-goes"
PROGRESSES = "seed/progresses[images.new.firmware=good]"
DIRECT = "direct/one-update[images.new.firmware={}]"
DIRECT_TWICE = "direct/two-updates[images.newer.firmware=good]"
DIRECT_SIGNED = "direct/signed[images.newer.security_counter=3,images.newer.signature=missing]"
DOWNLOAD = "journal/download-twice"
JOURNAL = "journal/update[images.new.firmware={}]"

OTHERWISE = {"keeps_a_counter", "chokes_on_some_words"}

CATCHES = {
    "attempts_not_counted": Catch("unconfirmed-reverts", JOURNAL.format("bad")),
    "copy_errors_ignored": Catch("error-safe", "journal/silent[images.new.firmware=good]"),
    "downgrade_allowed": Catch("no-downgrade", "journal/downgrade"),
    "factory_forgotten": Catch("last-resort", "journal/rescue[lifecycle.damaged=state]"),
    "goes_on_in_old_half": Catch("legal-flash-use", JOURNAL.format("good")),
    "old_half_first": Catch("bounded-wear", JOURNAL.format("good")),
    "seal_first": Catch("resumes", JOURNAL.format("good")),
    "trial_always_fails": Catch("trial-happens", JOURNAL.format("good")),
    "confirm_forgets": Catch("confirmed-stays", GOOD_OR_BAD),
    "copy_without_erase": Catch("legal-flash-use", REQUEST),
    "direct_confirm_forgets_slot": Catch("confirmed-stays", DIRECT.format("good")),
    "direct_one_slot_only": Catch("update-completes", DIRECT_TWICE),
    "direct_revert_keeps_slot": Catch("unconfirmed-reverts", DIRECT.format("bad")),
    "direct_starts_unverified": Catch("authentic", DIRECT_SIGNED),
    "direct_trial_not_recorded": Catch("tells-truth", DIRECT.format("good")),
    "erase_in_read_mode": Catch("legal-flash-use", REQUEST),
    "erase_next_page": Catch("legal-flash-use", REQUEST),
    "erase_one_page_more": Catch("legal-flash-use", REQUEST),
    "erase_at_page_start": Catch("resumes", DOWNLOAD),
    "erase_per_chunk": Catch("bounded-wear", AS_IT_GOES),
    "erase_per_granule": Catch("resumes", DOWNLOAD),
    "erase_twice": Catch("bounded-wear", REVERT),
    "erase_wrong_bank": Catch("bootable", EXTERNAL),
    "hash_marks_update": Catch("no-phantom-update", REQUEST),
    "invalidate_last": Catch("update-completes", REQUEST),
    "last_chunk_lost": Catch("resumes", REQUEST),
    "never_feeds": Catch("progresses", PROGRESSES),
    "no_backup": Catch("resumes", REQUEST),
    "no_trial_guard": Catch("resumes", "seed/careless-trial"),
    "no_ready_poll": Catch("legal-flash-use", REQUEST),
    "one_record_per_page": Catch("resumes", AS_IT_GOES),
    "page_count_short": Catch("resumes", REQUEST),
    "page_marked_early": Catch("resumes", DOWNLOAD),
    "prepare_never_feeds": Catch("progresses", PROGRESSES),
    "record_before_copy": Catch("bootable", GOOD_OR_BAD),
    "revert_copies_nothing": Catch("unconfirmed-reverts", REVERT),
    "revert_in_same_boot": Catch("trial-happens", REQUEST),
    "revert_not_stored": Catch("tells-truth", REVERT),
    "revert_out_of_dfu": Catch("resumes", REVERT),
    "revert_shares_words": Catch("bootable", GOOD_OR_BAD),
    "revert_stored_as_boot": Catch("tells-truth", REVERT),
    "revert_wrong_end": Catch("resumes", REVERT),
    "revert_wrong_source": Catch("resumes", REVERT),
    "store_then_erase": Catch("update-completes", REQUEST),
    "swap_restarts": Catch("resumes", GOOD_OR_BAD),
    "swap_wrong_end": Catch("resumes", REQUEST),
    "swapped_by_wrong_unit": Catch("unconfirmed-reverts", EXTERNAL),
    "word_skipped": Catch("update-completes", REQUEST),
    "write_left_enabled": Catch("legal-flash-use", REQUEST),
    "forgery_accepted": Catch("authentic", "journal/forged[images.new.signature=bit-flipped]"),
    "bad_image_installed": Catch("authentic", "journal/forged[images.new.signature=missing]"),
    "counter_forgotten": Catch("no-downgrade", "journal/downgrade"),
    "restore_short": Catch("last-resort", "journal/rescue[lifecycle.damaged=active]"),
    "mix_started": Catch("error-safe", "journal/silent[images.new.firmware=good]"),
    "started_ignored": Catch("unconfirmed-reverts", "journal/attempts[images.new.firmware=hangs]"),
    "attempts_begin_again": Catch(
        "unconfirmed-reverts", "journal/attempts[images.new.firmware=bad]"
    ),
    "confirm_is_not_read": Catch("confirmed-stays", "journal/signed"),
    "confirm_stays_trial": Catch("tells-truth", "journal/either"),
    "revert_untold": Catch("tells-truth", "journal/attempts[images.new.firmware=bad]"),
    "reverted_for_ever": Catch("tells-truth", "journal/retry"),
    "refused_stays_requested": Catch("tells-truth", "journal/forged[images.new.signature=missing]"),
    "step_before_copy": Catch("bootable", "journal/attempts[images.new.firmware=bad]"),
    "torn_slot_taken": Catch("tells-truth", "journal/update[images.new.firmware=good]"),
    "detach_again": Catch("bootable", "journal/detach-abandoned"),
    "last_step_not_carried": Catch("resumes", "journal/attempts[images.new.firmware=bad]"),
    "seal_not_read": Catch("resumes", "journal/attempts[images.new.firmware=bad]"),
    "newer_half_reversed": Catch("update-completes", "journal/detach[images.new.firmware=good]"),
    "rewritten_at_rest": Catch("bounded-wear", "journal/attempts[images.new.firmware=bad]"),
    "copies_never_feed": Catch("progresses", "journal/watchdog[images.new.firmware=good]"),
}


def scenario_file(root: Path, case: str) -> Path:
    return root / "scenarios" / (case.partition("[")[0] + ".yaml")


# --- the corpus itself


def test_every_patch_is_here_and_in_the_readme(root: Path) -> None:
    folder = root / "tests/faulty"
    assert {patch.stem for patch in folder.glob("*.patch")} == set(CATCHES) | OTHERWISE
    listed = re.findall(
        r"^\| `(\w+)` \|.*\| `([\w-]+)` \| `(.+?)` \|$",
        (folder / "README.md").read_text(),
        re.MULTILINE,
    )
    assert {name: Catch(promise, case) for name, promise, case in listed} == CATCHES
    assert len(listed) == len(CATCHES)


def test_every_promise_has_a_core_that_breaks_it() -> None:
    assert {catch.promise for catch in CATCHES.values()} == PROMISES


# --- what the scenarios say of them


@pytest.mark.parametrize("case", sorted({catch.case for catch in CATCHES.values()}))
def test_the_real_core_passes(case: str, root: Path, cutproof: Run) -> None:
    if "SCENARIOS_LOG" in os.environ:  # scripts/test has just run them all
        log = Path(os.environ["SCENARIOS_LOG"])
        assert rows(log, "SELECT met FROM cases WHERE scenario = ?", case) == [(1,)]
        return
    ended = cutproof("run", scenario_file(root, case), "--case", case, "--log", "real.db")
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("name", sorted(CATCHES))
def test_a_faulty_core_is_caught(
    name: str, root: Path, tmp_path: Path, cutproof_path: Path, cutproof: Run
) -> None:
    promise, case = CATCHES[name]
    cases = [scenario_file(root, case), "--case", case]
    expect_caught(name, promise, cases, cutproof_path, cutproof, tmp_path)


def test_a_replay_id_of_a_faulty_core_is_refused_for_the_real_one(
    root: Path, tmp_path: Path, cutproof_path: Path, cutproof: Run
) -> None:
    promise, case = CATCHES["no_backup"]
    log = tmp_path / "faulty.db"
    core = core_path(cutproof_path, "no_backup")
    cutproof("run", "--core", core, scenario_file(root, case), "--log", log)
    (replay_id,) = rows(log, "SELECT replay_id FROM violations WHERE promise = ?", promise)[0]
    refused = cutproof("replay", replay_id, "--log", log)
    assert refused.returncode == 4
    assert "--core" in refused.stderr
    forced = cutproof("replay", replay_id, "--log", log, "--force")
    assert forced.returncode == 0, forced.stdout + forced.stderr
    assert "HOLDS" in forced.stdout


def test_a_core_that_remembers_is_an_error(
    root: Path, tmp_path: Path, cutproof_path: Path, cutproof: Run
) -> None:
    core = core_path(cutproof_path, "keeps_a_counter")
    file = scenario_file(root, "seed/update-confirm")
    log = tmp_path / "error.db"
    ended = cutproof("run", "--core", core, file, "--log", log)
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert "not a function of the flash" in ended.stdout
    assert rows(log, "SELECT verdict, met FROM cases") == [("ERROR", 0)]


def test_only_an_audit_finds_a_word_that_nobody_tries(
    root: Path, tmp_path: Path, cutproof_path: Path, cutproof: Run
) -> None:
    core = core_path(cutproof_path, "chokes_on_some_words")
    file = scenario_file(root, "seed/torn-state-once")
    plain = cutproof("run", "--core", core, file, "--log", tmp_path / "plain.db")
    assert plain.returncode == 0, plain.stdout + plain.stderr
    audit = cutproof("run", "--audit", "--core", core, file, "--log", tmp_path / "audit.db")
    assert audit.returncode == 1, audit.stdout + audit.stderr
    real = cutproof("run", "--audit", file, "--log", tmp_path / "real.db")
    assert real.returncode == 0, real.stdout + real.stderr
    read = rows(tmp_path / "real.db", "SELECT min(audit_reads), max(audit_surprises) FROM cases")
    assert read[0][0] > 10 and read[0][1] == 0
