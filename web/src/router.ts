import { useSyncExternalStore } from "react";

/** Two places: the start, and a project at /p/ID. */
export type Place = { at: "start" } | { at: "project"; id: string };

const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());
window.addEventListener("popstate", tell);

export function go(path: string): void {
  history.pushState(null, "", path);
  tell();
}

export function usePlace(): Place {
  const path = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => location.pathname,
  );
  const id = /^\/p\/([a-z0-9]+)\/?$/.exec(path)?.[1];
  return id ? { at: "project", id } : { at: "start" };
}
