/** Words of a routing or binding key. An empty key has none. */
export const wordsOf = (key: string): readonly string[] => (key === '' ? [] : key.split('.'));

/** Whether a topic binding takes a key: `*` is one word, `#` any number of words, none included. */
export function topicMatches(
  pattern: readonly string[],
  words: readonly string[],
  fromPart = 0,
  fromWord = 0,
): boolean {
  let word = fromWord;
  for (let part = fromPart; part < pattern.length; part += 1, word += 1) {
    if (pattern[part] === '#') return matchesAnyTail(pattern, words, part + 1, word);
    if (word >= words.length || (pattern[part] !== '*' && pattern[part] !== words[word])) return false;
  }
  return word === words.length;
}

function matchesAnyTail(pattern: readonly string[], words: readonly string[], part: number, word: number): boolean {
  if (part === pattern.length) return true;
  for (let tail = word; tail <= words.length; tail += 1) {
    if (topicMatches(pattern, words, part, tail)) return true;
  }
  return false;
}
