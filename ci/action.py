"""What the steps of action.yml run: `install FOLDER`, then `gate`. Needs the standard library only.

Run it isolated (`python -I`): the current folder is what a stranger proposes to merge.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
PYTHONS = ((3, 11), (3, 15))  # pyproject.toml, requires-python
FAILED = 2
VERDICTS = {0: "passed", 1: "blocked"}  # by exit code; every other one is a failure
OPTIONS = {
    "REPOSITORY": "repo",
    "BASE": "base",
    "HEAD": "head",
    "FAIL_ON": "fail-on",
    "KUBE_VERSION": "kube-version",
}
LISTS = {"POLICIES": "policies", "OUTPUTS": "output"}
FLAGS = {"ALL": "all", "STRICT": "strict"}


def install(folder: Path) -> None:
    """Make a virtual environment with the locked dependencies and this very checkout. Nothing is built or run."""
    if not PYTHONS[0] <= sys.version_info < PYTHONS[1]:
        sys.exit(f"polgate needs Python 3.11 to 3.14, found {sys.version.split()[0]}: set the input `python`")
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(folder / "bin" / "python"), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    locked = [
        "--require-hashes",
        "--only-binary=:all:",
        "--requirement",
        str(SOURCE / "requirements" / "gate.txt"),
    ]
    if subprocess.run([*pip, *locked], check=False).returncode:
        sys.exit("the dependencies cannot be installed: pip says above why")
    packages = sysconfig.get_path("purelib", "venv", {"base": str(folder)})
    shutil.copytree(SOURCE / "policy_engine", Path(packages) / "policy_engine")


def gate(environment: Mapping[str, str]) -> int:
    """Run `polgate gate` as the inputs say, tell the outputs, and give its exit code."""
    sarif = Path(environment["RUNNER_TEMP"]) / "polgate.sarif"
    sarif.unlink(missing_ok=True)  # of a step before
    arguments = ["--output=github-annotations", f"--output=sarif={sarif}", *from_inputs(environment)]
    if summary := environment.get("GITHUB_STEP_SUMMARY"):
        arguments.append(f"--output=markdown={summary}")
    code = subprocess.run(
        [sys.executable, "-I", "-m", "policy_engine", "gate", *arguments], check=False
    ).returncode
    if code not in VERDICTS:
        code = FAILED
    with open(environment["GITHUB_OUTPUT"], "a", encoding="utf-8") as outputs:
        outputs.write(f"verdict={VERDICTS.get(code, 'failed')}\n")
        outputs.write(f"sarif-file={sarif if sarif.exists() else ''}\n")
    return code


def from_inputs(environment: Mapping[str, str]) -> list[str]:
    """Give the options that the inputs stand for. Each is one word with its value: none can be another option."""
    given = {
        name.removeprefix("POLGATE_INPUT_"): value.strip()
        for name, value in environment.items()
        if name.startswith("POLGATE_INPUT_") and value.strip()
    }
    arguments = [f"--{option}={given[name]}" for name, option in OPTIONS.items() if name in given]
    for name, option in LISTS.items():
        lines = (line.strip() for line in given.get(name, "").splitlines())
        arguments += [f"--{option}={line}" for line in lines if line]
    for name, option in FLAGS.items():
        if given.get(name, "false") not in ("true", "false"):
            sys.exit(f"input `{option}`: expected `true` or `false`")
        if given.get(name) == "true":
            arguments.append(f"--{option}")
    return arguments


def main(arguments: list[str]) -> int:
    """Do one step."""
    match arguments:
        case ["install", folder]:
            install(Path(folder))
            return 0
        case ["gate"]:
            return gate(os.environ)
    print("usage: action.py install FOLDER | gate", file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
