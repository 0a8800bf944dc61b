"""Runs `bench/load`, which posts reviews to a server and times the answers. Needs Go."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.serving import Serving, pinned

PROGRAM = Path(__file__).parent / "load"


class NoGoError(Exception):
    """Go is not installed, and nothing else here can load a server without being its bottleneck."""

    def __init__(self) -> None:
        super().__init__("not measured: Go is not installed, and the load generator is written in it")


class WrongAnswersError(Exception):
    """Some answers were none of the right ones; the message has the first few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A body to post, and the answers that are right: one of them is expected, byte for byte."""

    body: bytes
    answers: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a load came to."""

    requests: int
    errors: int
    seconds: float
    p50_us: float
    p90_us: float
    p99_us: float
    max_us: float
    samples: Sequence[str]

    @property
    def per_second(self) -> float:
        """Give requests per second."""
        return self.requests / self.seconds


class LoadGenerator:
    """The program, built."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def run(
        self,
        server: Serving,
        path: str,
        cases: Sequence[Case],
        *,
        connections: int,
        requests: int = 0,
        seconds: float = 0,
        core: int | None = None,
    ) -> Report:
        """Load a server until so many requests are answered or so many seconds are over. core: where it runs.

        Raises: WrongAnswersError.
        """
        work = {
            "url": server.url + path,
            "authority": str(server.authority or ""),
            "connections": connections,
            "requests": requests,
            "seconds": seconds,
            "cases": [
                {"body": case.body.decode(), "answers": [answer.decode() for answer in case.answers]}
                for case in cases
            ],
        }
        with pinned(core):
            process = subprocess.Popen(
                [str(self._program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        with process:
            output, _ = process.communicate(json.dumps(work))
        if process.returncode:
            raise RuntimeError(f"the load generator ended with {process.returncode}")
        report = Report(**json.loads(output))
        if report.errors:
            raise WrongAnswersError(
                f"{report.errors} of {report.requests} answers are wrong:\n" + "\n".join(report.samples or ())
            )
        return report


@contextmanager
def built_load_generator() -> Iterator[LoadGenerator]:
    """Build the program for as long as it is needed. Raises: NoGoError."""
    if shutil.which("go") is None:
        raise NoGoError
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "load"
        subprocess.run(["go", "build", "-o", str(binary), "."], cwd=PROGRAM, check=True)
        yield LoadGenerator(binary)
