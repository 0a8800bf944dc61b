"""A change judged: what it brings, keeps and mends."""
