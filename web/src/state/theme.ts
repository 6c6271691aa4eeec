import { create } from "zustand";

export type Theme = "dark" | "light" | "system";

const KEPT = "cleanplate.theme";
const light = window.matchMedia("(prefers-color-scheme: light)");

export const useTheme = create<{ theme: Theme }>(() => ({
  theme: (localStorage.getItem(KEPT) as Theme | null) ?? "dark",
}));

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEPT, theme);
  useTheme.setState({ theme });
}

/** Bring the page into the theme, now and whenever it or the system's changes. */
export function followTheme(): void {
  const show = () => {
    const { theme } = useTheme.getState();
    const shown = theme === "system" ? (light.matches ? "light" : "dark") : theme;
    document.documentElement.dataset.theme = shown;
  };
  show();
  useTheme.subscribe(show);
  light.addEventListener("change", show);
}
