"""What forges and their CI systems tell about a change. Nothing here opens a connection."""
