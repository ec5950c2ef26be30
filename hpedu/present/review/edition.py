"""Put a review beside the earlier ones: what people have edited is never overwritten; what is new is listed."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from zipfile import is_zipfile

from hpedu.errors import check_ending, mistyped
from hpedu.folders import write_whole
from hpedu.present.page.pdf import find_program, run_printer
from hpedu.present.review.contents import Part, Review
from hpedu.present.review.document import draw_document, read_lines
from hpedu.texts import Language, Message, message, say

OFFICES = ("soffice", "libreoffice")


@dataclass(frozen=True)
class Edition:
    """A document that stands, and what there is to say about it."""

    path: Path
    said: Message


def write_review(
    path: Path | str,
    review: Review,
    sections: Sequence[Part] | None = None,
    appendices: Sequence[Part] | None = None,
) -> Edition:
    """Write a review as a Word document; if another one is there, under a new name, with a list of what changed.

    The list is a text beside the new document: lines of the last one that are not in it, and lines that are new.

    Parameters
    ----------
    sections, appendices
        In place of those of the review.

    Raises
    ------
    WrongEnding
        If the path does not end in .docx.
    Refused
        If what is there is no document.
    """
    path = check_ending(Path(path), ".docx")
    content = draw_document(
        review,
        review.sections() if sections is None else sections,
        review.appendices() if appendices is None else appendices,
    )
    old, new = _find_names(path)
    if old is None:
        write_whole(new, content)
        return Edition(new, message("review_written", path=new))
    if old.read_bytes() == content:
        return Edition(old, message("review_same", path=old))
    if not is_zipfile(old):
        raise mistyped("no_document", path=old)
    gone, came = _compare(old.read_bytes(), content)
    changes = new.with_suffix(".txt")
    write_whole(new, content)
    write_whole(changes, _list_changes(old, new, gone, came, review.language).encode())
    return Edition(new, message("review_kept", old=old, path=new, changes=changes, count=len(gone) + len(came)))


def _find_names(path: Path) -> tuple[Path | None, Path]:
    """Return the last document of a name, if there is any, and the name of the next (report, report-2, ...)."""
    last, name, number = None, path, 1
    while name.exists():
        last, number = name, number + 1
        name = path.with_stem(f"{path.stem}-{number}")
    return last, name


def _compare(old: bytes, new: bytes) -> tuple[list[str], list[str]]:
    """Return the lines that only the old document has, and those that only the new one has."""
    lines = list(unified_diff(list(read_lines(old)), list(read_lines(new)), n=0, lineterm=""))[2:]
    gone, came = ([line[1:] for line in lines if line.startswith(sign)] for sign in "-+")
    return gone, came


def _list_changes(old: Path, new: Path, gone: list[str], came: list[str], language: Language) -> str:
    said = {key: say(key, language, old=old.name, new=new.name) for key in ("review_gone", "review_came")}
    lists = [[said["review_gone"], *gone], [said["review_came"], *came]]
    return "\n\n".join("\n- ".join(lines) for lines in lists) + "\n"


def find_office() -> str:
    """Find the path of LibreOffice, as `find_program` does."""
    return find_program(OFFICES, "no_office")


def print_document(path: Path) -> Path:
    """Print a document to a PDF beside it with LibreOffice, and return its path.

    Raises `Refused` if there is no LibreOffice. Raises `PrintFailed` if it makes no PDF.
    """
    office = find_office()
    with tempfile.TemporaryDirectory(prefix="hpedu-") as folder:
        made = Path(folder) / path.with_suffix(".pdf").name
        # A profile of its own: an office that is open elsewhere would take the order and do nothing.
        profile = f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}"
        run_printer(
            [office, profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(path)], path, made
        )
        pdf = path.with_suffix(".pdf")
        write_whole(pdf, made.read_bytes())
    return pdf
