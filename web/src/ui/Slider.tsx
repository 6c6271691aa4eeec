import { Slider as Radix } from "radix-ui";
import { useEffect, useState } from "react";

/** A number with a name: dragged, stepped with arrows, or typed. */
export function Slider({
  label,
  value,
  min,
  max,
  step = 1,
  unit = "px",
  inline,
  disabled,
  onChange,
  onCommit,
}: {
  label: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  unit?: string;
  inline?: boolean;
  disabled?: boolean;
  onChange: (value: number) => void;
  onCommit?: (value: number) => void;
}) {
  return (
    <div className={`slider ${inline ? "inline" : ""}`}>
      <span className="slider-label" aria-hidden>
        {label}
      </span>
      {inline && <Bar {...{ label, value, min, max, step, unit, disabled, onChange, onCommit }} />}
      <span className="slider-value">
        <NumberBox {...{ label, value, min, max, step, disabled, onChange, onCommit }} />
        <span className="slider-unit">{unit}</span>
      </span>
      {!inline && <Bar {...{ label, value, min, max, step, unit, disabled, onChange, onCommit }} />}
    </div>
  );
}

interface Numeric {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  disabled?: boolean;
  onChange: (value: number) => void;
  onCommit?: (value: number) => void;
}

function Bar({ label, value, min, max, step, unit, disabled, onChange, onCommit }: Numeric & { unit: string }) {
  return (
    <Radix.Root
      className="slider-root"
      value={[value]}
      {...{ min, max, step, disabled }}
      onValueChange={([next]) => onChange(next!)}
      onValueCommit={([next]) => onCommit?.(next!)}
    >
      <Radix.Track className="slider-track">
        {min < 0 ? <FromNought {...{ value, min, max }} /> : <Radix.Range className="slider-range" />}
      </Radix.Track>
      <Radix.Thumb className="slider-thumb" aria-label={label} aria-valuetext={`${value} ${unit}`} />
    </Radix.Root>
  );
}

/** The bar of a slider that goes both ways: from the middle to where the thumb is. */
function FromNought({ value, min, max }: { value: number; min: number; max: number }) {
  const share = (number: number) => (100 * (number - min)) / (max - min);
  const left = share(Math.min(0, value));
  return (
    <>
      <i className="slider-nought" style={{ left: `${share(0)}%` }} />
      <div className="slider-range" style={{ left: `${left}%`, width: `${share(Math.max(0, value)) - left}%` }} />
    </>
  );
}

function NumberBox({ label, value, min, max, step, disabled, onChange, onCommit }: Numeric) {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const take = () => {
    const number = Math.min(max, Math.max(min, Number(text)));
    if (!Number.isFinite(number) || text.trim() === "") return setText(String(value));
    if (number !== value) {
      onChange(number);
      onCommit?.(number);
    }
    setText(String(number));
  };
  return (
    <input
      inputMode="decimal"
      aria-label={`${label}, typed`}
      value={text}
      disabled={disabled}
      size={step < 1 ? 5 : 4}
      onChange={(event) => setText(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
}
