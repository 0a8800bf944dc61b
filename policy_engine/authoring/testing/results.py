"""The results of a whole run of test files, and how they are written for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from policy_engine.authoring.mistakes import Mistake
from policy_engine.authoring.testing.compare import Difference
from policy_engine.authoring.testing.run import CaseResult, FileResult
from policy_engine.records import record
from policy_engine.wording import counted

_ROWS = ("outcome", "policy", "binding", "validation", "message", "matching", "reason")
_ALWAYS_SHOWN = frozenset({"outcome", "policy", "validation", "message"})
_WIDTH = 46  # of each of two columns, so that a comparison fits a terminal of 110


@record(kw_only=True)
class TestRun:
    """All files of a run. filter: what cases were selected by, or empty."""

    __test__ = False  # the name looks like a test to pytest

    files: tuple[FileResult, ...]
    filter: str = ""

    @property
    def results(self) -> Iterator[CaseResult]:
        """Give the cases that were run."""
        return (result for file in self.files for result in file.results)

    @property
    def mistakes(self) -> list[Mistake]:
        """Give what is wrong with the files themselves, each thing once."""
        return sorted({mistake for file in self.files for mistake in file.mistakes})

    @property
    def counts(self) -> dict[str, int]:
        """Count files and cases."""
        results = list(self.results)
        return {
            "files": len(self.files),
            "brokenFiles": sum(bool(file.mistakes) for file in self.files),
            "cases": sum(file.cases for file in self.files),
            "selected": len(results),
            "passed": sum(result.passed for result in results),
            "failed": sum(not result.passed for result in results),
        }


def render_text(run: TestRun, *, verbose: bool = False) -> str:
    """Write every failure with what was wanted and found side by side, every mistake, and a summary."""
    blocks = [_failure(result) if not result.passed else f"ok    {_title(result)}" for result in run.results]
    if not verbose:
        blocks = [_failure(result) for result in run.results if not result.passed]
    blocks += [f"ERROR {mistake.render()}" for mistake in run.mistakes]
    return "\n".join([*blocks, _summary(run)])


def _title(result: CaseResult) -> str:
    return f"{result.path}:{result.place.line}: {result.name}"


def _failure(result: CaseResult) -> str:
    lines = [f"FAIL  {_title(result)}"]
    for difference in result.differences:
        lines += _comparison(difference)
    return "\n".join(lines) + "\n"


def _comparison(difference: Difference) -> Iterator[str]:
    """Write two columns, and how the wanted decision was looked for."""
    wanted = {} if difference.want is None else difference.want.describe()
    found = {} if difference.found is None else difference.found.describe()
    yield _row("", ["wanted"], ["found"])
    if not wanted:
        wanted = {"outcome": "(nothing of this kind)"}
    if not found:
        found = {"outcome": "(nothing)"}
    if "matching" in wanted:
        found["matching"] = found.get("message", "")
    for name in _ROWS:
        if name in wanted or (name in found and name in _ALWAYS_SHOWN):
            yield _row(name, _wrapped(wanted.get(name, "")), _wrapped(found.get(name, "")))
    if difference.narrowing:
        yield f"      looked through {_narrowing(difference.narrowing)}"


def _narrowing(narrowing: Sequence[tuple[str, int]]) -> str:
    (label, count), *steps = narrowing
    return ", ".join([counted(count, label), *(f"{left} left after {after}" for after, left in steps)])


def _wrapped(text: str) -> list[str]:
    return [piece for line in text.split("\n") for piece in textwrap.wrap(line, _WIDTH) or [""]]


def _row(name: str, wanted: list[str], found: list[str]) -> str:
    height = max(len(wanted), len(found))
    cells = zip(
        [name, *[""] * (height - 1)],
        [*wanted, *[""] * (height - len(wanted))],
        [*found, *[""] * (height - len(found))],
        strict=True,
    )
    return "\n".join(f"      {left:<11} {one:<{_WIDTH}}  {other}".rstrip() for left, one, other in cells)


def _summary(run: TestRun) -> str:
    counts = run.counts
    chosen = f", {counts['selected']} after -k `{run.filter}`" if run.filter else ""
    broken = f", {counted(counts['brokenFiles'], 'file')} with mistakes" if counts["brokenFiles"] else ""
    return (
        f"{counted(counts['cases'], 'case')} in {counted(counts['files'], 'file')}{chosen}: "
        f"{counts['passed']} passed, {counts['failed']} failed{broken}"
    )
