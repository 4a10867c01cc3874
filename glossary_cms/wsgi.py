"""The application for WSGI servers, and for mounting in another application.

``manage.py serve`` uses ``glossary_cms.rsgi`` instead.
"""

import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glossary_cms.settings")

django_application = get_wsgi_application()
_ = settings.SECRET_KEY  # raises if it is empty: no server starts without a key
for _name, _problem in settings.PROBLEMS_OF_SETTINGS.items():
    raise ImproperlyConfigured(f"{_name}: {_problem}")

from glossary_cms.sqlite.base import DatabaseWrapper  # noqa: E402
from terms.management.checks import why_no_database  # noqa: E402 — models need Django
from terms.management.due import DueBeside, DueWorkers  # noqa: E402
from terms.web.page_server import serve_pages  # noqa: E402
from terms.web.proxies import BehindProxies  # noqa: E402

if _missing := why_no_database():
    raise ImproperlyConfigured(_missing)
DatabaseWrapper.may_create = False
if connection.vendor == "postgresql":
    from glossary_cms.postgresql.base import Patient

    Patient.seconds = 60.0  # longer than any statement of a request

application = DueBeside(
    BehindProxies(serve_pages(django_application), settings.TRUSTED_PROXIES), DueWorkers()
)
