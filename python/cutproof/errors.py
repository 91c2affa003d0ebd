"""What can go wrong when a log is read, or the command is looked for."""

from __future__ import annotations


class CutproofError(Exception):
    """The base of all errors of this package. Its text is one line that a user can be shown."""


class ProgramNotFoundError(CutproofError):
    """There is no `cutproof` command where it was looked for."""


class LogError(CutproofError):
    """A log cannot be read. The errors below say why."""


class LogNotFoundError(LogError, FileNotFoundError):
    """There is no such file."""


class UnreadableLogError(LogError, OSError):
    """The file cannot be opened or read: no permission, a directory, a failing disk."""


class NotALogError(LogError):
    """The file is no SQLite database, or one that is no log of Cutproof."""


class LogVersionError(LogError):
    """A log of another schema version; `found` and `supported` are the two."""

    def __init__(self, message: str, found: int, supported: int) -> None:
        super().__init__(message)
        self.found = found
        self.supported = supported


class DamagedLogError(LogError):
    """A log that is cut off or overwritten."""


class LogBusyError(LogError):
    """The run that writes the log kept it locked for too long; try again."""


class NoSuchCaseError(LogError, LookupError):
    """The log has no case of this name or number."""
