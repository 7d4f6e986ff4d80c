"""The table of checks. To add one: write its module in `kinds/`, name it here."""

from collections.abc import Mapping
from typing import Any

from itops.checks.kind import CheckKind
from itops.checks.kinds import disk

CHECKS: Mapping[str, CheckKind[Any, Any, Any]] = {kind.name: kind for kind in (disk.KIND,)}
