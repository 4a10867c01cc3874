import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glossary_cms.settings")

django_application = get_wsgi_application()
_ = settings.SECRET_KEY  # reading it raises where it is empty: no server starts without one

from terms.due import DueFirst  # noqa: E402 — models need Django to be set up
from terms.serving import serve_pages  # noqa: E402

application = DueFirst(serve_pages(django_application))
