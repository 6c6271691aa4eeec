import { RotateCcw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { ClipObject, Edge, Project } from "../api/types";
import { changeObject, tryEdge } from "../editor/actions";
import { Latest } from "../lib/latest";
import { masks } from "../stage/masks";
import { editor } from "../state/editor";
import { IconButton } from "../ui/Button";
import { Slider } from "../ui/Slider";

const NO_EDGE: Edge = { grow: 0, shrink: 0, feather: 0, holes: 0, specks: 0, smooth: 0 };

/** The mask's edge: seen on the frame while a slider moves, kept when it is let go. */
export function EdgeControls({ project, object }: { project: Project; object: ClipObject }) {
  const [edge, setEdge] = useState(object.edge);
  const moving = useRef(false);
  const [trying] = useState(() => new Latest<Edge>((change) => tryEdge(object.id, change)));
  useEffect(() => {
    if (!moving.current) setEdge(object.edge);
  }, [object.edge]);

  const move = (change: Partial<Edge>) => {
    moving.current = true;
    setEdge((known) => ({ ...known, ...change }));
    editor.set({ compare: "source" });
    void trying.ask(change);
  };
  const keep = async (change: Partial<Edge>) => {
    moving.current = false;
    trying.drop();
    await changeObject(object.id, { edge: change });
    masks.doubt();
  };
  const slider = (
    name: keyof Edge,
    label: string,
    max: number,
    unit = "px",
    step = 1,
  ) => (
    <Slider
      label={label}
      value={edge[name]}
      min={0}
      max={max}
      step={step}
      unit={unit}
      disabled={object.locked}
      onChange={(value) => move({ [name]: value })}
      onCommit={(value) => void keep({ [name]: value })}
    />
  );
  const size = Math.max(project.clip.width, project.clip.height);
  const reach = Math.max(20, Math.round(size / 40));
  const signed = edge.grow - edge.shrink;
  const grown = (value: number): Partial<Edge> => ({ grow: Math.max(0, value), shrink: Math.max(0, -value) });
  const plain = Object.values(edge).every((value) => !value);
  return (
    <section className="side-part" aria-label="Edge">
      <div className="side-part-head">
        <h3>Edge</h3>
        {!plain && (
          <IconButton small label="Reset the edge" disabled={object.locked} onClick={() => void keep(NO_EDGE)}>
            <RotateCcw size={13} />
          </IconButton>
        )}
      </div>
      <Slider
        label={signed < 0 ? "Shrink" : "Grow"}
        value={signed}
        min={-reach}
        max={reach}
        disabled={object.locked}
        onChange={(value) => move(grown(value))}
        onCommit={(value) => void keep(grown(value))}
      />
      {slider("feather", "Feather", reach)}
      {slider("holes", "Fill holes up to", Math.round(size * 2), "px²", 10)}
      {slider("specks", "Drop specks up to", Math.round(size * 2), "px²", 10)}
      {slider("smooth", "Steady over time", 1, "", 0.05)}
    </section>
  );
}
