// Names with texts, as environments and hyperparameters are, from JSON that somebody typed. Pure functions.
// Nothing for other JSON.
export function readParameters(text: string): Record<string, string> | undefined {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return undefined;
    return Object.values(read).every((value) => typeof value === 'string') ? (read as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

export const parametersProblem = (read: Record<string, string> | undefined): string => (read ? '' : 'A JSON object whose values are all texts is needed.');
