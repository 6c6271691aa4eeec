import { create } from "zustand";

export type Theme = "system" | "light" | "dark";

const KEPT = "cleanplate.theme";
const light = window.matchMedia("(prefers-color-scheme: light)");

/** What was chosen; what the system shows until then. */
export const useTheme = create<{ theme: Theme }>(() => ({ theme: known() }));

function known(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEPT, theme);
  useTheme.setState({ theme });
}

/** Bring the page into the theme, now and whenever it or the system's changes. */
export function followTheme(): void {
  const show = () => {
    const { theme } = useTheme.getState();
    document.documentElement.dataset.theme = theme === "system" ? (light.matches ? "light" : "dark") : theme;
  };
  show();
  useTheme.subscribe(show);
  light.addEventListener("change", show);
}
