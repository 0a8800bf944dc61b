"""What the server tells of itself: counters, the log, traces."""
