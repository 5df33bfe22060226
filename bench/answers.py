"""Claim: answers from documents quote the right passage or say that they are not sure, beside plain FTS5 and embeddings alone.

    python -m bench.answers --data DIR --work FOLDER            answers: hit rate, citation precision, refusals
    python -m bench.answers --data DIR --work FOLDER --fit      fit the coefficients of mbegu.serve.documents.sure on the tuning half
    python -m bench.answers --data DIR --work FOLDER --speed    time and memory of an index of 50 MB and of a question

Documents: the English side of TICO-19 (one file a source) and every gold passage of AfriQA (one file each), and the Swahili side of TICO-19.
Questions: AfriQA in Hausa, Kinyarwanda, Swahili and Yoruba on the English documents; its train and dev files tune and calibrate, its test files
judge (Swahili has a test file only: nothing was tuned on it). 50 Swahili questions about the Swahili text, written by us: each half is judged with
the threshold that the other half gave. 100 questions that no document answers, in the same four languages, written by us: only judged with.
A right passage is the gold passage, or one of the same article that holds the answer; judged a second time by article, as where an
article is one document: any of its passages is then right, and all of them are taken away to make it unanswerable.
FOLDER keeps the indexes between runs.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import html
import json
import random
import re
import resource
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mbegu.core.report import Say
from mbegu.corpus.normalise import normalise
from mbegu.serve.documents.answer import Answers
from mbegu.serve.documents.embed import Embedder, installed_embedder
from mbegu.serve.documents.evaluate import calibrate, evaluate_questions
from mbegu.serve.documents.index import index_path, update_index
from mbegu.serve.documents.keys import words
from mbegu.serve.documents.questions import Question
from mbegu.serve.documents.search import Search
from mbegu.serve.documents.store import Store
from mbegu.serve.documents.sure import features

QUESTIONS = Path(__file__).parent / "questions"
SPEED_BYTES = 50_000_000
_UNIT = re.compile(r'<tu tuid="([^"]+):(\d+)">(.*?)</tu>', re.DOTALL)
_SEGMENT = re.compile(r"<seg>(.*?)</seg>", re.DOTALL)


def tico(data: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield (document, number, English, Swahili) of the parallel health text."""
    with zipfile.ZipFile(data / "health" / "tico-19" / "all.en-sw.tmx.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8")
    for document, number, body in _UNIT.findall(text):
        english, swahili = (normalise(html.unescape(each.strip())).text for each in _SEGMENT.findall(body))
        yield document, number, english, swahili


def write_tico(data: Path, folder: Path, side: int) -> None:
    """Write one side as documents, a sentence a line."""
    lines: dict[str, list[str]] = defaultdict(list)
    for unit in tico(data):
        lines[unit[0]].append(unit[side])
    folder.mkdir(parents=True, exist_ok=True)
    for name, each in lines.items():
        (folder / f"{name}.txt").write_text("\n".join(each), encoding="utf-8")


def afriqa(data: Path, part: str = "") -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield (language, file, row) of the rows that have a passage; ``part`` is train, dev or test."""
    for path in sorted((data / "qa" / "afriqa" / "gold_passages").glob(f"*/*{part}.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("context") and row.get("title"):
                yield path.parent.name, f"afriqa/{hashlib.sha256(row['context'].encode()).hexdigest()[:12]}.md", row


def write_afriqa(data: Path, folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Write each gold passage as a document; returns (file, words of the passage) by title."""
    titles: dict[str, dict[str, str]] = defaultdict(dict)
    (folder / "afriqa").mkdir(parents=True, exist_ok=True)
    for _, name, row in afriqa(data):
        (folder / name).write_text(f"# {' '.join(str(row['title']).split())}\n\n{row['context']}", encoding="utf-8")
        titles[str(row["title"])][name] = f" {' '.join(words(str(row['context'])))} "
    return {title: list(files.items()) for title, files in titles.items()}


