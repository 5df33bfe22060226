// The likeliest next words by the model's own probabilities: its likeliest next tokens, each followed until the word is whole.

const MOST_WORDS = 3;
const MOST_TOKENS = 20; // looked at; as many as the server's API gives
const MOST_TRIES = 6; // tokens that are followed
const READ_LETTERS = 400; // of the text before the cursor: a suggestion must come soon
const LAST_WORD = /[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’ʼꞌ-]*$/u;
const FIRST_WORD = /^\s*([\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’ʼꞌ-]*)/u;
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

// Scripts that set no spaces between words: the browser's own rules cut them.
function cut(letters) {
  if (!UNSPACED.test(letters) || !Intl.Segmenter) return letters;
  const [first] = new Intl.Segmenter(undefined, { granularity: "word" }).segment(letters);
  return first?.segment ?? letters;
}

// The word that a text begins with; null when the text ends before the word surely does.
export function firstWord(text, isWhole = false) {
  const found = FIRST_WORD.exec(text);
  if (!found) return null;
  const word = cut(found[1]);
  return isWhole || found[0].length < text.length || word.length < found[1].length ? word : null;
}

// What there is to follow: {prompt, token, logprob, before}; the word that comes out stands after `before`.
async function beginnings(engine, text, begun, signal) {
  const next = async (prompt) => (await engine.next(prompt, { signal, most: MOST_TOKENS })).filter(([token]) => /[\p{L}\p{M}\p{N}]/u.test(token));
  const bare = text.replace(/ $/u, ""); // most tokens begin with the space before their word
  if (!begun) return (await next(bare)).map(([token, logprob]) => ({ prompt: bare, token, logprob, before: text }));
  // The word that was begun goes on, or is whole and another comes.
  const direct = (await next(text)).map(([token, logprob]) => ({ prompt: text, token, logprob, before: /^\s/u.test(token) ? `${text} ` : "", begun }));
  // The same word from its own beginning: the model knows it by other tokens than its first letters by themselves.
  const before = text.slice(0, -begun.length);
  const prompt = before.replace(/ $/u, "");
  const again = (await next(prompt)).filter(([token]) => token.trimStart().startsWith(begun) && token.trimStart() !== begun);
  const share = Math.log(again.reduce((sum, [, logprob]) => sum + Math.exp(logprob), 0) || 1);
  return [...direct, ...again.map(([token, logprob]) => ({ prompt, token, logprob: logprob - share, before }))];
}

// Up to three {word, text}: the word to show, and the whole text with it.
export async function nextWords(engine, given, signal) {
  const text = given.normalize("NFC");
  const last = LAST_WORD.exec(text)?.[0] ?? "";
  const begun = UNSPACED.test(last) ? "" : last;
  const read = text.slice(-READ_LETTERS);
  const kept = text.slice(0, text.length - read.length);
  const candidates = (await beginnings(engine, read, begun, signal)).sort((a, b) => b.logprob - a.logprob).slice(0, MOST_TRIES);
  const found = new Map();
  for (const { prompt, token, before, begun: part } of candidates) {
    if (found.size === MOST_WORDS) break;
    const goesOn = part && !before;
    const { text: more, isWhole } = await engine.follow(prompt + token, { signal });
    const word = firstWord((goesOn ? part : "") + (goesOn ? token : token.trimStart()) + more, isWhole)?.normalize("NFC");
    if (!word || word === begun || found.has(word)) continue;
    const start = goesOn ? read.slice(0, -part.length) : before;
    found.set(word, `${kept}${start}${word}${UNSPACED.test(word) ? "" : " "}`.normalize("NFC"));
  }
  return [...found].map(([word, whole]) => ({ word, text: whole }));
}
