"""Reading the files that authors hand in: policies, tests, inputs of expressions."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.authoring.fields import Problem
from policy_engine.authoring.mistakes import Mistake
from policy_engine.errors import InputError
from policy_engine.field_paths import FieldPath
from policy_engine.records import record
from policy_engine.sources.document import Broken
from policy_engine.sources.files import read_file, shown_name
from policy_engine.sources.layout import Layout
from policy_engine.sources.limits import DEFAULT_LIMITS, Limits
from policy_engine.sources.reading import DocumentReader, too_large
from policy_engine.sources.text import Place, UndecodableText, decode
from policy_engine.sources.values import JsonValue


class BrokenFiles(InputError):
    """Say that files cannot be used; `mistakes` holds everything that is wrong with them."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistake.render() for mistake in self.mistakes))


@record
class Written:
    """A document as it is written in a file: its value, and the way back to the text.

    path: as it is shown to people.
    """

    path: str
    value: JsonValue
    layout: Layout

    def mistake(self, problem: Problem) -> Mistake:
        """Turn a problem at a field, or at the nearest ancestor that is there, into one at a line."""
        return self.mistake_at(self.place(problem.path), problem.message, help=problem.help)

    def place(self, field_path: FieldPath) -> Place:
        """Find a field, or its nearest ancestor that is there."""
        return self.layout.locate(field_path).start

    def mistake_at(self, place: Place, message: str, *, help: str = "") -> Mistake:
        """Say something about a place in the file."""
        return Mistake(
            path=self.path,
            line=place.line,
            column=place.column,
            message=message,
            help=help,
            excerpt=self.layout.source.excerpt(place),
        )


def read_written(path: str) -> list[Written]:
    """Read every document of a file, whether it is a Kubernetes object or not.

    path: `-` is standard input. Raises: BrokenFiles.
    """
    data = read_file(path, DEFAULT_LIMITS)
    if isinstance(data, Broken):
        raise BrokenFiles([mistake_of(data)])
    return parse_written(shown_name(path), data)


def parse_written(name: str, data: bytes, limits: Limits = DEFAULT_LIMITS) -> list[Written]:
    """Read every document of a file's bytes, whether it is a Kubernetes object or not.

    name: of the file, as it is shown to people. Raises: BrokenFiles.
    """
    if len(data) > limits.file_bytes:
        raise BrokenFiles([mistake_of(too_large(name, limits))])
    try:
        entries = list(DocumentReader(limits).documents(decode(name, data)))
    except UndecodableText as error:
        raise BrokenFiles([Mistake(path=name, message=error.message, help=error.help)]) from None
    broken = [mistake_of(entry) for entry in entries if isinstance(entry, Broken)]
    if broken:
        raise BrokenFiles(broken)
    return [Written(name, *entry) for entry in entries if not isinstance(entry, Broken)]


def mistake_of(broken: Broken) -> Mistake:
    """Show a file that cannot be read as any other mistake."""
    line, column = broken.place or (0, 0)
    return Mistake(
        path=broken.path,
        line=line,
        column=column,
        message=broken.message,
        help=broken.help,
        excerpt=broken.excerpt,
    )


def broken_of(mistake: Mistake, *, code: str) -> Broken:
    """Show a mistake as any other file that cannot be judged."""
    return Broken(
        path=mistake.path,
        code=code,
        message=mistake.message,
        help=mistake.help,
        place=Place(mistake.line, mistake.column) if mistake.line else None,
        excerpt=mistake.excerpt,
    )
