// pack.mjs FOLDER FILE: what Vite wrote, as one file for the program (src/server/console_files.hpp says in what form).
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)]));
}

const [folder, file] = process.argv.slice(2);
const index = [];
const streams = [];
let offset = 0;
for (const name of walk(folder).sort()) {
  const type = types[extname(name)];
  if (!type) throw new Error(`${name}: pack.mjs does not know the type of these files`);
  const stream = gzipSync(readFileSync(name), { level: 9 });
  const path = relative(folder, name);
  const hash = createHash('sha256').update(stream).digest('hex').slice(0, 32);
  index.push({ path, type, hash, immutable: path.startsWith('assets/'), offset, size: stream.length });
  streams.push(stream);
  offset += stream.length;
}
const text = Buffer.from(JSON.stringify(index));
writeFileSync(file, Buffer.concat([Buffer.from(`${text.length}\n`), text, ...streams]));
