"""Builds the wheel, installs it in an empty environment and uses it from an empty folder.

Run with the interpreter to try: ``python .ci/try_wheel.py``.
"""

import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import venv
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def _picture() -> bytes:
    """Return a PNG of one grey pixel (https://www.w3.org/TR/png/)."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\x80")
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = _installed(folder)
        empty = folder / "empty"
        empty.mkdir()
        _try_demo(command, empty)
        _try_commands(command, empty)
    sys.stdout.write("The wheel works in an empty environment.\n")


def _installed(folder: Path) -> Path:
    """Build the wheel and install it below ``folder``. Return its command."""
    pip = [sys.executable, "-m", "pip"]
    _run([*pip, "wheel", "--quiet", "--no-deps", "-w", folder / "dist", ROOT], folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    _run([python, "-m", "pip", "install", "--quiet", wheel], folder)
    for optional in ("psycopg", "pypinyin"):
        tried = [python, "-c", f"import {optional}"]
        assert subprocess.run(tried, stderr=subprocess.DEVNULL, check=False).returncode
    packages = list((folder / "env").glob("lib/*/site-packages/glossary_cms"))
    assert packages
    assert all((package / "docs" / "editing.md").is_file() for package in packages)
    return folder / "env" / "bin" / "glossary-cms"


def _try_demo(command: Path, empty: Path) -> None:
    """Check that pages and the admin have their styles, and pages their icons."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [command, "demo", "--port", str(port)], cwd=empty, env=_environment(), text=True,
        stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        site = f"http://127.0.0.1:{port}"
        page = _get(f"{site}/glossary/", patience=60)
        assert "Flask" in page, page
        _get_linked(page, f"{site}/glossary/", r'href="([^"]+\.css)"')
        term = re.search(r'href="([^"]*flask/)"', page)[1]
        html = _get(urllib.parse.urljoin(f"{site}/glossary/", term))
        assert "<svg" in html
        login = _get(f"{site}/admin/login/")
        _get_linked(login, f"{site}/admin/login/", r'href="([^"]+\.css)"')
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _try_commands(command: Path, empty: Path) -> None:
    """Check import, export and build of a folder with a picture, and hints at missing extras."""
    words = empty / "words"
    words.mkdir()
    (words / "kite.md").write_text("---\nterm: Kite\n---\n![A kite](kite.png)\n")
    (words / "kite.png").write_bytes(_picture())
    _run([command, "import", words, "--glossary", "toys", "--publish"], empty)
    _run([command, "export", empty / "out", "--glossary", "toys"], empty)
    assert (empty / "out" / "kite.md").read_bytes() == (words / "kite.md").read_bytes()
    _run([command, "build", empty / "site"], empty)
    assert "<img" in (empty / "site" / "toys" / "kite" / "index.html").read_text()
    refused = _run([command, "import", words, "--glossary", "zi", "--language", "zh"], empty, 1)
    assert "glossary-cms[chinese]" in refused, refused
    values = {"DATABASE_URL": "postgres://127.0.0.1/x", "SECRET_KEY": "x"}
    assert "glossary-cms[postgresql]" in _run([command, "check"], empty, 1, **values)


def _environment(**values: str) -> dict[str, str]:
    """Return an environment without settings of the checkout, such as a database."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | values


def _run(words: list, folder: Path, code: int = 0, **values: str) -> str:
    environment = _environment(**values) if "glossary-cms" in str(words[0]) else None
    done = subprocess.run(
        [*map(str, words)], cwd=folder, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == code, (words, done.stdout)
    return done.stdout


def _get(address: str, patience: float = 0) -> str:
    until = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as response:
                return response.read().decode(errors="replace")
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _get_linked(page: str, address: str, pattern: str) -> None:
    found = re.findall(pattern, page)
    assert found, page
    for link in found:
        assert _get(urllib.parse.urljoin(address, link)), link


if __name__ == "__main__":
    main()
