"""Whether a page is fit for people who can't see, can't point, or have tired eyes."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor/axe-core-4.14.1/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Return what axe finds on an open page: the rule and the element. (The policy must be off.)"""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [
        f"{found['id']}: {node['html'][:160]} - {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]
