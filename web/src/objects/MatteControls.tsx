import { RotateCcw } from "lucide-react";
import { useEffect, useState } from "react";
import type { Project, Settings } from "../api/types";
import { changeProject } from "../editor/actions";
import { editor } from "../state/editor";
import { IconButton } from "../ui/Button";
import { Slider } from "../ui/Slider";

type Matte = Pick<Settings, "matte_despeckle" | "matte_choke" | "matte_feather" | "matte_gamma">;

const PLAIN = { matte_despeckle: 0, matte_choke: 0, matte_feather: 0, matte_gamma: 1 };

/** The soft edge of all that is cut out, seen on the checkerboard as soon as a slider is let go. */
export function MatteControls({ project }: { project: Project }) {
  const [moved, setMoved] = useState<Matte>({});
  useEffect(() => setMoved({}), [project.revision]);
  const value = (name: keyof Matte) => moved[name] ?? project.settings[name] ?? PLAIN[name];
  const keep = (change: Matte) => {
    editor.set({ compare: "cutout" });
    void changeProject({ settings: change });
  };
  const slider = (name: keyof Matte, label: string, min: number, max: number, unit = "px", step = 1) => (
    <Slider
      label={label}
      value={value(name)}
      min={min}
      max={max}
      step={step}
      unit={unit}
      onChange={(to) => setMoved((known) => ({ ...known, [name]: to }))}
      onCommit={(to) => keep({ [name]: to })}
    />
  );
  const size = Math.max(project.clip.width, project.clip.height);
  const reach = Math.max(10, Math.round(size / 80));
  const plain = (Object.keys(PLAIN) as (keyof Matte)[]).every((name) => value(name) === PLAIN[name]);
  return (
    <section className="side-part" aria-label="Matte">
      <div className="side-part-head">
        <h3>Matte of all cutouts</h3>
        {!plain && (
          <IconButton small label="Reset the matte" onClick={() => keep(PLAIN)}>
            <RotateCcw size={13} />
          </IconButton>
        )}
      </div>
      {slider("matte_choke", "Choke", -reach, reach, "px", 0.5)}
      {slider("matte_feather", "Soften", 0, reach, "px", 0.5)}
      {slider("matte_gamma", "Solidity", 0.2, 3, "×", 0.1)}
      {slider("matte_despeckle", "Drop matte specks up to", 0, Math.round(size * 2), "px²", 10)}
    </section>
  );
}
