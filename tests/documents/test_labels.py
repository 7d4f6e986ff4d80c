"""Labels: on every paper they stand where the paper has them, and another program reads them."""

import subprocess
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from itops.documents.labels import PAPERS, SMALLEST_MM, Label, fitting, pages, placed
from tests.components import missing, program

LABEL = Label(
    "http://itops.hospital.example:8080/q/K7QM2X9PRT",
    "YJ-000123",
    ("呼吸内科护士站2号机", "Respiratory ward, nurses 2", "呼吸内科", "Respiratory ward"),
)


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_no_label_leaves_the_page_or_its_place(paper):
    drawn = list(pages([LABEL] * (paper.per_page + 1), paper))
    assert [len(page) for page in drawn] == [paper.per_page, 1]
    for one in drawn[0]:
        assert one.x >= 0
        assert one.y >= 0
        assert one.x + paper.size[0] <= paper.page[0] + 0.01
        assert one.y + paper.size[1] <= paper.page[1] + 0.01
        for line in one.lines:
            assert one.y < line.y < one.y + paper.size[1]
            assert line.x > one.code_x
    for left, right in pairwise(drawn[0]):
        assert right.x + 0.01 >= left.x + paper.size[0] or right.y + 0.01 >= left.y + paper.size[1]


def test_places_that_are_used_up_are_left_out():
    paper = PAPERS["a4_21"]
    first = next(iter(pages([LABEL], paper, skip=4)))[0]
    assert (first.x, first.y) == (placed(LABEL, paper, 4).x, placed(LABEL, paper, 4).y)
    assert [len(page) for page in pages([LABEL] * 3, paper, skip=20)] == [1, 2]


def test_a_text_is_cut_where_it_leaves_the_label():
    assert fitting("检验科", 9.0, 3.0) == "检验科"
    assert fitting("检验科护士站", 9.0, 3.0) == "检验…"
    assert fitting("", 9.0, 3.0) == ""


def drawn_svg(paper):
    """Return the label alone as an SVG, as the sheet draws it."""
    one = placed(LABEL, paper, 0)
    root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", width="600", height="600")
    root.set("viewBox", f"{one.x} {one.y} {paper.size[0]} {paper.size[1]}")
    ET.SubElement(root, "rect", x="-99", y="-99", width="999", height="999", fill="#fff")
    move = f"translate({one.code_x} {one.code_y}) scale({one.square})"
    ET.SubElement(root, "path", d=one.path, transform=move)
    return ET.tostring(root, encoding="unicode")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_another_program_reads_the_code_of_every_size(paper, browsing, tmp_path):
    """At 200 dots an inch, which a cheap label printer has."""
    reader = program("zbarimg", "/usr/bin")
    if not reader:
        missing("zbarimg")
    page = browsing.new_page()
    dots = 200 / 25.4
    page.set_viewport_size(
        {"width": round(paper.size[0] * dots), "height": round(paper.size[1] * dots)}
    )
    page.set_content(f"<body>{drawn_svg(paper)}</body>")
    page.locator("svg").evaluate("one => { one.style.position = 'fixed'; one.style.inset = 0; }")
    page.locator("svg").evaluate("one => { one.style.width = one.style.height = '100%'; }")
    page.screenshot(path=tmp_path / "label.png")
    read = subprocess.run(
        [reader, "-q", "--raw", tmp_path / "label.png"], capture_output=True, text=True, check=True
    )
    assert read.stdout.strip() == LABEL.address


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_a_code_is_never_too_small_for_a_phone(paper):
    one = placed(LABEL, paper, 0)
    assert one.square * 33 >= SMALLEST_MM
