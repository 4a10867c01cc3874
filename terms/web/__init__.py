"""The server: stored pages, files, limits for clients, then Django."""
