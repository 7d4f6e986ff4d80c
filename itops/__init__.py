"""What a hospital's information department runs its own work with."""

from itops.app import create_app

__all__ = ["create_app"]
__version__ = "0.1.0"
