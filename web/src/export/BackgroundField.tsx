import { ImageUp } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { upload } from "../api/uploads";
import { Button } from "../ui/Button";
import { Segmented } from "../ui/Segmented";
import { toastError } from "../ui/toasts";

/** What a cutout is laid over. `value` is the API's word for it, once there is one. */
export type Background =
  | { kind: "none"; value?: undefined }
  | { kind: "colour" | "blur" | "picture"; value?: string; name?: string };

const GREEN = "#00b140";

const HINTS: Record<Background["kind"], string> = {
  none: "The surroundings are transparent",
  colour: "One colour, such as a green screen's",
  blur: "The clip itself, out of focus",
  picture: "A picture or a video of yours, laid over the whole frame",
};

export function BackgroundField({
  value,
  onChange,
}: {
  value: Background;
  onChange: (to: Background) => void;
}) {
  const choose = (kind: Background["kind"]) => {
    if (kind === "colour") onChange({ kind, value: GREEN });
    else if (kind === "blur") onChange({ kind, value: "blur" });
    else onChange({ kind });
  };
  return (
    <div className="field">
      <span>Background</span>
      <Segmented<Background["kind"]>
        fill
        label="Background"
        value={value.kind}
        choices={[
          { value: "none", label: "None", hint: HINTS.none },
          { value: "colour", label: "Colour", hint: HINTS.colour },
          { value: "blur", label: "Blur", hint: HINTS.blur },
          { value: "picture", label: "Picture", hint: HINTS.picture },
        ]}
        onChange={choose}
      />
      {value.kind === "colour" && (
        <label className="background-colour">
          <input
            type="color"
            aria-label="Colour of the background"
            value={value.value}
            onChange={(event) => onChange({ kind: "colour", value: event.target.value })}
          />
          <span className="number">{value.value}</span>
        </label>
      )}
      {value.kind === "picture" && <PictureButton value={value} onChange={onChange} />}
      {(value.kind === "none" || value.kind === "blur") && <p className="export-hint">{HINTS[value.kind]}.</p>}
    </div>
  );
}

function PictureButton({
  value,
  onChange,
}: {
  value: Background & { kind: "picture" | "colour" | "blur" };
  onChange: (to: Background) => void;
}) {
  const [share, setShare] = useState<number | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const control = useRef<AbortController | null>(null);
  useEffect(() => () => control.current?.abort(), []);
  const send = async (file: File) => {
    control.current?.abort();
    const mine = (control.current = new AbortController());
    setShare(0);
    onChange({ kind: "picture", name: file.name });
    try {
      const id = await upload(file, ({ sent, size }) => setShare(sent / size), mine.signal);
      onChange({ kind: "picture", value: `upload:${id}`, name: file.name });
    } catch (problem) {
      if (mine.signal.aborted) return;
      onChange({ kind: "picture" });
      toastError(problem);
    }
    setShare(null);
  };
  return (
    <div className="background-picture">
      <Button onClick={() => picker.current?.click()}>
        <ImageUp size={14} /> {value.name ? "Another" : "Choose a picture or video"}
      </Button>
      <span className="background-name" title={value.name}>
        {share === null ? value.name : `${Math.round(100 * share)} %`}
      </span>
      <input
        ref={picker}
        type="file"
        accept="image/*,video/*"
        className="visually-hidden"
        tabIndex={-1}
        aria-label="Background picture"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) void send(file);
        }}
      />
    </div>
  );
}
