"""Rewrite what the documentation shows of commands: their help, and their output in examples.

Help stands between `<!-- generated: polgate check --help -->` and `<!-- end -->`. An example is a `console` block
that begins with `$ polgate ...`; it runs in a folder that holds the page's blocks marked `file=NAME`, and beside
them the repository's `examples` and `policies`. An exit code that is not 0 is shown as `[exit 1]`.

A page may also tell a story: its blocks marked `session` happen one after another, in a folder that is empty at
first. `console session` blocks are typed into a shell, `session=NAME` blocks are saved as files in their turn.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_HELP = re.compile(r"(<!-- generated: (polgate [^\n]*?) -->\n).*?(<!-- end -->)", re.DOTALL)
_FILE = re.compile(r"^```yaml file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n\$ (polgate [^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STORY = re.compile(r"^```(\w+) session(?:=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WHO = {"NAME": "Ada", "EMAIL": "ada@example.com"}


def pages() -> list[Path]:
    """Give all pages, and the README."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def regenerate(text: str) -> str:
    """Give a page's text with all that commands print made anew."""
    with tempfile.TemporaryDirectory() as folder:
        for shown in ("examples", "policies"):
            Path(folder, shown).symlink_to(ROOT / shown, target_is_directory=True)
        for name, content in _FILE.findall(text):
            Path(folder, name).write_text(content, encoding="utf-8")
        text = _HELP.sub(lambda part: f"{part[1]}```text\n{_run(part[2], folder)}```\n{part[3]}", text)
        text = _tell(text)
        return _CONSOLE.sub(lambda part: f"```console\n$ {part[1]}\n{_run(part[1], folder)}```", text)


def _run(command: str, folder: str) -> str:
    """Run a command, and give all it writes."""
    # Width and colour follow the terminal otherwise.
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "policy_engine", *shlex.split(command)[1:]],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout + (f"[exit {done.returncode}]\n" if done.returncode else "")


def _tell(text: str) -> str:
    """Do what a page's story says, and give the page with what the shell wrote."""
    with tempfile.TemporaryDirectory() as folder:
        home, place = Path(folder, "home"), [str(Path(folder, "home"))]
        home.mkdir()
        program = Path(folder, "bin", "polgate")
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m policy_engine "$@"\n')
        program.chmod(0o755)
        environment = {
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(home),
            "COLUMNS": "100",
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in _WHO.items()},
        }

        def happen(block: re.Match[str]) -> str:
            language, name, content = block.groups()
            if name:
                file = Path(place[0], name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, encoding="utf-8")
                return block[0]
            told = [_type(line[2:], place, environment) for line in content.splitlines() if line.startswith("$ ")]
            return f"```{language} session\n{''.join(told)}```"

        return _STORY.sub(happen, text)


def _type(command: str, place: list[str], environment: dict[str, str]) -> str:
    """Type a command into a shell that remembers its folder, and give the command and all it wrote."""
    with tempfile.NamedTemporaryFile("r+") as folder:
        done = subprocess.run(
            ["bash", "-c", f'{command}\ncode=$?; pwd > "$0"; exit $code', folder.name],
            cwd=place[0],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        place[0] = folder.read().strip()
    return f"$ {command}\n{done.stdout}" + (f"[exit {done.returncode}]\n" if done.returncode else "")


def main() -> None:
    """Rewrite all pages that are not current."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        current = regenerate(text)
        if current != text:
            page.write_text(current, encoding="utf-8")
            print(f"rewrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
