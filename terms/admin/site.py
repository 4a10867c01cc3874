"""The admin site: the order of models, and limits on logins."""

import unicodedata
from datetime import timedelta
from functools import wraps

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.core.exceptions import BadRequest
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.people.networks import address_in
from terms.people.rate_limit import TooMany, client_of, digest, limit

ORDER = [
    "Term",
    "ChangeSet",
    "Category",
    "Vertical",
    "Picture",
    "Glossary",
    "Repository",
    "Job",
    "Webhook",
    "SearchMiss",
    "Event",
]


A_MINUTE, AN_HOUR = 10, 60  # login attempts from one address
OF_ACCOUNT = 20  # in a quarter of an hour, from addresses that have not logged in to it lately
LONGEST_NAME = 200  # characters; names of accounts have at most 150
QUARTER, MONTH = 900, timedelta(days=30)


class Newsroom(AdminSite):
    site_header = site_title = _lazy("Glossary")
    index_title = _lazy("Editing")

    def login(self, request, extra_context=None):
        """Refuse too many attempts before the password check, which is slow."""
        if request.method == "POST":
            if len(request.POST.get("username", "")) > LONGEST_NAME:
                raise BadRequest(_("The user name is too long."))
            try:
                _limit_logins(request)
            except TooMany:
                response = render(request, "admin/too_many_logins.html", status=429)
                response["Retry-After"] = "60"
                return response
        return super().login(request, extra_context)

    def admin_view(self, view, cacheable=False):
        """Refuse filters by regular expressions, which could run without end."""
        wrapped = super().admin_view(view, cacheable)

        @wraps(wrapped)
        def bounded(request, *args, **kwargs):
            if any("regex" in name for name in request.GET):
                raise DisallowedModelAdminLookup("Filtering by a regular expression is not allowed")
            return wrapped(request, *args, **kwargs)

        return bounded

    def get_app_list(self, request, app_label=None):
        """Order models, with the terms app first."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"]))
        return sorted(apps, key=lambda app: app["app_label"] != "terms")


def _limit_logins(request) -> None:
    client = client_of(request)
    limit(f"login-{client}", A_MINUTE)
    limit(f"login-hour-{client}", AN_HOUR, 3600)
    name = _as_django_reads_it(request.POST.get("username", ""))
    since = timezone.now() - MONTH
    logins = apps.get_model("axes", "AccessLog").objects
    known = logins.filter(ip_address=address_in(request.META.get("REMOTE_ADDR", "")) or None)
    if not known.filter(username=name, attempt_time__gte=since).exists():
        limit(f"login-name-{digest(name.casefold())}", OF_ACCOUNT, QUARTER)


def _as_django_reads_it(name: str) -> str:
    """Normalise a name, so that other spellings count as attempts at the same account."""
    return unicodedata.normalize("NFKC", name.replace("\0", "").strip())


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)
