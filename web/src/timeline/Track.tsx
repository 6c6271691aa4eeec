import { Lock } from "lucide-react";
import { useEffect, useLayoutEffect, useRef } from "react";
import { useConfidence } from "../api/queries";
import type { ClipObject, Project } from "../api/types";
import { withAlpha } from "../lib/colour";
import { goTo } from "../editor/moves";
import { editor, useEditor } from "../state/editor";
import { useTheme } from "../state/theme";
import { toFrame, toX, type Scale } from "./scale";

const WEAK = 0.5;

/** One object through the clip: where its mask is known, how surely, and its key frames. */
export function Track({ project, object, scale }: { project: Project; object: ClipObject; scale: Scale }) {
  const chosen = useEditor((state) => state.object === object.id);
  const stretch = useEditor((state) => (state.stretch?.object === object.id ? state.stretch : null));
  const tracked = object.tracked.length > 0;
  const { data } = useConfidence(project.id, object.id, tracked);
  const streamed = useEditor((state) => state.streamed[object.id]);
  const lane = useRef<HTMLDivElement>(null);
  const drag = useRef<{ from: number; moved: boolean } | null>(null);

  const frameAt = (event: React.PointerEvent) => {
    const left = lane.current!.getBoundingClientRect().left;
    return Math.max(0, Math.min(project.clip.frames - 1, Math.floor(toFrame(scale, event.clientX - left))));
  };
  const onPointerDown = (event: React.PointerEvent) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { from: frameAt(event), moved: false };
    editor.set({ object: object.id, stretch: null });
  };
  const onPointerMove = (event: React.PointerEvent) => {
    if (!drag.current) return;
    const to = frameAt(event);
    if (to === drag.current.from && !drag.current.moved) return;
    drag.current.moved = true;
    const first = Math.min(to, drag.current.from);
    const end = Math.max(to, drag.current.from) + 1;
    editor.set({ stretch: { object: object.id, first, end } });
  };
  const onPointerUp = (event: React.PointerEvent) => {
    if (drag.current && !drag.current.moved) goTo(frameAt(event));
    drag.current = null;
  };

  return (
    <div className={`track ${chosen ? "chosen" : ""} ${object.visible ? "" : "hidden"}`}>
      <button
        type="button"
        aria-label={object.name} className="track-name"
        aria-pressed={chosen}
        onClick={() => editor.set({ object: object.id })}
      >
        <i className="dot" style={{ background: object.colour }} />
        <span>{object.name}</span>
        {object.locked && <Lock size={11} aria-label="locked" />}
      </button>
      <div
        className="lane"
        ref={lane}
        data-testid={`lane-${object.id}`}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
      >
        <Strip
          object={object}
          scores={tracked ? data?.scores : undefined}
          streamed={streamed}
          scale={scale}
        />
        {stretch && (
          <div
            className="stretch"
            style={{ left: toX(scale, stretch.first), width: toX(scale, stretch.end) - toX(scale, stretch.first) }}
          />
        )}
        {object.keys.map((key) => (
          <KeyMark key={key.frame} object={object} frame={key.frame} scale={scale} />
        ))}
      </div>
    </div>
  );
}

function KeyMark({ object, frame, scale }: { object: ClipObject; frame: number; scale: Scale }) {
  const x = toX(scale, frame + 0.5);
  if (x < -8 || x > scale.width + 8) return null;
  return (
    <button
      type="button"
      className="key"
      style={{ left: x, background: object.colour }}
      aria-label={`Key frame ${frame} of ${object.name}`}
      title={`Key frame ${frame}`}
      onPointerDown={(event) => event.stopPropagation()}
      onClick={() => {
        goTo(frame);
        editor.set({ object: object.id, compare: "source" });
      }}
    />
  );
}

/** The confidence, as height; weak stretches are red from top to bottom, whatever the object's colour. */
function Strip({
  object,
  scores,
  streamed,
  scale,
}: {
  object: ClipObject;
  scores: (number | null)[] | undefined;
  streamed: ReadonlyMap<number, number | null> | undefined;
  scale: Scale;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme((state) => state.theme);
  useLayoutEffect(
    () => paint(canvas.current!, object, scores, streamed, scale),
    [object, scores, streamed, scale, theme],
  );
  useEffect(() => {
    // The theme is on the page only after this component has seen it change.
    const timer = setTimeout(() => canvas.current && paint(canvas.current, object, scores, streamed, scale), 0);
    return () => clearTimeout(timer);
    // eslint-disable-next-line
  }, [theme]);
  const weak = scores?.filter((score) => score !== null && score < WEAK).length ?? 0;
  const known = object.tracked.reduce((sum, [first, end]) => sum + end! - first!, 0);
  return (
    <canvas
      ref={canvas}
      className="strip"
      role="img"
      aria-label={
        known ? `Tracked on ${known} frames${weak ? `, unsure on ${weak}` : ""}` : "Not tracked yet"
      }
    />
  );
}

function paint(
  canvas: HTMLCanvasElement,
  object: ClipObject,
  scores: (number | null)[] | undefined,
  streamed: ReadonlyMap<number, number | null> | undefined,
  scale: Scale,
): void {
  const ratio = window.devicePixelRatio || 1;
  const height = canvas.clientHeight;
  canvas.width = Math.max(1, Math.round(scale.width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d")!;
  context.scale(ratio, ratio);
  const weak = getComputedStyle(canvas).getPropertyValue("--bad");
  const each = Math.max(1, scale.width / scale.span);
  const ground = (first: number, end: number) => {
    const left = toX(scale, first);
    context.fillStyle = withAlpha(object.colour, 0.22);
    context.fillRect(left, 0, toX(scale, end) - left, height);
  };
  const bar = (frame: number, score: number | null | undefined) => {
    if (score === null || score === undefined) return;
    const tall = Math.max(2, score * height);
    if (score < WEAK) {
      context.fillStyle = withAlpha(weak.trim(), 0.4);
      context.fillRect(toX(scale, frame), 0, each + 0.5, height);
    }
    context.fillStyle = score < WEAK ? weak : withAlpha(object.colour, 0.75);
    context.fillRect(toX(scale, frame), height - tall, each + 0.5, tall);
  };
  const before = object.tracked.filter(([first]) => !streamed?.has(first!));
  for (const [first, end] of before) ground(first!, end!);
  const from = Math.max(0, Math.floor(scale.first));
  const to = Math.ceil(scale.first + scale.span);
  for (let frame = from; frame < to; frame++) {
    if (streamed?.has(frame)) {
      ground(frame, frame + 1);
      bar(frame, streamed.get(frame));
    } else bar(frame, scores?.[frame]);
  }
}
