"""What tests of the pages share with those of the services."""

from tests.services.checking.conftest import port

__all__ = ["port"]
