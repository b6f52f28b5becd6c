"""Makes quickstart.ipynb of quickstart.py, whose cells begin with `# %%`.

usage: make_notebook.py [SCRIPT [NOTEBOOK]]
"""
import json
import pathlib
import re
import sys


def cells(text):
    """A cell of the notebook's format per part of the script."""
    for number, part in enumerate(re.split(r"^# %%", text, flags=re.M)[1:]):
        kind, _, body = part.partition("\n")
        cell = {"id": f"cell-{number}", "metadata": {}}
        if "[markdown]" in kind:
            lines = [re.sub(r"^# ?", "", line) for line in body.strip().splitlines()]
            cell.update(cell_type="markdown", source="\n".join(lines).splitlines(keepends=True))
        else:
            cell.update(cell_type="code", execution_count=None, outputs=[], source=body.strip().splitlines(keepends=True))
        yield cell


def main():
    here = pathlib.Path(__file__).parent
    script = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "quickstart.py"
    notebook = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else script.with_suffix(".ipynb")
    content = {"cells": list(cells(script.read_text())), "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    notebook.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
