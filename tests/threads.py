"""Run functions at the same time, each with its own database connection."""

import threading

from django.db import connection


def in_threads(*acts):
    """Run all ``acts`` at once. Return the exception that each raised, or None."""
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
