import { Tooltip } from "radix-ui";
import type { ReactElement } from "react";

let byKeys = false;
window.addEventListener("keydown", ({ key }) => (byKeys = /^(Tab|Arrow|Home|End)/.test(key)), true);

/** A name and its key beside what it belongs to. */
export function Hint({
  text,
  keys,
  side = "bottom",
  children,
}: {
  text: string;
  keys?: string;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactElement;
}) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        asChild
        // What gets the focus back from something that closed needs no words, over the picture.
        onFocus={(event) => byKeys || event.preventDefault()}
      >
        {children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" side={side} sideOffset={6} collisionPadding={8}>
          {text}
          {keys && <kbd>{keys}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
