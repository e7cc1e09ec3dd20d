// What an object is, as its name, type and bytes tell. Pure functions.
export type Kind = 'csv' | 'json' | 'image' | 'text';

export function kindOf(name: string, type: string): Kind {
  if (/\.(png|jpe?g|gif|webp|bmp)$/i.test(name) || /^image\/(png|jpeg|gif|webp|bmp)/.test(type)) return 'image';
  if (/\.csv$/i.test(name) || type.startsWith('text/csv')) return 'csv';
  if (/\.json$/i.test(name) || type.startsWith('application/json')) return 'json';
  return 'text';
}

// Text of bytes that are text; nothing for others.
export function decode(content: Uint8Array): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content, { stream: true });
  } catch {
    return undefined;
  }
}
