"""Figures of results, drawn by gnuplot as ``ams plot`` does it."""
from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from typing import Any

from . import _library as _c
from ._library import ffi, lib


def plot(folder: str | os.PathLike | Sequence[str | os.PathLike], *, what: Sequence[str] | str = (),
         out: str | os.PathLike | None = None, formats: Sequence[str] = ("svg",)) -> list[pathlib.Path]:
    """Draws the figures of folders that ``Evaluation.write``, ``train`` or ``compare`` wrote.

    what: names of figures ("recall-time", ...); without it all that have data. out: where to, by
    default FOLDER/plots. Returns the drawings; data and scripts stand beside them.
    """
    folders = [folder] if isinstance(folder, (str, os.PathLike)) else list(folder)
    figures = [what] if isinstance(what, str) else list(what)
    out = pathlib.Path(folders[0]) / "plots" if out is None else pathlib.Path(out)
    places, kept = _c.c_texts(folders)
    names, more = _c.c_texts(figures)
    options = ffi.new("ams_figures_options *", lib.ams_figures_defaults())
    known = [_c.text(lib.ams_figure_format_names[k]) for k in range(lib.AMS_FIGURE_FORMATS)]
    wanted = {_c.choice("format", name, known) for name in formats}
    options.format = [k in wanted for k in range(len(known))]
    kept += [*more, _c.c_text(out)]
    options.folder, options.n_folders, options.figure, options.n_figures = places, len(folders), names, len(figures)
    options.out = kept[-1]
    result: Any = ffi.gc(ffi.new("ams_figures_result *"), lib.ams_figures_result_fini)
    _c.call(lib.ams_figures_draw, options, result)
    written = [pathlib.Path(_c.text(result.path[k])) for k in range(result.n)]
    return [path for path in written if path.suffix[1:] in formats]
