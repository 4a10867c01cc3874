"""All settings, from the environment; the README lists the variables."""

import contextlib
from pathlib import Path

import django
import environ
from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from terms.web.proxies import TrustedProxies

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

# Where the database, uploaded pictures and collected static files lie by default.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))
with contextlib.suppress(OSError):  # a server may have no such place, and need none
    DATA_DIR.mkdir(parents=True, exist_ok=True)


def _kept_secret_key() -> str:
    """The key that ``run_demo`` made for this machine; empty where it never ran."""
    path = DATA_DIR / "secret-key"
    return path.read_text() if path.is_file() else ""


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=_kept_secret_key())
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# The site's address as the world knows it, for what must say it in full: canonical links,
# feeds, sitemaps, linked data. Pages hold it, so `rebuild_site` follows a change of it.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "terms",
    "terms.newsroom.NewsroomConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "markdownx",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "terms.web.headers.isolated",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "terms.admin.preferences.in_own_zone",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "glossary_cms.urls"
WSGI_APPLICATION = "glossary_cms.wsgi.application"

TEMPLATES = [
    {
        # Readers' pages. The admin's templates are Django's.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "site"],
        "OPTIONS": {"environment": "terms.site_templates.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database

_SQLITE = {
    # Two writers wait for each other instead of failing: the write lock is taken when a
    # transaction begins, readers do not wait at all (WAL).
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
}
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'glossary.sqlite3'}")
}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = _SQLITE
    # A database in memory knows no second connection, which some tests are about.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Language and time

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

# Files

STATIC_URL = "/static/"  # terms.web.static_storage puts the prefix before it
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "terms.web.static_storage.MountedManifestStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "terms.web.static_storage.MountedStorage"}

# Mail to editors: printed, unless a server is named, as in smtp://user:password@host:587

_mail = env.email_url("EMAIL_URL", default="consolemail://") | {"EMAIL_TIMEOUT": 10}  # seconds
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="glossary@localhost")
if django.VERSION < (6, 1):
    vars().update(_mail)
else:
    _options = {
        "smtp": {
            "host": "EMAIL_HOST", "port": "EMAIL_PORT", "username": "EMAIL_HOST_USER",
            "password": "EMAIL_HOST_PASSWORD", "use_tls": "EMAIL_USE_TLS",
            "use_ssl": "EMAIL_USE_SSL", "timeout": "EMAIL_TIMEOUT",
        },
        "filebased": {"file_path": "EMAIL_FILE_PATH"},
    }.get(_mail["EMAIL_BACKEND"].split(".")[-2], {})  # fmt: skip
    MAILERS = {
        "default": {
            "BACKEND": _mail["EMAIL_BACKEND"],
            "OPTIONS": {key: _mail[name] for key, name in _options.items() if _mail.get(name)},
        }
    }

# Security

HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = False  # markdownx's preview reads it
# Whose X-Forwarded-For and X-Forwarded-Proto are believed: so many proxies, or their networks.
TRUSTED_PROXIES = TrustedProxies.read(env.str("TRUSTED_PROXIES", default=""))
# Where weaknesses are to be told, for /.well-known/security.txt: mailto:… or https://…
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# What neither Django nor django-csp sends. No page needs a camera, or to be part of another site.
ISOLATION_HEADERS = {
    "Permissions-Policy": "browsing-topics=(), camera=(), display-capture=(), geolocation=(),"
    " microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},  # counters of terms.limits, which nobody may drive out
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

# Messages of the server: to its error stream, without secrets or line breaks of others

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"one line": {"()": "glossary_cms.logs.OneLine"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler"},
        "one line": {"class": "logging.StreamHandler", "formatter": "one line"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        # What clients send wrongly is no fault of the code: a line, without a traceback.
        "django.security": {"handlers": ["one line"], "level": "ERROR", "propagate": False},
    },
}

# Editing

MARKDOWNX_MARKDOWNIFY_FUNCTION = "terms.rendering.render"
MARKDOWNX_EDITOR_RESIZABLE = False  # the text and its preview keep one height
MARKDOWNX_URLS_PATH = reverse_lazy("admin:terms_term_preview")
MARKDOWNX_UPLOAD_URLS_PATH = reverse_lazy("admin:terms_term_upload")
