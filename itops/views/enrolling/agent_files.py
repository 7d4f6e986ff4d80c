"""The agent and its install scripts, for machines that have no account here and no internet."""

from pathlib import Path

from flask import Blueprint, Response, abort, current_app
from flask.typing import ResponseReturnValue

from itops.auth.permissions import open_to_all
from itops.auth.sessions import settings
from itops.services import certificates
from itops.services.enrolling import agent_files

bp = Blueprint("agent_files", __name__, url_prefix="/agent")
#: The scripts, and for which system each is.
SCRIPTS = {"install.sh": "linux", "install.ps1": "windows"}


@bp.get("/<any(install.sh, install.ps1):name>")
@open_to_all("a machine that installs the agent has no account; the script holds no secret")
def script(name: str) -> ResponseReturnValue:
    template = Path(str(current_app.template_folder), "agent", f"{name}.in")
    text = agent_files.filled(
        template.read_text("utf-8"), server=settings().own_url, system=SCRIPTS[name]
    )
    return Response(text, content_type="text/plain; charset=utf-8")


@bp.get("/authority.pem")
@open_to_all("machines and phones need it before they can trust this server; it is no secret")
def authority() -> ResponseReturnValue:
    """Hand out the certificate of our private authority; without one there is none."""
    if not settings().has_own_authority:
        abort(404)
    content = certificates.Files(settings().tls_folder).authority.read_bytes()
    answer = Response(content, content_type="application/x-pem-file")
    answer.headers["Content-Disposition"] = "attachment; filename=itops-authority.pem"
    return answer


@bp.get("/itops-agent.pyz")
@open_to_all("a machine that installs the agent has no account; the agent is no secret")
def program() -> ResponseReturnValue:
    found = agent_files.agent_file()
    answer = Response(found.content, content_type="application/zip")
    answer.headers["Content-Disposition"] = "attachment; filename=itops-agent.pyz"
    answer.set_etag(found.sha256)
    return answer


@bp.get("/itops-agent.pyz.sha256")
@open_to_all("a machine that installs the agent has no account; a digest is no secret")
def digest() -> ResponseReturnValue:
    line = f"{agent_files.agent_file().sha256}  itops-agent.pyz\n"
    return Response(line, content_type="text/plain; charset=utf-8")
