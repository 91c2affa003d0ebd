"""A run log, opened for reading.

Each method is one query that ends before it returns, and `states()` reads a batch at a time:
a run that still goes on is never kept from writing, and what it has committed is seen.
"""

from __future__ import annotations

import difflib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, get_args, get_type_hints

from cutproof.errors import (
    DamagedLogError,
    LogBusyError,
    LogNotFoundError,
    LogVersionError,
    NoSuchCaseError,
    NotALogError,
    UnreadableLogError,
)
from cutproof.rows import (
    Area,
    Case,
    Cut,
    Failure,
    Image,
    Measure,
    Outcome,
    Page,
    Promise,
    Rows,
    Run,
    Scenario,
    Selected,
    Site,
    State,
    Step,
    Time,
    Trace,
    Unexercised,
    Violation,
    Wear,
    column_names,
)

APPLICATION_ID = 0x43506C67  # "CPlg"
SCHEMA_VERSION = 4
BUSY_TIMEOUT_S = 10.0
STATES_PER_BATCH = 20_000

R = TypeVar("R")
Values = tuple[Any, ...]


# --- from SQL to dataclasses


def _converter(hint: Any) -> Callable[[Any], Any] | None:
    """What makes a value of a column one of this type; None: it is one already."""
    types = get_args(hint) or (hint,)
    if bool in types:
        return lambda value: None if value is None else bool(value)
    if datetime in types:
        # "Z" is read by fromisoformat() from Python 3.11 on.
        return lambda value: value and datetime.fromisoformat(value.replace("Z", "+00:00"))
    return None


def _converters(row_type: type[Any]) -> list[tuple[int, Callable[[Any], Any]]]:
    hints = get_type_hints(row_type)
    made = enumerate(_converter(hints[name]) for name in column_names(row_type))
    return [(index, convert) for index, convert in made if convert]


def _made(row_type: type[R], rows: list[Values]) -> Iterator[R]:
    converters = _converters(row_type)
    for row in rows:
        values = list(row)
        for index, convert in converters:
            values[index] = convert(values[index])
        yield row_type(*values)


def _columns(row_type: type[Any], **expressions: str) -> str:
    """The columns of a row in SQL: of the table `t`, of its case `c`, or an expression."""
    given = {"scenario": "c.scenario", **expressions}
    return ", ".join(given.get(name, f't."{name}"') for name in column_names(row_type))


_FAULT_NAME = "(SELECT name FROM fault_names WHERE id = t.fault)"
_OUTCOME_NAME = "(SELECT name FROM outcome_names WHERE id = t.outcome)"


# --- opening


def _is_missing(error: OSError) -> bool:
    return isinstance(error, (FileNotFoundError, NotADirectoryError))


def _check_file(path: Path) -> None:
    """SQLite would say no more than that the file cannot be opened."""
    try:
        if path.is_dir():
            raise UnreadableLogError(f"'{path}' is a directory, not a log")
        with path.open("rb") as file:
            magic = file.read(16)
    except OSError as error:
        if isinstance(error, UnreadableLogError):
            raise
        kind = LogNotFoundError if _is_missing(error) else UnreadableLogError
        raise kind(f"cannot read the log '{path}': {error.strerror}") from None
    if magic and magic != b"SQLite format 3\0":
        raise NotALogError(f"'{path}' is not an SQLite database")


def _connect(path: Path) -> sqlite3.Connection:
    """Open for reading. What a killed run left behind has to be rolled back, which needs
    write access; apart from that nothing is ever written: query_only."""
    uri = path.absolute().as_uri() + "?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    return connection


