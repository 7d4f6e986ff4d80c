"""The one place where the parts meet."""

from flask import Flask


def create_app() -> Flask:
    return Flask("itops")
