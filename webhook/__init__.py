"""The admission webhook: the same policies at the API server's door."""
