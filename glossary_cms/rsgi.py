"""The application of ``manage.py serve``: an event loop for readers, threads for Django."""

import sys

from .wsgi import django_application

# isort: split
from terms.management.due import DueWorkers
from terms.web.server import Server

application = Server(django_application, DueWorkers())

# The loop shares the interpreter with Django's threads. It waits for them for one millisecond
# instead of five.
sys.setswitchinterval(0.001)
