import { Download, Eye, EyeOff, Lock, LockOpen, MoreHorizontal, Play, Plus, Route, Trash2, X } from "lucide-react";
import { Popover } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import type { Action, ClipObject, Job, Project } from "../api/types";
import { useTrainingSets } from "../api/queries";
import {
  addExamples,
  addObject,
  changeObject,
  findShadow,
  mergeObject,
  removeKey,
  previewRange,
  removeObject,
  render,
  showResult,
  theRange,
  track,
} from "../editor/actions";
import { goTo } from "../editor/moves";
import { cutsOut, hasMask, onlyCuts } from "../lib/masked";
import { actOnJob } from "../export/JobsPanel";
import { about } from "../lib/time";
import { PALETTE } from "../lib/colour";
import { allOf, useRendered } from "../results/rendered";
import { editor, useEditor } from "../state/editor";
import { Button, IconButton } from "../ui/Button";
import { Menu, type MenuPart } from "../ui/Menu";
import { Progress } from "../ui/Progress";
import { Segmented } from "../ui/Segmented";
import { EdgeControls } from "./EdgeControls";
import { MatteControls } from "./MatteControls";
import { NetworkNotice } from "./NetworkNotice";
import { useTracking } from "./tracking";
import "./objects.css";

/** What is to go, to stay, or to be cut out; and the chosen one's settings. */
export function ObjectsPanel({ project }: { project: Project }) {
  const chosen = useEditor((state) => state.object);
  const object = project.objects.find((one) => one.id === chosen);
  const job = useTracking(project.id);
  const pointed = project.objects.some(hasMask);
  return (
    <aside className="side" aria-label="Objects">
      <div className="side-head">
        <h2>Objects</h2>
        <IconButton small label="New object" keys="N" onClick={() => void addObject()}>
          <Plus size={15} />
        </IconButton>
      </div>
      <NetworkNotice />
      {project.objects.length ? (
        <ul className="objects">
          {project.objects.map((one, index) => (
            <ObjectRow key={one.id} project={project} object={one} index={index} chosen={one.id === chosen} />
          ))}
        </ul>
      ) : (
        <p className="objects-empty">
          Click something in the picture. It becomes an object here, and Cleanplate finds it on the other
          frames.
        </p>
      )}
      {pointed && <NextStep project={project} job={job} />}
      {object && <Chosen key={object.id} project={project} object={object} />}
    </aside>
  );
}

/** What comes next: tracking what was pointed at, then looking at the result, then exporting it. */
function NextStep({ project, job }: { project: Project; job: Job | undefined }) {
  const compare = useEditor((state) => state.compare);
  const rendered = useRendered(project);
  if (job) return <Tracking job={job} />;
  const [first, end] = theRange(project);
  const tracked = project.objects
    .filter((one) => one.keys.length)
    .every((one) => one.tracked.some(([from, to]) => from! <= first && to! >= end));
  const seen = compare !== "source" && allOf(rendered, first, end);
  const look = () => {
    showResult(project);
    if (!onlyCuts(project.objects)) void render(...previewRange(project));
  };
  return (
    <div className="track-all">
      {seen ? (
        <Button onClick={() => editor.set({ dialog: "export" })}>
          <Download size={14} /> Export the result
        </Button>
      ) : tracked ? (
        <Button look={compare === "source" ? "primary" : ""} onClick={look}>
          <Play size={14} /> Preview the result
        </Button>
      ) : (
        <Button look="primary" onClick={() => void track()}>
          <Route size={14} /> Track through the clip
        </Button>
      )}
    </div>
  );
}

