import { ToggleGroup } from "radix-ui";
import type { ReactNode } from "react";
import { Hint } from "./Hint";

export interface Choice<T extends string> {
  value: T;
  label: string;
  icon?: ReactNode;
  keys?: string;
  hint?: string;
  disabled?: boolean;
}

/** One of a few, all in sight. With icons, the label becomes the name that is read and hovered. */
export function Segmented<T extends string>({
  label,
  value,
  choices,
  onChange,
  fill,
  disabled,
}: {
  label: string;
  value: T;
  choices: Choice<T>[];
  onChange: (value: T) => void;
  fill?: boolean;
  disabled?: boolean;
}) {
  const icons = choices.every((choice) => choice.icon);
  return (
    <ToggleGroup.Root
      type="single"
      className={`segmented ${fill ? "fill" : ""} ${icons ? "icons" : ""}`}
      aria-label={label}
      value={value}
      disabled={disabled}
      onValueChange={(chosen) => chosen && onChange(chosen as T)}
    >
      {choices.map((choice) => {
        const item = (
          <ToggleGroup.Item
            key={choice.value}
            value={choice.value}
            disabled={choice.disabled}
            aria-label={choice.icon ? choice.label : undefined}
          >
            {choice.icon ?? choice.label}
          </ToggleGroup.Item>
        );
        return choice.icon || choice.hint ? (
          <Hint key={choice.value} text={choice.hint ?? choice.label} keys={choice.keys}>
            {item}
          </Hint>
        ) : (
          item
        );
      })}
    </ToggleGroup.Root>
  );
}
