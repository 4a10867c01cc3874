"""Readers and editors of a server, in their own process: ``python -m benchmarks.clients``.

They send requests at their own pace for a number of seconds, or until their input ends, and report
their waiting times as JSON.
"""

import http.client
import json
import random
import sys
import threading
import time
from types import SimpleNamespace
from urllib.parse import urlencode

from tests.admin.forms import fields_of

PAUSE = 0.005  # seconds between two requests of a reader
TYPING, SAVING = 3.0, 9.0  # seconds between an editor's drafts, and between saves
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    def __init__(self, port: int, cookie: str = ""):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": cookie} if cookie else {}

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, float]:
        """Return status, text and seconds."""
        began = time.perf_counter()
        self.connection.request(method, path, body or None, {**self.headers, **headers})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        return answer.status, text, time.perf_counter() - began


def read(port: int, paths: list[str], is_over: threading.Event, told: list) -> None:
    client, chance = Client(port), random.Random(7)
    while not is_over.is_set():
        status, _, waited = client.ask("GET", chance.choice(paths))
        told.append((status, waited))
        time.sleep(PAUSE)


def edit(port: int, session: str, ids: list[int], is_over: threading.Event, told: list) -> None:
    """Edit one term after another, with the requests of the form's script and button."""
    token = "t" * 32
    client = Client(port, f"session={session}; csrf={token}")
    client.headers |= {"Referer": f"http://127.0.0.1:{port}/", "X-CSRFToken": token}
    chance = random.Random(session)
    time.sleep(chance.random() * SAVING)
    while not is_over.is_set():
        pk = chance.choice(ids)
        address = f"/admin/terms/term/{pk}"
        status, page, waited = client.ask("GET", f"{address}/change/")
        told.append(("form", status, waited, pk, ""))
        fields = fields_of(SimpleNamespace(content=page.encode()))
        fields["csrfmiddlewaretoken"] = [token]
        words = fields["description"]
        for _ in range(int(SAVING // TYPING)):
            typed = f"{words[0]} {session} {time.monotonic_ns()}"
            fields["description"] = [typed]
            body = urlencode(fields, doseq=True)
            status, _, waited = client.ask("POST", f"{address}/keep/", f"{body}&keep=1", **FORM)
            told.append(("draft", status, waited, pk, ""))
            if is_over.wait(TYPING):
                break
        status, _, waited = client.ask("POST", f"{address}/change/", body, **FORM)
        told.append(("save", status, waited, pk, typed))


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    is_over, told = threading.Event(), {"readers": [], "editors": []}
    threads = [
        threading.Thread(
            target=read, args=(asked["port"], asked["paths"], is_over, told["readers"])
        )
        for _ in range(asked.get("readers", 0))
    ]
    threads += [
        threading.Thread(
            target=edit, args=(asked["port"], session, asked["ids"], is_over, told["editors"])
        )
        for session in asked.get("sessions", ())
    ]
    for thread in threads:
        thread.start()
    if seconds := asked.get("seconds"):
        time.sleep(seconds)
    else:
        sys.stdin.readline()  # which ends with its writer
    is_over.set()
    for thread in threads:
        thread.join()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
