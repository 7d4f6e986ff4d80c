"""The agent's files, as the server finds them."""

import subprocess
import sys

from itops.services.enrolling.agent_source import agent_source


def test_the_agent_can_be_run_from_where_its_files_are():
    """`-I` and the folder alone: nothing of the checkout's own search path helps."""
    code = f"import sys; sys.path.insert(0, {str(agent_source())!r}); import itops_agent"
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
