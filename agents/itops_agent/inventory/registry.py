"""Reads the Windows registry, read only, both the 64-bit and the 32-bit view."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
FIELDS = ("DisplayName", "DisplayVersion", "Publisher", "SystemComponent", "ParentKeyName")

if sys.platform == "win32":
    import winreg

    VIEWS = {"x86_64": winreg.KEY_WOW64_64KEY, "x86": winreg.KEY_WOW64_32KEY}

    def value(path: str, name: str) -> str:
        """Return a value of HKEY_LOCAL_MACHINE as text; nothing if it isn't there."""
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, access) as key:
                return str(winreg.QueryValueEx(key, name)[0])
        except OSError:
            return ""

    def uninstall_entries() -> Iterator[tuple[str, dict[str, object]]]:
        """Give the entries of "Apps & features": the view they stand in and their fields."""
        for arch, view in VIEWS.items():
            try:
                root = winreg.OpenKey(
                    winreg.HKEY_LOCAL_MACHINE, UNINSTALL, 0, winreg.KEY_READ | view
                )
            except OSError:
                continue
            with root:
                names = [winreg.EnumKey(root, at) for at in range(winreg.QueryInfoKey(root)[0])]
                yield from ((arch, fields(root, name)) for name in names)

    def fields(root: winreg.HKEYType, name: str) -> dict[str, object]:
        told: dict[str, object] = {}
        with winreg.OpenKey(root, name) as key:
            for field in FIELDS:
                try:
                    told[field] = winreg.QueryValueEx(key, field)[0]
                except OSError:
                    continue
        return told

    def changed_at() -> tuple[int, ...]:
        """Return when a program was last installed or removed, one figure for each view."""
        stamps = []
        for view in VIEWS.values():
            access = winreg.KEY_READ | view
            try:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, UNINSTALL, 0, access) as key:
                    stamps += list(winreg.QueryInfoKey(key)[::2])
            except OSError:
                continue
        return tuple(stamps)

else:

    def value(path: str, name: str) -> str:  # noqa: ARG001  (the shape of the Windows one)
        return ""

    def uninstall_entries() -> Iterator[tuple[str, dict[str, object]]]:
        return iter(())

    def changed_at() -> tuple[int, ...]:
        return ()
