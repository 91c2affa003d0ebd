"""The HTML report in headless Chromium: what a person sees of a log, clicks and steps through.

Every page must do without the network and without a complaint on the console. What it shows is
compared with the log. The screens are kept in test/screens beside the program.
"""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Callable, Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from browser import console_of, requests_of, start_browser
from conftest import Run, runner
from faulty import rows, run_printed

BYTES_MAX = 5_000_000
OPENS_IN_MS = 2000  # what is promised
LIMIT_FACTOR = 3  # of a machine that does other things meanwhile
MILLION = "seed/torn-any[images.new.firmware=good]"


# --- logs


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A folder with scenarios and the logs made of them."""
    folder = tmp_path_factory.mktemp("html")
    shutil.copytree(root / "scenarios", folder / "scenarios")
    return folder


@pytest.fixture(scope="module")
def here(cutproof_path: Path, place: Path) -> Run:
    return runner(cutproof_path, place)


def run_to(here: Run, place: Path, log: str, code: int, *arguments: str) -> Path:
    ended = here("run", "-j1", *arguments, "--log", log)
    assert ended.returncode == code, ended.stdout + ended.stderr
    return place / log


@pytest.fixture(scope="module")
def proved(here: Run, place: Path) -> Path:
    assert here("init", "demo").returncode == 0
    return run_to(here, place, "proved.db", 0, "demo/first.yaml")


@pytest.fixture(scope="module")
def violated(here: Run, place: Path, proved: Path) -> Path:
    text = (place / "demo/first.yaml").read_text().replace("name: first", "name: all")
    (place / "all.yaml").write_text(re.sub("^properties: .*", "properties: all", text, flags=re.M))
    return run_to(here, place, "violated.db", 1, "all.yaml")


@pytest.fixture(scope="module")
def claimed(here: Run, place: Path) -> Path:
    return run_to(here, place, "claimed.db", 0, "scenarios/holes/h5-torn-erase-confirm.yaml")


@pytest.fixture(scope="module")
def incomplete(here: Run, place: Path, proved: Path) -> Path:
    text = (place / "demo/first.yaml").read_text().replace("name: first", "name: short")
    (place / "short.yaml").write_text(text)
    return run_to(here, place, "incomplete.db", 6, "short.yaml", "--max-states", "500")


@pytest.fixture(scope="module")
def million(here: Run, place: Path) -> Path:
    return run_to(here, place, "million.db", 0, "scenarios/seed/torn-any.yaml", "--case", MILLION)


@pytest.fixture(scope="module")
def killed(cutproof_path: Path, place: Path) -> Path:
    """The log of a run that was killed in its first case."""
    log = place / "killed.db"
    command = [cutproof_path, "run", "-j1", "scenarios/seed/torn-any.yaml", "--log", log]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL) as process:
        for _ in range(200):
            time.sleep(0.05)
            if log.exists() and has_states(log):
                break
        process.send_signal(signal.SIGKILL)
    assert rows(log, "SELECT complete FROM run") == [(0,)]
    assert rows(log, "SELECT verdict FROM cases") == [(None,)]
    return log


def has_states(log: Path) -> bool:
    try:
        return bool(rows(log, "SELECT 1 FROM states LIMIT 1"))
    except sqlite3.Error:
        return False


def changed(log: Path, name: str, script: str) -> Path:
    """A copy of a log in which something else is written."""
    copy = log.with_name(name)
    shutil.copy(log, copy)
    with closing(sqlite3.connect(copy)) as db:
        db.executescript(script)
    return copy


# --- the browser


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser = start_browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.quit()


class Page:
    """A report in the browser."""

    def __init__(self, browser: webdriver.Chrome, here: Run, place: Path, screens: Path) -> None:
        self.browser, self.here, self.place, self.screens = browser, here, place, screens
        self.file = place / "report.html"

    def make(self, *logs: Path) -> Path:
        names = [log.name for log in logs]
        ended = self.here("report", *names, "--html", self.file.name)
        assert ended.returncode == 0, ended.stderr
        assert self.file.stat().st_size < BYTES_MAX
        return self.file

    def open(self, *logs: Path, script: str | None = None) -> Page:
        self.make(*logs)
        if script:
            self.added = self.browser.execute_cdp_cmd(
                "Page.addScriptToEvaluateOnNewDocument", {"source": script}
            )["identifier"]
        self.browser.get("about:blank")
        self.browser.get(self.file.as_uri())
        self.wait(lambda: self.js("return document.body.dataset.ready"))
        if script:
            command = "Page.removeScriptToEvaluateOnNewDocument"
            self.browser.execute_cdp_cmd(command, {"identifier": self.added})
        return self

    def open_case(self, name: str) -> None:
        for link in self.all("#case-list .case-link"):
            if link.find_element(By.CLASS_NAME, "name").text == name:
                index = link.get_attribute("data-case")
                link.click()
                self.wait(lambda: self.js("return document.body.dataset.case") == index)
                return
        raise AssertionError(f"no case {name} in the list")

    def wait(self, condition: Callable[[], object]) -> None:
        WebDriverWait(self.browser, 20, 0.02).until(lambda _: condition())

    def js(self, script: str, *arguments: object) -> object:
        return self.browser.execute_script(script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.one(selector).text

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def press_with_shift(self, key: str) -> None:
        chain = ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(key)
        chain.key_up(Keys.SHIFT).perform()

    def emulate(self, **features: str) -> None:
        media = features.pop("media", "")
        listed = [{"name": name.replace("_", "-"), "value": v} for name, v in features.items()]
        self.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": media, "features": listed}
        )

    def keep(self, name: str) -> None:
        self.screens.mkdir(parents=True, exist_ok=True)
        self.browser.save_screenshot(str(self.screens / f"{name}.png"))


@pytest.fixture
def page(
    chromium: webdriver.Chrome, here: Run, place: Path, cutproof_path: Path
) -> Iterator[Page]:
    """What every page must do: stay off the network, and give the console no reason to complain."""
    chromium.set_window_size(1360, 950)
    page = Page(chromium, here, place, cutproof_path.parent / "test/screens")
    page.emulate(prefers_color_scheme="light")
    console_of(chromium), list(requests_of(chromium))
    yield page
    page.emulate()
    local = ("data:", "about:", "chrome:")  # the last is the browser's own first tab
    asked = {url for url in requests_of(chromium) if not url.startswith(local)}
    assert asked <= {page.file.as_uri()}
    assert console_of(chromium) == []


# --- the verdict


def test_a_violation_is_the_first_thing_seen(page: Page, violated: Path) -> None:
    page.open(violated)
    [(promise, message)] = rows(violated, "SELECT promise, message FROM violations")
    assert page.text("#banner h1").startswith("FAILED: ")
    assert promise in page.text("#banner h1") and message in page.text("#banner h1")
    assert page.js("return document.body.dataset.tone") == "bad"
    assert page.text("#case article.card h3").endswith(f"{promise} is broken")
    page.keep("violated")


@pytest.mark.parametrize(
    "log, word, tone, says",
    [
        ("proved", "PROVED", "good", "fixpoint reached"),
        ("claimed", "AS CLAIMED", "claim", "as the scenario claims"),
        ("incomplete", "INCONCLUSIVE", "doubt", "This is no proof"),
        ("killed", "INCONCLUSIVE", "doubt", "not all was searched"),
    ],
)
def test_what_is_not_whole_is_never_green(
    log: str, word: str, tone: str, says: str, page: Page, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(log)
    page.open(path)
    assert page.text("#banner h1").startswith(word + ": ")
    assert says in page.text("#banner h1")
    assert page.js("return document.body.dataset.tone") == tone
    [(core, core_hash)] = rows(path, "SELECT core_name, core_hash FROM run")
    assert f"core {core} {core_hash}" in page.text("#banner .evidence")
    assert bool(page.all("#banner .notice")) == (log in ("incomplete", "killed"))
    if log == "killed":
        found = rows(path, "SELECT count(*) FROM states")[0][0]
        assert f"{found:,} states" in page.text("#banner .evidence")
    page.keep(log)


# --- a violation, step by step

STEP = """SELECT s.* FROM steps s JOIN traces t USING (case_id, trace_id) WHERE t.kind = 'violation'
          ORDER BY step"""


def steps_of(log: Path) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(log)) as db:
        db.row_factory = sqlite3.Row
        return db.execute(STEP).fetchall()


def last_said(steps: list[sqlite3.Row], number: int, column: str) -> str:
    """STATE and ACTIVE are told only where they change."""
    return next((s[column] for s in reversed(steps[: number + 1]) if s[column] is not None), "")


def shown_step(page: Page) -> int:
    found = re.match(r"step (\d+) of (\d+)", page.text("#step-number"))
    assert found
    return int(found[1])


def shown_facts(page: Page) -> dict[str, str]:
    names = [node.text for node in page.all("#step-panel dt")]
    values = [node.text.partition("\n")[0] for node in page.all("#step-panel dd")]
    return {name: value.replace("changed here", "").strip() for name, value in zip(names, values)}


def expect_step(page: Page, steps: list[sqlite3.Row], number: int) -> None:
    assert shown_step(page) == number
    facts = shown_facts(page)
    step = steps[number]
    assert facts.get("STATE says", "") == last_said(steps, number, "state_says")
    assert facts.get("ACTIVE holds", "") == last_said(steps, number, "active_holds")
    if step["file"]:
        assert facts["source"] == f"{step['file']}:{step['line']} ({step['function']})"
    if step["before"] and step["after"]:
        different = sum(a != b for a, b in zip(step["before"], step["after"]))
        assert len(page.all("#step-panel .hex mark")) == 2 * different


def test_a_violation_is_stepped_through_by_keyboard(page: Page, violated: Path) -> None:
    page.open(violated)
    steps = steps_of(violated)
    cut = next(i for i, step in enumerate(steps) if step["kind"] == "cut")
    expect_step(page, steps, cut)  # there it begins
    for number in range(cut + 1, len(steps)):
        page.press(Keys.ARROW_RIGHT)
        expect_step(page, steps, number)
    page.press(Keys.ARROW_RIGHT)
    assert shown_step(page) == len(steps) - 1  # the end is the end
    page.press(Keys.HOME)
    expect_step(page, steps, 0)
    page.press(Keys.END, Keys.ARROW_LEFT)
    expect_step(page, steps, len(steps) - 2)


def test_n_and_p_go_to_what_changes(page: Page, violated: Path) -> None:
    page.open(violated)
    steps = steps_of(violated)
    changes = [
        i
        for i, step in enumerate(steps)
        if step["kind"] in ("cut", "violation")
        or any(
            step[column] is not None and step[column] != last_said(steps, i - 1, column)
            for column in ("state_says", "active_holds")
        )
    ]
    page.press(Keys.HOME)
    seen = []
    for _ in changes[:12]:
        page.press("n")
        seen.append(shown_step(page))
        expect_step(page, steps, seen[-1])
    assert seen[:-1] == changes[1:12] if changes[0] == 0 else seen == changes[:12]
    page.press("p")
    assert shown_step(page) == seen[-2]


def test_the_passing_neighbour_stands_beside_it(page: Page, violated: Path) -> None:
    page.open(violated)
    sql = "SELECT trace, result FROM traces WHERE kind = ?"
    [(trace, result)] = rows(violated, sql, "violation")
    [(passing, passing_result)] = rows(violated, sql, "neighbour")
    heads = [node.text for node in page.all("#neighbour th")]
    assert heads == [f"breaks: {trace}", "", f"passes: {passing}"]
    assert result in page.text("#neighbour") and passing_result in page.text("#neighbour")
    marks = [node.text for node in page.all("#neighbour tbody td:nth-child(2):not([colspan])")]
    assert marks[:3] == ["="] * 3 and marks[-1] == "≠" and sorted(marks) == marks  # = comes first
    page.js("document.getElementById('scrubber-title').scrollIntoView()")
    page.keep("steps")


def test_a_click_on_a_step_shows_it(page: Page, violated: Path) -> None:
    page.open(violated)
    steps = steps_of(violated)
    row = page.one("#step-list tr.now + tr + tr")
    number = shown_step(page) + 2
    row.click()
    expect_step(page, steps, number)


# --- a cut in the strip


def click_into_strip(page: Page, share: float, row: int = 0) -> int:
    """Click at this share of the axis. The event that was chosen."""
    canvas = page.one("#strip canvas")
    gutter, top = 132, 40 + 12 + 24 * row
    x = gutter + share * (canvas.size["width"] - gutter)
    offset = x - canvas.size["width"] / 2, top - canvas.size["height"] / 2
    page.js("arguments[0].scrollIntoView({block: 'center'})", canvas)
    chain = ActionChains(page.browser)
    chain.move_to_element_with_offset(canvas, round(offset[0]), round(offset[1])).click().perform()
    return int(page.one("#cut-event").get_attribute("value"))


def expect_cut(page: Page, log: Path, event: int) -> None:
    sql = """SELECT i.name FROM cuts c JOIN images i ON i.case_id = c.case_id AND
             i.image = c.final_image JOIN fault_names f ON f.id = c.fault
             WHERE f.name = 'after' AND ? BETWEEN c.first AND c.last"""
    [(image,)] = rows(log, sql, str(event))
    assert f"The device, left alone after it: '{image}' is started." in page.text("#cut")
    [(name, case_hash)] = rows(log, "SELECT scenario, hash FROM cases")
    assert f"{name}@{case_hash}:a{event}" in page.text("#cut .command code")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.97])
def test_a_cut_is_chosen_in_the_strip(share: float, page: Page, proved: Path) -> None:
    page.open(proved)
    event = click_into_strip(page, share)
    expect_cut(page, proved, event)
    step = shown_facts(page)["event"].replace(",", "")
    first, _, last = step.partition("–")
    assert int(first) <= event <= int(last or first)  # the steps went there too
    sql = (
        "SELECT count(*) FROM steps JOIN traces t USING (case_id, trace_id)"
        " WHERE t.kind = 'uncut'"
    )
    [(steps,)] = rows(proved, sql)
    assert abs(shown_step(page) - share * steps) <= 1  # each step is as wide as the next


def test_a_replay_command_can_be_pasted(page: Page, proved: Path, cutproof_path: Path) -> None:
    page.open(proved)
    click_into_strip(page, 0.5)
    image = re.search(r"left alone after it: '(\w+)' is started", page.text("#cut"))
    assert image
    ended = run_printed(page.text("#cut .command code"), cutproof_path, proved.parent)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    started = re.findall(r"ACTIVE is started and holds '(\w+)'", ended.stdout.split(" cut  ")[-1])
    assert started[0] == image[1]


def test_the_strip_by_keyboard(page: Page, claimed: Path) -> None:
    page.open(claimed)
    page.js("document.querySelector('#strip canvas').focus()")
    page.press(Keys.ARROW_RIGHT)
    first = int(page.one("#cut-event").get_attribute("value"))
    page.press(*[Keys.ARROW_RIGHT] * 4)
    event = int(page.one("#cut-event").get_attribute("value"))
    assert event > first
    expect_cut(page, claimed, event)
    page.press_with_shift(Keys.ARROW_RIGHT)
    expect_cut(page, claimed, event + 1)
    page.press_with_shift(Keys.ARROW_LEFT)
    page.press(Keys.ARROW_DOWN)
    assert "torn-erase all-but-first-word" in page.text("#cut")
    assert "was not cut with this fault" in page.text("#cut")
    field = page.one("#cut-event")
    field.send_keys(Keys.CONTROL + "a")
    field.send_keys("32845", Keys.TAB)  # the one that breaks the promise
    assert "✘ This cut breaks bootable" in page.text("#cut")
    assert ":t32845.all-but-first-word" in page.text("#cut .command code")
    page.keep("cut")


def test_pictures_have_their_text(page: Page, claimed: Path) -> None:
    page.open(claimed)
    for canvas in page.all("#case canvas"):
        assert len(canvas.get_attribute("aria-label")) > 40
        assert canvas.get_attribute("tabindex") == "0"
    for summary in page.all("#case details summary"):
        summary.click()
    strip = page.one("#strip details").text
    faults = "SELECT DISTINCT f.name FROM cuts JOIN fault_names f ON f.id = fault"
    for (name,) in rows(claimed, faults):
        assert name in strip
    page.press(Keys.HOME)
    delivered = rows(claimed, "SELECT area, page, holds FROM pages WHERE area <> 'bootloader'")
    assert shown_pages(page) == {(area, number): holds for area, number, holds in delivered}
    page.press(*["n"] * 9)
    before = """SELECT s.area, s.page, s.page_holds FROM steps s JOIN traces t USING (trace_id)
                WHERE t.kind = 'violation' AND s.step <= ? AND s.page_holds IS NOT NULL
                AND s.kind IN ('program', 'erase') ORDER BY s.step"""
    changes = rows(claimed, before, str(shown_step(page)))
    held = {(area, number): holds for area, number, holds in [*delivered, *changes]}
    assert any("[" in holds for holds in held.values())  # a page that holds another's
    assert shown_pages(page) == held


def span(text: str) -> range:
    first, _, last = text.partition("–")
    return range(int(first), int(last or first) + 1)


def shown_pages(page: Page) -> dict[tuple[str, int], str]:
    """The table below the timeline, page by page: "1–3 old[0–2]" is three."""
    shown = {}
    for row in page.all("#pages-now tbody tr"):
        area, numbers, holds = [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
        name, moved, inside = holds.partition("[")
        others = span(inside.rstrip("]")) if moved else span(numbers)
        for number, other in zip(span(numbers), others, strict=True):
            shown[area, number] = f"{name}[{other}]" if moved else name
    return shown


# --- many cases


@pytest.fixture(scope="module")
def several(
    proved: Path, violated: Path, incomplete: Path, claimed: Path, killed: Path
) -> list[Path]:
    return [proved, violated, incomplete, claimed, killed]


def test_several_logs_are_one_report(page: Page, here: Run, several: list[Path]) -> None:
    page.open(*several)
    told = here("report", *[log.name for log in several], "--json", "-")
    expected = {(c["name"], c["log"]): c["status"] for c in json.loads(told.stdout)["cases"]}
    assert page.text("#banner h1").startswith("FAILED: ")
    assert f"{len(expected)} cases: 1 failed" in page.text("#banner h1")
    shown = {}
    for row in page.all("table.cases tbody tr"):
        cells = [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
        shown[cells[1], cells[-1]] = cells[0].split(maxsplit=1)[1]
    assert shown == expected
    assert len(page.all("table.matrix .badge")) == len(expected)
    page.keep("overview")


def test_cases_are_found_by_searching(page: Page, several: list[Path]) -> None:
    page.open(*several)
    all_names = [node.text for node in page.all("#case-list .name")]
    assert all_names[0] == "all"  # what failed comes first
    page.press("/")
    page.press("h5")
    assert [node.text for node in page.all("#case-list .name")] == ["holes/h5-torn-erase-confirm"]
    page.press(Keys.ENTER)
    page.wait(lambda: "h5-torn" in page.text("#case"))
    assert page.text("#case-count") == f"1 of {len(all_names)} cases"
    page.press(Keys.ESCAPE)
    page.one("#search").clear()
    page.press(Keys.ESCAPE, "o")
    assert page.one("#overview").is_displayed() and not page.one("#case").is_displayed()


def test_j_and_k_go_through_the_cases(page: Page, several: list[Path]) -> None:
    page.open(*several)
    names = [node.text for node in page.all("#case-list .name")]
    for name in names[:3]:
        page.press("j")
        page.wait(lambda: name in page.text("#case h2"))
    page.press("k")
    page.wait(lambda: names[1] in page.text("#case h2"))
    page.press("?")
    assert page.one("#help").is_displayed()
    page.press(Keys.ESCAPE)
    assert not page.one("#help").is_displayed()


def test_coverage_is_that_of_the_log(page: Page, proved: Path) -> None:
    page.open(proved)
    page.press("o")
    text = page.text("#overview")
    for (what,) in rows(proved, "SELECT what FROM unexercised WHERE kind = 'promise'"):
        assert what in text
    never = rows(proved, "SELECT count(*) FROM unexercised WHERE kind = 'site'")[0][0]
    assert f"Sites never cut with a fault they were to be cut with: {never} of" in text


# --- bad input

EVIL = "</script><script>document.title='evil'</script><img src=x onerror=document.title='evil'>"


def test_hostile_text_does_no_harm(page: Page, here: Run, place: Path, violated: Path) -> None:
    text = (place / "all.yaml").read_text().replace("name: all", "name: evil")
    about = re.sub("^about: .*", lambda _: f"about: {json.dumps(EVIL)}", text, flags=re.M)
    (place / "evil.yaml").write_text(about)
    log = run_to(here, place, "evil.db", 1, "evil.yaml")
    quoted = EVIL.replace("'", "''")
    bad_utf8 = "CAST(x'62616420fffec0af20eda080205c753030336320e280ae20f09f92a920656e64' AS TEXT)"
    copy = changed(
        log,
        "evil-too.db",
        f"""UPDATE cases SET because = '{quoted}', part = '<b>part</b>';
            UPDATE violations SET message = {bad_utf8};
            UPDATE steps SET text = '{quoted}' || char(8232) || char(0) WHERE kind = 'event';
            UPDATE steps SET state_says = {bad_utf8} WHERE state_says IS NOT NULL;""",
    )
    page.open(copy)
    assert "evil" not in page.browser.title
    assert EVIL in page.text("#case") and "<b>part</b>" in page.text("#banner")
    assert "bad \ufffd\ufffd\ufffd\ufffd" in page.text("#banner h1")
    assert "💩 end" in page.text("#banner h1")
    assert page.js("return document.scripts.length") == 3  # overview, detail, program
    page.press(Keys.HOME, *[Keys.ARROW_RIGHT] * 3)
    assert "evil" not in page.browser.title and EVIL in page.text("#scrubber")
    assert html.escape(EVIL) not in page.file.read_text()  # nothing of it lies in the page as HTML
    assert EVIL not in page.file.read_text()


def test_a_log_without_traces_says_what_is_missing(page: Page, proved: Path) -> None:
    tables = ["cuts", "areas", "pages", "images", "traces", "steps", "sites", "wear", "times"]
    page.open(changed(proved, "bare.db", "".join(f"DELETE FROM {name};" for name in tables)))
    assert page.text("#banner h1").startswith("PROVED: ")
    notices = [node.text for node in page.all("#case .notice")]
    for what in ("the cuts of the first run", "what the pages hold", "traces step by step"):
        assert any(notice.startswith(f"Not here: {what}. Reason: ") for notice in notices), what
    page.press(Keys.ARROW_RIGHT, "n", "N", "+", Keys.HOME)  # nothing to step through: no harm


def test_the_strip_without_the_trace(page: Page, proved: Path) -> None:
    page.open(changed(proved, "steps.db", "DELETE FROM traces; DELETE FROM steps;"))
    click_into_strip(page, 0.5)
    page.js("document.querySelector('#strip canvas').focus()")
    page.press(Keys.ARROW_RIGHT)
    expect_cut(page, proved, int(page.one("#cut-event").get_attribute("value")))


def test_a_browser_that_cannot_unpack_shows_the_verdicts(page: Page, proved: Path) -> None:
    page.open(proved, script="delete window.DecompressionStream")
    assert page.text("#banner h1").startswith("PROVED: ")
    assert "lacks DecompressionStream" in page.text("#case .notice")
    assert page.all("table.depth")  # of the overview


def test_caps_are_told(page: Page, proved: Path, claimed: Path) -> None:
    """20,000 rows of a list, 4 MB of details: beyond that the page says what it left out."""
    noise = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20500)
               INSERT INTO {0} SELECT {1} FROM n;"""
    cuts = noise.format("cuts", "1, 1, 100000 + i, 100000 + i, i % 2, NULL, 1")
    columns = "1, 1, 1000 + i, 0, 0, 'program', 9000 + i, 1, 'bootloader', 'dfu', 1, 0, 1, 0"
    texts = "NULL, 'a.c', 1, 'f', 'old', NULL, hex(randomblob(60))"
    steps = noise.format("steps", f"{columns}, randomblob(64), randomblob(64), {texts}")
    page.open(changed(proved, "large.db", cuts + steps), claimed)
    page.open_case("first")
    notices = " ".join(node.text for node in page.all("#case .notice"))
    assert "Only the first 20,000 stretches are shown." in notices
    assert "the report keeps 3.8 MiB of details at most" in notices
    assert page.all("#strip canvas")  # what is smaller is there
    page.open_case("holes/h5-torn-erase-confirm")
    assert page.all("#step-list tr.now")


