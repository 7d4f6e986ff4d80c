"""The rules of the house that no linter knows."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_no_file_outgrows_a_reader():
    sources = [
        *(path for path in ROOT.glob("itops/**/*.py") if "migrations" not in path.parts),
        *ROOT.glob("agents/**/*.py"),
        *ROOT.glob("tests/**/*.py"),
    ]
    assert [str(path) for path in sources if len(path.read_text().splitlines()) > 300] == []
