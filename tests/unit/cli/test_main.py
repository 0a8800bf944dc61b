"""The entry point: what a failure says, and how it exits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from policy_engine import __version__
from policy_engine.cli import commands
from policy_engine.cli.commands import COMMANDS, polgate
from policy_engine.cli.main import main
from policy_engine.errors import InputError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], int]:
    """Run a command that fails in a given way, and give the exit code."""
    monkeypatch.delenv("POLGATE_DEBUG", raising=False)

    def run(error: BaseException) -> int:
        @click.command()
        def broken() -> None:
            raise error

        monkeypatch.setattr(polgate, "get_command", lambda ctx, name: broken)
        return main(["eval"])

    return run


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"polgate {__version__}\n"


def test_version_and_help_load_nothing_but_click() -> None:
    code = (
        "import sys; from policy_engine.cli.main import main; main(['--help']); main(['--version']);"
        "print([name for name in sys.modules if name.startswith('policy_engine.') and '.cli' not in name"
        " and name != 'policy_engine.errors'], [n for n in ('yaml', 're2', 'orjson') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] []"


def test_an_error_of_input_is_told_with_its_help(
    failing: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(InputError("`x` is wrong", help="write `y`")) == 2
    assert capsys.readouterr().err == "error: `x` is wrong\nhelp: write `y`\n"


def test_control_characters_in_an_error_are_shown_and_not_sent(
    failing: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(InputError("`\x1b[31mred\x07`")) == 2
    assert capsys.readouterr().err == "error: `\\x1b[31mred\\x07`\n"


def test_a_file_that_cannot_be_opened_is_named(
    failing: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(FileNotFoundError(2, "No such file or directory", "a.yaml")) == 2
    assert capsys.readouterr().err == "error: `a.yaml`: no such file or directory\n"


def test_a_fault_of_ours_is_one_line_and_says_how_to_report_it(
    failing: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(RuntimeError("oh")) == 2
    told = capsys.readouterr().err
    assert told.startswith("internal error: RuntimeError: oh\nhelp: ")
    assert "POLGATE_DEBUG=1" in told
    assert "Traceback" not in told


def test_a_fault_of_ours_shows_its_traceback_when_asked(
    failing: Callable[[BaseException], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "DEBUG_VARIABLE", "PATH")  # set wherever tests run
    with pytest.raises(RuntimeError):
        failing(RuntimeError("oh"))


def test_ctrl_c_exits_with_130(failing: Callable[[BaseException], int]) -> None:
    assert failing(KeyboardInterrupt()) == 130


def test_a_misspelt_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc"]) == 2
    assert "no command `chekc`: did you mean `check`?" in capsys.readouterr().err


def test_a_misspelt_option_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--objekt", "x"]) == 2
    assert "--object" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_asked_for_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"Usage: polgate {name}" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "_POLGATE_COMPLETE" in capsys.readouterr().out


def test_the_shell_gets_commands_completed() -> None:
    environment = {
        **os.environ,
        "_POLGATE_COMPLETE": "bash_complete",
        "COMP_WORDS": "polgate ev",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "policy_engine"], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout == "plain,eval\n"


def test_a_reader_that_goes_away_ends_the_output_quietly(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"id": 1, "expr": "1"}\n' * 20_000)
    command = f"{sys.executable} -m policy_engine eval --batch < {cases} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "141"
    assert done.stderr == ""
