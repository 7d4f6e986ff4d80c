"""What can go wrong, sorted by what the person at the keyboard can do about it.

Each carries a key of `texts` with its parameters, and the exit code of the command that it ends.
"""


class AgentError(Exception):
    """The base of them all."""

    exit_code = 70

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params


class Declined(AgentError):
    """The server understood and said no; asking again changes nothing."""

    exit_code = 1


class ConfigWrong(AgentError):
    """The local file is missing or wrong, or this machine is not enrolled."""

    exit_code = 3


class NoAnswer(AgentError):
    """Nothing that is an itops server answered; try again later."""

    exit_code = 4


class SpoolError(AgentError):
    """The spool is in use, or its disk refuses."""

    exit_code = 5


class Unseen(Exception):
    """A probe can't tell, and why: no_sensor, not_supported, denied, timeout or error."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
