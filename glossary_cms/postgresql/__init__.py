"""Django's database backend, which gives up on a server that does not answer."""
