import os
import secrets
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from terms.management.commands.serve import need_free
from terms.media.atomic_files import write_whole
from terms.models import Term

EDITOR = "editor"
HOST = "127.0.0.1"
_OTHER_PORT = "make run PORT={0}" if settings.IS_CHECKOUT else "glossary-cms demo --port {0}"


class Command(BaseCommand):
    help = "Set up what is missing, read and publish a folder of terms, and serve it all here."
    requires_system_checks = ()  # some ask the database, which does not exist yet

    def add_arguments(self, parser):
        parser.add_argument(
            "path", nargs="?", type=Path, default=settings.DEMO_DIR,
            help="the folder of term files; default: a glossary of web engineering",
        )  # fmt: skip
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-serve", action="store_true", help="only set up")

    def handle(self, path, port, no_serve, **options):
        path = Path(path)
        if not no_serve:
            need_free(HOST, port, _OTHER_PORT.format(port + 1))
        address = f"http://127.0.0.1:{port}"
        if "SITE_URL" not in os.environ:
            settings.SITE_URL = os.environ["SITE_URL"] = address
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        self._secret_key()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        password = self._editor()
        call_command("rebuild_site", if_needed=True)
        self._terms(path)
        address = settings.SITE_URL.rstrip("/")
        self.stdout.write(f"\n  Glossary  {address}/glossary/\n  Admin     {address}/admin/")
        if password:
            self.stdout.write(f"  Account   {EDITOR}, password {password} (shown this once)")
        else:
            self.stdout.write("  Account   as before; manage.py changepassword sets a new password")
        self.stdout.write("")
        self.stdout.flush()
        if not no_serve:
            self._serve(port)

    def _secret_key(self):
        path = settings.DATA_DIR / "secret-key"
        # A process that was killed may have left an empty file.
        if not path.is_file() or not path.read_text().strip():
            write_whole(path, secrets.token_urlsafe(50).encode(), 0o600)

    def _editor(self):
        """Return the password of a new account, or None if there is an account already."""
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return None
        password = secrets.token_urlsafe(12)
        users.create_superuser(EDITOR, password=password)
        return password

    def _terms(self, path):
        """Import the terms. Later runs keep the demo glossary as edited since."""
        if Term.objects.exists() and path.resolve() == settings.DEMO_DIR:
            self.stdout.write("The glossary is kept as it is.")
            return
        if Term.objects.exclude(files__folder=str(path.resolve())).exists():
            self.stdout.write(
                "The database has other terms, too. Set DATA_DIR to start with an empty one."
            )
        try:
            call_command("import_terms", str(path), publish=True, verbosity=0)
        except SystemExit:
            self.stdout.write("Some files need attention, see above.")

    def _serve(self, port):
        environment = {**os.environ, "HTTPS": "false", "ALLOWED_HOSTS": f"{HOST},localhost"}
        manage = str(settings.BASE_DIR / "manage.py")
        command = [sys.executable, *([manage] if settings.IS_CHECKOUT else ["-m", "glossary_cms"])]
        command += ["serve", "--host", HOST, "--port", str(port)]
        # Replaces this process, as the settings are different now.
        os.execve(sys.executable, command, environment)  # noqa: S606 — our own words
