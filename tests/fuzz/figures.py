"""Read thousands of changed tables: every figure is read as it now stands, or it is set aside.

A file is made from its number alone, so that what fails can be made again: `python -m tests.fuzz --only 4711`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import openpyxl

from hpedu.ingest.isolation import read_apart
from hpedu.ingest.pipeline import read_data
from hpedu.ingest.propose import stand_in
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.reading import read_file
from hpedu.ingest.schema import Resource
from hpedu.ingest.source import open_source
from hpedu.registry import Registry, load_registry
from tests.fuzz.forms import FilledForm, compare_form, make_form
from tests.fuzz.mutations import DAMAGES, MUTATIONS, ONLY
from tests.fuzz.schools import SchoolTable, compare, make_list
from tests.fuzz.tables import FORMATS, PUBLISHED, Table, make_table
from tests.fuzz.yearbooks import write_merged_keys, write_yearbook

LIKE = dict.fromkeys(("yearbook", "merged_keys"), "ods")
"""The format that can show the same changes as one that is laid out in another way."""
WRITERS = FORMATS | {"yearbook": write_yearbook, "merged_keys": write_merged_keys}
KINDS = (*WRITERS, "school_csv", "school_xlsx", "form")
"""What the mutants are, in turn: a table in each format, a school list in two, a form."""

DAMAGED_OF = 5
"""Of so many mutants of a kind, the bytes of one are damaged; of the others, cells and structure are changed."""

MOST = 1e15
"""No figure has more digits."""

RESOURCE: Resource = stand_in(Path("table")).model_copy(update={"published": PUBLISHED})


@dataclass(frozen=True)
class Mutant:
    """A changed table and its file."""

    number: int
    format: str
    mutation: str
    done: str
    table: Table | SchoolTable | FilledForm
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """What became of the cells of a mutant; `wrong` says which figures are neither right nor set aside."""

    mutant: Mutant
    read: int
    set_aside: int
    is_refused: bool
    wrong: tuple[str, ...]


def make_mutant(number: int) -> Mutant:
    """Make the mutant of a number: a table with one change or two, a school list, or a form; or damaged bytes."""
    random = Random(number)
    turn, place = divmod(number, len(KINDS))
    kind = KINDS[place]
    is_damaged = turn % DAMAGED_OF == 0
    table: Table | SchoolTable | FilledForm
    if kind == "form":
        name, table, done, data = make_form(random, load_registry())
    elif kind not in WRITERS:
        name, table, done, data = make_list(random, kind == "school_xlsx")
    else:
        table = make_table(random)
        known = [name for name in MUTATIONS if LIKE.get(kind, kind) in ONLY.get(name, {LIKE.get(kind, kind)})]
        names = random.sample(known, 1 if random.random() < 0.75 else 2) if not is_damaged else []
        # What is lost goes last: another change behind it would not know where.
        names.sort(key=("lost_cells", "cut").__contains__)
        name, done = " + ".join(names), "; ".join(_change(table, name, random) for name in names)
        data = WRITERS[kind](table)
    if is_damaged:
        damage = random.choice(DAMAGES)
        return Mutant(number, kind, f"bytes: {damage.__name__}", "", table, damage(data, random))
    return Mutant(number, kind, name, done, table, data)


def _change(table: Table, name: str, random: Random) -> str:
    """Change a table. A change of the unit or scope after another one keeps what the other made known."""
    scale, is_known = table.scale, table.is_known
    done = MUTATIONS[name](table, random)
    table.is_known = table.is_known and is_known
    if not table.cut and (scale is None or (scale != 1 and table.scale != scale)):
        table.scale = None
    return done


def judge(mutant: Mutant, registry: Registry) -> Outcome:
    """Read a mutant and compare each observation with what the table says; and the number of cells."""
    if mutant.mutation.startswith("bytes: "):
        return _judge_damaged(mutant, registry)
    try:
        if isinstance(mutant.table, SchoolTable):
            read, set_aside, found = compare(mutant.table, mutant.data, RESOURCE, registry)
            return Outcome(mutant, read, set_aside, False, tuple(found))
        if isinstance(mutant.table, FilledForm):
            read, set_aside, found = compare_form(mutant.table, mutant.data, RESOURCE, registry)
            return Outcome(mutant, read, set_aside, False, tuple(found))
        reading = read_file(open_source(mutant.data), RESOURCE, registry)
    except Unreadable:
        return Outcome(mutant, 0, 0, True, ())
    except Exception as error:  # noqa: BLE001 - the run goes on, and the mutant is reported as wrong
        return Outcome(mutant, 0, 0, False, (f"crashed: {error!r}",))
    truth = mutant.table.truth()
    wrong = []
    for row in reading.observations:
        right = truth.get((row["territory"], row["year"], row["level"]), set())
        plain = row["measure"] == "pupils" and row["sex"] == mutant.table.sex and row["ownership"] == "all"
        plain = plain and not (row["detail"] or row["place"] or row["qualifier"])
        if not plain or (row["value"], row["status"]) not in right:
            found = f"{row['territory']} {row['year']} {row['level']} {row['value']} {row['status']}"
            wrong.append(
                f"cell {row['cell']} {row['printed']!r}: found {found}, expected {sorted(right) or 'none'}"
            )
    cells = [row["cell"] for row in reading.observations]
    cells += [cell for frame in reading.issues.list_frames() for cell in frame["cell"]]
    counted = count_cells(mutant)
    if counted is not None and len(cells) < counted:
        wrong.append(f"{counted} cells with a figure, but {len(cells)} read or set aside")
    if len(set(cells)) < len(cells):
        wrong.append("a cell is read twice")
    return Outcome(mutant, len(reading.observations), len(reading.issues), False, tuple(wrong))


def _judge_damaged(mutant: Mutant, registry: Registry) -> Outcome:
    """Read a file with damaged bytes, where what is true is not known: it ends, and no figure is beyond any."""
    try:
        reading = read_apart(partial(read_data, resource=RESOURCE), mutant.data, registry)
    except Unreadable:
        return Outcome(mutant, 0, 0, True, ())
    except Exception as error:  # noqa: BLE001 - as above
        return Outcome(mutant, 0, 0, False, (f"crashed: {error!r}",))
    wrong = [
        f"cell {row['cell']} {row['printed']!r}: found {row['value']} in {row['year']}"
        for row in reading.observations
        if not abs(row["value"]) < MOST or row["year"] > int(RESOURCE.published[:4])
    ]
    return Outcome(mutant, len(reading.observations), len(reading.issues), False, tuple(wrong))


def count_cells(mutant: Mutant) -> int | None:
    """Count the cells of a file that hold a bare number, without hpedu; None where no library can."""
    if mutant.format == "pxweb_csv":
        rows = list(csv.reader(io.StringIO(mutant.data.decode("utf-8-sig")), delimiter=";"))
        return sum(text.strip().isdigit() for row in rows[3:] for text in row[1:])
    if mutant.format == "xlsx":
        [sheet] = openpyxl.load_workbook(io.BytesIO(mutant.data)).worksheets
        cells = (cell for row in sheet.iter_rows(min_row=5, min_col=2) for cell in row)
        return sum(isinstance(cell.value, int | float) for cell in cells)
    return None


def judge_all(seed: int, count: int, registry: Registry) -> Iterator[Outcome]:
    """Judge mutants with the numbers from `seed` on."""
    return (judge(make_mutant(number), registry) for number in range(seed, seed + count))


def describe(outcome: Outcome) -> str:
    """Say what a wrong mutant is and how to make it again."""
    mutant = outcome.mutant
    head = f"mutant {mutant.number} ({mutant.format}): {mutant.mutation}: {mutant.done}"
    more = [f"  ... and {len(outcome.wrong) - 3} more"] * (len(outcome.wrong) > 3)
    return "\n".join([head, *(f"  {text}" for text in outcome.wrong[:3]), *more])
