"""What ``manage.py serve`` runs: an event loop for readers, threads for Django."""

from .wsgi import django_application

# isort: split
from terms.due import DueWorkers
from terms.web.server import Server

application = Server(django_application, DueWorkers())
