// Paths and addresses of objects. Pure functions.
// RFC 3986's, which signatures are made over: encodeURIComponent leaves a few marks alone.
export function escape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function pathOf(bucket: string, key = ''): string {
  return `/${escape(bucket)}${key ? `/${key.split('/').map(escape).join('/')}` : ''}`;
}

// "s3://bucket/key" taken apart.
export function readUri(uri: string): { bucket: string; key: string } | undefined {
  const found = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri);
  return found ? { bucket: found[1] ?? '', key: found[2] ?? '' } : undefined;
}
