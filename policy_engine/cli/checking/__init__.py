"""How `polgate check` works: what surrounds the manifests, judging a file, and spreading files over processes."""
