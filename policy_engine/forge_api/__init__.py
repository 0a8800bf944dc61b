"""What only a forge itself can tell of a proposal: asked over HTTP, with a token that can read."""
