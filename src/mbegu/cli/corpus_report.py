"""`mbegu corpus report`: a page that shows a person what a corpus is made of."""

from __future__ import annotations

from pathlib import Path

import click

from mbegu.cli.common import json_option, prepare_threads
from mbegu.core.report import write_result


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def report(folder: Path, as_json: bool) -> None:
    """Show what the text in DIR is made of, as a page for the browser.

    DIR is the folder that `mbegu corpus clean` wrote, or a project whose corpus step is done. The page, DIR/report.html, opens offline and prints.
    """
    from mbegu.corpus.report import write_report
    from mbegu.corpus.report.folder import open_folder

    prepare_threads()
    if as_json:
        from mbegu.corpus.report.facts import gather

        write_result(gather(open_folder(folder)).as_json(), True, "")
        return
    page = write_report(folder)
    write_result({}, False, f"the report is {page}; open it in any browser")
