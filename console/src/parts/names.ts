// What AWS permits as the name of a resource; empty where it is one.
export function nameProblem(name: string): string {
  if (name.length === 0) return 'A name is needed.';
  if (name.length > 63) return 'A name has at most 63 characters.';
  return /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/.test(name) ? '' : 'A name has letters, digits and hyphens, and begins and ends with a letter or digit.';
}