# --- how it looks


def brightness(page: Page, selector: str) -> float:
    color = page.js(
        "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", selector
    )
    return sum(map(int, re.findall(r"\d+", str(color))[:3])) / 3


def pixels(page: Page) -> str:
    return str(page.js("return document.querySelector('#timeline canvas').toDataURL()"))


def test_dark_is_dark(page: Page, claimed: Path) -> None:
    page.open(claimed)
    assert brightness(page, "body") > 230
    light = pixels(page)
    page.emulate(prefers_color_scheme="dark")
    page.wait(lambda: brightness(page, "body") < 60)
    page.wait(lambda: pixels(page) != light)  # the pictures follow
    page.js("document.getElementById('timeline').scrollIntoView()")
    page.keep("dark")


def test_narrow_needs_no_sideways_scrolling(page: Page, several: list[Path]) -> None:
    page.browser.set_window_size(500, 900)
    page.open(*several)
    for name in ("holes/h5-torn-erase-confirm", None):
        if name:
            page.open_case(name)
        else:
            page.press("o")
        wide = page.js("return document.documentElement.scrollWidth - innerWidth")
        assert int(str(wide)) <= 0
        page.keep(f"narrow-{'case' if name else 'overview'}")


def test_it_prints(page: Page, claimed: Path) -> None:
    page.open(claimed)
    page.emulate(media="print", prefers_color_scheme="dark")
    page.js("dispatchEvent(new Event('beforeprint'))")
    assert all(node.get_attribute("open") for node in page.all("#case details"))
    assert not page.one("#side").is_displayed()
    assert not page.one("#scrubber .controls").is_displayed()
    assert brightness(page, "body") == 255
    page.keep("print")
    page.js("dispatchEvent(new Event('afterprint'))")
    page.emulate(prefers_color_scheme="light")
    options = {"printBackground": True}
    printed = page.browser.execute_cdp_cmd("Page.printToPDF", options)
    pdf = base64.b64decode(printed["data"])
    (page.screens / "print.pdf").write_bytes(pdf)
    assert pdf.startswith(b"%PDF-") and len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 3
    assert not any(node.get_attribute("open") for node in page.all("#case details"))
    page.press(Keys.ARROW_RIGHT)  # it still works
    assert page.one("#side").is_displayed()


