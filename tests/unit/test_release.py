"""A release: one version and date wherever they stand, and what the Snakemake workflow catalogue asks for."""

import re
import tomllib

import yaml
from support.examples import ROOT


def read(name):
    return (ROOT / name).read_text("utf-8")


def test_version_and_date_are_the_same_everywhere():
    citation = yaml.safe_load(read("CITATION.cff"))
    version, date = re.search(r"^## (\S+) \((\S+)\)$", read("CHANGELOG.md"), re.MULTILINE).groups()
    assert tomllib.loads(read("pyproject.toml"))["project"]["version"] == version
    assert (citation["version"], str(citation["date-released"])) == (version, date)


def test_the_notes_of_a_release_say_what_is_new_what_changes_and_what_to_do():
    newest = read("CHANGELOG.md").split("\n## ")[1]
    titles = re.findall(r"^### (.*)$", newest, re.MULTILINE)
    assert titles == ["What is new", "What changes results", "When you upgrade", "All changes"]


def test_the_workflow_catalogue_finds_what_it_asks_for():
    """It asks for these words in the README, Snakefile, *.smk in rules/, config/README.md and settings."""
    assert {"snakemake", "workflow"} <= set(re.findall(r"\w+", read("README.md").lower()))
    assert (ROOT / "Snakefile").is_file() and list(ROOT.glob("rules/*.smk"))
    usage = yaml.safe_load(read(".snakemake-workflow-catalog.yml"))["usage"]
    assert usage["software-stack-deployment"]["conda"] is True and usage["report"] is True


def test_the_page_of_the_catalogue_names_every_configuration():
    named = set(re.findall(r"`(\w+\.yaml)`", read("config/README.md")))
    assert named == {"config.yaml", *(path.name for path in ROOT.glob("config/*.yaml"))}
