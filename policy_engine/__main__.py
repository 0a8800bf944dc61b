"""Let `python -m policy_engine` do what `polgate` does."""

from __future__ import annotations

import sys

from policy_engine.cli.main import main

sys.exit(main())
