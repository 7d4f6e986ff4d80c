"""The table of checks. To add one: write its module in `kinds/`, name it here."""

from collections.abc import Mapping
from typing import Any

from itops.checks.kind import CheckKind
from itops.checks.kinds import (
    clock,
    disk,
    file,
    http,
    load,
    plugin,
    process,
    service,
    tcp,
    tls,
    ups_nut,
    ups_snmp,
)

CHECKS: Mapping[str, CheckKind[Any, Any, Any]] = {
    kind.name: kind
    for kind in (
        disk.KIND,
        load.KIND,
        service.KIND,
        process.KIND,
        file.KIND,
        clock.KIND,
        plugin.KIND,
        tcp.KIND,
        http.KIND,
        tls.KIND,
        ups_nut.KIND,
        ups_snmp.KIND,
    )
}
