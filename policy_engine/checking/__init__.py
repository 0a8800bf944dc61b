"""Documents judged: what surrounds them, one file after another, and large work in several processes."""
