import { Check, ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactElement, ReactNode } from "react";

export interface Entry {
  label: string;
  icon?: ReactNode;
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  checked?: boolean;
  onSelect: () => void;
}

export type MenuPart = Entry | "line" | { title: string };

export function Menu({
  trigger,
  parts,
  align = "start",
  wide,
}: {
  trigger: ReactElement;
  parts: MenuPart[];
  align?: "start" | "end";
  /** As wide as its trigger. */
  wide?: boolean;
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={`menu ${wide ? "wide" : ""}`} align={align} sideOffset={4} collisionPadding={8}>
          {parts.map((part, index) => {
            if (part === "line") return <DropdownMenu.Separator key={index} className="menu-line" />;
            if ("title" in part)
              return (
                <DropdownMenu.Label key={index} className="menu-title">
                  {part.title}
                </DropdownMenu.Label>
              );
            return (
              <DropdownMenu.Item
                key={index}
                className={`menu-item ${part.danger ? "danger" : ""}`}
                disabled={part.disabled}
                onSelect={part.onSelect}
              >
                {part.icon}
                {part.label}
                {part.keys && <kbd>{part.keys}</kbd>}
                {part.checked && <Check size={14} style={{ marginLeft: "auto" }} aria-label="chosen" />}
              </DropdownMenu.Item>
            );
          })}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** One of many, in a menu. */
export function Select<T extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: T;
  choices: { value: T; label: string }[];
  onChange: (value: T) => void;
}) {
  const chosen = choices.find((choice) => choice.value === value);
  return (
    <Menu
      wide
      trigger={
        <button type="button" className="select" aria-label={`${label}: ${chosen?.label ?? value}`}>
          {chosen?.label ?? value}
          <ChevronDown size={14} />
        </button>
      }
      parts={choices.map((choice) => ({
        label: choice.label,
        checked: choice.value === value,
        onSelect: () => onChange(choice.value),
      }))}
    />
  );
}
