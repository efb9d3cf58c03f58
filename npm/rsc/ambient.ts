/** What Vite and its plugins add to the language, for the files that only they compile. */

/// <reference types="vite/client" />
/// <reference types="@vitejs/plugin-rsc/types" />

export {}
