"""Settings, read from environment variables; docs/settings.md lists them."""

from email.utils import parseaddr
from pathlib import Path

import django
from csp.constants import NONE, SELF
from django.urls import reverse_lazy

import terms
from glossary_cms.environment import (
    Environment,
    not_a_committer,
    not_a_contact,
    not_a_credential,
    not_a_folder,
    not_a_host,
    not_a_language,
    not_a_module,
    not_a_zone,
    not_an_address,
    not_an_email,
    not_an_origin,
)
from terms.people.outgoing import OutgoingAllowed
from terms.web.proxies import TrustedProxies

# In a checkout, templates and demo glossary are next to the packages; in a wheel, in this package.
BASE_DIR = Path(__file__).resolve().parent.parent
IS_CHECKOUT = (BASE_DIR / "manage.py").is_file() and (BASE_DIR / "templates").is_dir()
_RESOURCES = BASE_DIR if IS_CHECKOUT else Path(__file__).resolve().parent
TEMPLATES_DIR = _RESOURCES / "templates"
DOCS_DIR = _RESOURCES / "docs"
DEMO_DIR = _RESOURCES / "fixtures" / "glossary"

env = Environment()

# The default place of the database, uploaded pictures and collected static files.
_HERE = BASE_DIR if IS_CHECKOUT else Path.cwd()
DATA_DIR = Path(env.text("DATA_DIR", str(_HERE / ".data"))).absolute()


def _kept_secret_key() -> str:
    """Return the key that ``run_demo`` made on this machine, or an empty string."""
    path = DATA_DIR / "secret-key"
    return path.read_text(errors="replace").strip() if path.is_file() else ""


DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY") or _kept_secret_key()
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", not_a_host)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", not_an_origin)

# The site's public address, for canonical links, feeds, sitemaps and linked data. Pages contain it,
# so run `rebuild_site` after a change.
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000", not_an_address).rstrip("/")

INSTALLED_APPS = [
    "terms",
    "terms.apps.NewsroomConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "markdownx",
    "axes",
    "csp",
    "django_tasks_db",
    *env.words("EXTRA_APPS", not_a_module),
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
    "terms.web.headers.RefuseUnreadable",
    "django.contrib.messages.middleware.MessageMiddleware",
    "terms.admin.views.preferences.in_own_zone",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "glossary_cms.urls"
WSGI_APPLICATION = "glossary_cms.wsgi.application"

TEMPLATES = [
    {
        # Public pages. The admin's templates are Django's.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [TEMPLATES_DIR / "site"],
        "OPTIONS": {"environment": "terms.pages.jinja.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [TEMPLATES_DIR],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"term_admin": "terms.admin.tags"},
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database

_SQLITE = {
    # Writers wait for each other instead of failing: a transaction takes the write lock when it
    # begins. Readers never wait (WAL).
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
}
DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'glossary.sqlite3'}")}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"].update(ENGINE="glossary_cms.sqlite", OPTIONS=_SQLITE)
    # An in-memory database has no second connection, which some tests need.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
elif "postgresql" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"].update(
        ENGINE="glossary_cms.postgresql", CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True
    )
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)  # seconds
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Long work: Django's tasks, in the database. `run_jobs` runs them, which a server starts itself.

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
RUN_JOBS = env.flag("RUN_JOBS", True)

# Language and time

LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en", not_a_language)
FORMAT_MODULE_PATH = ["glossary_cms.formats"]
TIME_ZONE = env.text("TIME_ZONE", "UTC", not_a_zone)
USE_I18N = True
# Catalogues of the admin. Those of readers' pages have a domain of their own, readers.po.
LOCALE_PATHS = [Path(terms.__file__).parent / "locale"]
USE_TZ = True

# Files

STATIC_URL = "/static/"  # terms.web.static_storage adds the prefix
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
# Imported pictures as they were in their folders, with their metadata: never served.
ORIGINALS_ROOT = DATA_DIR / "originals"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "terms.web.static_storage.MountedManifestStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "terms.web.static_storage.MountedStorage"}

# Mail to editors: printed unless a server is set, such as smtp://user:password@host:587

_mail = env.mail("EMAIL_URL") | {"EMAIL_TIMEOUT": 10}  # seconds
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "glossary@localhost", not_an_email)
if django.VERSION < (6, 1):
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
    EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
    EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
    EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
    EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
    EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
    EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH")
    EMAIL_TIMEOUT = _mail["EMAIL_TIMEOUT"]
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

HTTPS = env.flag("HTTPS", not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
# Proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted: their number or networks.
TRUSTED_PROXIES = env.read(
    "TRUSTED_PROXIES", TrustedProxies.read, "is neither a number of proxies nor their networks"
)
# Hosts and networks that webhooks and repositories may reach although they are not public.
OUTGOING_ALLOWED = env.read(
    "OUTGOING_ALLOWED", OutgoingAllowed.read, "is not a list of hosts and networks"
)
# The contact for vulnerabilities in /.well-known/security.txt: mailto:… or https://…
SECURITY_CONTACT = env.text("SECURITY_CONTACT", "", not_a_contact)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Not sent by Django or django-csp. No page needs a camera, or may be part of another site.
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
        "OPTIONS": {"MAX_ENTRIES": 50_000},  # so that counters of people.rate_limit are not evicted
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000  # an import takes fewer, and says how many

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "terms.people.backend.ObjectPermissions",
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

# Log messages: to the error stream, without secrets or line breaks from clients

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
        # Errors of clients are no faults of the code: one line, without a traceback.
        "django.security": {"handlers": ["one line"], "level": "ERROR", "propagate": False},
    },
}

# Editing

MARKDOWNX_MARKDOWNIFY_FUNCTION = "terms.rendering.render"
MARKDOWNX_EDITOR_RESIZABLE = False  # the text and its preview keep one height
MARKDOWNX_URLS_PATH = reverse_lazy("admin:terms_term_preview")
MARKDOWNX_UPLOAD_URLS_PATH = reverse_lazy("admin:terms_term_upload")

# Import and sync

# Folders that the admin may import from, and that may have repositories.
IMPORT_FOLDERS = env.words("IMPORT_FOLDERS", not_a_folder)
# Credentials for repositories: https://user:password@host/path, for all repositories below it.
GIT_CREDENTIALS = env.secrets("GIT_CREDENTIALS", not_a_credential)
GIT_COMMITTER = env.text(
    "GIT_COMMITTER", f"Glossary CMS <{parseaddr(DEFAULT_FROM_EMAIL)[1]}>", not_a_committer
)
GIT_MAX_MB = env.number("GIT_MAX_MB", 2_000)  # of one repository
GIT_TIMEOUT = env.number("GIT_TIMEOUT", 900)  # seconds, for one command

# Extensions, by dotted paths: docs/extending.md

QUALITY_RULES = env.words("QUALITY_RULES")
DIALECTS = env.words("DIALECTS")
FILE_FORMATS = env.words("FILE_FORMATS")

# For checks and backups: the names of the variables, and problems with their values

_FORMER = {"BEHIND_PROXY": "It is called TRUSTED_PROXIES now: the number of proxies."}
env.problems |= {name: problem for name, problem in _FORMER.items() if env.text(name)}
KNOWN_VARIABLES = frozenset(env.names)
PROBLEMS_OF_SETTINGS = env.problems
