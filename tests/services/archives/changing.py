"""Archives that say what they should not."""

import json
import zipfile

from itops.services.archives import manifest


def changed(path, **parts):
    """Replace members of an archive; what they were is in the manifest still."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()} | parts
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)


def told(path, **changes):
    """Let an archive say something else of itself."""
    with zipfile.ZipFile(path) as archived:
        about = json.loads(archived.read(manifest.NAME))
    changed(path, **{manifest.NAME: json.dumps(about | changes)})
