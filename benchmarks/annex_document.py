"""The annex as a Word document: landscape, its headings on every page, readable without colour."""

import re
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from transitions.clock.present import day

from .annex import Annex, Line, in_full
from .chart import COLOURS, DARK, LABELS

HEADINGS = ("Benchmark", "Indicator", "Baseline", "Target", "Progress", "Note")
WIDTHS = (4.1, 6.0, 3.6, 4.0, 5.2, 4.4)  # in centimetres
WIDE, HIGH, MARGIN = 29.7, 21.0, 1.2
FONT, SMALL, USUAL = "Arial", Pt(7.5), Pt(8.5)
SOFT, WHITE, HEAD = RGBColor(0x45, 0x52, 0x60), RGBColor(255, 255, 255), "E3E8ED"
NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what no such document may hold
OF_LABEL = {label: code for code, label in LABELS.items()}


def written(annex: Annex, *, by: Any) -> bytes:
    """
    Args:
        by: who it is made for.
    """
    document = Document()
    set_up(document, annex, by)
    document.add_heading(NO_XML.sub("", title_of(annex)), 1)
    view = annex.view
    paragraph(document, f"As of {in_full(view.as_of)}, as known on {in_full(view.known_at)}.", bold=True)
    paragraph(document, HOW_TO_READ)
    legend(document, annex)
    if annex.published:
        paragraph(document, annex.published)
    paragraph(document, "" if annex.parts else "There are no benchmarks on record that you may see.")
    table(document, annex)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def title_of(annex: Annex) -> str:
    made_up = " (illustrative)" if annex.transition.illustrative else ""
    return f"Benchmarks and indicators: {annex.transition}{made_up}"


HOW_TO_READ = (
    "An indicator's class is its last verified assessment, with the report that it is from and the day that it is of; "
    "met or not met is what its last number says against its target. The two need not agree. A benchmark is as its "
    "worst deciding indicator, and not assessed while one of them is unknown."
)


def set_up(document: Any, annex: Annex, by: Any) -> None:
    """The page, the fonts, the marking above each page and the numbers below."""
    section = document.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Cm(WIDE), Cm(HIGH)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN)
    section.header_distance = section.footer_distance = Cm(0.7)
    for name, size in (("Normal", USUAL), ("Heading 1", Pt(15))):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = FONT, size, RGBColor(0x1C, 0x27, 0x33)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:hAnsi"), FONT)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(0), Pt(3)
    above = section.header.paragraphs[0]
    above.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run(above, annex.marking.label.upper(), bold=True)
    view = annex.view
    below = section.footer.paragraphs[0]
    days = f"as of {in_full(view.as_of)}, as known on {in_full(view.known_at)}"
    run(below, f"{annex.transition}, benchmarks {days}. Page ", soft=True)
    field(below, "PAGE")
    run(below, " of ", soft=True)
    field(below, "NUMPAGES")
    about = document.core_properties
    about.title = NO_XML.sub("", title_of(annex))
    about.author = about.last_modified_by = NO_XML.sub("", str(by))
    about.created = about.modified = view.now.replace(tzinfo=None)
    about.comments, about.language = f"made on {day(view.now, annex.transition.time_zone)}", "en"


def paragraph(document: Any, text: str, *, bold: bool = False) -> None:
    if text:
        run(document.add_paragraph(), text, bold=bold)


def run(where: Any, text: str, *, bold: bool = False, soft: bool = False, size: Any = None) -> Any:
    made = where.add_run(NO_XML.sub("", text))
    made.bold = bold or None
    if size:
        made.font.size = size
    if soft:
        made.font.color.rgb = SOFT
    return made


# --- tables


def legend(document: Any, annex: Annex) -> None:
    """Each class with its sign and how many indicators have it: all seven, always."""
    made = grid(document, [2.9] * 7 + [2.0], ["The classes, each with its sign, and how many indicators have it"])
    names, counts = made.add_row().cells, made.add_row().cells
    for cell, code in zip(names, LABELS, strict=False):
        filled(cell, LABELS[code], bold=True, judged=code)
    filled(names[7], "Total", bold=True)
    for cell, number in zip(counts, [*annex.by_class.values(), sum(annex.by_class.values())], strict=True):
        filled(cell, str(number))
    repeats(made.rows[0])
    document.add_paragraph()


def table(document: Any, annex: Annex) -> None:
    made = grid(document, WIDTHS, ["The benchmarks with their indicators, one row each"])
    for cell, heading in zip(made.add_row().cells, HEADINGS, strict=True):
        filled(cell, heading, bold=True)
        shaded(cell._tc.get_or_add_tcPr(), HEAD)
    repeats(made.rows[0])
    for part in annex.parts:
        for place, line in enumerate(part.lines or [None]):
            cells = whole_row(made)
            cells[0]._tc.vMerge = "continue" if place else "restart"
            if not place:
                filled(cells[0], part.benchmark, bold=True)
                add(cells[0], part.about, soft=True)
                if part.marking != "unclassified":
                    add(cells[0], part.marking.replace("_", " ").upper(), bold=True)
            if line is None:
                filled(cells[1], "It has no indicator.")
            else:
                write_line(cells, line)


def write_line(cells: Any, line: Line) -> None:
    filled(cells[1], line.indicator)
    filled(cells[2], line.baseline)
    filled(cells[3], line.target)
    filled(cells[4], line.judged, bold=True, judged=OF_LABEL[line.judged])
    add(cells[4], line.progress)
    add(cells[4], ". ".join(said for said in (line.met, line.source) if said), soft=True)
    filled(cells[5], line.note)


def grid(document: Any, widths: Any, told: list[str]) -> Any:
    """With lines, of fixed widths, and what it is for who cannot see it."""
    made = document.add_table(rows=0, cols=len(widths), style="Table Grid")
    made.autofit = False
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Cm(width)
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), told[0])
    made._tbl.tblPr.append(caption)
    return made


def filled(cell: Any, text: str, *, bold: bool = False, judged: str = "") -> None:
    """The first words of a cell; those of a class have its colour behind them."""
    where = cell.paragraphs[0]
    made = run(where, text, bold=bold, size=SMALL)
    if judged:
        shaded(where._p.get_or_add_pPr(), COLOURS[judged].lstrip("#"))
        made.font.color.rgb = WHITE if judged in DARK else None
    tight(where)  # after the shade: Word asks for this order


def add(cell: Any, text: str, *, bold: bool = False, soft: bool = False) -> None:
    if text:
        where = cell.add_paragraph()
        tight(where)
        run(where, text, bold=bold, soft=soft, size=SMALL)


def tight(where: Any) -> None:
    where.paragraph_format.space_after = Pt(1)


# --- what the library has no words for


def shaded(properties: Any, colour: str) -> None:
    made = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour.upper())):
        made.set(qn(f"w:{name}"), value)
    properties.append(made)


def repeats(row: Any) -> None:
    """On every page that the table goes on to."""
    made = OxmlElement("w:tblHeader")
    made.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(made)


def whole_row(table: Any) -> Any:
    """A row that does not go on on the next page."""
    row = table.add_row()
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return row.cells


def field(where: Any, name: str) -> None:
    """What the program that opens it fills in: a page's number, how many there are."""
    made = OxmlElement("w:fldSimple")
    made.set(qn("w:instr"), name)
    inner = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    inner.append(text)
    made.append(inner)
    where._p.append(made)
