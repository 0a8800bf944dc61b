"""Where reports go: one report in several formats, to files and to standard output."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from policy_engine.errors import InputError
from policy_engine.records import record
from policy_engine.reports.findings import Report
from policy_engine.reports.formats import check_format, writer_of

STDOUT = "-"


@record
class Output:
    """One format, and the file it goes to. path: STDOUT for standard output."""

    format: str
    path: str = STDOUT


def parse_output(text: str) -> Output:
    """Read `json`, `sarif=out.sarif` or `json=-`. Raises: InputError."""
    name, equals, path = text.partition("=")
    check_format(name)
    if equals and not path:
        raise InputError(
            f"expected a file behind `{text}`", help=f"write `{name}=FILE`, or `{name}` for standard output"
        )
    return Output(name, path or STDOUT)


def check_outputs(outputs: Sequence[Output]) -> None:
    """Refuse outputs that would overwrite each other, or whose folder is missing. Raises: InputError.

    To be called before the work: nobody wants to hear of it minutes later.
    """
    taken: dict[str, Output] = {}
    for output in outputs:
        place = STDOUT if output.path == STDOUT else os.path.realpath(output.path)
        before = taken.setdefault(place, output)
        if before is not output:
            where = "standard output" if place == STDOUT else f"the file `{output.path}`"
            moved = before if output.format == "text" else output
            raise InputError(
                f"one report can go to {where}, found `{before.format}` and `{output.format}`",
                help=f"give each its own file, such as `--output {moved.format}=FILE`",
            )
        if place != STDOUT:
            _check_file(place, output.path)


def write_outputs(
    report: Report, outputs: Iterable[Output], *, say: Callable[[str], object], color: bool = False
) -> None:
    """Write a report in each format: files first, each whole or not at all, then standard output.

    say: writes to standard output. color: there, for text.
    One that fails keeps no other from being written. Raises: OSError for the first that failed.
    """
    failure: OSError | None = None
    for output in sorted(outputs, key=lambda output: output.path == STDOUT):
        try:
            if output.path == STDOUT:
                say("".join(writer_of(output.format, color=color).write(report)))
            else:
                _write_file(output.path, writer_of(output.format).write(report))
        except OSError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def _check_file(place: str, shown: str) -> None:
    if os.path.isdir(place):
        raise InputError(f"expected a file to write to, found the folder `{shown}`")
    if not os.path.isdir(os.path.dirname(place)):
        raise InputError(
            f"no folder `{os.path.dirname(shown)}` to write `{os.path.basename(shown)}` to",
            help="make the folder first",
        )


def _write_file(path: str, pieces: Iterable[str]) -> None:
    """Write a file beside its place and move it there: a reader never sees half of it."""
    place = os.path.realpath(path)
    mode: int | None = None
    try:
        found = os.stat(place).st_mode
        if not stat.S_ISREG(found):  # a device or a pipe, which must stay what it is
            with open(place, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(pieces)
            return
        mode = stat.S_IMODE(found)
    except FileNotFoundError:
        pass
    beside = os.path.join(os.path.dirname(place), f".polgate-{os.getpid()}.tmp")
    try:
        with open(beside, "x", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        if mode is not None:
            os.chmod(beside, mode)
        os.replace(beside, place)
    except OSError as error:
        _remove(beside)
        raise OSError(error.errno, error.strerror, path) from error
    except BaseException:
        _remove(beside)
        raise


def _remove(path: str) -> None:
    with suppress(OSError):  # it was never made, or the disk is gone: what failed before is what counts
        os.unlink(path)