class Log:
    """A run log; `cutproof.open(path)` makes one. A context manager."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        _check_file(self.path)
        with self._reading():
            self._connection = _connect(self.path)
        try:
            self._check()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file. Closing twice is no error; reading afterwards is a ValueError."""
        self._connection.close()

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"cutproof.open({os.fspath(self.path)!r})"

    # --- checks

    def _check(self) -> None:
        application, version = self._pragma("application_id"), self._pragma("user_version")
        if application != APPLICATION_ID:
            raise NotALogError(f"'{self.path}' is an SQLite database, but no log of Cutproof")
        if version != SCHEMA_VERSION:
            raise LogVersionError(
                f"'{self.path}' is a log of schema version {version}; "
                f"this package reads version {SCHEMA_VERSION}",
                found=version,
                supported=SCHEMA_VERSION,
            )
        size, expected = self._sizes()
        if size < expected:
            raise DamagedLogError(f"'{self.path}' is cut off: {size} of {expected} bytes are there")
        if len(self._fetch("SELECT complete FROM run")) != 1:
            raise DamagedLogError(f"'{self.path}' is damaged: it does not tell of one run")

    def _pragma(self, name: str) -> int:
        [(value,)] = self._fetch(f"PRAGMA {name}")
        return int(value)

    def _sizes(self) -> tuple[int, int]:
        """Bytes in the file, and bytes that its header speaks of."""
        expected = self._pragma("page_count") * self._pragma("page_size")
        return self.path.stat().st_size, expected

    # --- reading

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            if "closed" in str(error):
                raise ValueError(f"the log '{self.path}' is closed") from None
            raise
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                message = f"'{self.path}' is locked by the run that writes it; try again"
                raise LogBusyError(message) from error
            raise UnreadableLogError(f"cannot read the log '{self.path}': {error}") from error
        except sqlite3.DatabaseError as error:
            raise DamagedLogError(f"'{self.path}' is damaged: {error}") from error

    def _fetch(self, sql: str, values: Values = ()) -> list[Values]:
        with self._reading():
            return self._connection.execute(sql, values).fetchall()

    def _rows(self, row_type: type[R], sql: str, values: Values = ()) -> Rows[R]:
        return Rows(row_type, _made(row_type, self._fetch(sql, values)))

    def _of_cases(
        self,
        row_type: type[R],
        table: str,
        case: Case | str | int | None,
        where: str = "",
        values: Values = (),
        order: str = "t.rowid",
        **expressions: str,
    ) -> Rows[R]:
        """The rows of a table that has a case_id, in the order of their cases."""
        conditions = [where] if where else []
        if case is not None:
            conditions.append("t.case_id = ?")
            values = (*values, self._case_id(case))
        sql = (
            f"SELECT {_columns(row_type, **expressions)} FROM {table} t"
            " JOIN cases c ON c.id = t.case_id"
            + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
            + f" ORDER BY t.case_id, {order}"
        )
        return self._rows(row_type, sql, values)

    def _of_view(self, row_type: type[R], view: str, case: Case | str | int | None) -> Rows[R]:
        names = ", ".join(f'"{name}"' for name in column_names(row_type))
        sql = f"SELECT {names} FROM {view}"
        if case is None:
            return self._rows(row_type, sql)
        return self._rows(row_type, f"{sql} WHERE scenario = ?", (self._case_name(case),))

    def _case_of(self, case: Case | str | int) -> tuple[int, str]:
        if isinstance(case, Case):
            return case.id, case.scenario
        cases = [(int(id), str(name)) for id, name in self._fetch("SELECT id, scenario FROM cases")]
        for found in cases:
            if case in found:
                return found
        near = difflib.get_close_matches(str(case), [name for _, name in cases], 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise NoSuchCaseError(f"there is no case '{case}' in the log '{self.path}'{hint}")

    def _case_id(self, case: Case | str | int) -> int:
        return self._case_of(case)[0]

    def _case_name(self, case: Case | str | int) -> str:
        return self._case_of(case)[1]

    @property
    def connection(self) -> sqlite3.Connection:
        """For queries of your own, such as pandas.read_sql(); nothing can be written with it.
        A query that is not read to its end keeps the run from writing."""
        return self._connection

    # --- what a log has
    #
    # Of a method with `case` it is what to keep: a name, an id or a Case; None: all cases.

    @property
    def run(self) -> Run:
        """The run; read anew each time, since it may go on."""
        names = ", ".join(column_names(Run))
        [run] = self._rows(Run, f"SELECT {names} FROM run")
        return run

    def selected(self) -> Rows[Selected]:
        """The cases that the run is about, in their order."""
        return self._rows(Selected, "SELECT position, scenario, file FROM selected ORDER BY 1")

    def scenarios(self) -> Rows[Scenario]:
        """The files that the cases came from."""
        return self._rows(Scenario, "SELECT file, yaml FROM scenarios ORDER BY file")

    def cases(self) -> Rows[Case]:
        """The cases that were begun, in their order."""
        names = ", ".join(f'"{name}"' for name in column_names(Case))
        return self._rows(Case, f"SELECT {names} FROM cases ORDER BY id")

    def case(self, case: str | int) -> Case:
        """One case, by name or id. NoSuchCaseError if there is none."""
        wanted = self._case_id(case)
        return next(found for found in self.cases() if found.id == wanted)

    def violations(self, case: Case | str | int | None = None) -> Rows[Violation]:
        """The first violation of each promise, claimed or not."""
        return self._of_cases(Violation, "violations", case)

    def failures(self, case: Case | str | int | None = None) -> Rows[Failure]:
        """What is not as the scenarios expect; none of a run that is good."""
        return self._of_view(Failure, "failures", case)

    def sites(self, case: Case | str | int | None = None) -> Rows[Site]:
        """The places in the program, a row for each fault."""
        return self._of_cases(Site, "sites", case)

    def promises(self, case: Case | str | int | None = None) -> Rows[Promise]:
        """The promises that were checked or claimed."""
        return self._of_cases(Promise, "promises", case)

    def wear(self, case: Case | str | int | None = None) -> Rows[Wear]:
        """The pages that were erased."""
        return self._of_cases(Wear, "wear", case)

    def times(self, case: Case | str | int | None = None) -> Rows[Time]:
        """Times on the part's clock."""
        return self._of_cases(Time, "times", case)

    def cuts(self, case: Case | str | int | None = None) -> Rows[Cut]:
        """What came of each cut of the first run."""
        return self._of_cases(Cut, "cuts", case, fault=_FAULT_NAME, outcome=_OUTCOME_NAME)

    def areas(self, case: Case | str | int | None = None) -> Rows[Area]:
        """The layout of the device."""
        return self._of_cases(Area, "areas", case)

    def pages(self, case: Case | str | int | None = None) -> Rows[Page]:
        """What the pages hold as delivered."""
        return self._of_cases(Page, "pages", case)

    def images(self, case: Case | str | int | None = None) -> Rows[Image]:
        """The firmware images."""
        return self._of_cases(Image, "images", case)

    def traces(self, case: Case | str | int | None = None) -> Rows[Trace]:
        """The traces that are kept step by step."""
        return self._of_cases(Trace, "traces", case)

    def steps(self, of: Trace | Case | str | int | None = None) -> Rows[Step]:
        """The steps of a trace, of all traces of a case, or of all."""
        order = "t.trace_id, t.step"
        if isinstance(of, Trace):
            wanted = (of.trace_id,)
            return self._of_cases(Step, "steps", of.case_id, "t.trace_id = ?", wanted, order)
        return self._of_cases(Step, "steps", of, order=order)

    def measures(self) -> Rows[Measure]:
        """Measures of the build."""
        names = ", ".join(column_names(Measure))
        return self._rows(Measure, f"SELECT {names} FROM measures ORDER BY name")

    def outcomes(self, case: Case | str | int | None = None) -> Rows[Outcome]:
        """Counts of states."""
        return self._of_view(Outcome, "outcomes", case)

    def unexercised(self, case: Case | str | int | None = None) -> Rows[Unexercised]:
        """Promises never at stake, and faults never tried at a site."""
        return self._of_view(Unexercised, "unexercised", case)

    def states(self, case: Case | str | int | None = None) -> Iterator[State]:
        """The states, one by one in the order of the log: there can be millions.

        They are read as they are asked for, so the log must stay open for so long.
        """
        wanted = None if case is None else self._case_id(case)
        return self._each_state(wanted)

    def _each_state(self, case_id: int | None) -> Iterator[State]:
        condition = "" if case_id is None else " AND case_id = :case_id"
        sql = (
            "SELECT rowid, case_id, id, parent, boot, operation_index, site, fault, phase,"
            f" outcome, final_image, hash FROM states WHERE rowid > :after{condition}"
            " ORDER BY rowid LIMIT :count"
        )
        names = _StateNames(self._fetch)
        values = {"after": 0, "case_id": case_id, "count": STATES_PER_BATCH}
        while True:
            with self._reading():
                batch = self._connection.execute(sql, values).fetchall()
            names.refresh({row[1] for row in batch})
            yield from map(names.state, batch)
            if len(batch) < STATES_PER_BATCH:
                return
            values["after"] = batch[-1][0]


class _StateNames:
    """The names that the numbers in the rows of states stand for."""

    def __init__(self, fetch: Callable[[str], list[Values]]) -> None:
        self._fetch = fetch
        self._faults = self._names("fault_names")
        self._phases = self._names("phase_names")
        self._outcomes = self._names("outcome_names")
        self._scenarios: dict[int, str] = {}
        self._sites: dict[tuple[int, int], Values] = {}

    def _names(self, table: str) -> dict[int, str]:
        return dict(self._fetch(f"SELECT id, name FROM {table}"))

    def refresh(self, case_ids: set[int]) -> None:
        """Know these cases. Their sites are there from the end of a case on."""
        if not case_ids <= self._scenarios.keys():
            self._scenarios = dict(self._fetch("SELECT id, scenario FROM cases"))
            sites = self._fetch(
                "SELECT case_id, site, file, line, operation FROM sites WHERE fault = 'none'"
            )
            self._sites = {(row[0], row[1]): row[2:] for row in sites}

    def state(self, row: Values) -> State:
        _, case_id, id, parent, boot, index, site, fault, phase, outcome, image, digest = row
        file, line, operation = self._sites.get((case_id, site), (None, None, None))
        return State(
            case_id,
            self._scenarios.get(case_id, ""),
            id,
            parent,
            boot,
            index,
            site,
            file,
            line,
            operation,
            self._faults.get(fault, f"fault {fault}"),
            self._phases.get(phase, f"phase {phase}"),
            self._outcomes.get(outcome, f"outcome {outcome}"),
            image,
            digest.hex(),
        )
