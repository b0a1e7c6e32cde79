import { DEFECTS } from './defects';

/** Plants the defect that this process was told to have. Only the entry points of campaigns ever ask. */
export function plant(): void {
  const name = process.env.CAMPAIGN_DEFECT;
  if (name === undefined) return;
  const [, defect] = Object.entries<() => void>(DEFECTS).find(([known]) => known === name) ?? [];
  if (!defect) throw new Error(`there is no defect "${name}"`);
  defect();
}
