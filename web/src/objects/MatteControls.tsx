import { RotateCcw, SquareDashed, X } from "lucide-react";
import { useEffect, useState } from "react";
import { api, ok } from "../api/client";
import { takeJob, useNetworks } from "../api/queries";
import type { Project } from "../api/types";
import { changeProject, tryMatte } from "../editor/actions";
import { Latest } from "../lib/latest";
import { editor, useEditor, type Matte } from "../state/editor";
import { Button, IconButton } from "../ui/Button";
import { bytes } from "../lib/time";
import { Select } from "../ui/Menu";
import { Slider } from "../ui/Slider";
import { toast, toastError } from "../ui/toasts";

const PLAIN = { matte_despeckle: 0, matte_choke: 0, matte_feather: 0, matte_gamma: 1 };

/** The soft edge of all that is cut out, seen on the checkerboard while a slider moves. */
export function MatteControls({ project }: { project: Project }) {
  const [moved, setMoved] = useState<Matte>({});
  const [trying] = useState(() => new Latest<Matte>(tryMatte));
  useEffect(() => {
    setMoved({});
    editor.set({ tried: null });
  }, [project.revision]);
  useEffect(() => () => editor.set({ tried: null }), []);
  const value = (name: keyof Matte) => moved[name] ?? project.settings[name] ?? PLAIN[name];
  const keep = (change: Matte) => {
    trying.drop();
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
      onChange={(to) => {
        setMoved((known) => ({ ...known, [name]: to }));
        void trying.ask({ [name]: to });
      }}
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
      <Method project={project} />
      {slider("matte_choke", "Choke", -reach, reach, "px", 0.5)}
      {slider("matte_feather", "Soften", 0, reach, "px", 0.5)}
      {slider("matte_gamma", "Solidity", 0.2, 3, "×", 0.1)}
      {slider("matte_despeckle", "Drop matte specks up to", 0, Math.round(size * 2), "px²", 10)}
      <RoughBox drawn={Boolean(project.settings.matte_garbage?.length)} />
    </section>
  );
}

/** How the matte is made, by networks of these names where by one. */
const METHODS = [
  { value: "careful", label: "Careful: anything", needs: [] },
  { value: "people", label: "People", needs: ["rvm"] },
  { value: "people-light", label: "People, quickly", needs: ["selfie"] },
  { value: "key", label: "Green or blue screen", needs: [] },
] as const;

function Method({ project }: { project: Project }) {
  const { data: networks } = useNetworks(true);
  const choose = (value: (typeof METHODS)[number]["value"]) => {
    const needs: readonly string[] = METHODS.find((one) => one.value === value)!.needs;
    const missing = networks?.filter((one) => needs.includes(one.name) && !one.present) ?? [];
    if (missing.length) return void offer(missing);
    editor.set({ compare: "cutout" });
    void changeProject({ settings: { matte_method: value } });
  };
  return (
    <div className="field">
      <span>Method</span>
      <Select
        label="Method"
        value={project.settings.matte_method ?? "careful"}
        choices={METHODS.map(({ value, label }) => ({ value, label }))}
        onChange={choose}
      />
    </div>
  );
}

/** Say which networks a method needs that are not here, on whose terms they come, and fetch them. */
function offer(missing: { name: string; bytes: number; licence: string }[]): void {
  const about = missing.map((one) => `${one.name} (${bytes(one.bytes)}, licence ${one.licence})`);
  toast("info", "A network has to be fetched for this", {
    text: `${about.join(", ")}. Choose the method again once it is here.`,
    actions: [
      {
        label: "Fetch it",
        run: () => missing.forEach(({ name }) => void fetchNetwork(name).catch(toastError)),
      },
    ],
  });
}

async function fetchNetwork(name: string): Promise<void> {
  takeJob(
    await ok(
      api.POST("/api/v1/models/{name}/fetch", {
        params: { path: { name } },
        body: { accept_licence: true },
      }),
    ),
  );
}

/** A box around all that is cut out: what lies outside of it is background on every frame. */
function RoughBox({ drawn }: { drawn: boolean }) {
  const boxing = useEditor((state) => state.boxing);
  return (
    <div className="rough-box">
      <Button aria-pressed={boxing} onClick={() => editor.set({ boxing: !boxing, speed: 0 })}>
        <SquareDashed size={14} /> {drawn ? "Draw the rough box anew" : "Draw a rough box around it"}
      </Button>
      {drawn && (
        <IconButton
          small
          label="Remove the rough box"
          onClick={() => void changeProject({ settings: { matte_garbage: [] } })}
        >
          <X size={14} />
        </IconButton>
      )}
    </div>
  );
}
