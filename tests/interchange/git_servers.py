"""Git servers on this machine: one that serves a folder by http, and others that misbehave."""

import contextlib
import os
import select
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _GitOverHttp(BaseHTTPRequestHandler):
    """Answers with ``git http-backend``."""

    def log_message(self, *about):
        pass

    def do_GET(self):
        self.respond(b"")

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            self.respond(b"".join(iter(self.chunk, b"")))
        else:
            self.respond(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def chunk(self):
        size = int(self.rfile.readline(), 16)
        content = self.rfile.read(size)
        self.rfile.readline()
        return content

    def respond(self, body):
        path, _, query = self.path.partition("?")
        self.server.seen.append((self.path, self.headers.get("Authorization", "")))
        if self.server.answer:
            self.server.answer(self)
            return
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.receivepack",
            "GIT_CONFIG_VALUE_0": "true",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], env=environment, input=body, capture_output=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = [line.decode().split(": ", 1) for line in head.split(b"\r\n") if line]
        status = next((value[:3] for name, value in fields if name == "Status"), "200")
        self.send_response(int(status))
        for name, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content)


@contextlib.contextmanager
def git_over_http(folder, answer=None):
    """Serve the repositories in ``folder``; with ``answer``, call it with each request instead."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _GitOverHttp)
    server.folder, server.answer, server.seen = folder, answer, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Cutting:
    """A proxy that closes its connections once a number of bytes came from the server.

    With ``counts_sent``, bytes sent to the server are counted instead.
    """

    def __init__(self, port):
        self.target = port
        self.left, self.counts_sent, self.passed = 10**9, False, 0
        self.threads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self._accept)
        self.accepting.start()

    def cut_after(self, count, counts_sent=False):
        self.left, self.counts_sent, self.passed = count, counts_sent, 0

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()
        for thread in self.threads:
            thread.join()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                thread = threading.Thread(target=self._serve, args=(client,))
                self.threads.append(thread)
                thread.start()

    def _serve(self, client):
        server = socket.create_connection(("127.0.0.1", self.target))
        with client, server, contextlib.suppress(OSError):
            while self.left > 0:
                for one in select.select([client, server], [], [], 30)[0]:
                    block = one.recv(65536)
                    if not block:
                        return
                    if self.counts_sent == (one is client):
                        block = block[: max(0, self.left)]
                        self.left -= len(block)
                        self.passed += len(block)
                    (server if one is client else client).sendall(block)


@contextlib.contextmanager
def cutting(port):
    proxy = Cutting(port)
    try:
        yield proxy
    finally:
        proxy.close()
