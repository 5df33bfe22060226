from __future__ import annotations

from pathlib import Path

import pytest
from tests.corpus.material import pdf
from tests.serve.documents.material import LEAFLETS, QUIET, write_folder

from mbegu.serve.documents.library import open_documents

starlette = pytest.importorskip("starlette", reason="starlette is not installed: pip install starlette")
pytest.importorskip("httpx", reason="httpx, which starlette's test client needs, is not installed")

EVIL = '<script>alert(1)</script> "><img src=x onerror=alert(1)> kizunguzungu \x1b[2J\u202e'


@pytest.fixture
def client(tmp_path: Path):  # type: ignore[no-untyped-def]
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from mbegu.serve.documents.routes import routes

    files: dict[str, str | bytes] = {**LEAFLETS, "<b>ovu</b>.html": f"<p>{EVIL.replace('<', '&lt;')}</p>", "a.pdf": pdf("Dawa ya minyoo kwa watoto")}
    documents = open_documents(write_folder(tmp_path / "hati", files), QUIET, embeddings=False)
    documents.store.set_meta("calibration", {"threshold": 0.1, "has_meaning": False})
    (tmp_path / "secret.txt").write_text("siri", encoding="utf-8")
    with TestClient(Starlette(routes=routes(documents))) as client:
        yield client


def ask(client, question: object, language: object = "swa"):  # type: ignore[no-untyped-def]
    return client.post("/answers", json={"question": question, "language": language})


def test_an_answer_and_its_link(client) -> None:  # type: ignore[no-untyped-def]
    found = ask(client, "Chemsheni maji kabla ya kuyanywa?").json()
    assert found["kind"] == "quoted"
    assert found["quotation"]["file"] == "swa.md"
    page = client.get(found["quotation"]["link"].split("#")[0])
    assert page.status_code == 200
    assert "<mark>Chemsheni maji kabla ya kuyanywa." in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["x-content-type-options"] == "nosniff"


def test_a_page_of_a_pdf_is_named(client) -> None:  # type: ignore[no-untyped-def]
    found = ask(client, "Dawa ya minyoo kwa watoto").json()["quotation"]
    assert (found["file"], found["page"]) == ("a.pdf", 1)
    original = client.get(f"/documents/{found['link'].split('/')[2]}/original")
    assert original.headers["content-type"] == "application/pdf"
    assert original.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("asked", "status", "first"),
    [
        ("bytes=0-3", 206, b"%PDF"),
        ("bytes=9-3", 200, b"%PDF"),
        ("bytes=a-b", 200, b"%PDF"),
        ("bytes=0-1,3-4", 200, b"%PDF"),
        ("lines=1-2", 200, b"%PDF"),
        ("bytes", 200, b"%PDF"),
    ],
)
def test_a_part_of_a_document_is_given_and_a_wish_that_makes_no_sense_ignored(client, asked: str, status: int, first: bytes) -> None:  # type: ignore[no-untyped-def]
    found = ask(client, "Dawa ya minyoo kwa watoto").json()["quotation"]
    answer = client.get(f"/documents/{found['link'].split('/')[2]}/original", headers={"Range": asked})
    assert (answer.status_code, answer.content[:4]) == (status, first)
    assert status == 200 or len(answer.content) == 4


def test_what_a_document_holds_never_runs(client) -> None:  # type: ignore[no-untyped-def]
    found = ask(client, "kizunguzungu").json()["quotation"]
    page = client.get(found["link"].split("#")[0])
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "<b>" not in page.text
    original = client.get(f"/documents/{found['link'].split('/')[2]}/original")
    assert original.headers["content-type"] == "application/octet-stream"
    assert original.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "must be an object"),
        (b"{}", "'question' must be a text"),
        (b'{"question": 3}', "'question' must be a text"),
        (b'{"question": " "}', "'question' must be a text"),
        (b'{"question": "x", "language": 3}', "'language' must be a language code"),
        (b'{"question": "x", "n": 3}', "only 'question' and 'language' are known"),
        (b'{"question": "\\ud800"}', "half a character"),
        (b'{"question": "' + b"x" * 2_001 + b'"}', "2,001 characters; at most 2,000"),
    ],
)
def test_a_wrong_request_is_told_in_the_shape_of_openai(client, body: bytes, said: str) -> None:  # type: ignore[no-untyped-def]
    response = client.post("/answers", content=body)
    assert response.status_code == 400
    assert said in response.json()["error"]["message"]
    assert response.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "path",
    [
        "/documents/999/passage/1",
        "/documents/1/passage/999",
        "/documents/0/original",
        f"/documents/{10**30}/passage/1",
        f"/documents/{10**30}/original",
    ],
)
def test_what_is_not_there_is_not_found(client, path: str) -> None:  # type: ignore[no-untyped-def]
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/documents/../secret.txt", "/documents/..%2fsecret.txt/original", "/documents/-1/original", "/documents/1/passage/x"]
)
def test_no_path_leads_out(client, path: str) -> None:  # type: ignore[no-untyped-def]
    response = client.get(path)
    assert response.status_code == 404
    assert "siri" not in response.text


def test_a_link_that_leads_out_is_not_handed_out(client, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    listed = client.get("/documents").json()["documents"]
    number = next(each["id"] for each in listed if each["name"] == "swa.md")
    path = tmp_path / "hati" / "swa.md"
    path.unlink()
    try:
        path.symlink_to(tmp_path / "secret.txt")
    except OSError:
        pytest.skip("links need a right that this account does not have")
    assert client.get(f"/documents/{number}/original").status_code == 404


def test_many_at_once_get_their_own_answers(client) -> None:  # type: ignore[no-untyped-def]
    from concurrent.futures import ThreadPoolExecutor

    asked = {"Chemsheni maji kabla": "swa.md", "Ẹ sè omi kí ẹ tó": "yor.md", "اغلوا الماء قبل": "ara.md"}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda question: (question, ask(client, question).json()["quotation"]["file"]), list(asked) * 8))
    assert all(file == asked[question] for question, file in found)
