import react from '@vitejs/plugin-react'
import errand from 'errand/vite' // + errand
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [
    react(),
    errand(), // + errand
  ],
})
