// Search in the passages of a pack: words as they are written first, then without their marks, then pieces of three letters.

const MOST_FOUND = 3;
const WEIGHTS = { exact: 3, bare: 2, piece: 1 };
const LEAST_COVERED = 0.5; // of what the rarest terms of a question weigh; below this a passage is not an answer

const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;

export const words = (text) => {
  const plain = text.normalize("NFC").toLowerCase();
  if (segmenter) return [...segmenter.segment(plain)].filter((each) => each.isWordLike).map((each) => each.segment);
  return plain.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
};

export const bare = (word) => word.normalize("NFD").replace(/\p{M}/gu, "").normalize("NFC");

const pieces = (word) => {
  const letters = [..."_", ...bare(word), ..."_"];
  return letters.slice(2).map((_, at) => letters.slice(at, at + 3).join(""));
};

// term -> passages that hold it, for each of the three kinds of term.
function makeIndex(passages) {
  const index = { exact: new Map(), bare: new Map(), piece: new Map() };
  const add = (kind, term, number) => {
    const found = index[kind].get(term);
    if (found) found.add(number);
    else index[kind].set(term, new Set([number]));
  };
  passages.forEach((passage, number) => {
    for (const word of words(`${passage.heading ?? ""} ${passage.text}`)) {
      add("exact", word, number);
      add("bare", bare(word), number);
      for (const piece of pieces(word)) add("piece", piece, number);
    }
  });
  return index;
}

let known = null;
let knownIndex = null;

export function search(passages, question) {
  if (known !== passages) [known, knownIndex] = [passages, makeIndex(passages)];
  const asked = [...new Set(words(question))];
  const scores = new Map();
  let most = 0;
  for (const word of asked) {
    const rarity = weightOf(word, passages.length);
    most += rarity * WEIGHTS.exact;
    for (const [number, share] of matches(word)) scores.set(number, (scores.get(number) ?? 0) + rarity * share);
  }
  const found = [...scores].filter(([, score]) => score >= LEAST_COVERED * most).sort((one, other) => other[1] - one[1] || one[0] - other[0]);
  return found.slice(0, MOST_FOUND).map(([number, score]) => ({ ...passages[number], score, marks: marksOf(passages[number].text, asked) }));
}

// The best way in which each passage holds the word: as written, without marks, or in part.
function matches(word) {
  const best = new Map();
  const raise = (number, value) => best.set(number, Math.max(best.get(number) ?? 0, value));
  for (const number of knownIndex.exact.get(word) ?? []) raise(number, WEIGHTS.exact);
  for (const number of knownIndex.bare.get(bare(word)) ?? []) raise(number, WEIGHTS.bare);
  const parts = pieces(word);
  const held = new Map();
  for (const piece of parts) for (const number of knownIndex.piece.get(piece) ?? []) held.set(number, (held.get(number) ?? 0) + 1);
  for (const [number, count] of held) if (count > parts.length / 2) raise(number, (WEIGHTS.piece * count) / parts.length);
  return best;
}

// A word in few passages says more than one in many (inverse document frequency); one in none says most.
function weightOf(word, total) {
  const holding = knownIndex.bare.get(bare(word))?.size ?? 0;
  return Math.log(1 + (total - holding + 0.5) / (holding + 0.5));
}

// Where the words that were asked for stand, in code points.
function marksOf(text, asked) {
  const wanted = new Set(asked.map(bare));
  const marks = [];
  for (const match of text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    if (!wanted.has(bare(match[0].toLowerCase()))) continue;
    const begin = [...text.slice(0, match.index)].length;
    marks.push([begin, begin + [...match[0]].length]);
  }
  return marks;
}
