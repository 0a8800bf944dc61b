"""What is kept of what a program writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine.changes.rendering.bounded import Bounds, Task, run
from policy_engine.changes.rendering.messages import helm_error

# Helm 3.22 and 4.3 of `{{ define "loop" }}{{ include "loop" . }}{{ end }}`: 1000 times, and then why.
AGAIN = 'template: web/templates/x.yaml:1:23: executing "loop" at <include "loop" .>: error calling include: '
CAUSE = "rendering template has a nested reference name: loop: unable to execute template"
RECURSION = f"Error: {AGAIN * 1000}{CAUSE}\n\nUse --debug flag to render out invalid YAML\n"
CRASH = "panic: no more\n\ngoroutine 1 [running]:\n" + "main.main()\n\t0x0000\n" * 10_000


def errors_of(text: str, folder: Path) -> str:
    (folder / "text").write_text(text)
    task = Task(program=("/bin/sh", "-c", "cat text >&2; exit 1"))
    return run(task, str(folder), str(folder), Bounds(timeout_s=30, memory_mb=512, output_bytes=1000)).errors


@pytest.mark.parametrize("size", [0, 1, 32 * 1024, 64 * 1024])
def test_what_a_program_says_is_wrong_is_kept_as_it_is(tmp_path: Path, size: int) -> None:
    text = ("0123456789" * size)[:size]
    assert errors_of(text, tmp_path) == text


@pytest.mark.parametrize("text", [RECURSION, CRASH])
def test_of_much_the_start_and_the_end_are_kept(tmp_path: Path, text: str) -> None:
    errors = errors_of(text, tmp_path)
    assert errors.startswith(text[:30_000])
    assert errors.endswith(text[-30_000:])
    assert "\n…\n" in errors
    assert len(errors) < 70_000


def test_the_cause_of_a_template_that_includes_itself_is_told(tmp_path: Path) -> None:
    error = helm_error(errors_of(RECURSION, tmp_path), str(tmp_path))
    assert (error.file, error.line) == ("web/templates/x.yaml", 1)
    assert error.message == (
        f'Helm cannot render this: executing "loop" at <include "loop" .>: error calling include: {CAUSE}'
    )


def test_the_cause_of_a_crash_is_told(tmp_path: Path) -> None:
    error = helm_error(errors_of(CRASH, tmp_path), str(tmp_path))
    assert error.message == "Helm cannot render this: it crashed: no more"
