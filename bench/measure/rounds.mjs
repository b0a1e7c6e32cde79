/**
 * Runs every contestant once per round, always in the same order (A B C D A B C D …), so that what disturbs the machine
 * disturbs them alike. Resolves with `{ name: [result of round 1, …] }`.
 */
export async function interleave(contestants, rounds, runOne, tell) {
  const results = Object.fromEntries(contestants.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const contestant of contestants) {
      const result = await runOne(contestant, round);
      results[contestant.name].push(result);
      tell({ round, contestant, result });
    }
  }
  return results;
}
