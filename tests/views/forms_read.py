"""A form as a browser reads it: the fields of a page and what stands in them."""

from html.parser import HTMLParser


class Form(HTMLParser):
    """The fields of the first form of a page that is posted and has a field `wanted`."""

    def __init__(self, page: str, *, wanted: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._open: dict[str, str] | None = None
        self._wanted = wanted
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = {} if given.get("method", "").lower() == "post" else None
        if self._open is None:
            return
        if tag == "input" and _counts(given):
            is_box = given.get("type") in {"checkbox", "radio"}
            self._open[given["name"]] = given.get("value", "on" if is_box else "")
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select:
            if "selected" in given or self._select not in self._open:
                self._open[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area = given.get("name", "")
            self._open[self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "form" and self._open is not None:
            if self._wanted in self._open and not self.fields:
                self.fields = self._open
            self._open = None


def _counts(given: dict[str, str]) -> bool:
    kind = given.get("type", "text")
    if kind in {"submit", "button", "file", "reset"} or not given.get("name"):
        return False
    return kind not in {"checkbox", "radio"} or "checked" in given
