"""`python -m cutproof` is the command; `python -m cutproof --include` names its headers."""

from __future__ import annotations

import os
import sys

from cutproof.errors import ProgramNotFoundError
from cutproof.program import find_program, include_dir


def main() -> int:
    if sys.argv[1:] == ["--include"]:
        print(include_dir())
        return 0
    try:
        program = find_program()
    except ProgramNotFoundError as error:
        print(f"cutproof: error: {error}", file=sys.stderr)
        return 3
    os.execv(program, [os.fspath(program), *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
