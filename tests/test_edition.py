"""An edition is a fact: published once, never changed, and its manifest knows every byte."""

from __future__ import annotations

import csv
import json
import multiprocessing
import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import wavebook
from wavebook.edition import digest, read_manifest
from wavebook.errors import WavebookError

CONTRACT = {"html", "report.pdf", "notebooks", "tables", "statements.json", "manifest.json"}


@pytest.fixture
def site(allotments: Path) -> Path:
    assert wavebook("publish", "2030", cwd=allotments).returncode == 0
    return allotments / "site"


def test_an_edition_holds_what_the_contract_names(site: Path) -> None:
    assert {path.name for path in (site / "2030-r1").iterdir()} == CONTRACT


def test_the_front_page_leads_to_it(site: Path) -> None:
    assert 'url=2030-r1/html/index.html"' in (site / "index.html").read_text()


def test_the_manifest_has_the_digest_of_every_file(site: Path) -> None:
    edition = site / "2030-r1"
    files = {
        path.relative_to(edition).as_posix(): digest(path)
        for path in edition.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert read_manifest(edition)["files"] == files


def test_the_manifest_has_the_digest_of_the_wave(site: Path, allotments: Path) -> None:
    data = "data/waves/2030/post.csv"
    assert read_manifest(site / "2030-r1")["inputs"][data] == digest(allotments / data)


def test_nothing_is_published_twice(site: Path, allotments: Path) -> None:
    before = (site / "2030-r1" / "manifest.json").read_bytes()
    done = wavebook("publish", "2030", cwd=allotments)
    assert "Nothing has changed since edition 2030-r1" in done.stdout
    assert [path.name for path in site.glob("2030-*")] == ["2030-r1"]
    assert (site / "2030-r1" / "manifest.json").read_bytes() == before


def test_a_damaged_edition_is_told_when_nothing_new_is_published(
    site: Path, allotments: Path
) -> None:
    (site / "2030-r1" / "statements.json").write_text("[]")
    done = wavebook("publish", "2030", cwd=allotments)
    assert done.returncode == 1
    assert "2030-r1/statements.json: changed since it was published" in done.stderr


def test_an_edition_that_has_lost_its_manifest_is_not_passed_over(
    site: Path, allotments: Path
) -> None:
    front = (site / "index.html").read_bytes()
    (site / "2030-r1" / "manifest.json").unlink()
    done = wavebook("publish", "2030", cwd=allotments)
    assert done.returncode == 1
    assert "2030-r1: an edition without its manifest.json" in done.stderr
    assert (site / "index.html").read_bytes() == front


def test_the_newest_edition_is_that_of_the_latest_fieldwork(site: Path, allotments: Path) -> None:
    older = allotments / "data" / "waves" / "summer"  # whose name comes last
    shutil.copytree(allotments / "data" / "waves" / "2030", older)
    about = (older / "wave.yml").read_text()
    about = re.sub(r"(?m)^id: .*", "id: summer", about)
    (older / "wave.yml").write_text(re.sub(r"2030-", "2029-", about))
    assert wavebook("publish", "summer", cwd=allotments).returncode == 0
    assert 'url=2030-r1/html/index.html"' in (site / "index.html").read_text()
    listed = re.findall(r">Edition (.+?)<", (site / "editions.html").read_text())
    assert listed == ["2030-r1", "summer-r1"]


def test_a_correction_is_the_next_revision(site: Path, allotments: Path) -> None:
    chapter = allotments / "book" / "method.md"
    chapter.write_text(chapter.read_text() + "\nA correction.\n")
    before = read_manifest(site / "2030-r1")
    assert wavebook("publish", "2030", cwd=allotments).returncode == 0
    assert (site / "2030-r2" / "html" / "index.html").is_file()
    assert read_manifest(site / "2030-r1") == before
    assert 'url=2030-r2/html/index.html"' in (site / "index.html").read_text()


def test_data_that_a_chapter_shows_makes_a_new_edition(allotments: Path) -> None:
    (allotments / "data" / "more").mkdir()
    rows = allotments / "data" / "more" / "sheds.csv"
    rows.write_text("shed\nNorth shed\n")
    (allotments / "book" / "method.md").write_text(
        "# Method\n\n{% for r in records('more/sheds.csv') %}{{ r.shed }}{% endfor %}\n"
    )
    assert wavebook("publish", "2030", cwd=allotments).returncode == 0
    rows.write_text("shed\nSouth shed\n")
    assert wavebook("publish", "2030", cwd=allotments).returncode == 0
    page = allotments / "site" / "2030-r2" / "html" / "book" / "method.html"
    assert "South shed" in page.read_text()


@pytest.fixture
def compared(allotments: Path) -> Path:
    """The edition of a wave that is compared with the one before."""
    wave = ("--wave", "2031", "--respondents", "200")
    assert wavebook("simulate", *wave, cwd=allotments).returncode == 0
    done = wavebook("publish", "2031", "--compare", "2030", cwd=allotments)
    assert done.returncode == 0, done.stderr
    return allotments / "site" / "2031-r1"


def test_a_published_comparison_says_what_changed(compared: Path) -> None:
    with (compared / "tables" / "growing.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["compared_with"] for row in rows} == {"2030"}
    assert any(row["verdict"] for row in rows)


def test_the_manifest_of_a_comparison_names_both_waves(compared: Path) -> None:
    manifest = read_manifest(compared)
    assert manifest["compared_with"] == ["2030"]
    assert {"data/waves/2030/post.csv", "data/waves/2031/post.csv"} <= set(manifest["inputs"])


def test_what_is_known_of_the_compared_wave_makes_a_new_edition(
    compared: Path, allotments: Path
) -> None:
    again = ("publish", "2031", "--compare", "2030")
    assert "Nothing has changed" in wavebook(*again, cwd=allotments).stdout
    about = allotments / "data/waves/2030/wave.yml"
    about.write_text(about.read_text() + "fielded_by: somebody else\n")
    assert "Published edition 2031-r2" in wavebook(*again, cwd=allotments).stdout


def test_an_edition_without_the_comparison_is_another(compared: Path, allotments: Path) -> None:
    done = wavebook("publish", "2031", cwd=allotments)
    assert "Published edition 2031-r2" in done.stdout


def test_a_wave_to_compare_with_that_is_not_there_is_named(allotments: Path) -> None:
    done = wavebook("publish", "2030", "--compare", "2029", cwd=allotments)
    assert done.returncode == 1
    assert "2029" in done.stderr
    assert not (allotments / "site").exists()


def test_a_damaged_manifest_is_named(site: Path) -> None:
    (site / "2030-r1" / "manifest.json").write_text("{")
    with pytest.raises(WavebookError, match=r"manifest\.json: cannot be read"):
        read_manifest(site / "2030-r1")


def _publish(project: Path) -> None:
    raise SystemExit(wavebook("publish", "2030", cwd=project).returncode)


def test_two_publications_at_once_leave_whole_editions(allotments: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_publish, args=(allotments,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert 0 in [process.exitcode for process in both]
    for edition in (allotments / "site").glob("2030-r*"):
        files = read_manifest(edition)["files"]
        assert all(digest(edition / name) == sha for name, sha in files.items())


def test_a_build_holds_what_the_contract_names(allotments: Path) -> None:
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    names = {path.name for path in (allotments / "_build" / "2030").iterdir()}
    assert names == CONTRACT - {"manifest.json"}


def test_two_builds_of_the_same_content_are_the_same_bytes(allotments: Path) -> None:
    def built(out: str) -> dict[str, str]:
        assert wavebook("build", "2030", "--out", out, cwd=allotments).returncode == 0
        folder = allotments / out
        return {str(p.relative_to(folder)): digest(p) for p in folder.rglob("*") if p.is_file()}

    assert built("one") == built("two")


def test_statements_are_listed_with_the_cells_that_rest_on_them(allotments: Path) -> None:
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    listed = json.loads((allotments / "_build/2030/statements.json").read_text())
    assert [(s["statement"], s["finding"]) for s in listed] == [("beans-lead", "growing")]


def test_the_tables_have_the_contract_s_columns(allotments: Path) -> None:
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    header = (allotments / "_build/2030/tables/growing.csv").read_text().splitlines()[0]
    expected = "finding,figure,question,row,option,group,measure,value,low,high,base,status"
    assert header.startswith(expected)


def test_a_page_of_a_finding_leads_to_its_data_and_the_pdf(site: Path) -> None:
    page = site / "2030-r1" / "html" / "notebooks" / "01-growing.html"
    text = page.read_text()
    for link in ("../../tables/growing.csv", "../../report.pdf", "../../../editions.html"):
        assert f'href="{link}"' in text
        assert (page.parent / link).resolve().is_file()
