"""What a request meets first: stored pages, files, bounds on clients, then Django."""
