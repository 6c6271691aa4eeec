import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { create } from "zustand";
import { explain } from "../api/errors";
import { Button, IconButton } from "./Button";

export interface Toast {
  id: number;
  kind: "info" | "good" | "bad";
  title: string;
  text?: string;
  actions?: { label: string; run: () => void }[];
  /** What it is about, a job's id: forgotten when there is news of that. */
  about?: string;
}

const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));
let next = 1;

/** Say something at the corner. The same title is said only once at a time. */
export function toast(kind: Toast["kind"], title: string, more: Partial<Toast> = {}): void {
  const id = next++;
  useToasts.setState(({ toasts }) => ({
    toasts: [...toasts.filter((other) => other.title !== title), { id, kind, title, ...more }].slice(-4),
  }));
}

/** Say what went wrong and what can be done about it. */
export function toastError(error: unknown): void {
  const { message, remedy } = explain(error);
  toast("bad", message, { text: remedy });
}

/** Take back what was said about something that goes on now. */
export function forget(about: string): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((other) => other.about !== about) }));
}

export function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((other) => other.id !== id) }));
}

const ICONS = {
  info: <Info size={15} />,
  good: <CircleCheck size={15} />,
  bad: <CircleAlert size={15} />,
};

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <section className="toasts" aria-label="Messages" aria-live="polite">
      {toasts.map((each) => (
        <ToastCard key={each.id} toast={each} />
      ))}
    </section>
  );
}

/** How long a message stays, in milliseconds, while the page is looked at: longer where there is
 * something to press. What an export made can be fetched from the queue later on as well. */
const STAYS = { plain: 5000, withActions: 12_000 };

/** Call `done` once the page has been in front for so long, beginning anew while `held`. */
function useSeenFor(milliseconds: number, held: boolean, done: () => void): void {
  const latest = useRef(done);
  latest.current = done;
  useEffect(() => {
    if (held || !Number.isFinite(milliseconds)) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const begin = () => {
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(() => latest.current(), milliseconds);
    };
    begin();
    document.addEventListener("visibilitychange", begin);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", begin);
    };
  }, [milliseconds, held]);
}

function ToastCard({ toast: { id, kind, title, text, actions } }: { toast: Toast }) {
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  // What went wrong stays until somebody closes it.
  const stays = kind === "bad" ? Infinity : actions?.length ? STAYS.withActions : STAYS.plain;
  useSeenFor(stays, hovered || focused, () => dismiss(id));
  return (
    <div
      className={`toast ${kind}`}
      role={kind === "bad" ? "alert" : "status"}
      onPointerEnter={() => setHovered(true)}
      onPointerLeave={() => setHovered(false)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      {ICONS[kind]}
      <div className="toast-title">{title}</div>
      <IconButton small label="Dismiss" onClick={() => dismiss(id)}>
        <X size={14} />
      </IconButton>
      {text && <div className="toast-text">{text}</div>}
      {actions?.length ? (
        <div className="toast-actions">
          {actions.map((action) => (
            <Button
              key={action.label}
              onClick={() => {
                action.run();
                dismiss(id);
              }}
            >
              {action.label}
            </Button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
