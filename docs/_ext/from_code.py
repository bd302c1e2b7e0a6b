"""Directives that print reference tables from the code itself, so that docs and program cannot part."""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

from blotquant import flags, settings, tables


class _MarkdownTable(Directive):
    """Base: rows of text become a parsed Markdown table."""

    has_content = False
    optional_arguments = 1

    def rows(self) -> tuple[list[str], list[list[str]]]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        head, body = self.rows()
        lines = [head, ["---"] * len(head), *body]
        text = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]
        node = nodes.container()
        self.state.nested_parse(StringList(text, source="from_code"), self.content_offset, node)
        return [node]


class ColumnsOf(_MarkdownTable):
    """``{columns-of} bands``: the columns of a table."""

    required_arguments = 1
    optional_arguments = 0

    def rows(self) -> tuple[list[str], list[list[str]]]:
        table = {**tables.INPUTS, **tables.TABLES}[self.arguments[0]]
        return ["column", "kind", "unit", "meaning"], [
            [f"`{c.name}`", c.kind, c.unit, c.meaning] for c in table.columns
        ]


class AllSettings(_MarkdownTable):
    """``{all-settings}``: every setting, its default and meaning."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        return ["setting", "default", "meaning", "choices"], [
            [f"`{section}.{name}`", f"`{default}`", meaning, ", ".join(f"`{c}`" for c in choices)]
            for section, name, default, meaning, choices in settings.describe()
        ]


class AllFlags(_MarkdownTable):
    """``{all-flags}``: every flag, its weight and explanation, worst first."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        return ["flag", "weight", "what it says"], [
            [f"`{flag.name.lower()}`", flags.SEVERITY[flag], flags.EXPLANATIONS[flag]] for flag in flags.Flag
        ]


class AllReaders(_MarkdownTable):
    """``{all-readers}``: formats, what is kept, and whether a real file was tested."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        from blotquant.readers import READERS

        return ["reader", "formats", "endings", "what is kept", "tested on"], [
            [f"`{name}`", r.formats, " ".join(r.extensions), r.kept, r.tested_on] for name, r in READERS.items()
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    for name, directive in {
        "columns-of": ColumnsOf,
        "all-settings": AllSettings,
        "all-flags": AllFlags,
        "all-readers": AllReaders,
    }.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True}
