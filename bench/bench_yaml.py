"""YAML: what reading manifests takes beside PyYAML's own C loader, in the same run."""

from __future__ import annotations

import yaml

from bench.manifests import KINDS
from bench.timing import medians_us
from policy_engine.sources import Document, DocumentReader

DOCUMENTS = 400


def main() -> None:
    """Print milliseconds a mebibyte and the ratios, with and without places."""
    text = "---\n".join(
        KINDS[n % len(KINDS)].format(n=n, team=n % 17, replicas=n % 6, tag="1.0.0") for n in range(DOCUMENTS)
    )
    data = text.encode()
    reader = DocumentReader()

    def with_places() -> None:
        for entry in reader.read("bench.yaml", data):
            assert isinstance(entry, Document)
            entry.locate(("metadata", "name"))

    sides = {
        "CSafeLoader": lambda: list(yaml.load_all(text, Loader=yaml.CSafeLoader)),
        "documents": lambda: list(reader.read("bench.yaml", data)),
        "and places": with_places,
    }
    taken = medians_us(sides, rounds=7, batch_s=0.2)
    for name, us in taken.items():
        ratio = us / taken["CSafeLoader"]
        print(f"{name:12}{us / 1e3 / (len(data) / 2**20):9.0f} ms/MiB   {ratio:5.2f} of CSafeLoader")


if __name__ == "__main__":
    main()
