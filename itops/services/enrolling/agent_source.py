"""Where the agent's own files are: the server hands them out and runs one for its own machine."""

from pathlib import Path


def agent_source() -> Path:
    """Return the folder that holds `itops_agent`: in the package when installed, else beside it."""
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "agent_source", package.parent / "agents"):
        if (folder / "itops_agent/__init__.py").is_file():
            return folder
    raise FileNotFoundError("agents/itops_agent is missing: the installation is not whole")