def afriqa_questions(data: Path, parts: Sequence[str], titles: dict[str, list[tuple[str, str]]]) -> list[Question]:
    """Return the questions of some parts with the documents that hold their answers."""
    found = []
    for part in parts:
        for language, gold, row in afriqa(data, part):
            answers = [f" {' '.join(words(each))} " for each in row["answer_pivot"]["text"]]  # type: ignore[index]
            others = [name for name, text in titles[str(row["title"])] if any(each.strip() and each in text for each in answers)]
            found.append(Question(normalise(str(row["question_lang"])).text, language, tuple(dict.fromkeys([gold, *others]))))
    return found


def by_article(questions: Sequence[Question], titles: dict[str, list[tuple[str, str]]]) -> list[Question]:
    """Return the questions with every passage of the articles that answer them as right."""
    whole = {name: [each for each, _ in files] for files in titles.values() for name, _ in files}
    return [replace(question, files=tuple(dict.fromkeys(each for name in question.files for each in whole[name]))) for question in questions]


def drawn(questions: Sequence[Question], most: int) -> list[Question]:
    """Return at most so many questions of each language, drawn at random."""
    by_language: dict[str, list[Question]] = defaultdict(list)
    for question in random.Random(1).sample(questions, len(questions)):
        by_language[question.language].append(question)
    return [question for each in by_language.values() for question in each[:most]]


def written_questions(data: Path) -> tuple[list[Question], list[Question]]:
    """Return our questions about the Swahili text, and those that nothing answers."""
    sentences = {(document, number): swahili for document, number, _, swahili in tico(data)}
    with open(QUESTIONS / "swahili-tico-19.csv", encoding="utf-8", newline="") as file:
        about = [
            Question(row["question"], "swa", (f"{row['document']}.txt",), None, sentences[row["document"], row["unit"]])
            for row in csv.DictReader(file)
        ]
    with open(QUESTIONS / "unanswerable.csv", encoding="utf-8", newline="") as file:
        none = [Question(row["question"], row["language"]) for row in csv.DictReader(file)]
    return about, none


def without_own(search: Search, question: Question) -> set[int]:
    """Return the passages of a question's documents: left out, they make it unanswerable."""
    files = search.store.files()
    return {passage.id for name in question.files for passage in search.store.passages_of(files[name][0])}


def fit(search: Search, questions: Sequence[Question]) -> list[float]:
    """Return constant and coefficients of the logistic function of ``sure`` (ridge 1, Newton's method)."""
    rows, right = [], []
    for question in questions:
        hits = search.find(question.text, 3)
        rows.append([1.0, *features(hits)])
        right.append(question.is_answered_by(hits[0].passage) if hits else False)
        rows.append([1.0, *features(search.find(question.text, 3, without_own(search, question)))])
        right.append(False)
    x, y = np.array(rows), np.array(right, dtype=float)
    weights, ridge = np.zeros(x.shape[1]), np.diag([0.0, 1.0, 1.0, 1.0])
    for _ in range(50):
        sure = 1 / (1 + np.exp(-x @ weights))
        weights -= np.linalg.solve((x.T * (sure * (1 - sure))) @ x + ridge + 1e-9 * np.eye(4), x.T @ (sure - y) + ridge @ weights)
    return [round(float(each), 3) for each in weights]


def show(title: str, made: Answers, questions: Sequence[Question], results: dict[str, object]) -> None:
    """Judge and print one set of questions."""
    result = evaluate_questions(made, questions)
    print(f"\n{title} (threshold {result.threshold:.3f})")
    for what, value in result.rows():
        print(f"  {what}: {value}")
    for code, shares in result.by_language.items():
        print(f"  {code}: " + "; ".join(f"{name} {share}" for name, share in shares.items() if share.n))
    results[title] = result.as_json()


def judge_english(
    store: Store, embedder: Embedder | None, tuning: list[Question], questions: list[Question], results: dict[str, object], judged: str
) -> None:
    """AfriQA's test questions and the unanswerable ones on the English documents."""
    search = Search(store, embedder)
    title = f"AfriQA test on English documents, {'with' if search.has_meaning else 'without'} embeddings"
    store.connection.execute("DELETE FROM meta")
    print("  calibration:", calibrate(search, tuning))
    show(f"{title}, by {judged}, calibrated on train and dev", Answers(search), questions, results)


