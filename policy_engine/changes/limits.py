"""How much a file of a change may hold. Whoever proposes a change writes it, and many may wait for the answer."""

from __future__ import annotations

from policy_engine.sources.limits import Limits

# The largest manifests that people keep in Git, bundles of CustomResourceDefinitions, have some 4 MiB. A file of
# this size takes seconds to read; the limits of files that somebody hands in would allow minutes.
CHANGE_LIMITS = Limits(file_bytes=5 * 1024 * 1024, documents=5_000, nodes=500_000)
