import {
  Blend,
  Columns2,
  Contrast,
  Eye,
  EyeOff,
  Grid2x2,
  Layers,
  Maximize,
  SquareSplitHorizontal,
  SquareDashedBottom,
} from "lucide-react";
import { useEffect } from "react";
import type { Project } from "../api/types";
import { allOf, useRendered } from "../results/rendered";
import { editor, useEditor, type Compare, type MaskView } from "../state/editor";
import { Button, IconButton } from "../ui/Button";
import { Hint } from "../ui/Hint";
import { Menu } from "../ui/Menu";
import { Segmented, type Choice } from "../ui/Segmented";
import { Slider } from "../ui/Slider";
import { onlyCuts } from "../lib/masked";
import { previewRange, render, showResult } from "./actions";

const VIEWS: Choice<MaskView>[] = [
  { value: "overlay", label: "Colour overlay", icon: <Layers size={15} />, keys: "M" },
  { value: "outline", label: "Outline", icon: <SquareDashedBottom size={15} />, keys: "M" },
  { value: "matte", label: "Matte, white on black", icon: <Contrast size={15} />, keys: "M" },
  { value: "cutout", label: "Objects on a checkerboard", icon: <Grid2x2 size={15} />, keys: "M" },
  { value: "off", label: "No masks", icon: <EyeOff size={15} />, keys: "M" },
];

const COMPARES: Choice<Compare>[] = [
  { value: "result", label: "Result alone", icon: <Eye size={15} /> },
  { value: "wipe", label: "Wipe", icon: <SquareSplitHorizontal size={15} /> },
  { value: "split", label: "Side by side", icon: <Columns2 size={15} /> },
  { value: "difference", label: "Difference", icon: <Contrast size={15} /> },
  { value: "provenance", label: "Where each pixel came from", icon: <Blend size={15} /> },
];

const CUTOUT: Choice<Compare> = {
  value: "cutout",
  label: "What is cut out, on a checkerboard",
  icon: <Grid2x2 size={15} />,
};

const SIZES = [480, 640, 960, 1280, 1920, 3840];

/** Above the stage: masks or result, and how either is looked at. */
export function ViewBar({ project }: { project: Project }) {
  const compare = useEditor((state) => state.compare);
  const maskView = useEditor((state) => state.maskView);
  const tool = useEditor((state) => state.tool);
  const masking = compare === "source";
  const cuts = project.objects.some((object) => object.action === "cutout");
  const only = onlyCuts(project.objects);
  const choices = only ? [CUTOUT] : cuts ? [...COMPARES, CUTOUT] : COMPARES;
  const lost = !masking && !choices.some((one) => one.value === compare);
  // What is done with an object was changed meanwhile.
  useEffect(() => {
    if (lost) showResult(project);
  }, [lost, project]);
  return (
    <div className="viewbar" role="toolbar" aria-label="View">
      <Segmented<"masks" | "result">
        label="What is shown"
        value={masking ? "masks" : "result"}
        choices={[
          { value: "masks", label: "Masks", hint: "The clip with its masks" },
          { value: "result", label: "Result", hint: "The clip with its objects gone" },
        ]}
        onChange={(what) => (what === "masks" ? editor.set({ compare: "source" }) : showResult(project))}
      />
      {masking ? (
        <>
          <Segmented label="How masks are shown" value={maskView} choices={VIEWS} onChange={(view) => editor.set({ maskView: view })} />
          {(tool === "brush" || tool === "erase") && <BrushSize />}
        </>
      ) : (
        <>
          <Segmented label="How the result is shown" value={compare} choices={choices} onChange={(how) => editor.set({ compare: how })} />
          <HoldButton />
        </>
      )}
      <span className="topbar-gap" />
      {!masking && !only && <PreviewControls project={project} />}
      <Zoom project={project} />
    </div>
  );
}

function BrushSize() {
  const brush = useEditor((state) => state.brush);
  return (
    <Slider
      inline
      label="Size"
      value={Math.round(brush)}
      min={1}
      max={300}
      onChange={(size) => editor.set({ brush: size })}
    />
  );
}

/** Held down with a pointer or a key: the clip as it was. */
function HoldButton() {
  const holding = useEditor((state) => state.holding);
  const hold = (now: boolean) => () => editor.set({ holding: now });
  return (
    <Hint text="Hold to see the clip as it was" keys="\">
      <button
        type="button"
        className="button quiet"
        aria-pressed={holding}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          hold(true)();
        }}
        onPointerUp={hold(false)}
        onPointerCancel={hold(false)}
        onKeyDown={(event) => (event.key === " " || event.key === "Enter") && hold(true)()}
        onKeyUp={hold(false)}
        onBlur={hold(false)}
      >
        Before
      </button>
    </Hint>
  );
}

function PreviewControls({ project }: { project: Project }) {
  const size = useEditor((state) => state.previewSize);
  const longest = Math.max(project.clip.width, project.clip.height);
  const sizes = [...SIZES.filter((each) => each < longest), Math.min(longest, 3840)];
  const [first, end] = previewRange(project);
  const whole = first === 0 && end === project.clip.frames;
  const known = allOf(useRendered(project), first, end);
  const shown = Math.min(size, longest);
  return (
    <>
      <Menu
        align="end"
        trigger={
          <Button look="quiet" aria-label={`Preview size: ${shown === longest ? "Full size" : `${shown} px`}`}>
            <span className="number">{shown === longest ? "Full size" : `${shown} px`}</span>
          </Button>
        }
        parts={[
          { title: "Longer side of previews" },
          ...sizes.map((each) => ({
            label: each === longest ? `Full size, ${each} px` : `${each} px`,
            checked: each === shown,
            onSelect: () => editor.set({ previewSize: each }),
          })),
        ]}
      />
      <Button
        onClick={() => void render(first, end)}
        disabled={known}
        title={known ? "The result is known on each of these frames" : "Work out the result (P)"}
      >
        Preview {whole ? "all" : `${first}–${end - 1}`}
      </Button>
    </>
  );
}

function Zoom({ project }: { project: Project }) {
  const scale = useEditor((state) => state.look.scale);
  const to = (wanted: number | null) =>
    editor.set(({ look }) => ({
      look:
        wanted === null || look.scale === null
          ? { scale: wanted, x: project.clip.width / 2, y: project.clip.height / 2 }
          : { ...look, scale: wanted },
    }));
  const each = 1 / (window.devicePixelRatio || 1);
  return (
    <>
      <Menu
        align="end"
        trigger={
          <Button look="quiet" aria-label={`Zoom: ${scale === null ? "Fit" : `${Math.round((100 * scale) / each)} %`}`}>
            <span className="number">{scale === null ? "Fit" : `${Math.round((100 * scale) / each)} %`}</span>
          </Button>
        }
        parts={[
          { label: "Fit", keys: "Z", checked: scale === null, onSelect: () => to(null) },
          ...[0.5, 1, 2, 4].map((by) => ({
            label: `${by * 100} %`,
            keys: by === 1 ? "⇧ Z" : undefined,
            onSelect: () => to(by * each),
          })),
        ]}
      />
      <IconButton label="Fit" keys="Z" onClick={() => to(null)} disabled={scale === null}>
        <Maximize size={15} />
      </IconButton>
    </>
  );
}
