"""Collects this machine's health and sends it to an itops server."""

__version__ = "0.1.0"
