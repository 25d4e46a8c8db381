/** Builds the pages into `dashboards/web/dist`; `vite dashboards/web` serves them live against a running API. */
import react from '@vitejs/plugin-react';
import { env } from 'node:process';
import { defineConfig } from 'vite';

const api = env['METERLINE_API'] ?? 'http://127.0.0.1:8480';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Nothing becomes a data: address, so that the content security policy can forbid them for fonts and scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': { target: api, ws: true, changeOrigin: true },
      '/login': { target: api, changeOrigin: true },
    },
  },
});
