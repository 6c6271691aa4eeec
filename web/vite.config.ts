import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The output lies inside the Python package, where the server and the wheel find it.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/cleanplate/server/static",
    emptyOutDir: true,
    target: "es2022",
    reportCompressedSize: false,
    // One file: the editor is needed whole at once, and a single request starts soonest.
    rollupOptions: { output: { manualChunks: undefined } },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8765" } },
});