function Tracking({ job }: { job: Job }) {
  const waiting = job.state === "queued";
  const share = job.total ? job.done / job.total : null;
  const left = job.seconds_left !== null && job.seconds_left > 1 ? about(job.seconds_left) : "";
  return (
    <div className="tracking">
      <span className="number" aria-live="off">
        <strong>{waiting ? "Waiting for its turn" : `Tracking${share === null ? "…" : ` ${Math.round(100 * share)} %`}`}</strong>
        {!waiting && left}
      </span>
      <IconButton small label="Stop tracking" onClick={() => void actOnJob(job, "cancel")}>
        <X size={14} />
      </IconButton>
      <Progress label="Tracking" share={waiting ? 0 : share} />
    </div>
  );
}

function ObjectRow({
  project,
  object,
  index,
  chosen,
}: {
  project: Project;
  object: ClipObject;
  index: number;
  chosen: boolean;
}) {
  const [naming, setNaming] = useState(false);
  const others = project.objects.filter((one) => one.id !== object.id);
  const { data: sets } = useTrainingSets();
  const parts: MenuPart[] = [
    { label: "Rename", keys: "F2", onSelect: () => setTimeout(() => setNaming(true)) },
    { label: object.locked ? "Unlock" : "Lock", onSelect: () => void changeObject(object.id, { locked: !object.locked }) },
    { label: "Track this one", disabled: !object.keys.length, onSelect: () => void track([object.id]) },
    { label: "Find its shadow", disabled: !hasMask(object), onSelect: () => void findShadow(object.id) },
    ...(object.keys.length
      ? (["line", { title: "Add its key frames as examples of" },
          ...[...new Set([kindOf(object.name), ...(sets ?? []).map((set) => set.name)])].map((kind) => ({
            label: kind,
            onSelect: () => void addExamples(object.id, kind),
          })),
        ] as MenuPart[])
      : []),
    ...(others.length
      ? (["line", { title: "Merge into" },
          ...others.map((other) => ({
            label: other.name,
            icon: <i className="dot" style={{ background: other.colour }} />,
            onSelect: () => void mergeObject(object.id, other.id),
          })),
        ] as MenuPart[])
      : []),
    "line",
    { label: "Delete", danger: true, icon: <Trash2 size={14} />, onSelect: () => void removeObject(object.id) },
  ];
  return (
    <li className={`object ${chosen ? "chosen" : ""} ${object.visible ? "" : "hidden"}`}>
      <ColourButton object={object} />
      {naming ? (
        <NameBox object={object} onDone={() => setNaming(false)} />
      ) : (
        <button
          type="button"
          className="object-name"
          aria-pressed={chosen}
          onClick={() => editor.set({ object: object.id })}
          onDoubleClick={() => setNaming(true)}
          onKeyDown={(event) => event.key === "F2" && setNaming(true)}
        >
          <span>{object.name}</span>
          {index < 9 && <kbd aria-hidden>{index + 1}</kbd>}
        </button>
      )}
      <IconButton
        small
        label={object.visible ? `Hide ${object.name}` : `Show ${object.name}`}
        aria-pressed={!object.visible}
        onClick={() => void changeObject(object.id, { visible: !object.visible })}
      >
        {object.visible ? <Eye size={14} /> : <EyeOff size={14} />}
      </IconButton>
      <IconButton
        small
        label={object.locked ? `Unlock ${object.name}` : `Lock ${object.name}`}
        aria-pressed={object.locked}
        onClick={() => void changeObject(object.id, { locked: !object.locked })}
      >
        {object.locked ? <Lock size={13} /> : <LockOpen size={13} />}
      </IconButton>
      <Menu
        align="end"
        trigger={
          <button type="button" className="icon-button small" aria-label={`More for ${object.name}`}>
            <MoreHorizontal size={15} />
          </button>
        }
        parts={parts}
      />
    </li>
  );
}

/** What an object's name is called as a kind, as the server makes it: "Boom, left" is "boom-left". */
function kindOf(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9_.]+/g, "-");
  return plain.replace(/^[-_.]+/, "").slice(0, 40).replace(/[-_.]+$/, "") || "object";
}

