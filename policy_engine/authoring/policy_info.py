"""What a policy tells people about itself, in its annotations."""

from __future__ import annotations

from policy_engine.records import record
from policy_engine.sources.document import Document

# The second prefix is Kyverno's, under which many policies are described already.
_PREFIXES = ("policies.polgate.io/", "policies.kyverno.io/")


@record(kw_only=True)
class PolicyInfo:
    """What a policy says about itself. All but the name may be empty.

    description: Markdown. url: where more is written.
    """

    name: str
    title: str = ""
    description: str = ""
    url: str = ""


def info_of(document: Document) -> PolicyInfo:
    """Read what a policy's annotations say, each in one line but for the description."""
    metadata = document.value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    given = annotations if isinstance(annotations, dict) else {}

    def read(key: str) -> str:
        values = (given.get(prefix + key) for prefix in _PREFIXES)
        return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")

    return PolicyInfo(
        name=document.name,
        title=" ".join(read("title").split()),
        description=read("description"),
        url=_web_address(read("url")),
    )


def _web_address(text: str) -> str:
    """Keep what is a link for people, and nothing that a page would run."""
    is_link = text.startswith(("https://", "http://")) and text.isprintable() and " " not in text
    return text if is_link else ""
