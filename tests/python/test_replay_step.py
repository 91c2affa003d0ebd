"""cutproof replay --step: the terminal view, on a terminal of the test's own."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Callable, Iterator

import pytest

from replaying import HOLE, TORN, Run, Trace, run_for_traces, scenario_with, steps_of
from terminal import Terminal

View = Callable[..., Terminal]


@pytest.fixture
def claim(cutproof: Run, root: Path, tmp_path: Path) -> Trace:
    return run_for_traces(cutproof, scenario_with(root, tmp_path / "hole.yaml", []))[0]


@pytest.fixture
def view(cutproof_path: Path, claim: Trace) -> Iterator[View]:
    """Open the view of a trace, of `claim` unless told otherwise."""
    opened: list[Terminal] = []

    def open_view(
        columns: int = 80,
        lines: int = 24,
        *options: str,
        trace: Trace = claim,
        env: dict[str, str] | None = None,
    ) -> Terminal:
        command = [cutproof_path, "replay", trace.replay_id, trace.scenario, "--step", *options]
        terminal = Terminal(command, columns, lines, env)
        opened.append(terminal)
        return terminal

    yield open_view
    for terminal in opened:
        terminal.close()


def body(screen: list[str], label: str) -> str:
    """The text behind a label, as far as its first line goes."""
    [line] = [line for line in screen if line.startswith(label)]
    return line[8:]


def test_the_first_step(view: View, claim: Trace) -> None:
    screen = view().wait_for("power on")
    assert screen[0] == f"cli/hole  {claim.trace}"
    assert re.match(r"step 1 of \d+   event 0:0   bootloader", screen[1])
    assert body(screen, "what") == "power on, 0 cuts so far"
    assert body(screen, "ACTIVE") == "old"
    assert [body(screen, area) for area in ("state", "active", "dfu")] == [".", "o", "n."]
    assert "? help" in screen[-1]


def test_back_shows_what_forth_has_shown(view: View) -> None:
    terminal = view()
    terminal.wait_for("power on")
    for way in (["right"] * 12, ["n"] * 8):
        there = [terminal.lines()]
        for key in way:
            there.append(terminal.press(key))
        assert len({"\n".join(screen) for screen in there}) > 6
        back = {"right": "left", "n": "p"}[way[0]]
        for screen in reversed(there[:-1]):
            assert terminal.press(back) == screen
    end = terminal.press("end")
    assert terminal.press("right") == end, "there is nothing behind the end"
    first = terminal.press("home")
    assert terminal.press("left") == first
    assert terminal.press("end") == end


def test_every_event_is_there(view: View, claim: Trace, cutproof: Run) -> None:
    """At each event the view tells what the plain replay tells."""
    told = [step for step in steps_of(cutproof, claim) if step.get("kind") in ("program", "erase")]
    terminal = view()
    terminal.wait_for("power on")
    for step in [told[0], told[len(told) // 2], *told[-4:]]:
        screen = terminal.press("g", f"{step['cuts']}:{step['event_index']}", "\r")
        assert f"event {step['cuts']}:{step['event_index']} " in screen[1]
        what = body(screen, "what")
        assert what.split()[:2] == [step["kind"], f"{step['area']}[{step['page']}]"]
        assert body(screen, "source").startswith(f"{step['file']}:{step['line']} (")
        if step["kind"] == "program":
            assert what.endswith(f"0x{step['old_value']:08x} -> 0x{step['new_value']:08x}")


def test_changed_bytes_have_a_star(view: View, claim: Trace) -> None:
    terminal = view(80, 30)
    terminal.wait_for("power on")
    screen = terminal.press("g", f"0:{claim.trace[1:]}", "\r")
    before, after = body(screen, "before"), body(screen, "after")
    assert before.startswith("+0x000 f0 f0 f0 f0 ff ff ff ff")
    assert re.match(r"\+0x000 f0 f0 f0 f0\*00\*00\*00\*00 ", after)
    assert "*" not in before
    page = next(line for line in screen if line.startswith("STATE*"))
    assert "progress not valid" in page or "not valid" in screen[screen.index(page) + 1]


def test_marks(view: View, claim: Trace) -> None:
    """n goes to each cut, violation and change of STATE, and nowhere else."""
    terminal = view()
    screen = terminal.wait_for("power on")
    seen = []
    while (after := terminal.press("n")) != screen:
        screen = after
        seen.append(next(line[:6].rstrip() for line in screen[3:] if line[:6].strip()))
        is_mark = seen[-1] in ("cut", "broken") or any(line.startswith("STATE*") for line in screen)
        is_last = re.match(r"step (\d+) of \1 ", screen[1])
        assert is_mark or is_last, "\n".join(screen)
    assert seen.count("cut") == 1 and seen.count("broken") == 1
    assert seen.index("cut") < seen.index("broken")


def test_the_flash_changes_hands(view: View) -> None:
    """The map: a swap moves the pages, each step one of them."""
    terminal = view()
    terminal.wait_for("power on")
    maps = []
    for _ in range(12):
        screen = terminal.press("n")
        maps.append(body(screen, "active") + "|" + body(screen, "dfu"))
    assert maps[0] == "o|n."
    assert "o|nO" in maps and "n|nO" in maps
    assert maps.index("o|nO") < maps.index("n|nO")


def test_until_is_where_it_starts(view: View) -> None:
    terminal = view(80, 24, "--until", "1:3")
    screen = terminal.wait_for("event 1:3 ")
    assert body(screen, "what").startswith("program  state[0]")


def test_a_torn_page(view: View, cutproof: Run, root: Path, tmp_path: Path) -> None:
    trace = run_for_traces(cutproof, scenario_with(root, tmp_path / "torn.yaml", TORN))[0]
    terminal = view(80, 30, trace=trace)
    screen = terminal.wait_for("power on")
    while not any(line.startswith("cut ") for line in screen):
        screen = terminal.press("n")
    assert "inside event" in body(screen, "cut")
    assert "all-but-first-word" in " ".join(screen)


# --- sizes


def test_40_columns_and_12_lines(view: View, claim: Trace) -> None:
    terminal = view(40, 12)
    screen = terminal.wait_for("power on")
    seen = [screen]
    for key in ["n"] * 6 + ["down"] * 4 + ["page-down", "page-up", "?", "x", "end", "home"]:
        screen = terminal.press(key)
        seen.append(screen)
        assert len(screen) == 12 and all(len(line) <= 40 for line in screen)
        assert screen[-1].strip(), "the footer is there"
    assert len({"\n".join(screen) for screen in seen}) > 10
    screen = terminal.press("g", f"0:{claim.trace[1:]}", "\r")
    text = "\n".join(screen)
    while (after := terminal.press("down")) != screen:
        screen = after
        text += "\n" + screen[-2]
    assert "+0x000 f0 f0 f0 f0*00*00*00*00" in text, "the bytes are there further down"


def test_scrolling_goes_no_further_than_the_end(view: View) -> None:
    terminal = view(40, 12)
    terminal.wait_for("power on")
    terminal.press("n")
    top = terminal.lines()
    bottom = terminal.press(*["page-down"] * 9)
    assert bottom != top
    assert terminal.press("down") == bottom
    assert terminal.press(*["up"] * 40) == top


def test_a_change_of_size(view: View) -> None:
    terminal = view(80, 24)
    terminal.wait_for("power on")
    wide = terminal.press("n", "n")
    terminal.resize(40, 12)
    narrow = terminal.wait_for("arrows")
    assert len(narrow) == 12 and max(map(len, narrow)) <= 40
    assert re.match(r"\d+/\d+ event ", narrow[1])
    terminal.resize(39, 12)
    small = terminal.wait_for("40x12 is needed, this is 39x12")
    assert not any(small[1:])
    terminal.resize(30, 4)
    terminal.wait_for("40x12 is needed")
    terminal.resize(80, 24)
    terminal.wait_for("left/right")
    assert terminal.lines() == wide
    terminal.press("q")
    assert terminal.finish() == 0


# --- keys


def test_going_to_an_event(view: View) -> None:
    terminal = view()
    terminal.wait_for("power on")
    assert "event 1:3 " in terminal.press("g", "3", "\r")[1], "of the last power-on"
    assert terminal.press("g", "0:99999", "\r")[-1].startswith("there is no event 0:99999")
    assert terminal.press("g", "x", "\r")[-1].startswith("'x' is no event")
    assert terminal.press("g")[-1].startswith("go to event: _")
    assert terminal.press("4", "5", "\x7f")[-1].startswith("go to event: 4_")
    assert "event 1:3 " in terminal.press("\x1b")[1], "escape leaves it as it is"
    terminal.press("q")
    assert terminal.finish() == 0


def test_help(view: View) -> None:
    terminal = view()
    before = terminal.wait_for("power on")
    shown = "\n".join(terminal.press("?"))
    for word in ("next step", "step before", "go to an event", "scroll", "quit"):
        assert word in shown
    assert terminal.press("q") == before, "any key leaves the help"


# --- colour


def colors(output: bytes) -> list[bytes]:
    return re.findall(rb"\x1b\[[0-9;]*\b3[1-7][0-9;]*m", output)


@pytest.mark.parametrize(
    ("options", "env", "expected"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        ([], {"TERM": "vt100"}, False),
    ],
)
def test_color(options: list[str], env: dict[str, str], expected: bool, view: View) -> None:
    terminal = view(80, 24, *options, env=env)
    terminal.wait_for("power on")
    terminal.press("n", "end")
    terminal.press("q")
    assert terminal.finish() == 0
    assert bool(colors(terminal.output)) == expected


# --- the end


def test_the_end_gives_the_terminal_back(view: View) -> None:
    terminal = view(env={"TERM": "xterm"})
    terminal.wait_for("power on")
    assert not terminal.is_restored()
    terminal.press("q")
    assert terminal.finish() == 0
    assert terminal.is_restored()
    assert b"\x1b[?1049l" in terminal.output


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGSEGV", "SIGABRT", "SIGQUIT"])
def test_a_signal_gives_the_terminal_back(name: str, view: View) -> None:
    terminal = view(env={"TERM": "xterm"})
    terminal.wait_for("power on")
    assert not terminal.is_restored()
    shown = len(terminal.output)
    terminal.process.send_signal(getattr(signal, name))
    assert terminal.finish() == -getattr(signal, name)
    assert terminal.is_restored()
    assert b"\x1b[?1049l" in terminal.output[shown:]


def test_a_terminal_that_goes_away(view: View) -> None:
    import os

    terminal = view()
    terminal.wait_for("power on")
    os.close(terminal.master)
    terminal.master = os.open("/dev/null", os.O_RDONLY)
    assert terminal.process.wait(timeout=10) != 0


# --- refused


def test_no_terminal(claim: Trace, cutproof: Run) -> None:
    told = cutproof("replay", claim.replay_id, claim.scenario, "--step")
    assert (told.returncode, told.stdout) == (4, "")
    assert "--step needs a terminal" in told.stderr and "= help: " in told.stderr


@pytest.mark.parametrize(
    ("term", "complaint"),
    [("dumb", "needs a terminal"), ("no-such-thing", "the terminal 'no-such-thing' is not known")],
)
def test_a_terminal_that_will_not_do(term: str, complaint: str, view: View) -> None:
    terminal = view(env={"TERM": term})
    assert terminal.finish() == 4
    assert complaint.encode() in terminal.output


def test_an_event_that_does_not_exist(view: View) -> None:
    terminal = view(80, 24, "--until", "5:1")
    assert terminal.finish() == 4
    assert b"there is no event 5:1" in terminal.output


def test_the_scenario_is_the_one_that_is_meant(root: Path) -> None:
    """The texts above are of its one page and its two images."""
    text = (root / HOLE).read_text()
    assert "active:     {at: 0x6400, size: 1KiB}" in text
