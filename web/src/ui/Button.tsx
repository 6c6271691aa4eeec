import type { ComponentProps, ReactNode } from "react";
import { Hint } from "./Hint";

type Look = "primary" | "quiet" | "danger" | "";

export function Button({
  look = "",
  large,
  className = "",
  ...rest
}: ComponentProps<"button"> & { look?: Look; large?: boolean }) {
  const names = `button ${look} ${large ? "large" : ""} ${className}`;
  return <button type="button" className={names} {...rest} />;
}

/** A picture for a word: the name is read aloud, and shown with its key on hovering. */
export function IconButton({
  label,
  keys,
  small,
  side,
  children,
  ...rest
}: Omit<ComponentProps<"button">, "aria-label"> & {
  label: string;
  keys?: string;
  small?: boolean;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactNode;
}) {
  return (
    <Hint text={label} keys={keys} side={side}>
      <button
        type="button"
        className={`icon-button ${small ? "small" : ""}`}
        aria-label={label}
        {...rest}
      >
        {children}
      </button>
    </Hint>
  );
}
