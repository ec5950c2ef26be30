"""Make mutants of Python source: one small change each, such as `<` for `<=`, at a known line."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """A change of one file: the bytes from `start` to `end` become `new`."""

    file: str
    line: int
    # The function or class it is in, "" at the top of the module.
    inside: str
    old: str
    new: str
    start: int
    end: int

    @property
    def change(self) -> str:
        """Say what is changed, on one line."""
        return f"{' '.join(self.old.split())} -> {' '.join(self.new.split())}"

    def apply(self, source: bytes) -> bytes:
        """Return the source with the change."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def list_mutants(file: str, source: bytes) -> list[Mutant]:
    """List every mutant of a file. Annotations, docstrings, decorators and texts are left as they are."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found = []
    for node, inside in _walk(ast.parse(source), ""):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        old = source[start:end].decode()
        for other in _change(node):
            new = ast.unparse(ast.fix_missing_locations(other))
            new = new if isinstance(other, ast.stmt) else f"({new})"
            if new.strip("()") != ast.unparse(node).strip("()"):
                found.append(Mutant(file, node.lineno, inside, old, new, start, end))
    return found


def _walk(node: ast.AST, inside: str) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Yield the nodes that may be changed, each with the function it is in."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            # What is inside an f-string has no place of its own in older Pythons.
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                continue
            if isinstance(child, (ast.expr, ast.stmt)):
                yield child, inside
            own = isinstance(child, (ast.FunctionDef, ast.ClassDef))
            yield from _walk(child, f"{inside}.{child.name}".strip(".") if own else inside)  # type: ignore[attr-defined]


def _change(node: ast.expr | ast.stmt) -> Iterator[ast.AST]:
    """Yield what a node may be changed into."""
    other = copy.deepcopy(node)
    match other:
        case ast.Compare(ops=[op]) if type(op) in _COMPARED:
            other.ops = [_COMPARED[type(op)]()]
            yield other
        case ast.BoolOp(op=op):
            other.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield other
        case ast.BinOp(op=op) if type(op) in _COMPUTED:
            other.op = _COMPUTED[type(op)]()
            yield other
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            other.func = ast.Name(_CALLED[name])
            yield other
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case ast.If() | ast.While():
            # Only its head is changed: the text of the body stays as it is.
            return
        case ast.Return(value=value) if value is not None:
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Continue() | ast.Break():
            yield ast.Pass()
