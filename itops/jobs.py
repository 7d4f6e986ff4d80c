"""What runs in the background, and when."""

import threading

from flask import Flask


def run_worker(_app: Flask, stop: threading.Event) -> None:
    """Do what is due until `stop` is set."""
    while not stop.wait(1):
        pass


def start_background(app: Flask) -> threading.Event:
    """Run the background work on a thread of this process; return what stops it."""
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(app, stop), name="background", daemon=True)
    thread.start()
    return stop
