"""Django's database backend, which gives up a server that does not answer at all."""
