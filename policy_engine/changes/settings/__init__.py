"""`.polgate.yaml`: what a repository says about its own gate."""
