"""What is installed from a wheel is all that stands in the checkout; `.ci/wheels` runs one."""

import shutil
import subprocess
import sys
import zipfile
from email.parser import HeaderParser

import pytest

from tests.test_house import ROOT, kept_files, named

pytestmark = pytest.mark.slow

#: Where a folder of the checkout is found once installed.
INSTALLED = {
    "itops/": "itops/",
    "templates/": "itops/templates/",
    "agents/itops_agent/": "itops/agent_source/itops_agent/",
}
NOT_SHIPPED = {".gitkeep", "py.typed"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The server's wheel, built from a copy so that nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for path in [*kept_files(), *ROOT.glob("itops/static/vendor/**/*")]:
        if path.is_file():
            target = source / named(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", "."]
    subprocess.run([*command, str(source)], cwd=source, check=True, capture_output=True)
    with zipfile.ZipFile(next(source.glob("itops-*.whl"))) as opened:
        yield opened


def test_every_file_of_the_product_is_in_the_wheel(wheel):
    paths = [*kept_files(), *ROOT.glob("itops/static/vendor/**/*")]
    expected = {
        installed + named(path).removeprefix(folder)
        for path in paths
        for folder, installed in INSTALLED.items()
        if named(path).startswith(folder) and path.is_file() and path.name not in NOT_SHIPPED
    }
    assert expected - set(wheel.namelist()) == set()


def test_the_wheel_carries_nothing_else(wheel):
    folders = {name.split("/")[0] for name in wheel.namelist()}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"itops"}


def test_the_wheel_says_what_it_needs_and_under_which_licence(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    about = HeaderParser().parsestr(wheel.read(name).decode())
    assert about["License"] == "MIT"
    assert about["Requires-Python"] == ">=3.11"
    assert any(need.startswith("Flask") for need in about.get_all("Requires-Dist", []))
