"""`mbegu corpus rules`: the rules that bring spelling variants together, and what they would change in a text before they do."""

from __future__ import annotations

from pathlib import Path

import click

from mbegu.cli.common import PATH, json_option, quiet_option
from mbegu.core.report import Say, format_table, write_result


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=PATH)
@click.option("--language", required=True, metavar="CODE", help="ISO 639-3 code, with an optional script: only rules for this language and for any.")
@click.option(
    "--rules", multiple=True, metavar="NAME", help="Look at this rule, or the rules of a .toml file; may be given again. Default: all that fit."
)
@json_option
@quiet_option
def rules(paths: tuple[Path, ...], language: str, rules: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """List the rules for a language; with PATHs, show what each would change there, how often and an example. Nothing is changed.

    Choose with `mbegu corpus clean --rules NAME`.
    """
    from mbegu.core.language import parse_language
    from mbegu.corpus.rewrite import rules_for

    parse_language(language)
    if paths:
        _preview(paths, language, rules or tuple(rule.name for rule in rules_for(language)), as_json, quiet)
        return
    found = [rule for rule in rules_for(language) if not rules or rule.name in rules]
    value = [
        {"name": rule.name, "languages": rule.languages, "summary": rule.summary, "why": rule.why, "source": rule.source, "examples": rule.examples}
        for rule in found
    ]
    rows = [(rule.name, rule.summary, " → ".join(rule.examples[0]) if rule.examples else "") for rule in found]
    write_result(value, as_json, format_table(("rule", "what it changes", "for example"), rows) if rows else f"there are no rules for {language}")


def _preview(paths: tuple[Path, ...], language: str, names: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    from mbegu.core.steps import Project
    from mbegu.corpus.files import text_files
    from mbegu.corpus.findings import Findings
    from mbegu.corpus.read import read_documents
    from mbegu.corpus.rewrite import Rewriter
    from mbegu.corpus.settings import CorpusSettings

    rewriter, findings = Rewriter(names), Findings()
    settings = CorpusSettings(text=tuple(str(path.resolve()) for path in paths), repeated_lines=False)
    files = text_files(settings, Project(Path.cwd()), findings)
    documents = read_documents(files, language, settings, findings, Say(quiet=quiet))
    preview = rewriter.preview(document.text for document in documents)
    value = [
        {"rule": rule, "before": before, "after": after, "count": row.count, "texts": row.texts, "examples": row.examples}
        for (rule, before, after), row in preview.sorted_rows()
    ]
    write_result(value, as_json, preview.table())
