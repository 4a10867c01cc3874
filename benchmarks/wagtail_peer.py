"""A Wagtail site of one page, with and without wagtail-cache, created in a folder."""

import os
import subprocess
from pathlib import Path

SETTINGS = """
import os
SECRET_KEY = "x"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "peer.urls"
WSGI_APPLICATION = "peer.wsgi.application"
INSTALLED_APPS = [
    "home", "wagtailcache", "wagtail.users", "wagtail.images", "wagtail.documents", "wagtail.admin", "wagtail.search",
    "wagtail.sites", "wagtail", "modelcluster", "taggit", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.security.SecurityMiddleware",
]
WAGTAIL_CACHE = bool(os.environ.get("CACHED"))
if WAGTAIL_CACHE:
    MIDDLEWARE = ["wagtailcache.cache.UpdateCacheMiddleware", *MIDDLEWARE, "wagtailcache.cache.FetchFromCacheMiddleware"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": ["django.template.context_processors.request",
                                       "django.contrib.auth.context_processors.auth",
                                       "django.contrib.messages.context_processors.messages"]},
}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.dirname(__file__) + "/../db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
STATIC_URL = "/static/"
WAGTAIL_SITE_NAME = "peer"
WAGTAILADMIN_BASE_URL = "http://127.0.0.1"
"""
FILES = {
    "peer/__init__.py": "",
    "peer/settings.py": SETTINGS,
    "peer/urls.py": "from django.urls import include, path\nfrom wagtail import urls\nurlpatterns = [path('', include(urls))]\n",
    "peer/wsgi.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
    "home/__init__.py": "",
    "home/migrations/__init__.py": "",
    "home/models.py": (
        "from django.db import models\nfrom wagtail.models import Page\nfrom wagtailcache.cache import WagtailCacheMixin\n"
        "class HomePage(WagtailCacheMixin, Page):\n    body = models.TextField()\n"
    ),
    "home/templates/home/home_page.html": (
        "{% load wagtailcore_tags %}<!doctype html><title>{{ page.title }}</title><h1>{{ page.title }}</h1>"
        "<nav>{% for p in page.get_ancestors %}{{ p }}{% endfor %}</nav>{{ page.body|safe }}"
    ),
}
FILL = """
import django; django.setup()
from wagtail.models import Page, Site
from home.models import HomePage
root = Page.get_first_root_node()
Page.objects.filter(depth__gt=1).delete()
root = Page.objects.get(pk=root.pk)
page = root.add_child(instance=HomePage(title="A page of Wagtail", slug="p", body="<p>Words of a page.</p>" * 450))
Site.objects.all().delete()
Site.objects.create(hostname="127.0.0.1", root_page=page, is_default_site=True)
"""


def prepare(folder: Path, python: str) -> Path:
    """Create the site with a filled database, and return its folder. ``python`` has Wagtail."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "peer.settings",
        "PYTHONPATH": str(folder),
    }
    for words in (
        ["-m", "django", "makemigrations", "home", "-v0"],
        ["-m", "django", "migrate", "-v0"],
        ["-c", FILL],
    ):
        subprocess.run(
            [python, *words], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL
        )
    return folder