def test_tab_comes_to_every_control(page: Page, claimed: Path) -> None:
    page.open(claimed)
    reached = set()
    for _ in range(60):
        page.press(Keys.TAB)
        reached.add(page.js("const a = document.activeElement; return a.id || a.tagName"))
        width = page.js("return getComputedStyle(document.activeElement).outlineWidth")
        assert str(width) not in ("0px", ""), reached  # where the focus is can be seen
    assert {"CANVAS", "scrub", "trace-chooser", "step-list", "overview-link", "BUTTON"} <= reached


# --- a million states


def test_a_million_states_open_at_once(page: Page, million: Path) -> None:
    [(states,)] = rows(million, "SELECT states FROM cases")
    assert states > 900_000
    started = time.monotonic()
    made = page.make(million)
    made_s = time.monotonic() - started
    page.open(million)
    opened_ms = int(str(page.js("return document.body.dataset.ready")))
    print(f"made in {made_s:.2f} s, {made.stat().st_size:,} bytes, open in {opened_ms} ms")
    assert opened_ms < LIMIT_FACTOR * OPENS_IN_MS
    assert made_s < LIMIT_FACTOR * 5
    assert f"{states:,} states" in page.text("#banner")
    counted = [int(row.find_elements(By.TAG_NAME, "td")[1].text.replace(",", ""))
               for row in page.all("table.depth tbody tr")]  # fmt: skip
    assert sum(counted) == states
    page.keep("million")
