"""What every test can ask for."""

pytest_plugins = [
    "tests.components.chromium",
    "tests.components.postgresql",
    "tests.components.plugin",
]