function NameBox({ object, onDone }: { object: ClipObject; onDone: () => void }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.select(), []);
  const keep = () => {
    const name = box.current!.value.trim();
    if (name && name !== object.name) void changeObject(object.id, { name });
    onDone();
  };
  return (
    <input
      ref={box}
      className="object-rename"
      aria-label={`Name of ${object.name}`}
      defaultValue={object.name}
      maxLength={120}
      autoFocus
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") onDone();
      }}
    />
  );
}

const COLOUR_NAMES = ["Orange", "Sky blue", "Green", "Yellow", "Blue", "Vermilion", "Purple", "White"];

function ColourButton({ object }: { object: ClipObject }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <button type="button" className="icon-button small" aria-label={`Colour of ${object.name}`}>
          <i className="swatch" style={{ background: object.colour }} />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover swatches" align="start" sideOffset={4} aria-label="Colour">
          {PALETTE.map((colour, index) => (
            <button
              key={colour}
              type="button"
              className="icon-button"
              aria-label={COLOUR_NAMES[index]}
              aria-pressed={colour === object.colour}
              onClick={() => {
                void changeObject(object.id, { colour });
                setOpen(false);
              }}
            >
              <i className="swatch" style={{ background: colour }} />
            </button>
          ))}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** The chosen object: what is done with it, its edge, its key frames. */
function Chosen({ project, object }: { project: Project; object: ClipObject }) {
  return (
    <>
      <section className="side-part" aria-label={`What is done with ${object.name}`}>
        <Segmented<Action>
          fill
          label="What is done with it"
          value={cutsOut(object) ? "cutout" : object.action}
          disabled={object.locked}
          choices={[
            { value: "erase", label: "Erase", hint: "It goes; what is behind it is put back" },
            { value: "keep", label: "Keep", hint: "It stays, even where something else is erased" },
            { value: "cutout", label: "Cut out", hint: "It is lifted out, with a soft edge" },
          ]}
          onChange={(action) => void changeObject(object.id, { action })}
        />
        {cutsOut(object) && (
          <Segmented<Action>
            fill
            label="In the matte"
            value={object.action}
            disabled={object.locked}
            choices={[
              { value: "cutout", label: "Soft edge", hint: "The subject: its edge is found" },
              { value: "hold", label: "Solid", hint: "Always in the matte of what is cut out, whole" },
              { value: "garbage", label: "Never", hint: "Never in the matte of what is cut out" },
            ]}
            onChange={(action) => void changeObject(object.id, { action })}
          />
        )}
      </section>
      {cutsOut(object) && <MatteControls project={project} />}
      <EdgeControls project={project} object={object} />
      <KeyFrames object={object} />
    </>
  );
}

function KeyFrames({ object }: { object: ClipObject }) {
  const frame = useEditor((state) => state.frame);
  if (!object.keys.length) return null;
  return (
    <section className="side-part" aria-label="Key frames">
      <h3>Key frames</h3>
      <ul className="key-list">
        {object.keys.map((key) => (
          <li key={key.frame} className={key.frame === frame ? "chosen" : ""}>
            <button type="button" className="key-go" onClick={() => goTo(key.frame)}>
              <span className="number">Frame {key.frame}</span>
              <span className="key-what">{wordsOf(key.prompts)}</span>
            </button>
            <IconButton
              small
              label={`Remove key frame ${key.frame}`}
              disabled={object.locked}
              onClick={() => void removeKey(object.id, key.frame)}
            >
              <Trash2 size={13} />
            </IconButton>
          </li>
        ))}
      </ul>
    </section>
  );
}

function wordsOf(prompts: ClipObject["keys"][number]["prompts"]): string {
  if (!prompts) return "mask";
  const count = (number: number, word: string, many: string) =>
    number ? [`${number} ${number === 1 ? word : many}`] : [];
  return [
    ...count(prompts.points?.length ?? 0, "click", "clicks"),
    ...(prompts.box ? ["box"] : []),
    ...count(prompts.strokes?.length ?? 0, "scribble", "scribbles"),
  ].join(", ");
}
