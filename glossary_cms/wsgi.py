"""For servers of WSGI, and for mounting in another application. ``glossary_cms.rsgi`` is what
``manage.py serve`` runs."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glossary_cms.settings")

django_application = get_wsgi_application()
_ = settings.SECRET_KEY  # reading it raises where it is empty: no server starts without one

from terms.due import DueBeside, DueWorkers  # noqa: E402 — models need Django to be set up
from terms.web.page_server import serve_pages  # noqa: E402
from terms.web.proxies import BehindProxies  # noqa: E402

application = DueBeside(
    BehindProxies(serve_pages(django_application), settings.TRUSTED_PROXIES), DueWorkers()
)
