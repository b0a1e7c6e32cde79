/**
 * Puts another function in place of one that a built module exports, in this process alone: those who import it call it
 * through the module. Nothing in the product knows of it.
 */
export function replace<Exports extends object, Name extends keyof Exports>(
  of: Exports,
  name: Name,
  by: (original: Exports[Name]) => Exports[Name],
): void {
  of[name] = by(of[name]);
}
