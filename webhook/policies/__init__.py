"""The policies in force: where they come from, and how one set takes the place of another."""
