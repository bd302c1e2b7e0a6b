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
            [f"`{c.name}`", c.kind + ("" if c in table.columns else "?"), c.unit, c.meaning] for c in table.every
        ]


class AllSettings(_MarkdownTable):
    """``{all-settings}``: every setting, its default and meaning."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        return ["setting", "default", "meaning", "may be"], [
            [f"`{s.section}.{s.name}`", f"`{s.default}`", s.meaning, s.allowed] for s in settings.describe()
        ]


class AllFlags(_MarkdownTable):
    """``{all-flags}``: every flag, its weight and explanation, worst first."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        return ["flag", "weight", "what it says"], [
            [f"`{flag.name.lower()}`", flags.SEVERITY[flag], flags.EXPLANATIONS[flag]] for flag in flags.Flag
        ]


class AllMeasures(_MarkdownTable):
    """``{all-measures}``: what stands in quality.csv."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        return ["measure", "unit", "value"], [[f"`{m.name}`", m.unit, m.meaning] for m in tables.MEASURES.values()]


class AllReaders(_MarkdownTable):
    """``{all-readers}``: formats, what is kept, and whether a real file was tested."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        from blotquant.readers import READERS

        return ["reader", "formats", "endings", "what is kept", "tested on"], [
            [f"`{name}`", r.formats, " ".join(r.extensions), r.kept, r.tested_on] for name, r in READERS.items()
        ]


class AllBackgrounds(_MarkdownTable):
    """``{all-backgrounds}``: the family, what each does and assumes, and its source."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        from blotquant import BACKGROUNDS

        return ["background", "what it does", "looks at", "exact on", "assumes", "source"], [
            [f"`{name}`", b.meaning, b.scope, b.exact_on, b.assumption, b.reference] for name, b in BACKGROUNDS.items()
        ]


class AllModels(_MarkdownTable):
    """``{all-models}``: the curves."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        from blotquant.dose_response.models import MODELS

        return ["model", "curve (x is dose)", "source"], [
            [f"`{name}`", f"`{m.formula}`", m.reference] for name, m in MODELS.items()
        ]


class AllFigures(_MarkdownTable):
    """``{all-figures}``: the kinds of figure, and what each shows."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        from blotquant.figures import FIGURES

        return ["figure", "what it shows"], [[f"`{name}`", kind.shows] for name, kind in FIGURES.items()]


class AllDocuments(_MarkdownTable):
    """``{all-documents}``: the fields of every verb's JSON document."""

    def rows(self) -> tuple[list[str], list[list[str]]]:
        from blotquant.cli.documents import DOCUMENTS

        return ["verb", "field", "type", "meaning"], [
            [f"`{verb}`", f"`{f.name}`", f.kind, f.meaning] for verb, fields in DOCUMENTS.items() for f in fields
        ]


class AllVerbs(Directive):
    """``{all-verbs}``: the help of every verb, as the command line prints it."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        from typer.testing import CliRunner

        from blotquant.cli import app

        found: list[nodes.Node] = []
        for words in ([], *([name] for name in sorted(c.name for c in app.registered_commands))):
            said = CliRunner().invoke(app, [*words, "--help"], prog_name="blotquant", terminal_width=100).output
            section = nodes.section(ids=[nodes.make_id("cli-" + (words[0] if words else "blotquant"))])
            section += nodes.title(text="blotquant " + " ".join(words))
            section += nodes.literal_block(said, said, language="text")
            found.append(section)
        return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    for name, directive in {
        "columns-of": ColumnsOf,
        "all-settings": AllSettings,
        "all-flags": AllFlags,
        "all-measures": AllMeasures,
        "all-readers": AllReaders,
        "all-backgrounds": AllBackgrounds,
        "all-models": AllModels,
        "all-figures": AllFigures,
        "all-documents": AllDocuments,
        "all-verbs": AllVerbs,
    }.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True}
