import errand from 'errand/vite'
import { defineConfig } from 'vite'

export default defineConfig({ plugins: [errand({ rsc: true, next: true })] })
