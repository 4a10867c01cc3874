import os
import secrets
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from terms.models import Term

EDITOR = "editor"
DEMO = Path("fixtures/glossary")


class Command(BaseCommand):
    help = "Set up what is missing, read and publish a folder of terms, and serve it all here."

    def add_arguments(self, parser):
        parser.add_argument("path", help="the folder of term files")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-serve", action="store_true", help="only set up")

    def handle(self, path, port, no_serve, **options):
        if not no_serve:
            self._need(port)
        address = f"http://127.0.0.1:{port}"
        if "SITE_URL" not in os.environ:
            settings.SITE_URL = os.environ["SITE_URL"] = address
        self._secret_key()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        password = self._editor()
        call_command("rebuild_site", if_needed=True)
        self._terms(path)
        self.stdout.write(f"\n  Glossary  {address}/glossary/\n  Admin     {address}/admin/")
        if password:
            self.stdout.write(f"  Account   {EDITOR}, password {password} (shown this once)")
        else:
            self.stdout.write("  Account   as before; manage.py changepassword sets a new password")
        self.stdout.write("")
        self.stdout.flush()
        if not no_serve:
            self._serve(port)

    def _need(self, port):
        """The server itself would share the port with whoever has it, request by request."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} is not free ({error.strerror}). Another one:"
                    f" make run PORT={port + 1}"
                ) from error

    def _secret_key(self):
        path = settings.DATA_DIR / "secret-key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(50))

    def _editor(self):
        """The new account's password; None where there is an account already."""
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return None
        password = secrets.token_urlsafe(12)
        users.create_superuser(EDITOR, password=password)
        return password

    def _terms(self, path):
        """The first run reads the demo; later ones keep what has been edited since."""
        if Term.objects.exists() and Path(path) == DEMO:
            self.stdout.write("The glossary is kept as it is.")
            return
        if Term.objects.exclude(files__folder=str(Path(path).resolve())).exists():
            self.stdout.write(
                "The database holds other terms, too. For one of its own: make run DATA_DIR=folder"
            )
        try:
            call_command("import_terms", path, publish=True, verbosity=0)
        except SystemExit:
            self.stdout.write("Some files need attention, see above.")

    def _serve(self, port):
        environment = {
            **os.environ,
            "HTTPS": "false",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DJANGO_SETTINGS_MODULE": "glossary_cms.settings",
        }
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--blocking-threads", "2", "--log-level", "warning"]
        command += ["glossary_cms.wsgi:application"]
        # In the place of this process, so that whoever stops it stops the server.
        os.execve(sys.executable, command, environment)  # noqa: S606 — our own words
