"""What the branches of a C source are called: the operand that decides, and which way it went.

gcov numbers the branches of a line and names none. At -O0, without jumps merged (see
CMakeLists.txt), each operand of `&&`, `||`, `?:`, `if`, `while` and `for` has two branches, in
the order of the text. The first leads to what comes next in the text, which is where an
operand leads that is true; before `||` it is where one leads that is false. A `switch` has a
branch for each group of labels. gcov may give an operand to another line of its statement, so
those of a statement are counted together; where they do not fit, a branch has a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(r"\w+|&&|\|\||->|<<=?|>>=?|[-+*/%&|^=!<>]=|\+\+|--|\S")
OPEN, CLOSE = "([{", ")]}"
WORDS_BEFORE = ("return", "case", "else", "do")  # an expression may begin behind these
ENDS = ("&&", "||", "?", ":", ",", ";", "{", "}")
ASSIGNS = ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=")


@dataclass(frozen=True)
class Token:
    text: str
    line: int
    start: int  # where it lies in the blanked text
    end: int


@dataclass(frozen=True)
class Branch:
    """A way to go from a line: `operand` is what decides, `way` says how it turned out."""

    operand: str
    way: str


def blank_comments(text: str) -> str:
    """The same lines and columns, without comments, directives, and what quotes hold."""
    texts = r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
    pattern = texts + r"|^[ \t]*#(?:\\\n|[^\n])*"

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        if found[0] in "\"'":
            return found[0] + "_" * (len(found) - 2) + found[0]
        return re.sub(r"[^\n]", " ", found)

    return re.sub(pattern, blank, text, flags=re.DOTALL | re.MULTILINE)


def tokens_of(blanked: str) -> list[Token]:
    line, at, found = 1, 0, []
    for match in TOKEN.finditer(blanked):
        line += blanked.count("\n", at, match.start())
        at = match.start()
        found.append(Token(match[0], line, match.start(), match.end()))
    return found


def simplicity_of(expression: str) -> int:
    """Of an arm of `?:` to the compiler: 2 for a constant, 1 for a variable, 0 for all else."""
    if re.fullmatch(r"-?(\d\w*|[A-Z][A-Z0-9_]*|true|false)", expression):
        return 2
    return 1 if re.fullmatch(r"[a-z]\w*", expression) else 0


class Operands:
    """The operands of a source that have branches, and its switches."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(blank_comments(text))
        self.partner = self.match_brackets()
        self.spans: dict[tuple[int, int], None] = {}
        self.switches: dict[int, list[str]] = {}
        for at, token in enumerate(self.tokens):
            self.look_at(at, token.text)

    def match_brackets(self) -> dict[int, int]:
        partner, stack = {}, []
        for at, token in enumerate(self.tokens):
            if token.text in OPEN:
                stack.append(at)
            elif token.text in CLOSE and stack:
                partner[at] = stack.pop()
                partner[partner[at]] = at
        return partner

    def look_at(self, at: int, text: str) -> None:
        if text in ("&&", "||"):
            self.add(self.begin_before(at), at)
            self.add(at + 1, self.end_after(at + 1))
        elif text == "?":
            self.add(self.begin_before(at), at)
        elif text in ("if", "while", "switch") and at + 1 in self.partner:
            begin, end = at + 2, self.partner[at + 1]
            if text == "switch":
                self.switches[self.tokens[at].line] = self.labels(end + 1)
            else:
                self.add_condition(begin, end)
        elif text == "for" and at + 1 in self.partner:
            begin = self.end_after(at + 2, (";",)) + 1
            self.add_condition(begin, self.end_after(begin, (";",)))

    def begin_before(self, at: int) -> int:
        """Where the operand in front of the operator at `at` begins."""
        while at > 0:
            before = self.tokens[at - 1].text
            if before in CLOSE and before != "}":
                at = self.partner[at - 1]
                continue
            if before in OPEN or before in ENDS or before in ASSIGNS or before in WORDS_BEFORE:
                break
            at -= 1
        return at

    def end_after(self, at: int, ends: tuple[str, ...] = ENDS) -> int:
        while at < len(self.tokens):
            text = self.tokens[at].text
            if text in OPEN and text != "{":
                at = self.partner[at] + 1
                continue
            if text in CLOSE or text in ends:
                break
            at += 1
        return at

    def add_condition(self, begin: int, end: int) -> None:
        """What a statement asks. If it asks `?:`, it asks once more what that has given."""
        if self.end_after(begin, ("?",)) < end:
            self.spans[begin, end] = None
        else:
            self.add(begin, end)

    def add(self, begin: int, end: int) -> None:
        """Note an operand, unless it is made of operands itself."""
        while self.tokens[begin].text == "(" and self.partner.get(begin) == end - 1:
            begin, end = begin + 1, end - 1
        at = begin
        while at < end:
            text = self.tokens[at].text
            if text in ("&&", "||", "?"):
                return
            at = self.partner[at] + 1 if text in OPEN else at + 1
        if begin < end and not self.is_compound_negation(begin, end):
            self.spans[begin, end] = None

    def is_compound_negation(self, begin: int, end: int) -> bool:
        """Is it !(a && b)? Its operands have the branches."""
        if self.tokens[begin].text != "!" or self.partner.get(begin + 1) != end - 1:
            return False
        return any(token.text in ("&&", "||") for token in self.tokens[begin:end])

    def labels(self, brace: int) -> list[str]:
        """The groups of labels of the switch with this brace; the last may be `no case`."""
        groups: list[str] = []
        at, end, is_behind_label, has_default = brace + 1, self.partner[brace], False, False
        while at < end:
            text = self.tokens[at].text
            if text in ("case", "default"):
                colon = self.end_after(at + 1, (":",))
                label = self.text_of(at, colon)
                has_default |= text == "default"
                if is_behind_label:
                    groups[-1] += ", " + label
                else:
                    groups.append(label)
                is_behind_label = True
                at = colon + 1
                continue
            is_behind_label = False
            at = self.partner[at] + 1 if text in OPEN else at + 1
        return groups if has_default else [*groups, "no case"]

    def text_of(self, begin: int, end: int) -> str:
        first, last = self.tokens[begin], self.tokens[end - 1]
        return " ".join(self.text[first.start : last.end].split())

    def goes_on_if_false(self, end: int) -> bool:
        """Does the operand that ends here lead to what comes next if it is false?"""
        is_negated = False
        while end < len(self.tokens) and self.tokens[end].text == ")":
            is_negated ^= self.tokens[self.partner[end] - 1].text == "!"
            end += 1
        if end == len(self.tokens):
            return is_negated
        text = self.tokens[end].text
        return is_negated ^ (text == "||" or (text == "?" and self.has_arms_swapped(end)))

    def has_arms_swapped(self, question: int) -> bool:
        """The compiler turns a `?:` round whose first arm is the simpler one."""
        colon = self.end_after(question + 1, (":",))
        first = self.text_of(question + 1, colon)
        second = self.text_of(colon + 1, self.end_after(colon + 1))
        return simplicity_of(first) > simplicity_of(second)

    def by_line(self) -> dict[int, list[Branch]]:
        """The branches of each line in the order of gcov."""
        found: dict[int, list[Branch]] = {}
        for begin, end in sorted(self.spans, key=lambda span: span[1]):
            ways = ("false", "true") if self.goes_on_if_false(end) else ("true", "false")
            branches = found.setdefault(self.tokens[begin].line, [])
            branches += [Branch(self.text_of(begin, end), way) for way in ways]
        for line, groups in self.switches.items():
            found.setdefault(line, []).extend(Branch(group, "taken") for group in groups)
        return found

    def statements(self) -> list[range]:
        """The lines of each statement; statements that share a line are one."""
        found: list[range] = []
        depth, first = 0, True
        for token in self.tokens:
            if first and not (found and token.line < found[-1].stop):
                found.append(range(token.line, token.line + 1))
            found[-1] = range(found[-1].start, token.line + 1)
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            first = depth == 0 and token.text in (";", "{", "}")
        return found


def numbered(count: int) -> list[Branch]:
    return [Branch(f"branch {at + 1} of {count}", "taken") for at in range(count)]


def name_branches(text: str, counts: dict[int, int]) -> dict[int, list[Branch]]:
    """A name for each branch of each line; `counts` says how many gcov found there."""
    operands = Operands(text)
    named = operands.by_line()
    result = {}
    for lines in operands.statements():
        names = [name for line in lines for name in named.get(line, [])]
        is_same = sum(counts.get(line, 0) for line in lines) == len(names)
        for line in lines:
            count = counts.get(line, 0)
            result[line] = names[:count] if is_same else numbered(count)
            names = names[count:]
    return {line: branches for line, branches in result.items() if branches}
