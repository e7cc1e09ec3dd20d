// What AWS permits as tags, and what has to be called for others. Pure functions.
import type { ShapeTag } from '../generated/sagemaker';

export const mostTags = 50;

export function tagProblem(tags: readonly ShapeTag[], index: number): string {
  const tag = tags[index];
  if (!tag || tag.Key.length === 0) return 'A key is needed.';
  if (tag.Key.length > 128) return 'A key has at most 128 characters.';
  if (tag.Value.length > 256) return 'A value has at most 256 characters.';
  if (/^aws:/i.test(tag.Key)) return 'Keys that begin with "aws:" are reserved.';
  return tags.some((other, place) => place !== index && other.Key === tag.Key) ? 'This key is there twice.' : '';
}

export function tagChanges(old: readonly ShapeTag[], now: readonly ShapeTag[]): { removed: string[]; added: ShapeTag[] } {
  const before = new Map(old.map((tag) => [tag.Key, tag.Value])), after = new Set(now.map((tag) => tag.Key));
  return { removed: old.map((tag) => tag.Key).filter((key) => !after.has(key)), added: now.filter((tag) => before.get(tag.Key) !== tag.Value) };
}
