"""The rows of a run log as dataclasses.

Names and meanings are those of the columns in docs/SPEC.md, section 5, "Run log"; None is
SQL's null. Where a table has `case_id`, `scenario` is added: the name of that case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

Row = TypeVar("Row")


class Rows(list[Row]):
    """A list of rows that knows the names of its columns, also when it is empty.

    `pandas.DataFrame(rows)` has a column for each field; of a list that may be empty
    `pandas.DataFrame(rows, columns=rows.columns)` has them as well.
    """

    def __init__(self, row_type: type[Row], rows: Iterable[Row] = ()) -> None:
        super().__init__(rows)
        self.columns = column_names(row_type)


def column_names(row_type: type[Any]) -> list[str]:
    """The names of the fields of a row, in order."""
    return [field.name for field in fields(row_type)]


@dataclass(frozen=True, slots=True)
class Run:
    """The run that wrote the log."""

    version: str
    core_name: str
    core_hash: str
    command_line: str
    sqlite_version: str
    started_at: datetime
    finished_at: datetime | None
    complete: bool
    engine: str
    shard: str | None
    is_audit: bool


@dataclass(frozen=True, slots=True)
class Selected:
    """A case that the run is about, also if it was never begun."""

    position: int
    scenario: str
    file: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file and its text."""

    file: str
    yaml: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case and its verdict. From `verdict` on None until the case has ended."""

    id: int
    scenario: str
    hash: str
    file: str
    line: int
    part: str
    format: str
    expected: str
    because: str
    states_min: int
    engine: str
    shard: str | None
    verdict: str | None
    met: bool | None
    interrupted: bool | None
    bound: str | None
    error: str | None
    states: int | None
    cuts: int | None
    cuts_deepest: int | None
    operations: int | None
    boots: int | None
    seconds: float | None
    visited_bytes: int | None
    stopped_by: str | None
    is_complete: bool | None
    cuts_max: int | None
    memo_hits: int | None
    torn_reads: int | None
    is_wear_exact: bool | None
    uptime_operations: int | None
    boot_operations_max: int | None
    uncut_programs: int | None
    uncut_erases: int | None
    audit_reads: int | None
    audit_values: int | None
    audit_surprises: int | None


@dataclass(slots=True)  # not frozen, which takes three times as long to make: there are millions
class State:
    """A distinct state at a reset, with the names of fault, phase and outcome."""

    case_id: int
    scenario: str
    id: int
    parent: int
    boot: int
    operation_index: int
    site: int | None
    file: str | None
    line: int | None
    operation: str | None
    fault: str
    phase: str
    outcome: str
    final_image: int | None
    hash: str


@dataclass(frozen=True, slots=True)
class Violation:
    """The first violation of a promise in a case."""

    case_id: int
    scenario: str
    promise: str
    trace: str
    replay_id: str
    cuts: int
    is_shortest: bool
    claimed: bool
    message: str
    indifferent: str
    is_of_search: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """What a person must look at; `kind` says of which sort it is."""

    scenario: str
    promise: str | None
    kind: str
    message: str
    replay_id: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """How often a place in the program was executed, or cut by a fault."""

    case_id: int
    scenario: str
    site: int
    file: str
    line: int
    function: str
    operation: str
    fault: str
    times: int


@dataclass(frozen=True, slots=True)
class Promise:
    """How often a promise was at stake in a case, and broken."""

    case_id: int
    scenario: str
    promise: str
    claimed: bool
    times_exercised: int
    times_violated: int


@dataclass(frozen=True, slots=True)
class Wear:
    """The erases of a page in one update."""

    case_id: int
    scenario: str
    device: int
    page: int
    erases_max: int
    excess_max: int


@dataclass(frozen=True, slots=True)
class Time:
    """A time on the part's clock."""

    case_id: int
    scenario: str
    name: str
    time_us: int


@dataclass(frozen=True, slots=True)
class Cut:
    """What cuts of the first run came to: a stretch of its events with the same end."""

    case_id: int
    scenario: str
    fault: str
    first: int
    last: int
    outcome: str
    final_image: int | None
    times: int


@dataclass(frozen=True, slots=True)
class Area:
    """A range of a device: bootloader, state, active, dfu or factory."""

    case_id: int
    scenario: str
    area: str
    device: int
    offset: int
    size: int
    page_size: int | None
    page_count: int


@dataclass(frozen=True, slots=True)
class Page:
    """What a page holds as delivered."""

    case_id: int
    scenario: str
    area: str
    page: int
    holds: str


@dataclass(frozen=True, slots=True)
class Image:
    """A firmware image; `image` is the index that `final_image` names."""

    case_id: int
    scenario: str
    image: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace that is kept step by step."""

    case_id: int
    scenario: str
    trace_id: int
    kind: str
    of_trace: int | None
    promise: str | None
    trace: str
    replay_id: str
    result: str
    events: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a trace."""

    case_id: int
    scenario: str
    trace_id: int
    step: int
    life: int
    cuts: int
    kind: str
    event: int
    event_count: int
    phase: str
    area: str | None
    page: int | None
    offset: int | None
    word_count: int | None
    window_offset: int | None
    before: bytes | None
    after: bytes | None
    text: str | None
    file: str | None
    line: int | None
    function: str | None
    page_holds: str | None
    active_holds: str | None
    state_says: str | None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of the build that was tested."""

    name: str
    value: float
    unit: str
    more_is: str
    source: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many states had this phase, fault and outcome."""

    scenario: str
    phase: str
    fault: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class Unexercised:
    """A promise never at stake, or a fault never tried at a site."""

    scenario: str
    kind: str
    what: str
