"""What the API server trusts this server by: certificates from files, or the server's own, kept in a Secret."""
