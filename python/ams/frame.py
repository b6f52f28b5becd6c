"""Results as columns with names and units."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class Frame:
    """Columns of equal length, as NumPy arrays; ``to_pandas()`` where pandas is installed.

    ``units`` names the unit of a column that has one: ``{"mean": "ms"}``.
    """

    def __init__(self, columns: Mapping[str, Any], units: Mapping[str, str] | None = None):
        self._columns = {name: np.asarray(column) for name, column in columns.items()}
        self.units = dict(units or {})
        if len({len(column) for column in self._columns.values()}) > 1:
            raise ValueError("expected columns of one length")

    @classmethod
    def of_rows(cls, names: Sequence[str], rows: Sequence[Sequence[Any]],
                units: Mapping[str, str] | None = None) -> Frame:
        """A frame of rows, each with one value per name."""
        columns = zip(*rows) if rows else [[] for _ in names]
        return cls(dict(zip(names, columns)), units)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._columns)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    def __getitem__(self, name: str) -> np.ndarray:
        return self._columns[name]

    def where(self, **equal: Any) -> Frame:
        """The rows whose columns have these values."""
        kept = np.ones(len(self), bool)
        for name, value in equal.items():
            kept &= self[name] == value
        return Frame({name: column[kept] for name, column in self._columns.items()}, self.units)

    def row(self, **equal: Any) -> dict[str, Any]:
        """The only row whose columns have these values; KeyError where there is none, or several."""
        found = self.where(**equal)
        if len(found) != 1:
            raise KeyError(f"expected one row with {equal}, found {len(found)}")
        return {name: column[0].item() for name, column in found._columns.items()}

    def rows(self) -> list[dict[str, Any]]:
        """Every row as a dictionary."""
        return [dict(zip(self._columns, values)) for values in
                zip(*(column.tolist() for column in self._columns.values()))]

    def to_pandas(self) -> Any:
        """A pandas.DataFrame; units are in its ``attrs``."""
        import pandas

        frame = pandas.DataFrame(self._columns)
        frame.attrs["units"] = self.units
        return frame

    def write(self, path: str | os.PathLike) -> None:
        """A table with tabs, as the program's own tables."""
        with open(path, "w", encoding="utf-8") as out:
            print(*self._columns, sep="\t", file=out)
            for values in zip(*(column.tolist() for column in self._columns.values())):
                print(*values, sep="\t", file=out)

    def __str__(self) -> str:
        cells = [[name, *map(_cell, column.tolist())] for name, column in self._columns.items()]
        widths = [max(map(len, column)) for column in cells]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                 for row in zip(*cells)]
        return "\n".join(lines)

    __repr__ = __str__


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def read_tsv(path: str | os.PathLike) -> Frame:
    """A table that the program wrote; columns of numbers become float arrays."""
    with open(path, encoding="utf-8") as lines:
        names = next(lines).rstrip("\n").split("\t")
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return Frame({name: _numbers([row[k] for row in rows]) for k, name in enumerate(names)})


def _numbers(cells: list[str]) -> np.ndarray:
    try:
        return np.array([float(cell) if cell not in ("", "-") else np.nan for cell in cells])
    except ValueError:
        return np.array(cells)
