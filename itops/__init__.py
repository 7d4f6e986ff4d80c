"""Tracks the health, upkeep and backups of a hospital's computers and systems."""

from itops.app import create_app

__all__ = ["create_app"]
__version__ = "0.1.0"
