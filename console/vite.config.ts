import { createHash } from 'node:crypto';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

// Cloudscape's styles carry their fonts within. As files of their own the browser fetches those that it needs, after the first sight of the page.
function fontsAsFiles(): Plugin {
  return {
    name: 'fonts-as-files',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !file.fileName.endsWith('.css')) continue;
        file.source = file.source.toString().replace(/data:font\/woff2[^,)]*base64,([A-Za-z0-9+/=]+)/g, (_whole, data: string) => {
          const source = Buffer.from(data, 'base64');
          const name = `font-${createHash('sha256').update(source).digest('hex').slice(0, 12)}.woff2`;
          this.emitFile({ type: 'asset', fileName: `assets/${name}`, source });
          return `./${name}`;
        });
      }
    },
  };
}

export default defineConfig({
  base: '/-/console/',
  plugins: [react(), fontsAsFiles()],
  build: {
    outDir: '../build/console',
    emptyOutDir: true,
    target: 'es2022',
    // Everything comes from the server under its own name: the policy of the pages permits nothing inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
});
