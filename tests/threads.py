"""Several people at the same moment, each with a connection of their own."""

import threading

from django.db import connection


def in_threads(*acts):
    """Begin all ``acts`` at once; what each of them raised, or None."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        try:
            barrier.wait(10)
            act()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    workers = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    return results
