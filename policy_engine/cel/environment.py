"""Where expressions are compiled: the libraries of one Kubernetes version, and declared variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from policy_engine.cel.budget import CostBound
from policy_engine.cel.checker import CheckedExpression, Declarations, check
from policy_engine.cel.checker.unification import is_exact
from policy_engine.cel.checker.validators import LITERALS_CHECKED_SINCE, validate
from policy_engine.cel.errors import CompileError, Issue
from policy_engine.cel.interpreter import InstantiationError, plan
from policy_engine.cel.libraries import KUBERNETES
from policy_engine.cel.libraries.declare import Library, Overload, Version
from policy_engine.cel.program import Program
from policy_engine.cel.source import Source
from policy_engine.cel.syntax import SyntaxErrors, parse
from policy_engine.cel.syntax.macro import Macro
from policy_engine.cel.syntax.tree import ParsedExpression
from policy_engine.cel.types import Type

NEWEST = Version(1, 36)
_OPTIONALS_SINCE = Version(1, 28)  # apiserver pkg/cel/environment/base.go, cel.OptionalTypes
_MAX_REMEMBERED = 1024  # programs and extensions of one environment
_MAX_SHOWN = 100  # cel-go common/errors.go, maxErrorsToReport


_Extension = tuple[
    tuple[tuple[str, Type], ...],
    tuple[tuple[str, tuple[tuple[str, Type], ...]], ...],
    tuple[tuple[str, CostBound], ...],
]


class Environment:
    """Compiles expressions. Immutable: `extend` gives another; many threads may share one.

    What was compiled is remembered, as are extensions: policies that share their first variables, and checks that
    look at the same policy twice, compile an expression once.
    """

    def __init__(
        self,
        version: Version,
        macros: Sequence[Macro],
        declarations: Declarations,
        sizes: Mapping[str, CostBound] | None = None,
    ) -> None:
        self.version = version
        self._macros = tuple(macros)
        self._declarations = declarations
        self._sizes = sizes or {}
        self._extensions: dict[_Extension, Environment] = {}
        self._programs: dict[tuple[str, tuple[Type, ...] | None], Program] = {}

    @classmethod
    def kubernetes(cls, version: str = str(NEWEST)) -> Environment:
        """Give the environment of a Kubernetes version, with all its libraries and no variables.

        A function that came in later does not exist in it. Raises ValueError for what is no version.
        """
        return _kubernetes(_same_as(Version.parse(version)))

    def extend(
        self,
        *,
        variables: Mapping[str, Type] | None = None,
        structs: Mapping[str, Mapping[str, Type]] | None = None,
        sizes: Mapping[str, CostBound] | None = None,
    ) -> Environment:
        """Declare variables, and types with fields.

        sizes: bounds of the size of `variables.x`, where it is known (`Program.size`): compiled code that reads
        it needs less accounting then.
        """
        key: _Extension = (
            tuple((variables or {}).items()),
            tuple((name, tuple(fields.items())) for name, fields in (structs or {}).items()),
            tuple((sizes or {}).items()),
        )
        known = self._extensions.get(key)
        if known is not None:
            return known
        declarations = self._declarations.extend(variables or {}, structs or {})
        extended = Environment(self.version, self._macros, declarations, {**self._sizes, **(sizes or {})})
        _remember(self._extensions, key, extended)
        return extended

    def functions(self, name: str) -> tuple[Overload, ...]:
        """Give every overload of a function, in the order declared."""
        return self._declarations.functions.get(name, ())

    def parse(self, text: str) -> ParsedExpression:
        """Parse an expression. Raises CompileError with every syntax error."""
        source = Source(text)
        try:
            return parse(source, self._macros, optional_syntax=self.version >= _OPTIONALS_SINCE)
        except SyntaxErrors as error:
            raise _refusal(source, error.issues) from None

    def check(self, text: str) -> CheckedExpression:
        """Parse and type-check an expression. Raises CompileError with everything that was found."""
        parsed = self.parse(text)
        checked, issues = check(parsed, self._declarations)
        if not issues:
            issues = validate(checked, version=self.version)
        if issues:
            raise _refusal(parsed.source, issues)
        return checked

    def compile(self, text: str, *, returns: Sequence[Type] | None = None) -> Program:
        """Make a program of an expression.

        returns: the types allowed, exactly (a dyn result is refused where bool is wanted); None allows any.
        Raises CompileError.
        """
        key = (text, None if returns is None else tuple(returns))
        known = self._programs.get(key)
        if known is not None:
            return known
        try:
            program = self._compile(text, returns)
        except RecursionError:
            raise _too_deep(text) from None
        _remember(self._programs, key, program)
        return program

    def _compile(self, text: str, returns: Sequence[Type] | None) -> Program:
        checked = self.check(text)
        if returns is not None and not any(is_exact(checked.type, wanted) for wanted in returns):
            raise _wrong_type(checked, returns)
        try:
            planned = plan(checked, self.functions)
        except InstantiationError as error:
            message = f"program instantiation failed: {error}"
            issue = Issue(message=str(error), offset=checked.offsets.get(checked.root.id, 0))
            raise CompileError(message, source=checked.source, issues=[issue]) from None
        return Program(checked, planned, self._sizes)


_K = TypeVar("_K")
_V = TypeVar("_V")


def _remember(memory: dict[_K, _V], key: _K, value: _V) -> None:
    """Keep a value; forget everything when there is too much, so that policies come and go without a leak."""
    if len(memory) >= _MAX_REMEMBERED:
        memory.clear()
    memory[key] = value


@lru_cache(maxsize=1)
def _changes() -> tuple[Version, ...]:
    """Give the versions that brought or took a function, or a check of literals, in order."""
    texts = {text for library in KUBERNETES for text in (library.since, library.until) if text}
    overloads = [o for library in KUBERNETES for o in library.overloads]
    versions = {Version.parse(text) for text in texts} | {LITERALS_CHECKED_SINCE}
    versions |= {o.since for o in overloads} | {o.until for o in overloads if o.until is not None}
    return tuple(sorted(versions))


def _same_as(version: Version) -> Version:
    """Give the oldest version with the same environment: what is compiled for both is compiled once."""
    return max((change for change in _changes() if change <= version), default=version)


@lru_cache(maxsize=32)
def _kubernetes(version: Version) -> Environment:
    present = [library for library in KUBERNETES if _has(version, library)]
    overloads = (o for library in present for o in library.overloads if _exists(version, o.since, o.until))
    declarations = Declarations.of(overloads, (type_ for library in present for type_ in library.types))
    return Environment(version, [macro for library in present for macro in library.macros], declarations)


def _has(version: Version, library: Library) -> bool:
    until = Version.parse(library.until) if library.until else None
    return _exists(version, Version.parse(library.since), until)


def _exists(version: Version, since: Version, until: Version | None) -> bool:
    return since <= version and (until is None or version < until)


def _refusal(source: Source, issues: Iterable[Issue]) -> CompileError:
    ordered = sorted(issues, key=lambda issue: issue.offset)
    shown = [issue.render(source) for issue in ordered[:_MAX_SHOWN]]
    if len(ordered) > _MAX_SHOWN:
        shown.append(f"{len(ordered) - _MAX_SHOWN} more errors were truncated")
    message = "compilation failed: " + "\n".join(shown)
    return CompileError(message, source=source, issues=ordered)


def _too_deep(text: str) -> CompileError:
    source = Source(text)
    issue = Issue(message="expression nested too deeply: split it into variables", offset=0)
    return CompileError(f"compilation failed: {issue.render(source)}", source=source, issues=[issue])


def _wrong_type(checked: CheckedExpression, returns: Sequence[Type]) -> CompileError:
    if len(returns) == 1:
        wanted = str(returns[0])
    else:
        wanted = f"one of [{' '.join(map(str, returns))}]"
    message = f"must evaluate to {wanted} but got {checked.type}"
    offset = checked.offsets.get(checked.root.id, 0)
    return CompileError(message, source=checked.source, issues=[Issue(message=message, offset=offset)])