def judge_swahili(store: Store, embedder: Embedder | None, about: list[Question], none: list[Question], results: dict[str, object]) -> None:
    """Our Swahili questions: each half judged with the threshold of the other."""
    search = Search(store, embedder)
    title = f"Swahili questions on Swahili documents, {'with' if search.has_meaning else 'without'} embeddings"
    store.connection.execute("DELETE FROM meta")
    show(f"{title}, default threshold", Answers(search), about + none, results)
    shuffled = random.Random(5).sample(about, len(about))
    halves = (shuffled[::2], shuffled[1::2])
    for number, (learn, judge) in enumerate((halves, halves[::-1]), 1):
        print("  calibration:", calibrate(search, learn))
        show(f"{title}, half {number} judged, calibrated on the other", Answers(search), judge + none, results)


def speed(data: Path, work: Path, asked: Sequence[Question]) -> None:
    """Time of an index of 50 MB of text in many languages, without embeddings, and of questions to it."""
    folder, size = work / "large", 0
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(each for each in data.rglob("*") if each.suffix in (".txt", ".tsv", ".csv", ".jsonl", ".json", ".xml"))):
        text = path.read_text(encoding="utf-8", errors="replace")
        if size < SPEED_BYTES:
            text = text[: SPEED_BYTES - size]
            size += len(text.encode())
            (folder / f"{number:04}.txt").write_text(text, encoding="utf-8")
    index_path(folder).unlink(missing_ok=True)
    began = time.process_time()
    store, done = update_index(folder, index_path(folder), None, Say(quiet=True))
    took_s, index_bytes = time.process_time() - began, index_path(folder).stat().st_size
    print(f"index: {size:,} bytes, {done.passages:,} passages, {took_s:.1f} s processor time, {index_bytes:,} bytes")
    began = time.process_time()
    update_index(folder, index_path(folder), None, Say(quiet=True))[0].close()
    print(f"again, nothing changed: {time.process_time() - began:.1f} s")
    made = Answers(Search(store, None))
    times = []
    for question in asked:
        began = time.process_time()
        made.answer(question.text, question.language)
        times.append(time.process_time() - began)
    times.sort()
    at = [1000 * times[int(share * (len(times) - 1))] for share in (0.5, 0.95, 1)]
    print(f"answer, {len(times)} questions: median {at[0]:.0f} ms, 95th percentile {at[1]:.0f} ms, slowest {at[2]:.0f} ms processor time")
    print(f"peak memory of all this: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--most", type=int, default=10**9, help="questions of AfriQA a language, drawn at random")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    about, none = written_questions(options.data)
    if options.speed:
        speed(options.data, options.work, about + none)
        return
    english, swahili = options.work / "english", options.work / "swahili"
    write_tico(options.data, english, 2)
    write_tico(options.data, swahili, 3)
    titles = write_afriqa(options.data, english)
    tuning = drawn(afriqa_questions(options.data, (".train", ".dev"), titles), options.most)
    questions = drawn(afriqa_questions(options.data, (".test",), titles), options.most) + none
    embedder = installed_embedder()
    stores = {}
    for folder in (swahili, english):
        stores[folder], done = update_index(folder, index_path(folder), embedder, Say())
        print(f"{folder.name}: {done.passages:,} passages, {len(done.problems)} problems")
    results: dict[str, object] = {}
    for each in (None, embedder):
        if options.fit:
            print("with embeddings:" if each else "without embeddings:", fit(Search(stores[english], each), tuning))
            continue
        judge_swahili(stores[swahili], each, about, none, results)
        judge_english(stores[english], each, tuning, questions, results, "passage")
        judge_english(stores[english], each, by_article(tuning, titles), by_article(questions, titles), results, "article")
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
