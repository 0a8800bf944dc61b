"""Lock the dependencies of pyproject.toml, with hashes, for every supported Python and platform.

uv resolves for all of them at once and is needed only here: what it writes is read by plain pip.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "runtime.txt": [],
    "gate.txt": ["--extra", "files"],
    "server.txt": ["--extra", "server", "--extra", "tracing"],
    "dev.txt": ["--extra", "dev"],
}
UV = "uv>=0.5"


def main() -> None:
    """Write a lock for each use: the command, the server, development."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        tools = Path(folder, "Scripts" if sys.platform == "win32" else "bin")
        subprocess.run([tools / "python", "-m", "pip", "install", "--quiet", UV], check=True)
        for name, options in LOCKS.items():
            subprocess.run(
                [
                    *(
                        tools / "uv",
                        "pip",
                        "compile",
                        "pyproject.toml",
                        "--universal",
                        "--python-version",
                        "3.11",
                    ),
                    *(
                        "--generate-hashes",
                        "--no-emit-package",
                        "polgate",
                        "--no-annotate",
                        "--quiet",
                        "--upgrade",
                    ),
                    *("--custom-compile-command", "make lock", "--output-file", f"requirements/{name}"),
                    *options,
                ],
                cwd=ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            text = (ROOT / "requirements" / name).read_text()
            if "://" in text:
                sys.exit(f"requirements/{name} names a host: a lock holds names, versions and hashes only")


if __name__ == "__main__":
    main()
