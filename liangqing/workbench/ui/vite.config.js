import { defineConfig } from 'vite'

// Bundles go straight into the package's static folder; the manifest tells templates their hashed names.
export default defineConfig({
  base: './',
  publicDir: 'public',
  build: {
    outDir: '../static/workbench',
    emptyOutDir: true,
    manifest: 'manifest.json',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rollupOptions: { input: { app: 'src/app.js', charts: 'src/charts.js' } },
  },
})
